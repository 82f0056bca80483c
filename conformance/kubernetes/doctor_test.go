//go:build kubernetes

package kubernetes_test

import (
	"context"
	"encoding/json"
	"os/exec"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	clientset "k8s.io/client-go/kubernetes"

	"github.com/irsatz/irsatz/internal/pki"
	"github.com/irsatz/irsatz/kubernetes"
	"github.com/irsatz/irsatz/webhook"
)

// examined is what an examination found, by the names of the checks.
func examined(t *testing.T, a *apiServer, e kubernetes.Examination) map[string]kubernetes.Check {
	t.Helper()
	cluster, err := kubernetes.Connect(kubernetes.Config{Kubeconfig: a.kubeconfig})
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]kubernetes.Check{}
	for _, c := range cluster.Examine(t.Context(), e) {
		found[c.Name] = c
	}
	return found
}

// wantChecks holds an examination to its results: all that are not named have
// passed. What is named is RESULT and a part of what was seen, or of what to do.
func wantChecks(t *testing.T, found map[string]kubernetes.Check, want map[string]string) {
	t.Helper()
	for name, c := range found {
		result, text, _ := strings.Cut(want[name], " ")
		if want[name] == "" {
			result = string(kubernetes.Passed)
		}
		if string(c.Result) != result || !strings.Contains(c.Seen+": "+c.Do, text) {
			t.Errorf("%s: %s %s: %s\nwant %s %s", name, c.Result, c.Seen, c.Do, result, text)
		}
		if (c.Do != "") != (c.Result == kubernetes.Failed) {
			t.Errorf("%s: %s and to do %q", name, c.Result, c.Do)
		}
	}
	for name := range want {
		if _, ok := found[name]; !ok {
			t.Errorf("no check %s", name)
		}
	}
}

// healthy is a webhook of the cluster ours that gives pods all of irsatz.
func healthy(t *testing.T, c clientset.Interface, fail bool) *hook {
	t.Helper()
	h := startHook(t, ours, webhook.Config{DefaultRegion: region, RegionalSTSEndpoint: true, Additions: webhook.Additions{Endpoint: aws.AWSTLSURL(), CA: aws.CAPEM()}})
	h.register(t, c, kubernetes.Registration{Name: "doctor", Namespace: "irsa", Fail: fail})
	return h
}

var app = kubernetes.Examination{Issuer: lookalike, Namespace: "irsa", ServiceAccount: "app"}

// TestDoctor examines a cluster where all is well, and then what may go wrong,
// one thing at a time.
func TestDoctor(t *testing.T) {
	c := namespaceOf(t, ours, "irsa")
	t.Run("all is well", func(t *testing.T) {
		healthy(t, c, false)
		found := examined(t, ours, app)
		wantChecks(t, found, nil)
		if len(found) != 12 {
			t.Errorf("%d checks: %v", len(found), found)
		}
		for _, issuer := range []string{"", lookalike} {
			args := []string{"doctor", "--kubeconfig", ours.kubeconfig, "-n", "irsa", "--serviceaccount", "app", "--issuer", issuer, "-o", "json"}
			out, err := exec.Command(builtPath(t), args...).Output()
			var checks []kubernetes.Check
			if err != nil || json.Unmarshal(out, &checks) != nil || len(checks) != len(found) {
				t.Errorf("irsatz doctor: %v %s", err, out)
			}
		}
	})
	t.Run("K03 another issuer", func(t *testing.T) { checkIssuers(t, c) })
	t.Run("webhooks", func(t *testing.T) { checkSickWebhooks(t, c) })
	t.Run("service accounts", func(t *testing.T) { checkAccounts(t, c) })
	t.Run("endpoints", func(t *testing.T) { checkEndpoints(t, c) })
	t.Run("STS", checkSTS)
	t.Run("T15 audiences", func(t *testing.T) {
		namespaceOf(t, ill, "doctor")
		wantFailure(t, ill, kubernetes.Examination{Namespace: "doctor", ServiceAccount: "app"}, "audiences", "take sts.amazonaws.com out of --api-audiences")
	})
	t.Run("no right", func(t *testing.T) { checkPowerless(t, c) })
}

// wantFailure examines a cluster and expects one check to fail.
func wantFailure(t *testing.T, a *apiServer, e kubernetes.Examination, check, text string) {
	t.Helper()
	c := examined(t, a, e)[check]
	if c.Result != kubernetes.Failed || !strings.Contains(c.Seen+": "+c.Do, text) {
		t.Errorf("%s: %s %s: %s\nwant FAILED, %s", check, c.Result, c.Seen, c.Do, text)
	}
}

// checkIssuers: a wanted issuer that is not served fails (K03), and the reason is
// looked for in what kubeadm was told: patches for another version of kubeadm's
// configuration are skipped in silence (K04), and the cluster has kubeadm's issuer
// or, as here, any but the wanted one (F46).
func checkIssuers(t *testing.T, c clientset.Interface) {
	wanted := app
	wanted.Issuer = "https://oidc.example.org/id/1"
	wantFailure(t, ours, wanted, "issuer", lookalike+" in place of https://oidc.example.org/id/1: give the API server --service-account-issuer")
	for name, tt := range map[string]struct{ configuration, want string }{
		"K04, F46 a patch that was skipped": {"kind: ClusterConfiguration\napiServer:\n  extraArgs: {runtime-config: \"\"}\n", "leave apiVersion out"},
		"told, not restarted":               {"kind: ClusterConfiguration\napiServer:\n  extraArgs: {service-account-issuer: \"https://oidc.example.org/id/1\"}\n", "restart it"},
		"a list, and another":               {"kind: ClusterConfiguration\napiServer:\n  extraArgs: [{name: service-account-issuer, value: \"https://a\"}, {name: service-account-issuer, value: \"https://b\"}]\n", "kubeadm was told of https://a, https://b"},
		"unreadable":                        {"kind: [", "give the API server"},
	} {
		configMap := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "kubeadm-config"}, Data: map[string]string{"ClusterConfiguration": tt.configuration}}
		if _, err := c.CoreV1().ConfigMaps("kube-system").Create(t.Context(), configMap, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		t.Run(name, func(t *testing.T) { wantFailure(t, ours, wanted, "issuer", tt.want) })
		if err := c.CoreV1().ConfigMaps("kube-system").Delete(t.Context(), "kubeadm-config", metav1.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
	}
}

// checkSickWebhooks: none, one that does not answer, and one whose certificate is
// of another CA. That with Ignore such a pod passes in silence is told loudly.
func checkSickWebhooks(t *testing.T, c clientset.Interface) {
	other, err := pki.New(pki.Config{})
	if err != nil {
		t.Fatal(err)
	}
	const gone = "skipped no pod says"
	t.Run("none", func(t *testing.T) {
		wantChecks(t, examined(t, ours, app), map[string]string{
			"webhook": "FAILED none is registered", "CA bundle": "skipped", "pod": "skipped", "identity": "skipped", "endpoint": gone, "CA": gone, "STS": "skipped irsatz was not reached",
		})
	})
	for _, tt := range []struct {
		name string
		fail bool
		ca   []byte // in place of the webhook's own; it is stopped if this is nil
		pod  string
	}{
		{"F05 Ignore, and nobody answers", false, nil, "A POD WAS LET THROUGH WITHOUT IDENTITY"},
		{"F06 Fail, and nobody answers", true, nil, "connect: connection refused: start the webhook: with failurePolicy Fail no pod can be created"},
		{"Ignore, and another CA", false, other.CertificatePEM(), "A POD WAS LET THROUGH WITHOUT IDENTITY"},
		{"Fail, and another CA", true, other.CertificatePEM(), "register it again with the CA"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := healthy(t, c, tt.fail)
			bundle := ""
			if tt.ca == nil {
				h.stop()
			} else {
				patch := `{"webhooks":[{"name":"pod-identity-webhook.irsatz.local","clientConfig":{"caBundle":"` + base64Of(tt.ca) + `"}}]}`
				if _, err := c.AdmissionregistrationV1().MutatingWebhookConfigurations().Patch(t.Context(), "doctor", types.StrategicMergePatchType, []byte(patch), metav1.PatchOptions{}); err != nil {
					t.Fatal(err)
				}
				bundle = "FAILED the webhook's certificate does not match"
			}
			var found map[string]kubernetes.Check
			for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
				if found = examined(t, ours, app); found["pod"].Result == kubernetes.Failed {
					break // the change has arrived
				}
			}
			wantChecks(t, found, map[string]string{
				"CA bundle": bundle, "pod": "FAILED " + tt.pod, "identity": "skipped the webhook does not answer", "endpoint": gone, "CA": gone, "STS": "skipped",
			})
		})
	}
}

func checkAccounts(t *testing.T, c clientset.Interface) {
	if _, err := c.CoreV1().ServiceAccounts("irsa").Create(t.Context(), &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "bare"}}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.CoreV1().ServiceAccounts("irsa").Delete(context.Background(), "bare", metav1.DeleteOptions{})
	})
	wantFailure(t, ours, kubernetes.Examination{Namespace: "irsa", ServiceAccount: "bare"}, "service account", "kubectl annotate serviceaccount -n irsa bare eks.amazonaws.com/role-arn=")
	wantFailure(t, ours, kubernetes.Examination{Namespace: "irsa", ServiceAccount: "none"}, "service account", "there is no irsa/none: kubectl create serviceaccount")
	if chosen := examined(t, ours, kubernetes.Examination{Namespace: "irsa"})["service account"]; chosen.Result != kubernetes.Passed || !strings.HasPrefix(chosen.Seen, "irsa/app, arn:aws:iam::") {
		t.Errorf("the one that has a role: %+v", chosen)
	}
	if chosen := examined(t, ours, kubernetes.Examination{Namespace: "default"})["service account"]; chosen.Result != kubernetes.Skipped {
		t.Errorf("none that has a role: %+v", chosen)
	}
}

// checkEndpoints: where pods are sent is asked, a Service through the API server.
func checkEndpoints(t *testing.T, c clientset.Interface) {
	other, err := pki.New(pki.Config{})
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		additions webhook.Additions
		want      map[string]string
	}{
		"none":            {webhook.Additions{}, map[string]string{"endpoint": "skipped pods are given none", "CA": "skipped", "STS": "skipped"}},
		"http":            {webhook.Additions{Endpoint: aws.AWSURL()}, map[string]string{"CA": "skipped pods are given none, and need none"}},
		"no such Service": {webhook.Additions{Endpoint: "http://irsatz.nowhere.svc"}, map[string]string{"endpoint": `FAILED http://irsatz.nowhere.svc answers through the API server 404 services "irsatz" not found: start irsatz there`, "CA": "skipped", "STS": "skipped"}},
		"no CA":           {webhook.Additions{Endpoint: aws.AWSTLSURL()}, map[string]string{"endpoint": "skipped", "CA": "FAILED pods are given none, and an https endpoint", "STS": "skipped"}},
		"another CA":      {webhook.Additions{Endpoint: aws.AWSTLSURL(), CA: other.CertificatePEM()}, map[string]string{"endpoint": "skipped", "CA": "FAILED irsatz's certificate does not match", "STS": "skipped"}},
	} {
		t.Run(name, func(t *testing.T) {
			h := startHook(t, ours, webhook.Config{DefaultRegion: region, Additions: tt.additions})
			h.register(t, c, kubernetes.Registration{Name: "doctor", Namespace: "irsa"})
			wantChecks(t, examined(t, ours, app), tt.want)
		})
	}
	dead := app
	dead.Endpoint = "http://127.0.0.1:1"
	wantFailure(t, ours, dead, "endpoint", "connection refused: start irsatz there")
	dead.Endpoint = plane.etcd.url
	wantFailure(t, ours, dead, "endpoint", "404")
}

// checkSTS: what STS says to the token, and what to do about it.
func checkSTS(t *testing.T) {
	for name, tt := range map[string]struct {
		server    *apiServer
		namespace string
		role      string
		want      string
	}{
		"no provider":  {ill, "doctor", "ours", "could not be validated. See the AssumeRoleWithWebIdentity documentation for requirements.: register the issuer in the role's account: aws iam create-open-id-connect-provider --url " + lookalike + "-ill --client-id-list sts.amazonaws.com; or"},
		"no keys":      {closed, "irsa", "closed", "give irsatz the keys of this cluster"},
		"trust policy": {ours, "elsewhere", "ours", "AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity: `irsatz why` says"},
	} {
		t.Run(name, func(t *testing.T) {
			c := namespaceOf(t, tt.server, tt.namespace)
			patch := `{"metadata":{"annotations":{"eks.amazonaws.com/role-arn":"arn:aws:iam::` + account + `:role/` + tt.role + `"}}}`
			if _, err := c.CoreV1().ServiceAccounts(tt.namespace).Patch(t.Context(), "app", types.MergePatchType, []byte(patch), metav1.PatchOptions{}); err != nil {
				t.Fatal(err)
			}
			wantFailure(t, tt.server, kubernetes.Examination{Namespace: tt.namespace, ServiceAccount: "app", Endpoint: aws.AWSURL()}, "STS", tt.want)
		})
	}
}

// checkPowerless: each thing that the credentials may not see says so.
func checkPowerless(t *testing.T, c clientset.Interface) {
	file := t.TempDir() + "/kubeconfig"
	write(t, file, kubeconfigWith(ours.url, plane.ca.pem, mustToken(t, c, "irsa", "app", forAPIServer())))
	powerless := &apiServer{kubeconfig: file}
	for _, check := range []string{"service account", "issuer", "audiences", "webhook"} {
		wantFailure(t, powerless, kubernetes.Examination{Namespace: "irsa"}, check, "use credentials that may")
	}
	out, err := exec.Command(builtPath(t), "doctor", "--kubeconfig", file).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "\nFAILED   webhook          ") || !strings.Contains(string(out), "checks failed") {
		t.Errorf("irsatz doctor: %v %s", err, out)
	}
}
