package iam_test

import (
	"testing"

	"github.com/irsatz/irsatz/iam"
)

// TestPrincipals: what a policy names is there or not, and is called what it is
// called now.
func TestPrincipals(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	role := h.createRole(app())
	h.update(func(d *iam.Draft) error {
		_, err := d.CreateUser(iam.User{AccountID: account, Name: "ci", Path: "/bots/"})
		return err
	})
	u, _ := h.Snapshot().User(account, "ci")
	const strange = "arn:aws:iam::999988887777:role/app"
	for principal, want := range map[string]struct {
		id    string
		there bool
	}{
		role.ARN: {role.ID, true}, u.ARN: {u.ID, true}, "arn:aws:iam::" + account + ":user/ci": {"", false}, "arn:aws:iam::" + account + ":role/none": {"", false},
		strange: {"", true}, "arn:aws:iam::" + account + ":root": {"", true}, "*": {"", true}, account: {"", true},
		"arn:aws:sts::" + account + ":assumed-role/" + role.Name + "/s": {"", true}, "arn:aws:sts::" + account + ":assumed-role/none/s": {"", false},
	} {
		s := h.Snapshot()
		if id, there := s.PrincipalID(principal), s.HasPrincipal(account, principal); id != want.id || there != want.there {
			t.Errorf("%s: %q, %t, want %+v", principal, id, there, want)
		}
	}
	h.update(func(d *iam.Draft) error {
		if _, err := d.MoveUser(account, "ci", "builder", "/"); err != nil {
			return err
		}
		return d.DeleteRole(account, role.Name)
	})
	again := h.createRole(app())
	s := h.Snapshot()
	if got := s.PrincipalNow(u.ARN, u.ID); got != "arn:aws:iam::"+account+":user/builder" {
		t.Errorf("the user that moved is %s", got)
	}
	if got := s.PrincipalNow(role.ARN, role.ID); got != role.ID {
		t.Errorf("the role that was deleted is %s", got)
	}
	if got := s.PrincipalNow(again.ARN, again.ID); got != role.ARN {
		t.Errorf("the role that is there is %s", got)
	}
}
