package fakes3_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/irsatz/irsatz/fakes3"
	"github.com/irsatz/irsatz/fakes3/storage"
)

// TestFullMemory: what does not fit is refused as AWS refuses what comes too
// fast, the record says why, and nothing else suffers.
func TestFullMemory(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *fakes3.Config) { c.Storage = storage.NewMemory(storage.Config{MaxMemory: 1 << 20}) })
	root, body := w.root(), strings.Repeat("x", 700_000)
	if got := w.do(root, w.request(http.MethodPut, "/data/one", body)); got.status != 200 {
		t.Fatal(got.body)
	}
	id := all(w.call(root, http.MethodPost, "/data/parts?uploads").body, "UploadId")[0]
	for _, target := range []string{"/data/two", "/data/parts?partNumber=1&uploadId=" + id} {
		got := w.do(root, w.request(http.MethodPut, target, body))
		if got.status != 503 || got.err.Code != "SlowDown" || got.err.Message != "Please reduce your request rate." {
			t.Errorf("%s: %d %s", target, got.status, got.body)
		}
		if r := w.trail.Records(1)[0]; !strings.Contains(r.Cause, "no room") || !strings.Contains(r.Fix, "--max-memory") {
			t.Errorf("%s: recorded %q, %q", target, r.Cause, r.Fix)
		}
	}
	if w.get("data", "one") != body || w.get("data", "two") != "!NoSuchKey" || w.get("data", "public/a.txt") != "hello" {
		t.Error("what is there has changed")
	}
	// A copy takes no room, and what is deleted gives it back.
	r := w.request(http.MethodPut, "/data/copy", "")
	r.Header.Set("X-Amz-Copy-Source", "data/one")
	if got := w.do(root, r); got.status != 200 {
		t.Errorf("copy: %s", got.body)
	}
	for _, key := range []string{"one", "copy"} {
		w.call(root, http.MethodDelete, "/data/"+key)
	}
	if got := w.do(root, w.request(http.MethodPut, "/data/two", body)); got.status != 200 {
		t.Errorf("after the deletion: %s", got.body)
	}
}

// TestDisk: objects on disk are served as those in memory are.
func TestDisk(t *testing.T) {
	t.Parallel()
	s, err := storage.OpenDisk(t.TempDir(), storage.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	w := newWorld(t, func(c *fakes3.Config) { c.Storage = s })
	whole := five + "the end"
	for _, listener := range []*httptest.Server{w.http, w.tls} {
		client := w.client(w.root(), listener, false)
		if _, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("data"), Key: aws.String("one"), Body: strings.NewReader(whole)}); err != nil {
			t.Fatal(err)
		}
		if _, err := uploaded(t, client, &s3.CreateMultipartUploadInput{}, false); err != nil {
			t.Fatal(err)
		}
		for _, key := range []string{"one", "parts"} {
			for _, span := range [][2]int{{0, len(whole) - 1}, {0, 0}, {len(five) - 3, len(five) + 2}, {len(five), len(whole) - 1}, {1000, 4_000_000}} {
				in := &s3.GetObjectInput{Bucket: aws.String("data"), Key: aws.String(key)}
				if span[1]-span[0]+1 < len(whole) {
					in.Range = aws.String(fmt.Sprintf("bytes=%d-%d", span[0], span[1]))
				}
				got, err := client.GetObject(t.Context(), in)
				if err != nil {
					t.Fatal(err)
				}
				if body := readAll(t, got.Body); body != whole[span[0]:span[1]+1] {
					t.Errorf("%s, %v: %d bytes that are others", key, span, len(body))
				}
			}
		}
	}
	r := w.request(http.MethodPut, "/data/copy", "")
	r.Header.Set("X-Amz-Copy-Source", "data/parts")
	if got := w.do(w.root(), r); got.status != 200 || w.get("data", "copy") != whole || w.get("data", "public/a.txt") != "hello" {
		t.Errorf("copy: %d %s", got.status, got.body)
	}
	// Whoever leaves in the middle does no harm.
	r = w.request(http.MethodGet, "/data/copy", "")
	w.sign(w.root(), r)
	response, err := w.http.Client().Transport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.CopyN(io.Discard, response.Body, 100)
	_ = response.Body.Close()
	if got := w.call(w.root(), http.MethodGet, "/data/copy"); !bytes.Equal([]byte(got.body), []byte(whole)) {
		t.Errorf("after that: %d, %d bytes", got.status, len(got.body))
	}
}

// TestFilesAreSent: a file goes to the connection as a file, so that the system
// can send it by itself.
func TestFilesAreSent(t *testing.T) {
	t.Parallel()
	s, err := storage.OpenDisk(t.TempDir(), storage.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	w := newWorld(t, func(c *fakes3.Config) { c.Storage = s })
	w.object("data", "file", strings.Repeat("x", 300_000))
	r := w.request(http.MethodGet, "/data/file", "")
	r.Header.Set("Range", "bytes=1-299999")
	w.sign(w.root(), r)
	served := received(r)
	served.RequestURI = served.URL.RequestURI()
	to := &sender{ResponseRecorder: httptest.NewRecorder()}
	w.s3.ServeHTTP(to, served)
	if to.Code != http.StatusPartialContent || to.files < 299_999 || to.Body.Len() != 299_999 {
		t.Errorf("%d: %d bytes, of which %d as a file", to.Code, to.Body.Len(), to.files)
	}
}

// sender counts what comes to it from files.
type sender struct {
	*httptest.ResponseRecorder
	files int64
}

// ReadFrom implements io.ReaderFrom.
func (s *sender) ReadFrom(r io.Reader) (int64, error) {
	n, err := io.Copy(s.ResponseRecorder, r)
	if in, ok := r.(*io.LimitedReader); ok {
		if _, ok := in.R.(*os.File); ok {
			s.files += n
		}
	}
	return n, err
}
