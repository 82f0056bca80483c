package fakes3_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/irsatz/irsatz/fakes3"
	"github.com/irsatz/irsatz/fakes3/storage"
	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/policy"
)

// inEach runs the test with each storage.
func inEach(t *testing.T, test func(*testing.T, *world)) {
	t.Parallel()
	for name, open := range map[string]func(*testing.T) fakes3.Storage{
		"memory": func(*testing.T) fakes3.Storage { return storage.NewMemory(storage.Config{}) },
		"disk": func(t *testing.T) fakes3.Storage {
			s, err := storage.OpenDisk(t.TempDir(), storage.Config{})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = s.Close() })
			return s
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, newWorld(t, func(c *fakes3.Config) { c.Storage = open(t) }))
		})
	}
}

func (w *world) update(change func(*iam.Draft) error) {
	w.t.Helper()
	if err := w.store.Update(change); err != nil {
		w.t.Fatal(err)
	}
}

// user makes a user with these statements as its policy.
func (w *world) user(accountID, name, key string, statements ...string) creds {
	w.t.Helper()
	u := iam.User{AccountID: accountID, Name: name, AccessKeys: []iam.AccessKey{{ID: key, Secret: "secret"}}}
	if len(statements) > 0 {
		u.Inline = []policy.Policy{{Name: "inline", Document: policy.MustParse(policy.Identity, `{"Version":"2012-10-17","Statement":[`+strings.Join(statements, ",")+`]}`)}}
	}
	w.update(func(d *iam.Draft) error { _, err := d.CreateUser(u); return err })
	return creds{key, "secret", ""}
}

// shown is the policy of the bucket as its owner gets it.
func (w *world) shown(bucket string) string {
	w.t.Helper()
	return w.call(w.root(), http.MethodGet, "/"+bucket+"?policy").body
}

// reads checks whether the credentials may read data/public/a.txt.
func (w *world) reads(c creds, want bool) result {
	w.t.Helper()
	got := w.call(c, http.MethodGet, "/data/public/a.txt")
	if (got.status == http.StatusOK) != want {
		w.t.Errorf("read: %d %s", got.status, got.err.Message)
	}
	return got
}

// naming is a statement on the objects of data that names AWS principals.
func naming(effect string, principals ...string) string {
	return `{"Effect":"` + effect + `","Principal":{"AWS":["` + strings.Join(principals, `","`) + `"]},"Action":"s3:GetObject","Resource":"arn:aws:s3:::data/*"}`
}

// TestDeletedPrincipals: a bucket policy goes on to mean the role and the user that
// it named, and nobody who takes their names: not in another account, where the
// role has permissions of its own, nor in the bucket's, where it has none.
func TestDeletedPrincipals(t *testing.T) {
	for name, accountID := range map[string]string{"of the account": account, "of another account": other} {
		t.Run(name, func(t *testing.T) {
			inEach(t, func(t *testing.T, w *world) {
				own := []string{allow("s3:ListAllMyBuckets")}
				if accountID == other {
					own = append(own, allow("s3:*"))
				}
				role := w.roleIn(accountID, "app", iam.Session{Name: "s"}, own...)
				user := w.user(accountID, "ci", "AKIAOLD", own...)
				r, _ := w.store.Snapshot().Role(accountID, "app")
				u, _ := w.store.Snapshot().User(accountID, "ci")
				session := "arn:aws:sts::" + accountID + ":assumed-role/app/s"
				w.policy("data", naming("Allow", r.ARN, u.ARN, session))
				written := w.shown("data")
				w.reads(role, true)
				w.reads(user, true)
				w.update(func(d *iam.Draft) error {
					if err := d.DeleteUser(accountID, "ci"); err != nil {
						return err
					}
					return d.DeleteRole(accountID, "app")
				})
				want := strings.NewReplacer(`"`+r.ARN+`"`, `"`+r.ID+`"`, u.ARN, u.ID, session, r.ID+":s").Replace(written)
				if got := w.shown("data"); got != want || strings.Contains(got, "arn:aws:iam") {
					t.Errorf("shown: %s", got)
				}
				role = w.roleIn(accountID, "app", iam.Session{Name: "s"}, own...)
				user = w.user(accountID, "ci", "AKIANEW", own...)
				for _, c := range []creds{role, user} {
					record, ok := w.trail.Get(w.reads(c, false).err.RequestID)
					if !ok {
						t.Fatal("no record of the denial")
					}
					if told := record.Explanation(); !strings.Contains(told, r.ID) || !strings.Contains(told, u.ID) {
						t.Errorf("why: %s", told)
					}
				}
				if got := w.shown("data"); got != want {
					t.Errorf("shown when others have the names: %s", got)
				}
				if got := w.call(w.root(), http.MethodGet, "/data?policyStatus"); !strings.Contains(got.body, "<IsPublic>false</IsPublic>") {
					t.Errorf("status: %s", got.body)
				}
				// What was shown cannot be written; what was written means the new ones now.
				if got := w.do(w.root(), w.request(http.MethodPut, "/data?policy", want)); got.err.Code != "MalformedPolicy" || got.err.Message != "Invalid principal in policy" {
					t.Errorf("write an id: %s", got.body)
				}
				w.policy("data", naming("Allow", r.ARN, u.ARN))
				w.reads(role, true)
				w.reads(user, true)
			})
		})
	}
}

// TestDeniedPrincipals: an explicit Deny of a role that was deleted is not one of
// the role that has its name, and a Deny of all others is.
func TestDeniedPrincipals(t *testing.T) {
	inEach(t, func(t *testing.T, w *world) {
		const arn = "arn:aws:iam::" + account + ":role/team/app"
		again := func() creds {
			w.update(func(d *iam.Draft) error { return d.DeleteRole(account, "app") })
			return w.role("app", allow("s3:*"))
		}
		app := w.role("app", allow("s3:*"))
		w.policy("data", naming("Deny", arn))
		w.reads(app, false)
		w.reads(again(), true)
		w.policy("data", strings.Replace(naming("Deny", arn, "arn:aws:sts::"+account+":assumed-role/app/session", account), "Principal", "NotPrincipal", 1))
		app = w.roleAgain("app")
		w.reads(app, true)
		w.reads(again(), false)
	})
}

// roleAgain opens another session of a role that is there.
func (w *world) roleAgain(name string) creds {
	w.t.Helper()
	r, _ := w.store.Snapshot().Role(account, name)
	c, _, err := w.store.Issue(r, iam.Session{Name: "session"}, time.Hour)
	if err != nil {
		w.t.Fatal(err)
	}
	return creds{c.AccessKeyID, c.Secret, c.SessionToken}
}

// TestMovedPrincipals: a bucket policy follows a user to its new name, through
// other changes of the bucket's settings too.
func TestMovedPrincipals(t *testing.T) {
	inEach(t, func(t *testing.T, w *world) {
		ci := w.user(other, "ci", "AKIAOLD", allow("s3:*"))
		w.policy("data", naming("Allow", "arn:aws:iam::"+other+":user/ci"))
		w.update(func(d *iam.Draft) error { _, err := d.MoveUser(other, "ci", "builder", "/bots/"); return err })
		taker := w.user(other, "ci", "AKIANEW", allow("s3:*"))
		w.reads(ci, true)
		w.reads(taker, false)
		if got := w.do(w.root(), w.request(http.MethodPut, "/data?versioning", `<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>`)); got.status != http.StatusOK {
			t.Fatalf("%d %s", got.status, got.body)
		}
		w.reads(ci, true)
		w.reads(taker, false)
		if got := w.shown("data"); !strings.Contains(got, `"arn:aws:iam::`+other+`:user/bots/builder"`) {
			t.Errorf("shown: %s", got)
		}
		w.update(func(d *iam.Draft) error { return d.DeleteUser(other, "ci") })
		w.update(func(d *iam.Draft) error { _, err := d.MoveUser(other, "builder", "ci", "/"); return err })
		w.reads(ci, true)
		if got := w.shown("data"); !strings.Contains(got, `"arn:aws:iam::`+other+`:user/ci"`) {
			t.Errorf("shown under the old name: %s", got)
		}
	})
}

// TestDescribedPrincipals: policies of buckets that are described, rather than
// written by a request, are held to whom they name as well; and what is described
// by Buckets may be made again.
func TestDescribedPrincipals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	own := allow("s3:*")
	app := w.roleIn(other, "app", iam.Session{Name: "s"}, own)
	document := `{"Version":"2012-10-17","Statement":` + naming("Allow", "arn:aws:iam::"+other+":role/team/app") + `}`
	if err := w.s3.SetBucket(fakes3.Bucket{Name: "data", AccountID: account, Policy: []byte(document)}); err != nil {
		t.Fatal(err)
	}
	w.reads(app, true)
	w.update(func(d *iam.Draft) error { return d.DeleteRole(other, "app") })
	app = w.roleIn(other, "app", iam.Session{Name: "s"}, own)
	w.reads(app, false)
	for _, b := range w.buckets() {
		if !strings.Contains(string(b.Policy), `{"AWS":["AROA`) {
			t.Errorf("described as %s", b.Policy)
		}
		if err := w.s3.SetBucket(b); err != nil {
			t.Fatal(err)
		}
	}
	w.reads(app, false)
}
