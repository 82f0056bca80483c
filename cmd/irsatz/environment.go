package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/irsatz/irsatz/internal/nearest"
)

// environment is the environment of the program. It is read here and nowhere
// below cmd.
type environment struct {
	list   []string
	values map[string]string
}

func newEnvironment(list []string) *environment {
	e := &environment{list: list, values: map[string]string{}}
	for _, v := range list {
		name, value, _ := strings.Cut(v, "=")
		e.values[name] = value
	}
	return e
}

// variable is the name of a flag's variable.
func variable(flag string) string {
	return "IRSATZ_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// apply gives the command's flags the values of their variables, unless they
// stand on the command line. A variable of ours that no command knows is an
// error: a setting that is misspelt must not be silently without effect.
func (e *environment) apply(cmd *cobra.Command) error {
	known := knownVariables(cmd.Root())
	for name := range e.values {
		if strings.HasPrefix(name, "IRSATZ_") && !slices.Contains(known, name) {
			err := usageError{fmt.Errorf("unknown environment variable %s", name)}
			if near, ok := nearest.Of(name, known); ok {
				return withHint(err, "did you mean %s?", near)
			}
			return withHint(err, "the variables are named after the flags: `irsatz serve --help`")
		}
	}
	var failed error
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		value, ok := e.values[variable(f.Name)]
		if !ok || value == "" || f.Changed || f.Name == "help" {
			return
		}
		if err := cmd.Flags().Set(f.Name, value); err != nil && failed == nil {
			failed = usageError{fmt.Errorf("%s: %w", variable(f.Name), err)}
		}
	})
	return failed
}

// knownVariables are those of all flags of all commands.
func knownVariables(cmd *cobra.Command) []string {
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, variable(f.Name)) })
	for _, child := range cmd.Commands() {
		names = append(names, knownVariables(child)...)
	}
	return names
}
