package policy

import (
	"bytes"
	"fmt"
	"strings"
)

// Document is a policy document that was parsed, checked and compiled. It does
// not change and may be used by several goroutines.
type Document struct {
	kind       Kind
	source     []byte
	id         string
	version    string
	lone       bool // Statement is an object, not a list
	stored     bool // AWS took it already
	statements []statement
	index      *index // nil: there are too few
}

// Parse reads a document as AWS would on writing a policy of this kind. Its
// error is a *[MalformedError].
func Parse(kind Kind, src []byte) (*Document, error) {
	d := &Document{kind: kind, source: bytes.Clone(src)}
	if err := d.parse(nil); err != nil {
		return nil, err.at(d.source)
	}
	return d, nil
}

// MustParse is Parse for documents written in a program; it panics where Parse
// fails.
func MustParse(kind Kind, src string) *Document {
	d, err := Parse(kind, []byte(src))
	if err != nil {
		panic(err)
	}
	return d
}

// Source returns the text as it was submitted, byte for byte.
func (d *Document) Source() []byte { return bytes.Clone(d.source) }

// Kind returns the kind of policy that the document was read as.
func (d *Document) Kind() Kind { return d.kind }

// ID returns the document's Id element.
func (d *Document) ID() string { return d.id }

// Size is the number of characters that AWS counts against its quotas: all but
// white space.
// See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html.
func (d *Document) Size() int {
	n := 0
	for _, r := range string(d.source) {
		if !strings.ContainsRune(" \t\r\n", r) {
			n++
		}
	}
	return n
}

// MalformedError is a document that AWS would refuse.
type MalformedError struct {
	// Code and Message are AWS's.
	Code    string `json:"code"`
	Message string `json:"message"`
	// Line and Column count from 1 and say where; Detail says what, in our words.
	Line   int    `json:"line"`
	Column int    `json:"column"`
	Detail string `json:"detail,omitempty"`
	// Path names the element, such as "Statement[0].Action[1]", where the
	// document is JSON.
	Path string `json:"path,omitempty"`

	pos int
}

// Error is the message, with the place.
func (e *MalformedError) Error() string {
	text := fmt.Sprintf("%s (line %d, column %d)", e.Message, e.Line, e.Column)
	if e.Detail != "" {
		text += ": " + e.Detail
	}
	return text
}

// at completes the error's place in src.
func (e *MalformedError) at(src []byte) *MalformedError {
	e.Line, e.Column = lineColumn(string(src), e.pos)
	if root, err := readJSON(src); err == nil {
		e.Path, _ = root.path(e.pos)
	}
	return e
}

// lineColumn is the place of byte pos; columns count characters.
func lineColumn(src string, pos int) (line, column int) {
	before := src[:min(pos, len(src))]
	line = 1 + strings.Count(before, "\n")
	column = 1 + len([]rune(before[strings.LastIndexByte(before, '\n')+1:]))
	return line, column
}
