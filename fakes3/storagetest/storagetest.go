// Package storagetest holds every storage of S3 objects to the same behaviour.
package storagetest

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/irsatz/irsatz/fakes3"
	"github.com/irsatz/irsatz/fakes3/storage"
)

// Test holds the storages that open returns, which are empty, to what a
// fakes3.Server expects of them.
func Test(t *testing.T, open func(*testing.T) fakes3.Storage) {
	t.Helper()
	for name, test := range map[string]func(*fixture){
		"buckets":          (*fixture).buckets,
		"bucket replaced":  (*fixture).replacedBucket,
		"settings":         (*fixture).settings,
		"object":           (*fixture).object,
		"versions":         (*fixture).versions,
		"null version":     (*fixture).nullVersion,
		"conditions":       (*fixture).conditions,
		"amend":            (*fixture).amend,
		"relocked":         (*fixture).relocked,
		"content":          (*fixture).content,
		"content unused":   (*fixture).unused,
		"content shared":   (*fixture).shared,
		"content replaced": (*fixture).replaced,
		"listing":          (*fixture).listing,
		"listing deleted":  (*fixture).listingDeleted,
		"listing uploads":  (*fixture).listingUploads,
		"odd keys":         (*fixture).oddKeys,
		"long keys":        (*fixture).longKeys,
		"upload":           (*fixture).upload,
		"upload overtaken": (*fixture).overtaken,
		"upload parts":     (*fixture).parts,
		"concurrent":       (*fixture).concurrent,
		"random":           (*fixture).random,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &fixture{T: t, Storage: open(t)}
			f.b = f.bucket("data")
			test(f)
		})
	}
}

// fixture is a storage with a bucket.
type fixture struct {
	*testing.T
	fakes3.Storage
	b *storage.Bucket
}

func (f *fixture) must(err error) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
}

func (f *fixture) want(err, want error) {
	f.Helper()
	if !errors.Is(err, want) {
		f.Errorf("error %v, want %v", err, want)
	}
}

func (f *fixture) bucket(name string) *storage.Bucket {
	f.Helper()
	b, err := f.CreateBucket(storage.Bucket{Name: name, Owner: "111122223333"})
	f.must(err)
	return b
}

// versioning sets the versioning of the fixture's bucket.
func (f *fixture) versioning(status string) {
	f.Helper()
	f.must(f.ConfigureBucket(f.b, func(b *storage.Bucket) error { b.Versioning = status; return nil }))
}

func (f *fixture) receive(body string) storage.Content {
	f.Helper()
	c, err := f.Receive(bytes.NewReader([]byte(body)), int64(len(body)))
	f.must(err)
	return c
}

// put stores an object whose ETag is its body.
func (f *fixture) put(key, body string) *storage.Object {
	f.Helper()
	o, err := f.tryPut(&storage.Object{Key: key, ETag: `"` + body + `"`}, body, storage.Conditions{})
	f.must(err)
	return o
}

func (f *fixture) tryPut(o *storage.Object, body string, c storage.Conditions) (*storage.Object, error) {
	f.Helper()
	o.Content = f.receive(body)
	defer f.Discard(o.Content)
	return f.PutObject(f.b, o, c)
}

// body returns what a version holds: "none", "marker" or its bytes.
func (f *fixture) body(key, version string) string {
	f.Helper()
	o, err := f.Object(f.b, key, version)
	switch {
	case errors.Is(err, storage.ErrNoObject) || errors.Is(err, storage.ErrNoVersion):
		return "none"
	case err != nil:
		f.Fatal(err)
	case o.Marker:
		return "marker"
	}
	return f.read(o.Content)
}

func (f *fixture) read(c storage.Content) string {
	f.Helper()
	r, err := f.Open(c)
	f.must(err)
	defer func() { f.must(r.Close()) }()
	body, err := io.ReadAll(r)
	f.must(err)
	return string(body)
}

func (f *fixture) remove(key, version string) storage.Deletion {
	f.Helper()
	d, err := f.DeleteObject(f.b, key, version, storage.Conditions{})
	f.must(err)
	return d
}
