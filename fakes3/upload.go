package fakes3

import (
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/irsatz/irsatz/fakes3/storage"
	"github.com/irsatz/irsatz/internal/awsapi"
)

const (
	// minPart is the least size of a part that is not the last.
	minPart = 5 << 20
	// maxPart parts of maxObject bytes are the largest object that S3 has, so
	// that nothing else bounds what is put together.
	//
	// https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
	maxPart = 10000
)

// keptHeaders are those of CreateMultipartUpload that are condition keys of its
// parts and of its end, too: they say what will be stored. S3 was seen to keep
// x-amz-acl since 2018, and encryption but for that with a key of the customer;
// of the other three nothing is recorded. It does not keep tags: a policy that
// wants s3:RequestObjectTagKeys of s3:PutObject denies the parts.
//
// https://github.com/aws/aws-cli/issues/1674
// https://github.com/boto/boto3/issues/2675
var keptHeaders = [...]string{"X-Amz-Acl", sseHeader, sseKey, "X-Amz-Storage-Class", redirectHeader, lockMode, lockUntil, lockHold}

// kept returns the headers that an upload keeps of the request that begins it.
func kept(h http.Header) (out []storage.Pair) {
	for _, name := range keptHeaders {
		if v := h.Get(name); v != "" {
			out = append(out, storage.Pair{Name: name, Value: v})
		}
	}
	return out
}

// asking returns the headers that say how the object is to be stored: the
// request's own, but of an upload in progress those that it began with. What else
// its parts and its end say of that is without effect.
func (x *exchange) asking() http.Header {
	if x.op.sub != "uploadId" {
		return x.header
	}
	h := make(http.Header)
	if x.begun != nil {
		for _, p := range x.begun.Asked {
			h.Set(p.Name, p.Value)
		}
	}
	return h
}

// findUpload looks up the upload in progress that the request names. That there
// is none is for the operation to say.
func (x *exchange) findUpload() *awsapi.Error {
	id, _ := param(x.params, "uploadId")
	var err error
	x.begun, err = x.store.Upload(x.bucket.Bucket, x.key, id)
	if errors.Is(err, storage.ErrNoUpload) {
		return nil
	}
	return failed(err, x.name, x.key)
}

// upload returns the upload in progress that the request is about.
func (x *exchange) upload() (*storage.Upload, *awsapi.Error) {
	if x.begun == nil {
		return nil, x.uploadFailed(storage.ErrNoUpload)
	}
	return x.begun, nil
}

// uploadFailed words an error about the upload that the request names.
func (x *exchange) uploadFailed(err error) *awsapi.Error {
	switch {
	case errors.Is(err, storage.ErrNoUpload):
		id, _ := param(x.params, "uploadId")
		return noSuchUpload(id)
	case errors.Is(err, storage.ErrOvertaken):
		return x.overtaken()
	}
	return failed(err, x.name, x.key)
}

// putPart stores a part whose content is there.
func (x *exchange) putPart(u *storage.Upload, p storage.Part) (*storage.Part, *awsapi.Error) {
	stored, err := x.store.PutPart(x.bucket.Bucket, u, p)
	return stored, x.uploadFailed(err)
}

// chosen is a part named by CompleteMultipartUpload.
type chosen struct {
	number int
	etag   string
	sums   []storage.Checksum
}

// complete joins the chosen parts into an object.
func (x *exchange) complete(u *storage.Upload, list []chosen) (*storage.Object, *awsapi.Error) {
	for i := 1; i < len(list); i++ {
		if list[i].number <= list[i-1].number {
			return nil, invalidPartOrder(u.ID)
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
	o := assemble(u, parts)
	if err := x.checkWhole(u, o); err != nil {
		return nil, err
	}
	o.Lock = x.retained(o.Lock)
	stored, err := x.store.CompleteUpload(x.bucket.Bucket, u, o, x.conditions())
	return stored, x.uploadFailed(err)
}

// choose finds the parts of the list.
func choose(u *storage.Upload, all []*storage.Part, list []chosen) ([]*storage.Part, *awsapi.Error) {
	byNumber := make(map[int]*storage.Part, len(all))
	for _, p := range all {
		byNumber[p.Number] = p
	}
	parts := make([]*storage.Part, len(list))
	for i, want := range list {
		p := byNumber[want.number]
		if p == nil || strings.Trim(want.etag, `"`) != strings.Trim(p.ETag, `"`) {
			return nil, invalidPart(u.ID, want)
		}
		if err := checkPart(u, p, want); err != nil {
			return nil, err
		}
		parts[i] = p
	}
	for _, p := range parts[:len(parts)-1] {
		if p.Size < minPart {
			return nil, entityTooSmall(p)
		}
	}
	return parts, nil
}

// checkPart compares the checksums that the client says a part has.
func checkPart(u *storage.Upload, p *storage.Part, want chosen) *awsapi.Error {
	own := slices.IndexFunc(want.sums, func(c storage.Checksum) bool { return c.Algorithm == u.Algorithm })
	switch {
	case u.Algorithm == "" && len(want.sums) > 0:
		return invalidPart(u.ID, want)
	case len(want.sums) > 0 && own < 0:
		return badRequest("BadDigest", "The "+strings.ToLower(want.sums[0].Algorithm)+" you specified for part "+itoa(p.Number)+" did not match what we received.")
	case u.Composite && own < 0:
		return invalidRequest("The upload was created using a " + strings.ToLower(u.Algorithm) + " checksum. The complete request must include the checksum for each part. It was missing for part " + itoa(p.Number) + " in the request.")
	case own >= 0 && want.sums[own].Value != p.Checksum.Value:
		return invalidPart(u.ID, want)
	}
	return nil
}

// assemble makes the object of an upload out of its parts. Its ETag is the MD5
// of those of the parts, and their number; so is a composite checksum.
//
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
func assemble(u *storage.Upload, parts []*storage.Part) *storage.Object {
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
	count := "-" + strconv.Itoa(len(parts))
	o.ETag = `"` + hex.EncodeToString(sum.Sum(nil)) + count + `"`
	algorithm := wholeChecksum(u)
	o.Checksum = storage.Checksum{Algorithm: algorithm, Composite: u.Composite}
	if !u.Composite {
		o.Checksum.Value = combine(algorithm, parts)
		return &o
	}
	of := newChecksum(checksumHeader(algorithm))
	for _, p := range parts {
		raw, _ := base64.StdEncoding.DecodeString(p.Checksum.Value)
		of.sum.Write(raw)
	}
	o.Checksum.Value = of.value() + count
	return &o
}

// checkWhole compares what the client says of the whole object. A checksum
// without its type is taken for one of the type that the algorithm has by
// default.
func (x *exchange) checkWhole(u *storage.Upload, o *storage.Object) *awsapi.Error {
	kind, created := x.header.Get(checksumKind), kindOfUpload(u)
	if kind != "" && kind != created {
		return invalidRequest("The upload was created using the " + created + " checksum mode. The complete request must use the same checksum mode.")
	}
	if raw := x.header.Get("X-Amz-Mp-Object-Size"); raw != "" {
		if n, ok := digits(raw); !ok || n != o.Size() {
			return invalidRequest("The provided 'x-amz-mp-object-size' header value " + raw + " does not match what was computed: " + strconv.FormatInt(o.Size(), 10))
		}
	}
	for _, a := range algorithms {
		value := x.header.Get(a.header)
		if value == "" || u.Algorithm == "" && a.name != defaultChecksum {
			continue
		}
		whole := kind != "" || u.Composite || o.Checksum.Algorithm == defaultChecksum
		if !whole || a.name != o.Checksum.Algorithm || value != o.Checksum.Value && value != strings.TrimSuffix(o.Checksum.Value, "-"+itoa(len(o.Parts))) {
			return badRequest("BadDigest", "The "+strings.ToLower(o.Checksum.Algorithm)+" you specified did not match the calculated checksum.")
		}
	}
	return nil
}

const checksumKind = "X-Amz-Checksum-Type"

// kindOfUpload is how the checksum of an upload is called; "null" if it has none of its
// own, as AWS prints it.
func kindOfUpload(u *storage.Upload) string {
	switch {
	case u.Algorithm == "":
		return "null"
	}
	return kindOf(storage.Checksum{Composite: u.Composite})
}

// overtaken refuses to replace an object that was written or deleted while the
// upload was under way, where the client says what it replaces. The upload goes on.
//
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
func (x *exchange) overtaken() *awsapi.Error {
	condition := "If-Match"
	if x.conditions().Absent {
		condition = "If-None-Match"
	}
	return fail(http.StatusConflict, "ConditionalRequestConflict", "The conditional request cannot succeed due to a conflicting operation against this resource.",
		detail("Condition", condition), detail("Key", x.key))
}
