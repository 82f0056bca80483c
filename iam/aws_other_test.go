package iam_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/irsatz/irsatz/iam"
)

// TestAddAWSPolicy: a policy of AWS that only a dump knows can be attached, not
// changed, and outlives the process. Those that irsatz has stay what they are.
func TestAddAWSPolicy(t *testing.T) {
	t.Parallel()
	const retired = "arn:aws:iam::aws:policy/service-role/Retired"
	d := newDisk()
	h := newHarness(t, on(d))
	version := []iam.PolicyVersion{{ID: "v4", Document: identity(allowAll)}}
	h.update(func(draft *iam.Draft) error {
		if _, err := draft.AddAWSPolicy(iam.ManagedPolicy{Name: "Retired", Path: "/service-role/", VersionID: "v4", Versions: version}); err != nil {
			return err
		}
		p, err := draft.AddAWSPolicy(iam.ManagedPolicy{Name: "AmazonS3ReadOnlyAccess", Path: "/", VersionID: "v4", Versions: version})
		if err != nil || p.VersionID != "v3" {
			t.Errorf("a policy that is there: %+v, %v", p, err)
		}
		role := app()
		role.AttachedARNs = []string{retired}
		_, err = draft.CreateRole(role)
		return err
	})
	if _, err := h.Snapshot().ManagedPolicy("arn:aws:iam::aws:policy/Other"); !errors.Is(err, iam.ErrNoSuchEntity) {
		t.Errorf("a policy that is not: %v", err)
	}
	for name, s := range map[string]*iam.Snapshot{"at once": h.Snapshot(), "after a restart": newHarness(t, on(d)).Snapshot()} {
		p, err := s.ManagedPolicy(retired)
		if err != nil || !p.IsAWS() || p.VersionID != "v4" || p.ID == "" || p.ARN != retired {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
		if r, ok := s.Role(account, "app"); !ok || len(r.Policies()) != 1 {
			t.Errorf("%s: role %+v", name, r)
		}
		if accounts := s.Accounts(); !slices.Equal(accounts, []string{account}) {
			t.Errorf("%s: accounts %v", name, accounts)
		}
	}
	for name, change := range map[string]func(*iam.Draft) error{
		"update": func(draft *iam.Draft) error {
			_, err := draft.UpdatePolicy(retired, func(p *iam.ManagedPolicy) error { p.Description = "mine"; return nil })
			return err
		},
		"delete": func(draft *iam.Draft) error { return draft.DeletePolicy(retired) },
		"no version": func(draft *iam.Draft) error {
			_, err := draft.AddAWSPolicy(iam.ManagedPolicy{Name: "Empty", Path: "/"})
			return err
		},
		"no name": func(draft *iam.Draft) error {
			_, err := draft.AddAWSPolicy(iam.ManagedPolicy{Name: "a b", Path: "/", VersionID: "v1", Versions: version})
			return err
		},
		"trust policy": func(draft *iam.Draft) error {
			_, err := draft.AddAWSPolicy(iam.ManagedPolicy{Name: "Trust", Path: "/", VersionID: "v1", Versions: []iam.PolicyVersion{{ID: "v1", Document: trust().Document}}})
			return err
		},
	} {
		if err := h.Update(change); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
