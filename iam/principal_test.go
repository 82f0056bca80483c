package iam_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/policy"
)

// TestPrincipals: what a policy names is there or not.
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
	for principal, want := range map[string]bool{
		role.ARN: true, u.ARN: true, "arn:aws:iam::" + account + ":user/ci": false, "arn:aws:iam::" + account + ":role/none": false,
		strange: true, "arn:aws:iam::" + account + ":root": true, "*": true, account: true,
		"arn:aws:sts::" + account + ":assumed-role/" + role.Name + "/s": true, "arn:aws:sts::" + account + ":assumed-role/none/s": false,
	} {
		if there := h.Snapshot().HasPrincipal(account, principal); there != want {
			t.Errorf("%s is there: %t", principal, there)
		}
	}
}

// TestPins: a policy goes on to mean the users and roles that it meant when they
// were pinned, whatever they and others are called later.
func TestPins(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	const arns, session = "arn:aws:iam::" + account + ":", "arn:aws:sts::" + account + ":assumed-role/App/s"
	create := func(names ...string) {
		h.update(func(d *iam.Draft) error {
			for _, name := range names {
				if _, err := d.CreateUser(iam.User{AccountID: account, Name: name}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	move := func(from, to string) {
		h.update(func(d *iam.Draft) error { _, err := d.MoveUser(account, from, to, "/"); return err })
	}
	role := h.createRole(app())
	create("a", "b")
	a, _ := h.Snapshot().User(account, "a")
	b, _ := h.Snapshot().User(account, "b")
	pins := h.Snapshot().Pin(policy.MustParse(policy.Resource, `{"Statement":[{"Effect":"Allow","Principal":{"AWS":["`+account+`","`+role.ARN+`","`+arns+`user/a",`+
		`"`+arns+`user/b","`+session+`","`+arns+`role/App","`+arns+`user/none","arn:aws:iam::999988887777:user/a","arn:aws:sts::`+account+`:assumed-role/app/s"]},"Action":"s3:*","Resource":"arn:aws:s3:::x"},`+
		`{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::x"},{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"s3:*","Resource":"arn:aws:s3:::x"}]}`))
	want := iam.Pins{role.ARN: role.ID, a.ARN: a.ID, b.ARN: b.ID, session: role.ID + ":s"}
	if diff := cmp.Diff(want, pins); diff != "" {
		t.Errorf("pinned (-want +got):\n%s", diff)
	}
	renamed := func(want map[string]string) {
		t.Helper()
		if diff := cmp.Diff(want, h.Snapshot().Renamed(pins)); diff != "" {
			t.Errorf("renamed (-want +got):\n%s", diff)
		}
	}
	renamed(nil)
	move("a", "c")
	move("b", "a")
	move("c", "b")
	renamed(map[string]string{a.ARN: b.ARN, b.ARN: a.ARN})
	h.update(func(d *iam.Draft) error { return d.DeleteUser(account, "b") }) // who was a
	create("b")
	renamed(map[string]string{a.ARN: a.ID, b.ARN: a.ARN})
	move("a", "c")
	move("b", "a")
	move("c", "b")
	h.update(func(d *iam.Draft) error { return d.DeleteRole(account, "App") })
	gone := map[string]string{a.ARN: a.ID, role.ARN: role.ID, session: role.ID + ":s"}
	renamed(gone)
	h.createRole(app())
	renamed(gone)
}
