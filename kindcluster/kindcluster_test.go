package kindcluster_test

import (
	"net/netip"
	"strings"
	"testing"

	"sigs.k8s.io/kind/pkg/apis/config/v1alpha4"
	"sigs.k8s.io/yaml"

	"github.com/irsatz/irsatz/deploy"
	"github.com/irsatz/irsatz/internal/golden"
	"github.com/irsatz/irsatz/kindcluster"
)

const issuer = "https://oidc.eks.eu-west-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF"

// userConfig is a kind config with more than one control plane.
const userConfig = `kind: Cluster
apiVersion: kind.x-k8s.io/v1alpha4
name: other
nodes:
- role: control-plane
- role: worker
- role: control-plane
  extraMounts: [{hostPath: /a, containerPath: /b}]
kubeadmConfigPatches:
- |
  kind: ClusterConfiguration
  apiServer:
    extraArgs: {v: "4"}
`

// options are one of each layout.
func options() map[string]kindcluster.Options {
	return map[string]kindcluster.Options{
		"zero":  {},
		"plain": {Mode: kindcluster.ModePlain, Port: 4566, Region: "eu-west-1"},
		"issuer": {
			Name: "sandbox", Issuer: issuer, Region: "eu-west-1", Port: 4566, Image: "irsatz:abc", Root: "AKIAROOT:secret",
			Cluster:  "sandbox",
			Setup:    []kindcluster.File{{Name: "a.yaml", Content: []byte("apiVersion: irsatz/v1\n")}},
			Accounts: []kindcluster.ServiceAccount{{Namespace: "shop", Name: "app", Annotations: map[string]string{"eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/app"}}, {Namespace: "shop", Name: "other"}, {Namespace: "default", Name: "third"}},
		},
		"keys":  {Mode: kindcluster.ModeKeys, Issuer: issuer, KeyDir: "/keys", Kind: []byte(userConfig), Port: 4566},
		"names": {Issuer: issuer, Setup: []kindcluster.File{}, AWSNames: &kindcluster.Authority{Certificate: []byte("certificate"), Key: []byte("key")}},
		"host":  {Issuer: issuer, Port: 4566, Host: netip.MustParseAddrPort("172.18.0.1:4566")},
	}
}

// TestK06_ConfigAndManifests: what each layout makes, whole. None of it has an
// api-audiences flag.
func TestK06_ConfigAndManifests(t *testing.T) {
	t.Parallel()
	for name, o := range options() {
		config, err := o.Config()
		if err != nil {
			t.Fatal(err)
		}
		if err := yaml.UnmarshalStrict(config, &v1alpha4.Cluster{}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		manifests, err := o.Manifests()
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(config)+string(manifests), "api-audiences") {
			t.Errorf("%s has api-audiences", name)
		}
		golden.Check(t, name+".config.yaml", string(config))
		golden.Check(t, name+".manifests.yaml", string(manifests))
	}
}

// TestOverlayIsWhole: each resource that the kustomization names is applied, so
// that a new one is not forgotten here.
func TestOverlayIsWhole(t *testing.T) {
	t.Parallel()
	text, err := deploy.Kustomize.ReadFile("kustomize/kustomization.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var kustomization struct {
		Resources []string `json:"resources"`
	}
	if err := yaml.Unmarshal(text, &kustomization); err != nil {
		t.Fatal(err)
	}
	manifests, err := kindcluster.Options{}.Manifests()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range kustomization.Resources {
		resource, err := deploy.Kustomize.ReadFile("kustomize/" + name)
		if err != nil {
			t.Fatal(err)
		}
		for document := range strings.SplitSeq(string(resource), "\n---\n") {
			var want struct {
				Kind     string                `json:"kind"`
				Metadata struct{ Name string } `json:"metadata"`
			}
			if err := yaml.Unmarshal([]byte(document), &want); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(manifests), "kind: "+want.Kind+"\n") || !strings.Contains(string(manifests), "  name: "+want.Metadata.Name+"\n") {
				t.Errorf("%s: no %s %s", name, want.Kind, want.Metadata.Name)
			}
		}
	}
}

// TestNoServiceLinks: the variables that pods are given for a Service that is
// called irsatz would be taken for settings that do not exist.
func TestNoServiceLinks(t *testing.T) {
	t.Parallel()
	manifests, err := kindcluster.Options{}.Manifests()
	if err != nil {
		t.Fatal(err)
	}
	for document := range strings.SplitSeq(string(manifests), "---\n") {
		if strings.Contains(document, "kind: Deployment\n") != strings.Contains(document, "      enableServiceLinks: false\n") {
			t.Error(document)
		}
	}
}

func TestOptionsThatMakeNoCluster(t *testing.T) {
	t.Parallel()
	for want, o := range map[string]kindcluster.Options{
		`mode "fast": want issuer, plain or keys`:                      {Mode: "fast"},
		`issuer "http://a": want an https URL`:                         {Issuer: "http://a"},
		`issuer "https://a?b": want an https URL`:                      {Issuer: "https://a?b"},
		"AWS's names lead to irsatz only where it runs in the cluster": {AWSNames: &kindcluster.Authority{}, Host: netip.MustParseAddrPort("172.18.0.1:4566")},
		"the keys are missing":                                         {Mode: kindcluster.ModeKeys},
		"kind config: want kind: Cluster":                              {Kind: []byte("nodes: []")},
		`kind config: error unmarshaling`:                              {Kind: []byte("knid: Cluster")},
	} {
		if _, err := o.Config(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	twice := kindcluster.Options{Setup: []kindcluster.File{{Name: "a"}, {Name: "a"}}}
	if _, err := twice.Manifests(); err == nil || err.Error() != "two files are called a" {
		t.Errorf("got %v", err)
	}
}
