package kindcluster

import (
	"context"
	"encoding/json"
	"strings"

	"sigs.k8s.io/kind/pkg/cluster/nodes"
	"sigs.k8s.io/kind/pkg/cluster/nodeutils"
)

// Status is how a cluster is.
type Status struct {
	Name    string       `json:"name"`
	Context string       `json:"context"`
	Nodes   []NodeStatus `json:"nodes"`
	Issuer  string       `json:"issuer"` // of its tokens; empty: the API server does not say
	Mode    Mode         `json:"mode"`   // empty: irsatz is not there
	// Endpoint is the URL of irsatz on this machine; empty: none leads to it.
	Endpoint string `json:"endpoint,omitempty"`
	Irsatz   State  `json:"irsatz"`
	Webhook  State  `json:"webhook"`
	// Problem is why the API server does not answer; empty if it does.
	Problem string `json:"problem,omitempty"`
}

// NodeStatus is a node.
type NodeStatus struct {
	Name    string `json:"name"`
	Role    string `json:"role"`
	Version string `json:"version"` // of Kubernetes; empty: it does not run
}

// State is how a part of irsatz is.
type State string

// The states.
const (
	StateReady    State = "ready"
	StateNotReady State = "not ready"
	StateMissing  State = "missing"
	StateOnHost   State = "on the host"
	StateUnknown  State = "unknown"
)

// Ready reports whether pods of the cluster get what they need.
func (s Status) Ready() bool {
	ready := func(s State) bool { return s == StateReady || s == StateOnHost }
	return ready(s.Irsatz) && ready(s.Webhook)
}

// Annotations of irsatz's namespace, for Status.
const (
	modeAnnotation     = "irsatz/mode"
	endpointAnnotation = "irsatz/endpoint"
	hostAnnotation     = "irsatz/host"
)

// Status asks the cluster how it is. That its API server does not answer is part
// of the status and no error.
func (c *Cluster) Status(ctx context.Context) (Status, error) {
	s := Status{Name: c.Name, Context: c.Context(), Irsatz: StateUnknown, Webhook: StateUnknown}
	for _, n := range c.nodes {
		of, err := nodeStatus(n)
		if err != nil {
			return s, explain("ask node "+n.String(), err)
		}
		s.Nodes = append(s.Nodes, of)
	}
	if err := c.ask(ctx, &s); err != nil {
		s.Problem = err.Error()
	}
	return s, nil
}

func nodeStatus(n nodes.Node) (NodeStatus, error) {
	role, err := n.Role()
	if err != nil {
		return NodeStatus{}, err
	}
	version, err := nodeutils.KubeVersion(n)
	if err != nil {
		version = "" // the engine knows of nodes that are stopped, too
	}
	return NodeStatus{n.String(), role, version}, nil
}

// ask asks the API server.
func (c *Cluster) ask(ctx context.Context, s *Status) error {
	discovery, err := c.Kubectl(ctx, nil, "get", "--raw", "/.well-known/openid-configuration")
	if err != nil && !strings.Contains(err.Error(), "the server could not find") { // an issuer of which none is shown
		return err
	}
	var document struct {
		Issuer string `json:"issuer"`
	}
	if len(discovery) > 0 {
		if err := json.Unmarshal(discovery, &document); err != nil {
			return err
		}
	}
	s.Issuer = document.Issuer
	found, err := c.Kubectl(ctx, nil, "get", "namespace/"+Namespace, "--ignore-not-found", "-o", "json")
	if err != nil {
		return err
	}
	s.Irsatz, s.Webhook = StateMissing, StateMissing
	if len(strings.TrimSpace(string(found))) == 0 {
		return nil
	}
	var namespace struct {
		Metadata struct{ Annotations map[string]string }
	}
	if err := json.Unmarshal(found, &namespace); err != nil {
		return err
	}
	annotations := namespace.Metadata.Annotations
	s.Mode, s.Endpoint = Mode(annotations[modeAnnotation]), annotations[endpointAnnotation]
	if annotations[hostAnnotation] != "" {
		s.Irsatz, s.Webhook = StateOnHost, StateOnHost
		return nil
	}
	return c.askDeployments(ctx, s)
}

func (c *Cluster) askDeployments(ctx context.Context, s *Status) error {
	found, err := c.Kubectl(ctx, nil, "-n", Namespace, "get", "deployments", "-o", "json")
	if err != nil {
		return err
	}
	var list struct {
		Items []struct {
			Metadata struct{ Name string }
			Status   struct{ ReadyReplicas int }
		}
	}
	if err := json.Unmarshal(found, &list); err != nil {
		return err
	}
	for _, d := range list.Items {
		state := StateNotReady
		if d.Status.ReadyReplicas > 0 {
			state = StateReady
		}
		switch d.Metadata.Name {
		case "irsatz":
			s.Irsatz = state
		case "irsatz-webhook":
			s.Webhook = state
		}
	}
	return nil
}
