package kindcluster_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/irsatz/irsatz/internal/fakedocker"
)

// TestMain makes the test binary serve as docker too, which kind finds first in
// PATH.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == "docker" {
		os.Exit(docker().Run(os.Args[1:], fakedocker.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}))
	}
	os.Exit(testMain(m))
}

// dockerDir is where the fake engine keeps things.
const dockerDir = "FAKE_DOCKER"

func docker() fakedocker.Engine { return fakedocker.Engine{Dir: os.Getenv(dockerDir)} }

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
		os.Symlink(self, filepath.Join(dir, "docker")),
		os.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH")),
		os.Setenv(dockerDir, dir),
		os.Setenv("GORACE", "atexit_sleep_ms=0"), // else each run ends with a second of sleep
	} {
		if err != nil {
			panic(err)
		}
	}
	return m.Run()
}

// planned says how the engine is to behave for the test's cluster, whose name it
// returns.
func planned(t *testing.T, p fakedocker.Plan) string {
	t.Helper()
	name := strings.ToLower(strings.NewReplacer("/", "-", "_", "-", "#", "").Replace(t.Name()))
	name = strings.Trim(name[max(0, len(name)-40):], "-")
	if err := docker().Prepare(name, p); err != nil {
		t.Fatal(err)
	}
	return name
}

// existing is a cluster that somebody else has made.
func existing(t *testing.T, p fakedocker.Plan) string {
	t.Helper()
	name := planned(t, p)
	if err := docker().Create(name); err != nil {
		t.Fatal(err)
	}
	return name
}
