package fakedocker

import (
	"fmt"
	"os"
	"slices"
	"strings"
)

// answers are Docker 28's to questions that are about no container.
var answers = []struct{ prefix, answer string }{
	{"-v", "Docker version 28.0.1, build 068a01e"},
	{"info --format {{json .}}", `{"CgroupDriver":"systemd","CgroupVersion":"2","MemoryLimit":true,"PidsLimit":true,"CPUShares":true,"SecurityOptions":["name=seccomp,profile=builtin","name=cgroupns"]}`},
	{"info --format '{{json .SecurityOptions}}'", `'["name=seccomp,profile=builtin"]'`},
	{"info -f {{.Driver}}", "overlay2"},
	{"info -f {{json .DriverStatus", `[["Backing Filesystem","extfs"]]`},
	{"network ls", "0123456789ab"},
	{"network inspect -f", "fc00:f853:ccd:e793::/64 172.18.0.0/16 "},
	{"network inspect", `[{"Id":"0123456789ab","Containers":{}}]`},
	{"logs -f", "Reached target Multi-User System."},
}

// complaint is an error in Docker's words.
func complaint(format string, args ...any) error { return fmt.Errorf(format, args...) }

// answer does what a command line says.
func (r *run) answer() error {
	for _, a := range answers {
		if strings.HasPrefix(r.line, a.prefix) {
			fmt.Fprintln(r.Out, a.answer)
			return nil
		}
	}
	switch r.args[0] {
	case "ps":
		r.list()
	case "run":
		return r.create()
	case "rm":
		for _, name := range r.args[1:] {
			_ = os.Remove(r.path("containers", name)) // or it is a flag
		}
	case "pull":
		return complaint("Error response from daemon: Get %q: dial tcp: lookup registry-1.docker.io: no such host", "https://registry-1.docker.io/v2/")
	case "inspect":
		return r.inspect()
	case "exec":
		return r.exec()
	default:
		return fmt.Errorf("the fake docker knows no: docker %s", r.line)
	}
	return nil
}

func (r *run) list() {
	for _, c := range r.Containers(r.value("label=" + clusterLabel)) {
		said := c.Cluster
		if strings.Contains(r.line, "{{.Names}}") {
			said = c.Name
		}
		fmt.Fprintln(r.Out, said)
	}
}

func (r *run) create() error {
	c := Container{Cluster: r.value(clusterLabel), Role: r.value(roleLabel), Args: r.args, Image: r.args[len(r.args)-1], Volumes: map[string]string{}}
	if i := slices.Index(r.args, "--name"); i >= 0 && i+1 < len(r.args) {
		c.Name = r.args[i+1]
	}
	for _, a := range r.args {
		if volume, ok := strings.CutPrefix(a, "--volume="); ok {
			host, rest, _ := strings.Cut(volume, ":")
			path, options, _ := strings.Cut(rest, ":")
			c.Volumes[path] = host + ":" + options
		}
	}
	return r.writeJSON(c, "containers", c.Name)
}

func (r *run) inspect() error {
	last := r.args[len(r.args)-1]
	if strings.Contains(r.line, "--type=image") {
		if strings.Contains(last, "missing") {
			return complaint("Error response from daemon: No such image: %s", last)
		}
		return nil
	}
	c, ok := r.Container(last)
	if !ok {
		return complaint("Error: No such object: %s", last)
	}
	for question, answer := range map[string]string{
		roleLabel: c.Role, ".GlobalIPv6Address": "172.18.0.2,fc00:f853:ccd:e793::2", "desktop.docker.io": "", ".NetworkSettings.Ports": "127.0.0.1\t40001",
	} {
		if strings.Contains(r.line, question) {
			fmt.Fprintln(r.Out, answer)
			return nil
		}
	}
	return fmt.Errorf("the fake docker knows no: docker %s", r.line)
}
