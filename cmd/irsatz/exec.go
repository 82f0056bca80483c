package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/irsatz/irsatz/emulator"
	"github.com/irsatz/irsatz/localpod"
	"github.com/irsatz/irsatz/workload"
)

// podFlags say which pod to be.
type podFlags struct {
	cluster, namespace, serviceAccount string
	pod, container, kubelet            string
	issuer                             string
	env                                []string
	tls, intercept                     bool
}

func (f *podFlags) add(flags *pflag.FlagSet) {
	flags.StringVarP(&f.namespace, "namespace", "n", "default", "namespace of the ServiceAccount")
	flags.StringVar(&f.serviceAccount, "serviceaccount", "default", "ServiceAccount of the pod")
	flags.StringVar(&f.cluster, "cluster", "", "cluster, by name or issuer URL (default: the first)")
	flags.StringVar(&f.issuer, "issuer", "", "be a job of this issuer of the setup instead of a pod: GitHub's variables for fetching its tokens")
	flags.StringArrayVarP(&f.env, "env", "e", nil, "NAME=VALUE of the container's own environment (may be repeated)")
	flags.BoolVar(&f.tls, "tls", false, "give the https endpoint instead of the http one")
}

// check refuses what a job is not asked.
func (f *podFlags) check(flags *pflag.FlagSet) error {
	if f.issuer == "" {
		return nil
	}
	for _, name := range []string{"cluster", "namespace", "serviceaccount", "pod", "container"} {
		if flags.Changed(name) {
			return withHint(usageError{fmt.Errorf("--issuer and --%s exclude each other", name)}, "a job of an issuer is in no cluster")
		}
	}
	f.namespace, f.serviceAccount = "", ""
	return nil
}

func (p *program) execCommand() *cobra.Command {
	server, pod := &serverFlags{}, &podFlags{}
	cmd := &cobra.Command{
		Use: "exec [flags] -- COMMAND...", Short: "Run a command as a pod of a ServiceAccount would run",
		Long: `Runs a command with the environment that the pod identity webhook injects, a
projected token that is kept fresh, and endpoints and trust for its AWS SDK. It
uses the running server, or starts one for the time of the command when -f is
given or none runs. Exits with the command's status.

With --pod it is a container of the pod in a manifest: that goes through the
webhook, its tokens get the owner, group and mode that the kubelet gives them,
and root runs the command as the container's user and groups.

With --issuer it is a job of an issuer such as GitHub Actions, which fetches its
tokens from the endpoint that two variables name.`,
		Example: "  irsatz exec -n prod --serviceaccount app -- aws s3 ls\n  irsatz exec -f setup.yaml -n prod --serviceaccount app -- ./my-tests\n  irsatz exec -f setup.yaml --pod deployment.yaml -- aws sts get-caller-identity\n  irsatz exec -f setup.yaml --issuer github -- ./deploy.sh",
		Args:    cobra.MinimumNArgs(1),
		RunE:    func(cmd *cobra.Command, args []string) error { return p.exec(cmd, server, pod, args) },
	}
	p.controlFlags(cmd.Flags())
	server.add(cmd.Flags())
	pod.add(cmd.Flags())
	cmd.Flags().StringVar(&pod.pod, "pod", "", "manifest of a Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, Job or CronJob to be; - reads it")
	cmd.Flags().StringVarP(&pod.container, "container", "c", "", "container of --pod (default: the first, or the one that kubectl would take)")
	cmd.Flags().StringVar(&pod.kubelet, "kubelet", "current", "whose token permissions to follow: current, or pre-1.19")
	cmd.Flags().BoolVar(&pod.intercept, "intercept", false, "lead *.amazonaws.com here through a proxy, for SDKs that know no endpoint variable")
	cmd.Flags().Lookup("log-level").DefValue = "error"
	server.logLevel = "error"
	cmd.Flags().SetInterspersed(false)
	return cmd
}

func (p *program) exec(cmd *cobra.Command, server *serverFlags, pod *podFlags, args []string) error {
	if err := pod.check(cmd.Flags()); err != nil {
		return err
	}
	work, err := p.workload(cmd, pod)
	if err != nil {
		return err
	}
	path, err := exec.LookPath(args[0])
	if err != nil {
		return fmt.Errorf("%s: command not found", args[0])
	}
	client, stop, err := p.server(cmd, server)
	if err != nil {
		return err
	}
	defer stop()
	dir, err := os.MkdirTemp("", "irsatz-pod-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := privateHome(path, dir, pod); err != nil {
		return err
	}
	surroundings, err := p.pod(cmd.Context(), client, dir, pod, work)
	if err != nil {
		return err
	}
	defer surroundings.Close()
	child := exec.Command(path, args[1:]...)
	child.Env = surroundings.Env()
	if warning := become(child, &surroundings.Container, filepath.Join(dir, "home")); warning != "" {
		surroundings.Warnings = append(surroundings.Warnings, warning)
	}
	p.warn(surroundings.Warnings)
	return p.runChild(child)
}

func (p *program) warn(warnings []string) {
	for _, warning := range warnings {
		fmt.Fprintln(p.stderr, "irsatz: warning: "+warning)
	}
}

// workload reads the pod to be; nil if no manifest is given.
func (p *program) workload(cmd *cobra.Command, f *podFlags) (*workload.Pod, error) {
	if f.kubelet != "current" && f.kubelet != "pre-1.19" {
		return nil, usageError{fmt.Errorf("--kubelet %q: want current or pre-1.19", f.kubelet)}
	}
	if f.pod == "" {
		if f.container != "" {
			return nil, usageError{errors.New("--container: want --pod beside it")}
		}
		return nil, nil
	}
	// What is not given is the manifest's to say.
	for name, value := range map[string]*string{"namespace": &f.namespace, "serviceaccount": &f.serviceAccount} {
		if !cmd.Flags().Changed(name) {
			*value = ""
		}
	}
	content, err := p.readFile(f.pod)
	if err != nil {
		return nil, fmt.Errorf("--pod: %w", err)
	}
	work, err := workload.Parse(content)
	if err != nil {
		return nil, fmt.Errorf("--pod %s: %w", f.pod, err)
	}
	return work, nil
}

// readFile reads a file, or standard input for "-".
func (p *program) readFile(path string) ([]byte, error) {
	if path == "-" {
		return io.ReadAll(p.stdin)
	}
	return os.ReadFile(path)
}

// privateHome gives the AWS CLI a home of its own, as it has in a pod. It keeps
// the sessions of web identities in ~/.aws/cli/cache by the role's name alone,
// and would take one that another pod, or another server, was given. Other
// programs keep the user's home, where their caches and settings are.
func privateHome(path, dir string, pod *podFlags) error {
	if strings.TrimSuffix(filepath.Base(path), ".exe") != "aws" {
		return nil
	}
	for _, v := range pod.env {
		if strings.HasPrefix(v, "HOME=") {
			return nil
		}
	}
	home := filepath.Join(dir, "home")
	pod.env = append(pod.env, "HOME="+home)
	return os.Mkdir(home, 0o755)
}

// pod prepares the surroundings in dir.
func (p *program) pod(ctx context.Context, client *emulator.Client, dir string, f *podFlags, work *workload.Pod) (*localpod.Pod, error) {
	// The command may run as another user.
	if err := os.Chmod(dir, 0o755); err != nil {
		return nil, err
	}
	return localpod.Start(ctx, localpod.Config{
		Client: client, Dir: dir, Issuer: f.issuer, Cluster: f.cluster, Namespace: f.namespace, ServiceAccount: f.serviceAccount,
		Workload: work, Container: f.container, Before119: f.kubelet == "pre-1.19",
		Env: f.env, Host: p.env.list, TLS: f.tls, Intercept: f.intercept,
		Report: func(err error) { fmt.Fprintln(p.stderr, "irsatz: warning: token: "+err.Error()) },
	})
}

// server finds the running server, or starts one for the time of the command.
func (p *program) server(cmd *cobra.Command, f *serverFlags) (*emulator.Client, func(), error) {
	named := cmd.Flags().Changed("control")
	client := p.client()
	if len(f.files) == 0 && (named || client.Healthy(cmd.Context()) == nil) {
		return client, func() {}, nil
	}
	if named {
		return nil, nil, withHint(usageError{errors.New("-f and --control (or IRSATZ_CONTROL) exclude each other")}, "-f starts a server of its own")
	}
	config, err := f.config(p)
	if err != nil {
		return nil, nil, err
	}
	config.Listen, config.Control = "127.0.0.1:0", "127.0.0.1:0"
	e, err := emulator.Start(config)
	if err != nil {
		return nil, nil, startError(err)
	}
	stop := func() {
		drain, cancel := context.WithTimeout(context.Background(), drainTime)
		defer cancel()
		_ = e.Close(drain)
	}
	return &emulator.Client{URL: e.ControlURL()}, stop, nil
}

// runChild runs the command and passes signals on to it, but for the
// terminal's interrupt, which it has got itself.
func (p *program) runChild(child *exec.Cmd) error {
	child.Stdin, child.Stdout, child.Stderr = p.stdin, p.stdout, p.stderr
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, forwarded...)
	defer signal.Stop(signals)
	if err := child.Start(); err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(child.Path), err)
	}
	done := make(chan error, 1)
	go func() { done <- child.Wait() }()
	for {
		select {
		case s := <-signals:
			_ = child.Process.Signal(s)
		case err := <-done:
			return childStatus(child, err)
		}
	}
}

// childStatus makes the command's status ours; 128 and the signal's number
// if a signal ended it, as shells have it.
func childStatus(child *exec.Cmd, err error) error {
	if err == nil {
		return nil
	}
	if code := child.ProcessState.ExitCode(); code > 0 {
		return statusError(code)
	}
	if n := signalNumber(child.ProcessState); n > 0 {
		return statusError(128 + n)
	}
	return err
}
