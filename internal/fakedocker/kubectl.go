package fakedocker

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"sigs.k8s.io/yaml"
)

// corefile is CoreDNS' configuration, as kubeadm writes it.
const corefile = `.:53 {
    errors
    kubernetes cluster.local in-addr.arpa ip6.arpa {
       pods insecure
    }
    forward . /etc/resolv.conf
}
`

// kubectl answers as the API server of the node's kubeadm.conf would, where all
// that was applied is ready at once.
func (n *node) kubectl(line string) error {
	for part, do := range map[string]func() error{
		"-o=jsonpath": func() error { return n.say("'True'") }, // whether the nodes are ready
		" apply --server-side": func() error {
			text, err := io.ReadAll(n.In)
			if err != nil {
				return err
			}
			return n.write(text, "applied", n.Cluster)
		},
		" --dry-run=server":                 n.tryPod,
		"/.well-known/openid-configuration": func() error { return n.sayJSON(map[string]string{"issuer": n.issuer()}) },
		" get namespace/irsatz": func() error {
			if found := n.applied("Namespace"); len(found) > 0 {
				return n.sayJSON(found[0])
			}
			return nil
		},
		" get deployments":       func() error { return n.sayJSON(map[string]any{"items": n.applied("Deployment")}) },
		" get configmap coredns": func() error { return n.sayJSON(map[string]any{"data": map[string]string{"Corefile": corefile}}) },
		" logs ": func() error {
			return n.say("irsatz: starting\nirsatz: error: /etc/irsatz/setup.yaml:3: unknown field\nirsatz: hint: try")
		},
		" taint nodes":                 nothing,
		" label nodes":                 nothing,
		" rollout ":                    nothing,
		" patch configmap coredns":     nothing,
		"kubectl create --kubeconfig=": n.swallow,
		" apply -f -":                  n.swallow,
	} {
		if strings.Contains(line, part) {
			return do()
		}
	}
	return fmt.Errorf("the fake kubectl knows no: %s", line)
}

func nothing() error { return nil }

func (n *node) swallow() error {
	_, err := io.Copy(io.Discard, n.In)
	return err
}

func (n *node) say(text string) error {
	_, err := fmt.Fprintln(n.Out, text)
	return err
}

func (n *node) sayJSON(v any) error { return json.NewEncoder(n.Out).Encode(v) }

// tryPod gives a pod back as the webhook would mark it.
func (n *node) tryPod() error {
	text, err := io.ReadAll(n.In)
	if err != nil {
		return err
	}
	var pod struct {
		APIVersion string `json:"apiVersion"`
		Kind       string `json:"kind"`
		Metadata   struct {
			GenerateName string            `json:"generateName"`
			Annotations  map[string]string `json:"annotations"`
		} `json:"metadata"`
		Spec any `json:"spec"`
	}
	if err := yaml.UnmarshalStrict(text, &pod); err != nil {
		return err
	}
	if asked := pod.Metadata.Annotations["irsatz/probe"]; asked != "" && !n.plan.Unmarked {
		pod.Metadata.Annotations["irsatz/probed"] = asked
	}
	return n.sayJSON(pod)
}

// issuer is that of the node's kubeadm.conf, or kubeadm's own.
func (n *node) issuer() string {
	if issuer := ExtraArgs(n.File(n.Container.Name, "/kind/kubeadm.conf"))["service-account-issuer"]; issuer != "" {
		return issuer
	}
	return "https://kubernetes.default.svc.cluster.local"
}

// applied is what was applied of a kind, all of it ready.
func (n *node) applied(kind string) []map[string]any {
	found := []map[string]any{}
	for document := range strings.SplitSeq(n.Applied(n.Cluster), "---\n") {
		var o map[string]any
		if yaml.Unmarshal([]byte(document), &o) == nil && o["kind"] == kind {
			o["status"] = map[string]any{"readyReplicas": 1}
			found = append(found, o)
		}
	}
	return found
}
