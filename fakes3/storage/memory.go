package storage

import (
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"slices"
	"sync"
	"sync/atomic"
)

// memoryIndex is an index whose readers take no lock: each sees the tables as
// the last update left them.
type memoryIndex struct {
	mu  sync.Mutex // serialises updates
	now atomic.Pointer[memoryTables]
}

type memoryTables struct {
	buckets          *tree[*Bucket]
	current, history *tree[*Object]
	uploads          *tree[*Upload]
	parts            *tree[*Part]
	refs             *tree[uint64]
	last             uint64
	tables           tables
}

func newMemoryIndex() *memoryIndex {
	seed := maphash.MakeSeed()
	m := &memoryTables{
		buckets: newTree[*Bucket](seed), current: newTree[*Object](seed), history: newTree[*Object](seed),
		uploads: newTree[*Upload](seed), parts: newTree[*Part](seed), refs: newTree[uint64](seed),
	}
	index := &memoryIndex{}
	index.now.Store(m.copy())
	return index
}

// copy returns tables that can be changed without changing these.
func (m *memoryTables) copy() *memoryTables {
	c := &memoryTables{
		buckets: m.buckets.copy(), current: m.current.copy(), history: m.history.copy(),
		uploads: m.uploads.copy(), parts: m.parts.copy(), refs: m.refs.copy(), last: m.last,
	}
	c.tables = tables{
		buckets: c.buckets, current: c.current, history: c.history, uploads: c.uploads, parts: c.parts, refs: c.refs,
		trash: newTree[uint64](m.refs.seed), // which nothing survives to empty
		next:  func() uint64 { c.last++; return c.last },
	}
	return c
}

func (m *memoryIndex) view(f func(*tables) error) error { return f(&m.now.Load().tables) }

func (m *memoryIndex) update(f func(*tables) error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	changed := m.now.Load().copy()
	if err := f(&changed.tables); err != nil {
		return err
	}
	m.now.Store(changed)
	return nil
}

func (m *memoryIndex) close() error { return nil }

// memoryBlobs keeps blobs in memory, as much as it may.
type memoryBlobs struct {
	most  int64 // 0 for no bound
	taken atomic.Int64
	blobs sync.Map // of *memoryBlob by id
}

// memoryBlob is a body in pieces. Its room is given back when neither the store
// nor a reader has it.
type memoryBlob struct {
	pieces [][]byte
	size   int64
	room   int64 // what the pieces take, filled or not
	owners atomic.Int64
}

// The pieces of a blob grow with it, so that a small one is one piece and a
// large one takes little more than its size.
const (
	firstPiece = 64 << 10
	nextPiece  = 1 << 20
)

// take makes room.
func (m *memoryBlobs) take(n int64) error {
	if taken := m.taken.Add(n); m.most > 0 && taken > m.most {
		m.taken.Add(-n)
		return ErrFull
	}
	return nil
}

// receive takes room as the bytes arrive: the size is a claim.
func (m *memoryBlobs) receive(id string, r io.Reader, size int64) (int64, error) {
	b := &memoryBlob{}
	b.owners.Store(1)
	if err := m.fill(b, r, size); err != nil {
		m.drop(b)
		return 0, err
	}
	m.blobs.Store(id, b)
	return b.size, nil
}

func (m *memoryBlobs) fill(b *memoryBlob, r io.Reader, size int64) error {
	for want := int64(firstPiece); ; want = nextPiece {
		if size != UnknownSize {
			want = min(want, size-b.size)
		}
		if want == 0 {
			return ended(r)
		}
		if err := m.take(want); err != nil {
			return err
		}
		b.room += want
		piece := make([]byte, want)
		n, err := io.ReadFull(r, piece)
		b.pieces, b.size = append(b.pieces, piece[:n]), b.size+int64(n)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			b.pieces[len(b.pieces)-1] = slices.Clone(piece[:n])
			m.taken.Add(int64(n) - want)
			b.room += int64(n) - want
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (m *memoryBlobs) keep(string) {}

func (m *memoryBlobs) remove(id string) bool {
	if b, ok := m.blobs.LoadAndDelete(id); ok {
		m.drop(b.(*memoryBlob)) //nolint:errcheck // nothing else is stored
	}
	return true
}

// drop ends an ownership of the blob.
func (m *memoryBlobs) drop(b *memoryBlob) {
	if b.owners.Add(-1) == 0 {
		m.taken.Add(-b.room)
	}
}

func (m *memoryBlobs) open(id string) (io.ReadSeekCloser, error) {
	found, ok := m.blobs.Load(id)
	if !ok {
		return nil, ErrGone
	}
	b := found.(*memoryBlob) //nolint:errcheck // nothing else is stored
	for {
		n := b.owners.Load()
		if n == 0 {
			return nil, ErrGone
		}
		if b.owners.CompareAndSwap(n, n+1) {
			return &memoryReader{blobs: m, blob: b}, nil
		}
	}
}

// memoryReader reads a blob.
type memoryReader struct {
	blobs *memoryBlobs
	blob  *memoryBlob // nil when closed
	at    int64
}

// Read implements io.Reader.
func (r *memoryReader) Read(p []byte) (int, error) {
	b := r.take(int64(len(p)))
	if len(b) == 0 {
		return 0, io.EOF
	}
	return copy(p, b), nil
}

// take reads n bytes at most without copying them; none at the end.
func (r *memoryReader) take(n int64) []byte {
	if r.blob == nil || r.at >= r.blob.size {
		return nil
	}
	i, in := int64(0), r.at
	if in >= firstPiece {
		i, in = 1+(in-firstPiece)/nextPiece, (in-firstPiece)%nextPiece
	}
	b := r.blob.pieces[i][in:]
	b = b[:min(int64(len(b)), n)]
	r.at += int64(len(b))
	return b
}

// Seek implements io.Seeker, for the offsets that a body asks for.
func (r *memoryReader) Seek(offset int64, whence int) (int64, error) {
	if whence != io.SeekStart || offset < 0 {
		return 0, fmt.Errorf("seek to %d from %d", offset, whence)
	}
	r.at = offset
	return offset, nil
}

// Close implements io.Closer.
func (r *memoryReader) Close() error {
	if r.blob != nil {
		r.blobs.drop(r.blob)
		r.blob = nil
	}
	return nil
}
