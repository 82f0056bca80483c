package webhook_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/irsatz/irsatz/webhook"
)

// operations is the patch of a pod, one operation a line.
func operations(t *testing.T, config webhook.Config, pod *corev1.Pod) []string {
	t.Helper()
	list, _ := webhook.New(config).Patch(t.Context(), pod)
	var all []string
	for _, o := range list {
		text, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, string(text))
	}
	return all
}

// TestW37_Additions: upstream's operations come first, byte for byte, and ours
// after them; without any, there are upstream's alone.
func TestW37_Additions(t *testing.T) {
	t.Parallel()
	pod := func() *corev1.Pod {
		p := podOf("skip-containers", "skipped")
		p.Annotations["irsatz/other"] = "x"
		p.Spec.InitContainers = []corev1.Container{{Name: "setup"}}
		p.Spec.Containers = append(p.Spec.Containers, corev1.Container{Name: "skipped"}, corev1.Container{Name: "own", Env: []corev1.EnvVar{
			{Name: "AWS_ENDPOINT_URL", Value: "http://mine"}, {Name: "AWS_ROLE_ARN", Value: "mine"}, {Name: "AWS_REGION"}, {Name: "AWS_STS_REGIONAL_ENDPOINTS"},
		}})
		return p
	}
	upstream := operations(t, webhook.Config{ServiceAccounts: account()}, pod())
	set := func(path, name, value string) string {
		return `{"op":"add","path":"` + path + `/env/-","value":{"name":"` + name + `","value":"` + value + `"}}`
	}
	endpoint := []string{
		set("/spec/containers/0", "AWS_ENDPOINT_URL", "http://irsatz"), set("/spec/containers/0", "AWS_ENDPOINT_URL_STS", "http://irsatz"), set("/spec/containers/0", "AWS_ENDPOINT_URL_S3", "http://irsatz"),
		set("/spec/containers/2", "AWS_ENDPOINT_URL_STS", "http://irsatz"), set("/spec/containers/2", "AWS_ENDPOINT_URL_S3", "http://irsatz"),
		set("/spec/initContainers/0", "AWS_ENDPOINT_URL", "http://irsatz"), set("/spec/initContainers/0", "AWS_ENDPOINT_URL_STS", "http://irsatz"), set("/spec/initContainers/0", "AWS_ENDPOINT_URL_S3", "http://irsatz"),
	}
	mount := `{"name":"irsatz-ca","readOnly":true,"mountPath":"/var/run/irsatz/ca"}`
	trusting := func(path string) []string {
		return []string{
			set(path, "AWS_CA_BUNDLE", "/var/run/irsatz/ca/ca.crt"), set(path, "NODE_EXTRA_CA_CERTS", "/var/run/irsatz/ca/ca.crt"),
			`{"op":"add","path":"` + path + `/volumeMounts/-","value":` + mount + `}`,
		}
	}
	ca := []string{
		`{"op":"add","path":"/spec/volumes/-","value":{"name":"irsatz-ca","downwardAPI":{"items":[{"path":"ca.crt","fieldRef":{"apiVersion":"v1","fieldPath":"metadata.annotations['irsatz/ca']"}}]}}}`,
		`{"op":"add","path":"/metadata/annotations/irsatz~1ca","value":"PEM"}`,
	}
	own := trusting("/spec/containers/2") // it has no mounts yet
	own[2] = `{"op":"add","path":"/spec/containers/2/volumeMounts","value":[` + mount + `]}`
	for name, tt := range map[string]struct {
		additions webhook.Additions
		want      []string
	}{
		"none":     {webhook.Additions{Warnings: true}, nil},
		"endpoint": {webhook.Additions{Endpoint: "http://irsatz"}, endpoint},
		"CA":       {webhook.Additions{CA: []byte("PEM")}, slices.Concat(ca, trusting("/spec/containers/0"), own, trusting("/spec/initContainers/0"))},
	} {
		got := operations(t, webhook.Config{ServiceAccounts: account(), Additions: tt.additions}, pod())
		if diff := cmp.Diff(upstream, got[:len(upstream)]); diff != "" {
			t.Errorf("%s: upstream's part (-want +got):\n%s", name, diff)
		}
		if diff := cmp.Diff(tt.want, got[len(upstream):], cmp.Transformer("", func(s []string) string { return strings.Join(s, "\n") })); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if got := operations(t, webhook.Config{Additions: webhook.Additions{Endpoint: "http://irsatz"}}, pod()); got != nil {
		t.Errorf("a pod without role is given %q", got)
	}
}

// TestTrustConfigMap: a ConfigMap serves the runtimes that need a bundle or a
// trust store of their own.
func TestTrustConfigMap(t *testing.T) {
	t.Parallel()
	pod := podOf()
	pod.Annotations = nil
	got := strings.Join(operations(t, webhook.Config{ServiceAccounts: account(), Additions: webhook.Additions{TrustConfigMap: "trust", CA: []byte("PEM")}}, pod), "\n")
	for _, want := range []string{
		`{"name":"irsatz-ca","configMap":{"name":"trust"}}`, `"SSL_CERT_FILE","value":"/var/run/irsatz/ca/bundle.pem"`,
		`"NODE_EXTRA_CA_CERTS","value":"/var/run/irsatz/ca/ca.crt"`, `-Djavax.net.ssl.trustStore=/var/run/irsatz/ca/truststore.p12`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in\n%s", want, got)
		}
	}
	if strings.Contains(got, "PEM") {
		t.Errorf("the CA is given as well:\n%s", got)
	}
	got = strings.Join(operations(t, webhook.Config{ServiceAccounts: account(), Additions: webhook.Additions{CA: []byte("PEM")}}, pod), "\n")
	if !strings.Contains(got, `{"op":"add","path":"/metadata/annotations","value":{"irsatz/ca":"PEM"}}`) {
		t.Errorf("a pod without annotations:\n%s", got)
	}
}

// TestWarnings reach the API server where they are wanted.
func TestWarnings(t *testing.T) {
	t.Parallel()
	for _, wanted := range []bool{false, true} {
		server, _ := serve(t, webhook.Config{ServiceAccounts: account("role-arn", "reader"), Additions: webhook.Additions{Warnings: wanted}})
		_, body := post(t, server.URL+"/mutate", "application/json", review("v1", podJSON))
		if strings.Contains(body, `"warnings":["arn is invalid: reader"]`) != wanted {
			t.Errorf("warnings wanted %v: %s", wanted, body)
		}
	}
}
