package main

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/irsatz/irsatz/internal/fakedocker"
	"github.com/irsatz/irsatz/scenarios"
)

// TestMain makes the test binary serve as irsatz too, and as docker: scripts run
// the real main.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"irsatz": main, "docker": docker})
}

// docker is the fake one, for scripts that name its folder; for all others there
// is none.
func docker() {
	dir := os.Getenv("FAKE_DOCKER")
	if dir == "" {
		os.Exit(1)
	}
	os.Exit(fakedocker.Engine{Dir: dir}.Run(os.Args[1:], fakedocker.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}))
}

func TestScript(t *testing.T) { runScripts(t, "testdata/script") }

// TestScenarios runs what `irsatz scenario run --all` runs.
func TestScenarios(t *testing.T) { runScripts(t, "../../scenarios") }

func runScripts(t *testing.T, dir string) {
	t.Helper()
	testscript.Run(t, testscript.Params{
		Dir: dir, Cmds: commands(), Setup: scenarios.Setup,
		Condition:          condition,
		RequireUniqueNames: true, RequireExplicitExec: true,
	})
}

// condition knows [root]: only root can run commands as others.
func condition(name string) (bool, error) {
	if name != "root" {
		return false, fmt.Errorf("unknown condition %q", name)
	}
	return os.Geteuid() == 0, nil
}

// commands are those of scenarios, and what scripts about kind need.
func commands() map[string]func(ts *testscript.TestScript, neg bool, args []string) {
	all := scenarios.Commands()
	all["program"], all["taken"] = programFile, takenPort
	return all
}

// programFile (program FILE) writes the head of a static linux binary, which is
// all of one that kind up looks at.
func programFile(ts *testscript.TestScript, _ bool, args []string) {
	var b bytes.Buffer
	h := elf.Header64{
		Ident: [elf.EI_NIDENT]byte{0x7f, 'E', 'L', 'F', byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)},
		Type:  uint16(elf.ET_EXEC), Machine: uint16(elf.EM_X86_64), Version: uint32(elf.EV_CURRENT), Ehsize: 64, Phentsize: 56,
	}
	ts.Check(binary.Write(&b, binary.LittleEndian, h))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), b.Bytes(), 0o755))
}

// takenPort (taken NAME) sets a variable to a port that is taken.
func takenPort(ts *testscript.TestScript, _ bool, args []string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { _ = l.Close() })
	ts.Setenv(args[0], strconv.Itoa(l.Addr().(*net.TCPAddr).Port))
}
