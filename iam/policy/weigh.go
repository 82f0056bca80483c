package policy

import "strings"

// hasAccount reports whether the principal is one to which an account gives
// policies.
func (p *Principal) hasAccount() bool {
	switch p.Kind {
	case Root, User, RoleSession, FederatedUser:
		return true
	case Anonymous, WebIdentity, Service:
	}
	return false
}

// governing is the kind of policy that speaks for the resource.
func (p *Policies) governing() Kind {
	if p.Trust != nil {
		return Trust
	}
	return Resource
}

// weigh decides where nothing denies: by whom must it be allowed, and is it?
// See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html.
func (p *Policies) weigh(r *Request, v *verdicts) Decision {
	caller := &r.Principal
	switch {
	case v.control.silent:
		return undecided(ResourceControl)
	case v.service.silent:
		return undecided(ServiceControl)
	case p.Trust == nil && (assumesRole(r.Action) || caller.Kind == WebIdentity):
		// A role is assumed only as its trust policy says.
		return undecided(Trust)
	case p.Trust != nil && (caller.Kind == Root || caller.Kind == Anonymous):
		// AWS: "Roles may not be assumed by root accounts."
		return undecided(Trust)
	case !caller.hasAccount():
		return p.byResource(v)
	case sameAccount(r):
		return p.weighWithin(r, v)
	}
	return p.weighAcross(r, v)
}

// byResource decides by the policy of the resource alone.
func (p *Policies) byResource(v *verdicts) Decision {
	if v.resource.allows() {
		return decided(Allow, &v.resource.allow)
	}
	return undecided(p.governing())
}

// weighWithin decides for a caller of the resource's account: either side may
// allow, but a role's trust policy must.
func (p *Policies) weighWithin(r *Request, v *verdicts) Decision {
	switch named := v.resource.named; {
	case named >= byEveryone:
		// Neither a boundary nor a session policy limits what is granted to
		// the session itself or to everyone.
		return p.byResource(v)
	case r.Principal.Kind == Root:
		return Decision{Outcome: Allow, By: Identity, Statement: -1}
	case p.Trust != nil && named == notNamed:
		return undecided(Trust)
	case named != byRole && !v.identity.allows():
		return undecided(Identity)
	}
	return p.limit(r, v)
}

// weighAcross decides for a caller of another account: both sides must allow.
func (p *Policies) weighAcross(r *Request, v *verdicts) Decision {
	if r.Principal.Kind != Root && !v.identity.allows() {
		return undecided(Identity)
	}
	if d := p.limit(r, v); !d.Allowed() {
		return d
	}
	return p.byResource(v)
}

// limit decides whether the boundary and the session policies let pass what
// another policy allows.
func (p *Policies) limit(r *Request, v *verdicts) Decision {
	// A federated user has nothing but what its session policies leave of the
	// user that made it.
	passed := p.SessionPassed || len(p.Session) > 0 || r.Principal.Kind == FederatedUser
	switch {
	case p.Boundary != nil && !v.boundary.allows():
		return undecided(Boundary)
	case passed && !v.session.allows():
		return undecided(Session)
	case v.identity.allows():
		return decided(Allow, &v.identity.allow)
	}
	return p.byResource(v)
}

// assumesRole reports whether an action answers to the trust policy of a role.
func assumesRole(action string) bool {
	const prefix = "sts:assumerole"
	return len(action) >= len(prefix) && strings.EqualFold(action[:len(prefix)], prefix)
}

// decided is the decision of a statement.
func decided(o Outcome, h *hit) Decision {
	h.trace.decide()
	return Decision{
		Outcome: o, By: h.kind, Policy: h.policy.shown(), Sid: h.statement.sid, Statement: h.statement.index,
	}
}

// undecided is a denial for want of a policy of this kind that allows.
func undecided(k Kind) Decision { return Decision{By: k, Statement: -1} }

// shown is the name to show of a policy.
func (p *Policy) shown() string {
	if p.Name != "" {
		return p.Name
	}
	return p.ARN
}
