package kindcluster

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/netip"
	"strings"

	"sigs.k8s.io/kind/pkg/cluster/nodes"
	"sigs.k8s.io/kind/pkg/cluster/nodeutils"
	"sigs.k8s.io/kind/pkg/exec"
)

// Cluster is a kind cluster that is there.
type Cluster struct {
	Name string
	// Options are those it was brought up with; the zero Options if it was found.
	Options Options

	engine *Engine
	nodes  []nodes.Node // without a load balancer
	first  nodes.Node   // a control plane
}

// Cluster returns a cluster that is there, or an ErrNoCluster.
func (e *Engine) Cluster(name string) (*Cluster, error) {
	there, err := e.has(name)
	if err != nil {
		return nil, err
	}
	if !there {
		names, err := e.provider.List()
		hint := "`irsatz kind up --name " + name + "` makes it"
		if err == nil && len(names) > 0 {
			hint += "; there are: " + strings.Join(names, ", ")
		}
		return nil, problem(hint, "cluster %s: %w", name, ErrNoCluster)
	}
	all, err := e.provider.ListInternalNodes(name)
	if err != nil {
		return nil, explain("list the nodes of "+name, err)
	}
	first, err := nodeutils.BootstrapControlPlaneNode(all)
	if err != nil {
		return nil, explain("find the control plane of "+name, err)
	}
	return &Cluster{Name: name, engine: e, nodes: all, first: first}, nil
}

// Kubectl runs kubectl as the cluster's administrator, on a node: no kubeconfig
// of this machine is needed, nor a kubectl, and a remote engine does as well.
// input is its standard input, nil meaning none.
func (c *Cluster) Kubectl(ctx context.Context, input io.Reader, args ...string) ([]byte, error) {
	cmd := c.first.CommandContext(ctx, "kubectl", append([]string{"--kubeconfig=/etc/kubernetes/admin.conf"}, args...)...)
	if input != nil {
		cmd.SetStdin(input)
	}
	var out bytes.Buffer
	if err := cmd.SetStdout(&out).Run(); err != nil {
		if ctx.Err() != nil {
			return nil, fmt.Errorf("kubectl %s: %w", verb(args), context.Cause(ctx))
		}
		return nil, explain("kubectl "+verb(args), err)
	}
	return out.Bytes(), nil
}

// verb is kubectl's, after the namespace.
func verb(args []string) string {
	if args[0] == "-n" && len(args) > 2 {
		return args[2]
	}
	return args[0]
}

// Context is the cluster's context in a kubeconfig, as kind calls it.
func (c *Cluster) Context() string { return ContextOf(c.Name) }

// ContextOf is what kind calls the context of a cluster of the name.
func ContextOf(name string) string { return "kind-" + name }

// architectures are those of uname -m, as Go calls them.
var architectures = map[string]string{"x86_64": "amd64", "aarch64": "arm64", "arm64": "arm64"}

// arch returns a node's GOARCH.
func arch(ctx context.Context, n nodes.Node) (string, error) {
	lines, err := exec.OutputLines(n.CommandContext(ctx, "uname", "-m"))
	if err != nil || len(lines) != 1 {
		return "", explain("ask for the architecture of node "+n.String(), err)
	}
	if known, ok := architectures[lines[0]]; ok {
		return known, nil
	}
	return lines[0], nil
}

// HostAddress is how this machine is reached from the cluster's nodes and pods:
// what host.docker.internal and host.containers.internal are where the engine
// runs in a virtual machine, else the gateway of the nodes' network. kind's
// nodes find it in the same way: images/base/files/usr/local/bin/entrypoint.
func (c *Cluster) HostAddress(ctx context.Context) (netip.Addr, error) {
	const script = `for h in host.docker.internal host.containers.internal; do getent ahostsv4 $h && exit; done; ip -4 route show default`
	lines, err := exec.OutputLines(c.first.CommandContext(ctx, "sh", "-c", script))
	if err != nil {
		return netip.Addr{}, explain("ask a node for the address of this machine", err)
	}
	for _, line := range lines {
		fields := strings.Fields(line)
		if len(fields) > 2 && fields[0] == "default" {
			fields = fields[2:] // default via ADDRESS
		}
		if len(fields) == 0 {
			continue
		}
		if a, err := netip.ParseAddr(fields[0]); err == nil && !a.IsLoopback() && !a.IsLinkLocalUnicast() {
			return a, nil
		}
	}
	return netip.Addr{}, problem("name it with --host-address", "no address of this machine is known to node %s", c.first)
}
