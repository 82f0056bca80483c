package manifest

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/irsatz/irsatz/internal/syntax"
)

// cursor is a value in a document with its place. Its methods report what is
// wrong to the loader and return zero values, so that reading goes on and finds
// the next mistake too. A cursor without a value is a field that is not there.
type cursor struct {
	loader *loader
	value  *syntax.Value
	line   int
	field  string
}

func (c cursor) pos() Pos { return Pos{File: c.loader.current, Line: c.line, Field: c.field} }

func (c cursor) fail(format string, args ...any) { c.loader.problems.add(c.pos(), format, args...) }

func (c cursor) notImplemented(form string) {
	c.fail("%s: loading this form is %w", form, ErrNotImplemented)
}

// is tells whether the value is of the kind; what is not there is of none.
func (c cursor) is(kind syntax.Kind) bool { return c.value != nil && c.value.Kind == kind }

// present tells whether there is a value; null counts as none.
func (c cursor) present() bool { return c.value != nil && c.value.Kind != syntax.Null }

// child is a value within this one, under a name.
func (c cursor) child(value *syntax.Value, name string) cursor {
	if c.field != "" {
		name = c.field + "." + name
	}
	if value == nil {
		return cursor{c.loader, nil, c.line, name}
	}
	return cursor{c.loader, value, value.Line, name}
}

// member is the value of an entry.
func (c cursor) member(m *syntax.Member) cursor { return c.child(&m.Value, m.Key) }

// key is the key of an entry, for what is wrong with it.
func (c cursor) key(m *syntax.Member) cursor {
	at := c.child(nil, m.Key)
	at.line = m.Line
	return at
}

// members are the entries of a mapping.
func (c cursor) members() []syntax.Member {
	if !c.present() {
		return nil
	}
	if !c.is(syntax.Mapping) {
		c.fail("expected a mapping, found %s", c.value.What())
		return nil
	}
	return c.value.Members
}

// find returns the value under a key, whatever the value is.
func (c cursor) find(key string) (cursor, bool) {
	if v := c.value.Get(key); v != nil {
		return c.child(v, key), true
	}
	return cursor{}, false
}

func (c cursor) has(key string) bool { return c.value.Get(key) != nil }

// peek returns the text under a key, or "".
func (c cursor) peek(key string) string {
	if v := c.value.Get(key); v != nil && (v.Kind == syntax.String || v.Kind == syntax.Number) {
		return v.Text
	}
	return ""
}

// record is a mapping of which every key is known.
type record struct {
	cursor
	read bool // it is a mapping
}

// record reads a mapping; keys that are not among known are reported.
func (c cursor) record(known ...string) record {
	members := c.members()
	for i := range members {
		if m := &members[i]; !slices.Contains(known, m.Key) {
			c.key(m).fail("unknown field, %s", suggestion(m.Key, known))
		}
	}
	return record{c, c.is(syntax.Mapping)}
}

// get returns the value of a field; it may not be present.
func (r record) get(name string) cursor { return r.child(r.value.Get(name), name) }

// need is get for a field that must be there.
func (r record) need(name string) cursor {
	f := r.get(name)
	if r.read && !f.present() {
		r.child(nil, name).fail("missing, it is required")
	}
	return f
}

// list returns the elements of a list.
func (c cursor) list() []cursor {
	if !c.present() {
		return nil
	}
	if !c.is(syntax.List) {
		c.fail("expected a list, found %s", c.value.What())
		return nil
	}
	elements := make([]cursor, len(c.value.Items))
	for i := range elements {
		v := &c.value.Items[i]
		elements[i] = cursor{c.loader, v, v.Line, c.field + "[" + strconv.Itoa(i) + "]"}
		if !elements[i].present() {
			elements[i].fail("empty list element")
		}
	}
	return elements
}

// text returns a scalar as it was written. Numbers keep their digits, so an
// account ID need not be quoted; booleans are refused, for yes and true differ
// as text.
func (c cursor) text() string {
	if c.is(syntax.Number) {
		return c.value.Text
	}
	return c.strictText()
}

// strictText is text as the Kubernetes API server takes it: nothing but text.
func (c cursor) strictText() string {
	switch {
	case !c.present():
	case c.is(syntax.String):
		return c.value.Text
	case c.is(syntax.Number), c.is(syntax.Bool):
		c.fail("expected text, found %s; put it in quotes", c.value.What())
	default:
		c.fail("expected text, found %s", c.value.What())
	}
	return ""
}

// texts returns a list of text.
func (c cursor) texts(check func(string) error) []string {
	var all []string
	for _, e := range c.list() {
		all = append(all, e.checked(check))
	}
	return all
}

// checked returns the text if check accepts it. What is not there is not
// checked.
func (c cursor) checked(check func(string) error) string {
	before := len(c.loader.problems.list)
	s := c.text()
	if !c.present() || len(c.loader.problems.list) > before {
		return s
	}
	if err := check(s); err != nil {
		c.fail("%s", err)
	}
	return s
}

// number returns a decimal integer between low and high.
func (c cursor) number(low, high int) int {
	if !c.present() {
		return 0
	}
	n, err := strconv.Atoi(c.value.Text)
	if !c.is(syntax.Number) || err != nil {
		c.fail("expected a whole number from %d to %d, found %s", low, high, c.value.What())
		return 0
	}
	if n < low || n > high {
		c.fail("expected a number from %d to %d, found %d", low, high, n)
		return 0
	}
	return n
}

func (c cursor) boolean() bool {
	if c.is(syntax.Bool) {
		return c.value.Text == "true"
	}
	if c.present() {
		c.fail("expected true or false, found %s", c.value.What())
	}
	return false
}

// date returns a time as RFC 3339 has it, which is what AWS's tools print.
func (c cursor) date() time.Time {
	s := c.text()
	if s == "" {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil || t.Year() < 1970 {
		c.fail("expected a time such as 2026-11-26T08:00:00Z, found %q", s)
		return time.Time{}
	}
	return t.UTC()
}

// textMap returns a mapping of text to text, with value reading each value.
func (c cursor) textMap(value func(cursor) string) map[string]string {
	if !c.present() {
		return nil
	}
	members := c.members()
	m := make(map[string]string, len(members))
	for i := range members {
		v := &members[i].Value
		m[members[i].Key] = value(cursor{c.loader, v, v.Line, fmt.Sprintf("%s[%q]", c.field, members[i].Key)})
	}
	return m
}
