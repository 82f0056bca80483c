//go:build kubernetes

package kubernetes_test

import (
	"context"
	"strings"
	"testing"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clientset "k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

func newClient(config *rest.Config) (clientset.Interface, error) {
	return clientset.NewForConfig(config)
}

// openDiscovery lets strangers read the discovery document and the keys of a
// cluster, or takes that away again.
func openDiscovery(t *testing.T, c clientset.Interface, name string) (restore func()) {
	t.Helper()
	_, err := c.RbacV1().ClusterRoleBindings().Create(t.Context(), &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "system:service-account-issuer-discovery"},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.GroupKind, Name: "system:unauthenticated"}},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return func() {
		_ = c.RbacV1().ClusterRoleBindings().Delete(context.Background(), name, metav1.DeleteOptions{})
	}
}

// TestTokensOverTheNetwork: STS fetches discovery and keys of an issuer that is
// not hosted here, over the network, and takes its tokens by them. Without the
// right to read them it cannot (F24). What the cluster knows and STS cannot,
// the end of a pod or a service account, does not count there until the token
// expires. It is one story in order, since it moves the clock.
func TestTokensOverTheNetwork(t *testing.T) {
	c := namespaceOf(t, own, "irsa")
	token := func(spec func() string) string { t.Helper(); return spec() }
	unbound := func() string { return mustToken(t, c, "irsa", "app", tokenSpec(3600, nil)) }

	if status, _, body := get(t, own, "/openid/v1/jwks", ""); status != 403 || !strings.Contains(body, `User \"system:anonymous\" cannot get path \"/openid/v1/jwks\"`) {
		t.Errorf("D12: strangers: %d %s", status, body)
	}
	if code, message := assume(t, "own", token(unbound)); code != "InvalidIdentityToken" || !strings.Contains(message, "Couldn't retrieve verification key") {
		t.Errorf("keys that strangers may not read: %s %s", code, message)
	}
	defer openDiscovery(t, c, "oidc-anonymous")()
	deadline := time.Now().Add(20 * time.Second)
	for { // the API server learns of the binding in a moment
		status, _, _ := get(t, own, "/openid/v1/jwks", "")
		if status == 200 || time.Now().After(deadline) {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	ticker.Advance(10 * time.Minute) // STS remembers for a while that an issuer failed
	defer ticker.Advance(-10 * time.Minute)

	first := token(unbound)
	if code, message := assume(t, "own", first); code != "" {
		t.Fatalf("a token of TokenRequest: %s %s", code, message)
	}
	if code, _ := assume(t, "ours", first); code != "AccessDenied" {
		t.Errorf("at the role of the other cluster: %q", code)
	}
	pod := createPod(t, c, "irsa", "")
	podToken := mustToken(t, c, "irsa", "app", tokenSpec(3600, bound("Pod", pod.Name, pod.UID)))
	if err := c.CoreV1().Pods("irsa").Delete(t.Context(), pod.Name, metav1.DeleteOptions{GracePeriodSeconds: new(int64)}); err != nil {
		t.Fatal(err)
	}
	invalidated(t, c, podToken)
	if code, message := assume(t, "own", podToken); code != "" {
		t.Errorf("revoked: STS knows of the end of a pod: %s %s", code, message)
	}
	if err := c.CoreV1().ServiceAccounts("irsa").Delete(t.Context(), "app", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	namespaceOf(t, own, "irsa") // again, with another uid
	invalidated(t, c, first)
	for name, rebound := range map[string]string{"of the old one": first, "of the new one": token(unbound)} {
		if code, message := assume(t, "own", rebound); code != "" {
			t.Errorf("rebound: a token %s: %s %s", name, code, message)
		}
	}

	ticker.Advance(61 * time.Minute)
	defer ticker.Advance(-61 * time.Minute)
	if code, message := assume(t, "own", first); code != "ExpiredTokenException" {
		t.Errorf("expired: %s %s", code, message)
	}
}

// TestOurKeysAtTheAPIServer: tokens of an API server that signs with our key,
// for an issuer that is hosted here and nowhere else (D15), are good; and those
// of a cluster of the same form with another key are not (D14).
func TestOurKeysAtTheAPIServer(t *testing.T) {
	c := namespaceOf(t, ours, "irsa")
	token := mustToken(t, c, "irsa", "app", tokenSpec(86400, nil))
	if code, message := assume(t, "ours", token); code != "" {
		t.Errorf("%s %s", code, message)
	}
	if code, _ := assume(t, "own", token); code != "AccessDenied" {
		t.Errorf("at the role of the other cluster: %q", code)
	}
	other := namespaceOf(t, ours, "elsewhere")
	if code, _ := assume(t, "ours", mustToken(t, other, "elsewhere", "app", tokenSpec(600, nil))); code != "AccessDenied" {
		t.Errorf("of another namespace: %q", code)
	}
	if code, _ := assume(t, "closed", mustToken(t, namespaceOf(t, closed, "irsa"), "irsa", "app", tokenSpec(600, nil))); code != "InvalidIdentityToken" {
		t.Errorf("of an issuer that nobody can reach: %q", code)
	}
}

// TestDocuments: our documents in Kubernetes' form are the API server's bytes,
// and its content types are ours (D01, D02, D05).
func TestDocuments(t *testing.T) {
	t.Parallel()
	status, header, discovery := get(t, ours, "/.well-known/openid-configuration", adminToken)
	want := `{"issuer":"` + lookalike + `","jwks_uri":"` + lookalike + `/keys","response_types_supported":["id_token"],"subject_types_supported":["public"],"id_token_signing_alg_values_supported":["RS256"]}`
	if status != 200 || discovery != want || header.Get("Content-Type") != "application/json" || header.Get("Cache-Control") != "public, max-age=3600" {
		t.Errorf("discovery: %d %v %s", status, header, discovery)
	}
	status, header, keys := get(t, ours, "/openid/v1/jwks", adminToken)
	if status != 200 || header.Get("Content-Type") != "application/jwk-set+json" || header.Get("Cache-Control") != "public, max-age=3600" {
		t.Errorf("keys: %d %v", status, header)
	}
	response, err := plane.client.Get(strings.Replace(aws.AWSURL(), "https", "http", 1) + "/id/EXAMPLED539D4633E53DE1B71EXAMPLE/keys")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var b strings.Builder
	if err := response.Write(&b); err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(strings.TrimSpace(b.String()), keys) || response.Header.Get("Content-Type") != "application/jwk-set+json" {
		t.Errorf("our keys\n%s\nthe API server's\n%s", b.String(), keys)
	}
}

// invalidated waits until the API server takes a token no longer: what is gone
// it learns of in a moment, and it remembers good tokens for ten seconds.
func invalidated(t *testing.T, c clientset.Interface, token string) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); review(t, c, token, "sts.amazonaws.com").Authenticated; time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the API server still takes the token of what is gone")
		}
	}
}
