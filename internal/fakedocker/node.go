package fakedocker

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"sigs.k8s.io/yaml"
)

// exec runs a command in a container.
func (r *run) exec() error {
	args := r.args[1:]
	for len(args) > 1 && strings.HasPrefix(args[0], "-") {
		args = args[1:]
	}
	c, ok := r.Container(args[0])
	if !ok {
		return complaint("Error response from daemon: No such container: %s", args[0])
	}
	n := &node{run: r, Container: c}
	return n.command(args[1:])
}

// node is a container in which a command runs.
type node struct {
	*run
	Container
}

const newestVersion = "v1.36.1"

// facts are what commands say in every node.
var facts = map[string]string{
	"containerd config dump": "version = 3\n[plugins]\n  [plugins.'io.containerd.cri.v1.images']\n    snapshotter = 'overlayfs'",
}

func (n *node) command(args []string) error {
	line := strings.Join(args, " ")
	if said, ok := facts[line]; ok {
		fmt.Fprintln(n.Out, said)
		return nil
	}
	if n.Role == "external-load-balancer" {
		return nil
	}
	switch args[0] {
	case "mkdir", "kubeadm":
	case "uname":
		fmt.Fprintln(n.Out, cmp.Or(n.plan.Machine, "x86_64"))
	case "sh":
		fmt.Fprintln(n.Out, "default via 172.18.0.1 dev eth0")
	case "cat":
		return n.cat(args[1])
	case "cp":
		return n.store(args[2])
	case "ctr":
		return n.importImage()
	case "kubectl":
		return n.kubectl(line)
	default:
		return fmt.Errorf("the fake node knows no: %s", line)
	}
	return nil
}

// adminConf is as kubeadm writes it.
const adminConf = `apiVersion: v1
kind: Config
clusters: [{name: kind, cluster: {server: "https://172.18.0.2:6443", certificate-authority-data: Y2E=}}]
users: [{name: kubernetes-admin, user: {client-certificate-data: Y2VydA==, client-key-data: a2V5}}]
contexts: [{name: kubernetes-admin@kind, context: {cluster: kind, user: kubernetes-admin}}]
current-context: kubernetes-admin@kind
`

// mounted is the file of this machine that is mounted at a path.
func (n *node) mounted(path string) (host, options string, ok bool) {
	volume, ok := n.Volumes[path]
	host, options, _ = strings.Cut(volume, ":")
	return host, options, ok
}

// cat prints a file of the node: one that is mounted, one that was written, or
// one that the image has.
func (n *node) cat(path string) error {
	if host, _, ok := n.mounted(path); ok {
		text, err := os.ReadFile(host)
		if err == nil {
			_, err = n.Out.Write(text)
		}
		return err
	}
	text := n.File(n.Container.Name, path)
	switch {
	case text != "":
	case path == "/kind/version":
		text = cmp.Or(n.plan.Version, newestVersion) + "\n"
	case path == "/etc/kubernetes/admin.conf":
		text = adminConf
	default:
		text = "content of " + path
	}
	_, err := io.WriteString(n.Out, text)
	return err
}

func (n *node) store(path string) error {
	text, err := io.ReadAll(n.In)
	if err != nil {
		return err
	}
	host, options, ok := n.mounted(path)
	switch {
	case !ok:
		return n.write(text, "files", n.Container.Name, path)
	case strings.Contains(options, "ro"):
		return fmt.Errorf("cp: cannot create regular file '%s': Read-only file system", path)
	}
	return os.WriteFile(host, text, 0o600)
}

func (n *node) importImage() error {
	text, err := io.ReadAll(n.In)
	if err != nil {
		return err
	}
	return n.write(text, "images", n.Container.Name, fmt.Sprintf("%03d.tar", len(n.Images(n.Container.Name))))
}

// ExtraArgs are the API server's arguments in a kubeadm.conf, of either version.
func ExtraArgs(conf string) map[string]string {
	args := map[string]string{}
	for document := range strings.SplitSeq(conf, "---\n") {
		var c struct {
			Kind      string
			APIServer struct{ ExtraArgs json.RawMessage }
		}
		if yaml.Unmarshal([]byte(document), &c) != nil || c.Kind != "ClusterConfiguration" {
			continue
		}
		var list []struct{ Name, Value string }
		if json.Unmarshal(c.APIServer.ExtraArgs, &list) != nil {
			_ = json.Unmarshal(c.APIServer.ExtraArgs, &args) // none at all, otherwise
		}
		for _, a := range list {
			args[a.Name] = a.Value
		}
	}
	return args
}
