package storage

import (
	"hash/maphash"
	"iter"
)

// tree is a table that can be copied for nothing: whoever changes the copy
// leaves the original as it was. It is a treap, whose shape follows from its
// keys and a seed alone.
type tree[T any] struct {
	root *node[T]
	seed maphash.Seed
}

// node never changes once it is part of a tree.
type node[T any] struct {
	key         string
	value       T
	weight      uint64
	left, right *node[T]
}

func newTree[T any](seed maphash.Seed) *tree[T] { return &tree[T]{seed: seed} }

// copy returns a tree with the same entries.
func (t *tree[T]) copy() *tree[T] { return &tree[T]{t.root, t.seed} }

func (t *tree[T]) get(key string) (value T, ok bool) {
	for n := t.root; n != nil; {
		switch {
		case key == n.key:
			return n.value, true
		case key < n.key:
			n = n.left
		default:
			n = n.right
		}
	}
	return value, false
}

func (t *tree[T]) put(key string, value T) {
	t.root = t.root.put(&node[T]{key: key, value: value, weight: maphash.String(t.seed, key)})
}

func (n *node[T]) put(added *node[T]) *node[T] {
	if n == nil {
		return added
	}
	switch {
	case added.key == n.key:
		added.left, added.right = n.left, n.right
		return added
	case added.weight > n.weight:
		added.left, added.right = n.split(added.key)
		return added
	}
	changed := *n
	if added.key < n.key {
		changed.left = n.left.put(added)
	} else {
		changed.right = n.right.put(added)
	}
	return &changed
}

// split returns what is below and what is above a key that is not there.
func (n *node[T]) split(key string) (below, above *node[T]) {
	if n == nil {
		return nil, nil
	}
	changed := *n
	if n.key < key {
		changed.right, above = n.right.split(key)
		return &changed, above
	}
	below, changed.left = n.left.split(key)
	return below, &changed
}

func (t *tree[T]) remove(key string) {
	if _, ok := t.get(key); ok {
		t.root = t.root.remove(key)
	}
}

func (n *node[T]) remove(key string) *node[T] {
	if key == n.key {
		return n.left.join(n.right)
	}
	changed := *n
	if key < n.key {
		changed.left = n.left.remove(key)
	} else {
		changed.right = n.right.remove(key)
	}
	return &changed
}

// join puts a tree in front of one whose keys are all greater.
func (n *node[T]) join(m *node[T]) *node[T] {
	switch {
	case n == nil:
		return m
	case m == nil:
		return n
	}
	if n.weight > m.weight {
		changed := *n
		changed.right = n.right.join(m)
		return &changed
	}
	changed := *m
	changed.left = n.join(m.left)
	return &changed
}

func (t *tree[T]) from(key string) iter.Seq2[string, T] {
	return func(yield func(string, T) bool) { t.root.ascend(key, yield) }
}

func (n *node[T]) ascend(from string, yield func(string, T) bool) bool {
	if n == nil {
		return true
	}
	if n.key >= from && (!n.left.ascend(from, yield) || !yield(n.key, n.value)) {
		return false
	}
	return n.right.ascend(from, yield)
}
