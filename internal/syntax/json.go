package syntax

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// jsonReader reads JSON values that follow each other, as RFC 8259 has them,
// and refuses an object that has a member twice.
type jsonReader struct {
	src    string
	pos    int
	depth  int
	marked int // the byte whose place line and column are
	line   int
	column int
}

// place is the line and the column of the byte at pos, which never decreases.
func (r *jsonReader) place(pos int) (line, column int) {
	for ; r.marked < pos && r.marked < len(r.src); r.marked++ {
		switch b := r.src[r.marked]; {
		case b == '\n':
			r.line, r.column = r.line+1, 1
		case b&0xC0 != 0x80: // not within a character
			r.column++
		}
	}
	return r.line, r.column
}

func (r *jsonReader) fail(msg string) *Error {
	pos := r.pos
	if pos == len(r.src) { // the end is where the last thing ends
		pos = max(r.marked, len(strings.TrimRight(r.src, " \t\r\n")))
	}
	line, column := r.place(pos)
	return &Error{line, column, "not JSON: " + msg}
}

// blank skips white space and reports whether anything follows.
func (r *jsonReader) blank() bool {
	for r.pos < len(r.src) {
		switch r.src[r.pos] {
		case ' ', '\t', '\n', '\r':
			r.pos++
		default:
			return true
		}
	}
	return false
}

// take skips b if it comes next, and white space before it.
func (r *jsonReader) take(b byte) bool {
	if !r.blank() || r.src[r.pos] != b {
		return false
	}
	r.pos++
	return true
}

func (r *jsonReader) value() (v Value, err *Error) {
	if !r.blank() {
		return v, r.fail("it ends too early")
	}
	start := r.pos
	v.Line, v.Column = r.place(start)
	switch b := r.src[r.pos]; {
	case b == '{':
		v.Kind = Mapping
		v.Members, err = r.object()
	case b == '[':
		v.Kind = List
		v.Items, err = r.array()
	case b == '"':
		v.Kind = String
		v.Text, err = r.str()
	default:
		v.Kind, v.Text, err = r.word()
	}
	v.raw = r.src[start:r.pos]
	return v, err
}

// word reads numbers, true, false and null.
func (r *jsonReader) word() (Kind, string, *Error) {
	start := r.pos
	for r.pos < len(r.src) && strings.IndexByte(" \t\r\n,:]}[{\"", r.src[r.pos]) < 0 {
		r.pos++
	}
	text := r.src[start:r.pos]
	switch {
	case text == "null":
		return Null, text, nil
	case text == "true", text == "false":
		return Bool, text, nil
	case text != "" && json.Valid([]byte(text)):
		return Number, text, nil
	}
	r.pos = start
	return Null, "", r.fail("want a value")
}

func (r *jsonReader) object() ([]Member, *Error) {
	if err := r.enter(); err != nil {
		return nil, err
	}
	var members []Member
	var seen names
	for !r.take('}') {
		if len(members) > 0 && !r.take(',') {
			return nil, r.fail("want a comma or the end of the object")
		}
		if !r.blank() || r.src[r.pos] != '"' {
			return nil, r.fail("want the name of a member, in quotes")
		}
		var m Member
		m.Line, m.Column = r.place(r.pos)
		var err *Error
		if m.Key, err = r.str(); err != nil {
			return nil, err
		}
		if first := seen.add(m.Key, m.Line); first > 0 {
			return nil, &Error{m.Line, m.Column, duplicate(m.Key, first)}
		}
		if !r.take(':') {
			return nil, r.fail("want a colon")
		}
		if m.Value, err = r.value(); err != nil {
			return nil, err
		}
		members = append(members, m)
	}
	r.depth--
	return members, nil
}

func duplicate(key string, line int) string {
	return "key " + quote(key) + " is given twice, first in line " + strconv.Itoa(line)
}

// quote quotes a name of the text, which may be of any length.
func quote(s string) string {
	const longest = 100
	if len(s) > longest {
		s = strings.ToValidUTF8(s[:longest], "") + "…"
	}
	return `"` + s + `"`
}

// names are the keys of a mapping that were read, with their lines.
type names struct {
	few  []name
	many map[string]int
}

type name struct {
	key  string
	line int
}

// fewNames is how many are compared one by one sooner than through a map.
const fewNames = 16

// add notes a key. If it is there already, it returns its line, else 0.
func (n *names) add(key string, line int) int {
	if n.many != nil {
		first := n.many[key]
		if first == 0 {
			n.many[key] = line
		}
		return first
	}
	for _, k := range n.few {
		if k.key == key {
			return k.line
		}
	}
	if n.few = append(n.few, name{key, line}); len(n.few) > fewNames {
		n.many = make(map[string]int, 2*len(n.few))
		for _, k := range n.few {
			n.many[k.key] = k.line
		}
	}
	return 0
}

func (r *jsonReader) array() ([]Value, *Error) {
	if err := r.enter(); err != nil {
		return nil, err
	}
	var items []Value
	for !r.take(']') {
		if len(items) > 0 && !r.take(',') {
			return nil, r.fail("want a comma or the end of the list")
		}
		v, err := r.value()
		if err != nil {
			return nil, err
		}
		items = append(items, v)
	}
	r.depth--
	return items, nil
}

// tooDeep is the fault of values within values within values.
var tooDeep = fmt.Sprintf("nested more than %d levels deep", maxDepth)

// enter skips the bracket that opens an object or a list.
func (r *jsonReader) enter() *Error {
	if r.depth++; r.depth > maxDepth {
		line, column := r.place(r.pos)
		return &Error{line, column, tooDeep}
	}
	r.pos++
	return nil
}

// str reads a string. Its common form, without escapes, is a part of the source.
func (r *jsonReader) str() (string, *Error) {
	start := r.pos
	escaped := false
	for i := start + 1; i < len(r.src); i++ {
		switch b := r.src[i]; {
		case b == '"':
			r.pos = i + 1
			if !escaped {
				return r.src[start+1 : i], nil
			}
			var s string
			if json.Unmarshal([]byte(r.src[start:r.pos]), &s) != nil {
				r.pos = start
				return "", r.fail("bad escape in a string")
			}
			return s, nil
		case b == '\\':
			escaped = true
			i++
		case b < ' ':
			r.pos = i
			return "", r.fail("control character in a string")
		}
	}
	return "", r.fail("string without end")
}
