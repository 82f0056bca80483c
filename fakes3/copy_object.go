package fakes3

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/irsatz/irsatz/fakes3/storage"
	"github.com/irsatz/irsatz/internal/awsapi"
)

const archivedSource = "Operation is not valid for the source object's storage class"

// copyObject copies the version that was authorized.
func (x *exchange) copyObject() *awsapi.Error {
	src := x.source.object
	if err := x.checkSource(src); err != nil {
		return err
	}
	if err := x.checkActive(src, archivedSource); err != nil {
		return err
	}
	if src.Size() > maxObject {
		return sourceTooLarge()
	}
	if err := x.checkPutConditions(); err != nil {
		return err
	}
	o, err := x.draft()
	if err != nil {
		return err
	}
	if err := x.copyMetadata(o, src); err != nil {
		return err
	}
	if err := x.copyBody(o, src); err != nil {
		return err
	}
	b := &backend{x: x, put: o}
	if _, err := b.run("", http.Header{"X-Amz-Copy-Source": {"/" + x.source.name + "/" + url.QueryEscape(x.source.key)}}); err != nil {
		return err
	}
	h := x.w.Header()
	x.stamp(h, b.stored)
	if x.source.bucket.versioned() {
		h["X-Amz-Copy-Source-Version-Id"] = []string{src.VersionID}
	}
	var content strings.Builder
	element(&content, "LastModified", b.stored.Modified.Format(listTime))
	element(&content, "ETag", b.stored.ETag)
	writeChecksum(&content, b.stored.Checksum)
	x.answer(http.StatusOK, document("CopyObjectResult", content.String()))
	return nil
}

// copyMetadata gives o the headers and tags of src, unless the request has others
// for it.
func (x *exchange) copyMetadata(o, src *storage.Object) *awsapi.Error {
	switch directive := x.header.Get("X-Amz-Metadata-Directive"); directive {
	case "", "COPY":
		if x.copiesItself() {
			return invalidRequest("This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.")
		}
		o.Headers = without(src.Headers, redirectHeader, restoreHeader)
		if v := x.header.Get(redirectHeader); v != "" { // which is not copied
			o.Headers = append(o.Headers, storage.Pair{Name: redirectHeader, Value: v})
		}
	case "REPLACE":
	default:
		return invalidArgument("Unknown metadata directive.", "x-amz-metadata-directive", directive)
	}
	switch directive := x.header.Get("X-Amz-Tagging-Directive"); directive {
	case "", "COPY":
		o.Tags = src.Tags
	case "REPLACE":
	default:
		return invalidArgument("Unknown tagging directive.", "x-amz-tagging-directive", directive)
	}
	return nil
}

// copiesItself reports whether source and destination are one and nothing is
// changed.
func (x *exchange) copiesItself() bool {
	h, src := x.header, x.source
	if src.bucket.ID != x.bucket.ID || src.key != x.key || src.version != "" {
		return false
	}
	_, restored := x.restoredUntil(src.object)
	before := src.object.Encryption
	if before.Algorithm == "" {
		before.Algorithm = sseS3
	}
	return !x.replacesTags() && !restored && h.Get("X-Amz-Storage-Class") == "" && h.Get(redirectHeader) == "" && h.Get(sseHeader) == "" &&
		x.encrypted(x.asked) == before // the bucket's default may be another one by now
}

// copyBody gives o the bytes of src, which are not copied. What is not known of
// them yet is computed: the ETag of an object that was uploaded in parts is not
// that of its copy.
func (x *exchange) copyBody(o, src *storage.Object) *awsapi.Error {
	o.Content, o.ETag, o.Checksum = src.Content, src.ETag, src.Checksum
	algorithm := src.Checksum.Algorithm
	if asked := x.header.Get("X-Amz-Checksum-Algorithm"); asked != "" {
		algorithm = asked
	}
	if len(src.Parts) == 0 && algorithm == src.Checksum.Algorithm {
		return nil
	}
	c := newChecksum(checksumPrefix + algorithm)
	if c == nil && algorithm != "" {
		return unknownChecksum()
	}
	if c == nil {
		c = newChecksum(checksumPrefix + defaultChecksum)
	}
	var err *awsapi.Error
	o.ETag, err = x.digest(o.Content, c.sum)
	o.Checksum = c.stored()
	return err
}
