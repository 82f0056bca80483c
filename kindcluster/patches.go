package kindcluster

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"sigs.k8s.io/kind/pkg/apis/config/v1alpha4"
	"sigs.k8s.io/yaml"
)

// Finding is something in a kind config that does not do what it seems to.
type Finding struct {
	Where string // as kubeadmConfigPatches[0]
	Text  string
	// Fatal is one that leaves a cluster that does not start, or that takes what
	// AWS would not.
	Fatal bool
}

// String returns the finding as where: text.
func (f Finding) String() string { return f.Where + ": " + f.Text }

// CheckConfig looks through the kubeadm patches of a kind config for those that
// kind passes over in silence, and those that the API server does not survive.
// Many that are passed around are of years ago.
func CheckConfig(config []byte) ([]Finding, error) {
	c := &v1alpha4.Cluster{}
	if err := yaml.UnmarshalStrict(config, c); err != nil {
		return nil, fmt.Errorf("kind config: %w", err)
	}
	var l patchLint
	l.gates("featureGates", c.FeatureGates)
	l.all("", c.KubeadmConfigPatches, c.KubeadmConfigPatchesJSON6902)
	for i, n := range c.Nodes {
		l.all(fmt.Sprintf("nodes[%d].", i), n.KubeadmConfigPatches, n.KubeadmConfigPatchesJSON6902)
	}
	return l.found, nil
}

// patchLint collects findings.
type patchLint struct{ found []Finding }

func (l *patchLint) warn(where, format string, args ...any) {
	l.found = append(l.found, Finding{where, fmt.Sprintf(format, args...), false})
}

func (l *patchLint) refuse(where, format string, args ...any) {
	l.found = append(l.found, Finding{where, fmt.Sprintf(format, args...), true})
}

// removedGates are feature gates that no API server of 1.32 or later knows: one
// that does not know a gate does not start.
var removedGates = []string{
	"BoundServiceAccountTokenVolume", "TokenRequest", "TokenRequestProjection", "ServiceAccountIssuerDiscovery", "RootCAConfigMap",
	"CSIMigration", "EphemeralContainers", "TTLAfterFinished", "LegacyServiceAccountTokenNoAutoGeneration",
}

func (l *patchLint) gates(where string, gates map[string]bool) {
	for _, gate := range removedGates {
		if _, ok := gates[gate]; ok {
			l.refuse(where, "no Kubernetes of 1.32 or later has the gate %s, and an API server does not start with it: leave it out, it has long been on", gate)
		}
	}
}

func (l *patchLint) all(prefix string, patches []string, json6902 []v1alpha4.PatchJSON6902) {
	for i, p := range patches {
		where := fmt.Sprintf("%skubeadmConfigPatches[%d]", prefix, i)
		for document := range strings.SplitSeq(p, "\n---\n") {
			l.merge(where, document)
		}
	}
	for i, p := range json6902 {
		where := fmt.Sprintf("%skubeadmConfigPatchesJSON6902[%d]", prefix, i)
		l.version(where, p.Group+"/"+p.Version)
		l.operations(where, p.Patch)
	}
}

// kubeadmGroup is the API group of kubeadm's configuration.
const kubeadmGroup = "kubeadm.k8s.io/"

// version explains an apiVersion: kind generates v1beta3 for nodes before 1.36
// and v1beta4 since then, and drops patches that name the other.
func (l *patchLint) version(where, apiVersion string) {
	switch version, kubeadm := strings.CutPrefix(apiVersion, kubeadmGroup); {
	case apiVersion == "" || apiVersion == "/":
	case !kubeadm:
		// the kubelet's and kube-proxy's have versions of their own
	case version == "v1beta3":
		l.warn(where, "apiVersion: %s: kind drops this patch, in silence, on nodes of 1.36 and later; leave apiVersion out", apiVersion)
	case version == "v1beta4":
		l.warn(where, "apiVersion: %s: kind drops this patch, in silence, on nodes before 1.36; leave apiVersion out", apiVersion)
	default:
		l.refuse(where, "apiVersion: %s: kind drops this patch in silence; leave apiVersion out", apiVersion)
	}
}

// merge looks at a merge patch.
func (l *patchLint) merge(where, document string) {
	var patch struct {
		APIVersion   string          `json:"apiVersion"`
		Kind         string          `json:"kind"`
		FeatureGates map[string]bool `json:"featureGates"`
		APIServer    struct {
			ExtraArgs json.RawMessage `json:"extraArgs"`
		} `json:"apiServer"`
	}
	text, err := yaml.YAMLToJSONStrict([]byte(document))
	if err != nil {
		if strings.Contains(err.Error(), "already set in map") || strings.Contains(err.Error(), "already defined") {
			l.refuse(where, "a name stands there twice, and only the last would count: %s", lastLine(err.Error()))
			return
		}
		l.refuse(where, "no YAML: %s", lastLine(err.Error()))
		return
	}
	if err := json.Unmarshal(text, &patch); err != nil {
		l.refuse(where, "%v", err)
		return
	}
	if patch.Kind == "" {
		if strings.TrimSpace(document) != "" {
			l.refuse(where, "no kind: kind does not know what to patch")
		}
		return
	}
	l.version(where, patch.APIVersion)
	l.arguments(where, patch.APIServer.ExtraArgs)
}

// argument is one of the list form.
type argument struct{ Name, Value string }

func (l *patchLint) arguments(where string, text json.RawMessage) {
	if len(text) == 0 {
		return
	}
	var named map[string]any
	if json.Unmarshal(text, &named) == nil {
		for _, name := range slices.Sorted(maps.Keys(named)) {
			l.argument(where, argument{name, fmt.Sprint(named[name])})
		}
		return
	}
	var list []argument
	if err := json.Unmarshal(text, &list); err != nil {
		l.refuse(where, "extraArgs: want a map of names to values")
		return
	}
	l.refuse(where, "extraArgs is a list: on nodes before 1.36 it takes the place of what kind sets, and the API server does not start; write a map, name: value, which kind turns into either form")
	seen := map[string]bool{}
	for _, a := range list {
		if seen[a.Name] {
			l.refuse(where, "%s stands there twice: kind keeps the last one; a second value needs a JSON6902 patch: add /apiServer/extraArgs/-", a.Name)
		}
		seen[a.Name] = true
		l.argument(where, a)
	}
}

// argument looks at a flag of the API server.
func (l *patchLint) argument(where string, a argument) {
	switch a.Name {
	case "api-audiences":
		l.audiences(where, a.Value)
	case "feature-gates":
		for gate := range strings.SplitSeq(a.Value, ",") {
			name, _, _ := strings.Cut(gate, "=")
			l.gates(where, map[string]bool{name: true})
		}
	case "service-account-issuer":
		if !strings.HasPrefix(a.Value, "https://") {
			l.refuse(where, "service-account-issuer: %s is no https URL: the API server shows no discovery document for it", a.Value)
		}
	case "service-account-api-audiences":
		l.refuse(where, "%s was removed in 1.25", a.Name)
	}
}

// audiences explains why STS is none of the API server's.
func (l *patchLint) audiences(where, value string) {
	switch audiences := strings.Split(value, ","); {
	case !slices.Contains(audiences, "sts.amazonaws.com"):
	case len(audiences) == 1:
		l.refuse(where, "api-audiences: %s alone: the API server would not take its own tokens, and no node would become ready; leave it out, pods ask for that audience themselves", value)
	default:
		l.warn(where, "api-audiences: with sts.amazonaws.com in it the API server takes tokens for AWS as its own, and makes them valid for a year; leave it out, pods ask for that audience themselves")
	}
}

// operations looks at the operations of a JSON6902 patch.
func (l *patchLint) operations(where, patch string) {
	var operations []struct {
		Path  string `json:"path"`
		Value any    `json:"value"`
	}
	if err := yaml.Unmarshal([]byte(patch), &operations); err != nil {
		l.refuse(where, "no list of operations: %s", lastLine(err.Error()))
		return
	}
	for _, op := range operations {
		name, ok := strings.CutPrefix(op.Path, "/apiServer/extraArgs/")
		if !ok {
			continue
		}
		if value, plain := op.Value.(string); plain {
			l.argument(where, argument{name, value})
			continue
		}
		if entry, ok := op.Value.(map[string]any); ok {
			l.argument(where, argument{fmt.Sprint(entry["name"]), fmt.Sprint(entry["value"])})
		}
	}
}
