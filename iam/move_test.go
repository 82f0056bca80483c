package iam_test

import (
	"errors"
	"testing"
	"time"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/policy"
)

// TestMoveUser: a user under another name has its keys, groups and sessions; a
// new user under the old name has none of them.
func TestMoveUser(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.update(func(d *iam.Draft) error {
		if _, err := d.CreateGroup(iam.Group{AccountID: account, Name: "g", Inline: []policy.Policy{{Name: "p", Document: allow("s3:GetObject")}}}); err != nil {
			return err
		}
		for _, u := range []iam.User{
			{Name: "old", Groups: []string{"g"}, AccessKeys: []iam.AccessKey{{ID: "AKIA1", Secret: "s"}}},
			{Name: "other"},
		} {
			u.AccountID = account
			if _, err := d.CreateUser(u); err != nil {
				return err
			}
		}
		return nil
	})
	caller, _, err := h.Authenticate("AKIA1", "")
	if err != nil {
		t.Fatal(err)
	}
	session, _, err := h.IssueFor(caller, iam.Session{Kind: iam.UserSession}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	move := func(name, newName, newPath string) error {
		return h.Update(func(d *iam.Draft) error { _, err := d.MoveUser(account, name, newName, newPath); return err })
	}
	if err := move("OLD", "new", "/team/"); err != nil {
		t.Fatal(err)
	}
	u, ok := h.Snapshot().User(account, "new")
	if !ok || u.ID != caller.UserID || u.ARN != "arn:aws:iam::"+account+":user/team/new" || len(u.Policies()) != 1 || !u.Created.Equal(caller.User.Created) {
		t.Errorf("user %+v", u)
	}
	if _, ok := h.Snapshot().User(account, "old"); ok {
		t.Error("the old name still stands")
	}
	if got := h.decide("AKIA1", "s3:GetObject"); got != policy.Allow {
		t.Errorf("with the key: %s", got)
	}
	h.update(func(d *iam.Draft) error {
		_, err := d.CreateUser(iam.User{AccountID: account, Name: "old"})
		return err
	})
	got, _, err := h.Authenticate(session.AccessKeyID, session.SessionToken)
	if err != nil || got.ARN != u.ARN || got.UserID != u.ID {
		t.Errorf("with the session: %+v, %v", got, err)
	}
	if err := move("new", "NEW", "/"); err != nil {
		t.Errorf("another case: %v", err)
	}
	for name, c := range map[string]struct {
		err  error
		want error
	}{
		"a name that is taken": {move("new", "OTHER", "/"), iam.ErrEntityAlreadyExists},
		"no such user":         {move("nobody", "x", "/"), iam.ErrNoSuchEntity},
		"no name":              {move("new", "", "/"), iam.ErrInvalidInput},
		"no path":              {move("new", "x", "/x"), iam.ErrInvalidInput},
	} {
		if !errors.Is(c.err, c.want) {
			t.Errorf("%s: %v, want %v", name, c.err, c.want)
		}
	}
	h.update(func(d *iam.Draft) error { return d.DeleteUser(account, "new") })
	if _, _, err := h.Authenticate(session.AccessKeyID, session.SessionToken); !errors.Is(err, iam.ErrUserGone) {
		t.Errorf("after the user's end: %v", err)
	}
}

func TestMoveGroup(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.update(func(d *iam.Draft) error {
		for _, name := range []string{"old", "other"} {
			if _, err := d.CreateGroup(iam.Group{AccountID: account, Name: name, Inline: []policy.Policy{{Name: "p", Document: allow("s3:GetObject")}}}); err != nil {
				return err
			}
		}
		_, err := d.CreateUser(iam.User{AccountID: account, Name: "u", Groups: []string{"other", "old"}, AccessKeys: []iam.AccessKey{{ID: "AKIA1", Secret: "s"}}})
		return err
	})
	before, _ := h.Snapshot().Group(account, "old")
	move := func(name, newName, newPath string) error {
		return h.Update(func(d *iam.Draft) error { _, err := d.MoveGroup(account, name, newName, newPath); return err })
	}
	if err := move("OLD", "New", "/team/"); err != nil {
		t.Fatal(err)
	}
	g, ok := h.Snapshot().Group(account, "new")
	if !ok || g.ID != before.ID || g.ARN != "arn:aws:iam::"+account+":group/team/New" || len(h.Snapshot().Members(g)) != 1 {
		t.Errorf("group %+v", g)
	}
	if u, _ := h.Snapshot().User(account, "u"); len(u.Groups) != 2 || u.Groups[1] != "New" || len(u.Policies()) != 2 {
		t.Errorf("user %+v", u)
	}
	h.update(func(d *iam.Draft) error {
		_, err := d.UpdateGroup(account, "new", func(g *iam.Group) error {
			g.Inline = []policy.Policy{{Name: "p", Document: allow("s3:PutObject")}}
			return nil
		})
		return err
	})
	if got := h.decide("AKIA1", "s3:PutObject"); got != policy.Allow {
		t.Errorf("the group's new policy: %s", got)
	}
	for name, c := range map[string]struct {
		err  error
		want error
	}{
		"a name that is taken": {move("new", "OTHER", "/"), iam.ErrEntityAlreadyExists},
		"no such group":        {move("old", "x", "/"), iam.ErrNoSuchEntity},
		"no path":              {move("new", "x", "/x"), iam.ErrInvalidInput},
	} {
		if !errors.Is(c.err, c.want) {
			t.Errorf("%s: %v, want %v", name, c.err, c.want)
		}
	}
	if err := move("new", "NEW", "/"); err != nil {
		t.Errorf("another case: %v", err)
	}
}
