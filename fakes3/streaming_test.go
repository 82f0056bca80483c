package fakes3_test

import (
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/irsatz/irsatz/fakes3"
	"github.com/irsatz/irsatz/fakes3/storage"
	"github.com/irsatz/irsatz/internal/sigv4"
)

// TestStreaming moves large bodies every way that there is, and allocates next
// to nothing. It runs alone, since it counts what the process allocates.
func TestStreaming(t *testing.T) {
	s, err := storage.OpenDisk(t.TempDir(), storage.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	w := newWorld(t, func(c *fakes3.Config) { c.Storage = s })
	const size, most = 48 << 20, 6 << 20
	id := all(w.call(w.root(), http.MethodPost, "/data/parts?uploads").body, "UploadId")[0]
	part := "/data/parts?uploadId=" + id + "&partNumber="
	var etags [2]string
	for _, tt := range []struct {
		name, method, target, headers string
		sends, gets                   int64
	}{
		{"put", http.MethodPut, "/data/large", "", size, 0},
		{"get", http.MethodGet, "/data/large", "", 0, size},
		{"range", http.MethodGet, "/data/large", "Range: bytes=1-", 0, size - 1},
		{"part", http.MethodPut, part + "1", "", size, 0},
		{"copied part", http.MethodPut, part + "2", "X-Amz-Copy-Source: data/large", 0, 0},
		{"copy", http.MethodPut, "/data/copy", "X-Amz-Copy-Source: data/large", 0, 0},
		{"copy that is read", http.MethodPut, "/data/copy", "X-Amz-Copy-Source: data/large|X-Amz-Checksum-Algorithm: SHA256", 0, 0},
	} {
		r := w.request(tt.method, tt.target, "")
		for h := range strings.SplitSeq(tt.headers, "|") {
			if name, value, ok := strings.Cut(h, ": "); ok {
				r.Header.Set(name, value)
			}
		}
		if tt.sends > 0 {
			r.Body, r.ContentLength, r.GetBody = io.NopCloser(io.LimitReader(letters{}, tt.sends)), tt.sends, nil
		}
		w.signer(w.root()).Sign(received(r), sigv4.UnsignedPayload, w.clock.Now())
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		response, err := w.http.Client().Transport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		n, err := io.Copy(io.Discard, response.Body)
		runtime.ReadMemStats(&after)
		if err != nil || response.StatusCode >= 300 || tt.gets > 0 && n != tt.gets {
			t.Fatalf("%s: %d, %d bytes, %v", tt.name, response.StatusCode, n, err)
		}
		_ = response.Body.Close()
		if got := after.TotalAlloc - before.TotalAlloc; got > most {
			t.Errorf("%s of %d MiB: %d MiB allocated", tt.name, size>>20, got>>20)
		}
		if tt.name == "part" {
			etags[0] = response.Header.Get("Etag")
		}
	}
	// The parts are put together without being read.
	parts := all(w.call(w.root(), http.MethodGet, "/data/parts?uploadId="+id).body, "ETag")
	etags[1] = parts[1]
	var body strings.Builder
	for i, etag := range etags {
		fmt.Fprintf(&body, "<Part><PartNumber>%d</PartNumber><ETag>%s</ETag></Part>", i+1, strings.Trim(etag, `"`))
	}
	r := w.request(http.MethodPost, "/data/parts?uploadId="+id, "<CompleteMultipartUpload>"+body.String()+"</CompleteMultipartUpload>")
	if got := w.do(w.root(), r); got.status != http.StatusOK {
		t.Fatalf("complete: %d %s", got.status, got.body)
	}
	if h := w.call(w.root(), http.MethodHead, "/data/parts").header; h.Get("Content-Length") != fmt.Sprint(2*size) {
		t.Errorf("put together: %v", h)
	}
}

// letters yields the same letter for ever.
type letters struct{}

// Read implements io.Reader.
func (letters) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}
