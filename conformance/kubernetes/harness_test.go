//go:build kubernetes

package kubernetes_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	clientset "k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/irsatz/irsatz/emulator"
	"github.com/irsatz/irsatz/internal/awsclient"
	"github.com/irsatz/irsatz/internal/clock"
	"github.com/irsatz/irsatz/internal/fakedocker"
	"github.com/irsatz/irsatz/manifest"
)

const (
	account = "111122223333"
	region  = "eu-west-1"

	// publishedIssuer can be reached: its host is that of an API server.
	publishedIssuer = "https://kubernetes.example.org"
	publishedHost   = "kubernetes.example.org"
	// lookalike is an issuer like one of EKS, with our keys, that no API server
	// and nobody else can reach.
	lookalike = "https://oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE"
	// hidden is an issuer like kind's, whose keys are for those with credentials.
	hidden = "https://kubernetes.default.svc.cluster.local"
)

// The clusters. own signs with a key of its own at an issuer that is reached
// over the network, ours with irsatz's, closed at an issuer that is not
// reachable; it takes tokens for an hour and no longer, and ill is configured as
// is often read: with sts.amazonaws.com among its audiences.
var (
	plane                  *controlPlane
	own, ours, closed, ill *apiServer
	aws                    *emulator.Emulator
	ticker                 = new(clock.Clock)
)

func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == "docker" { // see kubeadm_test.go
		os.Exit(docker().Run(os.Args[1:], fakedocker.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}))
	}
	code := 1
	if err := begin(); err != nil {
		fmt.Fprintln(os.Stderr, err)
	} else {
		code = m.Run()
	}
	if aws != nil {
		_ = aws.Close(context.Background())
	}
	plane.stop()
	os.Exit(code)
}

func begin() error {
	var err error
	if plane, err = newControlPlane(); err != nil {
		return err
	}
	if err := startIrsatz(); err != nil {
		return err
	}
	key, err := aws.SigningKey(context.Background(), "ours")
	if err != nil {
		return err
	}
	configs := []apiServerConfig{
		{name: "own", issuer: publishedIssuer, jwksURI: publishedIssuer + "/openid/v1/jwks", host: publishedHost},
		{name: "ours", issuer: lookalike, jwksURI: lookalike + "/keys", keys: keyFiles{[]byte(key.Private), []byte(key.Public)}},
		{name: "closed", issuer: hidden, jwksURI: hidden + "/openid/v1/jwks", flags: []string{"--service-account-max-token-expiration=1h"}},
		{name: "ill", issuer: lookalike + "-ill", jwksURI: lookalike + "-ill/keys", flags: []string{"--api-audiences=sts.amazonaws.com"}},
	}
	for i := range configs {
		if configs[i].keys.private == nil {
			if configs[i].keys, err = rsaKeyFiles(); err != nil {
				return err
			}
		}
	}
	began := time.Now()
	servers, err := plane.start(configs...)
	if err != nil {
		return err
	}
	fmt.Printf("%d API servers are ready after %v\n", len(configs), time.Since(began).Round(time.Millisecond))
	own, ours, closed, ill = servers[0], servers[1], servers[2], servers[3]
	return nil
}

// startIrsatz starts irsatz with a cluster, ours, and the issuer of another as
// a provider that it does not host.
func startIrsatz() error {
	var setup strings.Builder
	fmt.Fprintf(&setup, `
apiVersion: irsatz/v1
account: "%s"
region: %s
clusters:
  - name: ours
    oidcIssuer: %s
    serviceAccounts: [{namespace: irsa, name: app, roleArn: "arn:aws:iam::%[1]s:role/ours"}]
roles:
`, account, region, lookalike)
	issuers := map[string]string{"own": publishedIssuer, "ours": lookalike, "closed": hidden}
	for name, issuer := range issuers {
		fmt.Fprintf(&setup, `
  - roleName: %s
    assumeRolePolicyDocument:
      Version: "2012-10-17"
      Statement:
        Effect: Allow
        Principal: {Federated: "arn:aws:iam::%s:oidc-provider/%[3]s"}
        Action: sts:AssumeRoleWithWebIdentity
        Condition: {StringEquals: {"%[3]s:sub": "system:serviceaccount:irsa:app", "%[3]s:aud": sts.amazonaws.com}}
`, name, account, strings.TrimPrefix(issuer, "https://"))
	}
	setup.WriteString("oidcProviders:\n")
	for _, issuer := range issuers {
		fmt.Fprintf(&setup, "  - {url: %q, clientIdList: [sts.amazonaws.com]}\n", issuer)
	}
	state, err := manifest.Parse("setup", []byte(setup.String()))
	if err != nil {
		return err
	}
	aws, err = emulator.Start(emulator.Config{
		Listen: "127.0.0.1:0", Control: "127.0.0.1:0", State: state, Clock: ticker, IssuerRoots: plane.ca.pool(),
		// The network of these tests has one name.
		IssuerDial: func(ctx context.Context, network, address string) (net.Conn, error) {
			if address != publishedHost+":443" {
				return nil, &net.DNSError{Err: "no such host", Name: address, IsNotFound: true}
			}
			return new(net.Dialer).DialContext(ctx, network, own.address)
		},
	})
	return err
}

func base64Of(b []byte) string { return base64.StdEncoding.EncodeToString(b) }

// clients returns an administrator's client of a cluster.
func clients(t *testing.T, a *apiServer) clientset.Interface {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", a.kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	config.QPS, config.Burst = 1000, 1000
	c, err := clientset.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// namespaceOf makes a namespace with a service account, app, that has a role.
// Every test has its own, but for those that the trust policies name.
func namespaceOf(t *testing.T, a *apiServer, name string) clientset.Interface {
	t.Helper()
	c := clients(t, a)
	_, err := c.CoreV1().Namespaces().Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}, metav1.CreateOptions{})
	if err != nil && !strings.Contains(err.Error(), "already exists") {
		t.Fatal(err)
	}
	// No controller makes this one here.
	standard := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "default"}}
	if _, err := c.CoreV1().ServiceAccounts(name).Create(t.Context(), standard, metav1.CreateOptions{}); err != nil && !strings.Contains(err.Error(), "already exists") {
		t.Fatal(err)
	}
	sa := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "app", Annotations: map[string]string{"eks.amazonaws.com/role-arn": "arn:aws:iam::" + account + ":role/" + a.name}}}
	if _, err := c.CoreV1().ServiceAccounts(name).Create(t.Context(), sa, metav1.CreateOptions{}); err != nil && !strings.Contains(err.Error(), "already exists") {
		t.Fatal(err)
	}
	return c
}

// tokenSpec asks for a token for STS.
func tokenSpec(seconds int64, bound *authenticationv1.BoundObjectReference) authenticationv1.TokenRequestSpec {
	return authenticationv1.TokenRequestSpec{Audiences: []string{"sts.amazonaws.com"}, ExpirationSeconds: &seconds, BoundObjectRef: bound}
}

func requestToken(t *testing.T, c clientset.Interface, namespace, name string, spec authenticationv1.TokenRequestSpec) (*authenticationv1.TokenRequest, error) {
	t.Helper()
	return c.CoreV1().ServiceAccounts(namespace).CreateToken(t.Context(), name, &authenticationv1.TokenRequest{Spec: spec}, metav1.CreateOptions{})
}

func mustToken(t *testing.T, c clientset.Interface, namespace, name string, spec authenticationv1.TokenRequestSpec) string {
	t.Helper()
	token, err := requestToken(t, c, namespace, name, spec)
	if err != nil {
		t.Fatal(err)
	}
	return token.Status.Token
}

// createPod makes a pod of app, and binds it to a node that is there if one is
// named. Nobody runs it.
func createPod(t *testing.T, c clientset.Interface, namespace, node string) *corev1.Pod {
	t.Helper()
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{GenerateName: "web-"}, Spec: corev1.PodSpec{
		ServiceAccountName: "app", Containers: []corev1.Container{{Name: "web", Image: "nginx"}},
	}}
	pod, err := c.CoreV1().Pods(namespace).Create(t.Context(), pod, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if node != "" {
		err := c.CoreV1().Pods(namespace).Bind(t.Context(), &corev1.Binding{
			ObjectMeta: metav1.ObjectMeta{Name: pod.Name, UID: pod.UID}, Target: corev1.ObjectReference{Kind: "Node", Name: node},
		}, metav1.CreateOptions{})
		if err != nil {
			t.Fatal(err)
		}
	}
	return pod
}

func bound(kind, name string, uid types.UID) *authenticationv1.BoundObjectReference {
	return &authenticationv1.BoundObjectReference{APIVersion: "v1", Kind: kind, Name: name, UID: uid}
}

// claimsOf reads a token's payload.
func claimsOf(t *testing.T, token string) (claims map[string]any, header, payload string) {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("no token: %q", token)
	}
	head, err := base64.RawURLEncoding.DecodeString(parts[0])
	if err != nil {
		t.Fatal(err)
	}
	body, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(body, &claims); err != nil {
		t.Fatal(err)
	}
	return claims, string(head), string(body)
}

// assume trades a token at our STS, and returns the code of its refusal, "" if
// there is none.
func assume(t *testing.T, role, token string) (code, message string) {
	t.Helper()
	file := t.TempDir() + "/token"
	if err := os.WriteFile(file, []byte(token), 0o600); err != nil {
		t.Fatal(err)
	}
	c := &awsclient.Client{Endpoint: aws.AWSURL(), Region: region, RoleARN: "arn:aws:iam::" + account + ":role/" + role, TokenFile: file, SessionName: "test", HTTP: http.DefaultClient}
	_, err := c.Assume(t.Context())
	if err == nil {
		return "", ""
	}
	refusal, ok := errors.AsType[*awsclient.Error](err)
	if !ok {
		t.Fatal(err)
	}
	return refusal.Code, refusal.Message
}

// review asks the API server about a token for STS.
func review(t *testing.T, c clientset.Interface, token string, audiences ...string) authenticationv1.TokenReviewStatus {
	t.Helper()
	r, err := c.AuthenticationV1().TokenReviews().Create(t.Context(), &authenticationv1.TokenReview{
		Spec: authenticationv1.TokenReviewSpec{Token: token, Audiences: audiences},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return r.Status
}

// get fetches a path of the API server with a token, "" meaning none.
func get(t *testing.T, a *apiServer, path, token string) (status int, header http.Header, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, a.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := plane.client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, response.Header, string(text)
}

// forAPIServer asks for a token for the API server itself.
func forAPIServer() authenticationv1.TokenRequestSpec { return authenticationv1.TokenRequestSpec{} }

func write(t *testing.T, file string, content []byte) {
	t.Helper()
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
}
