package fakes3

import (
	"crypto/md5"
	"encoding/hex"
	"encoding/xml"
	"hash"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"github.com/irsatz/irsatz/fakes3/storage"
	"github.com/irsatz/irsatz/internal/awsapi"
)

const maxPart = 10000

func (x *exchange) createUpload() *awsapi.Error {
	o, err := x.draft()
	if err != nil {
		return err
	}
	encryption := o.Encryption
	o.Encryption = x.asked // which the parts inherit
	algorithm, kind, err := askedChecksum(x.header)
	if err != nil {
		return err
	}
	b := &backend{x: x, upload: &storage.Upload{Key: x.key, Draft: *o, Algorithm: algorithm, Composite: kind == composite}}
	out, err := b.run("uploads", make(http.Header))
	if err != nil {
		return err
	}
	h := x.w.Header()
	setEncryption(h, encryption)
	if algorithm != "" {
		h.Set("X-Amz-Checksum-Algorithm", algorithm)
		h.Set("X-Amz-Checksum-Type", kind)
	}
	x.answer(http.StatusOK, out.body.Bytes())
	return nil
}

// partNumber returns the number of the part addressed, and its upload.
func (x *exchange) partNumber() (*storage.Upload, int, *awsapi.Error) {
	raw, _ := param(x.params, "partNumber")
	number, err := strconv.Atoi(raw)
	if err != nil || number < 1 || number > maxPart {
		return nil, 0, invalidArgument("Part number must be an integer between 1 and 10000, inclusive", "partNumber", raw)
	}
	u, uerr := x.upload()
	return u, number, uerr
}

func (x *exchange) uploadPart() *awsapi.Error {
	u, number, err := x.partNumber()
	if err != nil {
		return err
	}
	body, err := x.openBody(maxObject)
	if err != nil {
		return err
	}
	if err := checkPart(u, body.sum); err != nil {
		return err
	}
	b := &backend{x: x, body: body, upload: u}
	if body.size == 0 {
		// gofakes3 wants a length; S3 takes an empty part.
		err = b.putPart(number, body)
	} else {
		_, err = b.run("partNumber="+itoa(number)+"&uploadId="+url.QueryEscape(u.ID), make(http.Header))
	}
	if err != nil {
		return err
	}
	h := x.w.Header()
	h["Etag"] = []string{b.part.ETag}
	setEncryption(h, x.encrypted(u.Draft.Encryption))
	switch {
	case body.sum != nil:
		h[body.sum.header] = []string{body.sum.value()}
	case u.Algorithm != "":
		h[checksumHeader(u.Algorithm)] = []string{b.part.Checksum.Value}
	}
	return x.done(http.StatusOK)
}

// putPart stores a part of the body.
func (b *backend) putPart(number int, in io.Reader) *awsapi.Error {
	in, sum := watch(in, partChecksum(b.upload), b.body.sum)
	content, err := b.receive(in, b.body.size)
	if err != nil {
		return err
	}
	defer b.x.store.Discard(content)
	p := storage.Part{Number: number, Content: content, ETag: b.body.etag(), Checksum: sum.stored()}
	b.part, err = b.x.putPart(b.upload, p)
	return err
}

type copyPartResult struct {
	XMLName  xml.Name `xml:"CopyPartResult"`
	Xmlns    string   `xml:"xmlns,attr"`
	ETag     string   `xml:"ETag"`
	Modified string   `xml:"LastModified"`
	Checksum checksumElement
}

// uploadPartCopy is served without gofakes3, which would store the empty body.
// The part refers to the bytes of the source.
func (x *exchange) uploadPartCopy() *awsapi.Error {
	u, number, err := x.partNumber()
	if err != nil {
		return err
	}
	src := x.source.object
	if err := checkConditions(x.header, "X-Amz-Copy-Source-", src); err != nil {
		return err
	}
	content := src.Content
	if raw := x.header.Get("X-Amz-Copy-Source-Range"); raw != "" {
		first, last, ok := parseRange(raw, src.Size()+maxObject)
		if !ok || last >= src.Size() {
			return invalidArgument("The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy", "x-amz-copy-source-range", raw)
		}
		content = content.Slice(first, last-first+1)
	}
	sum := partChecksum(u)
	etag, err := x.digest(content, sum.sum)
	if err != nil {
		return err
	}
	p, err := x.putPart(u, storage.Part{Number: number, Content: content, ETag: etag, Checksum: sum.stored()})
	if err != nil {
		return err
	}
	if x.source.bucket.versioned() {
		x.w.Header().Set("X-Amz-Copy-Source-Version-Id", src.VersionID)
	}
	out := copyPartResult{Xmlns: xmlNamespace, ETag: p.ETag, Modified: p.Modified.Format(listTime)}
	if u.Algorithm != "" {
		out.Checksum = checksumElement(p.Checksum)
	}
	return x.answerXML(out)
}

// digest reads a content that is stored, and returns its ETag. What else is
// wanted of the bytes is written to.
func (x *exchange) digest(c storage.Content, also ...io.Writer) (etag string, _ *awsapi.Error) {
	in, err := x.store.Open(c)
	if err != nil {
		return "", failed(err, x.name, x.key)
	}
	defer in.Close()
	sum := md5.New()
	if _, err := io.Copy(io.MultiWriter(append(also, sum)...), in); err != nil {
		return "", internal(err)
	}
	return quoted(sum), nil
}

func quoted(sum hash.Hash) string { return `"` + hex.EncodeToString(sum.Sum(nil)) + `"` }

func (x *exchange) abortUpload() *awsapi.Error {
	u, err := x.upload()
	if err != nil {
		return err
	}
	b := &backend{x: x, upload: u}
	if _, err := b.run("uploadId="+url.QueryEscape(u.ID), make(http.Header)); err != nil {
		return err
	}
	return x.done(http.StatusNoContent)
}
