package policy

import (
	"fmt"
	"slices"
)

// The codes of suggestions.
const (
	FixExplicitDeny     = "explicit-deny"
	FixActionNotGranted = "action-not-granted"
	FixUnknownAction    = "unknown-action"
	FixResourceOutside  = "resource-outside"
	FixObjectARN        = "object-arn-needed"
	FixBucketARN        = "bucket-arn-needed"
	FixNoResource       = "no-resource-needed"
	FixConditionValue   = "condition-value-differs"
	FixConditionAbsent  = "condition-key-absent"
	FixVariable         = "variable-without-value"
	FixWildcard         = "string-equals-wildcard"
	FixCase             = "case-differs"
	FixTagSession       = "session-tags-not-allowed"
	FixSubject          = "subject-differs"
	FixAudience         = "audience-differs"
	FixKeyScheme        = "issuer-key-with-scheme"
	FixIssuerKey        = "issuer-key-differs"
	FixProvider         = "provider-differs"
	FixNotFederated     = "principal-not-federated"
	FixAssumeRole       = "assume-role-action"
	FixPrincipal        = "principal-not-named"
	FixDeleted          = "principal-deleted"
	FixNoTrustPolicy    = "no-trust-policy"
)

// maxSuggestions is how many suggestions one explanation makes.
const maxSuggestions = 5

// adviser works out what to change for a request to be allowed.
type adviser struct {
	*Explanation
	found []Suggestion
}

// suggest works from the statements of the policies that had to allow and came
// nearest to it.
func suggest(e *Explanation) []Suggestion {
	a := &adviser{Explanation: e}
	switch e.Outcome {
	case Allow:
	case ExplicitDeny:
		a.adviseDenial()
	case ImplicitDeny:
		a.adviseSilence()
	}
	return a.found
}

// add notes a suggestion, once, and returns it that its edit be added.
func (a *adviser) add(code string, p *PolicyTrace, statement int, format string, args ...any) *Suggestion {
	s := Suggestion{Code: code, Fix: fmt.Sprintf(format, args...), Statement: statement}
	if p != nil {
		s.Policy = (&Policy{Name: p.Name, ARN: p.ARN}).shown()
	}
	same := func(o Suggestion) bool { return o.Fix == s.Fix }
	if len(a.found) < maxSuggestions && !slices.ContainsFunc(a.found, same) {
		a.found = append(a.found, s)
		return &a.found[len(a.found)-1]
	}
	return nil
}

// edit adds the edit of a suggestion, if both are there.
func (s *Suggestion) edit(op EditOp, path, before, after string) {
	if s != nil && op != "" && after != "" {
		s.Edit = &Edit{Op: op, Path: path, Old: before, New: after}
	}
}

// adviseDenial names every Deny that matched: all of them must go.
func (a *adviser) adviseDenial() {
	for i := range a.Policies {
		p := &a.Policies[i]
		for _, s := range p.Statements {
			if s.Matched && s.Effect == "Deny" {
				a.add(FixExplicitDeny, p, s.Index, "%s denies %s on %s: exclude the request from it, no Allow can outweigh it",
					place(p, &s), a.Request.Action, a.Request.Resource)
			}
		}
	}
}

// adviseSilence looks at the Allow statements of the kind of policy that had to
// allow.
func (a *adviser) adviseSilence() {
	a.adviseRequest()
	furthest := Element(0)
	for i := range a.Policies {
		p := &a.Policies[i]
		if !a.lacks(p) {
			continue
		}
		for _, s := range p.Statements {
			if s.Effect == "Allow" {
				furthest = max(furthest, s.Failed)
			}
		}
	}
	for i := range a.Policies {
		p := &a.Policies[i]
		if !a.lacks(p) {
			continue
		}
		for j := range p.Statements {
			if s := &p.Statements[j]; s.Effect == "Allow" && s.Failed == furthest && len(a.found) < maxSuggestions {
				a.adviseStatement(p, s)
			}
		}
	}
	if len(a.found) == 0 {
		a.adviseGrant()
	}
}

// lacks reports whether the policy is one of those whose Allow is missing.
func (a *adviser) lacks(p *PolicyTrace) bool { return p.Kind == a.By && p.Outcome != Allow }

func (a *adviser) adviseStatement(p *PolicyTrace, s *StatementTrace) {
	switch s.Failed {
	case PrincipalElement:
		a.advisePrincipal(p, s)
	case ActionElement:
		a.adviseAction(p, s)
	case ResourceElement:
		a.adviseResource(p, s)
	case ConditionElement:
		a.adviseCondition(p, s)
	}
}

// adviseGrant proposes a statement that is not there.
func (a *adviser) adviseGrant() {
	r := &a.Request
	resource := neededResource(r)
	p := a.lacking()
	switch a.By {
	case Trust:
		a.add(FixNoTrustPolicy, nil, -1, "allow %s to %s in the role's trust policy", r.Action, r.Principal.trusted())
	case Resource:
		a.add(FixPrincipal, p, -1, `allow %s on %s to {"AWS": %q} in the resource's policy`, r.Action, resource, r.Principal.grantee()).
			edit(a.grant(p, resource))
	case Boundary:
		a.add(FixActionNotGranted, p, -1, "add %s on %s to the permissions boundary: what it does not allow, no other policy can", r.Action, resource).
			edit(a.grant(p, resource))
	case Session:
		a.add(FixActionNotGranted, p, -1, "add %s on %s to the session policy, or assume the role without one", r.Action, resource).
			edit(a.grant(p, resource))
	case Identity:
		a.add(FixActionNotGranted, p, -1, "no statement grants %s: add %s on %s to a policy of %s", r.Action, r.Action, resource, r.Principal.grantee()).
			edit(a.grant(p, resource))
	case ServiceControl, ResourceControl:
		a.add(FixActionNotGranted, p, -1, "allow %s on %s in a %s at every level of the organization", r.Action, resource, a.By).
			edit(a.grant(p, resource))
	}
}

// lacking is the first policy that lacks an Allow, if there is any.
func (a *adviser) lacking() *PolicyTrace {
	for i := range a.Policies {
		if p := &a.Policies[i]; a.lacks(p) {
			return p
		}
	}
	return nil
}

// grant is the edit that adds a statement for the request to a policy.
func (a *adviser) grant(p *PolicyTrace, resource string) (op EditOp, path, before, after string) {
	if p == nil {
		return "", "", "", ""
	}
	principal := ""
	switch a.By {
	case Resource:
		principal = fmt.Sprintf(`"Principal":{"AWS":%q},`, a.Request.Principal.grantee())
	case ResourceControl:
		principal = `"Principal":"*",`
	case Identity, Boundary, Session, Trust, ServiceControl:
	}
	return Append, "Statement", "", fmt.Sprintf(`{"Effect":"Allow",%s"Action":%q,"Resource":%q}`, principal, a.Request.Action, resource)
}

// place names a statement.
func place(p *PolicyTrace, s *StatementTrace) string {
	text := fmt.Sprintf("statement %d", s.Index)
	if s.Sid != "" {
		text += " (" + s.Sid + ")"
	}
	text += " of the " + p.Kind.String()
	if name := (&Policy{Name: p.Name, ARN: p.ARN}).shown(); name != "" {
		text += " " + name
	}
	return text
}

// grantee is the name under which to grant to the principal.
func (p *Principal) grantee() string {
	if p.RoleARN != "" {
		return p.RoleARN
	}
	return p.shown()
}

// trusted is the principal element for the principal.
func (p *Principal) trusted() string {
	if p.Kind == WebIdentity {
		return fmt.Sprintf(`{"Federated": %q}`, p.Provider)
	}
	return fmt.Sprintf(`{"AWS": %q}`, p.grantee())
}

// neededResource is the resource to write beside the request's action.
func neededResource(r *Request) string {
	if l, ok := lookupS3(r.Action); withoutResource(r) || ok && l == accountLevel {
		return "*"
	}
	return r.Resource
}
