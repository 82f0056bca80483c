package emulator_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/irsatz/irsatz/emulator"
)

// admit asks a webhook of the AWS port, over TLS, about a pod of prod/app.
func (s *server) admit(path string) (status int, patch, body string) {
	s.Helper()
	const review = `{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"u","namespace":"prod","object":{"spec":{"serviceAccountName":"app","containers":[{"name":"web"}]}}}}`
	response, err := s.https().Post(s.AWSTLSURL()+path, "application/json", strings.NewReader(review))
	if err != nil {
		s.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		s.Fatal(err)
	}
	var answer struct {
		Response struct {
			UID     string
			Allowed bool
			Patch   []byte
		}
	}
	if response.StatusCode == http.StatusOK {
		if err := json.Unmarshal(text, &answer); err != nil || answer.Response.UID != "u" || !answer.Response.Allowed {
			s.Errorf("%s: %s, %v", path, text, err)
		}
	}
	return response.StatusCode, string(answer.Response.Patch), string(text)
}

func TestWebhook(t *testing.T) {
	t.Parallel()
	s := start(t, clusterSetup("sandbox", issuers["sandbox"])+clusterSetup("github", issuers["github"]), accountOf,
		func(c *emulator.Config) { c.Region = region })
	for path, role := range map[string]string{
		"/_irsatz/mutate?timeout=10s":      "sandbox", // the first
		"/_irsatz/clusters/sandbox/mutate": "sandbox",
		"/_irsatz/clusters/github/mutate":  "github",
	} {
		status, patch, body := s.admit(path)
		for _, want := range []string{`"value":"arn:aws:iam::111122223333:role/` + role + `"`, `{"name":"AWS_REGION","value":"eu-west-1"}`, `{"name":"AWS_STS_REGIONAL_ENDPOINTS","value":"regional"}`} {
			if status != 200 || !strings.Contains(patch, want) {
				t.Errorf("%s: %d %s: no %s", path, status, body, want)
			}
		}
		if strings.Contains(patch, "AWS_ENDPOINT_URL") {
			t.Errorf("%s: an endpoint that nobody asked for: %s", path, patch)
		}
	}
	for _, path := range []string{
		"/_irsatz/clusters/none/mutate", "/_irsatz/clusters//mutate", "/_irsatz/clusters/sandbox", "/_irsatz/clusters/sandbox/x/mutate",
		"/_irsatz/clusters/sandbox/mutate/", "/_irsatz/mutate/", "/_irsatz/clusters/",
	} {
		if status, _, body := s.admit(path); status != 404 {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
}

// TestWebhookFollowsTheState: what is loaded is known at once, what a reset
// forgets is not.
func TestWebhookFollowsTheState(t *testing.T) {
	t.Parallel()
	s := start(t, "", func(c *emulator.Config) { c.PodEndpoint = "http://irsatz.irsatz.svc" })
	patch := func() string {
		t.Helper()
		_, patch, _ := s.admit("/_irsatz/mutate")
		return patch
	}
	if got := patch(); got != "" {
		t.Errorf("an unknown service account is given %s", got)
	}
	sa := "apiVersion: v1\nkind: ServiceAccount\nmetadata: {namespace: prod, name: app, annotations: {eks.amazonaws.com/role-arn: '" + roleARN + "'}}"
	if got := s.send("POST", "/v1/state", sa); got.status != 204 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	if got := patch(); !strings.Contains(got, roleARN) || !strings.Contains(got, `{"name":"AWS_ENDPOINT_URL_STS","value":"http://irsatz.irsatz.svc"}`) {
		t.Errorf("given %s", got)
	}
	made := emulator.IAMServiceAccount{Namespace: "prod", Name: "app", AttachPolicyARNs: []string{"arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"}, OverrideExisting: true, Approve: true}
	if _, err := s.CreateIAMServiceAccount(made); err != nil {
		t.Fatal(err)
	}
	if got := patch(); strings.Contains(got, roleARN) || !strings.Contains(got, "AWS_ROLE_ARN") {
		t.Errorf("with another role it is given %s", got)
	}
	if _, err := s.DeleteIAMServiceAccount("", "prod", "app"); err != nil {
		t.Fatal(err)
	}
	if got := patch(); got != "" {
		t.Errorf("after it was deleted it is given %s", got)
	}
	if got := s.send("POST", "/v1/state", sa); got.status != 204 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	if err := s.Reset(); err != nil {
		t.Fatal(err)
	}
	if got := patch(); got != "" {
		t.Errorf("after a reset it is given %s", got)
	}
}
