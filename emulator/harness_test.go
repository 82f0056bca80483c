package emulator_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
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

	"github.com/irsatz/irsatz/emulator"
	"github.com/irsatz/irsatz/internal/awsclient"
	"github.com/irsatz/irsatz/internal/clock"
	"github.com/irsatz/irsatz/internal/sigv4"
	"github.com/irsatz/irsatz/manifest"
)

const (
	account = "111122223333"
	region  = "eu-west-1"
	eksHost = "oidc.eks.eu-west-1.amazonaws.com"
	eksID   = "EXAMPLED539D4633E53DE1B71EXAMPLE"
	roleARN = "arn:aws:iam::" + account + ":role/sandbox"
)

// issuers are clusters of all kinds, by name.
var issuers = map[string]string{
	"sandbox": "https://" + eksHost + "/id/" + eksID,
	"github":  "https://token.actions.githubusercontent.com",
	"slash":   "https://idp.example.com/",
	"tenant":  "https://idp.example.net/a",
	"parent":  "https://idp.example.net",
	"bucket":  "https://oidc-bucket.s3.eu-west-1.amazonaws.com",
	"port":    "https://keycloak.example.org:8443/realms/Main",
}

// clusterSetup is a cluster with a service account, and a role for it.
func clusterSetup(name, issuer string) string {
	host := strings.TrimPrefix(issuer, "https://")
	return fmt.Sprintf(`---
apiVersion: irsatz/v1
account: "111122223333"
region: eu-west-1
clusters:
  - name: %[1]s
    oidcIssuer: %[2]s
    serviceAccounts: [{namespace: prod, name: app, roleArn: "arn:aws:iam::111122223333:role/%[1]s"}]
oidcProviders: [{url: "%[2]s", clientIdList: [sts.amazonaws.com]}]
roles:
  - roleName: %[1]s
    assumeRolePolicyDocument:
      Version: "2012-10-17"
      Statement:
        - Effect: Allow
          Principal: {Federated: "arn:aws:iam::111122223333:oidc-provider/%[3]s"}
          Action: sts:AssumeRoleWithWebIdentity
          Condition: {StringEquals: {"%[3]s:sub": "system:serviceaccount:prod:app"}}
    policies:
      - policyName: read
        policyDocument:
          Version: "2012-10-17"
          Statement: [{Effect: Allow, Action: ["s3:GetObject", "s3:ListBucket"], Resource: "*"}]
`, name, issuer, host)
}

// bucketSetup is a bucket that the role may read.
const bucketSetup = `---
apiVersion: irsatz/v1
account: "111122223333"
region: eu-west-1
buckets:
  - bucketName: data
    objects: [{key: a.txt, body: hello}, {key: id/x, body: not an issuer}]
`

// standardSetup is the cluster sandbox and the bucket data.
func standardSetup() string { return clusterSetup("sandbox", issuers["sandbox"]) + bucketSetup }

func parse(t testing.TB, setup string) *manifest.State {
	t.Helper()
	state, err := manifest.Parse("setup", []byte(setup))
	if err != nil {
		t.Fatal(err)
	}
	return state
}

// server is a running emulator.
type server struct {
	*emulator.Emulator
	testing.TB
	clock *clock.Clock
}

func start(t testing.TB, setup string, changes ...func(*emulator.Config)) *server {
	t.Helper()
	c := emulator.Config{Listen: "127.0.0.1:0", Control: "127.0.0.1:0", Clock: new(clock.Clock)}
	if setup != "" {
		c.State = parse(t, setup)
	}
	for _, change := range changes {
		change(&c)
	}
	e, err := emulator.Start(c)
	if err != nil {
		t.Fatal(err)
	}
	s := &server{e, t, c.Clock}
	t.Cleanup(s.close)
	return s
}

func (s *server) close() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := s.Close(ctx); err != nil {
		s.Errorf("close: %v", err)
	}
}

func (s *server) control() *emulator.Client {
	return &emulator.Client{URL: s.ControlURL(), Token: s.ControlToken()}
}

func (s *server) mint(request emulator.TokenRequest) string {
	s.Helper()
	if request.Namespace == "" {
		request.Namespace, request.ServiceAccount = "prod", "app"
	}
	token, err := s.MintToken(context.Background(), request)
	if err != nil {
		s.Fatal(err)
	}
	return token.Token
}

// pod is a client with a token of the cluster's.
func (s *server) pod(cluster string) *awsclient.Client {
	s.Helper()
	return s.bearer("arn:aws:iam::"+account+":role/"+cluster, s.mint(emulator.TokenRequest{Cluster: cluster}))
}

func (s *server) bearer(role, token string) *awsclient.Client {
	s.Helper()
	file := filepath.Join(s.TempDir(), "token")
	if err := os.WriteFile(file, []byte(token), 0o600); err != nil {
		s.Fatal(err)
	}
	return &awsclient.Client{Endpoint: s.AWSURL(), Region: region, RoleARN: role, TokenFile: file, SessionName: "test", HTTP: s.https()}
}

// root is a client with root's credentials.
func (s *server) root() *awsclient.Client {
	key, secret, _ := s.RootCredentials()
	return &awsclient.Client{
		Endpoint: s.AWSURL(), Region: region, HTTP: s.https(),
		Credentials: &awsclient.Credentials{AccessKeyID: key, Secret: secret},
	}
}

// https is an HTTP client that trusts the emulator and finds every name at it.
func (s *server) https() *http.Client {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(s.CAPEM())
	transport := &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: pool},
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, s.AWSAddr())
		},
	}
	s.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// answer is a response that was read.
type answer struct {
	status int
	header http.Header
	body   string
}

// raw sends bytes to an address and reads one response.
func raw(t testing.TB, address, text string) answer {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(clock.Now().Add(20 * time.Second))
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	method, _, _ := strings.Cut(text, " ")
	response, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		t.Fatalf("%.80q: %v", text, err)
	}
	return read(t, response)
}

func read(t testing.TB, response *http.Response) answer {
	t.Helper()
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{response.StatusCode, response.Header, string(body)}
}

// request is the text of a request. Headers are lines.
func request(method, target, host, body string, headers ...string) string {
	lines := []string{method + " " + target + " HTTP/1.1", "Host: " + host, "Connection: close"}
	if body != "" {
		lines = append(lines, fmt.Sprintf("Content-Length: %d", len(body)))
	}
	return strings.Join(append(lines, headers...), "\r\n") + "\r\n\r\n" + body
}

// send makes a request of the control port.
func (s *server) send(method, path, body string, headers ...string) answer {
	s.Helper()
	r, err := http.NewRequest(method, s.ControlURL()+path, strings.NewReader(body))
	if err != nil {
		s.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if r.Header.Set(name, value); name == "Host" {
			r.Host = value
		}
	}
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		s.Fatal(err)
	}
	return read(s, response)
}

// signed signs a request for S3.
func (s *server) signed(method, url string, c awsclient.Credentials) *http.Request {
	s.Helper()
	r, err := http.NewRequest(method, url, http.NoBody)
	if err != nil {
		s.Fatal(err)
	}
	signer := sigv4.Signer{
		Style: sigv4.S3, AccessKeyID: c.AccessKeyID, SecretAccessKey: c.Secret, SessionToken: c.SessionToken, Region: region, Service: "s3",
	}
	signer.Sign(r, sigv4.EmptyPayload, clock.Now())
	return r
}

// code is the error code of AWS's refusal, "" if err is nil.
func code(t testing.TB, err error) string {
	t.Helper()
	if err == nil {
		return ""
	}
	refused, ok := errors.AsType[*awsclient.Error](err)
	if !ok {
		t.Fatalf("not AWS's refusal: %v", err)
	}
	return refused.Code
}

func members(t testing.TB, document string) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.NewDecoder(bytes.NewReader([]byte(document))).Decode(&m); err != nil {
		t.Fatalf("%v in %s", err, document)
	}
	return m
}

// signUnsigned signs a request of S3 but for its body.
func signUnsigned(r *http.Request, key, secret string) {
	signer := sigv4.Signer{Style: sigv4.S3, AccessKeyID: key, SecretAccessKey: secret, Region: region, Service: "s3"}
	signer.Sign(r, sigv4.UnsignedPayload, clock.Now())
}
