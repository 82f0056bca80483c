package policy

import (
	"fmt"
	"slices"
	"strings"
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
	FixSubject          = "subject-differs"
	FixAudience         = "audience-differs"
	FixKeyScheme        = "issuer-key-with-scheme"
	FixIssuerKey        = "issuer-key-differs"
	FixProvider         = "provider-differs"
	FixNotFederated     = "principal-not-federated"
	FixAssumeRole       = "assume-role-action"
	FixPrincipal        = "principal-not-named"
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

// add notes a suggestion, once.
func (a *adviser) add(code string, p *PolicyTrace, statement int, format string, args ...any) {
	s := Suggestion{Code: code, Fix: fmt.Sprintf(format, args...), Statement: statement}
	if p != nil {
		s.Policy = (&Policy{Name: p.Name, ARN: p.ARN}).shown()
	}
	same := func(o Suggestion) bool { return o.Fix == s.Fix }
	if len(a.found) < maxSuggestions && !slices.ContainsFunc(a.found, same) {
		a.found = append(a.found, s)
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
			if s := &p.Statements[j]; s.Effect == "Allow" && s.Failed == furthest {
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
	switch a.By {
	case Trust:
		a.add(FixNoTrustPolicy, nil, -1, "allow %s to %s in the role's trust policy", r.Action, r.Principal.trusted())
	case Resource:
		a.add(FixPrincipal, nil, -1, `allow %s on %s to {"AWS": %q} in the resource's policy`, r.Action, resource, r.Principal.grantee())
	case Boundary:
		a.add(FixActionNotGranted, nil, -1, "add %s on %s to the permissions boundary: what it does not allow, no other policy can", r.Action, resource)
	case Session:
		a.add(FixActionNotGranted, nil, -1, "add %s on %s to the session policy, or assume the role without one", r.Action, resource)
	case Identity:
		a.add(FixActionNotGranted, nil, -1, "no statement grants %s: add %s on %s to a policy of %s", r.Action, r.Action, resource, r.Principal.grantee())
	case ServiceControl, ResourceControl:
		a.add(FixActionNotGranted, nil, -1, "allow %s on %s in a %s at every level of the organization", r.Action, resource, a.By)
	}
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

// adviseAction says which action to add. One that is named after its operation
// is none.
func (a *adviser) adviseAction(p *PolicyTrace, s *StatementTrace) {
	const plain, web = "sts:AssumeRole", "sts:AssumeRoleWithWebIdentity"
	if !s.Not && strings.EqualFold(a.Request.Action, web) && slices.ContainsFunc(s.Wanted, func(w string) bool { return strings.EqualFold(w, plain) }) {
		a.add(FixAssumeRole, p, s.Index, "replace %s with %s in %s: a token is no signed request", plain, web, place(p, s))
		return
	}
	for _, w := range s.Wanted {
		if _, known := lookupS3(w); known || strings.ContainsAny(w, "*?") {
			continue
		}
		if right, ok := operationActions[strings.ToLower(w)]; ok && strings.EqualFold("s3:"+right, a.Request.Action) {
			a.add(FixUnknownAction, p, s.Index, "%s is an operation, not an action: write s3:%s in %s", w, right, place(p, s))
		}
	}
	if a.By == Trust {
		a.add(FixActionNotGranted, p, s.Index, "add %s to the actions of %s", a.Request.Action, place(p, s))
	}
}

// operationActions are S3 operations whose name is often taken for an action's.
var operationActions = map[string]string{
	"s3:listbuckets":           "ListAllMyBuckets",
	"s3:headobject":            "GetObject",
	"s3:headbucket":            "ListBucket",
	"s3:listobjects":           "ListBucket",
	"s3:listobjectsv2":         "ListBucket",
	"s3:listobjectversions":    "ListBucketVersions",
	"s3:deleteobjects":         "DeleteObject",
	"s3:copyobject":            "PutObject",
	"s3:uploadpart":            "PutObject",
	"s3:createmultipartupload": "PutObject",
	"s3:listparts":             "ListMultipartUploadParts",
	"s3:listmultipartuploads":  "ListBucketMultipartUploads",
}
