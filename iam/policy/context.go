package policy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strings"
)

// Context holds the condition keys of one request. Key names compare without
// case, tag names in them too. A nil Context has no keys.
type Context struct {
	entries []entry
	hashes  []uint32 // those of the entries' keys, to be searched
	room    [typicalKeys]uint32
	lists   [][]string // the values of multi-valued keys
}

// entry is one condition key with its values.
type entry struct {
	key  string
	one  [1]string // the value of a single-valued key
	list int       // of a multi-valued one, counted from 1
}

// typicalKeys is room for the keys of an ordinary S3 request.
const typicalKeys = 32

// NewContext returns a context without keys.
func NewContext() *Context {
	c := &Context{entries: make([]entry, 0, typicalKeys)}
	c.hashes = c.room[:0]
	return c
}

// Set gives a single-valued key its value, in place of any it had.
func (c *Context) Set(key, value string) {
	e := c.slot(key)
	e.one[0], e.list = value, 0
}

// SetValues gives a multi-valued key its values, in place of any it had. A key
// without values is present, with an empty list.
func (c *Context) SetValues(key string, values ...string) {
	c.lists = append(c.lists, append([]string(nil), values...))
	c.slot(key).list = len(c.lists)
}

// Lookup finds a key. The values are the context's own: do not change them.
func (c *Context) Lookup(key string) (values []string, multi, ok bool) {
	return c.lookup(key, keyHash(key))
}

// All yields every key with its values in the order in which they were set.
func (c *Context) All() iter.Seq2[string, []string] {
	return func(yield func(string, []string) bool) {
		if c == nil {
			return
		}
		for i := range c.entries {
			if e := &c.entries[i]; !yield(e.key, c.values(e)) {
				return
			}
		}
	}
}

// Len is the number of keys.
func (c *Context) Len() int {
	if c == nil {
		return 0
	}
	return len(c.entries)
}

// Clone returns a copy that shares nothing with c.
func (c *Context) Clone() *Context {
	twin := NewContext()
	if c == nil {
		return twin
	}
	twin.entries = append(twin.entries, c.entries...)
	twin.hashes = append(twin.hashes, c.hashes...)
	for _, values := range c.lists {
		twin.lists = append(twin.lists, append([]string(nil), values...))
	}
	return twin
}

// MarshalJSON writes an object: a single-valued key with a string, a
// multi-valued one with a list.
func (c *Context) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	var failed error
	b.WriteByte('{')
	for i := range c.entries {
		e := &c.entries[i]
		if i > 0 {
			b.WriteByte(',')
		}
		var value any = e.one[0]
		if e.list > 0 {
			value = append([]string{}, c.values(e)...)
		}
		name, err := json.Marshal(e.key)
		text, errValue := json.Marshal(value)
		failed = errors.Join(failed, err, errValue)
		b.Write(name)
		b.WriteByte(':')
		b.Write(text)
	}
	b.WriteByte('}')
	return b.Bytes(), failed
}

// UnmarshalJSON reads what MarshalJSON writes.
func (c *Context) UnmarshalJSON(text []byte) error {
	root, bad := readJSON(text)
	if bad != nil {
		return fmt.Errorf("read context: %w", bad)
	}
	if root.kind != objectNode {
		return fmt.Errorf("read context: want an object")
	}
	*c = *NewContext()
	for _, m := range root.members {
		switch m.value.kind {
		case stringNode:
			c.Set(m.key, m.value.text)
		case arrayNode:
			values := make([]string, 0, len(m.value.items))
			for _, item := range m.value.items {
				if item.kind != stringNode {
					return fmt.Errorf("read context: values of %s must be strings", m.key)
				}
				values = append(values, item.text)
			}
			c.SetValues(m.key, values...)
		default:
			return fmt.Errorf("read context: value of %s must be a string or a list", m.key)
		}
	}
	return nil
}

func (c *Context) lookup(key string, hash uint32) (values []string, multi, ok bool) {
	if e := c.find(key, hash); e != nil {
		return c.values(e), e.list > 0, true
	}
	return nil, false, false
}

func (c *Context) find(key string, hash uint32) *entry {
	if c == nil {
		return nil
	}
	for i, h := range c.hashes {
		if h != hash {
			continue
		}
		if e := &c.entries[i]; e.key == key || strings.EqualFold(e.key, key) {
			return e
		}
	}
	return nil
}

func (c *Context) slot(key string) *entry {
	hash := keyHash(key)
	if e := c.find(key, hash); e != nil {
		return e
	}
	c.entries, c.hashes = append(c.entries, entry{key: key}), append(c.hashes, hash)
	return &c.entries[len(c.entries)-1]
}

func (c *Context) values(e *entry) []string {
	if e.list > 0 {
		return c.lists[e.list-1]
	}
	return e.one[:]
}

// keyHash is FNV-1a over the ASCII bytes of key in lower case: equal for keys
// that are equal without case, whatever their other characters.
func keyHash(key string) uint32 {
	h := uint32(hashSeed)
	for i := range len(key) {
		b := key[i]
		switch {
		case b >= 0x80:
			continue
		case 'A' <= b && b <= 'Z':
			b += 'a' - 'A'
		}
		h = (h ^ uint32(b)) * hashPrime
	}
	return h
}
