package storage

import (
	"fmt"
	"hash/maphash"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestTree compares a tree, and copies of it, with maps.
func TestTree(t *testing.T) {
	t.Parallel()
	type pair struct {
		tree *tree[int]
		twin map[string]int
	}
	r := rand.New(rand.NewPCG(1, 2))
	seed := maphash.MakeSeed()
	now := pair{newTree[int](seed), map[string]int{}}
	var copies []pair
	for i := range 3000 {
		key := fmt.Sprint(r.IntN(300))
		if r.IntN(3) == 0 {
			now.tree.remove(key)
			delete(now.twin, key)
		} else {
			now.tree.put(key, i)
			now.twin[key] = i
		}
		if r.IntN(100) == 0 {
			copies = append(copies, pair{now.tree.copy(), maps.Clone(now.twin)})
		}
	}
	for _, p := range append(copies, now) {
		keys := slices.Sorted(maps.Keys(p.twin))
		from := fmt.Sprint(r.IntN(300))
		at, _ := slices.BinarySearch(keys, from)
		var got []string
		for k, v := range p.tree.from(from) {
			if v != p.twin[k] {
				t.Fatalf("%s is %d, want %d", k, v, p.twin[k])
			}
			got = append(got, k)
		}
		if !slices.Equal(got, keys[at:]) {
			t.Fatalf("from %s: %v, want %v", from, got, keys[at:])
		}
		for i := range 300 {
			key := fmt.Sprint(i)
			want, wantOK := p.twin[key]
			if v, ok := p.tree.get(key); v != want || ok != wantOK {
				t.Fatalf("get %s: %d %v, want %d %v", key, v, ok, want, wantOK)
			}
		}
	}
}
