package policy

import (
	"slices"
	"strings"

	"github.com/irsatz/irsatz/iam/arn"
)

// sharedIssuers are the issuers that many organizations share, each with the
// claim that says which of them a token is from, or the condition key that does.
// EKS's issuers, and all that are not listed, belong to one organization each.
// See https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_secure-by-default.html.
var sharedIssuers = map[string]string{
	"agent.buildkite.com": "sub",
	"api.pulumi.com/oidc": "aud",
	"app.terraform.io":    "sub",
	cognito:               "aud",
	"gitlab.com":          "sub",
	"oidc-configuration.audit-log.githubusercontent.com": "sub",
	"oidc.codefresh.io": "sub",
	"oidc.op1.openshiftapps.com/2c51blsaqa9gkjt0o9rt11mle8mmropu": "sub",
	"oidc.op1.openshiftapps.com/2f785sojlpb85i7402pk3qogugim5nfb": "sub",
	"oidc.vercel.com":   "aud",
	"proidc.upbound.io": "sub",
	"rh-oidc.s3.us-east-1.amazonaws.com/22ejnvnnturfmt6km08idd0nt4hekbn7": "sub",
	"rh-oidc.s3.us-east-1.amazonaws.com/23e3sd27sju1hoou6ohfs68vbno607tr": "sub",
	"rh-oidc.s3.us-east-1.amazonaws.com/23ne21h005qjl3n33d8dui5dlrmv2tmg": "sub",
	"rh-oidc.s3.us-east-1.amazonaws.com/24jrf12m5dj7ljlfb4ta2frhrcoadm26": "sub",
	"sandboxes.cloud": "aud",
	"scalr.io":        "sub",
	"sts.windows.net/33e01921-4d64-4f8c-a055-5bdaffd5e33d/": "sts:RoleSessionName",
	"studio.datachain.ai/api":                               "sub",
	github:                                                  "sub",
	"tokens.cloud.shisho.dev":                               "sub",
	"vstoken.actions.githubusercontent.com":                 "sub",
}

const (
	cognito = "cognito-identity.amazonaws.com"
	github  = "token.actions.githubusercontent.com"
)

// CheckSharedIssuers holds a trust policy to what IAM demands on writing one,
// by CreateRole or UpdateAssumeRolePolicy: that a statement which lets in the
// tokens of a shared issuer says whose. Policies that are there already are not
// held to it, by AWS neither. The error is a *[MalformedError].
func CheckSharedIssuers(trust *Document) error {
	q := question{action: "sts:assumerolewithwebidentity", service: "sts", name: "assumerolewithwebidentity"}
	q.hash()
	for i := range trust.statements {
		s := &trust.statements[i]
		if s.deny || s.principal == nil || !s.actions.contains(&q) {
			continue
		}
		for _, principal := range s.principal.provider {
			if message := s.unscoped(principal); message != "" {
				return iamFault(s.places.principal, message).at(trust.source)
			}
		}
	}
	return nil
}

// unscoped says, in IAM's words, what the statement lacks to trust the
// principal; nothing if it lacks nothing.
func (s *statement) unscoped(principal string) string {
	issuer := principal
	if a, err := arn.Parse(principal); err == nil {
		issuer = strings.TrimPrefix(a.Resource, "oidc-provider/")
	}
	keys := controls(issuer)
	switch {
	case keys == nil:
		return ""
	case issuer == cognito && len(s.conditions) == 0:
		return "A condition block must be present for the Cognito provider"
	case s.scopes(keys):
		return ""
	}
	return "Trust policy with trusted principal " + principal + " must evaluate, using StringEquals, StringLike or StringEqualsIgnoreCase, " +
		strings.Join(keys, " or ") + " which is not scoped to all."
}

// controls are the condition keys of which a trust policy has to test one. An
// enterprise's own issuer at GitHub, below the shared one, is held to the same.
// GitHub's second key stands in messages that were recorded, though not in the
// documentation.
func controls(issuer string) []string {
	if issuer == github || strings.HasPrefix(issuer, github+"/") {
		return []string{issuer + ":sub", issuer + ":job_workflow_ref"}
	}
	claim, shared := sharedIssuers[issuer]
	switch {
	case !shared:
		return nil
	case strings.Contains(claim, ":"):
		return []string{claim}
	}
	return []string{issuer + ":" + claim}
}

// scopes reports whether one of the operators tests one of the keys, and none of
// them for everybody. As recorded, IAM looks at the first value of each list
// only: ["*", "repo:a/b:*"] is refused and ["repo:a/b:*", "*"] is taken, like
// "repo:*". Where there are two keys, GitHub's, it refuses whatever begins with
// a star, and blanks.
func (s *statement) scopes(keys []string) bool {
	scoped := map[string]bool{} // by operator
	for i := range s.conditions {
		c := &s.conditions[i]
		isKey := func(key string) bool { return strings.EqualFold(key, c.key) }
		if c.negated || c.ifExists || !strings.HasPrefix(c.name, "String") || !slices.ContainsFunc(keys, isKey) {
			continue
		}
		everybody := len(c.values) > 0 && (c.values[0] == "*" ||
			len(keys) > 1 && (strings.HasPrefix(c.values[0], "*") || strings.TrimSpace(c.values[0]) == ""))
		before, tested := scoped[c.written]
		scoped[c.written] = !everybody && (before || !tested)
	}
	for _, ok := range scoped {
		if ok {
			return true
		}
	}
	return false
}
