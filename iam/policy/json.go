package policy

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxDepth is how deep a document may nest; a policy needs seven levels.
const maxDepth = 32

// nodeKind is the type of a JSON value.
type nodeKind uint8

const (
	nullNode nodeKind = iota
	boolNode
	numberNode
	stringNode
	arrayNode
	objectNode
)

// node is a JSON value that knows where it stands.
type node struct {
	kind    nodeKind
	pos     int
	text    string // a string's value; a number or a boolean as it is written
	items   []node
	members []member
}

// member is one member of an object, in the order of the text.
type member struct {
	key   string
	pos   int
	value node
}

// member finds a member by its exact name.
func (n *node) member(key string) *node {
	for i := range n.members {
		if n.members[i].key == key {
			return &n.members[i].value
		}
	}
	return nil
}

// path names the value or the member that stands at a byte of the text.
func (n *node) path(pos int) (string, bool) {
	for i := range n.members {
		m := &n.members[i]
		if m.pos == pos {
			return m.key, true
		}
		if rest, ok := m.value.path(pos); ok {
			return joinPath(m.key, rest), true
		}
	}
	for i := range n.items {
		if rest, ok := n.items[i].path(pos); ok {
			return joinPath("["+strconv.Itoa(i)+"]", rest), true
		}
	}
	return "", n.pos == pos
}

// joinPath puts a dot before a member's name and none before an index.
func joinPath(path, rest string) string {
	if rest == "" || rest[0] == '[' {
		return path + rest
	}
	return path + "." + rest
}

// jsonError is text that is not JSON, or JSON that says a thing twice.
type jsonError struct {
	pos       int
	what      string
	duplicate bool
}

// Error says what is wrong at which byte.
func (e *jsonError) Error() string { return fmt.Sprintf("byte %d: %s", e.pos, e.what) }

// reader reads JSON as RFC 8259 has it, and refuses an object that has a member
// twice: one reader of the policy would believe the first, another the last.
type reader struct {
	src   string
	pos   int
	depth int
}

// readJSON reads the one value that is src.
func readJSON(src []byte) (node, *jsonError) {
	if !utf8.Valid(src) {
		return node{}, &jsonError{what: "not UTF-8"}
	}
	r := &reader{src: string(src)}
	n, err := r.value()
	if err != nil {
		return node{}, err
	}
	if r.blank(); r.pos < len(r.src) {
		return node{}, r.fail("text after the end")
	}
	return n, nil
}

func (r *reader) fail(what string) *jsonError { return &jsonError{pos: r.pos, what: what} }

// blank skips white space.
func (r *reader) blank() {
	for r.pos < len(r.src) {
		switch r.src[r.pos] {
		case ' ', '\t', '\n', '\r':
			r.pos++
		default:
			return
		}
	}
}

// peek is the next byte, 0 at the end. A zero byte in the text is no token.
func (r *reader) peek() byte {
	if r.pos < len(r.src) {
		return r.src[r.pos]
	}
	return 0
}

// take skips b if it comes next.
func (r *reader) take(b byte) bool {
	if r.peek() != b {
		return false
	}
	r.pos++
	return true
}

func (r *reader) value() (node, *jsonError) {
	r.blank()
	n := node{pos: r.pos}
	var err *jsonError
	switch b := r.peek(); {
	case b == '{':
		n.kind = objectNode
		n.members, err = r.object()
	case b == '[':
		n.kind = arrayNode
		n.items, err = r.array()
	case b == '"':
		n.kind = stringNode
		n.text, err = r.str()
	case b == '-' || '0' <= b && b <= '9':
		n.kind = numberNode
		n.text, err = r.number()
	default:
		n.kind, n.text, err = r.name()
	}
	return n, err
}

// name reads true, false and null.
func (r *reader) name() (nodeKind, string, *jsonError) {
	for _, w := range []string{"true", "false", "null"} {
		if strings.HasPrefix(r.src[r.pos:], w) {
			r.pos += len(w)
			if w == "null" {
				return nullNode, w, nil
			}
			return boolNode, w, nil
		}
	}
	return nullNode, "", r.fail("want a value")
}

func (r *reader) object() ([]member, *jsonError) {
	if err := r.enter(); err != nil {
		return nil, err
	}
	var members []member
	var seen names
	for r.blank(); !r.take('}'); r.blank() {
		if len(members) > 0 && !r.take(',') {
			return nil, r.fail("want a comma or the end of the object")
		}
		r.blank()
		m := member{pos: r.pos}
		var err *jsonError
		if m.key, err = r.str(); err != nil {
			return nil, err
		}
		if !seen.add(m.key, members) {
			return nil, &jsonError{pos: m.pos, what: "duplicate member " + m.key, duplicate: true}
		}
		if r.blank(); !r.take(':') {
			return nil, r.fail("want a colon")
		}
		if m.value, err = r.value(); err != nil {
			return nil, err
		}
		members = append(members, m)
	}
	r.depth--
	return members, nil
}

// fewMembers is how many members are compared one by one sooner than through a map.
const fewMembers = 16

// names are the members of an object that were read.
type names map[string]bool

// add notes the name of a further member; it fails if there is one already.
func (n *names) add(name string, members []member) bool {
	if len(members) < fewMembers {
		for i := range members {
			if members[i].key == name {
				return false
			}
		}
		return true
	}
	if *n == nil {
		*n = make(names, len(members)+1)
		for i := range members {
			(*n)[members[i].key] = true
		}
	}
	known := (*n)[name]
	(*n)[name] = true
	return !known
}

func (r *reader) array() ([]node, *jsonError) {
	if err := r.enter(); err != nil {
		return nil, err
	}
	var items []node
	for r.blank(); !r.take(']'); r.blank() {
		if len(items) > 0 && !r.take(',') {
			return nil, r.fail("want a comma or the end of the list")
		}
		n, err := r.value()
		if err != nil {
			return nil, err
		}
		items = append(items, n)
	}
	r.depth--
	return items, nil
}

// enter skips the bracket that opens an object or a list.
func (r *reader) enter() *jsonError {
	if r.depth++; r.depth > maxDepth {
		return r.fail("nested too deep")
	}
	r.pos++
	return nil
}

// str reads a string. Its common form, without escapes, is a part of the source.
func (r *reader) str() (string, *jsonError) {
	start := r.pos
	if !r.take('"') {
		return "", r.fail("want a string")
	}
	escaped := false
	for r.pos < len(r.src) {
		switch b := r.src[r.pos]; {
		case b == '"':
			r.pos++
			if !escaped {
				return r.src[start+1 : r.pos-1], nil
			}
			return r.unquote(start)
		case b == '\\':
			escaped = true
			r.pos += 2
		case b < ' ':
			return "", r.fail("control character in a string")
		default:
			r.pos++
		}
	}
	return "", r.fail("string without end")
}

// unquote resolves the escapes of the string that stands from start to here.
func (r *reader) unquote(start int) (string, *jsonError) {
	var s string
	if err := json.Unmarshal([]byte(r.src[start:r.pos]), &s); err != nil {
		return "", &jsonError{pos: start, what: "bad escape in a string"}
	}
	if strings.ContainsRune(s, utf8.RuneError) {
		// Half of a surrogate pair becomes U+FFFD: not what the author wrote.
		return "", &jsonError{pos: start, what: "bad character in a string"}
	}
	return s, nil
}

// number reads a number and keeps it as it is written.
func (r *reader) number() (string, *jsonError) {
	start := r.pos
	for r.pos < len(r.src) && strings.IndexByte("+-.eE0123456789", r.src[r.pos]) >= 0 {
		r.pos++
	}
	text := r.src[start:r.pos]
	if !json.Valid([]byte(text)) {
		return "", &jsonError{pos: start, what: "bad number"}
	}
	return text, nil
}
