package iam_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/policy"
)

func allow(action string) *policy.Document {
	return policy.MustParse(policy.Identity, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"`+action+`","Resource":"*"}}`)
}

// decide asks whether the holder of the access key may do the action.
func (h *harness) decide(accessKeyID, action string) policy.Outcome {
	h.Helper()
	caller, _, err := h.Authenticate(accessKeyID, "")
	if err != nil {
		h.Fatal(err)
	}
	return h.Authorize(&iam.Question{
		Caller: caller, Action: action, Resource: "*", ResourceAccount: account, Context: policy.NewContext(),
	}).Outcome
}

// TestDefaultVersion: whatever a managed policy is attached to has its new
// default version at once, as a permission and as a boundary.
func TestDefaultVersion(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	var p *iam.ManagedPolicy
	h.update(func(d *iam.Draft) (err error) {
		if p, err = d.CreatePolicy(iam.ManagedPolicy{AccountID: account, Name: "p", Document: allow("s3:GetObject")}); err != nil {
			return err
		}
		if _, err = d.CreateGroup(iam.Group{AccountID: account, Name: "Readers", AttachedARNs: []string{p.ARN}}); err != nil {
			return err
		}
		for _, u := range []iam.User{
			{Name: "direct", AttachedARNs: []string{p.ARN}, AccessKeys: []iam.AccessKey{{ID: "AKIA1", Secret: "s"}}},
			{Name: "grouped", Groups: []string{"readers"}, AccessKeys: []iam.AccessKey{{ID: "AKIA2", Secret: "s"}}},
			{Name: "bounded", AttachedARNs: []string{fullS3}, BoundaryARN: p.ARN, AccessKeys: []iam.AccessKey{{ID: "AKIA3", Secret: "s"}}},
		} {
			u.AccountID = account
			if _, err := d.CreateUser(u); err != nil {
				return err
			}
		}
		return nil
	})
	check := func(want map[string]policy.Outcome) {
		t.Helper()
		for _, key := range []string{"AKIA1", "AKIA2", "AKIA3"} {
			for action, outcome := range want {
				if got := h.decide(key, action); got != outcome {
					t.Errorf("%s %s: %s, want %s", key, action, got, outcome)
				}
			}
		}
	}
	check(map[string]policy.Outcome{"s3:GetObject": policy.Allow, "s3:PutObject": policy.ImplicitDeny})
	version := func(document *policy.Document) (v iam.PolicyVersion) {
		h.update(func(d *iam.Draft) error {
			_, err := d.UpdatePolicy(p.ARN, func(p *iam.ManagedPolicy) error { v = p.AddVersion(document); return nil })
			return err
		})
		return v
	}
	second := version(allow("s3:PutObject"))
	check(map[string]policy.Outcome{"s3:GetObject": policy.Allow, "s3:PutObject": policy.ImplicitDeny})
	h.advance(5e9)
	h.update(func(d *iam.Draft) error {
		_, err := d.UpdatePolicy(p.ARN, func(p *iam.ManagedPolicy) error { p.VersionID = second.ID; return nil })
		return err
	})
	check(map[string]policy.Outcome{"s3:GetObject": policy.ImplicitDeny, "s3:PutObject": policy.Allow})
	made, err := h.Snapshot().ManagedPolicy(p.ARN)
	if err != nil || made.VersionID != "v2" || !made.Updated.After(made.Created) {
		t.Errorf("policy %+v, %v", made, err)
	}
	// A version's number is not given again.
	h.update(func(d *iam.Draft) error {
		_, err := d.UpdatePolicy(p.ARN, func(p *iam.ManagedPolicy) error {
			p.VersionID = "v1"
			p.Versions = slices.DeleteFunc(p.Versions, func(v iam.PolicyVersion) bool { return v.ID == "v2" })
			return nil
		})
		return err
	})
	if v := version(allow("s3:ListBucket")); v.ID != "v3" {
		t.Errorf("version %s, want v3", v.ID)
	}
}

func TestGroups(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.update(func(d *iam.Draft) error {
		if _, err := d.CreateGroup(iam.Group{AccountID: account, Name: "G", Path: "/a/"}); err != nil {
			return err
		}
		_, err := d.CreateUser(iam.User{AccountID: account, Name: "u", Groups: []string{"g"}, AccessKeys: []iam.AccessKey{{ID: "AKIA1", Secret: "s"}}})
		return err
	})
	g, ok := h.Snapshot().Group(account, "g")
	if !ok || g.ARN != "arn:aws:iam::"+account+":group/a/G" || len(h.Snapshot().Groups(account)) != 1 {
		t.Fatalf("group %+v", g)
	}
	if members := h.Snapshot().Members(g); len(members) != 1 || members[0].Name != "u" {
		t.Errorf("members %v", members)
	}
	put := func(document *policy.Document) {
		h.update(func(d *iam.Draft) error {
			_, err := d.UpdateGroup(account, "G", func(g *iam.Group) error {
				g.Inline = []policy.Policy{{Name: "p", Document: document}}
				return nil
			})
			return err
		})
	}
	put(allow("s3:GetObject"))
	if got := h.decide("AKIA1", "s3:GetObject"); got != policy.Allow {
		t.Errorf("with the group's policy: %s", got)
	}
	put(policy.MustParse(policy.Identity, `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}`))
	if got := h.decide("AKIA1", "s3:GetObject"); got != policy.ExplicitDeny {
		t.Errorf("with the group's denial: %s", got)
	}
	h.update(func(d *iam.Draft) error { return d.DeleteGroup(account, "g") })
	if u, _ := h.Snapshot().User(account, "u"); len(u.Groups) != 0 || len(u.Policies()) != 0 {
		t.Errorf("after the group's end: %+v", u)
	}
}

func TestAccessKeyStatus(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	var key iam.AccessKey
	h.update(func(d *iam.Draft) error {
		key = d.NewAccessKey(account)
		_, err := d.CreateUser(iam.User{AccountID: account, Name: "u", AccessKeys: []iam.AccessKey{key}})
		return err
	})
	change := func(change func(*iam.User) error) {
		h.update(func(d *iam.Draft) error { _, err := d.UpdateUser(account, "U", change); return err })
	}
	if _, secret, err := h.Authenticate(key.ID, ""); err != nil || secret != key.Secret {
		t.Errorf("active: %v", err)
	}
	change(func(u *iam.User) error { u.AccessKeys[0].Inactive = true; return nil })
	if _, _, err := h.Authenticate(key.ID, ""); !errors.Is(err, iam.ErrInactiveKey) {
		t.Errorf("inactive: %v", err)
	}
	change(func(u *iam.User) error { u.AccessKeys = nil; return nil })
	if _, _, err := h.Authenticate(key.ID, ""); !errors.Is(err, iam.ErrUnknownAccessKey) {
		t.Errorf("deleted: %v", err)
	}
	if _, ok := h.Snapshot().UserOfKey(key.ID); ok {
		t.Error("a deleted key has a user")
	}
	h.update(func(d *iam.Draft) error { return d.DeleteUser(account, "u") })
	if len(h.Snapshot().Users(account)) != 0 {
		t.Error("the user is still there")
	}
}

func TestInstanceProfiles(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.createRole(iam.Role{AccountID: account, Name: "App", Trust: trust()})
	h.update(func(d *iam.Draft) error {
		if _, err := d.CreateInstanceProfile(iam.InstanceProfile{AccountID: account, Name: "P"}); err != nil {
			return err
		}
		_, err := d.UpdateInstanceProfile(account, "p", func(p *iam.InstanceProfile) error { p.RoleName = "app"; return nil })
		return err
	})
	if p, ok := h.Snapshot().InstanceProfile(account, "p"); !ok || p.RoleName != "App" || p.ARN != "arn:aws:iam::"+account+":instance-profile/P" {
		t.Errorf("profile %+v", p)
	}
	h.update(func(d *iam.Draft) error { return d.DeleteRole(account, "App") })
	if p := h.Snapshot().InstanceProfiles(account)[0]; p.RoleName != "" {
		t.Errorf("profile %+v has a role that is gone", p)
	}
	h.update(func(d *iam.Draft) error { return d.DeleteInstanceProfile(account, "P") })
	if len(h.Snapshot().InstanceProfiles(account)) != 0 {
		t.Error("the profile is still there")
	}
}

func TestProvidersChange(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.update(func(d *iam.Draft) error {
		_, err := d.CreateProvider(iam.Provider{AccountID: account, URL: issuer, ClientIDs: []string{"a"}})
		return err
	})
	before, _ := h.Snapshot().Provider(account, issuer)
	h.update(func(d *iam.Draft) error {
		_, err := d.UpdateProvider(account, "https://"+issuer, func(p *iam.Provider) error {
			p.ClientIDs[0], p.URL = "b", "elsewhere"
			return nil
		})
		return err
	})
	if after, ok := h.Snapshot().Provider(account, issuer); !ok || after.ClientIDs[0] != "b" || after.URL != issuer || before.ClientIDs[0] != "a" {
		t.Errorf("provider %+v, before %+v", after, before)
	}
	h.update(func(d *iam.Draft) error { return d.DeleteProvider(account, issuer) })
	if len(h.Snapshot().Providers(account)) != 0 {
		t.Error("the provider is still there")
	}
}

// TestIntegrity: a change after which something would refer to what is not
// there is refused whole.
func TestIntegrity(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	var p *iam.ManagedPolicy
	h.update(func(d *iam.Draft) (err error) {
		if p, err = d.CreatePolicy(iam.ManagedPolicy{AccountID: account, Name: "p", Document: allow("s3:*")}); err != nil {
			return err
		}
		_, err = d.CreateGroup(iam.Group{AccountID: account, Name: "g", AttachedARNs: []string{p.ARN}})
		return err
	})
	for name, c := range map[string]struct {
		change func(*iam.Draft) error
		want   error
	}{
		"policy in use": {func(d *iam.Draft) error { return d.DeletePolicy(p.ARN) }, iam.ErrNoSuchEntity},
		"AWS's policy":  {func(d *iam.Draft) error { return d.DeletePolicy(fullS3) }, iam.ErrInvalidInput},
		"name in another path": {func(d *iam.Draft) error {
			_, err := d.CreatePolicy(iam.ManagedPolicy{AccountID: account, Name: "P", Path: "/x/", Document: allow("s3:*")})
			return err
		}, iam.ErrEntityAlreadyExists},
		"default that is not": {func(d *iam.Draft) error {
			_, err := d.UpdatePolicy(p.ARN, func(p *iam.ManagedPolicy) error { p.VersionID = "v2"; return nil })
			return err
		}, iam.ErrNoSuchEntity},
		"group that is not": {func(d *iam.Draft) error {
			_, err := d.CreateUser(iam.User{AccountID: account, Name: "u", Groups: []string{"nobody"}})
			return err
		}, iam.ErrNoSuchEntity},
		"profile of no role": {func(d *iam.Draft) error {
			_, err := d.CreateInstanceProfile(iam.InstanceProfile{AccountID: account, Name: "ip", RoleName: "none"})
			return err
		}, iam.ErrNoSuchEntity},
	} {
		before := h.Snapshot()
		if err := h.Update(c.change); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if h.Snapshot() != before {
			t.Errorf("%s: the state changed", name)
		}
	}
}

func TestAWSPolicies(t *testing.T) {
	t.Parallel()
	list, err := iam.AWSPolicies()
	if err != nil || len(list) != 1485 {
		t.Fatalf("%d policies, %v", len(list), err)
	}
	h := newHarness(t)
	for _, s := range list[:50] {
		p, err := h.Snapshot().ManagedPolicy(s.ARN)
		if err != nil {
			t.Fatal(err)
		}
		if p.Name != s.Name || p.ID != s.ID || p.VersionID != s.VersionID || !p.Created.Equal(s.Created) || len(p.ID) != 21 {
			t.Errorf("%+v is listed as %+v", p, s)
		}
	}
}
