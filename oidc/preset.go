package oidc

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Preset is a kind of issuer that is no Kubernetes cluster, and what its tokens
// look like.
type Preset struct {
	Name string
	// URL is the issuer; empty if each customer has another.
	URL string
	// TokenEndpoint says that jobs fetch their tokens from an endpoint, as
	// GitHub's do.
	TokenEndpoint bool

	lifetime time.Duration
	backdate time.Duration
	claims   map[string]any
	follow   func(claims map[string]any, issuer string) // sets what follows from other claims
}

// presets are the issuers as their documentation shows them.
var presets = []Preset{
	{
		// https://docs.github.com/en/actions/reference/security/oidc
		Name: "github", URL: "https://token.actions.githubusercontent.com", TokenEndpoint: true,
		lifetime: 5 * time.Minute, backdate: 10 * time.Minute, claims: githubClaims,
		follow: func(c map[string]any, _ string) { followGitHub(c, text(c, "repository")) },
	},
	{
		// Repositories made or renamed since 2026-07-15 have the ids of owner and
		// repository in their subjects:
		// https://github.blog/changelog/2026-04-23-immutable-subject-claims-for-github-actions-oidc-tokens/
		Name: "github-immutable", URL: "https://token.actions.githubusercontent.com", TokenEndpoint: true,
		lifetime: 5 * time.Minute, backdate: 10 * time.Minute, claims: githubClaims,
		follow: func(c map[string]any, _ string) {
			owner, name, _ := strings.Cut(text(c, "repository"), "/")
			followGitHub(c, owner+"@"+text(c, "repository_owner_id")+"/"+name+"@"+text(c, "repository_id"))
		},
	},
	{
		// https://docs.gitlab.com/ci/secrets/id_token_authentication/
		Name: "gitlab", URL: "https://gitlab.com",
		lifetime: time.Hour, backdate: 5 * time.Second, claims: gitlabClaims, follow: followGitLab,
	},
	{
		// https://developer.hashicorp.com/terraform/cloud-docs/workspaces/dynamic-provider-credentials/workload-identity-tokens
		Name: "terraform-cloud", URL: "https://app.terraform.io",
		lifetime: 5 * time.Minute, backdate: 5 * time.Second, claims: terraformClaims, follow: followTerraform,
	},
	{
		Name: "oidc", lifetime: time.Hour, claims: map[string]any{"sub": "subject", "aud": "sts.amazonaws.com"},
		follow: func(map[string]any, string) {},
	},
}

// Presets returns the kinds of issuer that are known.
func Presets() []Preset { return slices.Clone(presets) }

// FindPreset returns the preset of this name.
func FindPreset(name string) (Preset, bool) {
	i := slices.IndexFunc(presets, func(p Preset) bool { return p.Name == name })
	if i < 0 {
		return Preset{}, false
	}
	return presets[i], true
}

// Request returns the request for a token of the issuer, with these claims laid
// over the preset's. What follows from other claims, such as the subject from
// the repository, follows from these, unless it is among them itself.
func (p Preset) Request(issuer string, claims map[string]any) TokenRequest {
	all := maps.Clone(p.claims)
	maps.Copy(all, claims)
	p.follow(all, issuer)
	maps.Copy(all, claims)
	// The claim stands over the subject, be it text or not.
	return TokenRequest{Subject: "subject", Claims: all, Duration: p.lifetime, Backdate: p.backdate}
}

// text is a claim as text, where it is text or a number.
func text(claims map[string]any, name string) string {
	if value, ok := claims[name]; ok && value != nil {
		return fmt.Sprint(value)
	}
	return ""
}

var githubClaims = map[string]any{
	"repository": "octo-org/octo-repo", "repository_id": "74", "repository_owner_id": "65", "repository_visibility": "private",
	"actor": "octocat", "actor_id": "12", "workflow": "ci", "ref": "refs/heads/main", "ref_protected": "false",
	"sha": "9fceb02d0ae598e95dc970b74767f19372d61af8", "event_name": "push", "head_ref": "", "base_ref": "",
	"run_id": "1000000001", "run_number": "10", "run_attempt": "1", "runner_environment": "github-hosted",
}

// followGitHub sets GitHub's derived claims; repository is as it stands in the
// subject. A job with an environment has that in its subject, one for a pull
// request says no more than that, and all others name their ref.
func followGitHub(c map[string]any, repository string) {
	owner, _, _ := strings.Cut(text(c, "repository"), "/")
	c["repository_owner"] = owner
	c["aud"] = "https://github.com/" + owner
	c["ref_type"] = "branch"
	if strings.HasPrefix(text(c, "ref"), "refs/tags/") {
		c["ref_type"] = "tag"
	}
	workflow := text(c, "repository") + "/.github/workflows/" + text(c, "workflow") + ".yml@" + text(c, "ref")
	c["workflow_ref"], c["workflow_sha"] = workflow, c["sha"]
	c["job_workflow_ref"], c["job_workflow_sha"] = workflow, c["sha"]
	c["sub"] = "repo:" + repository + ":ref:" + text(c, "ref")
	if environment := text(c, "environment"); environment != "" {
		c["sub"] = "repo:" + repository + ":environment:" + environment
	} else if text(c, "event_name") == "pull_request" {
		c["sub"] = "repo:" + repository + ":pull_request"
	}
}

var gitlabClaims = map[string]any{
	"project_path": "my-group/my-project", "project_id": "20", "namespace_id": "72",
	"user_id": "1", "user_login": "sample-user", "user_email": "sample-user@example.com", "user_access_level": "developer",
	"pipeline_id": "574", "pipeline_source": "push", "job_id": "302", "ref": "main", "ref_type": "branch", "ref_protected": "true",
	"runner_id": 1, "runner_environment": "gitlab-hosted", "sha": "714a629c0b401fdce83e847fc9589983fc6f46bc",
	"project_visibility": "private",
}

func followGitLab(c map[string]any, issuer string) {
	c["aud"] = issuer
	project, ref := text(c, "project_path"), text(c, "ref")
	c["namespace_path"] = project[:max(strings.LastIndexByte(project, '/'), 0)]
	c["ref_path"] = "refs/heads/" + ref
	if text(c, "ref_type") == "tag" {
		c["ref_path"] = "refs/tags/" + ref
	}
	c["ci_config_ref_uri"], c["ci_config_sha"] = strings.TrimPrefix(issuer, "https://")+"/"+project+"//.gitlab-ci.yml@"+text(c, "ref_path"), c["sha"]
	c["sub"] = "project_path:" + project + ":ref_type:" + text(c, "ref_type") + ":ref:" + ref
}

var terraformClaims = map[string]any{
	"terraform_organization_id": "org-GRNbCjYNpBB6NEBH", "terraform_organization_name": "my-org",
	"terraform_project_id": "prj-vegSA59s1XPwMr2t", "terraform_project_name": "Default Project",
	"terraform_workspace_id": "ws-mbsd5E3Ktt5Rg2Xm", "terraform_workspace_name": "my-workspace",
	"terraform_run_id": "run-X3n1AUXNGWbfECsJ", "terraform_run_phase": "apply", "aud": "aws.workload.identity",
}

func followTerraform(c map[string]any, _ string) {
	workspace := "organization:" + text(c, "terraform_organization_name") + ":project:" + text(c, "terraform_project_name") +
		":workspace:" + text(c, "terraform_workspace_name")
	c["terraform_full_workspace"] = workspace
	c["sub"] = workspace + ":run_phase:" + text(c, "terraform_run_phase")
}
