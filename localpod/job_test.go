package localpod_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/irsatz/irsatz/irsatest"
	"github.com/irsatz/irsatz/localpod"
	"github.com/irsatz/irsatz/workload"
)

const issuers = `
issuers:
  - {preset: github, claims: {repository: acme/shop}}
  - {preset: gitlab}
`

// TestJob: a job has the two variables in place of a role and a token, none of
// the machine's, and fetches its token with them.
func TestJob(t *testing.T) {
	t.Parallel()
	e := irsatest.Start(t, setup+issuers)
	host := []string{"PATH=/bin", "ACTIONS_ID_TOKEN_REQUEST_URL=https://real", "ACTIONS_ID_TOKEN_REQUEST_TOKEN=real", "AWS_ROLE_ARN=real"}
	p, dir := pod(t, e, localpod.Config{Issuer: "github", Host: host, Env: []string{"AWS_REGION=us-west-2"}})
	got := variables(t, p, dir)
	want := standard(e.AWSURL())
	for _, name := range []string{"AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_STS_REGIONAL_ENDPOINTS", "AWS_DEFAULT_REGION"} {
		delete(want, name)
	}
	endpoint, err := e.Client().TokenEndpoint(t.Context(), "github")
	if err != nil {
		t.Fatal(err)
	}
	want["PATH"], want["AWS_REGION"] = "/bin", "us-west-2"
	want["ACTIONS_ID_TOKEN_REQUEST_URL"], want["ACTIONS_ID_TOKEN_REQUEST_TOKEN"] = endpoint.URL, endpoint.Token
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if claims := payload(t, fetchIDToken(t, got)); claims["sub"] != "repo:acme/shop:ref:refs/heads/main" || claims["aud"] != "sts.amazonaws.com" {
		t.Errorf("claims %v", claims)
	}
	p.Close()
}

// fetchIDToken does what actions/toolkit's core.getIDToken does.
func fetchIDToken(t *testing.T, env map[string]string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, env["ACTIONS_ID_TOKEN_REQUEST_URL"]+"&audience=sts.amazonaws.com", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+env["ACTIONS_ID_TOKEN_REQUEST_TOKEN"])
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var answer struct{ Value string }
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	return answer.Value
}

// TestPodOnRunner: a pod sees nothing of the job that the machine runs.
func TestPodOnRunner(t *testing.T) {
	t.Parallel()
	p, dir := pod(t, irsatest.Start(t, setup), localpod.Config{Namespace: "prod", ServiceAccount: "app", Host: []string{"ACTIONS_ID_TOKEN_REQUEST_URL=https://real", "ACTIONS_ID_TOKEN_REQUEST_TOKEN=real"}})
	for name := range variables(t, p, dir) {
		if strings.HasPrefix(name, "ACTIONS_") {
			t.Error(name)
		}
	}
}

func TestJobErrors(t *testing.T) {
	t.Parallel()
	client := irsatest.Start(t, setup+issuers).Client()
	ended, end := context.WithCancel(t.Context())
	end()
	for want, c := range map[string]struct {
		ctx    context.Context
		config localpod.Config
	}{
		"is in no cluster":       {t.Context(), localpod.Config{Client: client, Issuer: "github", ServiceAccount: "app"}},
		"no workload":            {t.Context(), localpod.Config{Client: client, Issuer: "github", Workload: workload.New()}},
		"has no token endpoint":  {t.Context(), localpod.Config{Client: client, Issuer: "gitlab"}},
		"sandbox has no token":   {t.Context(), localpod.Config{Client: client, Issuer: "sandbox"}},
		`"nowhere" not found`:    {t.Context(), localpod.Config{Client: client, Issuer: "nowhere"}},
		"context canceled":       {ended, localpod.Config{Client: client, Issuer: "github"}},
		"Config.Client and Conf": {t.Context(), localpod.Config{Issuer: "github"}},
	} {
		c.config.Dir = t.TempDir()
		if _, err := localpod.Start(c.ctx, c.config); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
