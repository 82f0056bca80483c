package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
)

// formats are the ways in which env prints.
var formats = map[string]func(w io.Writer, env []string) error{
	"sh":         printEach("export %s='%s'\n", `'`, `'\''`),
	"fish":       printEach("set -gx %s '%s'\n", `'`, `\'`),
	"powershell": printEach("$env:%s = '%s'\n", `'`, `''`),
	"dotenv":     printEach("%s='%s'\n", `'`, `'\''`),
	"json":       printJSON,
}

func printEach(format, quote, escaped string) func(io.Writer, []string) error {
	return func(w io.Writer, env []string) error {
		for _, v := range env {
			name, value, _ := strings.Cut(v, "=")
			if _, err := fmt.Fprintf(w, format, name, strings.ReplaceAll(value, quote, escaped)); err != nil {
				return err
			}
		}
		return nil
	}
}

func printJSON(w io.Writer, env []string) error {
	values := map[string]string{}
	for _, v := range env {
		name, value, _ := strings.Cut(v, "=")
		values[name] = value
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(values)
}

func (p *program) envCommand() *cobra.Command {
	pod := &podFlags{}
	var format, dir string
	cmd := &cobra.Command{
		Use: "env", Short: "Print the environment of a pod for a shell", Args: cobra.NoArgs,
		Long: `Prints what exec would give a command, as lines for a shell. The token is written
to a folder and is not kept fresh: it is good for a day unless the ServiceAccount
says otherwise.`,
		Example: `  eval "$(irsatz env -n prod --serviceaccount app)"
  eval "$(irsatz env --issuer github)"`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			print, ok := formats[format]
			if !ok {
				return usageError{fmt.Errorf("--format %q: want sh, fish, powershell, dotenv or json", format)}
			}
			return p.printEnv(cmd, pod, dir, print)
		},
	}
	p.controlFlags(cmd.Flags())
	pod.add(cmd.Flags())
	cmd.Flags().StringVar(&format, "format", "sh", "sh, fish, powershell, dotenv or json")
	cmd.Flags().StringVar(&dir, "dir", "", "folder for token and CA (default: one of this user's in the temporary folder)")
	return cmd
}

func (p *program) printEnv(cmd *cobra.Command, f *podFlags, dir string, print func(io.Writer, []string) error) error {
	if err := f.check(cmd.Flags()); err != nil {
		return err
	}
	if dir == "" {
		private, err := privateDir()
		if err != nil {
			return err
		}
		dir = filepath.Join(private, f.namespace, f.serviceAccount)
		if f.issuer != "" {
			dir = filepath.Join(private, "_issuer") // no namespace has this name
		}
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	surroundings, err := p.pod(cmd.Context(), p.client(), dir, f, nil)
	if err != nil {
		return err
	}
	defer surroundings.Close()
	p.warn(surroundings.Warnings)
	// What the shell has already is of no interest.
	inherited := map[string]bool{}
	for _, v := range p.env.list {
		inherited[v] = true
	}
	var added []string
	for _, v := range surroundings.Env() {
		if !inherited[v] {
			added = append(added, v)
		}
	}
	return print(p.stdout, added)
}

// privateDir is a folder of this user's in the temporary folder, which others
// cannot have put there.
func privateDir() (string, error) {
	dir := filepath.Join(os.TempDir(), fmt.Sprintf("irsatz-env-%d", os.Getuid()))
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return "", err
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return "", err
	}
	if !info.IsDir() || !ownedByUs(info) {
		return "", withHint(fmt.Errorf("%s is not this user's folder", dir), "name another with --dir")
	}
	return dir, nil
}
