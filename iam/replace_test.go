package iam_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/policy"
)

// TestReplace: policies and instance profiles that named what was replaced name
// what is in its place, after a restart too, and sessions end. What is deleted
// after that, and made again, they do not name.
func TestReplace(t *testing.T) {
	t.Parallel()
	kept := on(newDisk())
	h := newHarness(t, kept, withKey)
	role := h.createRole(app())
	const userARN, session = "arn:aws:iam::" + account + ":user/u", "arn:aws:sts::" + account + ":assumed-role/App/s"
	user := iam.User{AccountID: account, Name: "u", AccessKeys: []iam.AccessKey{{ID: "AKIAU", Secret: "s"}}}
	h.update(func(d *iam.Draft) error {
		_, err := d.CreateInstanceProfile(iam.InstanceProfile{AccountID: account, Name: "ip", RoleName: "App"})
		if err == nil {
			_, err = d.CreateUser(user)
		}
		return err
	})
	h.createRole(iam.Role{AccountID: even, Name: "door", Trust: trusting(role.ARN, session, userARN)})
	credentials, _ := h.issue(role, iam.Session{})
	caller, _, err := h.Authenticate("AKIAU", "")
	if err != nil {
		t.Fatal(err)
	}
	users, _, err := h.IssueFor(caller, iam.Session{Kind: iam.UserSession}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	pins := h.Snapshot().Pin(policy.MustParse(policy.Resource, `{"Statement":{"Effect":"Deny","Principal":{"AWS":["`+
		role.ARN+`","`+session+`","`+userARN+`"]},"Action":"s3:*","Resource":"arn:aws:s3:::x"}}`))
	if len(pins) != 3 {
		t.Fatalf("pins %v", pins)
	}

	replace := func(roleID, userID string) {
		h.update(func(d *iam.Draft) error {
			r, u := app(), user
			r.ID, u.ID = roleID, userID
			_, err := d.ReplaceRole(r)
			if err == nil {
				_, err = d.ReplaceUser(u)
			}
			return err
		})
	}
	replace("AROATWOEXAMPLEEXAMPLE", "AIDATWOEXAMPLEEXAMPLE")
	replace("AROATHREEEXAMPLEEXAMP", "AIDATHREEEXAMPLEEXAMP")
	replace("AROATWOEXAMPLEEXAMPLE", "AIDATWOEXAMPLEEXAMPLE")
	h.update(func(d *iam.Draft) error { // which leaves them what they are
		_, err := d.UpdateRole(account, "app", func(r *iam.Role) error { *r = app(); return nil })
		if err == nil {
			_, err = d.UpdateUser(account, "u", func(u *iam.User) error { *u = user; return nil })
		}
		return err
	})
	h = newHarness(t, kept, withKey, func(c *iam.Config) { c.Rand = seeded(2) })
	s := h.Snapshot()
	if names := s.Renamed(pins); names != nil {
		t.Errorf("renamed %v", names)
	}
	if p, _ := s.InstanceProfile(account, "ip"); p.RoleName != "App" {
		t.Errorf("instance profile %+v", p)
	}
	door, _ := s.Role(even, "door")
	if got, want := string(door.Trust.Document.Source()), string(trusting(role.ARN, session, userARN).Document.Source()); got != want {
		t.Errorf("trust policy %s", got)
	}
	for name, c := range map[string]struct {
		credentials iam.Credentials
		want        error
	}{"role": {credentials, iam.ErrRoleGone}, "user": {users, iam.ErrUserGone}} {
		if _, _, err := h.Authenticate(c.credentials.AccessKeyID, c.credentials.SessionToken); !errors.Is(err, c.want) {
			t.Errorf("session of the %s: %v", name, err)
		}
	}

	h.update(func(d *iam.Draft) error {
		if _, err := d.MoveUser(account, "u", "moved", "/"); err != nil {
			return err
		}
		return d.DeleteRole(account, "App")
	})
	h.createRole(app())
	want := map[string]string{userARN: "arn:aws:iam::" + account + ":user/moved", role.ARN: role.ID, session: role.ID + ":s"}
	if diff := cmp.Diff(want, h.Snapshot().Renamed(pins)); diff != "" {
		t.Errorf("renamed (-want +got):\n%s", diff)
	}
}

// TestReplacedByEachOther: users that take each other's id are those that have the
// names.
func TestReplacedByEachOther(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	one, two := iam.User{AccountID: account, Name: "one", ID: "AIDAONEEXAMPLEEXAMPLE"}, iam.User{AccountID: account, Name: "two", ID: "AIDATWOEXAMPLEEXAMPLE"}
	h.update(func(d *iam.Draft) error {
		_, err := d.CreateUser(one)
		_, more := d.CreateUser(two)
		return errors.Join(err, more)
	})
	const arns = "arn:aws:iam::" + account + ":user/"
	pins := iam.Pins{arns + "one": one.ID, arns + "two": two.ID}
	one.ID, two.ID = two.ID, one.ID
	h.update(func(d *iam.Draft) error {
		_, err := d.ReplaceUser(one)
		_, more := d.ReplaceUser(two)
		return errors.Join(err, more)
	})
	if names := h.Snapshot().Renamed(pins); names != nil {
		t.Errorf("renamed %v", names)
	}
}

// TestReplaceNothing: there is nothing to be replaced.
func TestReplaceNothing(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for name, replace := range map[string]func(*iam.Draft) error{
		"role": func(d *iam.Draft) error { _, err := d.ReplaceRole(app()); return err },
		"user": func(d *iam.Draft) error { _, err := d.ReplaceUser(iam.User{AccountID: account, Name: "u"}); return err },
		"group": func(d *iam.Draft) error {
			_, err := d.ReplaceGroup(iam.Group{AccountID: account, Name: "g"})
			return err
		},
		"profile": func(d *iam.Draft) error {
			_, err := d.ReplaceInstanceProfile(iam.InstanceProfile{AccountID: account, Name: "p"})
			return err
		},
	} {
		if err := h.Update(replace); !errors.Is(err, iam.ErrNoSuchEntity) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
