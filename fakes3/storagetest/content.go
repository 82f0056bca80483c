package storagetest

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing/iotest"

	"github.com/irsatz/irsatz/fakes3/storage"
)

// large is a body of several pieces, each byte of which says where it is.
func large(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i ^ i>>8 ^ i>>16)
	}
	return string(b)
}

// content: bodies of all sizes are read whole and in pieces.
func (f *fixture) content() {
	for _, size := range []int{0, 1, 65535, 65536, 65537, 1 << 20, 65536 + 1<<20, 65537 + 1<<20, 3<<20 + 17} {
		want := large(size)
		c := f.receive(want)
		if c.Size() != int64(size) || f.read(c) != want {
			f.Errorf("%d bytes: %d came back", size, c.Size())
		}
		joined := storage.Join(c, c.Slice(1, int64(size)), c)
		f.pieces(joined, want+want[min(1, size):]+want)
		f.Discard(c)
	}
	for _, bad := range []struct {
		r    io.Reader
		size int64
	}{
		{strings.NewReader("short"), 6},
		{strings.NewReader("long"), 3},
		{strings.NewReader("x"), 0},
		{iotest.TimeoutReader(iotest.OneByteReader(strings.NewReader("breaks"))), 6},
		{io.MultiReader(strings.NewReader("all"), iotest.ErrReader(iotest.ErrTimeout)), 3}, // wrong at its end
		{io.MultiReader(strings.NewReader(large(2<<20)), iotest.ErrReader(iotest.ErrTimeout)), 3 << 20},
	} {
		if c, err := f.Receive(bad.r, bad.size); err == nil {
			f.Errorf("received %d bytes of %d", c.Size(), bad.size)
		}
	}
	// A reader may say that it is at its end with the last bytes, and may give
	// few at a time.
	for _, r := range []io.Reader{iotest.DataErrReader(strings.NewReader("whole")), iotest.OneByteReader(strings.NewReader("whole"))} {
		c, err := f.Receive(r, 5)
		f.must(err)
		if got := f.read(c); got != "whole" {
			f.Errorf("%q", got)
		}
		f.Discard(c)
	}
	for _, size := range []int{0, 1, 65536, 65537, 3 << 20} {
		c, err := f.Receive(strings.NewReader(large(size)), storage.UnknownSize)
		f.must(err)
		if c.Size() != int64(size) || f.read(c) != large(size) {
			f.Errorf("%d bytes unannounced: %d came back", size, c.Size())
		}
		f.Discard(c)
	}
}

// pieces reads a content from many places on.
func (f *fixture) pieces(c storage.Content, want string) {
	f.Helper()
	r, err := f.Open(c)
	f.must(err)
	defer func() { f.must(r.Close()) }()
	size := int64(len(want))
	if n, err := r.Seek(0, io.SeekEnd); n != size || err != nil {
		f.Errorf("the end is at %d, want %d: %v", n, size, err)
	}
	for _, at := range []int64{0, size / 3, size/3 - 1, size/3 + 1, size - 1, size, 2 * size / 3, 1, 65536, size / 2} {
		if at < 0 || at > size {
			continue
		}
		if n, err := r.Seek(at, io.SeekStart); n != at || err != nil {
			f.Errorf("seek to %d: %d, %v", at, n, err)
		}
		n := min(size-at, 100_000)
		got := make([]byte, n)
		if _, err := io.ReadFull(r, got); err != nil || string(got) != want[at:at+n] {
			f.Errorf("%d bytes from %d of %d: %v", n, at, size, err)
		}
		if _, err := r.Seek(-n, io.SeekCurrent); err != nil {
			f.Error(err)
		}
		if n > 0 {
			if _, err := io.ReadFull(r, got[:1]); err != nil || got[0] != want[at] {
				f.Errorf("byte %d: %v", at, err)
			}
		}
		if end := min(at+n, size); f.read(c.Slice(at, end-at)) != want[at:end] {
			f.Errorf("slice of %d bytes from %d", end-at, at)
		}
	}
	for _, bad := range []int64{-1, size + 1} {
		if _, err := r.Seek(bad, io.SeekStart); err == nil {
			f.Errorf("seek to %d of %d", bad, size)
		}
	}
}

// unused: what was discarded is gone, and what was used is not.
func (f *fixture) unused() {
	c := f.receive(large(9999)) // few bytes may be kept by whoever knows of them
	f.Discard(c)
	f.Discard(c)
	_, err := f.Open(c)
	f.want(err, storage.ErrGone)
	_, err = f.PutObject(f.b, &storage.Object{Key: "k", Content: c}, storage.Conditions{})
	f.want(err, storage.ErrGone)
	if f.body("k", "") != "none" {
		f.Error("an object without its content")
	}
	f.put("k", "used")
	o, err := f.Object(f.b, "k", "")
	f.must(err)
	f.Discard(o.Content)
	if got := f.body("k", ""); got != "used" {
		f.Errorf("%q", got)
	}
}

// shared: a content lives as long as anything has it.
func (f *fixture) shared() {
	body := large(200_000)
	o := f.put("source", body)
	copied := &storage.Object{Key: "copy", Content: storage.Join(o.Content.Slice(100_000, 50_000), o.Content)}
	_, err := f.PutObject(f.b, copied, storage.Conditions{})
	f.must(err)
	want := body[100_000:150_000] + body
	f.remove("source", "")
	f.pieces(copied.Content, want)
	if got := f.body("copy", ""); got != want {
		f.Errorf("%d bytes of the copy", len(got))
	}
	// Onto itself.
	again := &storage.Object{Key: "copy", Content: copied.Content}
	_, err = f.PutObject(f.b, again, storage.Conditions{})
	f.must(err)
	if f.body("copy", "") != want {
		f.Error("copied onto itself")
	}
	f.remove("copy", "")
	for _, c := range []storage.Content{o.Content, copied.Content} {
		_, err = f.Open(c)
		f.want(err, storage.ErrGone)
	}
}

// replaced: who reads a version reads it to the end.
func (f *fixture) replaced() {
	body := large(3 << 20)
	for name, content := range map[string]func(storage.Content) storage.Content{
		"whole":  func(c storage.Content) storage.Content { return c },
		"pieces": func(c storage.Content) storage.Content { return storage.Join(c.Slice(0, 1<<20), c.Slice(1<<20, 2<<20)) },
	} {
		source := f.put("source", body)
		o, err := f.PutObject(f.b, &storage.Object{Key: name, Content: content(source.Content)}, storage.Conditions{})
		f.must(err)
		f.remove("source", "")
		r, err := f.Open(o.Content)
		f.must(err)
		begin := make([]byte, 1000)
		_, err = io.ReadFull(r, begin)
		f.must(err)
		f.put(name, "new")
		f.remove(name, "")
		rest, err := io.ReadAll(r)
		if err != nil || !bytes.Equal(append(begin, rest...), []byte(body)) {
			f.Errorf("%s: read %d bytes: %v", name, len(rest), err)
		}
		f.must(r.Close())
		if r, err := f.Open(o.Content); !errors.Is(err, storage.ErrGone) {
			f.Errorf("%s: opened once it is gone: %v %v", name, r, err)
		}
	}
}
