package fakes3

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/irsatz/irsatz/fakes3/storage"
	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/arn"
	"github.com/irsatz/irsatz/internal/awsapi"
	"github.com/irsatz/irsatz/internal/clock"
)

// getObject serves GetObject and HeadObject.
func (x *exchange) getObject() *awsapi.Error {
	if err := x.checkOverrides(); err != nil {
		return err
	}
	if err := x.checkRead(x.object); err != nil {
		return err
	}
	if x.r.Method == http.MethodGet {
		if err := x.checkActive(x.object, "The operation is not valid for the object's storage class"); err != nil {
			return err
		}
	}
	e, err := x.excerptOf(x.object)
	if err != nil {
		return err
	}
	header := make(http.Header)
	if e.span != "" {
		header.Set("Range", e.span)
	}
	b := &backend{x: x}
	out := &relay{x: x, header: make(http.Header), excerpt: e}
	if e.empty {
		out.header["Content-Length"] = []string{"0"}
		out.WriteHeader(http.StatusPartialContent)
	} else {
		b.forward("", header, out)
	}
	switch {
	case out.started:
		x.call.Finish(out.status, nil)
		return nil
	case b.err != nil:
		return b.err
	case out.status == 0: // an empty object: nothing was written
		out.WriteHeader(http.StatusOK)
		x.call.Finish(http.StatusOK, nil)
		return nil
	}
	return internal(fmt.Errorf("gofakes3 answered %d", out.status))
}

// relay passes gofakes3's answer to GetObject on, with our headers.
type relay struct {
	x       *exchange
	header  http.Header // gofakes3's
	excerpt excerpt
	status  int
	started bool
}

// Header implements http.ResponseWriter.
func (w *relay) Header() http.Header { return w.header }

// WriteHeader implements http.ResponseWriter.
func (w *relay) WriteHeader(status int) {
	if w.status != 0 {
		return
	}
	w.status = status
	if status != http.StatusOK && status != http.StatusPartialContent {
		return // an error of gofakes3, which is replaced
	}
	h := w.x.common()
	w.x.describe(h)
	w.excerpt.describe(h, w.x)
	for _, name := range [...]string{"Content-Length", "Content-Range"} {
		if v := w.header[name]; v != nil {
			h[name] = v
		}
	}
	w.started, w.x.answered = true, true
	w.x.w.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (w *relay) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	if !w.started || w.x.r.Method == http.MethodHead {
		return len(b), nil
	}
	return w.x.pour(b)
}

// ReadFrom implements io.ReaderFrom, for what the operating system can send
// from a file by itself.
func (w *relay) ReadFrom(r io.Reader) (n int64, err error) {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	in, ok := r.(*io.LimitedReader)
	if !ok || !w.started || w.x.r.Method == http.MethodHead {
		return io.Copy(struct{ io.Writer }{w}, r)
	}
	control := http.NewResponseController(w.x.w)
	for err == nil && in.N > 0 {
		_ = control.SetWriteDeadline(clock.Now().Add(patience))
		part := io.LimitedReader{R: in.R, N: min(in.N, piece)}
		var copied int64
		if copied, err = io.Copy(w.x.w, &part); copied == 0 && err == nil {
			break
		}
		n, in.N = n+copied, in.N-copied
	}
	_ = control.SetWriteDeadline(time.Time{})
	return n, err
}

// piece is what a client must take within patience.
const piece = 1 << 20

// pour writes a body piece by piece, so that a client may be slow but must not
// stop taking it.
func (x *exchange) pour(b []byte) (written int, err error) {
	control := http.NewResponseController(x.w)
	for err == nil && written < len(b) {
		_ = control.SetWriteDeadline(clock.Now().Add(patience)) // not every ResponseWriter has one
		var n int
		n, err = x.w.Write(b[written:min(len(b), written+piece)])
		written += n
	}
	_ = control.SetWriteDeadline(time.Time{}) // net/http leaves it to the next answer
	return written, err
}

var overrides = map[string]string{
	"response-content-type": "Content-Type", "response-content-language": "Content-Language", "response-expires": "Expires",
	"response-cache-control": "Cache-Control", "response-content-disposition": "Content-Disposition",
	"response-content-encoding": "Content-Encoding",
}

// describe sets the headers of the object.
func (x *exchange) describe(h http.Header) {
	o := x.object
	for _, p := range o.Headers {
		value := p.Value
		if strings.HasPrefix(p.Name, metaPrefix) {
			value = encodeMetadata(value)
		}
		h[p.Name] = []string{value}
	}
	if _, restored := x.restoredUntil(o); !restored {
		delete(h, restoreHeader)
	}
	if o.Class != "" {
		h.Set("X-Amz-Storage-Class", o.Class)
	}
	h["Etag"] = []string{o.ETag}
	h["Last-Modified"] = []string{o.Modified.Format(http.TimeFormat)}
	h["Accept-Ranges"] = []string{"bytes"}
	x.stamp(h, o)
	if n := len(o.Tags); n > 0 && x.mayRead("GetObjectTagging") {
		h.Set("X-Amz-Tagging-Count", itoa(n))
	}
	x.describeLock(h, o.Lock)
	for _, p := range x.params {
		if name := overrides[p.name]; name != "" {
			value, _ := latin1(p.value) // checkOverrides
			h.Set(name, value)
		}
	}
}

// checkOverrides refuses headers that cannot be sent.
func (x *exchange) checkOverrides() *awsapi.Error {
	for _, p := range x.params {
		if _, ok := latin1(p.value); !ok && overrides[p.name] != "" {
			return invalidArgument("Header value cannot be represented using ISO-8859-1.", p.name, p.value)
		}
	}
	return nil
}

// stamp sets the headers that every answer about a stored version has.
func (x *exchange) stamp(h http.Header, o *storage.Object) {
	setEncryption(h, o.Encryption)
	if x.bucket.versioned() {
		h["X-Amz-Version-Id"] = []string{o.VersionID}
	}
}

// mayRead reports whether the caller may do this to the object too. It is not
// recorded: without the permission a header is left out, and nobody asked.
func (x *exchange) mayRead(action string) bool {
	if x.version != "" && action == "GetObjectTagging" { // the only one that has a twin
		action = "GetObjectVersionTagging"
	}
	p, err := x.bucket.policyFor(x.call.Caller.AccountID, x.config.Store.Snapshot())
	return err == nil && x.config.Store.Authorize(&iam.Question{
		Caller: x.call.Caller, Action: full(action), Resource: arn.Object(x.name, x.key).String(),
		ResourceAccount: x.bucket.Owner, ResourcePolicy: p, Context: x.context(action),
	}).Allowed()
}

// checkRead answers the conditional headers, in the order of RFC 9110 section
// 13.2.2.
func (x *exchange) checkRead(o *storage.Object) *awsapi.Error {
	err := checkConditions(x.header, "", o)
	if err != nil && err.Status == http.StatusNotModified {
		err.Headers = []awsapi.Detail{detail("Etag", o.ETag), detail("Last-Modified", o.Modified.Format(http.TimeFormat))}
	}
	return err
}

// checkConditions evaluates If-Match and its kin, or for a copy's source the
// headers with this prefix.
func checkConditions(h http.Header, prefix string, o *storage.Object) *awsapi.Error {
	modified := o.Modified.Truncate(time.Second)
	failed := func(name string) *awsapi.Error {
		if prefix != "" {
			name = strings.ToLower(prefix) + name
		}
		return preconditionFailed(name)
	}
	if want := h.Get(prefix + "If-Match"); want != "" {
		if !etagsMatch(want, o.ETag) {
			return failed("If-Match")
		}
	} else if t, err := http.ParseTime(h.Get(prefix + "If-Unmodified-Since")); err == nil && modified.After(t) {
		return failed("If-Unmodified-Since")
	}
	name := ""
	if want := h.Get(prefix + "If-None-Match"); want != "" {
		if etagsMatch(want, o.ETag) {
			name = "If-None-Match"
		}
	} else if t, err := http.ParseTime(h.Get(prefix + "If-Modified-Since")); err == nil && !modified.After(t) {
		name = "If-Modified-Since"
	}
	switch {
	case name == "":
		return nil
	case prefix == "":
		return fail(http.StatusNotModified, "NotModified", "Not Modified")
	}
	return failed(name)
}

// etagsMatch reports whether a list of ETags, quoted or not, has this one.
func etagsMatch(list, etag string) bool {
	for tag := range strings.SplitSeq(list, ",") {
		tag = strings.TrimPrefix(strings.TrimSpace(tag), "W/")
		if tag == "*" || strings.Trim(tag, `"`) == strings.Trim(etag, `"`) {
			return true
		}
	}
	return false
}
