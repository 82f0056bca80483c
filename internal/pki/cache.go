package pki

import (
	"container/list"
	"crypto/tls"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

// maxLeaves bounds the cache: a client may ask for any number of names.
const maxLeaves = 1024

// leafCache keeps the leaves used last. Its zero value is empty and works.
type leafCache struct {
	flights singleflight.Group

	mu     sync.Mutex
	byName map[string]*list.Element
	order  list.List // of cachedLeaf, the most recently used first
}

type cachedLeaf struct {
	name string
	leaf *tls.Certificate
}

// get returns the leaf cached under name, or the one that issue makes. A burst
// of handshakes for a new name issues once.
func (c *leafCache) get(name string, now func() time.Time, issue func() (*tls.Certificate, error)) (*tls.Certificate, error) {
	deadline := now().Add(renewBefore)
	if leaf := c.lookup(name, deadline); leaf != nil {
		return leaf, nil
	}
	v, err, _ := c.flights.Do(name, func() (any, error) {
		// The flight before this one may have landed since the lookup above.
		if leaf := c.lookup(name, deadline); leaf != nil {
			return leaf, nil
		}
		leaf, err := issue()
		if err != nil {
			return nil, err
		}
		c.store(name, leaf)
		return leaf, nil
	})
	if err != nil {
		return nil, err
	}
	return v.(*tls.Certificate), nil
}

func (c *leafCache) lookup(name string, deadline time.Time) *tls.Certificate {
	c.mu.Lock()
	defer c.mu.Unlock()
	element, ok := c.byName[name]
	if !ok {
		return nil
	}
	leaf := element.Value.(cachedLeaf).leaf
	if leaf.Leaf.NotAfter.Before(deadline) {
		return nil
	}
	c.order.MoveToFront(element)
	return leaf
}

func (c *leafCache) store(name string, leaf *tls.Certificate) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byName == nil {
		c.byName = make(map[string]*list.Element)
	}
	if old, ok := c.byName[name]; ok {
		c.order.Remove(old)
	}
	c.byName[name] = c.order.PushFront(cachedLeaf{name: name, leaf: leaf})
	if c.order.Len() > maxLeaves {
		oldest := c.order.Remove(c.order.Back()).(cachedLeaf)
		delete(c.byName, oldest.name)
	}
}
