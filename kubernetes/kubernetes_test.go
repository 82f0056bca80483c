package kubernetes_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/irsatz/irsatz/kubernetes"
	"github.com/irsatz/irsatz/webhook"
)

// fakeServer is as much of an API server as watches need: lists, and watches
// that tell what is sent to them. The real one is in conformance/kubernetes.
type fakeServer struct {
	*httptest.Server
	accounts string        // items of the list
	lookups  chan string   // names that were asked for alone
	found    string        // what such a question is answered with; "" means 404
	events   chan string   // to the watch of service accounts
	mapped   chan string   // to that of the ConfigMap
	status   int           // of every answer; 0 means 200
	done     chan struct{} // ends watches

	mu      sync.Mutex
	applied []string // bodies of patches
	probed  int      // pods that were tried
}

func newFakeServer(t *testing.T) *fakeServer {
	t.Helper()
	f := &fakeServer{lookups: make(chan string, 100), events: make(chan string, 10), mapped: make(chan string, 10), done: make(chan struct{})}
	f.Server = httptest.NewServer(f)
	t.Cleanup(func() { close(f.done); f.Close() })
	return f
}

// ServeHTTP answers in JSON, whatever else would be taken.
func (f *fakeServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	if f.status != 0 {
		w.WriteHeader(f.status)
		fmt.Fprintf(w, `{"kind":"Status","apiVersion":"v1","status":"Failure","reason":%q,"code":%d,"message":"refused"}`, map[int]string{401: "Unauthorized", 403: "Forbidden"}[f.status], f.status)
		return
	}
	watching := r.URL.Query().Get("watch") != ""
	if r.URL.Query().Has("sendInitialEvents") { // as an API server that knows no streaming lists
		w.WriteHeader(http.StatusUnprocessableEntity)
		fmt.Fprint(w, `{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Invalid","code":422,"message":"sendInitialEvents is forbidden"}`)
		return
	}
	switch path := r.URL.Path; {
	case path == "/api/v1/serviceaccounts" && watching:
		f.watch(w, f.events)
	case path == "/api/v1/serviceaccounts":
		fmt.Fprintf(w, `{"kind":"PartialObjectMetadataList","apiVersion":"meta.k8s.io/v1","metadata":{"resourceVersion":"1"},"items":[%s]}`, f.accounts)
	case strings.HasSuffix(path, "/configmaps") && watching:
		f.watch(w, f.mapped)
	case strings.HasSuffix(path, "/configmaps"):
		fmt.Fprint(w, `{"kind":"ConfigMapList","apiVersion":"v1","metadata":{"resourceVersion":"1"},"items":[]}`)
	case strings.Contains(path, "/serviceaccounts/"):
		f.lookups <- path
		if f.found == "" {
			w.WriteHeader(404)
			return
		}
		fmt.Fprint(w, f.found)
	case r.Method == http.MethodPatch:
		f.apply(w, r)
	case strings.HasSuffix(path, "/pods"):
		f.probe(w, r)
	case path == "/.well-known/openid-configuration":
		fmt.Fprint(w, `{"issuer":"https://issuer.example","jwks_uri":"https://elsewhere"}`)
	case path == "/openid/v1/jwks":
		fmt.Fprint(w, `{"keys":[]}`)
	default:
		w.WriteHeader(404)
	}
}

// watch sends events as they come.
func (f *fakeServer) watch(w http.ResponseWriter, events chan string) {
	w.(http.Flusher).Flush()
	for {
		select {
		case <-f.done:
			return
		case e := <-events:
			fmt.Fprintln(w, e)
			w.(http.Flusher).Flush()
		}
	}
}

func (f *fakeServer) apply(w http.ResponseWriter, r *http.Request) {
	var body map[string]any
	_ = json.NewDecoder(r.Body).Decode(&body)
	text, _ := json.Marshal(body)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.applied = append(f.applied, r.URL.RequestURI()+" "+string(text))
	_, _ = w.Write(text)
}

// probe mutates the third pod that it is asked about.
func (f *fakeServer) probe(w http.ResponseWriter, r *http.Request) {
	var pod map[string]any
	_ = json.NewDecoder(r.Body).Decode(&pod)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.probed++; f.probed >= 3 && r.URL.Query().Get("dryRun") == "All" {
		annotations := pod["metadata"].(map[string]any)["annotations"].(map[string]any)
		annotations[webhook.ProbeAnnotation] = annotations[webhook.ProbeRequestAnnotation]
	}
	_ = json.NewEncoder(w).Encode(pod)
}

func sa(namespace, name, role string) string {
	return fmt.Sprintf(`{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":{"namespace":%q,"name":%q,"resourceVersion":"2","labels":{"a":"b"},"annotations":{"eks.amazonaws.com/role-arn":%q,"other/annotation":"x"}}}`, namespace, name, role)
}

func event(kind, object string) string { return fmt.Sprintf(`{"type":%q,"object":%s}`, kind, object) }

func kubeconfig(t *testing.T, server string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "kubeconfig")
	text := fmt.Sprintf("apiVersion: v1\nkind: Config\ncurrent-context: c\nclusters: [{name: c, cluster: {server: %q}}]\nusers: [{name: c, user: {token: secret}}]\ncontexts: [{name: c, context: {cluster: c, user: c}}]\n", server)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func connect(t *testing.T, f *fakeServer, mappings *webhook.Mappings) *kubernetes.Cluster {
	t.Helper()
	c, err := kubernetes.Connect(kubernetes.Config{Kubeconfig: kubeconfig(t, f.URL), Mappings: mappings})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// eventually waits for what watches bring.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s never holds", what)
		}
	}
}

func TestAccountsAreFollowed(t *testing.T) {
	t.Parallel()
	f := newFakeServer(t)
	f.accounts = sa("prod", "app", "first") + "," + sa("prod", "other", "r")
	c := connect(t, f, nil)
	if err := c.Watch(t.Context()); err != nil {
		t.Fatal(err)
	}
	role := func(name string) string {
		annotations, _ := c.Lookup("prod", name)
		if _, kept := annotations["other/annotation"]; kept {
			t.Error("an annotation of others is kept")
		}
		return annotations["eks.amazonaws.com/role-arn"]
	}
	if role("app") != "first" || role("other") != "r" || c.Len() != 2 {
		t.Errorf("at first: %s, %s, %d", role("app"), role("other"), c.Len())
	}
	if _, ok := c.Lookup("dev", "app"); ok {
		t.Error("found in another namespace")
	}
	f.events <- event("MODIFIED", sa("prod", "app", "second"))
	eventually(t, "changed", func() bool { return role("app") == "second" })
	f.events <- event("DELETED", sa("prod", "app", "second"))
	eventually(t, "deleted", func() bool { _, ok := c.Lookup("prod", "app"); return !ok && c.Len() == 1 })
	f.events <- event("ADDED", sa("prod", "app", "third"))
	eventually(t, "added", func() bool { return role("app") == "third" && c.Len() == 2 })
}

// TestAwait has upstream's cases: one that waits and many, told by the watch or
// by the API server that is asked meanwhile.
func TestAwait(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		waiting int
		found   string
		event   string
		want    bool
	}{
		{"the API server knows", 1, sa("prod", "late", "r"), "", true},
		{"the watch tells one", 1, "", event("ADDED", sa("prod", "late", "r")), true},
		{"the watch tells ten", 10, "", event("ADDED", sa("prod", "late", "r")), true},
		{"nobody knows", 3, "", "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := newFakeServer(t)
			f.found = tt.found
			c := connect(t, f, nil)
			if err := c.Watch(t.Context()); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var waiting sync.WaitGroup
			for range tt.waiting {
				waiting.Go(func() { c.Await(ctx, "prod", "late") })
			}
			if asked := <-f.lookups; asked != "/api/v1/namespaces/prod/serviceaccounts/late" {
				t.Errorf("asked for %s", asked)
			}
			if tt.event != "" {
				f.events <- tt.event
			}
			if !tt.want {
				cancel()
			}
			waiting.Wait()
			if _, ok := c.Lookup("prod", "late"); ok != tt.want {
				t.Errorf("found: %v", ok)
			}
		})
	}
}

func TestConfigMap(t *testing.T) {
	t.Parallel()
	f := newFakeServer(t)
	mappings := new(webhook.Mappings)
	c := connect(t, f, mappings)
	if err := c.Watch(t.Context()); err != nil {
		t.Fatal(err)
	}
	w := webhook.New(webhook.Config{ServiceAccounts: c, Mappings: mappings})
	configMap := func(config string) string {
		return fmt.Sprintf(`{"kind":"ConfigMap","apiVersion":"v1","metadata":{"namespace":"eks","name":"pod-identity-webhook","resourceVersion":"2"},"data":{"config":%q}}`, config)
	}
	known := func() bool { _, ok := w.Audience("prod", "app"); return ok }
	f.mapped <- event("ADDED", configMap(`{"prod/app":{"RoleARN":"r"}}`))
	eventually(t, "mapped", known)
	f.mapped <- event("MODIFIED", configMap(`{malformed`))
	f.mapped <- event("DELETED", configMap(`{}`)) // changes nothing either
	f.events <- event("ADDED", sa("prod", "marker", "r"))
	eventually(t, "the marker", func() bool { _, ok := c.Lookup("prod", "marker"); return ok })
	if !known() {
		t.Error("malformed JSON, or the end of the ConfigMap, has changed something")
	}
	f.mapped <- event("ADDED", configMap(`{}`))
	eventually(t, "emptied", func() bool { return !known() })
}

func TestRegister(t *testing.T) {
	t.Parallel()
	f := newFakeServer(t)
	c := connect(t, f, nil)
	if err := c.Register(t.Context(), kubernetes.Registration{URL: "https://127.0.0.1:8443/mutate", CA: []byte("PEM")}); err != nil {
		t.Fatal(err)
	}
	if err := c.Register(t.Context(), kubernetes.Registration{Name: "named", Namespace: "irsatz", Service: "hook", Fail: true}); err != nil {
		t.Fatal(err)
	}
	if f.probed != 4 { // the first one takes three
		t.Errorf("%d probes", f.probed)
	}
	for i, wants := range [][]string{
		{"/mutatingwebhookconfigurations/irsatz-pod-identity?", "fieldValidation=Strict", `"url":"https://127.0.0.1:8443/mutate"`, `"failurePolicy":"Ignore"`, `"admissionReviewVersions":["v1","v1beta1"]`, `"caBundle":"UEVN"`, `"sideEffects":"None"`},
		{"/mutatingwebhookconfigurations/named?", `"service":{"name":"hook","namespace":"irsatz","path":"/mutate"}`, `"failurePolicy":"Fail"`, `"values":["kube-system"]`},
	} {
		for _, want := range wants {
			if !strings.Contains(f.applied[i], want) {
				t.Errorf("no %s in %s", want, f.applied[i])
			}
		}
	}
	never := newFakeServer(t)
	never.probed = -1 << 30
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	if err := connect(t, never, nil).Register(ctx, kubernetes.Registration{URL: "https://127.0.0.1"}); err == nil || !strings.Contains(err.Error(), "the registered webhook mutates no pod: the API server does not call it yet") {
		t.Errorf("never called: %v", err)
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		status int
		want   string
	}{
		"another cluster": {401, "is the kubeconfig that of another cluster?"},
		"no right":        {403, "list service accounts: refused"},
		"broken":          {500, "cannot be reached"},
	} {
		f := newFakeServer(t)
		f.status = tt.status
		c := connect(t, f, new(webhook.Mappings))
		if err := c.Watch(t.Context()); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := c.Documents(t.Context()); err == nil || !strings.Contains(err.Error(), "fetch the issuer's discovery document") {
			t.Errorf("%s: documents: %v", name, err)
		}
		if err := c.Register(t.Context(), kubernetes.Registration{}); err == nil || !strings.Contains(err.Error(), "register the webhook") {
			t.Errorf("%s: register: %v", name, err)
		}
	}
	for name, config := range map[string]kubernetes.Config{
		"no file":    {Kubeconfig: "/nowhere/kubeconfig"},
		"no context": {Kubeconfig: kubeconfig(t, "http://127.0.0.1"), Context: "none"},
		"no cluster": {},
	} {
		if _, err := kubernetes.Connect(config); err == nil || !strings.HasPrefix(err.Error(), "kubeconfig: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDocuments(t *testing.T) {
	t.Parallel()
	d, err := connect(t, newFakeServer(t), nil).Documents(t.Context())
	if err != nil || d.Issuer != "https://issuer.example" || string(d.Keys) != `{"keys":[]}` {
		t.Errorf("%+v, %v", d, err)
	}
}
