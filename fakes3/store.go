package fakes3

import (
	"encoding/base32"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/irsatz/irsatz/fakes3/storage"
	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/internal/awsapi"
)

// store is the storage as the Server sees it: buckets with what follows from
// their settings, and errors in AWS's words.
type store struct {
	Storage
	rand    io.Reader
	settled sync.Map // of *bucket by name
}

// bucket is a bucket and its settings, as they were when it was found.
type bucket struct {
	*storage.Bucket
	settings *settings
}

// versioned reports whether the bucket has ever been versioned.
func (b *bucket) versioned() bool { return b.Versioning != "" }

// id returns a random id of n characters.
func (s *store) id(n int) string {
	b := make([]byte, n)
	if _, err := io.ReadFull(s.rand, b); err != nil {
		panic("fakes3: the random source failed: " + err.Error())
	}
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b)[:n]
}

// bucket returns the bucket of this name. Its settings are read once for each
// time that they change.
func (s *store) bucket(name string) (*bucket, *awsapi.Error) {
	found, err := s.Bucket(name)
	if err != nil {
		if errors.Is(err, storage.ErrNoBucket) {
			s.settled.Delete(name)
		}
		return nil, failed(err, name, "")
	}
	if known, ok := s.settled.Load(name); ok {
		if b := known.(*bucket); b.Revision == found.Revision { //nolint:errcheck // nothing else is stored
			return b, nil
		}
	}
	settings, err := settingsOf(found)
	if err != nil {
		return nil, internal(err)
	}
	b := &bucket{found, settings}
	s.settled.Store(name, b)
	return b, nil
}

// create makes a bucket with these settings.
func (s *store) create(name, owner string, as *settings) *awsapi.Error {
	b := storage.Bucket{Name: name, Owner: owner}
	as.fill(&b)
	there, err := s.CreateBucket(b)
	if errors.Is(err, storage.ErrBucketExists) {
		return alreadyExists(there, owner)
	}
	return failed(err, name, "")
}

// owned returns the account's buckets by name.
func (s *store) owned(account string) ([]*storage.Bucket, *awsapi.Error) {
	all, err := s.Buckets()
	if err != nil {
		return nil, internal(err)
	}
	var out []*storage.Bucket
	for _, b := range all {
		if b.Owner == account {
			out = append(out, b)
		}
	}
	return out, nil
}

// find returns the version addressed, the newest if id is empty; nil if there
// is none.
func (s *store) find(b *bucket, key, id string) (*storage.Object, *awsapi.Error) {
	o, err := s.Object(b.Bucket, key, id)
	if errors.Is(err, storage.ErrNoObject) || errors.Is(err, storage.ErrNoVersion) {
		return nil, nil
	}
	return o, failed(err, b.Name, key)
}

// put stores the object as the newest version of its key.
func (s *store) put(b *bucket, o *storage.Object, c storage.Conditions) (*storage.Object, *awsapi.Error) {
	stored, err := s.PutObject(b.Bucket, o, c)
	return stored, failed(err, b.Name, o.Key)
}

// versionNamed reports whether a version can have this id.
func versionNamed(id string) bool {
	return id == storage.NullVersion || len(id) == 32 && strings.Trim(id, "0123456789ABCDEFGHIJKLMNOPQRSTUV") == ""
}

// retag gives a stored version other tags in the place of those that it was found
// with, by which the request was judged. With others it is to be looked at again.
func (s *store) retag(b *bucket, found *storage.Object, tags []iam.Tag) *awsapi.Error {
	as := objectTags(tags)
	err := s.AmendObject(b.Bucket, found, func(o *storage.Object) error {
		if !slices.Equal(o.Tags, found.Tags) {
			return storage.ErrGone
		}
		o.Tags = as
		return nil
	})
	return failed(err, b.Name, found.Key)
}

// configure changes the settings of a bucket that is still there.
func (s *store) configure(b *bucket, f func(*settings) *awsapi.Error) *awsapi.Error {
	err := s.ConfigureBucket(b.Bucket, func(now *storage.Bucket) error {
		next, err := settingsOf(now)
		if err != nil {
			return err
		}
		changed := next.clone()
		if err := f(&changed); err != nil {
			return err
		}
		settled, err := newSettings(changed)
		if err != nil {
			return err
		}
		settled.fill(now)
		return nil
	})
	return failed(err, b.Name, "")
}
