//go:build kubernetes

package kubernetes_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/irsatz/irsatz/emulator"
)

// maskedForm is a token's header and payload without what differs from token
// to token.
func maskedForm(t *testing.T, token string) string {
	t.Helper()
	_, header, payload := claimsOf(t, token)
	for pattern, mask := range map[string]string{
		`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`: "UUID", `"(exp|iat|nbf)":\d+`: `"$1":N`, `"name":"[^"]+"`: `"name":"NAME"`,
	} {
		payload = regexp.MustCompile(pattern).ReplaceAllString(payload, mask)
	}
	return header + "\n" + payload
}

// TestTokensAreTheAPIServers: our tokens are the API server's with the same key,
// byte for byte but for ids and times: header (T01), key id (T02), order of the
// claims (T04), audience (T05, T06), subject (T07), times (T08, T09), ids (T10),
// and what they are bound to (T11, T12).
func TestTokensAreTheAPIServers(t *testing.T) {
	t.Parallel()
	c := namespaceOf(t, ours, "irsa")
	pod := createPod(t, c, "irsa", "")
	if _, err := c.CoreV1().Nodes().Create(t.Context(), &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "node-1"}}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	scheduled := createPod(t, c, "irsa", "node-1")
	for name, tt := range map[string]struct {
		spec authenticationv1.TokenRequestSpec
		same emulator.TokenRequest
	}{
		"unbound":                            {tokenSpec(3600, nil), emulator.TokenRequest{}},
		"T06 two audiences":                  {authenticationv1.TokenRequestSpec{Audiences: []string{"b", "a"}}, emulator.TokenRequest{Audiences: []string{"b", "a"}}},
		"T13 bound to a pod that has a node": {tokenSpec(86400, bound("Pod", scheduled.Name, scheduled.UID)), emulator.TokenRequest{Pod: scheduled.Name, Duration: 24 * time.Hour}},
	} {
		theirs := mustToken(t, c, "irsa", "app", tt.spec)
		tt.same.Namespace, tt.same.ServiceAccount = "irsa", "app"
		ours, err := aws.MintToken(t.Context(), tt.same)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := maskedForm(t, ours.Token), maskedForm(t, theirs); got != want {
			t.Errorf("%s: ours\n%s\nthe API server's\n%s", name, got, want)
		}
	}
	claims, _, _ := claimsOf(t, mustToken(t, c, "irsa", "app", tokenSpec(3600, bound("Pod", pod.Name, pod.UID))))
	private := claims["kubernetes.io"].(map[string]any)
	if _, ok := private["node"]; ok || private["pod"].(map[string]any)["uid"] != string(pod.UID) {
		t.Errorf("T12: a pod without node: %v", private)
	}
	if claims["exp"].(float64)-claims["iat"].(float64) != 3600 || claims["iat"] != claims["nbf"] {
		t.Errorf("T08: %v", claims)
	}
}

// TestT02_KeyID: the kid is that of the public key, in whose form both have it.
func TestT02_KeyID(t *testing.T) {
	t.Parallel()
	block, _ := pem.Decode(own.keys.public)
	sum := sha256.Sum256(block.Bytes)
	want := fmt.Sprintf(`{"alg":"RS256","kid":"%s"}`, base64.RawURLEncoding.EncodeToString(sum[:]))
	c := namespaceOf(t, own, "key-id")
	if _, header, _ := claimsOf(t, mustToken(t, c, "key-id", "app", tokenSpec(600, nil))); header != want {
		t.Errorf("header %s, want %s", header, want)
	}
}

// TestTokenRequests holds what the API server says to requests, which is what
// our TokenRequest has been written after.
func TestTokenRequests(t *testing.T) {
	t.Parallel()
	c := namespaceOf(t, own, "requests")
	pod := createPod(t, c, "requests", "")
	for name, tt := range map[string]struct {
		account string
		spec    authenticationv1.TokenRequestSpec
		want    string
	}{
		"T17 599 seconds":        {"app", tokenSpec(599, nil), "spec.expirationSeconds: Invalid value: 599: may not specify a duration less than 10 minutes"},
		"T19 more than 2^32":     {"app", tokenSpec(1<<32+1, nil), "may not specify a duration larger than 2^32 seconds"},
		"T23 ConfigMap":          {"app", tokenSpec(600, bound("ConfigMap", "x", "")), "cannot bind token to object of type /v1, Kind=ConfigMap"},
		"T24 another uid":        {"app", tokenSpec(600, bound("Pod", pod.Name, "nope")), fmt.Sprintf("Operation cannot be fulfilled on Pod %q: the UID in the bound object reference (nope) does not match the UID in record. The object might have been deleted and then recreated", pod.Name)},
		"T25 no service account": {"none", tokenSpec(600, nil), `serviceaccounts "none" not found`},
		"no pod":                 {"app", tokenSpec(600, bound("Pod", "missing", "")), `pods "missing" not found`},
	} {
		_, err := requestToken(t, c, "requests", tt.account, tt.spec)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %s", name, err, tt.want)
		}
	}
	for name, seconds := range map[string]int64{"T18": 600, "T19": 1 << 32} {
		token, err := requestToken(t, c, "requests", "app", tokenSpec(seconds, nil))
		if err != nil {
			t.Errorf("%s: %d seconds: %v", name, seconds, err)
			continue
		}
		if claims, _, _ := claimsOf(t, token.Status.Token); int64(claims["exp"].(float64)-claims["iat"].(float64)) != seconds {
			t.Errorf("%s: %v", name, claims)
		}
	}
	token, err := requestToken(t, c, "requests", "app", authenticationv1.TokenRequestSpec{})
	if err != nil {
		t.Fatal(err)
	}
	if *token.Spec.ExpirationSeconds != 3600 || len(token.Spec.Audiences) != 1 || token.Spec.Audiences[0] != own.issuer {
		t.Errorf("T20, T22: the defaults are %d and %q", *token.Spec.ExpirationSeconds, token.Spec.Audiences)
	}
}

// warnings collects the warnings of an API server.
type warnings struct{ texts []string }

func (w *warnings) HandleWarningHeader(_ int, _, text string) { w.texts = append(w.texts, text) }

// TestT21_MaxExpiration: what is asked for beyond it is shortened, with a
// warning.
func TestT21_MaxExpiration(t *testing.T) {
	t.Parallel()
	namespaceOf(t, closed, "max")
	config, err := clientcmd.BuildConfigFromFlags("", closed.kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	heard := &warnings{}
	config.WarningHandler = heard
	c, err := newClient(config)
	if err != nil {
		t.Fatal(err)
	}
	token, err := requestToken(t, c, "max", "app", tokenSpec(86400, nil))
	if err != nil || *token.Spec.ExpirationSeconds != 3600 {
		t.Errorf("%+v, %v", token, err)
	}
	if want := "requested expiration of 86400 seconds shortened to 3600 seconds"; len(heard.texts) != 1 || heard.texts[0] != want {
		t.Errorf("warnings %q, want %q", heard.texts, want)
	}
}

var _ rest.WarningHandler = &warnings{}

// TestT14_NoExtension and T15: a token of 3607 seconds for a pod becomes one of
// a year if, and only if, the API server counts sts.amazonaws.com among its own
// audiences. irsatz has no such API server.
func TestT14_NoExtension(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		server *apiServer
		life   int64
	}{{"T14", own, 3607}, {"T15", ill, 31536000}} {
		c := namespaceOf(t, tt.server, "extension")
		pod := createPod(t, c, "extension", "")
		claims, _, _ := claimsOf(t, mustToken(t, c, "extension", "app", tokenSpec(3607, bound("Pod", pod.Name, pod.UID))))
		iat := claims["iat"].(float64)
		if got := int64(claims["exp"].(float64) - iat); got != tt.life {
			t.Errorf("%s: a life of %d, want %d", tt.name, got, tt.life)
		}
		warn, extended := claims["kubernetes.io"].(map[string]any)["warnafter"].(float64)
		if extended != (tt.life != 3607) || extended && warn != iat+3607 {
			t.Errorf("%s: warnafter %v", tt.name, warn)
		}
	}
}

// TestT33_NotForTheAPIServer: a token for STS opens nothing there, and the API
// server still vouches for it to whom it is for (T34).
func TestT33_NotForTheAPIServer(t *testing.T) {
	t.Parallel()
	c := namespaceOf(t, own, "audience")
	token := mustToken(t, c, "audience", "app", tokenSpec(600, nil))
	if status, _, body := get(t, own, "/api/v1/namespaces", token); status != 401 {
		t.Errorf("%d %s", status, body)
	}
	status := review(t, c, token, "sts.amazonaws.com")
	if !status.Authenticated || status.User.Username != "system:serviceaccount:audience:app" || len(status.Audiences) != 1 || status.Audiences[0] != "sts.amazonaws.com" {
		t.Errorf("T34: %+v", status)
	}
	if status := review(t, c, token); status.Authenticated {
		t.Errorf("without audience: %+v", status)
	}
}

// TestOurTokensAtTheAPIServer: an API server with our key takes the tokens that
// we mint, where they name the service account by its uid; by another's, they
// are as good as those of one that was deleted.
func TestOurTokensAtTheAPIServer(t *testing.T) {
	t.Parallel()
	c := namespaceOf(t, ours, "irsa")
	sa, err := c.CoreV1().ServiceAccounts("irsa").Get(t.Context(), "app", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	mint := func(uid types.UID, audience string) string {
		t.Helper()
		token, err := aws.MintToken(t.Context(), emulator.TokenRequest{Namespace: "irsa", ServiceAccount: "app", Audiences: []string{audience},
			Claims: map[string]any{"kubernetes.io": map[string]any{"namespace": "irsa", "serviceaccount": map[string]any{"name": "app", "uid": string(uid)}}}})
		if err != nil {
			t.Fatal(err)
		}
		return token.Token
	}
	if status := review(t, c, mint(sa.UID, "sts.amazonaws.com"), "sts.amazonaws.com"); !status.Authenticated || status.User.UID != string(sa.UID) {
		t.Errorf("TokenReview: %+v", status)
	}
	if status := review(t, c, mint("another", "sts.amazonaws.com"), "sts.amazonaws.com"); status.Authenticated || !strings.Contains(status.Error, "invalid") {
		t.Errorf("TokenReview of another uid: %+v", status)
	}
	// With the API server's own audience it opens the API itself: 403 is for
	// those who are known.
	if status, _, body := get(t, ours, "/api/v1/namespaces", mint(sa.UID, ours.issuer)); status != 403 || !strings.Contains(body, "system:serviceaccount:irsa:app") {
		t.Errorf("%d %s", status, body)
	}
}
