package fakes3

import (
	"crypto/md5"
	"encoding/hex"
	"encoding/xml"
	"hash"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/irsatz/irsatz/fakes3/storage"
	"github.com/irsatz/irsatz/internal/awsapi"
	"github.com/irsatz/irsatz/internal/shape"
)

type initiateResult struct {
	XMLName xml.Name `xml:"InitiateMultipartUploadResult"`
	Xmlns   string   `xml:"xmlns,attr"`
	Bucket  string   `xml:"Bucket"`
	Key     string   `xml:"Key"`
	ID      string   `xml:"UploadId"`
}

func (x *exchange) createUpload() *awsapi.Error {
	o, err := x.draft()
	if err != nil {
		return err
	}
	u := storage.Upload{Key: x.key, Draft: *o, Asked: kept(x.header), Initiator: x.call.Caller.ARN, Owner: x.call.Caller.AccountID}
	if err := x.chooseChecksum(&u); err != nil {
		return err
	}
	begun, serr := x.store.StartUpload(x.bucket.Bucket, u)
	if serr != nil {
		return failed(serr, x.name, x.key)
	}
	h := x.w.Header()
	setEncryption(h, o.Encryption)
	if u.Algorithm != "" {
		h["X-Amz-Checksum-Algorithm"] = []string{u.Algorithm}
		h[checksumKind] = []string{kindOfUpload(&u)}
	}
	return x.answerXML(initiateResult{Xmlns: xmlNamespace, Bucket: x.name, Key: x.key, ID: begun.ID})
}

// chooseChecksum sets which checksums the upload's parts have, and how that of
// the object is made of them.
//
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
func (x *exchange) chooseChecksum(u *storage.Upload) *awsapi.Error {
	algorithm, kind := x.header.Get("X-Amz-Checksum-Algorithm"), x.header.Get(checksumKind)
	if algorithm == "" {
		if kind != "" {
			return invalidRequest("The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.")
		}
		return nil
	}
	c := newChecksum(checksumPrefix + algorithm)
	if c == nil {
		return unknownChecksum()
	}
	u.Algorithm = c.name
	switch lower := strings.ToLower(c.name); kind {
	case "":
		u.Composite = c.name != defaultChecksum
	case composite:
		if c.name == defaultChecksum {
			return invalidRequest("The COMPOSITE checksum type cannot be used with the " + lower + " checksum algorithm.")
		}
		u.Composite = true
	case fullObject:
		if !linear(c.name) {
			return invalidRequest("The FULL_OBJECT checksum type cannot be used with the " + lower + " checksum algorithm.")
		}
	default:
		return invalidRequest("Value for x-amz-checksum-type header is invalid.")
	}
	return nil
}

func unknownChecksum() *awsapi.Error {
	return invalidRequest("Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]")
}

func partNumber(raw string) (int, *awsapi.Error) {
	number, ok := digits(raw)
	if !ok || number < 1 || number > maxPart {
		return 0, invalidArgument("Part number must be an integer between 1 and 10000, inclusive", "partNumber", raw)
	}
	return int(number), nil
}

// uploadAndPart returns the upload addressed, and the number of its part.
func (x *exchange) uploadAndPart() (*storage.Upload, int, *awsapi.Error) {
	raw, _ := param(x.params, "partNumber")
	number, err := partNumber(raw)
	if err != nil {
		return nil, 0, err
	}
	u, err := x.upload()
	return u, number, err
}

func (x *exchange) uploadPart() *awsapi.Error {
	u, number, err := x.uploadAndPart()
	if err != nil {
		return err
	}
	body, err := x.openBody(maxObject)
	if err != nil {
		return err
	}
	if err := checkDigest(body, x.retained(u.Draft.Lock), "Put Part"); err != nil {
		return err
	}
	sum, err := expectPart(u, body)
	if err != nil {
		return err
	}
	content, rerr := x.store.Receive(body, body.size)
	if rerr != nil {
		return x.unread(body, rerr)
	}
	defer x.store.Discard(content)
	p, err := x.putPart(u, storage.Part{Number: number, Content: content, ETag: body.etag(), Checksum: sum.stored()})
	if err != nil {
		return err
	}
	h := x.w.Header()
	h["Etag"] = []string{p.ETag}
	setEncryption(h, u.Draft.Encryption)
	if u.Algorithm == "" && body.sum != nil {
		sum = body.sum
	}
	if u.Algorithm != "" || body.sum != nil {
		h[sum.header] = []string{sum.value()}
	}
	return x.done(http.StatusOK)
}

// expectPart returns the checksum that the upload wants of the part. The client
// must send it only if that of the object is made of them.
func expectPart(u *storage.Upload, body *payload) (*checksum, *awsapi.Error) {
	sent := "null"
	if body.sum != nil {
		sent = body.sum.name
	}
	want := wholeChecksum(u)
	switch {
	case sent == want:
		return body.sum, nil
	case u.Algorithm != "" && (u.Composite || body.sum != nil):
		return nil, invalidRequest("Checksum Type mismatch occurred, expected checksum Type: " + strings.ToLower(want) + ", actual checksum Type: " + strings.ToLower(sent))
	}
	body.also = newChecksum(checksumPrefix + want)
	return body.also, nil
}

// wholeChecksum is the algorithm of the object that the upload makes.
func wholeChecksum(u *storage.Upload) string {
	if u.Algorithm == "" {
		return defaultChecksum
	}
	return u.Algorithm
}

// alive is a Writer that takes bytes as long as the request lasts.
type alive func() error

// Write implements io.Writer.
func (a alive) Write(b []byte) (int, error) { return len(b), a() }

// digest reads a content that is stored, and returns its ETag. What else is
// wanted of the bytes is written to. It ends with the request: a content that
// was put together from others is larger than any body that was sent.
func (x *exchange) digest(c storage.Content, also ...io.Writer) (etag string, _ *awsapi.Error) {
	in, err := x.store.Open(c)
	if err != nil {
		return "", failed(err, x.name, x.key)
	}
	defer in.Close()
	sum := md5.New()
	if _, err := io.Copy(io.MultiWriter(append(also, sum, alive(x.r.Context().Err))...), in); err != nil {
		return "", internal(err)
	}
	return quoted(sum), nil
}

func quoted(sum hash.Hash) string { return `"` + hex.EncodeToString(sum.Sum(nil)) + `"` }

var completeShape = shape.MustParse("CompleteMultipartUpload { Part* { PartNumber ETag ChecksumCRC32? ChecksumCRC32C? ChecksumCRC64NVME? ChecksumMD5? ChecksumSHA1? ChecksumSHA256? ChecksumSHA512? ChecksumXXHASH3? ChecksumXXHASH64? ChecksumXXHASH128? } }")

// completeRequest reads the list of parts.
func (x *exchange) completeRequest() ([]chosen, *awsapi.Error) {
	e, err := x.readShape(completeShape)
	if err != nil {
		return nil, err
	}
	var list []chosen
	for _, part := range e.All("Part") {
		number, nerr := strconv.Atoi(part.Get("PartNumber"))
		switch {
		case nerr != nil:
			return nil, malformedXML()
		case number < 1:
			return nil, invalidArgument("PartNumber must be >= 1", "PartNumber", itoa(number))
		}
		c := chosen{number: number, etag: part.Get("ETag")}
		for _, child := range part.Children {
			if algorithm, ok := strings.CutPrefix(child.Name, "Checksum"); ok && child.Text != "" {
				c.sums = append(c.sums, storage.Checksum{Algorithm: algorithm, Value: child.Text})
			}
		}
		list = append(list, c)
	}
	if len(list) == 0 {
		return nil, invalidRequest("You must specify at least one part")
	}
	return list, nil
}

func (x *exchange) completeUpload() *awsapi.Error {
	if err := x.checkPutConditions(); err != nil {
		return err
	}
	u, err := x.upload()
	if err != nil {
		return err
	}
	list, err := x.completeRequest()
	if err != nil {
		return err
	}
	o, err := x.complete(u, list)
	if err != nil {
		return err
	}
	h := x.w.Header()
	setEncryption(h, o.Encryption)
	if x.bucket.versioned() {
		h["X-Amz-Version-Id"] = []string{o.VersionID}
	}
	var content strings.Builder
	element(&content, "Location", x.location())
	element(&content, "Bucket", x.name)
	element(&content, "Key", x.key)
	element(&content, "ETag", o.ETag)
	writeChecksum(&content, o.Checksum)
	x.answer(http.StatusOK, document("CompleteMultipartUploadResult", content.String()))
	return nil
}

func (x *exchange) abortUpload() *awsapi.Error {
	u, err := x.upload()
	if err != nil {
		return err
	}
	if err := x.store.AbortUpload(x.bucket.Bucket, u); err != nil {
		return x.uploadFailed(err)
	}
	return x.done(http.StatusNoContent)
}

// writeChecksum writes an object's checksum as elements.
func writeChecksum(b *strings.Builder, c storage.Checksum) {
	if c.Algorithm == "" {
		return
	}
	element(b, "Checksum"+c.Algorithm, c.Value)
	element(b, "ChecksumType", kindOf(c))
}
