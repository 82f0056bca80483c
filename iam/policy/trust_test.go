package policy_test

import (
	"testing"

	"github.com/irsatz/irsatz/iam/policy"
)

const subject = "system:serviceaccount:prod:app"

// assume is a request to assume the role with a token.
func assume(p policy.Principal) *policy.Request {
	r := &policy.Request{
		Principal: p, Action: "sts:AssumeRoleWithWebIdentity", Resource: roleARN, ResourceAccount: account,
		Context: policy.NewContext(),
	}
	r.Context.Set(issuer+":sub", subject)
	r.Context.Set(issuer+":aud", "sts.amazonaws.com")
	return r
}

// trusts is a statement of a trust policy.
func trusts(effect, principal, condition string) string {
	return "{'Effect':'" + effect + "'," + webIdentity + ",'Principal':" + principal + ",'Condition':" + condition + "}"
}

func TestTrust(t *testing.T) {
	t.Parallel()
	provider := "{'Federated':'" + providerARN + "'}"
	sub := func(operator, value string) string {
		return "{'" + operator + "':{'" + issuer + ":sub':'" + value + "'}}"
	}
	exact := "{'StringEquals':{'" + issuer + ":sub':'" + subject + "','" + issuer + ":aud':'sts.amazonaws.com'}}"
	tests := []struct {
		name       string
		statements []string
		want       policy.Outcome
	}{
		{"E82 right", []string{trusts("Allow", provider, exact)}, policy.Allow},
		{"E83 wrong subject", []string{trusts("Allow", provider, sub("StringEquals", "system:serviceaccount:dev:app"))}, policy.ImplicitDeny},
		{"E85 other provider", []string{trusts("Allow", "{'Federated':'"+providerARN+"2'}", "{}")}, policy.ImplicitDeny},
		{"plain name of the provider", []string{trusts("Allow", "{'Federated':'"+issuer+"'}", "{}")}, policy.ImplicitDeny},
		{"one of several providers", []string{trusts("Allow", "{'Federated':['"+providerARN+"2','"+providerARN+"']}", "{}")}, policy.Allow},
		{"E86 wildcard, equals", []string{trusts("Allow", provider, sub("StringEquals", "system:serviceaccount:*:app"))}, policy.ImplicitDeny},
		{"E86 wildcard, like", []string{trusts("Allow", provider, sub("StringLike", "system:serviceaccount:*:app"))}, policy.Allow},
		{"E87 wrong prefix", []string{trusts("Allow", provider, "{'StringEquals':{'https://"+issuer+":sub':'"+subject+"'}}")}, policy.ImplicitDeny},
		{"E87 wrong prefix, if exists", []string{trusts("Allow", provider, "{'StringEqualsIfExists':{'x.y:sub':'nobody'}}")}, policy.Allow},
		{"E87 wrong prefix, negated", []string{trusts("Allow", provider, "{'StringNotEquals':{'x.y:sub':'nobody'}}")}, policy.Allow},
		{"prefix without case", []string{trusts("Allow", provider, "{'StringEquals':{'OIDC.eks.eu-west-1.amazonaws.com/id/abc:SUB':'"+subject+"'}}")}, policy.Allow},
		{"E88 denied", []string{trusts("Allow", provider, exact), trusts("Deny", provider, sub("StringLike", "*"))}, policy.ExplicitDeny},
		{"E89 union", []string{trusts("Allow", provider, sub("StringEquals", "other")), trusts("Allow", provider, exact)}, policy.Allow},
		{"E90 account", []string{trusts("Allow", "{'AWS':'arn:aws:iam::111122223333:root'}", "{}")}, policy.ImplicitDeny},
		{"AWS star", []string{trusts("Allow", "{'AWS':'*'}", "{}")}, policy.ImplicitDeny},
		{"other action", []string{"{'Effect':'Allow','Action':'sts:AssumeRole','Principal':" + provider + "}"}, policy.ImplicitDeny},
		{"every action", []string{"{'Effect':'Allow','Action':'sts:*','Principal':" + provider + "}"}, policy.Allow},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := &policy.Policies{Trust: attached(policy.Trust, tt.statements...)}
			d := decide(t, p, assume(token))
			if d.Outcome != tt.want || d.By != policy.Trust {
				t.Errorf("got %s by %s, want %s", d.Outcome, d.By, tt.want)
			}
		})
	}
}

// TestTrustUnderResourceControl shows that a resource control policy is about
// tokens too.
func TestTrustUnderResourceControl(t *testing.T) {
	t.Parallel()
	for effect, want := range map[string]policy.Outcome{"Allow": policy.Allow, "Deny": policy.ExplicitDeny} {
		rcp := attached(policy.ResourceControl, "{'Effect':'"+effect+"','Principal':'*','Action':'sts:*','Resource':'*'}")
		p := &policy.Policies{
			Trust:           attached(policy.Trust, trusts("Allow", "{'Federated':'"+providerARN+"'}", "{}")),
			ResourceControl: [][]policy.Policy{{*rcp}},
		}
		if d := decide(t, p, assume(token)); d.Outcome != want {
			t.Errorf("%s: got %s by %s", effect, d.Outcome, d.By)
		}
	}
}

func TestTrustTagSession(t *testing.T) {
	t.Parallel()
	p := &policy.Policies{Trust: attached(policy.Trust, trusts("Allow", "{'Federated':'"+providerARN+"'}", "{}"))}
	r := assume(token)
	r.Action = "sts:TagSession"
	if d := decide(t, p, r); d.Allowed() {
		t.Error("E91: a trust policy without sts:TagSession lets a token tag its session")
	}
}

// TestTrustAlone shows that beside a trust policy no other one lets in, and that
// any can deny.
func TestTrustAlone(t *testing.T) {
	t.Parallel()
	own := "'Principal':{'AWS':'" + roleARN + "'},'Action':'*','Resource':'arn:aws:iam::111122223333:role/*'}"
	trust := attached(policy.Trust, "{'Effect':'Allow','Action':'sts:AssumeRole','Principal':{'AWS':'"+roleARN+"'}}")
	silent := attached(policy.Trust, "{'Effect':'Allow','Action':'sts:AssumeRole','Principal':{'AWS':'"+other+"'}}")
	r := &policy.Request{Principal: roleSession, Action: "sts:AssumeRole", Resource: roleARN, ResourceAccount: account}
	if d := decide(t, &policy.Policies{Trust: silent, Resource: attached(policy.Resource, "{'Effect':'Allow',"+own)}, r); d.Allowed() {
		t.Error("another policy lets in")
	}
	d := decide(t, &policy.Policies{Trust: trust, Resource: attached(policy.Resource, "{'Effect':'Deny',"+own)}, r)
	if d.Outcome != policy.ExplicitDeny || d.By != policy.Resource {
		t.Errorf("got %s by %s", d.Outcome, d.By)
	}
}

// TestNoDocument shows that a policy that was not read denies.
func TestNoDocument(t *testing.T) {
	t.Parallel()
	p := &policy.Policies{Identity: append(identity(allowAll), policy.Policy{Name: "lost"})}
	if d := decide(t, p, get(roleSession)); d.Outcome != policy.ExplicitDeny || d.Policy != "lost" || d.Statement != -1 {
		t.Errorf("got %+v", d)
	}
}

// TestAssumeRole asks for callers that sign.
func TestAssumeRole(t *testing.T) {
	t.Parallel()
	signed := "{'Effect':'Allow','Action':'sts:AssumeRole','Resource':'*'}"
	tests := []struct {
		name     string
		caller   policy.Principal
		trust    string
		identity string
		want     policy.Outcome
		by       policy.Kind
	}{
		{"role named", roleSession, "{'AWS':'" + roleARN + "'}", allowPut, policy.Allow, policy.Trust},
		{"session named", roleSession, "{'AWS':'" + session + "'}", allowPut, policy.Allow, policy.Trust},
		{"account named", roleSession, "{'AWS':'" + account + "'}", allowPut, policy.ImplicitDeny, policy.Identity},
		{"account named and allowed", roleSession, "{'AWS':'" + account + "'}", signed, policy.Allow, policy.Identity},
		{"nobody named", roleSession, "{'AWS':'" + other + "'}", signed, policy.ImplicitDeny, policy.Trust},
		{"cross account", stranger, "{'AWS':'" + other + "'}", signed, policy.Allow, policy.Trust},
		{"cross account, not allowed", stranger, "{'AWS':'" + stranger.RoleARN + "'}", allowPut, policy.ImplicitDeny, policy.Identity},
		{"cross account, not trusted", stranger, "{'AWS':'" + account + "'}", signed, policy.ImplicitDeny, policy.Trust},
		{"root", root, "{'AWS':'" + account + "'}", signed, policy.ImplicitDeny, policy.Trust},
		{"anonymous", policy.Principal{}, "{'AWS':'*'}", signed, policy.ImplicitDeny, policy.Trust},
		{"service", policy.Principal{Kind: policy.Service, Service: "ec2.amazonaws.com"}, "{'Service':'ec2.amazonaws.com'}", allowPut, policy.Allow, policy.Trust},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := &policy.Policies{
				Identity: identity(tt.identity),
				Trust:    attached(policy.Trust, "{'Effect':'Allow','Action':'sts:AssumeRole','Principal':"+tt.trust+"}"),
			}
			r := &policy.Request{Principal: tt.caller, Action: "sts:AssumeRole", Resource: roleARN, ResourceAccount: account}
			if d := decide(t, p, r); d.Outcome != tt.want || d.By != tt.by {
				t.Errorf("got %s by %s, want %s by %s", d.Outcome, d.By, tt.want, tt.by)
			}
			p.Trust = nil
			if d := decide(t, p, r); d.Allowed() || d.By != policy.Trust {
				t.Errorf("without a trust policy: %s by %s", d.Outcome, d.By)
			}
		})
	}
}
