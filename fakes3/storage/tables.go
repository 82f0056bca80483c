package storage

import (
	"encoding/binary"
	"iter"
	"strings"
)

// table is an ordered map. Nothing may be changed while it is iterated.
type table[T any] interface {
	get(key string) (T, bool)
	put(key string, value T)
	remove(key string)
	from(key string) iter.Seq2[string, T] // ascending, this key included
}

// tables is what the index keeps.
type tables struct {
	buckets table[*Bucket] // by name
	current table[*Object] // the newest version of each key
	history table[*Object] // the others, by key and age, the youngest first
	uploads table[*Upload] // by key and number
	parts   table[*Part]   // by upload and number
	refs    table[uint64]  // how often a blob is referred to
	trash   table[uint64]  // blobs that are to be removed
	next    func() uint64  // a number that was never used
}

func encode64(n uint64) string { return string(binary.BigEndian.AppendUint64(nil, n)) }

// within begins the keys of a bucket's entries.
func within(b *Bucket) string { return encode64(b.ID) }

func currentKey(b *Bucket, key string) string { return within(b) + key }

// historyKeys begins the keys of the older versions of an object.
func historyKeys(b *Bucket, key string) string {
	return within(b) + string(binary.BigEndian.AppendUint16(nil, uint16(len(key)))) + key
}

func historyKey(b *Bucket, o *Object) string { return historyKeys(b, o.Key) + encode64(^o.age) }

// uploadKeys begins the keys of the uploads of an object. It keeps the order
// of keys: what ends sorts before what goes on.
func uploadKeys(b *Bucket, key string) string {
	return within(b) + strings.ReplaceAll(key, "\x00", "\x00\xff") + "\x00\x01"
}

func uploadKey(b *Bucket, key string, number uint64) string {
	return uploadKeys(b, key) + encode64(number)
}

func partKey(upload uint64, n int) string {
	return string(binary.BigEndian.AppendUint32([]byte(encode64(upload)), uint32(n)))
}

// prefixed iterates over the keys that begin with prefix, from one of them on.
func prefixed[T any](t table[T], prefix, from string) iter.Seq2[string, T] {
	return func(yield func(string, T) bool) {
		for k, v := range t.from(prefix + from) {
			if !strings.HasPrefix(k, prefix) || !yield(k[len(prefix):], v) {
				return
			}
		}
	}
}

// after returns the first string past all those with this prefix, "" if there
// is none.
func after(prefix string) string {
	b := []byte(prefix)
	for i := len(b) - 1; i >= 0; i-- {
		if b[i] < 0xff {
			b[i]++
			return string(b[:i+1])
		}
	}
	return ""
}

// tx is one update and the blobs that it dropped.
type tx struct {
	*tables
	dropped []string
}

// update runs f, then settles the blobs: those that f has put to use are kept,
// those that nothing refers to any more are removed.
func (s *Store) update(uses Content, f func(*tx) error) error {
	s.mu.Lock()
	removed := s.removed
	s.removed = nil
	s.mu.Unlock()
	var dropped []string
	err := s.index.update(func(t *tables) error {
		x := &tx{tables: t}
		// Should this not be written, the next start does it.
		for _, id := range removed {
			x.trash.remove(id)
		}
		if err := s.check(t, uses); err != nil {
			return err
		}
		if err := f(x); err != nil {
			return err
		}
		dropped = x.dropped
		return nil
	})
	if err != nil {
		return err
	}
	s.settle(uses, dropped)
	return nil
}

// retain counts references to the content, which check has found.
func (x *tx) retain(c Content) {
	for id := range c.blobs() {
		n, _ := x.refs.get(id)
		x.refs.put(id, n+1)
	}
}

// release takes the references back. What nothing refers to goes to the trash,
// so that it is removed even if the process ends before it is.
func (x *tx) release(c Content) {
	for id := range c.blobs() {
		if n, _ := x.refs.get(id); n > 1 {
			x.refs.put(id, n-1)
			continue
		}
		x.refs.remove(id)
		x.trash.put(id, 0)
		x.dropped = append(x.dropped, id)
	}
}

// bucket returns the bucket as it is now, unless it is gone or another one has
// its name.
func (t *tables) bucket(b *Bucket) (*Bucket, error) {
	now, ok := t.buckets.get(b.Name)
	if !ok || now.ID != b.ID {
		return nil, ErrNoBucket
	}
	return now, nil
}
