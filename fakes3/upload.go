package fakes3

import (
	"errors"

	"github.com/irsatz/irsatz/fakes3/storage"
	"github.com/irsatz/irsatz/internal/awsapi"
)

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
