package fakes3

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/johannesboyne/gofakes3"

	"github.com/irsatz/irsatz/fakes3/storage"
	"github.com/irsatz/irsatz/internal/awsapi"
)

// backend is gofakes3's view of one exchange: it reaches only the bucket and
// key that were authorized, and reads the very version that was found then.
// Whatever else gofakes3 asks for is refused.
type backend struct {
	x      *exchange
	err    *awsapi.Error   // the first error, in AWS's words
	put    *storage.Object // to be stored: all but the body
	body   *payload
	stored *storage.Object
	gone   storage.Deletion
}

var errStrayed = errors.New("gofakes3 asked for what was not authorized")

// allow makes sure that gofakes3 means what was authorized.
func (b *backend) allow(op, name, key string) error {
	if b.x.op.name == op && name == b.x.name && key == b.x.key && b.err == nil {
		return nil
	}
	return b.fail(internal(fmt.Errorf("%w: %s on %q %q for %s on %q %q", errStrayed, op, name, key, b.x.op.name, b.x.name, b.x.key)))
}

// fail keeps AWS's error and gives gofakes3 one to stop it.
func (b *backend) fail(e *awsapi.Error) error {
	if e == nil {
		return nil
	}
	if b.err == nil {
		b.err = e
	}
	return gofakes3.ErrInternal
}

// BucketExists implements gofakes3.Backend: find has made sure.
func (b *backend) BucketExists(name string) (bool, error) { return name == b.x.name, nil }

// DeleteBucket implements gofakes3.Backend.
func (b *backend) DeleteBucket(name string) error {
	if err := b.allow("DeleteBucket", name, ""); err != nil {
		return err
	}
	return b.fail(failed(b.x.store.DeleteBucket(b.x.bucket.Bucket), name, ""))
}

// content describes an object to gofakes3, with the bytes that part has of it.
func (b *backend) content(o *storage.Object, part *gofakes3.ObjectRange, bytes io.ReadCloser) *gofakes3.Object {
	hash, _ := hex.DecodeString(o.ETag[1:33]) // gofakes3 knows only ETags that are hashes
	return &gofakes3.Object{Name: o.Key, Size: o.Size(), Range: part, Hash: hash, Contents: bytes}
}

// GetObject implements gofakes3.Backend.
func (b *backend) GetObject(name, key string, r *gofakes3.ObjectRangeRequest) (*gofakes3.Object, error) {
	if err := b.allow("GetObject", name, key); err != nil {
		return nil, err
	}
	o := b.x.object
	part, err := r.Range(o.Size())
	if err != nil {
		return nil, err
	}
	bytes := o.Content
	if part != nil {
		bytes = bytes.Slice(part.Start, part.Length)
	}
	in, err := b.x.store.Open(bytes)
	if err != nil {
		return nil, b.fail(failed(err, name, key))
	}
	return b.content(o, part, in), nil
}

// HeadObject implements gofakes3.Backend. gofakes3 heads the source of a copy.
func (b *backend) HeadObject(name, key string) (*gofakes3.Object, error) {
	if src := b.x.source; src != nil && name == src.name && key == src.key {
		return b.content(src.object, nil, http.NoBody), nil
	}
	if err := b.allow("HeadObject", name, key); err != nil {
		return nil, err
	}
	return b.content(b.x.object, nil, http.NoBody), nil
}

// PutObject implements gofakes3.Backend. Nothing is stored before the body has
// ended well.
func (b *backend) PutObject(name, key string, _ map[string]string, _ io.Reader, size int64, _ *gofakes3.PutConditions) (gofakes3.PutObjectResult, error) {
	var none gofakes3.PutObjectResult
	if err := b.allow("PutObject", name, key); err != nil {
		return none, err
	}
	content, err := b.receive(b.body, size) // which gofakes3 would have hashed once more
	if err != nil {
		return none, b.fail(err)
	}
	defer b.x.store.Discard(content)
	b.put.Content, b.put.ETag = content, b.body.etag()
	if b.body.sum != nil {
		b.put.Checksum = b.body.sum.stored()
	}
	b.stored, err = b.x.put(b.put, b.x.conditions())
	return none, b.fail(err)
}

// receive streams the body to the storage. It is nobody's yet.
func (b *backend) receive(in io.Reader, size int64) (storage.Content, *awsapi.Error) {
	content, err := b.x.store.Receive(in, size)
	return content, b.x.unread(b.body, err)
}

// unread words why a body could not be received: it was wrong, or there was no
// room for it.
func (x *exchange) unread(body *payload, err error) *awsapi.Error {
	if err != nil && body.err != nil {
		return body.err
	}
	if errors.Is(err, storage.ErrFull) {
		x.call.Explain("there is no room for the body", "raise --max-memory, or make room on the disk that --data-dir is on")
	}
	return failed(err, x.name, x.key)
}

// etag returns the ETag of a body that was read.
func (p *payload) etag() string { return quoted(p.md5) }

// CopyObject implements gofakes3.Backend.
func (b *backend) CopyObject(srcName, srcKey, name, key string, _ map[string]string) (gofakes3.CopyObjectResult, error) {
	var none gofakes3.CopyObjectResult
	src := b.x.source
	if err := b.allow("CopyObject", name, key); err != nil {
		return none, err
	}
	if srcName != src.name || srcKey != src.key {
		return none, b.fail(internal(errStrayed))
	}
	stored, err := b.x.put(b.put, b.x.conditions())
	if err != nil {
		return none, b.fail(err)
	}
	b.stored = stored
	return gofakes3.CopyObjectResult{ETag: stored.ETag, LastModified: gofakes3.NewContentTime(stored.Modified)}, nil
}

// DeleteObject implements gofakes3.Backend.
func (b *backend) DeleteObject(name, key string) (none gofakes3.ObjectDeleteResult, _ error) {
	if err := b.allow("DeleteObject", name, key); err != nil {
		return none, err
	}
	gone, err := b.x.erase(key, b.x.version, b.x.conditions())
	b.gone = gone
	return none, b.fail(err)
}

// What follows is never asked for: the Server answers it without gofakes3.

// CreateBucket implements gofakes3.Backend.
func (b *backend) CreateBucket(string) error { return b.stray() }

// ListBuckets implements gofakes3.Backend.
func (b *backend) ListBuckets() ([]gofakes3.BucketInfo, error) { return nil, b.stray() }

// ListBucket implements gofakes3.Backend.
func (b *backend) ListBucket(string, *gofakes3.Prefix, gofakes3.ListBucketPage) (*gofakes3.ObjectList, error) {
	return nil, b.stray()
}

// ForceDeleteBucket implements gofakes3.Backend.
func (b *backend) ForceDeleteBucket(string) error { return b.stray() }

// DeleteMulti implements gofakes3.Backend.
func (b *backend) DeleteMulti(string, ...string) (none gofakes3.MultiDeleteResult, _ error) {
	return none, b.stray()
}

func (b *backend) stray() error { return b.fail(internal(errStrayed)) }

// timeSource is the server's clock as gofakes3 wants it.
type timeSource func() time.Time

// Now implements gofakes3.TimeSource.
func (t timeSource) Now() time.Time { return t() }

// Since implements gofakes3.TimeSource.
func (t timeSource) Since(u time.Time) time.Duration { return t().Sub(u) }

// forward builds a request of understood parts alone and has gofakes3 serve it
// with this backend. Query and header are what gofakes3 needs to see.
func (b *backend) forward(query string, header http.Header, to http.ResponseWriter) {
	x := b.x
	r := &http.Request{
		Method: x.r.Method, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Host: x.r.Host, TLS: x.r.TLS, Header: header, Body: http.NoBody,
		URL: &url.URL{Path: "/" + x.name, RawQuery: query},
	}
	if x.key != "" {
		r.URL.Path += "/" + x.key
	}
	if b.body != nil {
		r.Body, r.ContentLength = io.NopCloser(b.body), b.body.size
		header.Set("Content-Length", strconv.FormatInt(b.body.size, 10))
	}
	gofakes3.New(b, gofakes3.WithTimeSource(timeSource(x.config.Now)), gofakes3.WithTimeSkewLimit(0),
		gofakes3.WithMetadataSizeLimit(0), gofakes3.WithIntegrityCheck(false)).Server().ServeHTTP(to, r.WithContext(x.r.Context()))
}
