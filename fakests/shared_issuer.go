package fakests

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/irsatz/irsatz/iam/policy"
	"github.com/irsatz/irsatz/oidc"
)

// sharedIssuers are the issuers whose own claims are condition keys. The list
// is AWS's and fixed: a self-hosted GitLab or GitHub gets none of these
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html).
// A claim's key is the issuer, a colon, and the claim's name.
var sharedIssuers = map[string][]string{
	"token.actions.githubusercontent.com": {
		"actor", "actor_id", "job_workflow_ref", "repository", "repository_id", "repository_owner_id",
		"workflow", "ref", "environment", "enterprise_id",
	},
	"gitlab.com": {
		"namespace_id", "project_id", "user_id", "user_login", "user_email", "user_access_level",
		"ref_protected", "pipeline_source", "runner_environment",
	},
	"agent.buildkite.com": {
		"organization_slug", "organization_id", "pipeline_slug", "pipeline_id", "cluster_name", "cluster_id", "build_branch",
	},
}

// Issuers with a host or path for each customer, and one key each.
const (
	circleCI        = "oidc.circleci.com/org/"
	circleCIProject = "oidc.circleci.com/project-id"
	oracle          = ".identity.oraclecloud.com"
	oracleResource  = "rpst_id"
	google          = "accounts.google.com"
	googleCustomer  = "google/organization_number"
)

// fillSharedIssuer sets the condition keys of a shared issuer's own claims.
// Claims that are no text and no number are none.
func fillSharedIssuer(ctx *policy.Context, issuer string, claims *oidc.Claims) {
	names := sharedIssuers[issuer]
	host, _, _ := strings.Cut(issuer, "/")
	switch {
	case strings.HasPrefix(issuer, circleCI):
		names = []string{circleCIProject}
	case strings.HasSuffix(host, oracle):
		names = []string{oracleResource}
	}
	for _, name := range names {
		if raw, ok := claims.Claim(name); ok {
			setClaim(ctx, issuer+":"+name, raw)
		}
	}
	if issuer != google {
		return
	}
	// Google's is a member of a claim.
	if raw, ok := claims.Claim("google"); ok {
		var members struct {
			Number json.RawMessage `json:"organization_number"`
		}
		if json.Unmarshal(raw, &members) == nil {
			setClaim(ctx, google+":"+googleCustomer, members.Number)
		}
	}
}

func setClaim(ctx *policy.Context, key string, raw json.RawMessage) {
	var value any
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	if decoder.Decode(&value) != nil {
		return
	}
	switch v := value.(type) {
	case string:
		ctx.Set(key, v)
	case json.Number:
		ctx.Set(key, v.String())
	}
}
