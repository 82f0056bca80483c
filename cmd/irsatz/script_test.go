package main

import (
	"fmt"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/irsatz/irsatz/scenarios"
)

// TestMain makes the test binary serve as irsatz too: scripts run the real
// main.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"irsatz": main})
}

func TestScript(t *testing.T) { runScripts(t, "testdata/script") }

// TestScenarios runs what `irsatz scenario run --all` runs.
func TestScenarios(t *testing.T) { runScripts(t, "../../scenarios") }

func runScripts(t *testing.T, dir string) {
	t.Helper()
	testscript.Run(t, testscript.Params{
		Dir: dir, Cmds: scenarios.Commands(), Setup: scenarios.Setup,
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
