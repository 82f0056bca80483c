package policy

import (
	"bytes"
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
// a decision needs none. It goes on from the byte it was asked for last: each
// byte it is asked for stands behind the one before, as statements are asked in
// their order, and each for itself before the element it fails on.
type finder struct {
	document          *Document
	pos, line, column int
}

func newFinder(d *Document) *finder { return &finder{document: d, line: 1, column: 1} }

// at is the place of a byte; path is that of the element within its statement.
func (f *finder) at(pos int, s *statement, path string) Place {
	passed := f.document.source[f.pos:pos]
	if n := bytes.Count(passed, newline); n > 0 {
		f.line, f.column = f.line+n, 1
		passed = passed[bytes.LastIndexByte(passed, '\n')+1:]
	}
	f.pos, f.column = pos, f.column+utf8.RuneCount(passed)
	p := Place{Line: f.line, Column: f.column, Path: "Statement"}
	if !f.document.lone {
		p.Path += "[" + strconv.Itoa(s.index) + "]"
	}
	p.Path = joinPath(p.Path, path)
	return p
}

var newline = []byte{'\n'}

// negatable is the name of an element that may be turned round.
func negatable(name string, not bool) string {
	if not {
		return "Not" + name
	}
	return name
}
