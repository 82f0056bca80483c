package kubernetes_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/irsatz/irsatz/internal/clock"
	"github.com/irsatz/irsatz/internal/pki"
	"github.com/irsatz/irsatz/kubernetes"
	"github.com/irsatz/irsatz/webhook"
)

// sick is as much of a cluster as an examination sees, for what a real one
// cannot be made to show: wrong clocks, a certificate that has ended, and a
// Service with pods behind it.
type sick struct {
	ahead    time.Duration // of the API server's clock
	issued   time.Duration // how far ahead its tokens are
	bundle   []byte        // of the webhook
	sts      string        // what STS in the cluster answers; "" means credentials
	endpoint string        // that pods are given

	asked []string // of STS
}

const (
	exampleRole = "arn:aws:iam::111122223333:role/app"
	inCluster   = "/api/v1/namespaces/irsatz/services/http:irsatz:80/proxy"
)

// ServeHTTP answers as API server, and as irsatz behind its proxy.
func (s *sick) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Date", clock.Now().Add(s.ahead).UTC().Format(http.TimeFormat))
	w.Header().Set("Content-Type", "application/json")
	switch path := r.URL.Path; {
	case path == "/version":
		fmt.Fprint(w, `{"gitVersion":"v1.36.3"}`)
	case path == "/api/v1/serviceaccounts":
		fmt.Fprintf(w, `{"kind":"PartialObjectMetadataList","apiVersion":"meta.k8s.io/v1","metadata":{},"items":[%s]}`, sa("prod", "app", exampleRole))
	case path == "/api/v1/namespaces/prod/serviceaccounts/app/token":
		claims := fmt.Sprintf(`{"iss":"https://issuer.example","aud":["sts"],"iat":%d}`, clock.Now().Add(s.issued).Unix())
		fmt.Fprintf(w, `{"kind":"TokenRequest","apiVersion":"authentication.k8s.io/v1","status":{"token":"e30.%s.c2ln"}}`, base64.RawURLEncoding.EncodeToString([]byte(claims)))
	case strings.HasPrefix(path, "/apis/admissionregistration.k8s.io/"):
		fmt.Fprintf(w, `{"kind":"MutatingWebhookConfigurationList","items":[{"metadata":{"name":"irsatz-pod-identity"},"webhooks":[{"name":"pod-identity-webhook.irsatz.local","failurePolicy":"Ignore","clientConfig":{"caBundle":%q,"service":{"namespace":"irsatz","name":"irsatz-webhook"}}}]}]}`,
			base64.StdEncoding.EncodeToString(s.bundle))
	case path == "/api/v1/namespaces/prod/pods":
		s.admit(w, r)
	case path == inCluster+"/_irsatz/health":
		fmt.Fprint(w, `{"edition":"irsatz"}`)
	case path == inCluster+"/":
		body, _ := io.ReadAll(r.Body)
		s.asked = append(s.asked, string(body))
		if s.sts != "" {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, s.sts)
		}
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

// admit mutates a pod as the webhook would.
func (s *sick) admit(w http.ResponseWriter, r *http.Request) {
	var pod struct {
		Kind       string         `json:"kind"`
		APIVersion string         `json:"apiVersion"`
		Metadata   map[string]any `json:"metadata"`
		Spec       map[string]any `json:"spec"`
	}
	_ = json.NewDecoder(r.Body).Decode(&pod)
	if annotations, ok := pod.Metadata["annotations"].(map[string]any); ok {
		annotations[webhook.ProbeAnnotation] = annotations[webhook.ProbeRequestAnnotation]
	} else {
		pod.Spec["containers"].([]any)[0].(map[string]any)["env"] = []map[string]string{
			{"name": "AWS_ROLE_ARN", "value": exampleRole}, {"name": "AWS_WEB_IDENTITY_TOKEN_FILE", "value": "/token"}, {"name": "AWS_ENDPOINT_URL", "value": s.endpoint},
		}
	}
	_ = json.NewEncoder(w).Encode(pod)
}

// TestExamine: what only a fake can show.
func TestExamine(t *testing.T) {
	t.Parallel()
	ca, err := pki.New(pki.Config{})
	if err != nil {
		t.Fatal(err)
	}
	old, err := pki.New(pki.Config{Now: func() time.Time { return clock.Now().AddDate(-30, 0, 0) }})
	if err != nil {
		t.Fatal(err)
	}
	const service = "http://irsatz.irsatz.svc"
	for name, tt := range map[string]struct {
		cluster sick
		check   string
		want    string // RESULT and what was seen
	}{
		"Service":             {sick{bundle: ca.CertificatePEM()}, "endpoint", "ok " + service + " answers through the API server"},
		"STS in the cluster":  {sick{bundle: ca.CertificatePEM()}, "STS", "ok prod/app may assume " + exampleRole},
		"no provider":         {sick{sts: `<ErrorResponse><Error><Code>InvalidIdentityToken</Code><Message>No OpenIDConnect provider found in your account for x</Message></Error></ErrorResponse>`}, "STS", "FAILED InvalidIdentityToken: No OpenIDConnect provider found in your account for x: register the issuer"},
		"expired":             {sick{sts: `<ErrorResponse><Error><Code>ExpiredTokenException</Code><Message>m</Message></Error></ErrorResponse>`}, "STS", "FAILED ExpiredTokenException: m: compare the clocks"},
		"no STS":              {sick{sts: "hello"}, "STS", "FAILED the answer is no STS's: 400 hello"},
		"clocks agree":        {sick{}, "clocks", "ok against this machine's: API server +0s, token +0s, irsatz +0s"},
		"clock of the server": {sick{ahead: 10 * time.Minute}, "clocks", "FAILED against this machine's: API server +600s"},
		"clock behind":        {sick{ahead: -10 * time.Minute}, "clocks", "FAILED against this machine's: API server -600s"},
		"clock of tokens":     {sick{issued: 10 * time.Minute}, "clocks", "FAILED against this machine's: API server +0s, token +600s"},
		"CA bundle":           {sick{bundle: ca.CertificatePEM()}, "CA bundle", "ok good until "},
		"CA that has ended":   {sick{bundle: old.CertificatePEM()}, "CA bundle", "FAILED it ended at "},
		"no CA of a Service":  {sick{}, "CA bundle", "FAILED there is none"},
		"not PEM":             {sick{bundle: []byte("x")}, "CA bundle", "FAILED no certificate is in it"},
		"broken certificate":  {sick{bundle: []byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")}, "CA bundle", "FAILED a certificate in it cannot be read"},
		"no URL":              {sick{endpoint: "irsatz"}, "endpoint", "FAILED irsatz is no URL"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &tt.cluster
			if s.endpoint == "" {
				s.endpoint = service
			}
			server := httptest.NewServer(s)
			t.Cleanup(server.Close)
			cluster, err := kubernetes.Connect(kubernetes.Config{Kubeconfig: kubeconfig(t, server.URL)})
			if err != nil {
				t.Fatal(err)
			}
			var seen []string
			for _, c := range cluster.Examine(t.Context(), kubernetes.Examination{}) {
				if c.Name != tt.check {
					continue
				}
				line := string(c.Result) + " " + c.Seen + ": " + c.Do
				seen = append(seen, line)
				// A second may end between two of a clock's looks.
				if !strings.HasPrefix(near(line), tt.want) {
					t.Errorf("%s\nwant %s", line, tt.want)
				}
			}
			if len(seen) != 1 {
				t.Errorf("%d checks %s", len(seen), tt.check)
			}
			for _, form := range s.asked {
				if f, err := url.ParseQuery(form); err != nil || f.Get("RoleArn") != exampleRole || !strings.HasPrefix(f.Get("WebIdentityToken"), "e30.") {
					t.Errorf("STS was asked %s", form)
				}
			}
		})
	}
}

var seconds = regexp.MustCompile(`[+-]\d+s`)

// near is a line about clocks, each rounded to ten seconds.
func near(line string) string {
	return seconds.ReplaceAllStringFunc(line, func(text string) string {
		d, err := time.ParseDuration(text)
		if err != nil {
			return text
		}
		return fmt.Sprintf("%+ds", int(d.Round(10*time.Second)/time.Second))
	})
}

// TestExamineNobody: a cluster that does not answer is one check, and so is
// something that is no API server.
func TestExamineNobody(t *testing.T) {
	t.Parallel()
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "hello") }))
	t.Cleanup(other.Close)
	for server, want := range map[string]string{"http://127.0.0.1:1": "cannot be reached", other.URL: "is no API server: hello"} {
		cluster, err := kubernetes.Connect(kubernetes.Config{Kubeconfig: kubeconfig(t, server)})
		if err != nil {
			t.Fatal(err)
		}
		checks := cluster.Examine(t.Context(), kubernetes.Examination{})
		if len(checks) != 1 || checks[0].Result != kubernetes.Failed || !strings.Contains(checks[0].Seen, want) {
			t.Errorf("%+v, want %s", checks, want)
		}
	}
}
