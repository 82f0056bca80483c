package kindcluster_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/yaml"
)

// TestMain makes the test binary serve as docker too: kind runs what it finds in
// PATH. It answers as Docker does to what kind asks, runs nothing, and keeps
// what it was told below a folder.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == "docker" {
		d := &docker{dir: os.Getenv("FAKE_DOCKER")}
		os.Exit(d.run(os.Args[1:]))
	}
	os.Exit(testMain(m))
}

func testMain(m *testing.M) int {
	dir, err := os.MkdirTemp("", "fake-docker-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	self, err := os.Executable()
	if err != nil {
		panic(err)
	}
	for _, err := range []error{
		os.MkdirAll(filepath.Join(dir, "bin"), 0o755),
		os.Symlink(self, filepath.Join(dir, "bin", "docker")),
		os.Setenv("PATH", filepath.Join(dir, "bin")+string(os.PathListSeparator)+os.Getenv("PATH")),
		os.Setenv("FAKE_DOCKER", dir),
		os.Setenv("GORACE", "atexit_sleep_ms=0"), // else each run ends with a second of sleep
	} {
		if err != nil {
			panic(err)
		}
	}
	return m.Run()
}

// plan is how the engine behaves for one cluster.
type plan struct {
	Version string // of the node image; empty means v1.36.1
	Machine string // of uname -m; empty means x86_64
	// Fail is part of a command line that fails, and Say what it says then.
	Fail, Say string
	Unmarked  bool // the webhook does not answer
	Existing  bool // made without us
}

// docker is one run of the fake engine.
type docker struct {
	dir  string
	args []string
}

// container is what docker run was told.
type container struct {
	Name, Cluster, Role, Image string
	Args                       []string
	Volumes                    map[string]string // by path in the container, with options
}

func (d *docker) path(parts ...string) string {
	return filepath.Join(append([]string{d.dir}, parts...)...)
}

func (d *docker) readJSON(into any, parts ...string) bool {
	text, err := os.ReadFile(d.path(parts...))
	return err == nil && json.Unmarshal(text, into) == nil
}

func (d *docker) write(content []byte, parts ...string) {
	file := d.path(parts...)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		panic(err)
	}
	if err := os.WriteFile(file, content, 0o600); err != nil {
		panic(err)
	}
}

// run returns the exit status.
func (d *docker) run(args []string) int {
	d.args = args
	line := strings.Join(args, " ")
	cluster := d.cluster()
	var p plan
	d.readJSON(&p, "plans", cluster)
	d.record(cluster, line)
	if p.Fail != "" && strings.Contains(line, p.Fail) {
		fmt.Fprintln(os.Stderr, p.Say)
		return 125
	}
	if err := d.answer(p); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// record keeps the command line, in the order of commands.
func (d *docker) record(cluster, line string) {
	if err := os.MkdirAll(d.path("calls"), 0o755); err != nil {
		panic(err)
	}
	f, err := os.OpenFile(d.path("calls", "of-"+cluster), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		panic(err)
	}
	defer f.Close()
	fmt.Fprintln(f, strings.ReplaceAll(line, "\n", " "))
}

// after is the argument after one, "" if there is none.
func (d *docker) after(flag string) string {
	for i, a := range d.args[:len(d.args)-1] {
		if a == flag {
			return d.args[i+1]
		}
	}
	return ""
}

const clusterLabel, roleLabel = "io.x-k8s.kind.cluster", "io.x-k8s.kind.role"

// label is the value of a --label.
func (d *docker) label(name string) string {
	for _, a := range d.args {
		if value, ok := strings.CutPrefix(a, name+"="); ok {
			return value
		}
	}
	return ""
}

// cluster is the one that a command is about, "" if it is about none.
func (d *docker) cluster() string {
	if c := d.label(clusterLabel); c != "" {
		return c
	}
	if c := d.label("label=" + clusterLabel); c != "" {
		return c
	}
	for _, a := range d.args {
		var c container
		if a != "" && !strings.Contains(a, "/") && d.readJSON(&c, "containers", a) {
			return c.Cluster
		}
	}
	return ""
}

func (d *docker) containers(cluster string) []container {
	entries, _ := os.ReadDir(d.path("containers"))
	var all []container
	for _, e := range entries {
		var c container
		if d.readJSON(&c, "containers", e.Name()) && (cluster == "" || c.Cluster == cluster) {
			all = append(all, c)
		}
	}
	return all
}

// answer answers as Docker 28 does.
func (d *docker) answer(p plan) error {
	switch line := strings.Join(d.args, " "); {
	case line == "-v":
		fmt.Println("Docker version 28.0.1, build 068a01e")
	case line == "info --format {{json .}}":
		fmt.Println(`{"CgroupDriver":"systemd","CgroupVersion":"2","MemoryLimit":true,"PidsLimit":true,"CPUShares":true,"SecurityOptions":["name=seccomp,profile=builtin","name=cgroupns"]}`)
	case strings.HasPrefix(line, "info --format '{{json .SecurityOptions}}'"):
		fmt.Println(`'["name=seccomp,profile=builtin"]'`)
	case line == "info -f {{.Driver}}":
		fmt.Println("overlay2")
	case strings.HasPrefix(line, "info -f {{json .DriverStatus"):
		fmt.Println(`[["Backing Filesystem","extfs"]]`)
	case strings.HasPrefix(line, "network ls"):
		fmt.Println("0123456789ab")
	case strings.HasPrefix(line, "network inspect -f"):
		fmt.Println("fc00:f853:ccd:e793::/64 172.18.0.0/16 ")
	case strings.HasPrefix(line, "network inspect"):
		fmt.Println(`[{"Id":"0123456789ab","Containers":{}}]`)
	case strings.HasPrefix(line, "inspect --type=image"):
		if strings.Contains(line, "missing") {
			return fmt.Errorf("Error response from daemon: No such image: %s", d.args[2])
		}
	case d.args[0] == "pull":
		return fmt.Errorf("Error response from daemon: Get \"https://registry-1.docker.io/v2/\": dial tcp: lookup registry-1.docker.io: no such host")
	case d.args[0] == "ps":
		for _, c := range d.containers(d.label("label=" + clusterLabel)) {
			if strings.Contains(line, "{{.Names}}") {
				fmt.Println(c.Name)
			} else {
				fmt.Println(c.Cluster)
			}
		}
	case d.args[0] == "run":
		d.create()
	case d.args[0] == "logs":
		fmt.Println("Reached target Multi-User System.")
		time.Sleep(time.Millisecond)
	case d.args[0] == "rm":
		for _, name := range d.args[1:] {
			_ = os.Remove(d.path("containers", name))
		}
	case d.args[0] == "inspect":
		return d.inspect(line)
	case d.args[0] == "exec":
		return d.exec(p)
	default:
		return fmt.Errorf("the fake docker knows no: docker %s", line)
	}
	return nil
}

func (d *docker) create() {
	c := container{Name: d.after("--name"), Cluster: d.label(clusterLabel), Role: d.label(roleLabel), Args: d.args, Image: d.args[len(d.args)-1], Volumes: map[string]string{}}
	for _, a := range d.args {
		if v, ok := strings.CutPrefix(a, "--volume="); ok {
			parts := strings.SplitN(v, ":", 3)
			c.Volumes[parts[1]] = strings.Join(append([]string{parts[0]}, parts[2:]...), ":")
		}
	}
	text, _ := json.Marshal(c)
	d.write(text, "containers", c.Name)
}

func (d *docker) inspect(line string) error {
	var c container
	if !d.readJSON(&c, "containers", d.args[len(d.args)-1]) {
		return fmt.Errorf("Error: No such object: %s", d.args[len(d.args)-1])
	}
	switch {
	case strings.Contains(line, roleLabel):
		fmt.Println(c.Role)
	case strings.Contains(line, ".GlobalIPv6Address"):
		fmt.Println("172.18.0.2,fc00:f853:ccd:e793::2")
	case strings.Contains(line, "desktop.docker.io"):
		fmt.Println()
	case strings.Contains(line, ".NetworkSettings.Ports"):
		fmt.Println("127.0.0.1\t40001")
	default:
		return fmt.Errorf("the fake docker knows no: docker %s", line)
	}
	return nil
}

// exec runs a command in a node.
func (d *docker) exec(p plan) error {
	args := d.args[1:]
	for len(args) > 0 && strings.HasPrefix(args[0], "-") {
		args = args[1:]
	}
	var c container
	if !d.readJSON(&c, "containers", args[0]) {
		return fmt.Errorf("Error response from daemon: No such container: %s", args[0])
	}
	n := &node{d: d, container: c, plan: p}
	return n.command(args[1:])
}

// node is a container of the fake engine.
type node struct {
	d *docker
	container
	plan plan
}

func (n *node) command(args []string) error {
	switch line := strings.Join(args, " "); {
	case n.Role == "external-load-balancer":
	case args[0] == "mkdir":
	case line == "uname -m":
		fmt.Println(or(n.plan.Machine, "x86_64"))
	case line == "containerd config dump":
		fmt.Print("version = 3\n[plugins]\n  [plugins.'io.containerd.cri.v1.images']\n    snapshotter = 'overlayfs'\n")
	case args[0] == "cat":
		text, err := n.read(args[1])
		if err != nil {
			return err
		}
		fmt.Print(text)
	case args[0] == "cp":
		return n.store(args[2])
	case args[0] == "kubeadm":
		fmt.Println("[init] Using Kubernetes version: " + or(n.plan.Version, "v1.36.1"))
	case args[0] == "ctr":
		n.d.write(stdin(), "images", n.Name, strconv.FormatInt(time.Now().UnixNano(), 10)+".tar")
	case args[0] == "sh":
		fmt.Println("default via 172.18.0.1 dev eth0")
	case args[0] == "kubectl":
		return n.kubectl(line)
	default:
		return fmt.Errorf("the fake node knows no: %s", line)
	}
	return nil
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

func stdin() []byte {
	text, err := io.ReadAll(os.Stdin)
	if err != nil {
		panic(err)
	}
	return text
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
func (n *node) mounted(path string) (host string, readOnly, ok bool) {
	volume, ok := n.Volumes[path]
	host, options, _ := strings.Cut(volume, ":")
	return host, strings.Contains(options, "ro"), ok
}

func (n *node) read(path string) (string, error) {
	if host, _, ok := n.mounted(path); ok {
		text, err := os.ReadFile(host)
		return string(text), err
	}
	if text, err := os.ReadFile(n.d.path("files", n.Name, path)); err == nil {
		return string(text), nil
	}
	switch path {
	case "/kind/version":
		return or(n.plan.Version, "v1.36.1") + "\n", nil
	case "/etc/kubernetes/admin.conf":
		return adminConf, nil
	}
	return "content of " + path, nil
}

func (n *node) store(path string) error {
	if host, readOnly, ok := n.mounted(path); ok {
		if readOnly {
			return fmt.Errorf("cp: cannot create regular file '%s': Read-only file system", path)
		}
		return os.WriteFile(host, stdin(), 0o600)
	}
	n.d.write(stdin(), "files", n.Name, path)
	return nil
}

// kubectl answers as the API server of kubeadm.conf would.
func (n *node) kubectl(line string) error {
	switch {
	case strings.Contains(line, "-o=jsonpath"):
		fmt.Println("'True'")
	case strings.Contains(line, " apply --server-side"):
		n.d.write(stdin(), "applied", n.Cluster)
	case strings.Contains(line, "--dry-run=server"):
		return n.tryPod()
	case strings.Contains(line, "/.well-known/openid-configuration"):
		fmt.Printf("{\"issuer\":%q}\n", n.issuer())
	case strings.Contains(line, "get namespace/irsatz"):
		return n.applied("Namespace", false)
	case strings.Contains(line, "get deployments"):
		return n.applied("Deployment", true)
	case strings.Contains(line, " logs "):
		fmt.Println("irsatz: starting\nirsatz: error: /etc/irsatz/setup.yaml:3: unknown field")
	case strings.Contains(line, " create "), strings.Contains(line, " apply -f"):
		stdin()
	case strings.Contains(line, " taint "), strings.Contains(line, " label "), strings.Contains(line, " rollout "):
	default:
		return fmt.Errorf("the fake kubectl knows no: %s", line)
	}
	return nil
}

func (n *node) tryPod() error {
	var pod map[string]any
	if err := yaml.UnmarshalStrict(stdin(), &pod); err != nil {
		return err
	}
	annotations := pod["metadata"].(map[string]any)["annotations"].(map[string]any)
	if !n.plan.Unmarked {
		annotations["irsatz/probed"] = annotations["irsatz/probe"]
	}
	return json.NewEncoder(os.Stdout).Encode(pod)
}

// issuer is that of the node's kubeadm.conf.
func (n *node) issuer() string {
	text, _ := n.read("/kind/kubeadm.conf")
	if issuer := extraArgs(text)["service-account-issuer"]; issuer != "" {
		return issuer
	}
	return "https://kubernetes.default.svc.cluster.local"
}

// applied prints what was applied of a kind, all of it as ready.
func (n *node) applied(kind string, list bool) error {
	text, _ := os.ReadFile(n.d.path("applied", n.Cluster))
	var found []any
	for document := range strings.SplitSeq(string(text), "---\n") {
		var o map[string]any
		if err := yaml.Unmarshal([]byte(document), &o); err != nil {
			return err
		}
		if o["kind"] == kind {
			o["status"] = map[string]any{"readyReplicas": 1}
			found = append(found, o)
		}
	}
	var out any = map[string]any{"items": found}
	if !list {
		if len(found) == 0 {
			return nil
		}
		out = found[0]
	}
	return json.NewEncoder(os.Stdout).Encode(out)
}

// extraArgs are the API server's in a kubeadm.conf of either version.
func extraArgs(conf string) map[string]string {
	args := map[string]string{}
	for document := range strings.SplitSeq(conf, "---\n") {
		var c struct {
			Kind      string
			APIServer struct{ ExtraArgs any }
		}
		if yaml.Unmarshal([]byte(document), &c) != nil || c.Kind != "ClusterConfiguration" {
			continue
		}
		switch extra := c.APIServer.ExtraArgs.(type) {
		case map[string]any:
			for name, value := range extra {
				args[name] = fmt.Sprint(value)
			}
		case []any:
			for _, entry := range extra {
				e := entry.(map[string]any)
				args[fmt.Sprint(e["name"])] = fmt.Sprint(e["value"])
			}
		}
	}
	return args
}

// engineDir is where the fake engine keeps things.
func engineDir() *docker { return &docker{dir: os.Getenv("FAKE_DOCKER")} }

// planned says how the engine is to behave for the test's cluster, whose name it
// returns.
func planned(t *testing.T, p plan) string {
	t.Helper()
	name := strings.ToLower(strings.NewReplacer("/", "-", "_", "-", "#", "").Replace(t.Name()))
	if len(name) > 40 {
		name = name[len(name)-40:]
	}
	name = strings.Trim(name, "-")
	text, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	engineDir().write(text, "plans", name)
	if p.Existing {
		c, _ := json.Marshal(container{Name: name + "-control-plane", Cluster: name, Role: "control-plane"})
		engineDir().write(c, "containers", name+"-control-plane")
	}
	return name
}

// calls are the commands that were run for a cluster.
func calls(t *testing.T, cluster string) string {
	t.Helper()
	text, err := os.ReadFile(engineDir().path("calls", "of-"+cluster))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// nodeFile is what kind wrote into a node.
func nodeFile(t *testing.T, node, path string) string {
	t.Helper()
	text, err := os.ReadFile(engineDir().path("files", node, path))
	if err != nil {
		t.Fatal(err)
	}
	return string(bytes.TrimSpace(text))
}
