package fakes3

import (
	"crypto/md5"
	"encoding/hex"
	"encoding/xml"
	"net/http"
	"net/url"
	"strconv"

	"github.com/irsatz/irsatz/internal/awsapi"
)

const maxPart = 10000

func (x *exchange) createUpload() *awsapi.Error {
	o, err := x.draft()
	if err != nil {
		return err
	}
	b := &backend{x: x, put: o}
	out, err := b.run("uploads", make(http.Header))
	if err != nil {
		return err
	}
	h := x.w.Header()
	h.Set("X-Amz-Server-Side-Encryption", "AES256")
	if v := x.header.Get("X-Amz-Checksum-Algorithm"); v != "" {
		h.Set("X-Amz-Checksum-Algorithm", v)
	}
	x.answer(http.StatusOK, out.body.Bytes())
	return nil
}

// partNumber returns the part addressed, of an upload that exists.
func (x *exchange) partNumber() (id string, number int, _ *awsapi.Error) {
	id, _ = param(x.params, "uploadId")
	raw, _ := param(x.params, "partNumber")
	number, err := strconv.Atoi(raw)
	if err != nil || number < 1 || number > maxPart {
		return "", 0, invalidArgument("Part number must be an integer between 1 and 10000, inclusive", "partNumber", raw)
	}
	_, perr := x.store.parts(x.bucket, x.key, id)
	return id, number, perr
}

func (x *exchange) uploadPart() *awsapi.Error {
	id, number, err := x.partNumber()
	if err != nil {
		return err
	}
	body, err := x.openBody(maxObject)
	if err != nil {
		return err
	}
	b := &backend{x: x, body: body}
	etag := ""
	if body.size == 0 {
		// gofakes3 wants a length; S3 takes an empty part.
		etag, err = b.emptyPart(id, number)
	} else {
		var out *recorder
		if out, err = b.run("partNumber="+itoa(number)+"&uploadId="+url.QueryEscape(id), make(http.Header)); err == nil {
			etag = out.header.Get("Etag")
		}
	}
	if err != nil {
		return err
	}
	h := x.w.Header()
	h["Etag"] = []string{etag}
	h.Set("X-Amz-Server-Side-Encryption", "AES256")
	if body.sum != nil {
		h[body.sum.header] = []string{body.sum.value()}
	}
	return x.done(http.StatusOK)
}

func (b *backend) emptyPart(id string, number int) (string, *awsapi.Error) {
	data, err := readBody(b.body, 0)
	if err != nil {
		return "", b.body.refusal(err)
	}
	etag := `"` + hex.EncodeToString(b.body.md5.Sum(nil)) + `"`
	return etag, b.x.store.putPart(b.x.bucket, b.x.key, id, &part{number: number, body: data, etag: etag})
}

type copyPartResult struct {
	XMLName  xml.Name `xml:"CopyPartResult"`
	Xmlns    string   `xml:"xmlns,attr"`
	ETag     string   `xml:"ETag"`
	Modified string   `xml:"LastModified"`
}

// uploadPartCopy is served without gofakes3, which would store the empty body.
func (x *exchange) uploadPartCopy() *awsapi.Error {
	id, number, err := x.partNumber()
	if err != nil {
		return err
	}
	src := x.source.object
	if err := checkConditions(x.header, "X-Amz-Copy-Source-", src); err != nil {
		return err
	}
	body := src.body
	if raw := x.header.Get("X-Amz-Copy-Source-Range"); raw != "" {
		first, last, ok := parseRange(raw, int64(len(body))+maxObject)
		if !ok || last >= int64(len(body)) {
			return invalidArgument("The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy", "x-amz-copy-source-range", raw)
		}
		body = body[first : last+1]
	}
	sum := md5.Sum(body)
	p := &part{number: number, body: body, etag: `"` + hex.EncodeToString(sum[:]) + `"`}
	if err := x.store.putPart(x.bucket, x.key, id, p); err != nil {
		return err
	}
	if x.source.bucket.versioned() {
		x.w.Header().Set("X-Amz-Copy-Source-Version-Id", src.versionID)
	}
	return x.answerXML(copyPartResult{Xmlns: xmlNamespace, ETag: p.etag, Modified: p.modified.Format(listTime)})
}

func (x *exchange) completeUpload() *awsapi.Error {
	if err := x.checkPutConditions(); err != nil {
		return err
	}
	body, err := x.openBody(maxXML)
	if err != nil {
		return err
	}
	id, _ := param(x.params, "uploadId")
	b := &backend{x: x, body: body}
	out, err := b.run("uploadId="+url.QueryEscape(id), make(http.Header))
	if err != nil {
		return err
	}
	x.stamp(x.w.Header(), b.stored)
	x.answer(http.StatusOK, out.body.Bytes())
	return nil
}

func (x *exchange) abortUpload() *awsapi.Error {
	id, _ := param(x.params, "uploadId")
	b := &backend{x: x}
	if _, err := b.run("uploadId="+url.QueryEscape(id), make(http.Header)); err != nil {
		return err
	}
	return x.done(http.StatusNoContent)
}

func (x *exchange) listParts() *awsapi.Error {
	id, _ := param(x.params, "uploadId")
	query := url.Values{"uploadId": {id}}
	for _, name := range [...]string{"max-parts", "part-number-marker"} {
		n, err := x.number(name, 1000)
		if err != nil {
			return err
		}
		if _, ok := param(x.params, name); ok {
			query.Set(name, itoa(n))
		}
	}
	b := &backend{x: x}
	out, err := b.run(query.Encode(), make(http.Header))
	if err != nil {
		return err
	}
	x.answer(http.StatusOK, out.body.Bytes())
	return nil
}
