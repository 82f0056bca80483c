package fakes3

import (
	"crypto/md5"
	"encoding/hex"
	"errors"
	"strconv"
	"strings"

	"github.com/irsatz/irsatz/fakes3/storage"
	"github.com/irsatz/irsatz/internal/awsapi"
)

// minPart is the least size of a part that is not the last.
const minPart = 5 << 20

// chosen is a part named by CompleteMultipartUpload.
type chosen struct {
	number int
	etag   string
}

// upload returns the upload in progress that the request is about.
func (x *exchange) upload() (*storage.Upload, *awsapi.Error) {
	id, _ := param(x.params, "uploadId")
	u, err := x.store.Upload(x.bucket.Bucket, x.key, id)
	return u, x.uploadFailed(err)
}

// uploadFailed words an error about the upload that the request names.
func (x *exchange) uploadFailed(err error) *awsapi.Error {
	if errors.Is(err, storage.ErrNoUpload) {
		id, _ := param(x.params, "uploadId")
		return noSuchUpload(id)
	}
	return failed(err, x.name, x.key)
}

// putPart stores a part whose content is there.
func (x *exchange) putPart(u *storage.Upload, p storage.Part) (*storage.Part, *awsapi.Error) {
	stored, err := x.store.PutPart(x.bucket.Bucket, u, p)
	return stored, x.uploadFailed(err)
}

// complete joins the chosen parts into an object.
func (x *exchange) complete(u *storage.Upload, list []chosen) (*storage.Object, *awsapi.Error) {
	for i := 1; i < len(list); i++ {
		if list[i].number <= list[i-1].number {
			return nil, invalidPartOrder()
		}
	}
	all, err := x.store.Parts(x.bucket.Bucket, u, 0, maxPart)
	if err != nil {
		return nil, x.uploadFailed(err)
	}
	parts, perr := choose(all, list)
	if perr != nil {
		return nil, perr
	}
	o := assemble(u, parts)
	o.Encryption, o.Lock = x.encrypted(u.Draft.Encryption), x.retained(u.Draft.Lock)
	stored, err := x.store.CompleteUpload(x.bucket.Bucket, u, o, x.conditions())
	return stored, x.uploadFailed(err)
}

// choose finds the parts of the list.
func choose(all []*storage.Part, list []chosen) ([]*storage.Part, *awsapi.Error) {
	byNumber := make(map[int]*storage.Part, len(all))
	for _, p := range all {
		byNumber[p.Number] = p
	}
	parts := make([]*storage.Part, len(list))
	for i, want := range list {
		p := byNumber[want.number]
		switch {
		case p == nil || strings.Trim(want.etag, `"`) != strings.Trim(p.ETag, `"`):
			return nil, invalidPart()
		case i < len(list)-1 && p.Size < minPart:
			return nil, entityTooSmall(p)
		}
		parts[i] = p
	}
	return parts, nil
}

// assemble makes the object of an upload out of its parts. Its ETag is the MD5
// of those of the parts, and their number.
//
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
func assemble(u *storage.Upload, parts []*storage.Part) *storage.Object {
	o := u.Draft
	sum := md5.New()
	for _, p := range parts {
		raw, _ := hex.DecodeString(strings.Trim(p.ETag, `"`))
		sum.Write(raw)
		o.Content = storage.Join(o.Content, p.Content)
		o.Parts = append(o.Parts, storage.Part{Number: p.Number, Size: p.Size, Checksum: p.Checksum})
	}
	o.ETag = `"` + hex.EncodeToString(sum.Sum(nil)) + "-" + strconv.Itoa(len(parts)) + `"`
	return &o
}
