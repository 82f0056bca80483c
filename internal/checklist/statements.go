package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// group is one section of the document with the ids of its statements.
type group struct {
	title string
	ids   []string
}

// strictIDs begin the groups about policies.
var strictIDs = []string{"G1", "E55", "C96", "K131"}

// strict reports whether the group is one of those about policies.
func (g group) strict() bool { return len(g.ids) > 0 && slices.Contains(strictIDs, g.ids[0]) }

// closedIDs begin the other groups in which nothing may be open: tokens,
// discovery and the webhook.
var closedIDs = []string{"T01", "D01", "W01"}

// closed reports whether nothing may be open in the group.
func (g group) closed() bool {
	return g.strict() || len(g.ids) > 0 && slices.Contains(closedIDs, g.ids[0])
}

var (
	heading   = regexp.MustCompile(`^## (.+?) \(`)
	statement = regexp.MustCompile(`^- \*\*([A-Z]{1,2}\d+)\*\* \S`)
)

// parse reads the groups of the document. An id that stands twice would hide a
// statement.
func parse(text string) ([]group, error) {
	var groups []group
	seen := map[string]bool{}
	for line := range strings.Lines(text) {
		if m := heading.FindStringSubmatch(line); m != nil {
			groups = append(groups, group{title: m[1]})
			continue
		}
		m := statement.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		if len(groups) == 0 || seen[m[1]] {
			return nil, fmt.Errorf("%s: %s stands twice, or before the first heading", document, m[1])
		}
		seen[m[1]] = true
		g := &groups[len(groups)-1]
		g.ids = append(g.ids, m[1])
	}
	if len(seen) == 0 {
		return nil, fmt.Errorf("%s has no statements", document)
	}
	return groups, nil
}

// mark says how a statement is accounted for.
type mark uint8

const (
	covered mark = 1 << iota
	diverging
)

// marks are those of all statements, by id.
type marks map[string]mark

// tally counts the statements of a group.
type tally struct {
	covered, diverging int
	open               []string
}

// count counts. What diverges counts as that, even if a test bears its id too.
func (m marks) count(g group) tally {
	var t tally
	for _, id := range g.ids {
		switch mark := m[id]; {
		case mark&diverging != 0:
			t.diverging++
		case mark&covered != 0:
			t.covered++
		default:
			t.open = append(t.open, id)
		}
	}
	return t
}
