package fakes3

import (
	"crypto/md5"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"github.com/irsatz/irsatz/fakes3/storage"
	"github.com/irsatz/irsatz/internal/awsapi"
)

type postResult struct {
	XMLName  xml.Name `xml:"PostResponse"`
	Location string   `xml:"Location"`
	Bucket   string   `xml:"Bucket"`
	Key      string   `xml:"Key"`
	ETag     string   `xml:"ETag"`
}

// span reads the file of a form, and fails once it is longer than the policy
// lets it be.
type span struct {
	in   io.Reader
	most int64
	read int64
}

var errSpan = errors.New("the file is too long")

// Read implements io.Reader.
func (s *span) Read(b []byte) (int, error) {
	n, err := s.in.Read(b)
	if s.read += int64(n); s.read > s.most {
		return 0, errSpan
	}
	return n, err
}

// postObject stores the file of a browser upload.
func (x *exchange) postObject() *awsapi.Error {
	o, err := x.draft()
	if err != nil {
		return err
	}
	file := &span{in: x.form.file, most: maxObject}
	if p := x.form.policy; p != nil && p.most >= 0 {
		file.most = min(p.most, maxObject)
	}
	body := &payload{in: file, md5: md5.New()}
	if err := x.expectDigests(body, nil); err != nil {
		return err
	}
	if body.sum == nil {
		body.sum = newChecksum("X-Amz-Checksum-Crc64nvme")
	}
	content, rerr := x.store.Receive(body, storage.UnknownSize)
	defer x.store.Discard(content)
	if err := x.checkFile(file, body, rerr); err != nil {
		return err
	}
	o.Content, o.ETag, o.Checksum = content, body.etag(), body.sum.stored()
	stored, err := x.put(o, storage.Conditions{})
	if err != nil {
		return err
	}
	return x.answerForm(stored)
}

// checkFile refuses a file that could not be read, or is not as long as the
// policy wants it.
func (x *exchange) checkFile(file *span, body *payload, err error) *awsapi.Error {
	if file.read > file.most {
		rest, _ := io.Copy(io.Discard, x.form.file) // to say how long it is
		return badRequest("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size",
			detail("ProposedSize", strconv.FormatInt(file.read+rest, 10)), detail("MaxSizeAllowed", strconv.FormatInt(file.most, 10)))
	}
	if err != nil {
		return x.unread(body, err)
	}
	if p := x.form.policy; p != nil && file.read < p.least {
		return badRequest("EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size",
			detail("ProposedSize", strconv.FormatInt(file.read, 10)), detail("MinSizeAllowed", strconv.FormatInt(p.least, 10)))
	}
	return nil
}

// answerForm answers as the form wants it: with a redirect, or a status.
//
// https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html
func (x *exchange) answerForm(o *storage.Object) *awsapi.Error {
	h := x.w.Header()
	x.stamp(h, o)
	h["Etag"] = []string{o.ETag}
	location := x.location()
	h.Set("Location", location)
	redirect := x.form.field("success_action_redirect")
	if redirect == "" {
		redirect = x.form.field("redirect")
	}
	if to, err := url.Parse(redirect); err == nil && to.IsAbs() {
		q := to.Query()
		q.Set("bucket", x.name)
		q.Set("key", x.key)
		q.Set("etag", o.ETag)
		to.RawQuery = q.Encode()
		h.Set("Location", to.String())
		return x.done(http.StatusSeeOther)
	}
	switch status, _ := strconv.Atoi(x.form.field("success_action_status")); status {
	case http.StatusOK:
		return x.done(status)
	case http.StatusCreated:
		body, err := xml.Marshal(postResult{Location: location, Bucket: x.name, Key: x.key, ETag: o.ETag})
		if err != nil {
			return internal(err)
		}
		x.answer(status, append([]byte(xml.Header), body...))
		return nil
	}
	return x.done(http.StatusNoContent)
}

// location is the URL of the object, in the style of the request.
func (x *exchange) location() string {
	u := url.URL{Scheme: "http", Host: x.r.Host}
	if x.r.TLS != nil {
		u.Scheme = "https"
	}
	path := "/" + url.PathEscape(x.key)
	if !x.hosted {
		path = "/" + x.name + path
	}
	return u.String() + path
}
