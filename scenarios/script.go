package scenarios

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/irsatz/irsatz/internal/clock"
)

// Commands are the words that irsatz adds to the script language:
//
//	serve [FLAG...]      starts irsatz serve on free ports, waits until it is
//	                     ready, and sets IRSATZ_CONTROL, AWS_ENDPOINT_URL,
//	                     AWS_ADDR (its host and port), AWS_TLS and AWS_CA_FILE
//	stop-serve           interrupts it and waits for its clean end
//	credentials          takes what the last command printed, credentials in the
//	                     form of credential_process, and sets AWS_ACCESS_KEY_ID,
//	                     AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN
//	save FILE            writes what the last command printed to a file, without
//	                     its last newline
func Commands() map[string]func(ts *testscript.TestScript, neg bool, args []string) {
	return map[string]func(ts *testscript.TestScript, neg bool, args []string){
		"serve": cmdServe, "stop-serve": cmdStopServe, "credentials": cmdCredentials, "save": cmdSave,
	}
}

const (
	endpointsFile = "endpoints.json"
	readyTime     = 20 * time.Second
	readyPoll     = 5 * time.Millisecond
	stopTime      = 20 * time.Second
)

// serverKey is where a script's server is kept.
type serverKey struct{}

// server is the irsatz serve of one script.
type server struct {
	process *exec.Cmd
	output  bytes.Buffer
	ended   chan error
}

// Setup prepares a script for the words above.
func Setup(env *testscript.Env) error {
	env.Values[serverKey{}] = &server{}
	return nil
}

func cmdServe(ts *testscript.TestScript, neg bool, args []string) {
	s := ts.Value(serverKey{}).(*server)
	if neg || s.process != nil {
		ts.Fatalf("usage: serve [FLAG...], once until stop-serve")
	}
	endpoints := ts.MkAbs(endpointsFile)
	_ = os.Remove(endpoints)
	binary, err := irsatzIn(ts.Getenv("PATH"))
	ts.Check(err)
	s.process = exec.Command(binary, append([]string{"serve", "--listen", "127.0.0.1:0", "--control", "127.0.0.1:0", "--endpoints-file", endpoints}, args...)...)
	s.process.Dir = ts.MkAbs(".")
	s.process.Env = []string{"PATH=" + ts.Getenv("PATH"), "HOME=" + ts.Getenv("HOME"), "TMPDIR=" + ts.Getenv("TMPDIR")}
	s.process.Stdout, s.process.Stderr = &s.output, &s.output
	s.ended = make(chan error, 1)
	ts.Check(s.process.Start())
	go func(p *exec.Cmd, ended chan<- error) { ended <- p.Wait() }(s.process, s.ended)
	ts.Defer(func() {
		if s.process != nil {
			_ = s.process.Process.Kill()
			<-s.ended
			s.process = nil // the words may be used again, each with its own Defer
			ts.Logf("[irsatz serve]\n%s", s.output.String())
		}
	})
	s.awaitReady(ts, endpoints)
}

func (s *server) awaitReady(ts *testscript.TestScript, endpoints string) {
	var e struct{ AWS, AWSTLS, Control, CAFile string }
	for deadline := clock.Now().Add(readyTime); ; time.Sleep(readyPoll) {
		body, err := os.ReadFile(endpoints)
		if err == nil {
			ts.Check(json.Unmarshal(body, &e))
			break
		}
		select {
		case err := <-s.ended:
			s.process = nil
			ts.Fatalf("irsatz serve ended: %v\n%s", err, s.output.String())
		default:
		}
		if clock.Now().After(deadline) {
			ts.Fatalf("irsatz serve was not ready within %s", readyTime)
		}
	}
	ts.Setenv("IRSATZ_CONTROL", e.Control)
	ts.Setenv("AWS_ENDPOINT_URL", e.AWS)
	ts.Setenv("AWS_ADDR", strings.TrimPrefix(e.AWS, "http://"))
	ts.Setenv("AWS_TLS", e.AWSTLS)
	ts.Setenv("AWS_CA_FILE", e.CAFile)
}

// irsatzIn finds the binary in the script's PATH.
func irsatzIn(path string) (string, error) {
	for _, dir := range filepath.SplitList(path) {
		for _, name := range []string{"irsatz", "irsatz.exe"} {
			file := filepath.Join(dir, name)
			if info, err := os.Stat(file); err == nil && !info.IsDir() {
				return file, nil
			}
		}
	}
	return "", errors.New("irsatz is not in PATH")
}

func cmdStopServe(ts *testscript.TestScript, neg bool, args []string) {
	s := ts.Value(serverKey{}).(*server)
	if neg || len(args) > 0 || s.process == nil {
		ts.Fatalf("usage: stop-serve, after serve")
	}
	if err := s.process.Process.Signal(os.Interrupt); err != nil {
		_ = s.process.Process.Kill() // where there is no interrupt
	}
	select {
	case err := <-s.ended:
		s.process = nil
		ts.Logf("[irsatz serve]\n%s", s.output.String())
		ts.Check(err)
	case <-time.After(stopTime):
		ts.Fatalf("irsatz serve did not end within %s", stopTime)
	}
}

func cmdCredentials(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 0 {
		ts.Fatalf("usage: credentials")
	}
	var c struct{ AccessKeyId, SecretAccessKey, SessionToken string } //nolint:revive // AWS's spelling
	if err := json.Unmarshal([]byte(ts.ReadFile("stdout")), &c); err != nil {
		ts.Fatalf("credentials: the last command did not print any: %v", err)
	}
	ts.Setenv("AWS_ACCESS_KEY_ID", c.AccessKeyId)
	ts.Setenv("AWS_SECRET_ACCESS_KEY", c.SecretAccessKey)
	ts.Setenv("AWS_SESSION_TOKEN", c.SessionToken)
}

func cmdSave(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: save FILE")
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.TrimSuffix(ts.ReadFile("stdout"), "\n")), 0o600))
}

// Options say how to run scenarios. Irsatz is required.
type Options struct {
	Irsatz  string    // path of the irsatz binary that the scripts run
	Verbose bool      // show every command with its output
	Output  io.Writer // nil means nowhere
}

// ErrFailed says that a scenario did not go as written; the log has been
// written to Options.Output.
var ErrFailed = errors.New("scenario failed")

// Run runs the scenario headless in a folder of its own.
func Run(s Scenario, options Options) error {
	dir, err := os.MkdirTemp("", "irsatz-scenario-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	bin := filepath.Join(dir, "bin")
	if err := os.Mkdir(bin, 0o755); err != nil {
		return err
	}
	if err := link(options.Irsatz, bin); err != nil {
		return err
	}
	script := filepath.Join(dir, s.Name+".txtar")
	if err := os.WriteFile(script, []byte(s.Text), 0o600); err != nil {
		return err
	}
	t := &runner{verbose: options.Verbose}
	t.run(func() {
		testscript.RunT(t, testscript.Params{
			Files: []string{script}, Cmds: Commands(), WorkdirRoot: dir, RequireUniqueNames: true,
			Setup: func(env *testscript.Env) error {
				if err := Setup(env); err != nil {
					return err
				}
				env.Setenv("PATH", bin+string(os.PathListSeparator)+env.Getenv("PATH"))
				return nil
			},
		})
	})
	if options.Output != nil && (t.failed || options.Verbose) {
		_, _ = options.Output.Write(t.log.Bytes())
	}
	if t.failed {
		return fmt.Errorf("%s: %w", s.Name, ErrFailed)
	}
	return nil
}

// link puts the binary into a folder under the name that the scripts use.
func link(binary, dir string) error {
	name := filepath.Join(dir, "irsatz"+filepath.Ext(binary))
	if os.Symlink(binary, name) == nil {
		return nil
	}
	content, err := os.ReadFile(binary) // where links are not allowed
	if err != nil {
		return err
	}
	return os.WriteFile(name, content, 0o755)
}

// runner is the engine's testing.T outside of tests.
type runner struct {
	verbose, failed bool
	log             bytes.Buffer
}

// stopped ends the scenario from within, as testing.T.FailNow ends a test.
type stopped struct{}

func (t *runner) run(f func()) {
	defer func() {
		if v := recover(); v != nil {
			if _, ok := v.(stopped); !ok {
				panic(v)
			}
		}
	}()
	f()
}

// Skip ends the scenario without failing it.
func (t *runner) Skip(args ...any) { t.Log(args...); panic(stopped{}) }

// Fatal ends the scenario as failed.
func (t *runner) Fatal(args ...any) { t.Log(args...); t.FailNow() }

// Parallel does nothing: scenarios run one after the other.
func (t *runner) Parallel() {}

// Log keeps a line.
func (t *runner) Log(args ...any) { fmt.Fprintln(&t.log, args...) }

// FailNow ends the scenario as failed.
func (t *runner) FailNow() { t.failed = true; panic(stopped{}) }

// Run runs one script.
func (t *runner) Run(_ string, f func(testscript.T)) { t.run(func() { f(t) }) }

// Verbose reports whether passing commands are logged too.
func (t *runner) Verbose() bool { return t.verbose }
