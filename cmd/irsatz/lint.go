package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/irsatz/irsatz/lint"
	"github.com/irsatz/irsatz/manifest"
)

func (p *program) lintCommand() *cobra.Command {
	var kindName, failOn, output string
	cmd := &cobra.Command{
		Use: "lint FILE...", Short: "Read policy documents critically", Args: cobra.ArbitraryArgs,
		Long: `Looks at policy documents: what AWS would refuse, and what it takes but does not do
as it seems to say. A file holds documents as JSON or YAML, or manifests as serve
loads them; "-" is standard input, and a folder stands for its *.json, *.yaml and
*.yml files. No server is needed.

Exit status: 0 if there is no finding as severe as --fail-on, 1 if there is.`,
		Example: `  irsatz lint trust.json setup.yaml
  irsatz lint --kind bucket --fail-on warning -o sarif bucket.json`,
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return withHint(usageError{errors.New("no files")}, "name files or folders, or - for standard input")
			}
			kind, err := lint.ParseKind(kindName)
			if err != nil {
				return usageError{fmt.Errorf("--kind: %w", err)}
			}
			var worst lint.Severity
			if err := worst.UnmarshalText([]byte(failOn)); err != nil {
				return usageError{fmt.Errorf("--fail-on: %w", err)}
			}
			write, known := lintOutputs[output]
			if !known {
				return usageError{fmt.Errorf("--output %q: want text, json or sarif", output)}
			}
			findings, err := p.lintFiles(args, kind)
			if err != nil {
				return err
			}
			if err := write(p.stdout, findings); err != nil {
				return err
			}
			for _, f := range findings {
				if f.Severity >= worst {
					return statusError(exitFailed)
				}
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&kindName, "kind", string(lint.Auto), "what plain documents are: identity, trust, bucket, session, boundary, scp, rcp, or auto")
	cmd.Flags().StringVar(&failOn, "fail-on", lint.Error.String(), "least severity that makes it fail: error, warning or info")
	cmd.Flags().StringVarP(&output, "output", "o", "text", "text, json or sarif")
	return cmd
}

// lintOutputs are the values of --output.
var lintOutputs = map[string]func(io.Writer, []lint.Finding) error{
	"text":  lint.WriteText,
	"json":  lint.WriteJSON,
	"sarif": func(w io.Writer, findings []lint.Finding) error { return lint.WriteSARIF(w, findings, version) },
}

// lintFiles looks at all files, those of folders too.
func (p *program) lintFiles(args []string, kind lint.Kind) ([]lint.Finding, error) {
	var findings []lint.Finding
	for _, arg := range args {
		files, err := filesOf(arg)
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			found, err := p.lintFile(file, kind)
			if err != nil {
				return nil, err
			}
			findings = append(findings, found...)
		}
	}
	return findings, nil
}

// filesOf is the file, or those of a folder that can hold documents.
func filesOf(arg string) ([]string, error) {
	if arg == "-" {
		return []string{arg}, nil
	}
	stat, err := os.Stat(arg)
	if err != nil || !stat.IsDir() {
		return []string{arg}, err
	}
	entries, err := os.ReadDir(arg)
	if err != nil {
		return nil, err
	}
	var files []string
	for _, e := range entries {
		switch filepath.Ext(e.Name()) {
		case ".json", ".yaml", ".yml":
			if !e.IsDir() {
				files = append(files, filepath.Join(arg, e.Name()))
			}
		}
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%s: no *.json, *.yaml or *.yml file in it", arg)
	}
	return files, nil
}

func (p *program) lintFile(file string, kind lint.Kind) ([]lint.Finding, error) {
	text, err := readInput(file, p.stdin)
	if err != nil {
		return nil, err
	}
	if !lint.IsManifest(file, text) {
		return lint.Run(file, text, kind), nil
	}
	state, err := manifest.Load([]string{file}, bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	texts := map[string][]byte{file: text}
	for _, source := range lint.Sources(state) {
		if texts[source], err = readInput(source, nil); err != nil {
			return nil, err
		}
	}
	return lint.Manifest(state, texts), nil
}
