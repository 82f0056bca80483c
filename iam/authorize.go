package iam

import (
	"sync"

	"github.com/irsatz/irsatz/iam/policy"
)

// Question is one authorization question: may the caller do this to that?
type Question struct {
	Caller          *Caller
	Action          string         // s3:GetObject
	Resource        string         // ARN, or "*" where the action has no resource
	ResourceAccount string         // the account that owns the resource
	ResourcePolicy  *policy.Policy // nil if the resource has none
	Trust           *policy.Policy // of the role to assume; nil for everything else
	Context         *policy.Context
}

// Authorize answers the question with the policies as they are now: those of
// the caller's role or user, its boundary, its session policies, and the
// resource's policy. A denial carries its explanation.
func (s *Store) Authorize(q *Question) policy.Decision {
	policies := policy.Policies{Resource: q.ResourcePolicy, Trust: q.Trust}
	switch {
	case q.Caller.Role != nil:
		policies.Identity, policies.Boundary = q.Caller.Role.policies, q.Caller.Role.boundary
	case q.Caller.User != nil:
		policies.Identity, policies.Boundary = q.Caller.User.policies, q.Caller.User.boundary
	case q.Caller.Kind == policy.FederatedUser:
		policies.Identity = rootPolicies()
	}
	if session := q.Caller.Session; session != nil {
		policies.Session, policies.SessionPassed = session.policies(s.Snapshot()), session.PolicyPassed
	}
	return decide(&policies, &policy.Request{
		Principal: q.Caller.Principal(), Action: q.Action, Resource: q.Resource,
		ResourceAccount: q.ResourceAccount, Context: q.Context,
	})
}

// rootPolicies are what root leaves to the session policies of a federated user
// that it made.
var rootPolicies = sync.OnceValue(func() []policy.Policy {
	return []policy.Policy{{Name: "root", Document: policy.MustParse(policy.Identity,
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`)}}
})

// AuthorizeWebIdentity answers whether the role's trust policy lets a web
// identity do this action (sts:AssumeRoleWithWebIdentity, sts:TagSession,
// sts:SetSourceIdentity). The provider must be the one registered for the
// token's issuer in the role's own account. A denial carries its explanation.
func AuthorizeWebIdentity(role *Role, provider *Provider, action string, ctx *policy.Context) policy.Decision {
	policies := policy.Policies{Trust: &role.Trust}
	return decide(&policies, &policy.Request{
		Principal: policy.Principal{Kind: policy.WebIdentity, AccountID: provider.AccountID, Provider: provider.ARN},
		Action:    action, Resource: role.ARN, ResourceAccount: role.AccountID, Context: ctx,
	})
}

// decide explains denials only: that an allowed request is allowed needs no
// reasons, and collecting them costs.
func decide(policies *policy.Policies, request *policy.Request) policy.Decision {
	decision := policies.Decide(request)
	if decision.Allowed() {
		return decision
	}
	return policies.Explain(request)
}
