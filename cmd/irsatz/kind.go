package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/irsatz/irsatz/kindcluster"
)

func (p *program) kindCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "kind", Short: "Make a kind cluster whose pods get their AWS identity from irsatz", Args: cobra.NoArgs, RunE: needsVerb,
		Long: `Makes kind clusters, with kind's own code, whose API server has an issuer like one
of EKS, and in which irsatz answers for STS, S3 and the pod identity webhook.
Docker, Podman or nerdctl is needed, and nothing else: no kind, no kubectl and no
registry.`,
	}
	cmd.AddCommand(p.kindUpCommand(), p.kindDownCommand(), p.kindStatusCommand(), p.kindDoctorCommand())
	return cmd
}

// kindFlags say which cluster is meant, and how its engine is driven.
type kindFlags struct {
	name, kubeconfig string
	quiet            bool
}

func (f *kindFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&f.name, "name", kindcluster.DefaultName, "name of the kind cluster")
	flags.BoolVarP(&f.quiet, "quiet", "q", false, "do not show progress")
}

func (f *kindFlags) addKubeconfig(flags *pflag.FlagSet) {
	flags.StringVar(&f.kubeconfig, "kubeconfig", "", "kubeconfig to write the cluster's context into (default: kubectl's)")
}

// engine finds the container engine, which KIND_EXPERIMENTAL_PROVIDER names as
// for kind itself.
func (p *program) engine(f *kindFlags) (*kindcluster.Engine, error) {
	config := kindcluster.EngineConfig{Provider: p.env.values["KIND_EXPERIMENTAL_PROVIDER"]}
	if !f.quiet {
		config.Progress = p.stderr
	}
	return kindcluster.FindEngine(config)
}

// kindKeyDir is where the keys of a cluster are, which are mounted into it.
func kindKeyDir(name string) (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", withHint(fmt.Errorf("a folder for the keys: %w", err), "name one with --key-dir")
	}
	return filepath.Join(dir, "irsatz", "kind", name), nil
}

func (p *program) kindDownCommand() *cobra.Command {
	f := &kindFlags{}
	cmd := &cobra.Command{
		Use: "down", Short: "Remove the kind cluster", Args: cobra.NoArgs,
		Long: `Removes the kind cluster, its context in the kubeconfig and the keys that were made
for it. Where there is none, nothing is done.`,
		RunE: func(*cobra.Command, []string) error { return p.kindDown(f) },
	}
	f.add(cmd.Flags())
	f.addKubeconfig(cmd.Flags())
	return cmd
}

func (p *program) kindDown(f *kindFlags) error {
	engine, err := p.engine(f)
	if err != nil {
		return err
	}
	removed, err := engine.Down(f.name, f.kubeconfig)
	if err != nil {
		return err
	}
	if dir, err := kindKeyDir(f.name); err == nil {
		if err := os.RemoveAll(dir); err != nil {
			return fmt.Errorf("remove the keys: %w", err)
		}
	}
	said := "cluster " + f.name + " is removed"
	if !removed {
		said = "there is no cluster " + f.name
	}
	_, err = fmt.Fprintln(p.stdout, said)
	return err
}

func (p *program) kindStatusCommand() *cobra.Command {
	f := &kindFlags{}
	var output string
	cmd := &cobra.Command{
		Use: "status", Short: "Show how the kind cluster is", Args: cobra.NoArgs,
		Long: `Shows the cluster's nodes and issuer, and whether irsatz and its webhook are ready.
It exits with 0 only if they are.`,
		Example: "  irsatz kind status -o json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			engine, err := p.engine(f)
			if err != nil {
				return err
			}
			cluster, err := engine.Cluster(f.name)
			if err != nil {
				return err
			}
			status, err := cluster.Status(cmd.Context())
			if err != nil {
				return err
			}
			return p.printKindStatus(status, output)
		},
	}
	f.add(cmd.Flags())
	cmd.Flags().StringVarP(&output, "output", "o", "table", "table, json or yaml")
	return cmd
}

func (p *program) printKindStatus(s kindcluster.Status, output string) error {
	if output != "table" {
		if err := p.printValue(s, output); err != nil {
			return err
		}
	} else if err := kindTable(p.stdout, s); err != nil {
		return err
	}
	if s.Ready() {
		return nil
	}
	if s.Problem != "" {
		return withHint(errors.New(s.Problem), "the nodes may be stopped: `docker ps -a` shows them")
	}
	return withHint(fmt.Errorf("irsatz is %s, its webhook %s", s.Irsatz, s.Webhook), "`irsatz kind up --existing --name %s` puts irsatz into the cluster", s.Name)
}

func kindTable(out io.Writer, s kindcluster.Status) error {
	w := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	for _, row := range [][2]string{
		{"cluster", s.Name}, {"context", s.Context}, {"mode", string(s.Mode)}, {"issuer", s.Issuer}, {"endpoint", s.Endpoint},
		{"irsatz", string(s.Irsatz)}, {"webhook", string(s.Webhook)},
	} {
		fmt.Fprintf(w, "%s\t%s\n", row[0], dash(row[1]))
	}
	for _, n := range s.Nodes {
		fmt.Fprintf(w, "node\t%s\t%s\t%s\n", n.Name, n.Role, cmp.Or(n.Version, "stopped"))
	}
	return w.Flush()
}
