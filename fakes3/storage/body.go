package storage

import (
	"errors"
	"fmt"
	"io"
)

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
	blob, err := b.open(b.extents[i])
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

func (b *body) open(e Extent) (io.ReadSeekCloser, error) {
	if e.Blob == "" {
		return &inline{data: e.Data}, nil
	}
	return b.store.blobs.open(e.Blob)
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
		if m, ok := b.blob.(interface{ take(n int64) []byte }); ok {
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
		b.store.unhold(Content{b.extents})
	}
	b.held, b.extents, b.left = false, nil, 0
	return err
}

// inline reads bytes that are no blob.
type inline struct {
	data []byte
	at   int64
}

// take reads n bytes at most without copying them; none at the end.
func (r *inline) take(n int64) []byte {
	b := r.data[min(r.at, int64(len(r.data))):]
	b = b[:min(int64(len(b)), n)]
	r.at += int64(len(b))
	return b
}

// Read implements io.Reader.
func (r *inline) Read(p []byte) (int, error) {
	b := r.take(int64(len(p)))
	if len(b) == 0 {
		return 0, io.EOF
	}
	return copy(p, b), nil
}

// Seek implements io.Seeker, for the offsets that a body asks for.
func (r *inline) Seek(offset int64, whence int) (int64, error) {
	if whence != io.SeekStart || offset < 0 {
		return 0, fmt.Errorf("seek to %d from %d", offset, whence)
	}
	r.at = offset
	return offset, nil
}

// Close implements io.Closer.
func (r *inline) Close() error { return nil }
