package storage

import (
	"errors"
	"fmt"
	"io"
)

// Content says where the bytes of a body are.
type Content struct{ Extents []Extent }

// Extent is a piece of a blob.
type Extent struct {
	Blob           string
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
		out.Extents = append(out.Extents, Extent{e.Blob, e.Offset + first, n})
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

var errTooLong = errors.New("more bytes than were announced")

// Discard removes what was received and has become nobody's.
func (s *Store) Discard(c Content) {
	for _, e := range c.Extents {
		s.mu.Lock()
		unused := s.staged[e.Blob]
		delete(s.staged, e.Blob)
		s.mu.Unlock()
		if unused {
			s.blobs.remove(e.Blob)
		}
	}
}

// check makes sure that the bytes are there: somebody has them, or they were
// just received.
func (s *Store) check(t *tables, c Content) error {
	for _, e := range c.Extents {
		if _, ok := t.refs.get(e.Blob); ok {
			continue
		}
		s.mu.Lock()
		ok := s.staged[e.Blob]
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
	for _, e := range used.Extents {
		if s.staged[e.Blob] {
			delete(s.staged, e.Blob)
			kept = append(kept, e.Blob)
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
	for _, e := range c.Extents {
		s.held[e.Blob]++
	}
	s.mu.Unlock()
	// Whoever drops one of them from now on finds it held.
	err := s.index.view(func(t *tables) error { return s.check(t, c) })
	if err != nil {
		s.unhold(c.Extents)
	}
	return err
}

func (s *Store) unhold(extents []Extent) {
	var free []string
	s.mu.Lock()
	for _, e := range extents {
		if s.held[e.Blob]--; s.held[e.Blob] > 0 {
			continue
		}
		delete(s.held, e.Blob)
		if s.doomed[e.Blob] {
			delete(s.doomed, e.Blob)
			free = append(free, e.Blob)
		}
	}
	s.mu.Unlock()
	s.empty(free)
}

// body reads one extent after the other.
type body struct {
	store   *Store
	extents []Extent
	size    int64
	held    bool

	at   int64 // position in the body
	blob io.ReadSeekCloser
	in   int   // the extent that blob is of
	left int64 // bytes of it from the position on
}

// enter opens the extent.
func (b *body) enter(i int) error {
	if err := b.leave(); err != nil {
		return err
	}
	blob, err := b.store.blobs.open(b.extents[i].Blob)
	if err != nil {
		return err
	}
	b.blob, b.in, b.left = blob, i, b.extents[i].Length
	if b.extents[i].Offset == 0 {
		return nil
	}
	_, err = blob.Seek(b.extents[i].Offset, io.SeekStart)
	return err
}

func (b *body) leave() error {
	if b.blob == nil {
		return nil
	}
	err := b.blob.Close()
	b.blob = nil
	return err
}

// advance makes sure that there is something to read, or returns io.EOF.
func (b *body) advance() error {
	for b.left == 0 {
		next := b.in + 1
		if b.blob == nil || next == len(b.extents) {
			return io.EOF
		}
		if err := b.enter(next); err != nil {
			return err
		}
	}
	return nil
}

// Read implements io.Reader.
func (b *body) Read(p []byte) (int, error) {
	if err := b.advance(); err != nil {
		return 0, err
	}
	n, err := b.blob.Read(p[:min(int64(len(p)), b.left)])
	b.took(int64(n))
	if errors.Is(err, io.EOF) && b.left > 0 {
		err = io.ErrUnexpectedEOF
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return n, err
}

func (b *body) took(n int64) { b.at, b.left = b.at+n, b.left-n }

// WriteTo implements io.WriterTo. A file goes to w as such, within its limits,
// so that w can have it sent without having it read.
func (b *body) WriteTo(w io.Writer) (n int64, err error) {
	for {
		if err := b.advance(); err != nil {
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return n, err
		}
		var did int64
		if m, ok := b.blob.(*memoryReader); ok {
			var wrote int
			wrote, err = w.Write(m.take(b.left))
			did = int64(wrote)
		} else {
			did, err = io.Copy(w, &io.LimitedReader{R: b.blob, N: b.left})
		}
		b.took(did)
		n += did
		if err == nil && did == 0 {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return n, err
		}
	}
}

// Seek implements io.Seeker.
func (b *body) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += b.at
	case io.SeekEnd:
		offset += b.size
	}
	if offset < 0 || offset > b.size {
		return 0, fmt.Errorf("seek to %d of %d bytes", offset, b.size)
	}
	b.at = offset
	for i, e := range b.extents {
		if offset > e.Length || offset == e.Length && i < len(b.extents)-1 {
			offset -= e.Length
			continue
		}
		if b.in != i || b.blob == nil {
			if err := b.enter(i); err != nil {
				return 0, err
			}
		}
		b.left = e.Length - offset
		_, err := b.blob.Seek(e.Offset+offset, io.SeekStart)
		return b.at, err
	}
	return b.at, nil
}

// Close implements io.Closer.
func (b *body) Close() error {
	err := b.leave()
	if b.held {
		b.store.unhold(b.extents)
	}
	b.held, b.extents, b.left = false, nil, 0
	return err
}
