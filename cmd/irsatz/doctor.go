package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/irsatz/irsatz/kindcluster"
	"github.com/irsatz/irsatz/kubernetes"
)

// doctorFlags say which cluster is examined, and what for.
type doctorFlags struct {
	cluster kubernetes.Config
	wanted  kubernetes.Examination
	output  string
}

func (f *doctorFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&f.cluster.Kubeconfig, "kubeconfig", "", "kubeconfig of the cluster (default: kubectl's)")
	flags.StringVar(&f.wanted.Issuer, "issuer", "", "issuer that the cluster's tokens are to have (default: any)")
	flags.StringVarP(&f.wanted.Namespace, "namespace", "n", "", "namespace of the ServiceAccount to try (default: any, or default with --serviceaccount)")
	flags.StringVar(&f.wanted.ServiceAccount, "serviceaccount", "", "ServiceAccount to try (default: the first that has a role)")
	flags.StringVar(&f.wanted.Endpoint, "endpoint", "", "URL of irsatz's AWS port (default: what pods are given)")
	flags.StringVarP(&f.output, "output", "o", "text", "text, json or yaml")
}

const doctorLong = `Looks at all that the AWS identity of a cluster's pods depends on: the issuer and
the audiences of its tokens, the webhook, its certificate and whether it mutates a
pod, irsatz's endpoint and CA, what STS says to a fresh token, and the clocks. One
line each says what was seen and what to do about it. Nothing in the cluster is
changed: pods are dry runs. Exits 1 if something has failed.`

func (p *program) doctorCommand() *cobra.Command {
	f := &doctorFlags{}
	cmd := &cobra.Command{
		Use: "doctor", Short: "Say why the pods of a cluster get no AWS identity", Args: cobra.NoArgs, Long: doctorLong,
		Example: "  irsatz doctor\n  irsatz doctor --context kind-irsatz -n shop --serviceaccount app",
		RunE:    func(cmd *cobra.Command, _ []string) error { return p.doctor(cmd.Context(), f) },
	}
	f.add(cmd.Flags())
	cmd.Flags().StringVar(&f.cluster.Context, "context", "", "context of the kubeconfig (default: its current one)")
	return cmd
}

// kindDoctorCommand is doctor for a cluster of kind's.
func (p *program) kindDoctorCommand() *cobra.Command {
	f := &doctorFlags{}
	var name string
	cmd := &cobra.Command{
		Use: "doctor", Short: "Say why the pods of the kind cluster get no AWS identity", Args: cobra.NoArgs, Long: doctorLong,
		Example: "  irsatz kind doctor --issuer https://oidc.eks.eu-west-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF",
		RunE: func(cmd *cobra.Command, _ []string) error {
			f.cluster.Context = kindcluster.ContextOf(name)
			return p.doctor(cmd.Context(), f)
		},
	}
	f.add(cmd.Flags())
	cmd.Flags().StringVar(&name, "name", kindcluster.DefaultName, "name of the kind cluster")
	return cmd
}

func (p *program) doctor(ctx context.Context, f *doctorFlags) error {
	if !slices.Contains([]string{"text", "json", "yaml"}, f.output) {
		return usageError{fmt.Errorf("--output %q: want text, json or yaml", f.output)}
	}
	if f.wanted.ServiceAccount != "" && f.wanted.Namespace == "" {
		f.wanted.Namespace = "default"
	}
	if f.cluster.Kubeconfig == "" {
		f.cluster.Kubeconfig = p.defaultKubeconfig()
	}
	cluster, err := kubernetes.Connect(f.cluster)
	if err != nil {
		return withHint(err, "name the cluster with --kubeconfig and --context")
	}
	checks := cluster.Examine(ctx, f.wanted)
	if err := p.printChecks(checks, f.output); err != nil {
		return err
	}
	bad := 0
	for _, c := range checks {
		if c.Result == kubernetes.Failed {
			bad++
		}
	}
	if bad > 0 {
		return fmt.Errorf("%d of %d checks failed", bad, len(checks))
	}
	return nil
}

func (p *program) printChecks(checks []kubernetes.Check, format string) error {
	if format != "text" {
		return p.printValue(checks, format)
	}
	var err error
	for _, c := range checks {
		line := fmt.Sprintf("%-8s %-16s %s", c.Result, c.Name, c.Seen)
		if c.Do != "" {
			line += ": " + c.Do
		}
		_, failed := fmt.Fprintln(p.stdout, line)
		err = errors.Join(err, failed)
	}
	return err
}

// defaultKubeconfig is the first file of KUBECONFIG that is there, or the one in
// the user's home.
func (p *program) defaultKubeconfig() string {
	for _, file := range filepath.SplitList(p.env.values["KUBECONFIG"]) {
		if _, err := os.Stat(file); err == nil {
			return file
		}
	}
	home := p.env.values["HOME"]
	if home == "" {
		home = p.env.values["USERPROFILE"]
	}
	return filepath.Join(home, ".kube", "config")
}
