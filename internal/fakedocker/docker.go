// Package fakedocker is a docker that runs nothing: it answers as Docker does to
// what kind asks of it, and keeps what it was told. A test binary that is called
// docker, first in PATH, is all the engine that kind needs up to the point where
// a container would have to do something.
package fakedocker

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// Plan is how the engine behaves for one cluster.
type Plan struct {
	Version string // of Kubernetes in the node image; empty means v1.36.1
	Machine string // of uname -m; empty means x86_64
	// Fail is part of a command line that fails, and Say what it says then.
	Fail, Say string
	Unmarked  bool   // no webhook answers
	Corefile  string // CoreDNS' configuration; empty means Corefile
}

// Engine is the fake engine, in a folder of its own.
type Engine struct{ Dir string }

// Container is what docker run was told.
type Container struct {
	Name, Cluster, Role, Image string
	Args                       []string
	Volumes                    map[string]string // by path in the container: path here, and options
}

// Prepare says how the engine is to behave for a cluster, or, for "", to what is
// about none.
func (e Engine) Prepare(cluster string, p Plan) error {
	return e.writeJSON(p, "plans", "of-"+cluster)
}

// Create makes a cluster of one node, as somebody else would have.
func (e Engine) Create(cluster string) error {
	name := cluster + "-control-plane"
	return e.writeJSON(Container{Name: name, Cluster: cluster, Role: "control-plane"}, "containers", name)
}

// Container returns a container that is there.
func (e Engine) Container(name string) (c Container, ok bool) {
	ok = e.readJSON(&c, "containers", name)
	return c, ok
}

// Containers returns a cluster's, or all for "".
func (e Engine) Containers(cluster string) []Container {
	entries, _ := os.ReadDir(e.path("containers")) // none before the first
	var all []Container
	for _, entry := range entries {
		if c, ok := e.Container(entry.Name()); ok && (cluster == "" || c.Cluster == cluster) {
			all = append(all, c)
		}
	}
	return all
}

// Calls returns the command lines about a cluster, in their order.
func (e Engine) Calls(cluster string) string { return e.read("calls", "of-"+cluster) }

// File returns what was written into a node, "" for nothing.
func (e Engine) File(node, path string) string { return e.read("files", node, path) }

// Applied returns what was last applied to a cluster.
func (e Engine) Applied(cluster string) string { return e.read("applied", cluster) }

// Images returns the archives that were streamed into a node.
func (e Engine) Images(node string) [][]byte {
	entries, _ := os.ReadDir(e.path("images", node)) // none before the first
	var all [][]byte
	for _, entry := range entries {
		all = append(all, []byte(e.read("images", node, entry.Name())))
	}
	return all
}

func (e Engine) path(parts ...string) string {
	return filepath.Join(append([]string{e.Dir}, parts...)...)
}

func (e Engine) read(parts ...string) string {
	text, err := os.ReadFile(e.path(parts...))
	if err != nil {
		return ""
	}
	return string(text)
}

func (e Engine) readJSON(into any, parts ...string) bool {
	text := e.read(parts...)
	return text != "" && json.Unmarshal([]byte(text), into) == nil
}

func (e Engine) write(content []byte, parts ...string) error {
	file := e.path(parts...)
	return errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, content, 0o600))
}

func (e Engine) writeJSON(v any, parts ...string) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return e.write(text, parts...)
}

// Streams are the standard ones of a run.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
}

// run is one run of docker.
type run struct {
	Engine
	Streams
	args []string
	line string // the arguments as one
	plan Plan
}

// Run runs docker, and returns its exit status.
func (e Engine) Run(args []string, streams Streams) int {
	r := &run{Engine: e, Streams: streams, args: args, line: strings.Join(args, " ")}
	cluster := r.cluster()
	r.readJSON(&r.plan, "plans", "of-"+cluster)
	err := r.record(cluster)
	if err == nil && r.plan.Fail != "" && strings.Contains(r.line, r.plan.Fail) {
		err = errors.New(r.plan.Say)
	} else if err == nil {
		err = r.answer()
	}
	if err != nil {
		fmt.Fprintln(streams.Err, err)
		return 1
	}
	return 0
}

// record keeps the command line.
func (r *run) record(cluster string) error {
	if err := os.MkdirAll(r.path("calls"), 0o755); err != nil {
		return err
	}
	f, err := os.OpenFile(r.path("calls", "of-"+cluster), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(f, strings.ReplaceAll(r.line, "\n", " "))
	return errors.Join(err, f.Close())
}

// kind's labels: pkg/cluster/internal/providers/docker/constants.go.
const clusterLabel, roleLabel = "io.x-k8s.kind.cluster", "io.x-k8s.kind.role"

// value is what follows the name and = in an argument.
func (r *run) value(name string) string {
	for _, a := range r.args {
		if value, ok := strings.CutPrefix(a, name+"="); ok {
			return value
		}
	}
	return ""
}

// cluster is the one that a command is about, "" if it is about none.
func (r *run) cluster() string {
	for _, label := range []string{clusterLabel, "label=" + clusterLabel} {
		if c := r.value(label); c != "" {
			return c
		}
	}
	for _, a := range r.args {
		if a == "" || strings.Contains(a, "/") {
			continue
		}
		if c, ok := r.Container(a); ok {
			return c.Cluster
		}
	}
	return ""
}
