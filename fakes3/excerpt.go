package fakes3

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/irsatz/irsatz/fakes3/storage"
	"github.com/irsatz/irsatz/internal/awsapi"
)

// excerpt is what is answered of an object's bytes.
type excerpt struct {
	span  string           // as a Range header has it, "" for all
	empty bool             // a part without bytes
	sum   storage.Checksum // of these bytes, if it is known
	parts int              // how many the object has, if one of them was asked for
}

// excerptOf returns the part, or the range, that the request asks for.
func (x *exchange) excerptOf(o *storage.Object) (e excerpt, err *awsapi.Error) {
	if raw, ok := param(x.params, "partNumber"); ok {
		return x.excerptPart(o, raw)
	}
	e.span, err = x.span(o)
	if e.span == "" || e.span == spanned(0, o.Size()) {
		e.sum = o.Checksum
	}
	return e, err
}

// excerptPart returns a part of an object that was uploaded in parts. Another one
// has a single part.
func (x *exchange) excerptPart(o *storage.Object, raw string) (excerpt, *awsapi.Error) {
	number, err := partNumber(raw)
	switch {
	case err != nil:
		return excerpt{}, err
	case x.header.Get("Range") != "":
		return excerpt{}, invalidRequest("Cannot specify both Range header and partNumber query parameter")
	case len(o.Parts) == 0 && number == 1:
		return excerpt{span: spanned(0, o.Size()), sum: o.Checksum}, nil
	}
	first := int64(0)
	for _, p := range o.Parts {
		if p.Number == number {
			sum := p.Checksum
			sum.Composite = o.Checksum.Composite
			return excerpt{spanned(first, p.Size), p.Size == 0, sum, len(o.Parts)}, nil
		}
		first += p.Size
	}
	return excerpt{}, fail(http.StatusRequestedRangeNotSatisfiable, "InvalidPartNumber", "The requested partnumber is not satisfiable",
		detail("PartNumberRequested", itoa(number)), detail("ActualPartCount", itoa(max(1, len(o.Parts)))))
}

// spanned is the range of these bytes. None are no range.
func spanned(first, size int64) string {
	if size == 0 {
		return ""
	}
	return fmt.Sprintf("bytes=%d-%d", first, first+size-1)
}

// describe sets the headers of the excerpt.
func (e *excerpt) describe(h http.Header, x *exchange) {
	if x.wantsChecksum() {
		setChecksum(h, e.sum)
	}
	if e.parts > 0 {
		h["X-Amz-Mp-Parts-Count"] = []string{itoa(e.parts)}
	}
}

// wantsChecksum reports whether the client wants to see the object's checksum.
func (x *exchange) wantsChecksum() bool {
	return strings.EqualFold(x.header.Get("X-Amz-Checksum-Mode"), "ENABLED")
}

// span returns the one range asked for in canonical form, "" for the whole
// object. As on AWS, a Range that is not one valid range is ignored.
func (x *exchange) span(o *storage.Object) (string, *awsapi.Error) {
	raw := x.header.Get("Range")
	if cond := x.header.Get("If-Range"); raw == "" || cond != "" && !etagsMatch(cond, o.ETag) {
		return "", nil
	}
	size := o.Size()
	first, last, ok := parseRange(raw, size)
	if !ok {
		return "", nil
	}
	if first >= size || first > last {
		e := fail(http.StatusRequestedRangeNotSatisfiable, "InvalidRange", "The requested range is not satisfiable",
			detail("RangeRequested", raw), detail("ActualObjectSize", strconv.FormatInt(size, 10)))
		e.Headers = []awsapi.Detail{detail("Content-Range", "bytes */"+strconv.FormatInt(size, 10))}
		return "", e
	}
	return fmt.Sprintf("bytes=%d-%d", first, last), nil
}

// parseRange reads "bytes=first-last", "bytes=first-" or "bytes=-length".
func parseRange(raw string, size int64) (first, last int64, ok bool) {
	spec, ok := strings.CutPrefix(raw, "bytes=")
	from, to, ok2 := strings.Cut(spec, "-")
	if !ok || !ok2 {
		return 0, 0, false
	}
	if from == "" {
		n, err := strconv.ParseUint(to, 10, 62)
		return max(0, size-int64(n)), size - 1, err == nil // "-0" begins at the end
	}
	f, err := strconv.ParseUint(from, 10, 62)
	if err != nil {
		return 0, 0, false
	}
	if to == "" {
		return int64(f), size - 1, true
	}
	l, err := strconv.ParseUint(to, 10, 62)
	if err != nil || l < f {
		return 0, 0, false
	}
	return int64(f), min(int64(l), size-1), true
}
