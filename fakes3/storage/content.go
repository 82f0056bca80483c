package storage

import (
	"errors"
	"fmt"
	"io"
	"iter"
)

// Content says where the bytes of a body are.
type Content struct{ Extents []Extent }

// Extent is a piece of a blob, or of a few bytes that are nowhere else.
type Extent struct {
	Blob           string
	Data           []byte // instead of a blob
	Offset, Length int64
}

// Size returns the number of bytes.
func (c Content) Size() (n int64) {
	for _, e := range c.Extents {
		n += e.Length
	}
	return n
}

// Slice returns the content's bytes from first on.
func (c Content) Slice(first, length int64) Content {
	var out Content
	for _, e := range c.Extents {
		if first >= e.Length {
			first -= e.Length
			continue
		}
		n := min(e.Length-first, length)
		if n <= 0 {
			break
		}
		out.Extents = append(out.Extents, Extent{e.Blob, e.Data, e.Offset + first, n})
		first, length = 0, length-n
	}
	return out
}

// Join returns one content after the other.
func Join(list ...Content) Content {
	var out Content
	for _, c := range list {
		out.Extents = append(out.Extents, c.Extents...)
	}
	return out
}

// UnknownSize stands for the size of a body that may be as long as it is.
const UnknownSize = -1

// Receive keeps the bytes that r yields until it ends. They are nobody's: an
// object or a part must be put that has them, and Discard be called whether it
// was or not. Size is how many r must yield, or UnknownSize.
func (s *Store) Receive(r io.Reader, size int64) (Content, error) {
	if size > 0 && size <= s.inline {
		return receiveInline(r, size)
	}
	id := s.random(20)
	n, err := s.blobs.receive(id, r, size)
	switch {
	case err != nil:
		return Content{}, err
	case n != size && size != UnknownSize:
		s.blobs.remove(id)
		return Content{}, fmt.Errorf("receive %d bytes: %w", size, io.ErrUnexpectedEOF)
	case n == 0:
		s.blobs.remove(id)
		return Content{}, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.staged[id] = true
	return Content{Extents: []Extent{{Blob: id, Length: n}}}, nil
}

// receiveInline reads what is too small for a blob.
func receiveInline(r io.Reader, size int64) (Content, error) {
	data := make([]byte, size)
	if _, err := io.ReadFull(r, data); err != nil {
		return Content{}, fmt.Errorf("receive %d bytes: %w", size, err)
	}
	if err := ended(r); err != nil {
		return Content{}, err
	}
	return Content{Extents: []Extent{{Data: data, Length: size}}}, nil
}

// ended makes sure that r yields no more. Whether all of it was right, r may
// say only here.
func ended(r io.Reader) error {
	var more [1]byte
	switch n, err := io.ReadFull(r, more[:]); {
	case n > 0:
		return errTooLong
	case errors.Is(err, io.EOF):
		return nil
	default:
		return err
	}
}

// blobs yields the blobs that the content is in, one for each extent.
func (c Content) blobs() iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, e := range c.Extents {
			if e.Blob != "" && !yield(e.Blob) {
				return
			}
		}
	}
}

var errTooLong = errors.New("more bytes than were announced")

// Discard removes what was received and has become nobody's.
func (s *Store) Discard(c Content) {
	for id := range c.blobs() {
		s.mu.Lock()
		unused := s.staged[id]
		delete(s.staged, id)
		s.mu.Unlock()
		if unused {
			s.blobs.remove(id)
		}
	}
}

// check makes sure that the bytes are there: somebody has them, or they were
// just received.
func (s *Store) check(t *tables, c Content) error {
	for id := range c.blobs() {
		if _, ok := t.refs.get(id); ok {
			continue
		}
		s.mu.Lock()
		ok := s.staged[id]
		s.mu.Unlock()
		if !ok {
			return ErrGone
		}
	}
	return nil
}

// settle follows an update: the bytes used are somebody's now, those dropped
// are removed as soon as nobody reads them.
func (s *Store) settle(used Content, dropped []string) {
	s.mu.Lock()
	var kept []string
	for id := range used.blobs() {
		if s.staged[id] {
			delete(s.staged, id)
			kept = append(kept, id)
		}
	}
	free := dropped[:0]
	for _, id := range dropped {
		if s.held[id] > 0 {
			s.doomed[id] = true
			continue
		}
		free = append(free, id)
	}
	s.mu.Unlock()
	for _, id := range kept {
		s.blobs.keep(id)
	}
	s.empty(free)
}

// empty removes blobs that are in the trash.
func (s *Store) empty(trash []string) {
	for _, id := range trash {
		if s.blobs.remove(id) {
			s.mu.Lock()
			s.removed = append(s.removed, id)
			s.mu.Unlock()
		}
	}
}

// Open returns the bytes, or ErrGone. They stay readable whatever is written or
// deleted meanwhile.
func (s *Store) Open(c Content) (io.ReadSeekCloser, error) {
	b := &body{store: s, extents: c.Extents, size: c.Size()}
	if len(c.Extents) == 0 {
		return b, nil
	}
	if len(c.Extents) > 1 { // too many, perhaps, to have them all open
		if err := s.hold(c); err != nil {
			return nil, err
		}
		b.held = true
	}
	if err := b.enter(0); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

// hold keeps the blobs from being removed, unless one is gone already.
func (s *Store) hold(c Content) error {
	s.mu.Lock()
	for id := range c.blobs() {
		s.held[id]++
	}
	s.mu.Unlock()
	// Whoever drops one of them from now on finds it held.
	err := s.index.view(func(t *tables) error { return s.check(t, c) })
	if err != nil {
		s.unhold(c)
	}
	return err
}

func (s *Store) unhold(c Content) {
	var free []string
	s.mu.Lock()
	for id := range c.blobs() {
		if s.held[id]--; s.held[id] > 0 {
			continue
		}
		delete(s.held, id)
		if s.doomed[id] {
			delete(s.doomed, id)
			free = append(free, id)
		}
	}
	s.mu.Unlock()
	s.empty(free)
}
