package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/irsatz/irsatz/emulator"
	"github.com/irsatz/irsatz/internal/nearest"
	"github.com/irsatz/irsatz/kindcluster"
)

// Exit codes.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

// program is the surroundings of one run.
type program struct {
	env            *environment
	stdin          io.Reader
	stdout, stderr io.Writer

	control, controlToken string
}

// usageError is a command line that makes no sense.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

// hintedError is an error with something to try.
type hintedError struct {
	err  error
	hint string
}

func (e hintedError) Error() string { return e.err.Error() }
func (e hintedError) Unwrap() error { return e.err }

func withHint(err error, format string, args ...any) error {
	return hintedError{err: err, hint: fmt.Sprintf(format, args...)}
}

// statusError is the exit status of a command that was run.
type statusError int

func (e statusError) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// exitCode reports the error and returns the code to exit with.
func (p *program) exitCode(err error) int {
	if err == nil {
		return exitDone
	}
	if status, ok := errors.AsType[statusError](err); ok {
		return int(status)
	}
	for line := range strings.SplitSeq(strings.TrimSpace(err.Error()), "\n") {
		fmt.Fprintln(p.stderr, "irsatz: error: "+line)
	}
	if hint := p.hint(err); hint != "" {
		fmt.Fprintln(p.stderr, "irsatz: hint: "+hint)
	}
	if _, ok := errors.AsType[usageError](err); ok {
		return exitUsage
	}
	return exitFailed
}

func (p *program) hint(err error) string {
	if hinted, ok := errors.AsType[hintedError](err); ok {
		return hinted.hint
	}
	if refused, ok := errors.AsType[*emulator.Problem](err); ok {
		return refused.Hint
	}
	if wrong, ok := errors.AsType[*kindcluster.Problem](err); ok {
		return wrong.Hint
	}
	if errors.Is(err, emulator.ErrNoServer) {
		return "start one with `irsatz serve`, or name its control port with --control or IRSATZ_CONTROL"
	}
	return ""
}

const rootLong = `irsatz runs the whole of AWS's IAM Roles for Service Accounts (IRSA) on your
machine: it issues Kubernetes ServiceAccount tokens, verifies them in an STS that
evaluates trust policies, and enforces the role's policies in an S3. And it says
why something was denied.

  irsatz demo                       see the whole flow
  irsatz serve -f setup.yaml        run it for your own programs
  irsatz exec -n NS --serviceaccount SA -- aws s3 ls
  irsatz why                        explain the last denial

Every flag has an environment variable: --endpoints-file is IRSATZ_ENDPOINTS_FILE.`

func (p *program) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use: "irsatz", Short: "AWS IAM Roles for Service Accounts without AWS", Long: rootLong,
		SilenceErrors: true, SilenceUsage: true, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.AddCommand(
		p.serveCommand(), p.demoCommand(), p.execCommand(), p.envCommand(), p.createCommand(), p.getCommand(), p.describeCommand(), p.deleteCommand(),
		p.exportCommand(),
		p.trailCommand(), p.whyCommand(), p.scenarioCommand(), p.probeCommand(), p.clockCommand(),
		p.healthCommand(), p.resetCommand(), p.caCommand(), p.versionCommand(),
		p.webhookCommand(), p.kindCommand(), p.doctorCommand(), p.simulateCommand(), p.lintCommand(),
	)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	for _, name := range plannedCommands {
		root.AddCommand(planned(name))
	}
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error { return p.env.apply(cmd) }
	wrapArgs(root)
	return root
}

// plannedCommands are verbs of the command line that irsatz will have.
var plannedCommands = []string{"fault"}

// planned answers for a verb that is not there yet.
func planned(name string) *cobra.Command {
	return &cobra.Command{
		Use: name, Hidden: true, DisableFlagParsing: true,
		RunE: func(*cobra.Command, []string) error { return fmt.Errorf("%s: not implemented", name) },
	}
}

// wrapArgs makes wrong arguments usage errors, everywhere.
func wrapArgs(cmd *cobra.Command) {
	if check := cmd.Args; check != nil {
		cmd.Args = func(c *cobra.Command, args []string) error {
			if err := check(c, args); err != nil {
				return unknownCommand(c, args, err)
			}
			return nil
		}
	}
	for _, child := range cmd.Commands() {
		wrapArgs(child)
	}
}

// unknownCommand words an argument that should have been a verb.
func unknownCommand(cmd *cobra.Command, args []string, err error) error {
	if !cmd.HasSubCommands() || len(args) == 0 {
		return usageError{err}
	}
	var names []string
	for _, child := range cmd.Commands() {
		if !child.Hidden {
			names = append(names, child.Name())
		}
	}
	err = usageError{fmt.Errorf("unknown command %q for %q", args[0], cmd.CommandPath())}
	if near, ok := nearest.Of(args[0], names); ok {
		return withHint(err, "did you mean `%s %s`?", cmd.CommandPath(), near)
	}
	return withHint(err, "`%s --help` lists the commands", cmd.CommandPath())
}

// controlFlags adds the flags of commands that speak to a running server.
func (p *program) controlFlags(flags *pflag.FlagSet) {
	flags.StringVar(&p.control, "control", "http://"+emulator.DefaultControl, "URL of the running server's control port")
	flags.StringVar(&p.controlToken, "control-token", "", "bearer token of the control port")
}

// client speaks to the running server.
func (p *program) client() *emulator.Client {
	url := p.control
	if !strings.Contains(url, "://") {
		url = "http://" + url
	}
	return &emulator.Client{URL: strings.TrimSuffix(url, "/"), Token: p.controlToken}
}
