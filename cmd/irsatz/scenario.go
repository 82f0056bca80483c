package main

import (
	"errors"
	"fmt"
	"os"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/irsatz/irsatz/scenarios"
)

func (p *program) scenarioCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "scenario", Short: "Workshop scenarios", Args: cobra.NoArgs, RunE: needsVerb}
	cmd.AddCommand(
		&cobra.Command{
			Use: "list", Short: "List the scenarios", Args: cobra.NoArgs,
			RunE: func(*cobra.Command, []string) error {
				w := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
				for _, s := range scenarios.All() {
					fmt.Fprintf(w, "%s\t%s\n", s.Name, s.Title)
				}
				return w.Flush()
			},
		},
		p.scenarioShowCommand(), p.scenarioRunCommand(),
		planned("start"), planned("hint"), planned("check"), planned("solve"),
	)
	return cmd
}

func (p *program) scenarioShowCommand() *cobra.Command {
	var script bool
	cmd := &cobra.Command{
		Use: "show NAME", Short: "Tell a scenario's story", Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			s, err := scenarios.Find(args[0])
			if err != nil {
				return withHint(err, "`irsatz scenario list` lists them")
			}
			if script {
				_, err = fmt.Fprint(p.stdout, s.Text)
			} else {
				_, err = fmt.Fprintf(p.stdout, "%s\n\n%s\n", s.Title, s.Story)
			}
			return err
		},
	}
	cmd.Flags().BoolVar(&script, "script", false, "the whole file: commands, expected output and files")
	return cmd
}

func (p *program) scenarioRunCommand() *cobra.Command {
	var all, verbose bool
	cmd := &cobra.Command{
		Use: "run NAME|--all", Short: "Run scenarios headless and compare every output",
		RunE: func(_ *cobra.Command, args []string) error {
			if all == (len(args) > 0) {
				return usageError{errors.New("scenario run: want the names of scenarios, or --all")}
			}
			list := scenarios.All()
			if !all {
				list = nil
				for _, name := range args {
					s, err := scenarios.Find(name)
					if err != nil {
						return withHint(err, "`irsatz scenario list` lists them")
					}
					list = append(list, s)
				}
			}
			return p.runScenarios(list, verbose)
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "run every scenario")
	cmd.Flags().BoolVarP(&verbose, "verbose", "v", false, "show every command with its output")
	return cmd
}

func (p *program) runScenarios(list []scenarios.Scenario, verbose bool) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	failed := 0
	for _, s := range list {
		if err := scenarios.Run(s, scenarios.Options{Irsatz: self, Verbose: verbose, Output: p.stdout}); err != nil {
			failed++
			fmt.Fprintf(p.stdout, "FAIL %s: %v\n", s.Name, err)
			continue
		}
		fmt.Fprintf(p.stdout, "ok   %s\n", s.Name)
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d scenarios failed", failed, len(list))
	}
	return nil
}
