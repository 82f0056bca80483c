package fakes3

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/irsatz/irsatz/fakes3/storage"
	"github.com/irsatz/irsatz/internal/awsapi"
)

// uploadPartCopy makes a part of an object, or of a range of it. The part refers
// to the bytes of the source.
func (x *exchange) uploadPartCopy() *awsapi.Error {
	u, number, err := x.uploadAndPart()
	if err != nil {
		return err
	}
	src := x.source.object
	content, err := x.copiedRange(src)
	if err != nil {
		return err
	}
	if err := x.checkActive(src, archivedSource); err != nil {
		return err
	}
	if content.Size() > maxObject {
		return sourceTooLarge()
	}
	if err := x.checkSource(src); err != nil {
		return err
	}
	algorithm := wholeChecksum(u)
	sum := newChecksum(checksumHeader(algorithm))
	etag, err := x.digest(content, sum.sum)
	if err != nil {
		return err
	}
	p, err := x.putPart(u, storage.Part{Number: number, Content: content, ETag: etag, Checksum: sum.stored()})
	if err != nil {
		return err
	}
	h := x.w.Header()
	setEncryption(h, u.Draft.Encryption)
	if x.source.bucket.versioned() {
		h["X-Amz-Copy-Source-Version-Id"] = []string{src.VersionID}
	}
	var out strings.Builder
	element(&out, "LastModified", p.Modified.Format(listTime))
	element(&out, "ETag", p.ETag)
	if u.Algorithm != "" {
		element(&out, "Checksum"+p.Checksum.Algorithm, p.Checksum.Value)
	}
	x.answer(http.StatusOK, document("CopyPartResult", out.String()))
	return nil
}

// copiedRange returns the bytes that x-amz-copy-source-range names.
func (x *exchange) copiedRange(src *storage.Object) (storage.Content, *awsapi.Error) {
	raw := x.header.Get("X-Amz-Copy-Source-Range")
	if raw == "" {
		return src.Content, nil
	}
	spec, ok := strings.CutPrefix(raw, "bytes=")
	from, to, ok2 := strings.Cut(spec, "-")
	first, ok3 := digits(from)
	last, ok4 := digits(to)
	switch {
	case !ok || !ok2 || !ok3 || !ok4 || last < first:
		return storage.Content{}, invalidArgument("The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy", "x-amz-copy-source-range", raw)
	case first >= src.Size():
		return storage.Content{}, invalidRequest("The specified copy range is invalid for the source object size")
	case last >= src.Size():
		return storage.Content{}, invalidArgument("Range specified is not valid for source object of size: "+strconv.FormatInt(src.Size(), 10), "x-amz-copy-source-range", raw)
	}
	return src.Content.Slice(first, last-first+1), nil
}
