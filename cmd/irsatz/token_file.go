package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/pflag"

	"github.com/irsatz/irsatz/emulator"
	"github.com/irsatz/irsatz/localpod"
)

// tokenFileFlags say where a token goes other than to standard output.
type tokenFileFlags struct {
	path    string
	refresh bool
}

func (f *tokenFileFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&f.path, "output-file", "", "write the token to this file instead of printing it")
	flags.BoolVar(&f.refresh, "refresh", false, "with --output-file: replace the token at 80% of its life, until interrupted; its folder is laid out as the kubelet does it")
}

// writeToken writes a token to a file, and keeps it fresh there if it is to.
func (p *program) writeToken(ctx context.Context, f *tokenFileFlags, request emulator.TokenRequest) error {
	switch {
	case f.path == "":
		return usageError{errors.New("--refresh: want --output-file beside it")}
	case f.refresh && request.Broken != "":
		return usageError{errors.New("--refresh and --broken exclude each other")}
	}
	file, err := localpod.WriteToken(ctx, localpod.TokenFileConfig{
		Client: p.client(), Request: request, Path: f.path, Projected: f.refresh,
		Report: func(err error) { fmt.Fprintln(p.stderr, "irsatz: warning: token: "+err.Error()) },
	})
	if err != nil || !f.refresh {
		return err
	}
	fmt.Fprintln(p.stdout, "Ready.")
	file.Run(ctx)
	return nil
}
