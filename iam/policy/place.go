package policy

import (
	"sort"
	"strconv"
	"unicode/utf8"
)

// Place is where something stands in a document: line and column, from 1, and
// the path of the element, such as "Statement[0].Condition.StringEquals.aws:userid".
type Place struct {
	Line   int    `json:"line"`
	Column int    `json:"column"`
	Path   string `json:"path"`
}

// places are the bytes at which a statement and its elements begin.
type places struct{ statement, principal, action, resource int }

func placesOf(r *rawStatement) places {
	p := places{statement: r.pos, action: r.action.pos}
	if r.principal != nil {
		p.principal = r.principal.pos
	}
	if r.resource != nil {
		p.resource = r.resource.pos
	}
	return p
}

// finder turns bytes of a document into places. It is made for an explanation:
// a decision needs none.
type finder struct {
	document *Document
	lines    []int // where each begins
}

func newFinder(d *Document) *finder {
	f := &finder{document: d, lines: []int{0}}
	for i, b := range d.source {
		if b == '\n' {
			f.lines = append(f.lines, i+1)
		}
	}
	return f
}

// at is the place of a byte; path is that of the element within its statement.
func (f *finder) at(pos int, s *statement, path string) Place {
	line := sort.SearchInts(f.lines, pos+1)
	p := Place{Line: line, Column: 1 + utf8.RuneCount(f.document.source[f.lines[line-1]:pos]), Path: "Statement"}
	if !f.document.lone {
		p.Path += "[" + strconv.Itoa(s.index) + "]"
	}
	p.Path = joinPath(p.Path, path)
	return p
}

// negatable is the name of an element that may be turned round.
func negatable(name string, not bool) string {
	if not {
		return "Not" + name
	}
	return name
}
