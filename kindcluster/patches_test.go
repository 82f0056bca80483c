package kindcluster_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/irsatz/irsatz/kindcluster"
)

const kindHead = "kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\n"

// patch is a config with one merge patch.
func patch(lines string) string {
	return kindHead + "kubeadmConfigPatches:\n- |\n  " + strings.ReplaceAll(strings.TrimSuffix(lines, "\n"), "\n", "\n  ") + "\n"
}

// TestK04_OldStylePatches: what is passed around is detected and explained, and
// what works is left alone.
func TestK04_OldStylePatches(t *testing.T) {
	t.Parallel()
	const arguments = "kind: ClusterConfiguration\napiServer:\n  extraArgs:\n"
	for _, tt := range []struct {
		name, config string
		fatal        bool
		want         string // part of the one finding; "" means none
	}{
		{"no patch", kindHead, false, ""},
		{"map without apiVersion", patch(arguments + "    service-account-issuer: https://a\n"), false, ""},
		{"kubelet's own version", patch("kind: KubeletConfiguration\napiVersion: kubelet.config.k8s.io/v1beta1\nmaxPods: 5"), false, ""},
		{"empty document", patch(arguments + "    v: \"4\"\n---\n"), false, ""},
		{"audiences of its own", patch(arguments + "    api-audiences: https://a,api\n"), false, ""},
		{"F46 v1beta2", patch("apiVersion: kubeadm.k8s.io/v1beta2\n" + arguments + "    v: \"4\"\n"), true, "kubeadm.k8s.io/v1beta2: kind drops this patch in silence; leave apiVersion out"},
		{"v1beta3", patch("apiVersion: kubeadm.k8s.io/v1beta3\n" + arguments + "    v: \"4\"\n"), false, "on nodes of 1.36 and later; leave apiVersion out"},
		{"v1beta4", patch("apiVersion: kubeadm.k8s.io/v1beta4\n" + arguments + "    v: \"4\"\n"), false, "on nodes before 1.36; leave apiVersion out"},
		{"list", patch(arguments + "  - {name: v, value: \"4\"}\n"), true, "extraArgs is a list: on nodes before 1.36 it takes the place of what kind sets"},
		{"text", patch("kind: ClusterConfiguration\napiServer: {extraArgs: text}"), true, "want a map of names to values"},
		{"issuer twice", patch(arguments + "    service-account-issuer: https://a\n    service-account-issuer: https://b\n"), true, "a name stands there twice, and only the last would count"},
		{"http issuer", patch(arguments + "    service-account-issuer: http://a\n"), true, "http://a is no https URL"},
		{"F45 sts alone", patch(arguments + "    api-audiences: sts.amazonaws.com\n"), true, "no node would become ready"},
		{"sts among others", patch(arguments + "    api-audiences: https://a,sts.amazonaws.com\n"), false, "valid for a year"},
		{"removed gate", patch(arguments + "    feature-gates: BoundServiceAccountTokenVolume=true\n"), true, "no Kubernetes of 1.32 or later has the gate BoundServiceAccountTokenVolume"},
		{"removed gate of the cluster", kindHead + "featureGates: {TokenRequest: true}\n", true, "has the gate TokenRequest"},
		{"removed flag", patch(arguments + "    service-account-api-audiences: a\n"), true, "was removed"},
		{"no kind", patch("apiServer:\n  extraArgs: {v: \"4\"}"), true, "no kind: kind does not know what to patch"},
		{"no YAML", patch("a: ["), true, "no YAML: "},
		{"not an object", patch("kind: [a]"), true, "cannot unmarshal"},
		{"of a node", kindHead + "nodes:\n- role: control-plane\n  kubeadmConfigPatches: [\"apiVersion: kubeadm.k8s.io/v1beta1\\nkind: InitConfiguration\"]\n", true, "nodes[0].kubeadmConfigPatches[0]: apiVersion: kubeadm.k8s.io/v1beta1: kind drops"},
		{"several issuers, by JSON6902", kindHead + "kubeadmConfigPatchesJSON6902:\n- {group: kubeadm.k8s.io, version: v1beta4, kind: ClusterConfiguration, patch: '[{op: add, path: /apiServer/extraArgs/-, value: {name: service-account-issuer, value: \"https://b\"}}]'}\n", false, "on nodes before 1.36"},
		{"sts alone, by JSON6902", kindHead + "kubeadmConfigPatchesJSON6902:\n- {group: \"\", version: \"\", kind: ClusterConfiguration, patch: '[{op: add, path: /apiServer/extraArgs/api-audiences, value: sts.amazonaws.com}, {op: add, path: /x, value: y}]'}\n", true, "no node would become ready"},
		{"no JSON6902", kindHead + "kubeadmConfigPatchesJSON6902:\n- {group: \"\", version: \"\", kind: ClusterConfiguration, patch: 'a: b'}\n", true, "no list of operations"},
	} {
		found, err := kindcluster.CheckConfig([]byte(tt.config))
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		switch {
		case tt.want == "" && len(found) > 0:
			t.Errorf("%s: %v", tt.name, found)
		case tt.want != "" && (len(found) != 1 || !strings.Contains(found[0].String(), tt.want) || found[0].Fatal != tt.fatal):
			t.Errorf("%s: got %+v, want %q, fatal %t", tt.name, found, tt.want, tt.fatal)
		}
	}
	if _, err := kindcluster.CheckConfig([]byte("nodse: []")); err == nil {
		t.Error("an unknown field is taken")
	}
}

// TestK04_AllOfAPatch: each wrong thing of one patch is told.
func TestK04_AllOfAPatch(t *testing.T) {
	t.Parallel()
	found, err := kindcluster.CheckConfig([]byte(patch(`kind: ClusterConfiguration
apiServer:
  extraArgs:
  - {name: service-account-issuer, value: "https://a"}
  - {name: service-account-issuer, value: "https://b"}
  - {name: api-audiences, value: sts.amazonaws.com}
`)))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range found {
		text, _, _ := strings.Cut(f.Text, ":")
		got = append(got, text)
	}
	want := []string{"extraArgs is a list", "service-account-issuer stands there twice", "api-audiences"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
