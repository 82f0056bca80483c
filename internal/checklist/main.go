// Command checklist tells which statements of docs/conformance.md have a test.
//
//	go run ./internal/checklist [DIRECTORY]
//
// It prints, for each group of statements, how many are covered by a test,
// diverge on purpose, and are open, and fails where a group does not keep its
// rule. What counts as a test is what docs/conformance.md says.
package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"text/tabwriter"
)

// document is where the statements stand.
const document = "docs/conformance.md"

func main() {
	root := "."
	if len(os.Args) > 1 {
		root = os.Args[1]
	}
	if err := run(os.DirFS(root), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "checklist:", err)
		os.Exit(1)
	}
}

// run prints the table of a tree.
func run(tree fs.FS, out io.Writer) error {
	text, err := fs.ReadFile(tree, document)
	if err != nil {
		return err
	}
	groups, err := parse(string(text))
	if err != nil {
		return err
	}
	seen, err := scan(tree, groups)
	if err != nil {
		return err
	}
	if err := write(out, groups, seen); err != nil {
		return err
	}
	return errors.Join(violations(groups, seen)...)
}

// write prints one line a group, and the ids of what is open.
func write(out io.Writer, groups []group, seen marks) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "group\tstatements\tcovered\tdiverging\topen\t")
	var all tally
	for _, g := range groups {
		t := seen.count(g)
		all.covered += t.covered
		all.diverging += t.diverging
		all.open = append(all.open, t.open...)
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%s\n", g.title, len(g.ids), t.covered, t.diverging, len(t.open), strings.Join(t.open, " "))
	}
	total := all.covered + all.diverging + len(all.open)
	fmt.Fprintf(w, "all\t%d\t%d\t%d\t%d\t\n", total, all.covered, all.diverging, len(all.open))
	return w.Flush()
}

// maxDiverging is how many statements about policies may diverge in all.
const maxDiverging = 5

// violations are the rules that are not kept: of the statements about policies
// none is open and few diverge, and those about tokens, discovery and the
// webhook are not open either.
func violations(groups []group, seen marks) []error {
	var found []error
	diverging := 0
	for _, g := range groups {
		t := seen.count(g)
		if g.strict() {
			diverging += t.diverging
		}
		if g.closed() && len(t.open) > 0 {
			found = append(found, fmt.Errorf("no test for %s of %s", strings.Join(t.open, ", "), g.title))
		}
	}
	if diverging > maxDiverging {
		found = append(found, fmt.Errorf("%d statements about policies diverge, and %d may", diverging, maxDiverging))
	}
	return found
}
