package kindcluster

import (
	"fmt"
	"io"
	"os"
	"slices"

	"sigs.k8s.io/kind/pkg/cluster"
	kindcmd "sigs.k8s.io/kind/pkg/cmd"
	"sigs.k8s.io/kind/pkg/log"
)

// EngineConfig says which container engine is driven.
type EngineConfig struct {
	// Provider is kind's name of the engine, as in KIND_EXPERIMENTAL_PROVIDER:
	// docker, podman, nerdctl, finch or nerdctl.lima. Empty means the first of
	// docker, nerdctl and podman that is there.
	Provider string
	// Progress is where kind and we say what is being done; nil means nowhere.
	Progress io.Writer
}

// Engine is a container engine, as kind drives it.
type Engine struct {
	provider *cluster.Provider
	log      log.Logger
}

// FindEngine finds the engine. It may be that it does not run.
func FindEngine(config EngineConfig) (*Engine, error) {
	e := &Engine{log: logger(config.Progress)}
	var option cluster.ProviderOption
	switch config.Provider {
	case "":
		var err error
		if option, err = cluster.DetectNodeProvider(); err != nil {
			return nil, problem("install Docker, Podman or nerdctl, or see what would be done with `irsatz kind up --dry-run`", "%w", ErrNoEngine)
		}
	case "docker":
		option = cluster.ProviderWithDocker()
	case "podman":
		option = cluster.ProviderWithPodman()
	case "nerdctl", "finch", "nerdctl.lima":
		option = cluster.ProviderWithNerdctl(config.Provider)
	default:
		return nil, problem("want docker, podman, nerdctl, finch or nerdctl.lima, or nothing", "KIND_EXPERIMENTAL_PROVIDER: unknown engine %q", config.Provider)
	}
	e.provider = cluster.NewProvider(cluster.ProviderWithLogger(e.log), option)
	return e, nil
}

// has reports whether there is a cluster of the name.
func (e *Engine) has(name string) (bool, error) {
	names, err := e.provider.List()
	if err != nil {
		return false, explain("list kind clusters", err)
	}
	return slices.Contains(names, name), nil
}

// Down removes a cluster, and its context from the kubeconfig; an empty
// kubeconfig means kubectl's. It reports whether there was one: without one
// nothing is done.
func (e *Engine) Down(name, kubeconfig string) (removed bool, err error) {
	there, err := e.has(name)
	if err != nil {
		return false, err
	}
	// A context may be left of a cluster whose nodes were removed otherwise.
	return there, explain("remove the cluster "+name, e.provider.Delete(name, kubeconfig))
}

// logger is kind's own on a terminal's standard error, with its spinner, and the
// same lines elsewhere.
func logger(w io.Writer) log.Logger {
	switch w {
	case nil:
		return log.NoopLogger{}
	case os.Stderr:
		return kindcmd.NewLogger()
	}
	return lines{w}
}

// lines is kind's logger at its normal verbosity.
type lines struct{ w io.Writer }

func (l lines) Warn(message string)              { l.print(message) }
func (l lines) Warnf(format string, a ...any)    { l.print(fmt.Sprintf(format, a...)) }
func (l lines) Error(message string)             { l.print(message) }
func (l lines) Errorf(format string, a ...any)   { l.print(fmt.Sprintf(format, a...)) }
func (l lines) V(level log.Level) log.InfoLogger { return leveled{l, level <= 0} }

func (l lines) print(message string) {
	if message == "" || message[len(message)-1] != '\n' {
		message += "\n"
	}
	_, _ = io.WriteString(l.w, message)
}

type leveled struct {
	lines
	enabled bool
}

func (l leveled) Enabled() bool { return l.enabled }

func (l leveled) Info(message string) {
	if l.enabled {
		l.print(message)
	}
}

func (l leveled) Infof(format string, a ...any) { l.Info(fmt.Sprintf(format, a...)) }

// step shows a step of ours as kind shows its own.
func (e *Engine) step(name string, do func() error) error {
	ok, failed := " ✓ %s\n", " ✗ %s\n"
	if kindcmd.ColorEnabled(e.log) {
		ok, failed = " \x1b[32m✓\x1b[0m %s\n", " \x1b[31m✗\x1b[0m %s\n"
	} else {
		e.log.V(0).Infof(" • %s  ...\n", name)
	}
	err := do()
	if err != nil {
		ok = failed
	}
	e.log.V(0).Infof(ok, name)
	return err
}
