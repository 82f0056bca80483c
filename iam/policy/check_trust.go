package policy

import (
	"regexp"
	"strings"

	"github.com/irsatz/irsatz/iam/arn"
)

// Messages about principals.
const (
	invalidPrincipal = "Invalid principal in policy"
	missingPrincipal = "Missing required field Principal"
)

// checkTrustActions wants actions of STS. The message is older than
// sts:TagSession and sts:SetSourceIdentity, which IAM takes too.
func checkTrustActions(s *rawStatement) *MalformedError {
	for _, a := range s.action.values {
		if vendor, _, _ := strings.Cut(a.value, ":"); !strings.EqualFold(vendor, "sts") {
			return iamFault(a.pos, "Trust Policy statement actions can only be sts:AssumeRole, sts:AssumeRoleWithSAML,  and sts:AssumeRoleWithWebIdentity")
		}
	}
	return nil
}

// checkTrust wants a principal and no resource.
func checkTrust(s *rawStatement) *MalformedError {
	switch p := s.principal; {
	case s.resource != nil && s.resource.not:
		return iamFault(s.resource.pos, "Has prohibited field NotResource")
	case s.resource != nil:
		return iamFault(s.resource.pos, "Has prohibited field Resource")
	case p == nil:
		return iamFault(s.pos, missingPrincipal)
	case p.not:
		return iamFault(p.pos, "Has prohibited field NotPrincipal")
	case p.everyone:
		return iamFault(p.pos, `AssumeRolepolicy contained an invalid principal: "STAR":"*".`)
	case len(p.entries) == 0:
		return iamFault(p.pos, missingPrincipal)
	}
	for _, e := range s.principal.entries {
		if err := checkTrusted(e); err != nil {
			return err
		}
	}
	return nil
}

// checkTrusted checks one principal of a trust policy.
func checkTrusted(e rawEntry) *MalformedError {
	switch {
	case e.kind == "Federated" && !validFederated(e.value):
		return iamFault(e.pos, "Federated principals must be valid domain names or SAML metadata ARNs")
	case e.kind == "AWS" && !e.deleted && !validAWS(e.value),
		e.kind == "Service" && !domainName.MatchString(e.value),
		e.kind == "CanonicalUser":
		return iamFault(e.pos, invalidPrincipal+`: "`+strings.ToUpper(e.kind)+`":"`+e.value+`"`)
	}
	return nil
}

var (
	accountID     = regexp.MustCompile(`^[0-9]{12}$`)
	domainName    = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)+$`)
	domainPath    = regexp.MustCompile(`^(/[A-Za-z0-9._~%!&'()+,;=:@-]*)*$`)
	principalName = regexp.MustCompile(`^[\w+=,.@/!-]+$`)
	canonicalUser = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

// validFederated reports whether a Federated principal is a domain name, with a
// path or without, or the ARN of an OIDC or SAML provider.
func validFederated(s string) bool {
	if !strings.HasPrefix(s, "arn:") {
		host, path, _ := strings.Cut(s, "/")
		return domainName.MatchString(host) && domainPath.MatchString("/"+path)
	}
	a, err := arn.Parse(s)
	if err != nil || a.Service != "iam" || a.Region != "" || !accountID.MatchString(a.AccountID) {
		return false
	}
	if name, ok := strings.CutPrefix(a.Resource, "oidc-provider/"); ok {
		host, path, _ := strings.Cut(name, "/")
		host, _, _ = strings.Cut(host, ":") // a port
		return host != "" && !strings.ContainsAny(host, "*?${}<> ") && domainPath.MatchString("/"+path)
	}
	name, ok := strings.CutPrefix(a.Resource, "saml-provider/")
	return ok && principalName.MatchString(name)
}

// validAWS reports whether an AWS principal is one that can exist: everyone, an
// account, or the ARN of a root, user, role or session. Wildcards within one
// and groups cannot.
// See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html.
func validAWS(s string) bool {
	if s == "*" || accountID.MatchString(s) {
		return true
	}
	a, err := arn.Parse(s)
	if err != nil || a.Region != "" || !accountID.MatchString(a.AccountID) {
		return false
	}
	head, name, _ := strings.Cut(a.Resource, "/")
	switch a.Service + ":" + head {
	case "iam:root":
		return a.Resource == "root"
	case "iam:user", "iam:role", "sts:federated-user":
		return principalName.MatchString(name) && !strings.HasSuffix(name, "/")
	case "sts:assumed-role":
		role, session, ok := strings.Cut(name, "/")
		return ok && principalName.MatchString(role) && principalName.MatchString(session) && !strings.Contains(session, "/")
	}
	return false
}
