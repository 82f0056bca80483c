package oidc

import "iter"

// Names yields the names of all claims of the token, each once.
func (c *Claims) Names() iter.Seq[string] {
	return func(yield func(string) bool) {
		for i := range c.raw.members {
			if !yield(c.raw.members[i].name) {
				return
			}
		}
	}
}
