package fakes3_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/irsatz/irsatz/fakes3"
	"github.com/irsatz/irsatz/fakes3/storage"
	"github.com/irsatz/irsatz/internal/sigv4"
)

// guard is a storage that notes, once it is armed, what only somebody who is
// allowed something makes a server do: all but look up a bucket, a version or an
// upload by its name.
type guard struct {
	fakes3.Storage
	armed   bool
	touched atomic.Pointer[string]
}

func (g *guard) touch(what string) {
	if g.armed {
		g.touched.Store(&what)
	}
}

func (g *guard) CreateBucket(b storage.Bucket) (*storage.Bucket, error) {
	g.touch("CreateBucket")
	return g.Storage.CreateBucket(b)
}

func (g *guard) Buckets() ([]*storage.Bucket, error) {
	g.touch("Buckets")
	return g.Storage.Buckets()
}

func (g *guard) DeleteBucket(b *storage.Bucket) error {
	g.touch("DeleteBucket")
	return g.Storage.DeleteBucket(b)
}

func (g *guard) ConfigureBucket(b *storage.Bucket, set func(*storage.Bucket) error) error {
	g.touch("ConfigureBucket")
	return g.Storage.ConfigureBucket(b, set)
}

func (g *guard) PutObject(b *storage.Bucket, o *storage.Object, c storage.Conditions) (*storage.Object, error) {
	g.touch("PutObject")
	return g.Storage.PutObject(b, o, c)
}

func (g *guard) AmendObject(b *storage.Bucket, o *storage.Object, amend func(*storage.Object) error) error {
	g.touch("AmendObject")
	return g.Storage.AmendObject(b, o, amend)
}

func (g *guard) DeleteObject(b *storage.Bucket, key, version string, c storage.Conditions) (storage.Deletion, error) {
	g.touch("DeleteObject")
	return g.Storage.DeleteObject(b, key, version, c)
}

func (g *guard) Objects(b *storage.Bucket, q storage.Query) (storage.Page, error) {
	g.touch("Objects")
	return g.Storage.Objects(b, q)
}

func (g *guard) Versions(b *storage.Bucket, q storage.Query) (storage.Page, error) {
	g.touch("Versions")
	return g.Storage.Versions(b, q)
}

func (g *guard) Uploads(b *storage.Bucket, q storage.Query) (storage.UploadPage, error) {
	g.touch("Uploads")
	return g.Storage.Uploads(b, q)
}

func (g *guard) StartUpload(b *storage.Bucket, u storage.Upload) (*storage.Upload, error) {
	g.touch("StartUpload")
	return g.Storage.StartUpload(b, u)
}

func (g *guard) CompleteUpload(b *storage.Bucket, u *storage.Upload, o *storage.Object, c storage.Conditions) (*storage.Object, error) {
	g.touch("CompleteUpload")
	return g.Storage.CompleteUpload(b, u, o, c)
}

func (g *guard) AbortUpload(b *storage.Bucket, u *storage.Upload) error {
	g.touch("AbortUpload")
	return g.Storage.AbortUpload(b, u)
}

func (g *guard) PutPart(b *storage.Bucket, u *storage.Upload, p storage.Part) (*storage.Part, error) {
	g.touch("PutPart")
	return g.Storage.PutPart(b, u, p)
}

func (g *guard) Parts(b *storage.Bucket, u *storage.Upload, after, limit int) ([]*storage.Part, error) {
	g.touch("Parts")
	return g.Storage.Parts(b, u, after, limit)
}

func (g *guard) Receive(r io.Reader, size int64) (storage.Content, error) {
	g.touch("Receive")
	return g.Storage.Receive(r, size)
}

func (g *guard) Open(c storage.Content) (io.ReadSeekCloser, error) {
	g.touch("Open")
	return g.Storage.Open(c)
}

// The ways in which a request of FuzzDenied says who sends it.
const (
	anonymous = iota
	byHeader
	byQuery
	streamed
	unsignedBody
	ways
)

// FuzzDenied sends any request under a session that may do nothing, and without
// any: nothing is read, nothing is changed, and every request is answered and
// recorded.
func FuzzDenied(f *testing.F) {
	store := &guard{}
	w := newWorld(f, func(c *fakes3.Config) {
		store.Storage = storage.NewMemory(storage.Config{Now: c.Now})
		c.Storage = store
	})
	w.object("data", "secret/s", "TOP-SECRET")
	upload := w.start("/data/secret/upload")
	seedDenied(f, upload)
	none := w.role("none")
	w.call(none, http.MethodGet, "/data/secret/s") // reads the settings of the bucket
	store.armed = true
	f.Fuzz(func(t *testing.T, method, host, target, headers, body string, way uint8) {
		w := *w
		w.t = t
		r := w.denied(none, method, host, target, headers, body, int(way)%ways)
		if r == nil {
			return
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		response, err := w.http.Client().Transport.RoundTrip(r.WithContext(ctx))
		switch {
		case errors.Is(err, context.DeadlineExceeded):
			t.Fatal("no answer")
		case err != nil:
			return // not a request that can be sent
		}
		defer response.Body.Close()
		answer, _ := io.ReadAll(response.Body)
		said := string(answer)
		switch status := response.StatusCode; {
		case strings.Contains(said, "TOP-SECRET"):
			t.Fatalf("read: %d %s", status, said)
		case store.touched.Load() != nil:
			t.Fatalf("%s: %d %s", *store.touched.Load(), status, said)
		case status >= 500 && status != 501:
			t.Fatalf("%d %s", status, said)
		case status < 300 && !strings.Contains(said, "<DeleteResult"): // which is of errors
			t.Fatalf("served: %d %s", status, said)
		}
		if id := response.Header.Get("X-Amz-Request-Id"); id != "" {
			if record, ok := w.trail.Get(id); !ok || record.Status != response.StatusCode {
				t.Fatalf("no record of %s", id)
			}
		}
	})
}

// seedDenied adds a request for what each operation is, and a few of those that
// confused fronts of S3.
func seedDenied(f *testing.F, upload string) {
	const deletion = "<Delete><Object><Key>secret/s</Key></Object></Delete>"
	for i, seed := range []string{
		"GET /data/secret/s", "DELETE /data?policy", "PUT /data/k?uploadId=" + upload + "&partNumber=1", "POST /data?delete", "GET /data?versions&prefix=a",
		"HEAD /data//../secret/s", "GET /?list-type=2", "POST /data/k?uploads", "PUT /data?versioning", "PUT /data/secret/s?tagging", "GET /data?X-Amz-Signature=1",
		"GET /data/secret/upload?uploadId=" + upload, "POST /data/secret/upload?uploadId=" + upload, "DELETE /data/secret/upload?uploadId=" + upload, "OPTIONS /data/secret/s",
		"GET /data/secret/s?attributes", "GET /data/secret/s?partNumber=1", "POST /data/secret/s?restore", "PUT /data/secret/s?legal-hold", "PUT /data/secret/s?acl", "POST /data", "GET /secret/s",
	} {
		method, target, _ := strings.Cut(seed, " ")
		f.Add(method, "", target, "Range: bytes=0-3", deletion, uint8(i))
	}
	for sub := range strings.FieldsSeq("abac accelerate analytics cors encryption inventory lifecycle logging metrics notification object-lock ownershipControls policyStatus publicAccessBlock replication requestPayment tagging website") {
		for i, method := range []string{http.MethodGet, http.MethodPut, http.MethodDelete} {
			f.Add(method, "", "/data?id=1&"+sub, "Content-Type: application/xml", "<X/>", uint8(i))
		}
	}
	f.Add("PUT", "", "/data/k", "X-Amz-Copy-Source: data/secret/s", "", uint8(byHeader))
	f.Add("PUT", "", "/data/secret/upload?partNumber=1&uploadId="+upload, "X-Amz-Copy-Source: /data/secret%2Fs\nX-Amz-Copy-Source-Range: bytes=0-1", "", uint8(byQuery))
	f.Add("GET", "data.s3.localhost", "/secret/s", "Origin: https://a.example", "", uint8(byHeader))
	f.Add("GET", "s3.localhost", "/data/secret/s?response-content-type=x", "X-Amz-Expected-Bucket-Owner: "+account, "", uint8(byQuery))
	f.Add("PUT", "", "/data/k", "X-Amz-Acl: public-read\nX-Amz-Tagging: a=b", "body", uint8(streamed))
	f.Add("PUT", "", "/data/k", "X-Amz-Trailer: x-amz-checksum-crc32\nX-Amz-Decoded-Content-Length: 4", "4\r\nbody\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n", uint8(unsignedBody))
	form := "--b\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\nk\r\n--b\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nx\r\n--b--\r\n"
	f.Add("POST", "", "/data", "Content-Type: multipart/form-data; boundary=b", form, uint8(anonymous))
}

// denied makes a request of these parts, nil if none can be made.
func (w *world) denied(c creds, method, host, target, headers, body string, way int) *http.Request {
	r, err := http.NewRequest(method, w.http.URL, strings.NewReader(body))
	if err != nil || !strings.HasPrefix(target, "/") || strings.HasPrefix(target, "//") || strings.ContainsAny(target, " #\r\n\x00") {
		return nil
	}
	path, query, _ := strings.Cut(target, "?")
	r.URL.Opaque, r.URL.RawQuery = path, query
	if host != "" {
		r.Host = host
	}
	for line := range strings.SplitSeq(headers, "\n") {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Add(name, value)
	}
	r.Header.Del("Authorization")
	switch way {
	case byHeader:
		w.md5(r)
		w.sign(c, r)
	case byQuery:
		seen := received(r)
		w.signer(c).Presign(seen, time.Minute, w.clock.Now())
		r.URL.RawQuery = seen.URL.RawQuery
	case streamed:
		r.Header.Set("X-Amz-Decoded-Content-Length", "4")
		a := w.signer(c).Sign(received(r), sigv4.StreamingSigned, w.clock.Now())
		body := w.signedChunks(a, "", "body")
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
	case unsignedBody:
		w.signer(c).Sign(received(r), sigv4.StreamingUnsignedTrailer, w.clock.Now())
	}
	return r
}
