package fakedocker

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"sigs.k8s.io/yaml"
)

// Corefile is CoreDNS' configuration to begin with: of kubeadm's what matters.
const Corefile = `.:53 {
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
		" get deployments": func() error { return n.sayJSON(map[string]any{"items": n.applied("Deployment")}) },
		" get configmap coredns": func() error {
			return n.sayJSON(map[string]any{"data": map[string]string{"Corefile": n.Corefile(n.Cluster)}})
		},
		" get secret/irsatz-ca": func() error { return n.secret("irsatz-ca") },
		" logs ": func() error {
			return n.say("irsatz: starting\nirsatz: error: /etc/irsatz/setup.yaml:3: unknown field\nirsatz: hint: try")
		},
		" taint nodes":                 nothing,
		" label nodes":                 nothing,
		" rollout ":                    nothing,
		" patch configmap coredns":     func() error { return n.patchCorefile(line) },
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

// Corefile returns CoreDNS' configuration in a cluster.
func (e Engine) Corefile(cluster string) string {
	if text := e.read("corefile", cluster); text != "" {
		return text
	}
	var p Plan
	if e.readJSON(&p, "plans", "of-"+cluster); p.Corefile != "" {
		return p.Corefile
	}
	return Corefile
}

// patchCorefile takes a JSON patch that tests what it replaces.
func (n *node) patchCorefile(line string) error {
	_, patch, _ := strings.Cut(line, " -p ")
	var operations []struct{ Op, Path, Value string }
	if err := json.Unmarshal([]byte(patch), &operations); err != nil {
		return err
	}
	if len(operations) != 2 || operations[0].Op != "test" || operations[0].Value != n.Corefile(n.Cluster) || operations[1].Op != "replace" {
		return fmt.Errorf("the fake kubectl takes no such patch: %s", patch)
	}
	return n.write([]byte(operations[1].Value), "corefile", n.Cluster)
}

// secret prints a Secret that was applied, as an API server has it, or nothing.
func (n *node) secret(name string) error {
	for _, o := range n.applied("Secret") {
		values, _ := o["stringData"].(map[string]any)
		if metadata, _ := o["metadata"].(map[string]any); metadata["name"] != name {
			continue
		}
		data := map[string][]byte{}
		for key, value := range values {
			data[key] = fmt.Append(nil, value)
		}
		return n.sayJSON(map[string]any{"data": data})
	}
	return nil
}

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
