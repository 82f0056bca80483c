package kindcluster

import (
	"errors"
	"fmt"
	"strings"

	"sigs.k8s.io/kind/pkg/exec"
)

// Problem is an error, and what to do about it.
type Problem struct {
	Err  error
	Hint string
}

// Error returns the error, in one line.
func (p *Problem) Error() string { return p.Err.Error() }

// Unwrap returns the error that it is.
func (p *Problem) Unwrap() error { return p.Err }

func problem(hint, format string, args ...any) *Problem {
	return &Problem{Err: fmt.Errorf(format, args...), Hint: hint}
}

// Errors that callers tell apart.
var (
	ErrNoEngine  = errors.New("no container engine: neither docker nor nerdctl nor podman answers")
	ErrExists    = errors.New("is there already")
	ErrNoCluster = errors.New("there is no such kind cluster")
)

// symptoms are what engines and kind say when something is wrong that people can
// set right, in the order in which they are looked for.
var symptoms = []struct{ text, what, hint string }{
	{"permission denied while trying to connect", "the container engine refuses you", "add yourself to its group (for Docker: `sudo usermod -aG docker $USER`, then log in again), or use a rootless engine"},
	{"Cannot connect to the Docker daemon", "the container engine does not run", "start it: Docker Desktop, `colima start` or `sudo systemctl start docker`"},
	{"Cannot connect to Podman", "the container engine does not run", "start it: `podman machine start`"},
	{"cannot access containerd socket", "the container engine does not run", "start containerd, or run nerdctl rootless"},
	{"port is already allocated", "a port of this machine is taken", "choose another with --port, or 0 for a free one; `irsatz kind up --help`"},
	{"address already in use", "a port of this machine is taken", "choose another with --port, or 0 for a free one; `irsatz kind up --help`"},
	{"failed to pull image", "the node image is not there and cannot be pulled", "name one that the engine has with --node-image: `docker images kindest/node`"},
	{"mounts denied", "the engine may not see the folder of the keys", "share the folder with the engine's virtual machine, or name another with --key-dir"},
	{"is not shared from the host", "the engine may not see the folder of the keys", "share the folder with the engine's virtual machine, or name another with --key-dir"},
	{"failed to load image", "the image cannot be loaded", "an archive must be that of `docker save` of one platform, the nodes'"},
	{"failed to detect containerd snapshotter", "the image cannot be loaded", "the node image must be one of kind: kindest/node"},
	{"x509: ", "the webhook's certificate does not match", "`kubectl -n irsatz rollout restart deployment/irsatz-webhook` has it register anew; another webhook of the cluster may be the one that is meant"},
	{"failed to init node with kubeadm", "kubeadm cannot start the control plane", "--retain keeps the nodes; `docker logs` and `docker exec NODE journalctl -u kubelet` say more. A config of your own: try without --config"},
}

// explain words an error of kind, or of a program that it ran: one line that
// says what was being done, and the last that the program said.
func explain(doing string, err error) error {
	if err == nil {
		return nil
	}
	if p, ok := errors.AsType[*Problem](err); ok {
		return p
	}
	said, everything := err.Error(), err.Error()
	if run := exec.RunErrorForError(err); run != nil {
		if line := lastLine(string(run.Output)); line != "" {
			said = line
		}
		everything += "\n" + string(run.Output)
	}
	for _, s := range symptoms {
		if strings.Contains(everything, s.text) {
			return &Problem{Err: &failure{doing: doing, what: s.what, said: said, err: err}, Hint: s.hint}
		}
	}
	return &failure{doing: doing, said: said, err: err}
}

// failure is an error that is worded in one line; err has the whole of it.
type failure struct {
	doing, what, said string
	err               error
}

func (f *failure) Error() string {
	if f.what == "" {
		return f.doing + ": " + f.said
	}
	return f.doing + ": " + f.what + ": " + f.said
}

func (f *failure) Unwrap() error { return f.err }

// complaint is what a log ends with: irsatz's error, before its hint, or the last
// line.
func complaint(log string) string {
	last := lastLine(log)
	for line := range strings.Lines(log) {
		if _, said, ok := strings.Cut(line, "irsatz: error: "); ok {
			last = strings.TrimSpace(said)
		}
	}
	return last
}

// lastLine is the last line that says something, without docker's advice to
// read its help.
func lastLine(text string) string {
	last := ""
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "See 'docker") && !strings.HasPrefix(line, "Run 'docker") {
			last = line
		}
	}
	return last
}
