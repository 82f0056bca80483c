package policy_test

import (
	"testing"

	"github.com/irsatz/irsatz/iam/policy"
)

func TestSentence(t *testing.T) {
	t.Parallel()
	const (
		object = `User: arn:aws:sts::111122223333:assumed-role/app/s1 is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::b/k"`
		silent = object + " because no "
		denied = object + " with an explicit deny in "
		plain  = "Access Denied"
	)
	d := func(o policy.Outcome, k policy.Kind) policy.Decision { return policy.Decision{Outcome: o, By: k} }
	i, e := policy.ImplicitDeny, policy.ExplicitDeny
	change := func(f func(*policy.Request)) *policy.Request {
		r := get(roleSession)
		f(r)
		return r
	}
	mine := get(roleSession)
	theirs := change(func(r *policy.Request) { r.ResourceAccount = other })
	related := change(func(r *policy.Request) {
		r.ResourceAccount = other
		r.Context.Set("aws:PrincipalOrgID", "o-1")
		r.Context.Set("aws:ResourceOrgID", "o-1")
	})
	unrelated := change(func(r *policy.Request) {
		r.ResourceAccount = other
		r.Context.Set("aws:PrincipalOrgID", "o-1")
		r.Context.Set("aws:ResourceOrgID", "o-2")
	})
	buckets := change(func(r *policy.Request) { r.Action, r.Resource = "s3:ListAllMyBuckets", "*" })
	role := change(func(r *policy.Request) { r.Action, r.Resource = "iam:GetRole", roleARN })
	summary := change(func(r *policy.Request) { r.Action, r.Resource = "iam:GetAccountSummary", "*" })
	strange := change(func(r *policy.Request) { r.Action, r.Resource, r.ResourceAccount = "iam:GetRole", roleARN, other })
	assumed := change(func(r *policy.Request) {
		r.Action, r.Resource, r.ResourceAccount = "sts:AssumeRole", "arn:aws:iam::444455556666:role/x", other
	})
	tests := []struct {
		name     string
		decision policy.Decision
		request  *policy.Request
		want     string
	}{
		{"allowed", d(policy.Allow, policy.Identity), mine, ""},
		{"identity", d(i, policy.Identity), mine, silent + "identity-based policy allows the s3:GetObject action"},
		{"session", d(i, policy.Session), mine, silent + "session policy allows the s3:GetObject action"},
		{"boundary", d(i, policy.Boundary), mine, silent + "permissions boundary allows the s3:GetObject action"},
		{"resource, one organization", d(i, policy.Resource), related, silent + "resource-based policy allows the s3:GetObject action"},
		{"service control", d(i, policy.ServiceControl), mine, silent + "service control policy allows the s3:GetObject action"},
		{"denied by identity", d(e, policy.Identity), mine, denied + "an identity-based policy"},
		{"denied by resource", d(e, policy.Resource), mine, denied + "a resource-based policy"},
		{"denied by session", d(e, policy.Session), mine, denied + "a session policy"},
		{"denied by boundary", d(e, policy.Boundary), mine, denied + "a permissions boundary"},
		{"denied by service control", d(e, policy.ServiceControl), mine, denied + "a service control policy"},
		{"denied by resource control", d(e, policy.ResourceControl), mine, denied + "a resource control policy"},
		{"without resource", d(i, policy.Identity), buckets, "User: " + session + " is not authorized to perform: s3:ListAllMyBuckets because no identity-based policy allows the s3:ListAllMyBuckets action"},
		{"other service", d(i, policy.Identity), role, "User: " + session + " is not authorized to perform: iam:GetRole on resource: " + roleARN + " because no identity-based policy allows the iam:GetRole action"},
		{"IAM without resource", d(i, policy.Identity), summary, "User: " + session + " is not authorized to perform: iam:GetAccountSummary on resource: * because no identity-based policy allows the iam:GetAccountSummary action"},
		{"IAM across accounts", d(i, policy.Resource), strange, "User: " + session + " is not authorized to perform: iam:GetRole on resource: " + roleARN + " because no resource-based policy allows the iam:GetRole action"},
		{"cross account", d(i, policy.Resource), theirs, plain},
		{"other organization", d(e, policy.Resource), unrelated, plain},
		{"anonymous", d(i, policy.Resource), get(policy.Principal{}), plain},
		{"assume role", d(i, policy.Trust), assumed, "User: " + session + " is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::444455556666:role/x"},
		{"token", d(i, policy.Trust), assume(token), "Not authorized to perform sts:AssumeRoleWithWebIdentity"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := tt.decision.Sentence(tt.request); got != tt.want {
				t.Errorf("\n got %s\nwant %s", got, tt.want)
			}
		})
	}
}
