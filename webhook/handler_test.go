package webhook_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admission/v1"
	admissionv1beta1 "k8s.io/api/admission/v1beta1"

	"github.com/irsatz/irsatz/webhook"
)

const (
	requestUID = "918ef1dc-928f-4525-99ef-988389f263c3"
	podJSON    = `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"web"},"spec":{"containers":[{"image":"nginx","name":"web"}],"serviceAccountName":"app"}}`
	patchJSON  = `[{"op":"add","path":"/spec/volumes","value":[{"name":"aws-iam-token","projected":{"sources":[{"serviceAccountToken":{"audience":"sts.amazonaws.com","expirationSeconds":3600,"path":"token"}}]}}]},` +
		`{"op":"add","path":"/spec/containers","value":[{"name":"web","image":"nginx","env":[{"name":"AWS_ROLE_ARN","value":"arn:aws:iam::111122223333:role/s3-reader"},` +
		`{"name":"AWS_WEB_IDENTITY_TOKEN_FILE","value":"/var/run/secrets/eks.amazonaws.com/serviceaccount/token"}],"resources":{},` +
		`"volumeMounts":[{"name":"aws-iam-token","readOnly":true,"mountPath":"/var/run/secrets/eks.amazonaws.com/serviceaccount"}]}]}]`
)

func review(version, object string) string {
	typeMeta := ""
	if version != "" {
		typeMeta = `"apiVersion":"admission.k8s.io/` + version + `","kind":"AdmissionReview",`
	}
	return `{` + typeMeta + `"request":{"uid":"` + requestUID + `","kind":{"group":"","version":"v1","kind":"Pod"},"resource":{"group":"","version":"v1","resource":"pods"},` +
		`"namespace":"prod","operation":"CREATE","userInfo":{},"object":` + object + `,"oldObject":null,"dryRun":false,"options":{"kind":"CreateOptions","apiVersion":"meta.k8s.io/v1"}}}`
}

func serve(t *testing.T, config webhook.Config) (*httptest.Server, *webhook.Webhook) {
	t.Helper()
	w := webhook.New(config)
	mux := http.NewServeMux()
	mux.Handle("/mutate", w)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server, w
}

func post(t *testing.T, url, contentType, body string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	server, _ := serve(t, webhook.Config{ServiceAccounts: account("token-expiration", "3600")})
	refused := func(message string) string {
		return `{"response":{"uid":"","allowed":false,"status":{"metadata":{},"message":"` + message + `"}}}`
	}
	for name, tt := range map[string]struct {
		contentType, body string
		status            int
		want              string
	}{
		"nil body":               {"application/json", "", 200, refused("bad content")},
		"no request":             {"application/json", `{"kind":"AdmissionReview"}`, 200, `{"kind":"AdmissionReview",` + refused("bad content")[1:]},
		"W25 other content type": {"application/xml", "{}", 415, "Invalid Content-Type, expected `application/json`\n"},
		"W25 no content type":    {"", "{}", 415, "Invalid Content-Type, expected `application/json`\n"},
		"W25 with a charset":     {"application/json; charset=utf-8", "{}", 415, "Invalid Content-Type, expected `application/json`\n"},
		"W26 malformed JSON": {"application/json", `{"request": {"object": "\"metadata\":{\"name\":\"fake\""}`, 200,
			refused("couldn't get version/kind; json parse error: unexpected end of JSON input")},
		"other case":  {"application/json", `{"Kind":"AdmissionReview","Request":{"uid":"a"}}`, 200, refused("bad content")},
		"wrong type":  {"application/json", `{"kind":"AdmissionReview","request":[]}`, 200, `{"kind":"AdmissionReview",` + refused("json: cannot unmarshal array into Go struct field AdmissionReview.request of type v1.AdmissionRequest")[1:]},
		"YAML":        {"application/json", "kind: AdmissionReview\nrequest: {uid: a, object: 1}\n", 200, `{"kind":"AdmissionReview","response":{"uid":"a","allowed":false,"status":{"metadata":{},"message":"json: cannot unmarshal number into Go value of type v1.Pod"}}}`},
		"more behind": {"application/json", `{"kind":"AdmissionReview"} {}`, 200, refused("couldn't get version/kind; json parse error: invalid character '{' after top-level value")},
		"object is no pod": {"application/json", `{"request": {"object": "\"metadata\":{\"name\":\"fake\""}}`, 200,
			refused("json: cannot unmarshal string into Go value of type v1.Pod")},
	} {
		if status, body := post(t, server.URL+"/mutate", tt.contentType, tt.body); status != tt.status || body != tt.want {
			t.Errorf("%s: %d %s\nwant %d %s", name, status, body, tt.status, tt.want)
		}
	}
}

// TestW27_VersionIsEchoed: v1, v1beta1 and, as older clients have it, none. The
// path bears the query that the API server sends (W28).
func TestW27_VersionIsEchoed(t *testing.T) {
	t.Parallel()
	server, _ := serve(t, webhook.Config{ServiceAccounts: account("token-expiration", "3600")})
	for _, version := range []string{"v1", "v1beta1", ""} {
		status, body := post(t, server.URL+"/mutate?timeout=10s", "application/json", review(version, podJSON))
		var got struct {
			APIVersion, Kind string
			Response         *admissionv1.AdmissionResponse
		}
		if err := json.Unmarshal([]byte(body), &got); err != nil || status != 200 {
			t.Fatalf("%d %s: %v", status, body, err)
		}
		want := map[string]string{"v1": "admission.k8s.io/v1", "v1beta1": "admission.k8s.io/v1beta1"}[version]
		if got.APIVersion != want || (got.Kind != "") != (want != "") {
			t.Errorf("%s: %s %s", version, got.APIVersion, got.Kind)
		}
		r := got.Response
		if !r.Allowed || r.UID != requestUID || string(r.Patch) != patchJSON || *r.PatchType != admissionv1.PatchTypeJSONPatch || r.Warnings != nil {
			t.Errorf("%s: %s", version, body)
		}
	}
	_, body := post(t, server.URL+"/mutate", "application/json", review("v1beta1", podJSON))
	var old admissionv1beta1.AdmissionReview
	if err := json.Unmarshal([]byte(body), &old); err != nil || string(old.Response.Patch) != patchJSON {
		t.Errorf("as v1beta1: %s, %v", body, err)
	}
}

func TestAdmission(t *testing.T) {
	t.Parallel()
	server, _ := serve(t, webhook.Config{ServiceAccounts: account("token-expiration", "3600")})
	answer := func(object string) admissionv1.AdmissionResponse {
		t.Helper()
		_, body := post(t, server.URL+"/mutate", "application/json", review("v1", object))
		var got admissionv1.AdmissionReview
		if err := json.Unmarshal([]byte(body), &got); err != nil {
			t.Fatal(err)
		}
		return *got.Response
	}
	for name, tt := range map[string]struct {
		object string
		patch  bool
	}{
		"W29 the namespace is the request's": {strings.Replace(podJSON, `"name":"web"`, `"name":"web","namespace":"dev"`, 1), true},
		"W30 generateName":                   {strings.Replace(podJSON, `{"name":"web"}`, `{"generateName":"web-"}`, 1), true},
		"W02 no role":                        {strings.Replace(podJSON, `"serviceAccountName":"app"`, `"serviceAccountName":"default"`, 1), false},
		"fields of tomorrow":                 {strings.Replace(podJSON, `"spec":{`, `"spec":{"tomorrow":1,`, 1), true},
	} {
		got := answer(tt.object)
		if !got.Allowed || got.UID != requestUID || (got.Patch != nil) != tt.patch || (got.PatchType != nil) != tt.patch {
			t.Errorf("%s: %+v", name, got)
		}
	}
	_, body := post(t, server.URL+"/mutate", "application/json", review("v1", `{"spec":{}}`))
	if want := `{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","response":{"uid":"` + requestUID + `","allowed":true}}`; body != want {
		t.Errorf("W02 not mutated: %s, want %s", body, want)
	}
}

// TestW38_Metrics holds the text, its names and its order, which is that of
// Prometheus' own client.
func TestW38_Metrics(t *testing.T) {
	t.Parallel()
	now := time.Unix(0, 0)
	identities := new(webhook.Identities)
	if err := identities.Load([]byte(`{"identities":[{"namespace":"prod","serviceAccount":"agent"}]}`)); err != nil {
		t.Fatal(err)
	}
	config := webhook.Config{
		ServiceAccounts: accounts{}, ContainerCredentials: webhook.ContainerCredentials{Identities: identities},
		Now: func() time.Time { now = now.Add(150 * time.Millisecond); return now },
	}
	server, w := serve(t, config)
	metrics := func() string {
		t.Helper()
		recorder := httptest.NewRecorder()
		w.ServeMetrics(recorder, nil)
		if kind := recorder.Header().Get("Content-Type"); !strings.HasPrefix(kind, "text/plain; version=0.0.4") {
			t.Errorf("content type %s", kind)
		}
		return recorder.Body.String()
	}
	const unused = "# HELP pod_identity_webhook_used Indicator to know pod identity webhook is used\n# TYPE pod_identity_webhook_used gauge\npod_identity_webhook_used 0\n"
	if got := metrics(); got != unused {
		t.Errorf("at first: %s", got)
	}
	config.ServiceAccounts.(accounts)["prod/app"] = account()["prod/app"]
	post(t, server.URL+"/mutate?timeout=10s", "application/json", review("v1", podJSON))
	post(t, server.URL+"/mutate", "application/json", review("v1", strings.Replace(podJSON, "app", "agent", 1)))
	post(t, server.URL+"/mutate", "application/json", review("v1", strings.Replace(podJSON, "app", "nobody", 1)))
	post(t, server.URL+"/mutate", "text/plain", "")
	const want = `# HELP http_request_count Counter of requests broken out for each verb, path, and response code.
# TYPE http_request_count counter
http_request_count{code="200",path="/mutate",verb="POST"} 3
http_request_count{code="415",path="/mutate",verb="POST"} 1
# HELP http_request_duration_microseconds Response latency summary in microseconds for each verb and path.
# TYPE http_request_duration_microseconds summary
http_request_duration_microseconds_sum{path="/mutate",verb="POST"} 600000
http_request_duration_microseconds_count{path="/mutate",verb="POST"} 4
# HELP http_request_latencies Response latency distribution in microseconds for each verb and path
# TYPE http_request_latencies histogram
http_request_latencies_bucket{path="/mutate",verb="POST",le="125000"} 0
http_request_latencies_bucket{path="/mutate",verb="POST",le="250000"} 4
http_request_latencies_bucket{path="/mutate",verb="POST",le="500000"} 4
http_request_latencies_bucket{path="/mutate",verb="POST",le="1e+06"} 4
http_request_latencies_bucket{path="/mutate",verb="POST",le="2e+06"} 4
http_request_latencies_bucket{path="/mutate",verb="POST",le="4e+06"} 4
http_request_latencies_bucket{path="/mutate",verb="POST",le="8e+06"} 4
http_request_latencies_bucket{path="/mutate",verb="POST",le="+Inf"} 4
http_request_latencies_sum{path="/mutate",verb="POST"} 600000
http_request_latencies_count{path="/mutate",verb="POST"} 4
# HELP pod_identity_webhook_missing_sa_count Service account did not have the right annotations or was not found in the cache.
# TYPE pod_identity_webhook_missing_sa_count counter
pod_identity_webhook_missing_sa_count 1
# HELP pod_identity_webhook_pod_count Indicator to how many pods are using sts web identity or container credentials
# TYPE pod_identity_webhook_pod_count counter
pod_identity_webhook_pod_count{method="container_credentials"} 1
pod_identity_webhook_pod_count{method="sts_web_identity"} 1
# HELP pod_identity_webhook_used Indicator to know pod identity webhook is used
# TYPE pod_identity_webhook_used gauge
pod_identity_webhook_used 1
`
	if diff := cmp.Diff(want, metrics()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestInventedMethods: clients cannot make the metrics grow.
func TestInventedMethods(t *testing.T) {
	t.Parallel()
	w := webhook.New(webhook.Config{})
	for _, method := range []string{"GET", "BREW", "WHEN", "PROPFIND"} {
		w.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(method, "/mutate", nil))
	}
	recorder := httptest.NewRecorder()
	w.ServeMetrics(recorder, nil)
	for _, line := range []string{`{code="415",path="/mutate",verb="GET"} 1`, `{code="415",path="/mutate",verb="OTHER"} 3`} {
		if !strings.Contains(recorder.Body.String(), "http_request_count"+line+"\n") {
			t.Errorf("no %s in %s", line, recorder.Body)
		}
	}
}

// deadlineWriter notes the deadline that it is set.
type deadlineWriter struct {
	*httptest.ResponseRecorder
	deadline time.Time
}

func (w *deadlineWriter) SetReadDeadline(t time.Time) error { w.deadline = t; return nil }

// TestSlowReview: a client cannot take for ever to send a review.
func TestSlowReview(t *testing.T) {
	t.Parallel()
	w := &deadlineWriter{ResponseRecorder: httptest.NewRecorder()}
	webhook.New(webhook.Config{}).ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/mutate", strings.NewReader(review("v1", podJSON))))
	if in := time.Until(w.deadline); in <= 0 || in > 31*time.Second {
		t.Errorf("the deadline is in %s", in)
	}
}
