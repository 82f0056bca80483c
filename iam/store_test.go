package iam_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/policy"
)

// A snapshot never changes, whatever is done to the store, to what was given
// to it, and to what drafts returned.
func TestSnapshotIsolation(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	role := app()
	role.Tags, role.AttachedARNs = []iam.Tag{{Key: "a", Value: "1"}}, []string{readS3}
	role.Inline = []policy.Policy{{Name: "all", Document: identity(allowAll)}}
	provider := iam.Provider{AccountID: account, URL: issuer, ClientIDs: []string{"x"}}
	var drafted *iam.Role
	h.update(func(d *iam.Draft) (err error) {
		if _, err = d.CreateProvider(provider); err != nil {
			return err
		}
		drafted, err = d.CreateRole(role)
		return err
	})
	before := h.Snapshot()
	check := func(when string) {
		t.Helper()
		r, _ := before.Role(account, "app")
		p, _ := before.Provider(account, issuer)
		if r == nil || p == nil || len(before.Roles(account)) != 1 || len(before.Providers(account)) != 1 || len(before.Accounts()) != 1 {
			t.Fatalf("%s: something came or went", when)
		}
		if r.Tags[0].Value != "1" || r.AttachedARNs[0] != readS3 || r.Inline[0].Name != "all" || len(r.Policies()) != 2 || r.Boundary() != nil || p.ClientIDs[0] != "x" || r.Description != "" {
			t.Errorf("%s: %+v %+v", when, r, p)
		}
	}
	check("at first")
	role.Tags[0].Value, role.AttachedARNs[0], role.Inline[0].Name, provider.ClientIDs[0] = "2", "x", "x", "y"
	check("after changing what was given")
	drafted.Tags[0].Value, drafted.Description, drafted.AttachedARNs[0], drafted.Inline[0].Name = "3", "x", "x", "x"
	check("after changing what the draft returned")
	h.update(func(d *iam.Draft) error {
		_, err := d.UpdateRole(account, "app", func(r *iam.Role) error {
			r.Tags[0].Value, r.AttachedARNs[0], r.Inline[0].Name, r.Description, r.BoundaryARN = "4", fullS3, "new", "new", readOnly
			return nil
		})
		return err
	})
	check("after an update")
	if r, _ := h.Snapshot().Role(account, "app"); r.Tags[0].Value != "4" || r.Boundary() == nil || r.Policies()[1].ARN != fullS3 {
		t.Errorf("the update is not there: %+v", r)
	}
	h.update(func(d *iam.Draft) error { return d.DeleteRole(account, "APP") })
	check("after the role went")
}

// An update is made whole or not at all.
func TestUpdateAllOrNothing(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.createRole(app())
	before := h.Snapshot()
	mine := errors.New("mine")
	for name, change := range map[string]func(*iam.Draft) error{
		"the change fails": func(d *iam.Draft) error {
			_, _ = d.CreateRole(iam.Role{AccountID: account, Name: "two", Trust: trust()})
			_, _ = d.CreateUser(iam.User{AccountID: account, Name: "u", AccessKeys: []iam.AccessKey{{ID: "AKIA1", Secret: "s"}}})
			_ = d.DeleteRole(account, "app")
			return mine
		},
		"a policy is not there": func(d *iam.Draft) error {
			_, _ = d.CreateProvider(iam.Provider{AccountID: account, URL: issuer})
			_, err := d.UpdateRole(account, "app", func(r *iam.Role) error { r.AttachedARNs = []string{readS3 + "x"}; return nil })
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			err := h.Update(change)
			if err == nil || h.Snapshot() != before {
				t.Errorf("error %v, the snapshot changed: %v", err, h.Snapshot() != before)
			}
			if !errors.Is(err, mine) && !errors.Is(err, iam.ErrNoSuchEntity) {
				t.Error(err)
			}
		})
	}
	if _, _, err := h.Authenticate("AKIA1", ""); !errors.Is(err, iam.ErrUnknownAccessKey) {
		t.Errorf("the key of an update that failed: %v", err)
	}
}

// Several changes of one thing in one update.
func TestDraftSeesItself(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.update(func(d *iam.Draft) error {
		if _, err := d.CreateRole(app()); err != nil {
			return err
		}
		for _, p := range []string{readS3, fullS3} {
			if _, err := d.UpdateRole(account, "APP", func(r *iam.Role) error { r.AttachedARNs = append(r.AttachedARNs, p); return nil }); err != nil {
				return err
			}
		}
		if _, err := d.CreateRole(iam.Role{AccountID: account, Name: "gone", Trust: trust()}); err != nil {
			return err
		}
		// The policy comes after the role that it is attached to.
		if _, err := d.CreateRole(iam.Role{AccountID: account, Name: "late", Trust: trust(), AttachedARNs: []string{"arn:aws:iam::" + account + ":policy/x/late"}}); err != nil {
			return err
		}
		if _, err := d.CreatePolicy(iam.ManagedPolicy{AccountID: account, Name: "late", Path: "/x/", Document: identity(allowAll)}); err != nil {
			return err
		}
		return d.DeleteRole(account, "gone")
	})
	if r, _ := h.Snapshot().Role(account, "app"); len(r.Policies()) != 2 {
		t.Errorf("%d policies", len(r.Policies()))
	}
	if r, _ := h.Snapshot().Role(account, "late"); len(r.Policies()) != 1 || r.Policies()[0].Name != "late" {
		t.Errorf("%+v", r.Policies())
	}
	if _, ok := h.Snapshot().Role(account, "gone"); ok {
		t.Error("the role that went is there")
	}
}

func TestRoles(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	r := h.createRole(app())
	if r.ARN != "arn:aws:iam::"+account+":role/team/App" || r.MaxSessionDuration != time.Hour || r.Trust.Name != "App" || !r.Created.Equal(begin) {
		t.Errorf("%+v", r)
	}
	for roleARN, want := range map[string]bool{
		r.ARN: true, "arn:aws:iam::" + account + ":role/App": false, "arn:aws:iam::" + account + ":role/team/app": false, "arn:aws:iam::" + even + ":role/team/App": false,
		"arn:aws:sts::" + account + ":role/team/App": false, "arn:aws:iam::" + account + ":user/team/App": false, "App": false, "arn:aws:iam:x:" + account + ":role/team/App": false,
	} {
		if _, ok := h.Snapshot().RoleByARN(roleARN); ok != want {
			t.Errorf("%s: %v", roleARN, ok)
		}
	}
	err := h.Update(func(d *iam.Draft) error {
		_, err := d.UpdateRole(account, "app", func(r *iam.Role) error {
			r.Name, r.ID, r.ARN, r.AccountID, r.Path, r.Created = "x", "x", "x", "x", "x", time.Time{}
			return nil
		})
		return err
	})
	if again, _ := h.Snapshot().Role(account, "app"); err != nil || again.ARN != r.ARN || again.ID != r.ID || again.Name != "App" || !again.Created.Equal(r.Created) {
		t.Errorf("an update changed who the role is: %v, %+v", err, again)
	}
}

// What is refused, and as what.
func TestDraftRefuses(t *testing.T) {
	t.Parallel()
	h := newHarness(t, func(c *iam.Config) {
		c.Root = []iam.RootCredentials{{AccountID: account, AccessKeyID: "test", Secret: "test"}}
	})
	h.createRole(app())
	h.update(func(d *iam.Draft) error {
		_, err := d.CreateUser(iam.User{AccountID: account, Name: "ci", AccessKeys: []iam.AccessKey{{ID: "AKIA1", Secret: "s"}}})
		return errors.Join(err, func() error { _, err := d.CreateProvider(iam.Provider{AccountID: account, URL: issuer}); return err }(),
			func() error {
				_, err := d.CreatePolicy(iam.ManagedPolicy{AccountID: account, Name: "p", Document: identity(allowAll)})
				return err
			}())
	})
	role := func(change func(*iam.Role)) func(*iam.Draft) error {
		return func(d *iam.Draft) error {
			r := iam.Role{AccountID: account, Name: "r", Trust: trust()}
			change(&r)
			_, err := d.CreateRole(r)
			return err
		}
	}
	user := func(u iam.User) func(*iam.Draft) error {
		return func(d *iam.Draft) error { _, err := d.CreateUser(u); return err }
	}
	provider := func(account, url string) func(*iam.Draft) error {
		return func(d *iam.Draft) error {
			_, err := d.CreateProvider(iam.Provider{AccountID: account, URL: url})
			return err
		}
	}
	keys := func(ids ...string) []iam.AccessKey {
		var all []iam.AccessKey
		for _, id := range ids {
			all = append(all, iam.AccessKey{ID: id, Secret: "s"})
		}
		return all
	}
	for name, test := range map[string]struct {
		change func(*iam.Draft) error
		want   error
	}{
		"role twice, in another case":    {role(func(r *iam.Role) { r.Name = "aPP" }), iam.ErrEntityAlreadyExists},
		"role without account":           {role(func(r *iam.Role) { r.AccountID = "" }), iam.ErrInvalidInput},
		"role in no account":             {role(func(r *iam.Role) { r.AccountID = "12345678901x" }), iam.ErrInvalidInput},
		"role without name":              {role(func(r *iam.Role) { r.Name = "" }), iam.ErrInvalidInput},
		"role with a slash":              {role(func(r *iam.Role) { r.Name = "a/b" }), iam.ErrInvalidInput},
		"role with half a path":          {role(func(r *iam.Role) { r.Path = "/a" }), iam.ErrInvalidInput},
		"role without trust":             {role(func(r *iam.Role) { r.Trust = policy.Policy{} }), iam.ErrInvalidInput},
		"role trusting by other policy":  {role(func(r *iam.Role) { r.Trust.Document = identity(allowAll) }), iam.ErrInvalidInput},
		"role with empty policy":         {role(func(r *iam.Role) { r.Inline = []policy.Policy{{Name: "x"}} }), iam.ErrInvalidInput},
		"role with policy not there":     {role(func(r *iam.Role) { r.AttachedARNs = []string{"arn:aws:iam::" + account + ":policy/none"} }), iam.ErrNoSuchEntity},
		"role with AWS policy not there": {role(func(r *iam.Role) { r.AttachedARNs = []string{"arn:aws:iam::aws:policy/AmazonS3FullAcces"} }), iam.ErrNoSuchEntity},
		"role with boundary not there":   {role(func(r *iam.Role) { r.BoundaryARN = "arn:aws:iam::" + even + ":policy/p" }), iam.ErrNoSuchEntity},
		"update of no role":              {func(d *iam.Draft) error { _, err := d.UpdateRole(account, "none", nil); return err }, iam.ErrNoSuchEntity},
		"update of a role's trust": {func(d *iam.Draft) error {
			_, err := d.UpdateRole(account, "app", func(r *iam.Role) error { r.Trust.Document = nil; return nil })
			return err
		}, iam.ErrInvalidInput},
		"deletion of no role":      {func(d *iam.Draft) error { return d.DeleteRole(even, "app") }, iam.ErrNoSuchEntity},
		"provider twice":           {provider(account, "https://"+issuer), iam.ErrEntityAlreadyExists},
		"provider over http":       {provider(account, "http://"+issuer), iam.ErrInvalidInput},
		"provider without host":    {provider(account, "https:///x"), iam.ErrInvalidInput},
		"provider with query":      {provider(account, issuer+"?x"), iam.ErrInvalidInput},
		"provider with user":       {provider(account, "https://me@example.com"), iam.ErrInvalidInput},
		"provider without account": {provider("", issuer), iam.ErrInvalidInput},
		"policy twice": {func(d *iam.Draft) error {
			_, err := d.CreatePolicy(iam.ManagedPolicy{AccountID: account, Name: "p", Document: identity(allowAll)})
			return err
		}, iam.ErrEntityAlreadyExists},
		"policy without document": {func(d *iam.Draft) error {
			_, err := d.CreatePolicy(iam.ManagedPolicy{AccountID: account, Name: "q"})
			return err
		}, iam.ErrInvalidInput},
		"policy of AWS": {func(d *iam.Draft) error {
			_, err := d.CreatePolicy(iam.ManagedPolicy{AccountID: "aws", Name: "q", Document: identity(allowAll)})
			return err
		}, iam.ErrInvalidInput},
		"user twice":            {user(iam.User{AccountID: account, Name: "CI"}), iam.ErrEntityAlreadyExists},
		"user without name":     {user(iam.User{AccountID: account}), iam.ErrInvalidInput},
		"user with a key taken": {user(iam.User{AccountID: even, Name: "u", AccessKeys: keys("AKIA1")}), iam.ErrEntityAlreadyExists},
		"user with root's key":  {user(iam.User{AccountID: account, Name: "u", AccessKeys: keys("test")}), iam.ErrEntityAlreadyExists},
		"user with a key twice": {user(iam.User{AccountID: account, Name: "u", AccessKeys: keys("AKIA2", "AKIA2")}), iam.ErrEntityAlreadyExists},
		"user without secret":   {user(iam.User{AccountID: account, Name: "u", AccessKeys: []iam.AccessKey{{ID: "AKIA2"}}}), iam.ErrInvalidInput},
		"two users with one key": {func(d *iam.Draft) error {
			_, _ = d.CreateUser(iam.User{AccountID: account, Name: "u", AccessKeys: keys("AKIA3")})
			_, err := d.CreateUser(iam.User{AccountID: account, Name: "v", AccessKeys: keys("AKIA3")})
			return err
		}, iam.ErrEntityAlreadyExists},
		"user with policy not there": {user(iam.User{AccountID: account, Name: "u", AttachedARNs: []string{"nonsense"}}), nil},
	} {
		t.Run(name, func(t *testing.T) {
			before := h.Snapshot()
			err := h.Update(test.change)
			if err == nil || test.want != nil && !errors.Is(err, test.want) || h.Snapshot() != before {
				t.Errorf("got %v, want %v", err, test.want)
			}
		})
	}
}

// A99, A62: the URL's port 443 is dropped, a trailing slash is not.
func TestProviders(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"https://example.com": "example.com", "example.com": "example.com", "https://example.com:443": "example.com", "https://example.com:443/": "example.com/",
		"https://Example.com/id/X": "Example.com/id/X", "https://example.com/id/": "example.com/id/", "https://example.com:8443/x": "example.com:8443/x", "example.com:443/a:443": "example.com/a:443",
	} {
		h := newHarness(t)
		h.update(func(d *iam.Draft) error {
			_, err := d.CreateProvider(iam.Provider{AccountID: account, URL: url})
			return err
		})
		p, ok := h.Snapshot().Provider(account, "https://"+want)
		if !ok || p.URL != want || p.ARN != "arn:aws:iam::"+account+":oidc-provider/"+want {
			t.Errorf("%s: %+v", url, p)
			continue
		}
		for _, other := range []string{want + "/", strings.ToUpper(want), "http://" + want, strings.TrimSuffix(want, "/") + "x"} {
			if _, ok := h.Snapshot().Provider(account, other); ok {
				t.Errorf("%s is found as %s", want, other)
			}
		}
		if _, ok := h.Snapshot().Provider(even, want); ok {
			t.Error("another account has it")
		}
	}
}

// AWS's own managed policies.
func TestAWSManagedPolicies(t *testing.T) {
	t.Parallel()
	s := newHarness(t).Snapshot()
	for policyARN, want := range map[string]string{
		fullS3: "AmazonS3FullAccess", readOnly: "ReadOnlyAccess", "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole": "AWSLambdaBasicExecutionRole",
		"arn:aws:iam::aws:policy/job-function/ViewOnlyAccess": "ViewOnlyAccess", "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy": "AmazonEKSClusterPolicy",
	} {
		p, err := s.ManagedPolicy(policyARN)
		if err != nil || p.Name != want || p.ARN != policyARN || p.Document == nil || p.VersionID == "" || p.Created.IsZero() {
			t.Errorf("%s: %v %+v", policyARN, err, p)
			continue
		}
		if again, _ := s.ManagedPolicy(policyARN); again != p {
			t.Errorf("%s is read twice", policyARN)
		}
	}
	for _, policyARN := range []string{
		"arn:aws:iam::aws:policy/None", "arn:aws:iam::aws:policy/amazons3fullaccess", "arn:aws-cn:iam::aws:policy/AmazonS3FullAccess", "arn:aws:s3::aws:policy/AmazonS3FullAccess",
		"arn:aws:iam:us-east-1:aws:policy/AmazonS3FullAccess", "arn:aws:iam::aws:policy/../AmazonS3FullAccess", "arn:aws:iam::" + account + ":policy/AmazonS3FullAccess",
	} {
		if _, err := s.ManagedPolicy(policyARN); !errors.Is(err, iam.ErrNoSuchEntity) {
			t.Errorf("%s: %v", policyARN, err)
		}
	}
	if _, err := s.ManagedPolicy("AmazonS3FullAccess"); err == nil {
		t.Error("a name is taken for an ARN")
	}
	h := newHarness(t)
	r := app()
	r.AttachedARNs = []string{readOnly}
	c, _ := h.issue(h.createRole(r), iam.Session{})
	for action, want := range map[string]bool{"s3:GetObject": true, "s3:PutObject": false, "ec2:DescribeInstances": true, "iam:CreateUser": false} {
		if got := h.ask(c, action).Allowed(); got != want {
			t.Errorf("ReadOnlyAccess and %s: %v", action, got)
		}
	}
}

// Ids: their form, and the account in them.
func TestIDs(t *testing.T) {
	t.Parallel()
	for _, acct := range []string{account, even, "000000000000", "000000000001", "999999999999", "999999999998"} {
		h := newHarness(t)
		role := iam.Role{AccountID: acct, Name: "r", Trust: trust()}
		r := h.createRole(role)
		c, _ := h.issue(r, iam.Session{})
		if got, ok := iam.AccountOfAccessKey(c.AccessKeyID); !ok || got != acct || len(c.AccessKeyID) != 20 || c.AccessKeyID[:4] != "ASIA" {
			t.Errorf("%s: %s is of %s", acct, c.AccessKeyID, got)
		}
		if len(r.ID) != 21 || r.ID[:4] != "AROA" || r.ID[4:12] != c.AccessKeyID[4:12] {
			t.Errorf("role id %s beside %s", r.ID, c.AccessKeyID)
		}
		if len(c.Secret) != 40 {
			t.Errorf("secret of %d", len(c.Secret))
		}
	}
	for _, id := range []string{"", "AKIAIOSFODNN7EXAMPLE", "AKIA", "ASIA1111111111111111", "XXXXQYLPMN5HHHHHHHHH", "ASIA7777777777777777", "ASIAAAAAAAAAAAAAAAAA", "asiaqylpmn5hhhhhhhhh"} {
		if got, ok := iam.AccountOfAccessKey(id); ok && id != "AKIAIOSFODNN7EXAMPLE" {
			t.Errorf("%s is of %s", id, got)
		}
	}
	// From https://awsteele.com/blog/2020/09/26/aws-access-key-format.html.
	if got, ok := iam.AccountOfAccessKey("ASIAQNZGKIQY56JQ7WML"); !ok || got != "029608264753" {
		t.Errorf("the published example is of %q", got)
	}
}

// Two stores in one process know nothing of each other.
func TestTwoStores(t *testing.T) {
	t.Parallel()
	one, two := newHarness(t), newHarness(t, func(c *iam.Config) { c.Rand = seeded(2) })
	c, _ := one.issue(one.createRole(app()), iam.Session{})
	two.createRole(app())
	if _, _, err := two.Authenticate(c.AccessKeyID, c.SessionToken); !errors.Is(err, iam.ErrMalformedToken) {
		t.Errorf("one's session at the other: %v", err)
	}
	one.update(func(d *iam.Draft) error { return d.DeleteRole(account, "App") })
	if len(two.Snapshot().Roles(account)) != 1 {
		t.Error("one's change reached the other")
	}
	if diff := cmp.Diff([]string{account}, two.Snapshot().Accounts()); diff != "" {
		t.Error(diff)
	}
	if one.Snapshot().Roles(even) != nil || one.Snapshot().Providers(even) != nil {
		t.Error("an account that is not there has something")
	}
}

func TestNewStoreRefuses(t *testing.T) {
	t.Parallel()
	for _, config := range []iam.Config{
		{SealingKey: make([]byte, 31)},
		{SealingKey: []byte{}},
		{Root: []iam.RootCredentials{{AccountID: account, AccessKeyID: "test"}}},
		{Root: []iam.RootCredentials{{AccountID: account, Secret: "test"}}},
		{Root: []iam.RootCredentials{{AccountID: "root", AccessKeyID: "test", Secret: "test"}}},
	} {
		if _, err := iam.NewStore(config); !errors.Is(err, iam.ErrInvalidInput) {
			t.Errorf("%+v: %v", config, err)
		}
	}
	if s, err := iam.NewStore(iam.Config{}); err != nil || time.Since(s.Now()) > time.Minute {
		t.Errorf("the zero Config: %v", err)
	}
}

func TestUsers(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.update(func(d *iam.Draft) error {
		_, err := d.CreateUser(iam.User{AccountID: account, Name: "ci", Path: "/bots/", AttachedARNs: []string{readS3}, BoundaryARN: fullS3, AccessKeys: []iam.AccessKey{{ID: "AKIA1", Secret: "one"}, {ID: "AKIA2", Secret: "two"}}})
		return err
	})
	u, ok := h.Snapshot().User(account, "CI")
	if !ok || u.ARN != "arn:aws:iam::"+account+":user/bots/ci" || !strings.HasPrefix(u.ID, "AIDA") {
		t.Errorf("%+v", u)
	}
	for key, secret := range map[string]string{"AKIA1": "one", "AKIA2": "two"} {
		if c, got, err := h.Authenticate(key, ""); err != nil || got != secret || c.User != u || c.Principal() != (policy.Principal{Kind: policy.User, AccountID: account, ARN: u.ARN}) {
			t.Errorf("%s: %v %q %+v", key, err, got, c)
		}
	}
	if !slices.ContainsFunc(u.AccessKeys, func(k iam.AccessKey) bool { return k.ID == "AKIA2" }) {
		t.Error("a key went")
	}
}
