package fakes3_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/irsatz/irsatz/fakes3"
	"github.com/irsatz/irsatz/fakes3/storage"
)

// compose stores an object whose bytes are this body, n times over, as
// CompleteMultipartUpload would.
func compose(t *testing.T, s *storage.Store, body string, n int) {
	t.Helper()
	b, err := s.Bucket("data")
	if err != nil {
		t.Fatal(err)
	}
	c, err := s.Receive(strings.NewReader(body), int64(len(body)))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Discard(c)
	o := &storage.Object{Key: "composed", ETag: `"0123456789abcdef0123456789abcdef-2"`}
	contents := make([]storage.Content, n)
	for i := range contents {
		contents[i] = c
		o.Parts = append(o.Parts, storage.Part{Number: i + 1, Size: c.Size()})
	}
	o.Content = storage.Join(contents...)
	if _, err := s.PutObject(b, o, storage.Conditions{}); err != nil {
		t.Fatal(err)
	}
}

// TestCopySourceSize: 5 GiB is the most that is copied at once.
func TestCopySourceSize(t *testing.T) {
	t.Parallel()
	s := storage.NewMemory(storage.Config{})
	w := newWorld(t, func(c *fakes3.Config) { c.Storage = s })
	compose(t, s, strings.Repeat("x", 8<<20), 641)
	id, _ := w.begin("/data/m")
	part := "/data/m?partNumber=1&uploadId=" + id
	const message = "The specified copy source is larger than the maximum allowable size for a copy source: 5368709120"
	for _, tt := range []struct{ name, target, part, message string }{
		{"object", "/data/copy", "", message},
		{"part", part, "", message},
		{"range", part, "bytes=0-5368709120", message},
		{"small range", part, "bytes=5368709110-5368709120", ""},
	} {
		header := []string{"X-Amz-Copy-Source", "data/composed"}
		if tt.part != "" {
			header = append(header, "X-Amz-Copy-Source-Range", tt.part)
		}
		got := w.with(w.root(), http.MethodPut, tt.target, "", header...)
		if tt.message == "" && got.status != 200 || tt.message != "" && (got.status != 400 || got.err.Code != "InvalidRequest" || got.err.Message != tt.message) {
			t.Errorf("%s: %d %s", tt.name, got.status, got.body)
		}
	}
}

// TestCopyEndsWithRequest: nothing is computed for who has gone.
func TestCopyEndsWithRequest(t *testing.T) {
	t.Parallel()
	s := storage.NewMemory(storage.Config{})
	w := newWorld(t, func(c *fakes3.Config) { c.Storage = s })
	compose(t, s, "x", 2)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for _, tt := range []struct {
		name string
		ctx  context.Context
		want string
	}{{"gone", gone, "!NoSuchKey"}, {"there", t.Context(), "xx"}} {
		r := w.request(http.MethodPut, "/data/copy", "")
		r.Header.Set("X-Amz-Copy-Source", "data/composed")
		w.sign(w.root(), r)
		w.s3.ServeHTTP(httptest.NewRecorder(), received(r).WithContext(tt.ctx))
		if got := w.get("data", "copy"); got != tt.want {
			t.Errorf("%s: the copy is %q", tt.name, got)
		}
	}
}
