package main

import (
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
		RequireUniqueNames: true, RequireExplicitExec: true,
	})
}
