package policy

import "strings"

// plainDenial is the sentence that gives no reason.
const plainDenial = "Access Denied"

// noWebIdentity is all that the bringer of a token is told, whatever was denied.
const noWebIdentity = "Not authorized to perform sts:AssumeRoleWithWebIdentity"

// Sentence is what AWS tells the caller of a denied request, byte for byte; it
// is empty for an allowed one. S3 gives no reason to callers without
// credentials and to those from outside the bucket's account and organization,
// STS gives none to anybody, IAM to everybody.
// See https://docs.aws.amazon.com/AmazonS3/latest/userguide/troubleshoot-403-errors.html.
func (d Decision) Sentence(r *Request) string {
	service, _, _ := strings.Cut(strings.ToLower(r.Action), ":")
	sts := service == "sts"
	switch {
	case d.Allowed():
		return ""
	case r.Principal.Kind == WebIdentity:
		return noWebIdentity
	case r.Principal.Kind == Anonymous, !sts && service != "iam" && !acquainted(r):
		return plainDenial
	}
	text := "User: " + r.Principal.ARN + " is not authorized to perform: " + r.Action + onResource(r)
	switch {
	case sts:
		return text
	case d.Outcome == ExplicitDeny:
		return text + " with an explicit deny in " + article(d.By) + d.By.String()
	}
	return text + " because no " + d.By.String() + " allows the " + r.Action + " action"
}

// onResource is the clause that names the resource, if the action has one; IAM
// says "*" even where it has none. S3 alone puts it in quotes.
func onResource(r *Request) string {
	switch {
	case withoutResource(r) && !strings.HasPrefix(r.Action, "iam:"):
		return ""
	case strings.HasPrefix(r.Action, "s3:"):
		return ` on resource: "` + r.Resource + `"`
	}
	return " on resource: " + r.Resource
}

// article is the indefinite article of the kind's name.
func article(k Kind) string {
	if k == Identity {
		return "an "
	}
	return "a "
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
