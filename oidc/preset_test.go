package oidc_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/irsatz/irsatz/oidc"
)

// preset mints a token of the preset and returns its claims.
func preset(t *testing.T, name, issuer string, claims map[string]any) map[string]any {
	t.Helper()
	p, ok := oidc.FindPreset(name)
	if !ok {
		t.Fatalf("no preset %s", name)
	}
	if issuer == "" {
		issuer = p.URL
	}
	i := newIssuer(t, oidc.Config{URL: issuer, Keys: []*oidc.Key{loadKey(t, "p256")}, Now: newClock().Now})
	token, err := i.Mint(t.Context(), p.Request(issuer, claims))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]any{}
	if err := json.Unmarshal([]byte(part(t, token, 1)), &got); err != nil {
		t.Fatal(err)
	}
	return got
}

// What a job's token says by itself, in the members that their issuers document.
func TestPresets(t *testing.T) {
	t.Parallel()
	want := map[string]map[string]any{
		"github": {
			"iss": "https://token.actions.githubusercontent.com", "aud": "https://github.com/octo-org", "sub": "repo:octo-org/octo-repo:ref:refs/heads/main",
			"iat": start, "nbf": start - 600, "exp": start + 300,
			"repository": "octo-org/octo-repo", "repository_id": "74", "repository_owner": "octo-org", "repository_owner_id": "65",
			"ref": "refs/heads/main", "ref_type": "branch", "event_name": "push", "actor": "octocat", "runner_environment": "github-hosted",
			"job_workflow_ref": "octo-org/octo-repo/.github/workflows/ci.yml@refs/heads/main", "environment": nil,
		},
		"github-immutable": {"sub": "repo:octo-org@65/octo-repo@74:ref:refs/heads/main", "aud": "https://github.com/octo-org", "repository": "octo-org/octo-repo"},
		"gitlab": {
			"iss": "https://gitlab.com", "aud": "https://gitlab.com", "sub": "project_path:my-group/my-project:ref_type:branch:ref:main",
			"iat": start, "nbf": start - 5, "exp": start + 3600,
			"project_path": "my-group/my-project", "namespace_path": "my-group", "project_id": "20", "ref_path": "refs/heads/main", "pipeline_source": "push",
			"ci_config_ref_uri": "gitlab.com/my-group/my-project//.gitlab-ci.yml@refs/heads/main",
		},
		"terraform-cloud": {
			"iss": "https://app.terraform.io", "aud": "aws.workload.identity", "iat": start, "nbf": start - 5, "exp": start + 300,
			"sub":                      "organization:my-org:project:Default Project:workspace:my-workspace:run_phase:apply",
			"terraform_full_workspace": "organization:my-org:project:Default Project:workspace:my-workspace", "terraform_run_phase": "apply",
		},
		"oidc": {"iss": "https://id.example.com/realms/main", "aud": "sts.amazonaws.com", "sub": "subject", "iat": start, "nbf": start, "exp": start + 3600},
	}
	for _, p := range oidc.Presets() {
		issuer := ""
		if p.URL == "" {
			issuer = "https://id.example.com/realms/main"
		}
		got := preset(t, p.Name, issuer, nil)
		for name, value := range want[p.Name] {
			if n, ok := value.(int); ok {
				value = float64(n)
			}
			if diff := cmp.Diff(value, got[name]); diff != "" {
				t.Errorf("%s: %s (-want +got):\n%s", p.Name, name, diff)
			}
		}
		if got["jti"] == "" || got["kubernetes.io"] != nil {
			t.Errorf("%s: jti %v, kubernetes.io %v", p.Name, got["jti"], got["kubernetes.io"])
		}
		delete(want, p.Name)
	}
	if len(want) > 0 {
		t.Errorf("no presets: %v", slices.Sorted(maps.Keys(want)))
	}
}

// What follows from claims that a test sets, and what does not.
func TestPresetClaimsFollow(t *testing.T) {
	t.Parallel()
	type claims = map[string]any
	for _, test := range []struct {
		name, preset, issuer string
		given, want          claims
	}{
		{"environment", "github", "", claims{"repository": "acme/shop", "environment": "prod"}, claims{"sub": "repo:acme/shop:environment:prod", "aud": "https://github.com/acme", "repository_owner": "acme"}},
		{"environment before pull request", "github", "", claims{"event_name": "pull_request", "environment": "prod"}, claims{"sub": "repo:octo-org/octo-repo:environment:prod"}},
		{"pull request", "github", "", claims{"event_name": "pull_request", "ref": "refs/pull/7/merge"}, claims{"sub": "repo:octo-org/octo-repo:pull_request", "ref": "refs/pull/7/merge"}},
		{"tag", "github", "", claims{"ref": "refs/tags/v1"}, claims{"sub": "repo:octo-org/octo-repo:ref:refs/tags/v1", "ref_type": "tag"}},
		{"workflow", "github", "", claims{"workflow": "deploy"}, claims{"job_workflow_ref": "octo-org/octo-repo/.github/workflows/deploy.yml@refs/heads/main"}},
		{"a subject of one's own", "github", "", claims{"sub": "repo:acme/shop:custom", "repository": "acme/shop"}, claims{"sub": "repo:acme/shop:custom", "repository_owner": "acme"}},
		{"an audience of one's own", "github", "", claims{"aud": "sts.amazonaws.com"}, claims{"aud": "sts.amazonaws.com"}},
		{"ids", "github-immutable", "", claims{"repository": "acme/shop", "repository_owner_id": 1, "repository_id": json.Number("12345678901")}, claims{"sub": "repo:acme@1/shop@12345678901:ref:refs/heads/main", "repository_owner": "acme"}},
		{"ids and an environment", "github-immutable", "", claims{"environment": "prod"}, claims{"sub": "repo:octo-org@65/octo-repo@74:environment:prod"}},
		{"subgroup and tag", "gitlab", "https://gitlab.example.com", claims{"project_path": "a/b/c", "ref_type": "tag", "ref": "v1"}, claims{
			"sub": "project_path:a/b/c:ref_type:tag:ref:v1", "namespace_path": "a/b", "ref_path": "refs/tags/v1", "aud": "https://gitlab.example.com",
			"ci_config_ref_uri": "gitlab.example.com/a/b/c//.gitlab-ci.yml@refs/tags/v1",
		}},
		{"plan", "terraform-cloud", "", claims{"terraform_organization_name": "acme", "terraform_run_phase": "plan"}, claims{"sub": "organization:acme:project:Default Project:workspace:my-workspace:run_phase:plan"}},
		{"a subject that is a number", "oidc", "https://id.example.com", claims{"sub": 7, "groups": []string{"a"}}, claims{"sub": float64(7), "groups": []any{"a"}}},
		{"a subject that is null", "oidc", "https://id.example.com", claims{"sub": nil}, claims{"sub": nil}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			before := maps.Clone(test.given)
			got := preset(t, test.preset, test.issuer, test.given)
			for name, value := range test.want {
				if diff := cmp.Diff(value, got[name]); diff != "" {
					t.Errorf("%s (-want +got):\n%s", name, diff)
				}
			}
			if diff := cmp.Diff(before, test.given); diff != "" {
				t.Errorf("the claims given were changed:\n%s", diff)
			}
		})
	}
	if got := preset(t, "github", "", nil)["sub"]; got != "repo:octo-org/octo-repo:ref:refs/heads/main" {
		t.Errorf("the preset was changed: %v", got)
	}
}

func TestBackdate(t *testing.T) {
	t.Parallel()
	for _, r := range []oidc.TokenRequest{
		{Subject: "s", Backdate: -time.Second},
		{Namespace: "prod", ServiceAccount: "app", Backdate: time.Second},
	} {
		if err := r.Check(); err == nil || strings.Contains(err.Error(), "no Kubernetes name") {
			t.Errorf("%+v: got %v", r, err)
		}
	}
	if _, ok := oidc.FindPreset("none"); ok {
		t.Error("a preset of no name was found")
	}
}
