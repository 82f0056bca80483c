package iam_test

import (
	"strings"
	"testing"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/policy"
)

// trusting is a trust policy for the AWS principals.
func trusting(principals ...string) policy.Policy {
	return policy.Policy{Document: policy.MustParse(policy.Trust,
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":["`+strings.Join(principals, `","`)+`"]},"Action":"sts:AssumeRole"}}`)}
}

// mayAssume reports whether the owner of the access key may assume the role.
func (h *harness) mayAssume(accessKeyID, token, accountID, name string) bool {
	h.Helper()
	caller, _, err := h.Authenticate(accessKeyID, token)
	if err != nil {
		h.Fatal(err)
	}
	role, _ := h.Snapshot().Role(accountID, name)
	return h.Authorize(&iam.Question{
		Caller: caller, Action: "sts:AssumeRole", Resource: role.ARN, ResourceAccount: role.AccountID, Trust: &role.Trust, Context: policy.NewContext(),
	}).Allowed()
}

// TestDeletedPrincipals: trust policies name what was deleted by its id, in every
// account, and let nobody in who takes its name.
func TestDeletedPrincipals(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	const userARN = "arn:aws:iam::" + account + ":user/ci"
	make := func() (*iam.Role, string) {
		r := app()
		r.Inline = []policy.Policy{{Name: "p", Document: identity(allowAll)}}
		made := h.createRole(r)
		h.update(func(d *iam.Draft) error {
			_, err := d.CreateUser(iam.User{
				AccountID: account, Name: "ci", Inline: r.Inline, AccessKeys: []iam.AccessKey{{ID: "AKIACI", Secret: "s"}},
			})
			return err
		})
		u, _ := h.Snapshot().User(account, "ci")
		return made, u.ID
	}
	role, userID := make()
	h.createRole(iam.Role{AccountID: account, Name: "mine", Trust: trusting(role.ARN, userARN)})
	h.createRole(iam.Role{AccountID: even, Name: "theirs", Trust: trusting(userARN, role.ARN)})
	h.createRole(iam.Role{AccountID: even, Name: "everybody", Trust: trusting("*")})
	credentials, _ := h.issue(role, iam.Session{})
	let := func(name, accountID string, want bool) {
		t.Helper()
		if h.mayAssume(credentials.AccessKeyID, credentials.SessionToken, accountID, name) != want {
			t.Errorf("the role may assume %s: %t", name, !want)
		}
		if h.mayAssume("AKIACI", "", accountID, name) != want {
			t.Errorf("the user may assume %s: %t", name, !want)
		}
	}
	let("mine", account, true)
	let("theirs", even, true)
	everybody, _ := h.Snapshot().Role(even, "everybody")
	h.update(func(d *iam.Draft) error {
		if err := d.DeleteRole(account, "app"); err != nil {
			return err
		}
		return d.DeleteUser(account, "ci")
	})
	for id, name := range map[string]string{account: "mine", even: "theirs"} {
		r, _ := h.Snapshot().Role(id, name)
		if got := string(r.Trust.Document.Source()); strings.Contains(got, "arn:") || !strings.Contains(got, role.ID) || !strings.Contains(got, userID) {
			t.Errorf("the trust policy of %s is %s", name, got)
		}
	}
	if after, _ := h.Snapshot().Role(even, "everybody"); after != everybody {
		t.Error("a role that does not name them is another one")
	}
	again, _ := make()
	if again.ARN != role.ARN || again.ID == role.ID {
		t.Errorf("made %s again as %s", again.ARN, again.ID)
	}
	credentials, _ = h.issue(again, iam.Session{})
	let("mine", account, false)
	let("theirs", even, false)
	let("everybody", even, true)
}

// TestMovedPrincipals: a user that has another name is trusted as before, and a
// user that has its old one is not.
func TestMovedPrincipals(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	create := func(key string) {
		h.update(func(d *iam.Draft) error {
			_, err := d.CreateUser(iam.User{
				AccountID: account, Name: "ci", Inline: []policy.Policy{{Name: "p", Document: identity(allowAll)}}, AccessKeys: []iam.AccessKey{{ID: key, Secret: "s"}},
			})
			return err
		})
	}
	create("AKIAOLD")
	h.createRole(iam.Role{AccountID: even, Name: "deploy", Trust: trusting("arn:aws:iam::" + account + ":user/ci")})
	h.update(func(d *iam.Draft) error { _, err := d.MoveUser(account, "ci", "builder", "/bots/"); return err })
	create("AKIANEW")
	r, _ := h.Snapshot().Role(even, "deploy")
	if got := string(r.Trust.Document.Source()); !strings.Contains(got, "arn:aws:iam::"+account+":user/bots/builder") {
		t.Errorf("the trust policy is %s", got)
	}
	if !h.mayAssume("AKIAOLD", "", even, "deploy") || h.mayAssume("AKIANEW", "", even, "deploy") {
		t.Error("the name is trusted, not the user")
	}
}

// TestDeletedPrincipalsAreKept: what a trust policy became outlives the process.
func TestDeletedPrincipalsAreKept(t *testing.T) {
	t.Parallel()
	d := newDisk()
	h := newHarness(t, on(d))
	role := h.createRole(app())
	h.createRole(iam.Role{AccountID: even, Name: "theirs", Trust: trusting(role.ARN)})
	h.update(func(d *iam.Draft) error { return d.DeleteRole(account, "app") })
	r, ok := newHarness(t, on(d)).Snapshot().Role(even, "theirs")
	if !ok || !strings.Contains(string(r.Trust.Document.Source()), role.ID) {
		t.Errorf("the role is %+v", r)
	}
}

// TestDeletedSessions: a session that a trust policy names is one of the role that
// was there, and of no other of its name.
func TestDeletedSessions(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	grown := app()
	grown.Inline = []policy.Policy{{Name: "p", Document: identity(allowAll)}}
	role := h.createRole(grown)
	h.createRole(iam.Role{AccountID: even, Name: "theirs", Trust: trusting("arn:aws:sts::" + account + ":assumed-role/App/session")})
	credentials, _ := h.issue(role, iam.Session{})
	if !h.mayAssume(credentials.AccessKeyID, credentials.SessionToken, even, "theirs") {
		t.Error("the session is not let in")
	}
	h.update(func(d *iam.Draft) error { return d.DeleteRole(account, "App") })
	again := h.createRole(grown)
	credentials, _ = h.issue(again, iam.Session{})
	if h.mayAssume(credentials.AccessKeyID, credentials.SessionToken, even, "theirs") {
		t.Error("a session of another role is let in")
	}
	theirs, _ := h.Snapshot().Role(even, "theirs")
	if got := string(theirs.Trust.Document.Source()); !strings.Contains(got, `"`+role.ID+`:session"`) {
		t.Errorf("the trust policy is %s", got)
	}
}

// TestMovedNowhere: a user that is moved to where it is stays what trust policies
// name, so that a Deny goes on denying.
func TestMovedNowhere(t *testing.T) {
	t.Parallel()
	for name, to := range map[string][2]string{"same": {"ci", "/"}, "no path": {"ci", ""}, "another case": {"CI", "/"}, "away and back": {"other", "/x/"}} {
		h := newHarness(t)
		const userARN = "arn:aws:iam::" + account + ":user/ci"
		h.update(func(d *iam.Draft) error {
			_, err := d.CreateUser(iam.User{
				AccountID: account, Name: "ci", Inline: []policy.Policy{{Name: "p", Document: identity(allowAll)}}, AccessKeys: []iam.AccessKey{{ID: "AKIACI", Secret: "s"}},
			})
			return err
		})
		h.createRole(iam.Role{AccountID: account, Name: "open", Trust: trusting(userARN)})
		h.createRole(iam.Role{AccountID: account, Name: "shut", Trust: policy.Policy{Document: policy.MustParse(policy.Trust,
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"`+account+`"},"Action":"sts:AssumeRole"},{"Effect":"Deny","Principal":{"AWS":"`+userARN+`"},"Action":"sts:AssumeRole"}]}`)}})
		h.update(func(d *iam.Draft) error { _, err := d.MoveUser(account, "ci", to[0], to[1]); return err })
		if name == "away and back" {
			h.update(func(d *iam.Draft) error { _, err := d.MoveUser(account, "other", "ci", "/"); return err })
		}
		if !h.mayAssume("AKIACI", "", account, "open") {
			t.Errorf("%s: may not assume what names it", name)
		}
		if h.mayAssume("AKIACI", "", account, "shut") {
			t.Errorf("%s: may assume what denies it", name)
		}
		if len(h.Snapshot().Users(account)) != 1 {
			t.Errorf("%s: %d users", name, len(h.Snapshot().Users(account)))
		}
	}
}
