package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/irsatz/irsatz/iam/policy"
	"github.com/irsatz/irsatz/simulate"
)

// exitDenied is the status of simulate where a case is denied.
const exitDenied = 3

// maxInput bounds what one file may hold that a command reads whole.
const maxInput = 64 << 20

// explainViews are the values of --explain.
var explainViews = map[string]policy.View{"full": policy.Full, "deciding": policy.Deciding, "nearest": policy.NearestMiss}

func (p *program) simulateCommand() *cobra.Command {
	var files []string
	var output, explain string
	cmd := &cobra.Command{
		Use: "simulate -f CASE.yaml...", Short: "Answer policy questions offline", Args: cobra.ArbitraryArgs,
		Long: `Answers the questions in the given files, each a YAML or JSON document with a
request and the policies that bear on it, and explains the answers. No server is
needed. "-f -" reads standard input.

Exit status: without expect in the cases, 0 if all are allowed and 3 if any is
denied; with it, 0 if every decision is the expected one and 1 if not. A case that
is malformed makes it 1; the others still run.`,
		Example: `  irsatz simulate -f case.yaml
  irsatz simulate -f cases/*.yaml -o json`,
		RunE: func(_ *cobra.Command, args []string) error {
			s := &simulation{out: bufio.NewWriter(p.stdout), explain: explain}
			if files = append(files, args...); len(files) == 0 {
				return withHint(usageError{errors.New("no cases")}, "name a file with -f, or - for standard input")
			}
			if _, known := explainViews[explain]; !known && explain != "" {
				return usageError{fmt.Errorf("--explain %q: want full, deciding or nearest", explain)}
			}
			switch output {
			case "json":
				s.print = s.printJSON
			case "text":
				s.print, s.terse = s.printText, explain == ""
			default:
				return usageError{fmt.Errorf("--output %q: want text or json", output)}
			}
			return s.run(files, p.stdin, output == "json")
		},
	}
	cmd.Flags().StringArrayVarP(&files, "filename", "f", nil, "file with cases, or - for standard input; may be repeated")
	cmd.Flags().StringVarP(&output, "output", "o", "text", "text or json")
	cmd.Flags().StringVar(&explain, "explain", "", "explain all decisions: full, deciding or nearest (default: the denials, in full)")
	return cmd
}

// simulation is one run of simulate.
type simulation struct {
	out     *bufio.Writer
	explain string
	terse   bool // allowed cases are shown without explanation
	print   func(*simulate.Result) error
	tally   simulate.Tally
}

// run answers the cases of all files and returns the status as an error.
func (s *simulation) run(files []string, stdin io.Reader, array bool) error {
	texts := make([][]byte, len(files))
	for i, file := range files {
		var err error
		if texts[i], err = readInput(file, stdin); err != nil {
			return err
		}
	}
	if array {
		s.out.WriteByte('[')
	}
	for i, file := range files {
		before := s.tally.Cases()
		for c, err := range simulate.Parse(file, texts[i]) {
			r := s.answer(c, err)
			s.tally.Add(&r)
			if err := s.print(&r); err != nil {
				return err
			}
		}
		if s.tally.Cases() > before {
			continue
		}
		r := simulate.Result{Name: file, OK: new(bool), Error: file + ": no cases"}
		s.tally.Add(&r)
		if err := s.print(&r); err != nil {
			return err
		}
	}
	if array {
		s.out.WriteString("\n]\n")
	} else if s.tally.Cases() > 1 {
		s.printTally()
	}
	if err := s.out.Flush(); err != nil {
		return err
	}
	return s.status()
}

// answer explains no more than is shown.
func (s *simulation) answer(c *simulate.Case, err error) simulate.Result {
	if err != nil {
		return c.Malformed(err)
	}
	if r := c.Decide(); s.terse && r.Decision == policy.Allow.String() {
		return r
	}
	return c.Explain()
}

func (s *simulation) status() error {
	switch {
	case s.tally.Malformed+s.tally.Wrong > 0:
		return statusError(exitFailed)
	case s.tally.Open > 0:
		return statusError(exitDenied)
	}
	return nil
}

func (s *simulation) printJSON(r *simulate.Result) error {
	if r.Explanation != nil && s.explain != "" {
		r.Explanation = r.Explanation.Filter(explainViews[s.explain])
	}
	if s.tally.Cases() > 1 {
		s.out.WriteByte(',')
	}
	text, err := json.MarshalIndent(r, "  ", "  ")
	if err != nil {
		return err
	}
	s.out.WriteString("\n  ")
	_, err = s.out.Write(text)
	return err
}

func (s *simulation) printText(r *simulate.Result) error {
	mark := ""
	switch {
	case r.OK != nil && *r.OK:
		mark = "ok    "
	case r.OK != nil:
		mark = "FAIL  "
	}
	if r.Error != "" {
		_, err := fmt.Fprintf(s.out, "%s%s: malformed\n%s", mark, r.Name, indent(r.Error))
		return err
	}
	fmt.Fprintf(s.out, "%s%s: %s%s\n", mark, r.Name, r.Decision, decidedBy(r.DecidedBy))
	if r.OK != nil && !*r.OK {
		fmt.Fprintf(s.out, "  expected: %s\n", r.Expect)
	}
	if r.Explanation == nil {
		return nil
	}
	var tree strings.Builder
	if err := r.Explanation.WriteTree(&tree, explainViews[s.explain]); err != nil {
		return err
	}
	_, err := s.out.WriteString(indent(tree.String()))
	return err
}

// decidedBy names the policy that decided, and its statement.
func decidedBy(by *simulate.DecidedBy) string {
	if by == nil {
		return ""
	}
	text := ", by " + by.Kind.String()
	if by.Statement == nil {
		return text
	}
	text += fmt.Sprintf(" %s, statement %d", by.Policy, *by.Statement)
	if by.Sid != "" {
		text += " (" + by.Sid + ")"
	}
	return text
}

func (s *simulation) printTally() {
	t := &s.tally
	fmt.Fprintf(s.out, "\n%d cases: %d allowed, %d denied", t.Cases(), t.Allowed, t.Denied)
	if t.Malformed > 0 {
		fmt.Fprintf(s.out, ", %d malformed", t.Malformed)
	}
	if t.Wrong > 0 {
		fmt.Fprintf(s.out, "; %d not as expected", t.Wrong)
	}
	s.out.WriteByte('\n')
}

// indent moves lines to the right.
func indent(text string) string {
	var b strings.Builder
	for line := range strings.Lines(strings.TrimSuffix(text, "\n") + "\n") {
		b.WriteString("  " + line)
	}
	return b.String()
}

// readInput reads a file, or standard input for "-".
func readInput(file string, stdin io.Reader) ([]byte, error) {
	from := stdin
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		from = f
	}
	text, err := io.ReadAll(io.LimitReader(from, maxInput+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	if len(text) > maxInput {
		return nil, fmt.Errorf("%s is larger than %d MiB", file, maxInput>>20)
	}
	return text, nil
}
