//go:build kubernetes

package kubernetes_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clientset "k8s.io/client-go/kubernetes"

	"github.com/irsatz/irsatz/manifest"
)

const deploy = "../../deploy"

// apply has the API server check objects, every field of them, as it would when
// they are applied.
func apply(t *testing.T, a *apiServer, objects string, flags ...string) string {
	t.Helper()
	out, err := a.kubectl(t.Context(), objects, append([]string{"apply", "--server-side", "--validate=strict", "-f", "-"}, flags...)...)
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return out
}

// rendered is what kustomize or helm makes of our files.
func rendered(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := run(t.Context(), name, "", args...)
	if err != nil {
		t.Fatalf("%s: %v: %s", name, err, out)
	}
	return out
}

// TestKustomize applies the base for real, and then runs the programs with the
// rights that it gives them, and no others.
func TestKustomize(t *testing.T) {
	objects := rendered(t, "kubectl", "kustomize", deploy+"/kustomize")
	if out := apply(t, own, objects); strings.Count(out, "serverside-applied") != strings.Count("\n"+objects, "\nkind:") {
		t.Errorf("applied:\n%s", out)
	}
	c := clients(t, own)
	t.Run("restricted pods", func(t *testing.T) { checkRestricted(t, c, "irsatz") })
	t.Run("rights", func(t *testing.T) { checkRights(t, c, "irsatz") })
	t.Run("webhook", func(t *testing.T) { runWithRights(t, c, own, "irsatz", "irsatz-webhook", "webhook") })
	t.Run("irsatz", func(t *testing.T) { runWithRights(t, c, own, "irsatz", "irsatz", "serve") })
	t.Run("setup", func(t *testing.T) {
		text, err := os.ReadFile(deploy + "/kustomize/setup.yaml")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := manifest.Parse("setup.yaml", text); err != nil {
			t.Error(err)
		}
	})
}

// TestHelm has the API server check what the chart makes of all its values, and
// helm that wrong ones are refused.
func TestHelm(t *testing.T) {
	chart := deploy + "/helm/irsatz"
	if out := rendered(t, "helm", "lint", "--strict", chart); !strings.Contains(out, "0 chart(s) failed") {
		t.Errorf("lint:\n%s", out)
	}
	c := clients(t, ill)
	if _, err := c.CoreV1().Namespaces().Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "charts", Labels: map[string]string{"pod-security.kubernetes.io/enforce": "restricted"}}}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		values []string
		want   []string
		not    []string
	}{
		"defaults":    {nil, []string{"image: irsatz:dev", "--inject-endpoint=http://irsatz.charts.svc", "--attach=in-cluster"}, []string{"--fail", "--data-dir", "PersistentVolumeClaim"}},
		"persistence": {[]string{"serve.persistence.enabled=true", "serve.persistence.storageClassName=fast", "serve.persistence.size=2Gi"}, []string{"--data-dir=/var/lib/irsatz", "claimName: irsatz-data", "storageClassName: fast", "storage: 2Gi"}, nil},
		"no webhook":  {[]string{"webhook.enabled=false"}, nil, []string{"irsatz-webhook"}},
		"all": {[]string{"image.repository=registry.example/irsatz", "image.tag=v1", "image.pullPolicy=Never", "region=us-east-1", "webhook.fail=true", "webhook.inject=false", "webhook.extraArgs={--log-level=debug}", "serve.extraArgs={--enforce=audit}"},
			[]string{"image: registry.example/irsatz:v1", "--fail", "--aws-default-region=us-east-1", "- --log-level=debug", "- --enforce=audit", "imagePullPolicy: Never"}, []string{"--inject-endpoint"}},
	} {
		args := []string{"template", "irsatz", chart, "--namespace", "charts"}
		for _, v := range tt.values {
			args = append(args, "--set", v)
		}
		objects := rendered(t, "helm", args...)
		for _, want := range tt.want {
			if !strings.Contains(objects, want) {
				t.Errorf("%s: no %s", name, want)
			}
		}
		for _, not := range tt.not {
			if strings.Contains(objects, not) {
				t.Errorf("%s: %s", name, not)
			}
		}
		apply(t, ill, objects, "--dry-run=server")
	}
	for _, wrong := range []string{"webook.enabled=false", "region=here", "image.pullPolicy=Sometimes", "webhook.replicas=2"} {
		if out, err := run(t.Context(), "helm", "", "template", "irsatz", chart, "--set", wrong); err == nil {
			t.Errorf("%s is taken:\n%s", wrong, out)
		}
	}
	// The chart for real, and the programs with the rights that it gives.
	apply(t, ill, rendered(t, "helm", "template", "irsatz", chart, "--namespace", "charts"))
	t.Run("restricted pods", func(t *testing.T) { checkRestricted(t, c, "charts") })
	t.Run("rights", func(t *testing.T) { checkRights(t, c, "charts") })
	t.Run("webhook", func(t *testing.T) { runWithRights(t, c, ill, "charts", "irsatz-webhook", "webhook") })
	t.Run("irsatz", func(t *testing.T) { runWithRights(t, c, ill, "charts", "irsatz", "serve") })
}

// checkRestricted makes dry runs of the deployments' pods: the API server holds
// them to the restricted standard.
func checkRestricted(t *testing.T, c clientset.Interface, namespace string) {
	t.Helper()
	for _, name := range []string{"irsatz", "irsatz-webhook"} {
		d, err := c.AppsV1().Deployments(namespace).Get(t.Context(), name, metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		template := d.Spec.Template
		pod := &corev1.Pod{ObjectMeta: template.ObjectMeta, Spec: template.Spec}
		pod.GenerateName = name + "-"
		if _, err := c.CoreV1().Pods(namespace).Create(t.Context(), pod, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}}); err != nil {
			t.Error(err)
		}
		for _, container := range template.Spec.Containers {
			if container.StartupProbe == nil || container.ReadinessProbe == nil || container.LivenessProbe == nil {
				t.Errorf("%s: a probe is missing", name)
			}
		}
		// The variables of a Service that is called irsatz would be taken for settings.
		if links := template.Spec.EnableServiceLinks; links == nil || *links {
			t.Errorf("%s is given the variables of services", name)
		}
		if template.Labels["eks.amazonaws.com/skip-pod-identity-webhook"] == "" {
			t.Errorf("%s would wait for its own webhook", name)
		}
	}
}

// checkRights asks what the service accounts may do, and may not.
func checkRights(t *testing.T, c clientset.Interface, namespace string) {
	t.Helper()
	server := own
	if namespace == "charts" {
		server = ill
	}
	for _, tt := range []struct {
		account string
		want    bool
		args    string
	}{
		{"irsatz", true, "list serviceaccounts -A"},
		{"irsatz", true, "get /openid/v1/jwks"},
		{"irsatz", false, "list pods -A"},
		{"irsatz", false, "get secrets -A"},
		{"irsatz", false, "create serviceaccounts/token -A"},
		{"irsatz", false, "create pods -n " + namespace},
		{"irsatz-webhook", true, "watch serviceaccounts -A"},
		{"irsatz-webhook", true, "patch mutatingwebhookconfigurations/irsatz-pod-identity"},
		{"irsatz-webhook", false, "patch mutatingwebhookconfigurations/other"},
		{"irsatz-webhook", false, "delete mutatingwebhookconfigurations/irsatz-pod-identity"},
		{"irsatz-webhook", true, "create pods -n " + namespace},
		{"irsatz-webhook", false, "create pods -n default"},
		{"irsatz-webhook", true, "watch configmaps/pod-identity-webhook -n " + namespace},
		{"irsatz-webhook", false, "get configmaps -n " + namespace},
		{"irsatz-webhook", false, "get secrets -A"},
	} {
		args := append([]string{"auth", "can-i", "--as", "system:serviceaccount:" + namespace + ":" + tt.account}, strings.Fields(tt.args)...)
		out, _ := server.kubectl(t.Context(), "", args...) // no is an exit status too
		if answer := strings.HasSuffix(strings.TrimSpace(out), "yes"); answer != tt.want {
			t.Errorf("%s %s: %s", tt.account, tt.args, out)
		}
	}
}

// runWithRights runs irsatz with a token of the service account that the
// deployment gives it.
func runWithRights(t *testing.T, c clientset.Interface, a *apiServer, namespace, account, verb string) {
	t.Helper()
	// No controller makes this one here, and the probes are its pods.
	standard := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "default"}}
	if _, err := c.CoreV1().ServiceAccounts(namespace).Create(t.Context(), standard, metav1.CreateOptions{}); err != nil && !strings.Contains(err.Error(), "already exists") {
		t.Fatal(err)
	}
	token := mustToken(t, c, namespace, account, authenticationv1.TokenRequestSpec{})
	file := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(file, kubeconfigWith(a.url, plane.ca.pem, token), 0o600); err != nil {
		t.Fatal(err)
	}
	if verb == "serve" {
		command(t, "serve", "--attach", file, "--listen", "127.0.0.1:0", "--control", "127.0.0.1:0")
		return
	}
	port, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	// It is ready once it has registered, and has had a pod mutated.
	command(t, "webhook", "--kubeconfig", file, "--namespace", namespace, "--bind-address", "127.0.0.1", "--port", fmt.Sprint(port), "--metrics-port", "0",
		"--watch-config-map", "--register", "--url", fmt.Sprintf("https://127.0.0.1:%d", port))
}
