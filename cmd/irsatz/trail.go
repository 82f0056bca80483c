package main

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/irsatz/irsatz/trail"
)

func (p *program) trailCommand() *cobra.Command {
	var follow bool
	var limit int
	var output string
	cmd := &cobra.Command{
		Use: "trail", Short: "List the requests", Args: cobra.NoArgs,
		Long: "Lists the requests that the running server has answered, oldest first.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			print := p.printRecord
			switch output {
			case "json":
				lines := json.NewEncoder(p.stdout)
				print = func(r *trail.Record) error { return lines.Encode(r) }
			case "table":
			default:
				return usageError{fmt.Errorf("--output %q: want table or json", output)}
			}
			return p.client().Trail(cmd.Context(), limit, follow, print)
		},
	}
	p.controlFlags(cmd.Flags())
	cmd.Flags().BoolVar(&follow, "follow", false, "go on with new requests until interrupted")
	cmd.Flags().IntVar(&limit, "limit", 0, "only the newest N (0: all)")
	cmd.Flags().StringVarP(&output, "output", "o", "table", "table, or json: one object a line")
	return cmd
}

func (p *program) printRecord(r *trail.Record) error {
	answer := fmt.Sprint(r.Status)
	if r.Code != "" {
		answer += " " + r.Code
	}
	_, err := fmt.Fprintf(p.stdout, "%s  %-36s  %-4s %-26s %-28s %s\n",
		r.Time.UTC().Format(time.TimeOnly), r.ID, r.Service, dash(r.Operation), answer, dash(r.Caller))
	return err
}

func (p *program) whyCommand() *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use: "why [REQUEST-ID]", Short: "Explain a decision", Args: cobra.MaximumNArgs(1),
		Long: `Explains why a request was answered as it was: which statements matched, which
condition failed with which value, and what to change. Without a request id, the
last request that was denied.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			id := ""
			if len(args) == 1 {
				id = args[0]
			}
			why, err := p.client().Why(cmd.Context(), id)
			if err != nil {
				return err
			}
			switch output {
			case "text":
				_, err = fmt.Fprint(p.stdout, why.Text)
			case "json":
				e := json.NewEncoder(p.stdout)
				e.SetIndent("", "  ")
				err = e.Encode(why.Record)
			default:
				return usageError{fmt.Errorf("--output %q: want text or json", output)}
			}
			return err
		},
	}
	p.controlFlags(cmd.Flags())
	cmd.Flags().StringVarP(&output, "output", "o", "text", "text or json")
	return cmd
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
