//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"sigs.k8s.io/yaml"
)

// composeFile is what our docker-compose.yml may have: a word that is not here,
// or is spelt otherwise than Compose's specification has it, is an error.
type composeFile struct {
	Services map[string]composeService `json:"services"`
	Volumes  map[string]struct {
		DriverOpts map[string]string `json:"driver_opts"`
	} `json:"volumes"`
}

type composeService struct {
	Image       string            `json:"image"`
	Build       string            `json:"build"`
	Entrypoint  []string          `json:"entrypoint"`
	Command     []string          `json:"command"`
	Environment map[string]string `json:"environment"`
	Ports       []string          `json:"ports"`
	Volumes     []string          `json:"volumes"`
	Tmpfs       []string          `json:"tmpfs"`
	DependsOn   map[string]struct {
		Condition string `json:"condition"`
		Restart   bool   `json:"restart"`
	} `json:"depends_on"`
	Healthcheck *struct {
		Test        []string `json:"test"`
		Interval    string   `json:"interval"`
		Timeout     string   `json:"timeout"`
		StartPeriod string   `json:"start_period"`
		Retries     int      `json:"retries"`
	} `json:"healthcheck"`
	NetworkMode string   `json:"network_mode"`
	User        string   `json:"user"`
	Init        bool     `json:"init"`
	ReadOnly    bool     `json:"read_only"`
	CapDrop     []string `json:"cap_drop"`
	SecurityOpt []string `json:"security_opt"`
}

const composePath = "../../docker-compose.yml"

func readCompose(t *testing.T) (composeFile, string) {
	t.Helper()
	text, err := os.ReadFile(composePath)
	if err != nil {
		t.Fatal(err)
	}
	var file composeFile
	if err := yaml.UnmarshalStrict(text, &file); err != nil {
		t.Fatal(err)
	}
	return file, string(text)
}

// TestComposeFile holds docker-compose.yml together: what it names is there, no
// service has more rights than it needs, and nothing is open to other machines.
func TestComposeFile(t *testing.T) {
	t.Parallel()
	file, _ := readCompose(t)
	for name, s := range file.Services {
		for other, d := range s.DependsOn {
			if d.Condition != "service_healthy" || file.Services[other].Healthcheck == nil {
				t.Errorf("%s waits for %s to be %s, which nothing tells", name, other, d.Condition)
			}
		}
		if other, ok := strings.CutPrefix(s.NetworkMode, "service:"); ok && file.Services[other].Image == "" {
			t.Errorf("%s: network_mode %s", name, s.NetworkMode)
		}
		for _, v := range s.Volumes {
			source, _, _ := strings.Cut(v, ":")
			if _, named := file.Volumes[source]; named {
				continue
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(composePath), source)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		for _, p := range s.Ports {
			if !strings.HasPrefix(p, "127.0.0.1:") {
				t.Errorf("%s is open to other machines at %s", name, p)
			}
		}
		if !s.ReadOnly || !slices.Equal(s.CapDrop, []string{"ALL"}) || !slices.Equal(s.SecurityOpt, []string{"no-new-privileges:true"}) {
			t.Errorf("%s has rights that it does not need", name)
		}
	}
}

// stack runs the services of docker-compose.yml as processes of this machine.
// Only names and places differ: those of the network, and of volumes.
type stack struct {
	t      *testing.T
	file   composeFile
	bin    string // irsatz, and the AWS CLI as far as the app needs it
	places map[string]string
	used   map[string]bool
	env    []string
}

// awsCLI stands in for the AWS CLI's one command that the app uses.
const awsCLI = `#!/bin/sh
[ "$1 $2 $4" = "s3 cp -" ] || { echo "aws $*: not known here" >&2; exit 252; }
exec irsatz probe get "$3"
`

func newStack(t *testing.T, file composeFile) *stack {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	s := &stack{t: t, file: file, bin: t.TempDir(), used: map[string]bool{}}
	if err := os.Symlink(program, filepath.Join(s.bin, "irsatz")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(s.bin, "aws"), []byte(awsCLI), 0o755); err != nil {
		t.Fatal(err)
	}
	quickstart, err := filepath.Abs("../../docs/examples/quickstart.yaml")
	if err != nil {
		t.Fatal(err)
	}
	endpoints := filepath.Join(t.TempDir(), "endpoints.json")
	s.env = []string{"PATH=" + s.bin + ":" + os.Getenv("PATH"), "IRSATZ_ENDPOINTS_FILE=" + endpoints, "IRSATZ_CONTROL=http://127.0.0.1:1"}
	s.places = map[string]string{
		"/etc/irsatz/quickstart.yaml":                       quickstart,
		"/var/run/secrets/eks.amazonaws.com/serviceaccount": filepath.Join(t.TempDir(), "token"),
		"0.0.0.0:4566":   "127.0.0.1:0",
		"127.0.0.1:4567": "127.0.0.1:0",
		"/irsatz":        "irsatz",
	}
	return s
}

// local is a string of the file as it is on this machine.
func (s *stack) local(text string) string {
	for _, place := range slices.SortedFunc(maps.Keys(s.places), func(a, b string) int { return len(b) - len(a) }) {
		if place == "/irsatz" && text != place {
			continue // the program, not a part of some path
		}
		if strings.Contains(text, place) {
			s.used[place] = true
			text = strings.ReplaceAll(text, place, s.places[place])
		}
	}
	return text
}

// cmd is a command line of a service, with its environment.
func (s *stack) cmd(service string, args ...string) *exec.Cmd {
	s.t.Helper()
	for i := range args {
		args[i] = s.local(args[i])
	}
	path := args[0]
	if path == "irsatz" {
		path = filepath.Join(s.bin, path)
	}
	cmd := exec.Command(path, args[1:]...)
	cmd.Env = s.env
	for name, value := range s.file.Services[service].Environment {
		cmd.Env = append(cmd.Env, name+"="+s.local(value))
	}
	return cmd
}

// healthy runs a service's health check.
func (s *stack) healthy(service string) (string, error) {
	s.t.Helper()
	test := slices.Clone(s.file.Services[service].Healthcheck.Test)
	if test[0] != "CMD" {
		s.t.Fatalf("%s: health check %q", service, test)
	}
	out, err := s.cmd(service, test[1:]...).CombinedOutput()
	return string(out), err
}

// output is what a process has said so far.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// await waits until all of a process' lines are there.
func (o *output) await(t *testing.T, lines ...string) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		text := o.String()
		missing := slices.DeleteFunc(slices.Clone(lines), func(line string) bool { return strings.Contains(text, line) })
		if len(missing) == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("no %q in\n%s", missing, text)
		}
	}
}

// up starts a service, and has it end in peace with the test.
func (s *stack) up(service string) *output {
	s.t.Helper()
	args := slices.Clone(s.file.Services[service].Entrypoint)
	if s.file.Services[service].Image == "irsatz" {
		args = []string{"/irsatz"} // the image's entrypoint
	}
	cmd := s.cmd(service, append(args, s.file.Services[service].Command...)...)
	out := &output{}
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // the shell is not alone
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM)
		if err := cmd.Wait(); err != nil && s.file.Services[service].Image == "irsatz" {
			s.t.Errorf("%s: %v\n%s", service, err, out)
		}
	})
	return out
}

// urls waits for the endpoints file, and makes the names of the file's network
// lead to where it says.
func (s *stack) urls() {
	s.t.Helper()
	var urls struct{ AWS, Control string }
	var text []byte
	for deadline := time.Now().Add(20 * time.Second); json.Unmarshal(text, &urls) != nil; time.Sleep(10 * time.Millisecond) {
		text, _ = os.ReadFile(strings.TrimPrefix(s.env[1], "IRSATZ_ENDPOINTS_FILE="))
		if time.Now().After(deadline) {
			s.t.Fatal("irsatz is not ready")
		}
	}
	s.places["http://irsatz:4566"] = urls.AWS
	s.env = []string{s.env[0], "IRSATZ_CONTROL=" + urls.Control}
}

// TestComposeStack runs what docker-compose.yml says, in its order: the health
// checks tell what they are to tell, the app reads what its role allows and is
// denied the other, and what the file's comment tells to try works.
func TestComposeStack(t *testing.T) {
	t.Parallel()
	file, text := readCompose(t)
	s := newStack(t, file)
	if out, err := s.healthy("irsatz"); err == nil {
		t.Errorf("irsatz is healthy before it runs: %s", out)
	}
	s.up("irsatz").await(t, "Ready.")
	s.urls()
	if out, err := s.healthy("irsatz"); err != nil {
		t.Errorf("irsatz: %v: %s", err, out)
	}
	if out, err := s.healthy("token"); err == nil {
		t.Errorf("there is a token before there is one: %s", out)
	}
	s.up("token").await(t, "Ready.")
	if out, err := s.healthy("token"); err != nil {
		t.Errorf("token: %v: %s", err, out)
	}
	s.up("app").await(t, "apple,3\npear,4\n", "payroll: denied, as it should be")

	tried := 0
	for line := range strings.Lines(text) {
		_, command, ok := strings.Cut(line, "docker compose exec irsatz ")
		if !ok {
			continue
		}
		command, _, _ = strings.Cut(command, "#")
		tried++
		if out, err := s.cmd("irsatz", strings.Fields(command)...).CombinedOutput(); err != nil || !strings.Contains(string(out), "payroll/2026.csv") {
			t.Errorf("%s: %v: %s", command, err, out)
		}
	}
	if tried == 0 {
		t.Error("the comment tells of nothing to try")
	}
	for place := range s.places {
		if !s.used[place] {
			t.Errorf("docker-compose.yml has no %s any more", place)
		}
	}
}
