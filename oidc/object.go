package oidc

import (
	"encoding/json"
	"errors"
	"fmt"
)

// object is a JSON object. Of several members with one name the last counts, as
// for STS.
type object struct {
	members  []member
	repeated bool           // a name was there more than once
	index    map[string]int // by name, where there are many
}

// member is one member of an object: its name, and its value as it stands.
type member struct {
	name  []byte
	value json.RawMessage
}

// fewMembers is how many are compared one by one sooner than looked up.
const fewMembers = 32

// find returns the place of a member, -1 if there is none.
func (o *object) find(name string) int {
	if o.index != nil {
		if i, ok := o.index[name]; ok {
			return i
		}
		return -1
	}
	for i := range o.members {
		if string(o.members[i].name) == name {
			return i
		}
	}
	return -1
}

// put sets a member.
func (o *object) put(name []byte, value json.RawMessage) {
	if i := o.find(string(name)); i >= 0 {
		o.members[i].value, o.repeated = value, true
		return
	}
	o.members = append(o.members, member{name, value})
	switch n := len(o.members); {
	case n < fewMembers:
	case n == fewMembers:
		o.index = make(map[string]int, 2*fewMembers)
		for i, m := range o.members {
			o.index[string(m.name)] = i
		}
	default:
		o.index[string(name)] = n - 1
	}
}

// get returns the value of a member.
func (o *object) get(name string) (json.RawMessage, bool) {
	if i := o.find(name); i >= 0 {
		return o.members[i].value, true
	}
	return nil, false
}

// value is get for a member that may be absent.
func (o *object) value(name string) json.RawMessage {
	value, _ := o.get(name)
	return value
}

// maxDepth is how deep values may nest, as in encoding/json.
const maxDepth = 10_000

// typicalMembers is room for the claims of a projected token.
const typicalMembers = 12

var (
	errNotJSON   = errors.New("not JSON")
	errNotObject = errors.New("not a JSON object")
)

// parseObject reads an object, and nothing before or behind it. It takes what
// encoding/json takes, byte for byte, and looks at each byte once: tokens are
// read for every request, and of most of their claims nothing is ever asked.
// The values are parts of text.
func parseObject(text []byte) (*object, error) {
	s := scanner{text: text}
	s.space()
	if s.peek() != '{' {
		if s.skip(0) && s.end() {
			return nil, errNotObject
		}
		return nil, s.wrong()
	}
	o := &object{members: make([]member, 0, typicalMembers)}
	if !s.object(1, o) || !s.end() {
		return nil, s.wrong()
	}
	return o, nil
}

// unquote reads a JSON string that is known to be well formed. Most have no
// escapes and only ASCII, and are then part of raw; what else there may be,
// encoding/json knows.
func unquote(raw []byte) ([]byte, bool) {
	for _, c := range raw[1 : len(raw)-1] {
		if c == '\\' || c >= 0x80 {
			var s string
			err := json.Unmarshal(raw, &s)
			return []byte(s), err == nil
		}
	}
	return raw[1 : len(raw)-1], true
}

// scanner goes over a JSON text (RFC 8259). Its methods report whether what
// stands at the position is well formed, and go past it.
type scanner struct {
	text []byte
	at   int
}

func (s *scanner) wrong() error { return fmt.Errorf("%w at byte %d", errNotJSON, s.at) }

// peek returns the byte at the position, 0 at the end: a byte that JSON has
// nowhere.
func (s *scanner) peek() byte {
	if s.at < len(s.text) {
		return s.text[s.at]
	}
	return 0
}

func (s *scanner) space() {
	for s.at < len(s.text) {
		switch s.text[s.at] {
		case ' ', '\t', '\r', '\n':
			s.at++
		default:
			return
		}
	}
}

// end reports whether nothing but white space is left.
func (s *scanner) end() bool {
	s.space()
	return s.at == len(s.text)
}

// take goes past a byte and white space behind it.
func (s *scanner) take(c byte) bool {
	if s.peek() != c {
		return false
	}
	s.at++
	s.space()
	return true
}

// last goes past the byte that ends a value, and no further: white space behind
// it is not the value's.
func (s *scanner) last(c byte) bool {
	if s.peek() != c {
		return false
	}
	s.at++
	return true
}

// object goes over an object at some depth, and puts its members into one if
// that is not nil.
func (s *scanner) object(depth int, into *object) bool {
	if depth > maxDepth || !s.take('{') {
		return false
	}
	if s.last('}') {
		return true
	}
	for {
		from := s.at
		if !s.str() {
			return false
		}
		name := s.text[from:s.at]
		s.space()
		if !s.take(':') {
			return false
		}
		from = s.at
		if !s.skip(depth) {
			return false
		}
		if into != nil {
			key, ok := unquote(name)
			if !ok {
				return false
			}
			into.put(key, s.text[from:s.at:s.at])
		}
		s.space()
		if s.last('}') {
			return true
		}
		if !s.take(',') {
			return false
		}
	}
}

func (s *scanner) array(depth int) bool {
	if depth > maxDepth || !s.take('[') {
		return false
	}
	if s.last(']') {
		return true
	}
	for {
		if !s.skip(depth) {
			return false
		}
		s.space()
		if s.last(']') {
			return true
		}
		if !s.take(',') {
			return false
		}
	}
}

// skip goes over a value that stands within depth others.
func (s *scanner) skip(depth int) bool {
	switch c := s.peek(); {
	case c == '"':
		return s.str()
	case c == '{':
		return s.object(depth+1, nil)
	case c == '[':
		return s.array(depth + 1)
	case c == 't':
		return s.word("true")
	case c == 'f':
		return s.word("false")
	case c == 'n':
		return s.word("null")
	}
	return s.number()
}

func (s *scanner) word(word string) bool {
	if len(s.text)-s.at < len(word) || string(s.text[s.at:s.at+len(word)]) != word {
		return false
	}
	s.at += len(word)
	return true
}

func (s *scanner) str() bool {
	if s.peek() != '"' {
		return false
	}
	for s.at++; s.at < len(s.text); s.at++ {
		switch c := s.text[s.at]; {
		case ordinary[c]:
		case c == '"':
			s.at++
			return true
		case c != '\\' || !s.escape():
			return false
		}
	}
	return false
}

// ordinary are the bytes that may stand for themselves in a string.
var ordinary = func() (set [256]bool) {
	for c := 0x20; c < len(set); c++ {
		set[c] = c != '"' && c != '\\'
	}
	return set
}()

// escape goes to the last byte of an escape.
func (s *scanner) escape() bool {
	s.at++
	switch s.peek() {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return true
	case 'u':
	default:
		return false
	}
	for range 4 {
		s.at++
		switch c := s.peek(); {
		case '0' <= c && c <= '9', 'a' <= c && c <= 'f', 'A' <= c && c <= 'F':
		default:
			return false
		}
	}
	return true
}

func (s *scanner) number() bool {
	if s.peek() == '-' {
		s.at++
	}
	// No digit may stand behind a zero that leads.
	if s.peek() == '0' {
		s.at++
	} else if !s.digits() {
		return false
	}
	if s.peek() == '.' {
		s.at++
		if !s.digits() {
			return false
		}
	}
	if c := s.peek(); c == 'e' || c == 'E' {
		s.at++
		if c := s.peek(); c == '+' || c == '-' {
			s.at++
		}
		return s.digits()
	}
	return true
}

func (s *scanner) digits() bool {
	from := s.at
	for c := s.peek(); '0' <= c && c <= '9'; c = s.peek() {
		s.at++
	}
	return s.at > from
}
