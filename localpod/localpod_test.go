package localpod_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/irsatz/irsatz/emulator"
	"github.com/irsatz/irsatz/internal/awsclient"
	"github.com/irsatz/irsatz/internal/clock"
	"github.com/irsatz/irsatz/irsatest"
	"github.com/irsatz/irsatz/localpod"
)

const setup = `
apiVersion: irsatz/v1
account: "111122223333"
region: eu-west-1
clusters:
  - name: sandbox
    oidcIssuer: https://oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE
    serviceAccounts:
      - {namespace: prod, name: app, roleArn: "arn:aws:iam::111122223333:role/app"}
      - {namespace: prod, name: plain}
      - {namespace: default, name: default}
      - {namespace: prod, name: typo, annotations: {eks.amazonaws.com/role_arn: "arn:aws:iam::111122223333:role/app"}}
      - namespace: prod
        name: short
        annotations: {eks.amazonaws.com/role-arn: "arn:aws:iam::111122223333:role/app", eks.amazonaws.com/token-expiration: "3600"}
oidcProviders:
  - {url: "https://oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE", clientIdList: [sts.amazonaws.com]}
roles:
  - roleName: app
    assumeRolePolicyDocument:
      Version: "2012-10-17"
      Statement:
        - Effect: Allow
          Principal: {Federated: "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE"}
          Action: sts:AssumeRoleWithWebIdentity
`

// pod starts a pod and closes it with the test.
func pod(t *testing.T, e *irsatest.Emulator, config localpod.Config) (*localpod.Pod, string) {
	t.Helper()
	config.Client, config.Dir = e.Client(), filepath.Join(t.TempDir(), "the pod")
	p, err := localpod.Start(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p, config.Dir
}

// variables is the environment as a map, with the pod's folder as DIR. No name
// occurs twice.
func variables(t *testing.T, p *localpod.Pod, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, v := range p.Env() {
		name, value, ok := strings.Cut(v, "=")
		if _, twice := all[name]; !ok || twice {
			t.Errorf("variable %q", v)
		}
		all[name] = filepath.ToSlash(strings.ReplaceAll(value, dir, "DIR"))
	}
	return all
}

const tokenFile = "/var/run/secrets/eks.amazonaws.com/serviceaccount/token"

// standard is what a pod has that sets nothing itself.
func standard(endpoint string) map[string]string {
	return map[string]string{
		"AWS_STS_REGIONAL_ENDPOINTS": "regional", "AWS_DEFAULT_REGION": "eu-west-1", "AWS_REGION": "eu-west-1",
		"AWS_ROLE_ARN": "arn:aws:iam::111122223333:role/app", "AWS_WEB_IDENTITY_TOKEN_FILE": "DIR" + tokenFile,
		"AWS_CONFIG_FILE": "DIR/aws/config", "AWS_SHARED_CREDENTIALS_FILE": "DIR/aws/credentials", "AWS_EC2_METADATA_DISABLED": "true",
		"AWS_CA_BUNDLE": "DIR/ca/bundle.pem", "REQUESTS_CA_BUNDLE": "DIR/ca/bundle.pem", "SSL_CERT_FILE": "DIR/ca/bundle.pem", "NODE_EXTRA_CA_CERTS": "DIR/ca/ca.crt",
		"JAVA_TOOL_OPTIONS": `"-Djavax.net.ssl.trustStore=DIR/ca/truststore.p12" -Djavax.net.ssl.trustStorePassword=changeit -Djavax.net.ssl.trustStoreType=PKCS12`,
		"AWS_ENDPOINT_URL":  endpoint, "AWS_ENDPOINT_URL_STS": endpoint, "AWS_ENDPOINT_URL_S3": endpoint,
	}
}

func TestEnvironment(t *testing.T) {
	t.Parallel()
	e := irsatest.Start(t, setup)
	for name, c := range map[string]struct {
		config localpod.Config
		change func(map[string]string)
	}{
		"pod": {localpod.Config{}, func(map[string]string) {}},
		"TLS": {localpod.Config{TLS: true}, func(env map[string]string) {
			for _, name := range []string{"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL_S3"} {
				env[name] = e.AWSTLSURL()
			}
		}},
		"machine": {localpod.Config{Host: []string{
			"PATH=/bin", "EMPTY=", "AWS_PROFILE=prod", "AWS_ACCESS_KEY_ID=AKIAREAL", "IRSATZ_CONTROL=x", "SSL_CERT_FILE=/host", "=C:=x", "broken", "PATH=/last", "JAVA_TOOL_OPTIONS=-Xmx1g",
		}}, func(env map[string]string) {
			env["PATH"], env["EMPTY"] = "/last", ""
			env["JAVA_TOOL_OPTIONS"] = "-Xmx1g " + env["JAVA_TOOL_OPTIONS"]
		}},
		"machine with a proxy": {localpod.Config{Host: []string{"https_proxy=http://proxy", "NO_PROXY=a,localhost"}}, func(env map[string]string) {
			env["https_proxy"], env["NO_PROXY"], env["no_proxy"] = "http://proxy", "a,localhost,127.0.0.1", "127.0.0.1,localhost"
		}},
		"container over machine": {localpod.Config{Host: []string{"X=host"}, Env: []string{"X=container", "Y=a=b"}}, func(env map[string]string) {
			env["X"], env["Y"] = "container", "a=b"
		}},
		"container's region": {localpod.Config{Env: []string{"AWS_REGION=us-west-2"}}, func(env map[string]string) {
			env["AWS_REGION"] = "us-west-2"
			delete(env, "AWS_DEFAULT_REGION") // the pair, as upstream has it
		}},
		"container's role": {localpod.Config{Env: []string{"AWS_ROLE_ARN=arn:mine"}}, func(env map[string]string) {
			env["AWS_ROLE_ARN"] = "arn:mine"
			delete(env, "AWS_WEB_IDENTITY_TOKEN_FILE")
		}},
		"container's own settings": {localpod.Config{Env: []string{"AWS_ENDPOINT_URL=http://mine", "AWS_CA_BUNDLE=/mine", "AWS_CONFIG_FILE=/mine", "AWS_ACCESS_KEY_ID=mine"}}, func(env map[string]string) {
			env["AWS_ENDPOINT_URL"], env["AWS_CA_BUNDLE"], env["AWS_CONFIG_FILE"], env["AWS_ACCESS_KEY_ID"] = "http://mine", "/mine", "/mine", "mine"
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.config.Namespace, c.config.ServiceAccount = "prod", "app"
			p, dir := pod(t, e, c.config)
			want := standard(e.AWSURL())
			c.change(want)
			if diff := cmp.Diff(want, variables(t, p, dir)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if len(p.Warnings) > 0 {
				t.Errorf("warnings %q", p.Warnings)
			}
			p.Env()[0] = "changed"
			if slices.Contains(p.Env(), "changed") {
				t.Error("the environment can be changed from outside")
			}
		})
	}
}

// TestOrder: later variables refer to earlier ones nowhere, but people read
// them: the machine's come first, then the container's, then the webhook's.
func TestOrder(t *testing.T) {
	t.Parallel()
	p, _ := pod(t, irsatest.Start(t, setup), localpod.Config{
		Namespace: "prod", ServiceAccount: "app", Host: []string{"PATH=/bin", "HOME=/root"}, Env: []string{"B=1", "A=2"},
	})
	var names []string
	for _, v := range p.Env()[:9] {
		name, _, _ := strings.Cut(v, "=")
		names = append(names, name)
	}
	want := []string{"PATH", "HOME", "B", "A", "AWS_STS_REGIONAL_ENDPOINTS", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestNoRole: a service account without a role gives no identity, and says so.
func TestNoRole(t *testing.T) {
	t.Parallel()
	e := irsatest.Start(t, setup)
	for _, c := range []localpod.Config{{Namespace: "prod", ServiceAccount: "plain"}, {}} {
		p, dir := pod(t, e, c)
		env := variables(t, p, dir)
		if env["AWS_ROLE_ARN"] != "" || env["AWS_WEB_IDENTITY_TOKEN_FILE"] != "" || env["AWS_ENDPOINT_URL"] != e.AWSURL() {
			t.Errorf("%v", env)
		}
		if len(p.Warnings) != 1 || !strings.Contains(p.Warnings[0], "has no role") || !p.Expires.IsZero() {
			t.Errorf("warnings %q, expires %v", p.Warnings, p.Expires)
		}
		if _, err := os.Stat(filepath.Join(dir, "var")); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("token: %v", err)
		}
	}
}

// TestF02_MisspeltAnnotation: the pod gets nothing, and the warning names what
// was meant.
func TestF02_MisspeltAnnotation(t *testing.T) {
	t.Parallel()
	e := irsatest.Start(t, setup)
	p, dir := pod(t, e, localpod.Config{Namespace: "prod", ServiceAccount: "typo"})
	if env := variables(t, p, dir); env["AWS_ROLE_ARN"] != "" {
		t.Errorf("%v", env)
	}
	if len(p.Warnings) != 1 || !strings.HasSuffix(p.Warnings[0], "; its annotation eks.amazonaws.com/role_arn is no such thing") {
		t.Errorf("warnings %q", p.Warnings)
	}
}

// TestF21_TokenReadOnce: a program that keeps the text of its token is refused
// when that has expired, while the file has a newer one that is good.
func TestF21_TokenReadOnce(t *testing.T) {
	t.Parallel()
	e := irsatest.Start(t, setup)
	_, dir := pod(t, e, localpod.Config{Namespace: "prod", ServiceAccount: "short"})
	file := filepath.Join(dir, tokenFile)
	kept := filepath.Join(t.TempDir(), "kept")
	read := func() string {
		t.Helper()
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	first := read()
	if err := os.WriteFile(kept, []byte(first), 0o600); err != nil {
		t.Fatal(err)
	}
	assume := func(file string) error {
		c := &awsclient.Client{Endpoint: e.AWSURL(), Region: "eu-west-1", HTTP: client(t, e), RoleARN: "arn:aws:iam::111122223333:role/app", TokenFile: file, SessionName: "app"}
		_, err := c.Assume(t.Context())
		return err
	}
	if err := assume(kept); err != nil {
		t.Fatal(err)
	}
	e.Advance(70 * time.Minute)
	for deadline := clock.Now().Add(10 * time.Second); read() == first; time.Sleep(20 * time.Millisecond) {
		if clock.Now().After(deadline) {
			t.Fatal("the token is not refreshed")
		}
	}
	refusal, ok := errors.AsType[*awsclient.Error](assume(kept))
	if !ok || refusal.Code != "ExpiredTokenException" {
		t.Errorf("the text that was kept: %v", refusal)
	}
	if err := assume(file); err != nil {
		t.Errorf("the file: %v", err)
	}
	if why := e.Why(); !strings.Contains(why, "expired") {
		t.Errorf("why: %s", why)
	}
}

// TestFiles: each is what its readers take it for, and the identity works.
func TestFiles(t *testing.T) {
	t.Parallel()
	e := irsatest.Start(t, setup)
	p, dir := pod(t, e, localpod.Config{Namespace: "prod", ServiceAccount: "app"})
	file := func(name string) []byte {
		t.Helper()
		content, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		return content
	}
	if string(file("ca/ca.crt")) != string(e.CAPEM()) {
		t.Error("ca.crt is not the CA")
	}
	bundle, found := file("ca/bundle.pem"), false
	for block, rest := pem.Decode(bundle); block != nil; block, rest = pem.Decode(rest) {
		ours, _ := pem.Decode(e.CAPEM())
		found = found || slices.Equal(block.Bytes, ours.Bytes)
	}
	if !found {
		t.Error("the bundle lacks the CA")
	}
	if len(file("ca/truststore.p12")) < 500 || len(file("aws/config")) != 0 || len(file("aws/credentials")) != 0 {
		t.Error("trust store or AWS configuration")
	}
	if runtime.GOOS != "windows" {
		if target, err := os.Readlink(filepath.Join(dir, tokenFile)); err != nil || target != filepath.Join("..data", "token") {
			t.Errorf("token is not laid out as the kubelet's: %q, %v", target, err)
		}
	}
	claims := payload(t, string(file(tokenFile)))
	kubernetes, _ := claims["kubernetes.io"].(map[string]any)
	if claims["sub"] != "system:serviceaccount:prod:app" || kubernetes["pod"] == nil || p.Container.Tokens[0].Audience != "sts.amazonaws.com" {
		t.Errorf("claims %v", claims)
	}
	if left := p.Expires.Sub(clock.Now()); left < 23*time.Hour || left > 24*time.Hour+time.Minute {
		t.Errorf("expires in %v", left)
	}
	for _, env := range [][]string{p.Env(), secure(t, e).Env()} {
		c, err := awsclient.FromEnvironment(func(name string) string {
			for _, v := range env {
				if value, ok := strings.CutPrefix(v, name+"="); ok {
					return value
				}
			}
			return ""
		})
		if err != nil {
			t.Fatal(err)
		}
		c.HTTP = client(t, e)
		if _, arn, _, err := c.CallerIdentity(t.Context()); err != nil || !strings.HasPrefix(arn, "arn:aws:sts::111122223333:assumed-role/app/") {
			t.Errorf("%s: %s, %v", c.Endpoint, arn, err)
		}
	}
}

func secure(t *testing.T, e *irsatest.Emulator) *localpod.Pod {
	t.Helper()
	p, _ := pod(t, e, localpod.Config{Namespace: "prod", ServiceAccount: "app", TLS: true})
	return p
}

func payload(t *testing.T, token string) map[string]any {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("no token: %q", token)
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	var claims map[string]any
	if err == nil {
		err = json.Unmarshal(text, &claims)
	}
	if err != nil {
		t.Fatal(err)
	}
	return claims
}

// TestRefresh: when the server's clock is advanced past the time for it, the
// token is replaced, until Close.
func TestRefresh(t *testing.T) {
	t.Parallel()
	e := irsatest.Start(t, setup)
	p, dir := pod(t, e, localpod.Config{Namespace: "prod", ServiceAccount: "short"})
	read := func() string {
		t.Helper()
		token, err := os.ReadFile(filepath.Join(dir, tokenFile))
		if err != nil {
			t.Fatal(err)
		}
		return string(token)
	}
	first := read()
	e.Advance(55 * time.Minute)
	second := first
	for deadline := clock.Now().Add(10 * time.Second); second == first; second = read() {
		if clock.Now().After(deadline) {
			t.Fatal("the token is not refreshed")
		}
		time.Sleep(50 * time.Millisecond)
	}
	if old, fresh := payload(t, first)["exp"].(float64), payload(t, second)["exp"].(float64); fresh < old+50*60 {
		t.Errorf("expires at %v, then at %v", old, fresh)
	}
	p.Close()
	p.Close()
	e.Advance(55 * time.Minute)
	time.Sleep(100 * time.Millisecond)
	if read() != second {
		t.Error("refreshed after Close")
	}
}

// TestIntercept: without any endpoint, a program that obeys the proxy reaches
// the emulator by AWS's own names.
func TestIntercept(t *testing.T) {
	t.Parallel()
	e := irsatest.Start(t, setup)
	p, dir := pod(t, e, localpod.Config{Namespace: "prod", ServiceAccount: "app", Intercept: true, Host: []string{"no_proxy=corp.example,.amazonaws.com"}})
	env := variables(t, p, dir)
	if env["AWS_ENDPOINT_URL"] != "" || env["AWS_ENDPOINT_URL_STS"] != "" || env["HTTPS_PROXY"] == "" || env["https_proxy"] != env["HTTPS_PROXY"] {
		t.Errorf("%v", env)
	}
	if !strings.Contains(env["NO_PROXY"], "corp.example") || strings.Contains(env["NO_PROXY"], "amazonaws") || !strings.Contains(env["JAVA_TOOL_OPTIONS"], "-Dhttps.proxyHost=127.0.0.1") {
		t.Errorf("%v", env)
	}
	proxy, err := url.Parse(env["HTTPS_PROXY"])
	if err != nil {
		t.Fatal(err)
	}
	h := client(t, e)
	h.Transport.(*http.Transport).Proxy = http.ProxyURL(proxy)
	c := &awsclient.Client{
		Endpoint: "https://sts.eu-west-1.amazonaws.com", Region: "eu-west-1", HTTP: h,
		RoleARN: env["AWS_ROLE_ARN"], TokenFile: strings.ReplaceAll(env["AWS_WEB_IDENTITY_TOKEN_FILE"], "DIR", dir),
	}
	if account, _, _, err := c.CallerIdentity(t.Context()); err != nil || account != "111122223333" {
		t.Errorf("%s, %v", account, err)
	}
	p.Close()
	if conn, err := net.Dial("tcp", proxy.Host); err == nil {
		_ = conn.Close()
		t.Error("the proxy outlives Close")
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	e := irsatest.StartConfig(t, emulator.Config{ControlToken: "secret"}, setup)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for name, c := range map[string]struct {
		ctx    context.Context
		config localpod.Config
		want   string
	}{
		"no client":       {t.Context(), localpod.Config{Dir: t.TempDir()}, "required"},
		"no folder":       {t.Context(), localpod.Config{Client: e.Client()}, "required"},
		"no server":       {t.Context(), localpod.Config{Client: &emulator.Client{URL: "http://127.0.0.1:1"}, Dir: t.TempDir()}, emulator.ErrNoServer.Error()},
		"no token":        {t.Context(), localpod.Config{Client: &emulator.Client{URL: e.ControlURL()}, Dir: t.TempDir()}, "control token"},
		"unknown account": {t.Context(), localpod.Config{Client: e.Client(), Dir: t.TempDir(), Namespace: "prod", ServiceAccount: "ap"}, `serviceaccounts "prod/ap" not found`},
		"unknown cluster": {t.Context(), localpod.Config{Client: e.Client(), Dir: t.TempDir(), Cluster: "none"}, `clusters "none" not found`},
		"no variable":     {t.Context(), localpod.Config{Client: e.Client(), Dir: t.TempDir(), Env: []string{"A=b", "hunter2"}}, "Config.Env[1]: want NAME=VALUE"},
		"folder is file":  {t.Context(), localpod.Config{Client: e.Client(), Dir: file, Namespace: "prod", ServiceAccount: "app"}, "file"},
		"ended":           {ended, localpod.Config{Client: e.Client(), Dir: t.TempDir()}, context.Canceled.Error()},
	} {
		_, err := localpod.Start(c.ctx, c.config)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}
