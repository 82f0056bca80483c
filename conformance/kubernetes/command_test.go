//go:build kubernetes

package kubernetes_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/irsatz/irsatz/internal/awsclient"
	"github.com/irsatz/irsatz/internal/pki"
)

// built is the irsatz command, built once.
var built = sync.OnceValues(func() (string, error) {
	path := filepath.Join(plane.dir, "irsatz")
	out, err := exec.Command("go", "build", "-o", path, "../../cmd/irsatz").CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%w: %s", err, out)
	}
	return path, err
})

// command runs irsatz until the test ends, and returns when it is ready what it
// has printed. It must end in peace.
func command(t *testing.T, args ...string) string {
	t.Helper()
	path, err := built()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, args...)
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var printed strings.Builder
	lines := bufio.NewScanner(stdout)
	timer := time.AfterFunc(60*time.Second, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	for lines.Scan() {
		printed.WriteString(lines.Text() + "\n")
		if lines.Text() == "Ready." {
			t.Cleanup(func() {
				_ = cmd.Process.Signal(syscall.SIGTERM)
				_, _ = io.Copy(io.Discard, stdout)
				if err := cmd.Wait(); err != nil {
					t.Errorf("irsatz %s: %v\n%s", args[0], err, complaints.String())
				}
			})
			return printed.String()
		}
	}
	_ = cmd.Wait()
	t.Fatalf("irsatz %s is not ready:\n%s%s", args[0], printed.String(), complaints.String())
	return ""
}

// TestD12_Attach: irsatz takes issuer and keys of a cluster that strangers may
// not ask, with the kubeconfig's credentials, and STS takes its tokens; its own
// mint stays closed for a cluster that signs for itself.
func TestD12_Attach(t *testing.T) {
	c := namespaceOf(t, closed, "irsa")
	dir := t.TempDir()
	setup, endpoints := filepath.Join(dir, "setup.yaml"), filepath.Join(dir, "endpoints.json")
	if err := os.WriteFile(setup, fmt.Appendf(nil, `
apiVersion: irsatz/v1
account: "%[1]s"
oidcProviders: [{url: %[2]q, clientIdList: [sts.amazonaws.com]}]
roles:
  - roleName: app
    assumeRolePolicyDocument:
      Version: "2012-10-17"
      Statement:
        Effect: Allow
        Principal: {Federated: "arn:aws:iam::%[1]s:oidc-provider/%[3]s"}
        Action: sts:AssumeRoleWithWebIdentity
        Condition: {StringEquals: {"%[3]s:sub": "system:serviceaccount:irsa:app"}}
`, account, hidden, strings.TrimPrefix(hidden, "https://")), 0o600); err != nil {
		t.Fatal(err)
	}
	command(t, "serve", "-f", setup, "--attach", closed.kubeconfig, "--listen", "127.0.0.1:0", "--control", "127.0.0.1:0", "--endpoints-file", endpoints)
	var urls struct{ AWS, AWSTLS, Control string }
	text, err := os.ReadFile(endpoints)
	if err == nil {
		err = json.Unmarshal(text, &urls)
	}
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "token")
	if err := os.WriteFile(file, []byte(mustToken(t, c, "irsa", "app", tokenSpec(600, nil))), 0o600); err != nil {
		t.Fatal(err)
	}
	client := &awsclient.Client{Endpoint: urls.AWS, Region: region, RoleARN: "arn:aws:iam::" + account + ":role/app", TokenFile: file, SessionName: "test", HTTP: http.DefaultClient}
	if _, err := client.Assume(t.Context()); err != nil {
		t.Error(err)
	}
	response, err := http.Post(urls.Control+"/v1/tokens", "application/json", strings.NewReader(`{"namespace":"irsa","serviceAccount":"app"}`))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != 422 || !strings.Contains(string(body), "cluster kubernetes signs its own tokens") {
		t.Errorf("%d %s, %v", response.StatusCode, body, err)
	}
	described, err := exec.Command(builtPath(t), "describe", "serviceaccount", "app", "-n", "irsa", "--control", urls.Control).CombinedOutput()
	if err != nil || !strings.Contains(string(described), hidden) {
		t.Errorf("describe: %s, %v", described, err)
	}
}

func builtPath(t *testing.T) string {
	t.Helper()
	path, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// TestWebhookCommand: the command registers itself and is ready when a pod has
// been mutated (W36). What it adds to a pod for irsatz, the API server takes:
// after all of upstream's, and with the CA in a file (W37).
func TestWebhookCommand(t *testing.T) {
	namespaceOf(t, ill, "default")
	c := namespaceOf(t, ill, "command")
	ca, err := pki.New(pki.Config{})
	if err != nil {
		t.Fatal(err)
	}
	caFile := filepath.Join(t.TempDir(), "ca.crt")
	if err := os.WriteFile(caFile, ca.CertificatePEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	port, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	printed := command(t, "webhook", "--kubeconfig", ill.kubeconfig, "--namespace", "default", "--bind-address", "127.0.0.1", "--port", fmt.Sprint(port), "--metrics-port", "0",
		"--aws-default-region", region, "--sts-regional-endpoint", "--service-account-lookup-grace-period", "2s", "--watch-config-map",
		"--inject-endpoint", "http://irsatz.irsatz.svc", "--inject-ca", caFile, "--register", "--url", fmt.Sprintf("https://127.0.0.1:%d", port))
	pod := createPod(t, c, "command", "")
	env := pod.Spec.Containers[0].Env
	var names []string
	for _, v := range env {
		names = append(names, v.Name)
	}
	want := "AWS_STS_REGIONAL_ENDPOINTS AWS_DEFAULT_REGION AWS_REGION AWS_ROLE_ARN AWS_WEB_IDENTITY_TOKEN_FILE AWS_ENDPOINT_URL AWS_ENDPOINT_URL_STS AWS_ENDPOINT_URL_S3 AWS_CA_BUNDLE NODE_EXTRA_CA_CERTS"
	if got := strings.Join(names, " "); got != want {
		t.Errorf("env %s\nwant %s", got, want)
	}
	if got := pod.Annotations["irsatz/ca"]; got != string(ca.CertificatePEM()) {
		t.Errorf("CA %q", got)
	}
	last := pod.Spec.Volumes[len(pod.Spec.Volumes)-1]
	if last.Name != "irsatz-ca" || last.DownwardAPI == nil || last.DownwardAPI.Items[0].FieldRef.FieldPath != "metadata.annotations['irsatz/ca']" {
		t.Errorf("volume %+v", last)
	}
	_, rest, _ := strings.Cut(printed, "metrics ")
	response, err := http.Get(strings.Fields(rest)[0])
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	metrics, err := io.ReadAll(response.Body)
	if err != nil || !strings.Contains(string(metrics), `pod_identity_webhook_pod_count{method="sts_web_identity"} 1`) || !strings.Contains(string(metrics), "pod_identity_webhook_used 1") {
		t.Errorf("W38: %s, %v", metrics, err)
	}
	m, err := c.AdmissionregistrationV1().MutatingWebhookConfigurations().Get(t.Context(), "irsatz-pod-identity", metav1.GetOptions{})
	if err != nil || m.Webhooks[0].AdmissionReviewVersions[0] != "v1" {
		t.Errorf("W34: %+v, %v", m, err)
	}
}

// TestWebhookCommandRefuses: what cannot work is one error, with a hint where
// there is something to try.
func TestWebhookCommandRefuses(t *testing.T) {
	namespaceOf(t, ill, "default")
	free, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		args []string
		want string
	}{
		"no cluster":         {[]string{"--kubeconfig", "/nowhere"}, "irsatz: hint: name the cluster with --kubeconfig"},
		"not in a cluster":   {nil, "irsatz: hint: name the cluster with --kubeconfig"},
		"register nowhere":   {[]string{"--register"}, "--register: want --url or --service-name beside it"},
		"half a certificate": {[]string{"--tls-cert", "x"}, "--tls-cert and --tls-key: want both or neither"},
		"no certificate":     {[]string{"--kubeconfig", ill.kubeconfig, "--tls-cert", "/nowhere", "--tls-key", "/nowhere"}, "/nowhere: no such file or directory"},
		"not allowed URL":    {[]string{"--kubeconfig", ill.kubeconfig, "--port", "0", "--metrics-port", "0", "--bind-address", "127.0.0.1", "--register", "--url", "http://127.0.0.1"}, "'https' is the only allowed URL scheme"},
		"taken port":         {[]string{"--kubeconfig", ill.kubeconfig, "--bind-address", "127.0.0.1", "--port", fmt.Sprint(free), "--metrics-port", fmt.Sprint(free)}, "--metrics-port: listen tcp"},
		"compose alone":      {[]string{"--compose-role-arn"}, "--compose-role-arn: want --account beside it"},
	} {
		out, err := exec.Command(builtPath(t), append([]string{"webhook", "--log-level", "error"}, tt.args...)...).CombinedOutput()
		if err == nil || !strings.Contains(string(out), tt.want) {
			t.Errorf("%s: %v %s, want %s", name, err, out, tt.want)
		}
	}
}
