package main

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"github.com/spf13/cobra"

	"github.com/irsatz/irsatz/emulator"
	"github.com/irsatz/irsatz/localpod"
)

// healthTime is how long health waits for an answer.
const healthTime = 3 * time.Second

func (p *program) healthCommand() *cobra.Command {
	var tokenFile string
	cmd := &cobra.Command{
		Use: "health", Short: "Exit 0 if the server answers", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, cancel := context.WithTimeout(cmd.Context(), healthTime)
			defer cancel()
			if err := p.healthy(ctx, tokenFile); err != nil {
				return err
			}
			_, err := fmt.Fprintln(p.stdout, "ok")
			return err
		},
	}
	p.controlFlags(cmd.Flags())
	cmd.Flags().StringVar(&tokenFile, "token-file", "", "and if this file, of create token --output-file, has a token that has not expired")
	return cmd
}

// healthy asks the server, and if there is a token file to look at, for its time.
func (p *program) healthy(ctx context.Context, tokenFile string) error {
	client := p.client()
	if err := client.Healthy(ctx); err != nil || tokenFile == "" {
		return err
	}
	state, err := client.Clock(ctx)
	if err != nil {
		return err
	}
	return localpod.CheckTokenFile(tokenFile, state.Now)
}

func (p *program) resetCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "reset", Short: "Bring back the state that the server began with", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.client().Reset(cmd.Context()) },
	}
	p.controlFlags(cmd.Flags())
	return cmd
}

func (p *program) caCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "ca", Short: "Print the certificate of the server's CA", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			pem, err := p.client().CA(cmd.Context())
			if err != nil {
				return err
			}
			_, err = p.stdout.Write(pem)
			return err
		},
	}
	p.controlFlags(cmd.Flags())
	return cmd
}

func (p *program) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintf(p.stdout, "irsatz %s %s/%s %s\n", version, runtime.GOOS, runtime.GOARCH, runtime.Version())
			return err
		},
	}
}

func (p *program) clockCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "clock", Short: "Show and move the server's clock", Args: cobra.NoArgs, RunE: needsVerb}
	show := func(state emulator.ClockState, err error) error {
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(p.stdout, "%s (%s ahead)\n", state.Now.Format(time.RFC3339), state.Offset.Round(time.Second))
		return err
	}
	cmd.AddCommand(
		&cobra.Command{
			Use: "now", Short: "Show the server's time", Args: cobra.NoArgs,
			RunE: func(cmd *cobra.Command, _ []string) error { return show(p.client().Clock(cmd.Context())) },
		},
		&cobra.Command{
			Use: "advance DURATION", Short: "Move it ahead, as in 2h30m", Args: cobra.ExactArgs(1),
			RunE: func(cmd *cobra.Command, args []string) error {
				d, err := time.ParseDuration(args[0])
				if err != nil {
					return usageError{err}
				}
				return show(p.client().ChangeClock(cmd.Context(), emulator.ClockChange{Advance: d}))
			},
		},
		&cobra.Command{
			Use: "set TIME", Short: "Set it, as in 2026-11-23T08:00:00Z", Args: cobra.ExactArgs(1),
			RunE: func(cmd *cobra.Command, args []string) error {
				t, err := time.Parse(time.RFC3339, args[0])
				if err != nil {
					return usageError{err}
				}
				return show(p.client().ChangeClock(cmd.Context(), emulator.ClockChange{Set: t}))
			},
		},
	)
	for _, child := range cmd.Commands() {
		p.controlFlags(child.Flags())
	}
	return cmd
}
