package policy

import "strings"

// plainDenial is the sentence that gives no reason.
const plainDenial = "Access Denied"

// Sentence is what AWS tells the caller of a denied request, byte for byte; it
// is empty for an allowed one. Callers without credentials and callers from
// outside the resource's account and organization are given no reason.
// See https://docs.aws.amazon.com/AmazonS3/latest/userguide/troubleshoot-403-errors.html.
func (d Decision) Sentence(r *Request) string {
	switch {
	case d.Allowed():
		return ""
	case r.Principal.Kind == WebIdentity:
		return "Not authorized to perform " + r.Action
	case r.Principal.Kind == Anonymous || !acquainted(r):
		return plainDenial
	}
	var b strings.Builder
	b.WriteString("User: " + r.Principal.ARN + " is not authorized to perform: " + r.Action)
	switch {
	case withoutResource(r):
	case strings.HasPrefix(r.Action, "s3:"):
		// S3 alone puts the resource in quotes.
		b.WriteString(` on resource: "` + r.Resource + `"`)
	default:
		b.WriteString(" on resource: " + r.Resource)
	}
	if d.Outcome == ExplicitDeny {
		b.WriteString(" with an explicit deny in " + article(d.By) + shownKind(d.By).String())
		return b.String()
	}
	b.WriteString(" because no " + shownKind(d.By).String() + " allows the " + r.Action + " action")
	return b.String()
}

// article is the indefinite article of the kind's name.
func article(k Kind) string {
	if k == Identity {
		return "an "
	}
	return "a "
}

// shownKind is the kind as a caller is told it: a trust policy is the
// resource-based policy of a role.
func shownKind(k Kind) Kind {
	if k == Trust {
		return Resource
	}
	return k
}

// withoutResource reports whether the request's action has no resource.
func withoutResource(r *Request) bool {
	return r.Resource == "*" || r.Resource == anyS3Resource
}

// acquainted reports whether the caller may be told reasons: it belongs to the
// account of the resource, or to the same organization.
func acquainted(r *Request) bool {
	if sameAccount(r) {
		return true
	}
	mine, _, ok := r.Context.Lookup("aws:PrincipalOrgID")
	theirs, _, _ := r.Context.Lookup("aws:ResourceOrgID")
	return ok && len(mine) == 1 && len(theirs) == 1 && mine[0] == theirs[0]
}

// sameAccount reports whether the principal belongs to the resource's account.
func sameAccount(r *Request) bool {
	return r.Principal.AccountID != "" && r.Principal.AccountID == r.ResourceAccount
}

// anyS3Resource stands in for the resource of an S3 action that has none. AWS's
// own examples grant s3:ListAllMyBuckets on it.
// See https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-walkthroughs-managing-access-example1.html.
const anyS3Resource = "arn:aws:s3:::*"
