package storage_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/irsatz/irsatz/fakes3/storage"
)

// TestMemoryIsBounded: what does not fit is refused as it arrives, and whatever
// ends the use of a body gives its room back.
func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	const most = 4 << 20
	s := storage.NewMemory(storage.Config{MaxMemory: most})
	b, err := s.CreateBucket(storage.Bucket{Name: "data"})
	if err != nil {
		t.Fatal(err)
	}
	receive := func(n int64) (storage.Content, error) { return s.Receive(io.LimitReader(zeros{}, n), n) }
	put := func(key string, n int64) *storage.Object {
		t.Helper()
		c, err := receive(n)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Discard(c)
		o, err := s.PutObject(b, &storage.Object{Key: key, Content: c}, storage.Conditions{})
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	// free wants exactly n bytes to be free.
	free := func(why string, n int64) {
		t.Helper()
		if n < most {
			if c, err := receive(n + 1); !errors.Is(err, storage.ErrFull) {
				t.Errorf("%s: %d bytes are free: %v", why, n+1, err)
				s.Discard(c)
			}
		}
		c, err := receive(n)
		if err != nil {
			t.Errorf("%s: %d bytes are not free: %v", why, n, err)
		}
		s.Discard(c)
	}
	free("empty", most)
	put("a", 1<<20)
	free("one object", 3<<20)
	put("a", 2<<20)
	free("overwritten", 2<<20)
	if _, err := s.Receive(iotest.TimeoutReader(io.LimitReader(zeros{}, 2<<20)), 2<<20); err == nil {
		t.Error("received though it failed")
	}
	free("a failed upload", 2<<20)
	if _, err := s.Receive(bytes.NewReader(make([]byte, 1<<20)), 2<<20); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a short upload: %v", err)
	}
	free("a short upload", 2<<20)
	if _, err := receive(1 << 40); !errors.Is(err, storage.ErrFull) {
		t.Errorf("a terabyte: %v", err)
	}
	free("far too much", 2<<20)
	o, err := s.Object(b, "a", "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.PutObject(b, &storage.Object{Key: "copy", Content: o.Content}, storage.Conditions{}); err != nil {
		t.Fatal(err)
	}
	free("a copy, which takes nothing", 2<<20)
	for _, key := range []string{"a", "copy"} {
		if _, err := s.DeleteObject(b, key, "", storage.Conditions{}); err != nil {
			t.Fatal(err)
		}
	}
	free("deleted", most)

	c, err := s.Receive(strings.NewReader("short"), storage.UnknownSize)
	if err != nil {
		t.Fatal(err)
	}
	free("unannounced", most-5)
	s.Discard(c)
	free("discarded", most)

	u, err := s.StartUpload(b, storage.Upload{Key: "k"})
	if err != nil {
		t.Fatal(err)
	}
	for n := range 2 {
		c, err := receive(1 << 20)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.PutPart(b, u, storage.Part{Number: n, Content: c}); err != nil {
			t.Fatal(err)
		}
	}
	free("parts", 2<<20)
	if err := s.AbortUpload(b, u); err != nil {
		t.Fatal(err)
	}
	free("aborted", most)

	// A reader has what it reads.
	o = put("read", 1<<20)
	r, err := s.Open(o.Content)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.DeleteObject(b, "read", "", storage.Conditions{}); err != nil {
		t.Fatal(err)
	}
	free("deleted while it is read", 3<<20)
	for range 2 {
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
	free("read to the end", most)
}

// TestMemoryWithoutBound: zero means no bound.
func TestMemoryWithoutBound(t *testing.T) {
	t.Parallel()
	s := storage.NewMemory(storage.Config{})
	for range 3 {
		if _, err := s.Receive(strings.NewReader(strings.Repeat("x", 1<<20)), 1<<20); err != nil {
			t.Error(err)
		}
	}
}

// zeros yields zeros for ever.
type zeros struct{}

// Read implements io.Reader.
func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}
