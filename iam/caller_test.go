package iam_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/policy"
)

// keys lists a context: single values as strings, several as lists.
func keys(c *iam.Caller) map[string]any {
	ctx := policy.NewContext()
	c.FillContext(ctx)
	all := map[string]any{}
	for key, values := range ctx.All() {
		if _, multi, _ := ctx.Lookup(key); multi {
			all[key] = values
		} else {
			all[key] = values[0]
		}
	}
	return all
}

// §4.1, K131–K145: the condition keys that follow from a caller, all of them.
func TestK131_K145_FillContext(t *testing.T) {
	t.Parallel()
	h := newHarness(t, func(c *iam.Config) {
		c.Root = []iam.RootCredentials{{AccountID: account, AccessKeyID: "test", Secret: "test"}}
	})
	role := app()
	role.Tags = []iam.Tag{{Key: "team", Value: "of the role"}, {Key: "stage", Value: "dev"}}
	h.update(func(d *iam.Draft) error {
		_, err := d.CreateUser(iam.User{AccountID: account, Name: "ci", Path: "/bots/", Tags: []iam.Tag{{Key: "a", Value: "b"}}, AccessKeys: []iam.AccessKey{{ID: "AKIA1", Secret: "s"}}})
		return err
	})
	made := h.createRole(role)
	user, _ := h.Snapshot().User(account, "ci")
	rich, _ := h.issue(made, full())
	poor, _ := h.issue(made, iam.Session{})
	caller := func(key, token string) *iam.Caller {
		c, _, err := h.Authenticate(key, token)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	for name, test := range map[string]struct {
		caller *iam.Caller
		want   map[string]any
	}{
		"anonymous": {iam.Anonymous(), map[string]any{
			"aws:PrincipalType": "Anonymous", "aws:userid": "anonymous", "aws:PrincipalAccount": "anonymous", "aws:ViaAWSService": "false",
		}},
		"root": {caller("test", ""), map[string]any{
			"aws:PrincipalType": "Account", "aws:userid": account, "aws:PrincipalAccount": account, "aws:PrincipalArn": "arn:aws:iam::" + account + ":root",
			"aws:PrincipalIsAWSService": "false", "aws:ViaAWSService": "false",
		}},
		"user": {caller("AKIA1", ""), map[string]any{
			"aws:PrincipalType": "User", "aws:userid": user.ID, "aws:username": "ci", "aws:PrincipalAccount": account, "aws:PrincipalArn": user.ARN,
			"aws:PrincipalIsAWSService": "false", "aws:ViaAWSService": "false", "aws:PrincipalTag/a": "b",
		}},
		"web identity session": {caller(rich.AccessKeyID, rich.SessionToken), map[string]any{
			"aws:PrincipalType": "AssumedRole", "aws:userid": made.ID + ":session", "aws:PrincipalAccount": account, "aws:PrincipalArn": "arn:aws:iam::" + account + ":role/team/App",
			"aws:PrincipalIsAWSService": "false", "aws:ViaAWSService": "false", "aws:TokenIssueTime": "2026-11-23T08:00:00Z", "aws:MultiFactorAuthPresent": "false",
			"aws:SourceIdentity": "alice", "aws:FederatedProvider": "arn:aws:iam::" + account + ":oidc-provider/" + issuer,
			issuer + ":sub": "sub", issuer + ":aud": "aud", issuer + ":amr": []string{"pwd", "mfa"},
			// The session's tag wins over the role's, whatever its case.
			"aws:PrincipalTag/Team": "red", "aws:PrincipalTag/x": "", "aws:PrincipalTag/stage": "dev",
		}},
		"session of another kind": {caller(poor.AccessKeyID, poor.SessionToken), map[string]any{
			"aws:PrincipalType": "AssumedRole", "aws:userid": made.ID + ":session", "aws:PrincipalAccount": account, "aws:PrincipalArn": "arn:aws:iam::" + account + ":role/team/App",
			"aws:PrincipalIsAWSService": "false", "aws:ViaAWSService": "false", "aws:TokenIssueTime": "2026-11-23T08:00:00Z", "aws:MultiFactorAuthPresent": "false",
			"aws:PrincipalTag/team": "of the role", "aws:PrincipalTag/stage": "dev",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, keys(test.caller)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// The question of users, root and the anonymous.
func TestAuthorizeOthers(t *testing.T) {
	t.Parallel()
	h := newHarness(t, func(c *iam.Config) {
		c.Root = []iam.RootCredentials{{AccountID: account, AccessKeyID: "test", Secret: "test"}}
	})
	h.update(func(d *iam.Draft) error {
		_, err := d.CreateUser(iam.User{AccountID: account, Name: "ci", BoundaryARN: readS3, AccessKeys: []iam.AccessKey{{ID: "AKIA1", Secret: "s"}},
			Inline: []policy.Policy{{Name: "all", Document: identity(allowAll)}}})
		return err
	})
	public := &policy.Policy{Name: "bucket", Document: policy.MustParse(policy.Resource, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}}`)}
	for name, test := range map[string]struct {
		key, action string
		resource    *policy.Policy
		want        bool
	}{
		"root":                      {"test", "s3:DeleteObject", nil, true},
		"user within the boundary":  {"AKIA1", "s3:GetObject", nil, true},
		"user beyond the boundary":  {"AKIA1", "s3:DeleteObject", nil, false},
		"anonymous, private":        {"", "s3:GetObject", nil, false},
		"anonymous, public":         {"", "s3:GetObject", public, true},
		"anonymous, another action": {"", "s3:PutObject", public, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			caller := iam.Anonymous()
			if test.key != "" {
				var err error
				if caller, _, err = h.Authenticate(test.key, ""); err != nil {
					t.Fatal(err)
				}
			}
			ctx := policy.NewContext()
			caller.FillContext(ctx)
			d := h.Authorize(&iam.Question{Caller: caller, Action: test.action, Resource: "arn:aws:s3:::b/k", ResourceAccount: account, ResourcePolicy: test.resource, Context: ctx})
			if d.Allowed() != test.want {
				t.Errorf("%+v", d)
			}
		})
	}
}

// BenchmarkAuthorize is what every S3 request of a session costs here:
// authenticating, the caller's context, and the decision.
func BenchmarkAuthorize(b *testing.B) {
	h := newHarness(b)
	role := app()
	role.AttachedARNs = []string{readS3}
	role.Tags = []iam.Tag{{Key: "stage", Value: "dev"}}
	session := full()
	session.Policy, session.PolicyARNs = "", nil
	c, _ := h.issue(h.createRole(role), session)
	b.ReportAllocs()
	for b.Loop() {
		caller, _, err := h.Authenticate(c.AccessKeyID, c.SessionToken)
		if err != nil {
			b.Fatal(err)
		}
		ctx := policy.NewContext()
		caller.FillContext(ctx)
		if d := h.Authorize(&iam.Question{Caller: caller, Action: "s3:GetObject", Resource: "arn:aws:s3:::b/k", ResourceAccount: account, Context: ctx}); !d.Allowed() {
			b.Fatal("denied")
		}
	}
}

// BenchmarkAuthenticate is its first part.
func BenchmarkAuthenticate(b *testing.B) {
	h := newHarness(b)
	c, _ := h.issue(h.createRole(app()), full())
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := h.Authenticate(c.AccessKeyID, c.SessionToken); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCreateRole shows that an update does not look at every role.
func BenchmarkCreateRole(b *testing.B) {
	h := newHarness(b)
	for b.Loop() {
		h.update(func(d *iam.Draft) error {
			_ = d.DeleteRole(account, "app")
			_, err := d.CreateRole(app())
			return err
		})
	}
}
