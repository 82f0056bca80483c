package manifest

import (
	"fmt"
	"slices"
	"strconv"

	"go.yaml.in/yaml/v3"
)

// cursor is a value in a document with its place. Its methods report what is
// wrong to the loader and return zero values, so that reading goes on and finds
// the next mistake too. A cursor without a node is a field that is not there.
type cursor struct {
	loader *loader
	node   *yaml.Node
	field  string
}

func (c cursor) pos() Pos {
	at := Pos{File: c.loader.current, Field: c.field}
	if c.node != nil {
		at.Line = c.node.Line
	}
	return at
}

func (c cursor) fail(format string, args ...any) { c.loader.problems.add(c.pos(), format, args...) }

func (c cursor) notImplemented(form string) {
	c.fail("%s: loading this form is %w", form, ErrNotImplemented)
}

// present tells whether there is a value; null counts as none.
func (c cursor) present() bool {
	return c.node != nil && (c.node.Kind != yaml.ScalarNode || c.node.ShortTag() != "!!null")
}

// isMapping tells whether it is a mapping; one with a tag of its own, such as
// CloudFormation's, is something else.
func (c cursor) isMapping() bool {
	return c.node != nil && c.node.Kind == yaml.MappingNode && c.node.ShortTag() == "!!map"
}

func (c cursor) isList() bool {
	return c.node != nil && c.node.Kind == yaml.SequenceNode && c.node.ShortTag() == "!!seq"
}

// kind names what the value is, for messages.
func (c cursor) kind() string {
	if c.node == nil {
		return "nothing"
	}
	switch tag := c.node.ShortTag(); tag {
	case "!!map":
		return "a mapping"
	case "!!seq":
		return "a list"
	case "!!str":
		return "text"
	case "!!int", "!!float":
		return "a number"
	case "!!bool":
		return "a boolean"
	case "!!null":
		return "nothing"
	case "!!timestamp":
		return "a date"
	default:
		return "a value tagged " + tag
	}
}

func (c cursor) child(node *yaml.Node, name string) cursor {
	if c.field != "" {
		name = c.field + "." + name
	}
	return cursor{c.loader, node, name}
}

// find returns the value under a key, whatever the value is.
func (c cursor) find(key string) (cursor, bool) {
	if c.isMapping() {
		for i := 0; i+1 < len(c.node.Content); i += 2 {
			if c.node.Content[i].Value == key {
				return c.child(c.node.Content[i+1], key), true
			}
		}
	}
	return cursor{}, false
}

func (c cursor) has(key string) bool { _, ok := c.find(key); return ok }

// peek returns the text under a key, or "".
func (c cursor) peek(key string) string {
	if v, ok := c.find(key); ok && v.node.Kind == yaml.ScalarNode && v.present() {
		return v.node.Value
	}
	return ""
}

// record is a mapping of which every key is known.
type record struct {
	cursor
	fields map[string]cursor
}

// record reads a mapping; keys that are not among known are reported.
func (c cursor) record(known ...string) record {
	r := record{cursor: c}
	if !c.present() {
		return r
	}
	if !c.isMapping() {
		c.fail("expected a mapping, found %s", c.kind())
		return r
	}
	r.fields = make(map[string]cursor, len(c.node.Content)/2)
	for i := 0; i+1 < len(c.node.Content); i += 2 {
		key := c.node.Content[i]
		if !slices.Contains(known, key.Value) {
			c.child(key, key.Value).fail("unknown field, %s", suggestion(key.Value, known))
			continue
		}
		r.fields[key.Value] = c.child(c.node.Content[i+1], key.Value)
	}
	return r
}

// get returns the value of a field; it may not be present.
func (r record) get(name string) cursor {
	if f, ok := r.fields[name]; ok {
		return f
	}
	absent := r.child(nil, name)
	return absent
}

// need is get for a field that must be there.
func (r record) need(name string) cursor {
	f := r.get(name)
	if r.fields != nil && !f.present() {
		r.child(r.node, name).fail("missing, it is required")
	}
	return f
}

// list returns the elements of a list.
func (c cursor) list() []cursor {
	if !c.present() {
		return nil
	}
	if !c.isList() {
		c.fail("expected a list, found %s", c.kind())
		return nil
	}
	elements := make([]cursor, len(c.node.Content))
	for i, node := range c.node.Content {
		elements[i] = cursor{c.loader, node, c.field + "[" + strconv.Itoa(i) + "]"}
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
	if !c.present() {
		return ""
	}
	if c.node.Kind != yaml.ScalarNode {
		c.fail("expected text, found %s", c.kind())
		return ""
	}
	switch c.node.ShortTag() {
	case "!!str", "!!int", "!!float", "!!timestamp":
		return c.node.Value
	}
	c.fail("expected text, found %s; put it in quotes", c.kind())
	return ""
}

// strictText is text as the Kubernetes API server takes it: nothing but text.
func (c cursor) strictText() string {
	if c.present() && c.node.Kind == yaml.ScalarNode && c.node.ShortTag() != "!!str" {
		c.fail("expected text, found %s; put it in quotes", c.kind())
		return ""
	}
	return c.text()
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
	n, err := strconv.Atoi(c.node.Value)
	if c.node.Kind != yaml.ScalarNode || c.node.ShortTag() != "!!int" || err != nil {
		c.fail("expected a whole number from %d to %d, found %s", low, high, c.kind())
		return 0
	}
	if n < low || n > high {
		c.fail("expected a number from %d to %d, found %d", low, high, n)
		return 0
	}
	return n
}

func (c cursor) boolean() bool {
	if !c.present() {
		return false
	}
	if c.node.Kind == yaml.ScalarNode && c.node.ShortTag() == "!!bool" {
		switch c.node.Value {
		case "true", "True", "TRUE":
			return true
		case "false", "False", "FALSE":
			return false
		}
	}
	c.fail("expected true or false, found %s", c.kind())
	return false
}

// textMap returns a mapping of text to text, with value reading each value.
func (c cursor) textMap(value func(cursor) string) map[string]string {
	if !c.present() {
		return nil
	}
	if !c.isMapping() {
		c.fail("expected a mapping, found %s", c.kind())
		return nil
	}
	m := make(map[string]string, len(c.node.Content)/2)
	for i := 0; i+1 < len(c.node.Content); i += 2 {
		key := c.node.Content[i].Value
		m[key] = value(cursor{c.loader, c.node.Content[i+1], fmt.Sprintf("%s[%q]", c.field, key)})
	}
	return m
}
