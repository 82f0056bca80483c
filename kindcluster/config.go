package kindcluster

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"sigs.k8s.io/kind/pkg/apis/config/v1alpha4"
	"sigs.k8s.io/yaml"
)

// Config returns the kind config of the cluster: the user's own, if there is
// one, with what irsatz needs.
func (o Options) Config() ([]byte, error) {
	o = o.defaults()
	if err := o.check(); err != nil {
		return nil, err
	}
	c, err := o.cluster()
	if err != nil {
		return nil, err
	}
	return encode(c)
}

const kindVersion = "kind.x-k8s.io/v1alpha4"

// cluster adds ours to the user's config.
func (o Options) cluster() (*v1alpha4.Cluster, error) {
	c := &v1alpha4.Cluster{}
	if err := yaml.UnmarshalStrict(o.Kind, c); err != nil {
		return nil, fmt.Errorf("kind config: %w", err)
	}
	if o.Kind != nil && (c.Kind != "Cluster" || c.APIVersion != kindVersion) {
		return nil, fmt.Errorf("kind config: want kind: Cluster of apiVersion: %s", kindVersion)
	}
	c.Kind, c.APIVersion, c.Name = "Cluster", kindVersion, o.Name
	if len(c.Nodes) == 0 {
		c.Nodes = []v1alpha4.Node{{Role: v1alpha4.ControlPlaneRole}}
	}
	if o.Mode != ModePlain {
		c.KubeadmConfigPatches = append(c.KubeadmConfigPatches, issuerPatch(o.Issuer))
	}
	first := true
	for i := range c.Nodes {
		n := &c.Nodes[i]
		if n.Role != v1alpha4.ControlPlaneRole && n.Role != "" { // kind's default role
			continue
		}
		if o.Mode == ModeKeys {
			n.ExtraMounts = append(n.ExtraMounts, keyMounts(o.KeyDir, i)...)
		}
		if first && o.Port != 0 && !o.Host.IsValid() {
			n.ExtraPortMappings = append(n.ExtraPortMappings, v1alpha4.PortMapping{
				ContainerPort: nodePort, HostPort: int32(o.Port), ListenAddress: "127.0.0.1", Protocol: v1alpha4.PortMappingProtocolTCP,
			})
		}
		first = false
	}
	return c, nil
}

// issuerPatch sets the issuer. It names no apiVersion and has the arguments as
// a map: kind merges that into v1beta3 as into v1beta4, and skips any patch for
// the other version without a word. The keys are served by irsatz, at EKS's
// path below the issuer, which no API server asks.
//
// There is no api-audiences: with sts.amazonaws.com the API server would take
// tokens for AWS as its own and make them valid for a year, and without its own
// issuer no node would become ready.
func issuerPatch(issuer string) string {
	return "kind: ClusterConfiguration\napiServer:\n  extraArgs:\n" +
		"    service-account-issuer: " + strconv.Quote(issuer) + "\n" +
		"    service-account-jwks-uri: " + strconv.Quote(strings.TrimSuffix(issuer, "/")+"/keys") + "\n"
}

// The files of kubeadm's key for service account tokens. It keeps a pair that is
// there, and needs both: it derives no public key.
const (
	pkiDir     = "/etc/kubernetes/pki"
	privateKey = "sa.key"
	publicKey  = "sa.pub"
)

// keyMounts mount a node's own copy of the keys. kind copies the pair from the
// first control plane to the others, so they must be writable there.
func keyMounts(dir string, node int) []v1alpha4.Mount {
	dir = nodeKeyDir(dir, node)
	return []v1alpha4.Mount{
		{HostPath: filepath.Join(dir, privateKey), ContainerPath: pkiDir + "/" + privateKey},
		{HostPath: filepath.Join(dir, publicKey), ContainerPath: pkiDir + "/" + publicKey},
	}
}

func nodeKeyDir(dir string, node int) string { return filepath.Join(dir, strconv.Itoa(node)) }

// encode writes a value as YAML, without what is empty.
func encode(v any) ([]byte, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	var tree map[string]any
	if err := json.Unmarshal(text, &tree); err != nil {
		return nil, err
	}
	for name, value := range tree {
		if m, ok := value.(map[string]any); ok && len(m) == 0 {
			delete(tree, name)
		}
	}
	return yaml.Marshal(tree)
}
