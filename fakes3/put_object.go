package fakes3

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"net/http"
	"strings"

	"github.com/irsatz/irsatz/fakes3/storage"
	"github.com/irsatz/irsatz/internal/awsapi"
)

// recorder takes gofakes3's answer in.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header implements http.ResponseWriter.
func (w *recorder) Header() http.Header { return w.header }

// WriteHeader implements http.ResponseWriter.
func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}

// Write implements http.ResponseWriter.
func (w *recorder) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(b)
}

// run has gofakes3 serve the exchange and returns its answer, if it succeeded.
func (b *backend) run(query string, header http.Header) (*recorder, *awsapi.Error) {
	out := &recorder{header: make(http.Header)}
	b.forward(query, header, out)
	switch {
	case b.body != nil && b.body.err != nil:
		return nil, b.body.err
	case b.err != nil:
		return nil, b.err
	case out.status >= 300:
		return nil, ownError(out)
	}
	return out, nil
}

// ownError words the few errors that gofakes3 finds itself.
func ownError(out *recorder) *awsapi.Error {
	var e struct{ Code, Message string }
	if err := xml.Unmarshal(out.body.Bytes(), &e); err != nil {
		return internal(fmt.Errorf("gofakes3 answered %d", out.status))
	}
	switch e.Code {
	case "MalformedXML":
		return malformedXML()
	case "InvalidBucketName":
		return badRequest("InvalidBucketName", "The specified bucket is not valid.")
	case "InvalidArgument", "InvalidURI":
		return badRequest("InvalidArgument", "Invalid Argument")
	}
	return internal(fmt.Errorf("gofakes3 answered %d %s %s", out.status, e.Code, e.Message))
}

const maxMetadata = 2 << 10

// contentHeaders are stored with an object and answered with it.
var contentHeaders = [...]string{"Content-Type", "Content-Disposition", "Content-Language", "Content-Encoding", "Cache-Control", "Expires"}

// draft returns the object that the request's headers describe.
func (x *exchange) draft() (*storage.Object, *awsapi.Error) {
	o := &storage.Object{Key: x.key}
	for _, name := range contentHeaders {
		value := x.header.Get(name)
		switch {
		case name == "Content-Encoding":
			value = withoutChunked(value)
		case name == "Content-Type" && value == "":
			value = "binary/octet-stream"
		}
		if value != "" {
			o.Headers = append(o.Headers, storage.Pair{Name: name, Value: value})
		}
	}
	size := 0
	for name, values := range x.header {
		key, ok := strings.CutPrefix(name, metaPrefix)
		if ok {
			value := strings.Join(values, ",")
			size += len(key) + len(value)
			o.Headers = append(o.Headers, storage.Pair{Name: name, Value: decodeMetadata(value)})
		}
	}
	if size > maxMetadata {
		return nil, badRequest("MetadataTooLarge", "Your metadata headers exceed the maximum allowed metadata size",
			detail("Size", itoa(size)), detail("MaxSizeAllowed", itoa(maxMetadata)))
	}
	if v := x.header.Get(redirectHeader); v != "" {
		o.Headers = append(o.Headers, storage.Pair{Name: redirectHeader, Value: v})
	}
	sortHeaders(o.Headers)
	if class := x.header.Get("X-Amz-Storage-Class"); class != "STANDARD" {
		o.Class = class
	}
	o.Encryption, o.Tags = x.encrypted(x.asked), objectTags(x.tags)
	var err *awsapi.Error
	o.Lock, err = x.lockOf()
	return o, err
}

// withoutChunked removes aws-chunked, which describes the transfer, not the
// object.
func withoutChunked(value string) string {
	var kept []string
	for coding := range strings.SplitSeq(value, ",") {
		if coding = strings.TrimSpace(coding); coding != "" && coding != "aws-chunked" {
			kept = append(kept, coding)
		}
	}
	return strings.Join(kept, ",")
}

// conditions returns what must hold of the object that is replaced.
func (x *exchange) conditions() storage.Conditions {
	return storage.Conditions{Match: x.header.Get("If-Match"), Absent: x.header.Get("If-None-Match") == "*"}
}

func (x *exchange) checkPutConditions() *awsapi.Error {
	match, absent := x.header.Get("If-Match"), x.header.Get("If-None-Match")
	switch {
	case match != "" && absent != "":
		return headerNotImplemented("If-Match,If-None-Match", "Multiple conditional request headers present in the request")
	case match == "*":
		return headerNotImplemented("If-Match", "We don't accept the provided value of If-Match header for this API")
	case absent != "" && absent != "*":
		return headerNotImplemented("If-None-Match", "We don't accept the provided value of If-None-Match header for this API")
	}
	return nil
}

// put stores an object that is whole as the newest version of the key.
func (x *exchange) put(o *storage.Object, c storage.Conditions) (*storage.Object, *awsapi.Error) {
	o.Lock = x.retained(o.Lock)
	return x.store.put(x.bucket, o, c)
}

func (x *exchange) putObject() *awsapi.Error {
	o, err := x.draft()
	if err != nil {
		return err
	}
	if err := x.checkPutConditions(); err != nil {
		return err
	}
	body, err := x.openBody(maxObject)
	if err != nil {
		return err
	}
	if err := checkDigest(body, x.retained(o.Lock), "Put Object"); err != nil {
		return err
	}
	if body.sum == nil { // as S3 does where the client sends none
		body.sum = newChecksum(checksumPrefix + defaultChecksum)
	}
	b := &backend{x: x, put: o, body: body}
	if _, err := b.run("", make(http.Header)); err != nil {
		return err
	}
	h := x.w.Header()
	h["Etag"] = []string{b.stored.ETag}
	setChecksum(h, b.stored.Checksum)
	x.stamp(h, b.stored)
	return x.done(http.StatusOK)
}
