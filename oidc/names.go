package oidc

import (
	"iter"
	"maps"
)

// Names yields the names of all claims of the token, in no order.
func (c *Claims) Names() iter.Seq[string] { return maps.Keys(c.raw) }
