package oidc

import (
	"bytes"
	"iter"
)

// Names yields the names of those claims of the token that begin with prefix,
// each once.
func (c *Claims) Names(prefix string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for i := range c.raw.members {
			if name := c.raw.members[i].name; bytes.HasPrefix(name, []byte(prefix)) && !yield(string(name)) {
				return
			}
		}
	}
}
