package fakes3

import (
	"crypto/md5"
	"encoding/hex"
	"encoding/xml"
	"strconv"
	"strings"

	"github.com/irsatz/irsatz/fakes3/storage"
	"github.com/irsatz/irsatz/internal/awsapi"
)

// minPart is the least size of a part that is not the last.
const minPart = 5 << 20

type completeRequest struct {
	XMLName xml.Name `xml:"CompleteMultipartUpload"`
	Parts   []chosen `xml:"Part"`
}

// chosen is a part named by CompleteMultipartUpload.
type chosen struct {
	Number   int           `xml:"PartNumber"`
	ETag     string        `xml:"ETag"`
	Elements []textElement `xml:",any"`
}

type textElement struct {
	XMLName xml.Name
	Text    string `xml:",chardata"`
}

type completeResult struct {
	XMLName  xml.Name `xml:"CompleteMultipartUploadResult"`
	Xmlns    string   `xml:"xmlns,attr"`
	Location string   `xml:"Location"`
	Bucket   string   `xml:"Bucket"`
	Key      string   `xml:"Key"`
	ETag     string   `xml:"ETag"`
	Checksum checksumElement
	Kind     string `xml:"ChecksumType,omitempty"`
}

// completeUpload serves CompleteMultipartUpload. No byte is copied: the object
// refers to those of its parts.
func (x *exchange) completeUpload() *awsapi.Error {
	if err := x.checkPutConditions(); err != nil {
		return err
	}
	u, err := x.upload()
	if err != nil {
		return err
	}
	var in completeRequest
	if err := x.readInto(&in); err != nil {
		return err
	}
	if len(in.Parts) == 0 || len(in.Parts) > maxPart {
		return malformedXML()
	}
	o, err := x.assemble(u, in.Parts)
	if err != nil {
		return err
	}
	stored, serr := x.store.CompleteUpload(x.bucket.Bucket, u, o, x.conditions())
	if serr != nil {
		return x.uploadFailed(serr)
	}
	x.stamp(x.w.Header(), stored)
	return x.answerXML(completeResult{
		Xmlns: xmlNamespace, Location: x.location(), Bucket: x.name, Key: x.key, ETag: stored.ETag,
		Checksum: checksumElement(stored.Checksum), Kind: kindOf(u),
	})
}

// assemble makes the object of an upload out of the parts chosen.
func (x *exchange) assemble(u *storage.Upload, list []chosen) (*storage.Object, *awsapi.Error) {
	for i := 1; i < len(list); i++ {
		if list[i].Number <= list[i-1].Number {
			return nil, invalidPartOrder()
		}
	}
	all, err := x.store.Parts(x.bucket.Bucket, u, 0, maxPart)
	if err != nil {
		return nil, x.uploadFailed(err)
	}
	parts, perr := choose(u, all, list)
	if perr != nil {
		return nil, perr
	}
	o := joined(u, parts)
	o.Encryption, o.Lock = x.encrypted(u.Draft.Encryption), x.retained(u.Draft.Lock)
	if o.Checksum, perr = checksumOf(u, parts); perr != nil {
		return nil, perr
	}
	return o, x.checkWhole(u, o)
}

// choose finds the parts of the list.
func choose(u *storage.Upload, all []*storage.Part, list []chosen) ([]*storage.Part, *awsapi.Error) {
	byNumber := make(map[int]*storage.Part, len(all))
	for _, p := range all {
		byNumber[p.Number] = p
	}
	parts := make([]*storage.Part, len(list))
	for i, want := range list {
		p := byNumber[want.Number]
		if p == nil || strings.Trim(want.ETag, `"`) != strings.Trim(p.ETag, `"`) {
			return nil, invalidPart(u, want)
		}
		if err := want.checkSum(u, p); err != nil {
			return nil, err
		}
		if i < len(list)-1 && p.Size < minPart {
			return nil, entityTooSmall(p)
		}
		parts[i] = p
	}
	return parts, nil
}

// checkSum compares the checksum named with that of the part. For a composite
// checksum it must be named.
func (c *chosen) checkSum(u *storage.Upload, p *storage.Part) *awsapi.Error {
	named := false
	for _, e := range c.Elements {
		algorithm, ok := strings.CutPrefix(e.XMLName.Local, "Checksum")
		switch {
		case !ok:
		case u.Algorithm != "" && algorithm != u.Algorithm && u.Composite:
			return badRequest("BadDigest", "The "+strings.ToLower(algorithm)+" you specified for part "+strconv.Itoa(c.Number)+" did not match what we received.")
		case algorithm != u.Algorithm || e.Text != p.Checksum.Value:
			return invalidPart(u, *c)
		default:
			named = true
		}
	}
	if u.Composite && !named {
		return invalidRequest("The upload was created using a " + strings.ToLower(u.Algorithm) + " checksum. The complete request must include the checksum for each part. It was missing for part " + strconv.Itoa(c.Number) + " in the request.")
	}
	return nil
}

// joined is the object made of the parts. Its ETag is the MD5 of theirs, and
// their number.
func joined(u *storage.Upload, parts []*storage.Part) *storage.Object {
	o := u.Draft
	sum := md5.New()
	contents := make([]storage.Content, len(parts))
	for i, p := range parts {
		raw, _ := hex.DecodeString(strings.Trim(p.ETag, `"`))
		sum.Write(raw)
		contents[i] = p.Content
		part := storage.Part{Number: p.Number, Size: p.Size}
		if u.Algorithm != "" {
			part.Checksum = p.Checksum
		}
		o.Parts = append(o.Parts, part)
	}
	o.Content = storage.Join(contents...)
	o.ETag = `"` + hex.EncodeToString(sum.Sum(nil)) + "-" + strconv.Itoa(len(parts)) + `"`
	return &o
}

// checkWhole compares the object with what the headers say of it: here a
// checksum is the object's, not the body's.
func (x *exchange) checkWhole(u *storage.Upload, o *storage.Object) *awsapi.Error {
	if v := x.header.Get("X-Amz-Mp-Object-Size"); v != "" && v != strconv.FormatInt(o.Size(), 10) {
		return invalidRequest("The provided 'x-amz-mp-object-size' header value " + v + " does not match what was computed: " + strconv.FormatInt(o.Size(), 10))
	}
	if v := x.header.Get("X-Amz-Checksum-Type"); v != "" && u.Algorithm != "" && v != kindOf(u) {
		return invalidRequest("The upload was created using the " + kindOf(u) + " checksum mode. The complete request must use the same checksum mode.")
	}
	v := x.header.Get(checksumHeader(o.Checksum.Algorithm))
	if v != "" && u.Algorithm != "" && v != o.Checksum.Value {
		return badRequest("BadDigest", "The "+strings.ToLower(o.Checksum.Algorithm)+" you specified did not match the calculated checksum.")
	}
	return nil
}
