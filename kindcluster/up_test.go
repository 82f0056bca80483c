package kindcluster_test

import (
	"bytes"
	"context"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/irsatz/irsatz/internal/fakedocker"
	"github.com/irsatz/irsatz/kindcluster"
)

// engine is the fake one, and what it shows while it works.
func engine(t *testing.T) (*kindcluster.Engine, *bytes.Buffer) {
	t.Helper()
	var progress bytes.Buffer
	e, err := kindcluster.FindEngine(kindcluster.EngineConfig{Provider: "docker", Progress: &progress})
	if err != nil {
		t.Fatal(err)
	}
	return e, &progress
}

// launch is a cluster with everything, whose kubeconfig is the test's own.
func launch(t *testing.T, name string) kindcluster.Launch {
	t.Helper()
	image, err := kindcluster.NewImage(binaryFor(t, "amd64"), []byte("certificates"))
	if err != nil {
		t.Fatal(err)
	}
	return kindcluster.Launch{
		Options: kindcluster.Options{Name: name, Issuer: issuer, Region: "eu-west-1", Port: 4566},
		Archive: image, Kubeconfig: filepath.Join(t.TempDir(), "kubeconfig"), Wait: 20 * time.Second,
	}
}

func up(t *testing.T, l kindcluster.Launch) *kindcluster.Cluster {
	t.Helper()
	e, progress := engine(t)
	c, err := e.Up(t.Context(), l)
	if err != nil {
		t.Fatalf("%v\n%s", err, progress)
	}
	return c
}

func status(t *testing.T, c *kindcluster.Cluster) kindcluster.Status {
	t.Helper()
	s, err := c.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// versions are those of node images, with the version of kubeadm's configuration
// that kind writes for them.
var versions = map[string]string{
	"v1.32.11": "v1beta3", "v1.33.7": "v1beta3", "v1.34.3": "v1beta3", "v1.35.1": "v1beta3", "v1.36.1": "v1beta4", "v1.37.0": "v1beta4",
}

// TestK02_IssuerTakesEffect: what kind writes into the node has our arguments and
// all of its own, whichever version it is, and the cluster's issuer is ours.
func TestK02_IssuerTakesEffect(t *testing.T) {
	t.Parallel()
	for version, want := range versions {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			name := planned(t, fakedocker.Plan{Version: version})
			c := up(t, launch(t, name))
			conf := docker().File(name+"-control-plane", "/kind/kubeadm.conf")
			if !strings.Contains(conf, "apiVersion: kubeadm.k8s.io/"+want+"\n") {
				t.Errorf("no %s in\n%s", want, conf)
			}
			got := fakedocker.ExtraArgs(conf)
			// kind's own: it has none for v1beta4 without runtime config.
			delete(got, "runtime-config")
			arguments := map[string]string{"service-account-issuer": issuer, "service-account-jwks-uri": issuer + "/keys"}
			if diff := cmp.Diff(arguments, got); diff != "" {
				t.Error(diff)
			}
			if s := status(t, c); s.Issuer != issuer || s.Mode != kindcluster.ModeIssuer || !s.Ready() {
				t.Errorf("%+v", s)
			}
		})
	}
}

// TestK01_PlainCluster: a cluster that kind made with no config of ours, or of
// anybody's, is wired as well; its tokens have kubeadm's issuer.
func TestK01_PlainCluster(t *testing.T) {
	t.Parallel()
	for layout, name := range map[string]func(*testing.T, fakedocker.Plan) string{"new": planned, "existing": existing} {
		t.Run(layout, func(t *testing.T) {
			t.Parallel()
			existing := layout == "existing"
			name := name(t, fakedocker.Plan{})
			l := launch(t, name)
			l.Mode, l.Issuer, l.Port, l.Existing = kindcluster.ModePlain, "", 0, existing
			s := status(t, up(t, l))
			if made := strings.Contains(docker().Calls(name), "kubeadm init"); made == existing {
				t.Errorf("made %t", made)
			}
			want := kindcluster.Status{
				Name: name, Context: "kind-" + name, Nodes: []kindcluster.NodeStatus{{name + "-control-plane", "control-plane", "v1.36.1"}},
				Issuer: "https://kubernetes.default.svc.cluster.local", Mode: kindcluster.ModePlain,
				Irsatz: kindcluster.StateReady, Webhook: kindcluster.StateReady,
			}
			if diff := cmp.Diff(want, s); diff != "" {
				t.Error(diff)
			}
			applied := docker().Applied(name)
			if !strings.Contains(applied, "oidc-provider/kubernetes.default.svc.cluster.local") {
				t.Error("the setup is for another issuer")
			}
			if existing != strings.Contains(docker().Calls(name), "rollout restart") {
				t.Error("what runs already reads no new setup, or what does not is restarted")
			}
		})
	}
}

// TestK05_Keys: every control plane has irsatz's key where kubeadm looks for it,
// after kind has copied the first one's to the others.
func TestK05_Keys(t *testing.T) {
	t.Parallel()
	for nodes, config := range map[string]string{
		"single": "",
		"multi":  kindHead + "nodes: [{role: control-plane}, {role: control-plane}, {role: worker}, {role: control-plane}]\n",
	} {
		t.Run(nodes, func(t *testing.T) {
			t.Parallel()
			name := planned(t, fakedocker.Plan{})
			l := launch(t, name)
			l.Mode, l.KeyDir = kindcluster.ModeKeys, t.TempDir()
			if config != "" {
				l.Kind = []byte(config)
			}
			l.Keys = kindcluster.KeyPair{Private: []byte("private"), Public: []byte("public")}
			c := up(t, l)
			planes := 0
			for _, n := range status(t, c).Nodes {
				of, ok := docker().Container(n.Name)
				if !ok {
					t.Fatalf("no container %s", n.Name)
				}
				if n.Role != "control-plane" {
					if len(of.Volumes) != 0 {
						t.Errorf("%s has the keys", n.Name)
					}
					continue
				}
				planes++
				for path, want := range map[string]string{"/etc/kubernetes/pki/sa.key": "private", "/etc/kubernetes/pki/sa.pub": "public"} {
					host, options, _ := strings.Cut(of.Volumes[path], ":")
					text, err := os.ReadFile(host)
					if err != nil || string(text) != want || options != "" {
						t.Errorf("%s: %s: %q, %s, %v", n.Name, path, text, options, err)
					}
				}
			}
			if want := map[string]int{"single": 1, "multi": 3}[nodes]; planes != want {
				t.Errorf("%d control planes, want %d", planes, want)
			}
			if copied := strings.Contains(docker().Calls(name), "cp /dev/stdin /etc/kubernetes/pki/sa.key"); copied != (nodes == "multi") {
				t.Errorf("kind copied the keys: %t", copied)
			}
		})
	}
}

// TestKeysOfAClusterThatIsThere: they are in use, and stay as they are; those of
// one that does not come up go with it.
func TestKeysOfAClusterThatIsThere(t *testing.T) {
	t.Parallel()
	name := planned(t, fakedocker.Plan{})
	l := launch(t, name)
	l.Mode, l.KeyDir, l.Keys = kindcluster.ModeKeys, t.TempDir(), kindcluster.KeyPair{Private: []byte("private"), Public: []byte("public")}
	up(t, l)
	e, _ := engine(t)
	l.Keys = kindcluster.KeyPair{Private: []byte("another"), Public: []byte("another")}
	if _, err := e.Up(t.Context(), l); !errors.Is(err, kindcluster.ErrExists) {
		t.Errorf("got %v", err)
	}
	if text, err := os.ReadFile(filepath.Join(l.KeyDir, "0", "sa.key")); err != nil || string(text) != "private" {
		t.Errorf("the key is %s, %v", text, err)
	}
	broken := planned(t, fakedocker.Plan{Fail: "kubeadm init", Say: "error"}) // of the same name
	if _, err := e.Down(broken, l.Kubeconfig); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Up(t.Context(), l); err == nil {
		t.Fatal("came up")
	}
	if left, err := os.ReadDir(l.KeyDir); err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
	l.Keys.Public = nil
	if _, err := e.Up(t.Context(), l); err == nil || err.Error() != "a key without its other half" {
		t.Errorf("half a key: %v", err)
	}
}

// TestK07_NameAndDelete: a name that is taken is a clear error that leaves the
// cluster alone; removing one twice is none.
func TestK07_NameAndDelete(t *testing.T) {
	t.Parallel()
	name := planned(t, fakedocker.Plan{})
	l := launch(t, name)
	up(t, l)
	e, _ := engine(t)
	before := docker().Calls(name)
	_, err := e.Up(t.Context(), l)
	p, ok := errors.AsType[*kindcluster.Problem](err)
	if !ok || !errors.Is(err, kindcluster.ErrExists) || err.Error() != "cluster "+name+" is there already" || !strings.Contains(p.Hint, "irsatz kind down --name "+name) {
		t.Errorf("got %v", err)
	}
	if after := strings.TrimPrefix(docker().Calls(name), before); strings.Contains(after, "rm ") {
		t.Errorf("the cluster that was there: %s", after)
	}
	for _, want := range []bool{true, false} {
		if removed, err := e.Down(name, l.Kubeconfig); err != nil || removed != want {
			t.Errorf("removed %t, %v", removed, err)
		}
	}
	if text, err := os.ReadFile(l.Kubeconfig); err != nil || strings.Contains(string(text), "kind-"+name) {
		t.Errorf("kubeconfig: %s %v", text, err)
	}
	_, err = e.Cluster(name)
	if !errors.Is(err, kindcluster.ErrNoCluster) {
		t.Errorf("got %v", err)
	}
}

// TestUpShowsProgress: kind's steps and ours, alike, and no times.
func TestUpShowsProgress(t *testing.T) {
	t.Parallel()
	name := planned(t, fakedocker.Plan{})
	archive := filepath.Join(t.TempDir(), "app.tar")
	if err := os.WriteFile(archive, []byte("an archive"), 0o600); err != nil {
		t.Fatal(err)
	}
	l := launch(t, name)
	l.Archives, l.AWSNames = []string{archive}, &kindcluster.Authority{Certificate: []byte("certificate"), Key: []byte("key")}
	e, progress := engine(t)
	if _, err := e.Up(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	var done []string
	for line := range strings.Lines(progress.String()) {
		if step, ok := strings.CutPrefix(line, " ✓ "); ok {
			done = append(done, strings.TrimSpace(step))
		}
	}
	done = slices.DeleteFunc(done, func(s string) bool { return strings.HasPrefix(s, "Ensuring node image") })
	want := []string{
		"Preparing nodes 📦", "Writing configuration 📜", "Starting control-plane 🕹️", "Installing CNI 🔌", "Installing StorageClass 💾",
		"Waiting ≤ 20s for control-plane = Ready ⏳", "Loading the image " + l.Archive.Name + " 📦", "Loading " + archive + " 📦",
		"Installing irsatz 🎫", "Leading AWS's names to irsatz 🧭", "Waiting for irsatz and its webhook 🪝", "Trying a pod 🐳",
	}
	if diff := cmp.Diff(want, done); diff != "" {
		t.Error(diff)
	}
	if !strings.Contains(docker().Calls(name), `patch configmap coredns --type=json`) {
		t.Error("CoreDNS is left alone")
	}
	if kubeconfig, err := os.ReadFile(l.Kubeconfig); err != nil || !strings.Contains(string(kubeconfig), "current-context: kind-"+name) {
		t.Errorf("kubeconfig: %s %v", kubeconfig, err)
	}
	node, _ := docker().Container(name + "-control-plane")
	if !slices.Contains(node.Args, "--publish=127.0.0.1:4566:30566/TCP") {
		t.Errorf("no port leads to irsatz: %v", node.Args)
	}
}

// TestUpFails: whatever fails is one clear line with a hint, and what was half
// made is gone, unless it is to stay.
func TestUpFails(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, fail, say string
		want, hint      string
	}{
		{"permission", "run --name", "docker: permission denied while trying to connect to the docker API at unix:///var/run/docker.sock", "the container engine refuses you", "usermod -aG docker"},
		{"not running", "run --name", "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?", "the container engine does not run", "start it"},
		{"port", "run --name", "docker: Error response from daemon: failed to set up container networking: Bind for 127.0.0.1:4566 failed: port is already allocated\n\nRun 'docker run --help' for more information", "a port of this machine is taken: docker: Error response", "--port"},
		{"config", "cp /dev/stdin /kind/kubeadm.conf", "no space left on device", "make the cluster", ""},
		{"kubeadm", "kubeadm init", "error: timed out", "kubeadm cannot start the control plane: error: timed out", "--retain"},
		{"cni", "create --kubeconfig", "error: no connection", "make the cluster", ""},
		{"architecture", "uname", "exec failed", "ask for the architecture of node", ""},
		{"snapshotter", "containerd config dump", "exec failed", "the image cannot be loaded: exec failed", "kindest/node"},
		{"image", "ctr ", "ctr: content digest sha256:1: not found", "the image cannot be loaded: ctr: content digest sha256:1: not found", "docker save"},
		{"apply", "apply --server-side", `error: "irsatz" is invalid`, `kubectl apply: error: "irsatz" is invalid`, ""},
		{"irsatz", "rollout status deployment/irsatz --", "error: timed out waiting for the condition", "irsatz is not ready: it says: /etc/irsatz/setup.yaml:3: unknown field", "describe pods"},
		{"webhook", "rollout status deployment/irsatz-webhook", "error: timed out waiting for the condition", "irsatz-webhook is not ready", "its certificate bear that name"},
		{"pod", "--dry-run=server", `failed calling webhook: tls: failed to verify certificate: x509: certificate is valid for a, not b`, "kubectl create: the webhook's certificate does not match: failed calling webhook", "rollout restart deployment/irsatz-webhook"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, retain := range []bool{false, true} {
				name := planned(t, fakedocker.Plan{Fail: tt.fail, Say: tt.say})
				l := launch(t, name)
				l.Retain = retain
				e, _ := engine(t)
				_, err := e.Up(t.Context(), l)
				checkProblem(t, err, tt.want, tt.hint)
				if left := len(docker().Containers(name)); (left > 0) != (retain && tt.fail != "run --name") {
					t.Errorf("retain %t: %d nodes are left", retain, left)
				}
				if _, err := e.Down(name, l.Kubeconfig); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// TestNodeImageIsNotThere: kind tries to pull it for some seconds.
func TestNodeImageIsNotThere(t *testing.T) {
	t.Parallel()
	name := planned(t, fakedocker.Plan{})
	l := launch(t, name)
	l.NodeImage = "kindest/node:missing"
	e, _ := engine(t)
	_, err := e.Up(t.Context(), l)
	checkProblem(t, err, "the node image is not there and cannot be pulled: Error response from daemon", "--node-image")
}

func checkProblem(t *testing.T, err error, want, hint string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
		t.Errorf("got %v, want one line with %q", err, want)
	}
	p, ok := errors.AsType[*kindcluster.Problem](err)
	if ok != (hint != "") || ok && !strings.Contains(p.Hint, hint) {
		t.Errorf("%v: the hint is %+v, want %q", err, p, hint)
	}
}

// TestUpRefuses: what cannot come to be is refused before anything is made.
func TestUpRefuses(t *testing.T) {
	t.Parallel()
	e, _ := engine(t)
	for _, tt := range []struct {
		name   string
		change func(*kindcluster.Launch)
		want   string
	}{
		{"no archive", func(l *kindcluster.Launch) { l.Archives = []string{"no-such.tar"} }, "--load: open no-such.tar"},
		{"mode", func(l *kindcluster.Launch) { l.Mode = "fast" }, `mode "fast"`},
		{"config", func(l *kindcluster.Launch) { l.Kind = []byte("a: b") }, "kind config: "},
		{"cluster", func(l *kindcluster.Launch) { l.Existing = true }, "there is no such kind cluster"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			name := planned(t, fakedocker.Plan{})
			l := launch(t, name)
			tt.change(&l)
			if _, err := e.Up(t.Context(), l); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
			if nodes := docker().Containers(name); len(nodes) > 0 {
				t.Errorf("made %v", nodes)
			}
		})
	}
}

// TestUpIsInterrupted: a cluster is not left behind.
func TestUpIsInterrupted(t *testing.T) {
	t.Parallel()
	name := planned(t, fakedocker.Plan{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	e, _ := engine(t)
	if _, err := e.Up(ctx, launch(t, name)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if nodes := docker().Containers(name); len(nodes) > 0 {
		t.Errorf("left: %v", nodes)
	}
}

// TestExistingClusterStays: what was there before is not removed when irsatz
// does not come up in it.
func TestExistingClusterStays(t *testing.T) {
	t.Parallel()
	name := existing(t, fakedocker.Plan{Unmarked: true})
	l := launch(t, name)
	l.Existing, l.Mode, l.Port = true, kindcluster.ModePlain, 0
	e, _ := engine(t)
	_, err := e.Up(t.Context(), l)
	checkProblem(t, err, "a pod that was tried was not mutated", "irsatz kind status")
	if len(docker().Containers(name)) != 1 {
		t.Error("the cluster is gone")
	}
}

// TestK09_Host: with irsatz on the host the same Service leads to where the nodes
// reach this machine, and no image is needed.
func TestK09_Host(t *testing.T) {
	t.Parallel()
	name := planned(t, fakedocker.Plan{})
	l := launch(t, name)
	l.Archive, l.Host = nil, netip.AddrPortFrom(netip.IPv4Unspecified(), 4999)
	c := up(t, l)
	applied := docker().Applied(name)
	for _, want := range []string{"kind: EndpointSlice", "- 172.18.0.1\n", "port: 4999", "kubernetes.io/service-name: irsatz"} {
		if !strings.Contains(applied, want) {
			t.Errorf("no %q in\n%s", want, applied)
		}
	}
	if strings.Contains(applied, "kind: Deployment") || strings.Contains(docker().Calls(name), "ctr ") {
		t.Error("irsatz is put into the cluster as well")
	}
	if s := status(t, c); s.Irsatz != kindcluster.StateOnHost || !s.Ready() || s.Endpoint != "" {
		t.Errorf("%+v", s)
	}
}

// TestK10_NoProxy: nodes that inherit a proxy reach irsatz past it, under its
// Service's name and at this machine's address.
func TestK10_NoProxy(t *testing.T) {
	t.Setenv("HTTPS_PROXY", "http://proxy.example:3128")
	name := planned(t, fakedocker.Plan{})
	up(t, launch(t, name))
	node, _ := docker().Container(name + "-control-plane")
	i := slices.IndexFunc(node.Args, func(a string) bool { return strings.HasPrefix(a, "NO_PROXY=") })
	if i < 0 {
		t.Fatalf("no NO_PROXY: %v", node.Args)
	}
	exempt := strings.Split(strings.TrimPrefix(node.Args[i], "NO_PROXY="), ",")
	for _, want := range []string{".svc", ".svc.cluster.local"} {
		if !slices.Contains(exempt, want) {
			t.Errorf("%s is not exempt: %v", want, exempt)
		}
	}
	if !slices.ContainsFunc(exempt, func(s string) bool {
		p, err := netip.ParsePrefix(s)
		return err == nil && p.Contains(netip.MustParseAddr("172.18.0.1"))
	}) {
		t.Errorf("this machine's address is not exempt: %v", exempt)
	}
}

// TestStatusOfAClusterThatIsDown: it says so, and is no error.
func TestStatusOfAClusterThatIsDown(t *testing.T) {
	t.Parallel()
	name := existing(t, fakedocker.Plan{Fail: "exec ", Say: "Error response from daemon: container is not running"})
	e, _ := engine(t)
	c, err := e.Cluster(name)
	if err != nil {
		t.Fatal(err)
	}
	s := status(t, c)
	if s.Ready() || s.Irsatz != kindcluster.StateUnknown || s.Problem != "kubectl get: Error response from daemon: container is not running" {
		t.Errorf("%+v", s)
	}
	if diff := cmp.Diff([]kindcluster.NodeStatus{{Name: name + "-control-plane", Role: "control-plane"}}, s.Nodes); diff != "" {
		t.Error(diff)
	}
	if _, err := e.Down(name, filepath.Join(t.TempDir(), "kubeconfig")); err != nil {
		t.Error(err)
	}
}

// TestStatusWithoutIrsatz: a cluster that irsatz is not in.
func TestStatusWithoutIrsatz(t *testing.T) {
	t.Parallel()
	name := existing(t, fakedocker.Plan{})
	e, _ := engine(t)
	c, err := e.Cluster(name)
	if err != nil {
		t.Fatal(err)
	}
	if s := status(t, c); s.Ready() || s.Irsatz != kindcluster.StateMissing || s.Webhook != kindcluster.StateMissing || s.Mode != "" {
		t.Errorf("%+v", s)
	}
}

func TestUnknownEngine(t *testing.T) {
	t.Parallel()
	_, err := kindcluster.FindEngine(kindcluster.EngineConfig{Provider: "rkt"})
	checkProblem(t, err, `unknown engine "rkt"`, "docker, podman")
	for _, known := range []string{"", "docker", "podman", "nerdctl", "finch"} { // docker is there
		if _, err := kindcluster.FindEngine(kindcluster.EngineConfig{Provider: known}); err != nil {
			t.Error(err)
		}
	}
}
