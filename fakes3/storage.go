package fakes3

import (
	"io"

	"github.com/irsatz/irsatz/fakes3/storage"
)

// Storage is where a Server keeps buckets and objects. Whatever comes to it has
// been authorized: it decides nothing. What it returns never changes. Package
// storagetest says what it must do.
type Storage interface {
	BucketStorage
	BucketSettings
	ObjectStorage
	Listings
	UploadStorage
	PartStorage
	ContentStorage
}

// BucketStorage makes, finds and deletes buckets.
type BucketStorage interface {
	CreateBucket(b storage.Bucket) (*storage.Bucket, error)
	Bucket(name string) (*storage.Bucket, error)
	Buckets() ([]*storage.Bucket, error)
	DeleteBucket(b *storage.Bucket) error
}

// BucketSettings changes what is set on a bucket.
type BucketSettings interface {
	ConfigureBucket(b *storage.Bucket, set func(*storage.Bucket) error) error
}

// ObjectStorage keeps the versions of objects.
type ObjectStorage interface {
	Object(b *storage.Bucket, key, version string) (*storage.Object, error)
	PutObject(b *storage.Bucket, o *storage.Object, c storage.Conditions) (*storage.Object, error)
	AmendObject(b *storage.Bucket, o *storage.Object, amend func(*storage.Object) error) error
	DeleteObject(b *storage.Bucket, key, version string, c storage.Conditions) (storage.Deletion, error)
}

// Listings lists what is in a bucket.
type Listings interface {
	Objects(b *storage.Bucket, q storage.Query) (storage.Page, error)
	Versions(b *storage.Bucket, q storage.Query) (storage.Page, error)
	Uploads(b *storage.Bucket, q storage.Query) (storage.UploadPage, error)
}

// UploadStorage keeps multipart uploads.
type UploadStorage interface {
	StartUpload(b *storage.Bucket, u storage.Upload) (*storage.Upload, error)
	Upload(b *storage.Bucket, key, id string) (*storage.Upload, error)
	CompleteUpload(b *storage.Bucket, u *storage.Upload, o *storage.Object, c storage.Conditions) (*storage.Object, error)
	AbortUpload(b *storage.Bucket, u *storage.Upload) error
}

// PartStorage keeps the parts of uploads.
type PartStorage interface {
	PutPart(b *storage.Bucket, u *storage.Upload, p storage.Part) (*storage.Part, error)
	Parts(b *storage.Bucket, u *storage.Upload, after, limit int) ([]*storage.Part, error)
}

// ContentStorage keeps bodies. What is received is nobody's until an object or
// a part that has it is put; Discard must be called in any case.
type ContentStorage interface {
	Receive(r io.Reader, size int64) (storage.Content, error)
	Discard(c storage.Content)
	Open(c storage.Content) (io.ReadSeekCloser, error)
}

var _ Storage = (*storage.Store)(nil)
