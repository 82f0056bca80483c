package fakes3

import (
	"encoding/base32"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/internal/awsapi"
)

// store holds the buckets. Objects in it are immutable, so what a reader has
// found stays whole whatever is written meanwhile.
type store struct {
	now  func() time.Time
	rand io.Reader

	mu      sync.RWMutex
	buckets map[string]*bucket
}

func newStore(now func() time.Time, rand io.Reader) *store {
	return &store{now: now, rand: rand, buckets: make(map[string]*bucket)}
}

// id returns a random id of n characters for versions and uploads.
func (s *store) id(n int) string {
	b := make([]byte, n)
	if _, err := io.ReadFull(s.rand, b); err != nil {
		panic("fakes3: the random source failed: " + err.Error())
	}
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b)[:n]
}

func (s *store) bucket(name string) (*bucket, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	b, ok := s.buckets[name]
	return b, ok
}

// change runs f on the bucket while nothing else touches the store, unless the
// bucket is gone.
func (s *store) change(b *bucket, f func() *awsapi.Error) *awsapi.Error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.buckets[b.name] != b {
		return noSuchBucket(b.name)
	}
	return f()
}

// create makes a bucket with these settings.
func (s *store) create(name, owner string, as *settings) *awsapi.Error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if b, ok := s.buckets[name]; ok {
		return alreadyExists(b, owner)
	}
	b := &bucket{
		name: name, owner: owner, created: s.now().UTC(),
		objects: make(map[string][]*object), uploads: make(map[string]*upload),
	}
	b.settings.Store(as)
	s.buckets[name] = b
	return nil
}

func (s *store) remove(b *bucket) *awsapi.Error {
	return s.change(b, func() *awsapi.Error {
		if len(b.keys) > 0 {
			return bucketNotEmpty(b.name)
		}
		delete(s.buckets, b.name)
		return nil
	})
}

// owned returns the account's buckets by name.
func (s *store) owned(account string) []*bucket {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var out []*bucket
	for _, b := range s.buckets {
		if b.owner == account {
			out = append(out, b)
		}
	}
	slices.SortFunc(out, func(a, b *bucket) int { return strings.Compare(a.name, b.name) })
	return out
}

// find returns the version addressed: the newest if id is empty. The second
// result says whether the key has any version at all.
func (s *store) find(b *bucket, key, id string) (*object, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if id == "" {
		o := b.current(key)
		return o, o != nil
	}
	return b.version(key, id), b.current(key) != nil
}

// conditions must hold when an object is written.
type conditions struct{ ifMatch, ifNoneMatch string }

func (c conditions) check(key string, current *object) *awsapi.Error {
	exists := current != nil && !current.marker
	switch {
	case c.ifNoneMatch == "*" && exists:
		return preconditionFailed("If-None-Match")
	case c.ifMatch != "" && !exists:
		return noSuchKey(key)
	case c.ifMatch != "" && !etagsMatch(c.ifMatch, current.etag):
		return preconditionFailed("If-Match")
	}
	return nil
}

// put stores the object as the newest version of its key. It sets the time and
// version id of o, which must not be touched afterwards.
func (s *store) put(b *bucket, o *object, c conditions) *awsapi.Error {
	return s.change(b, func() *awsapi.Error {
		if err := c.check(o.key, b.current(o.key)); err != nil {
			return err
		}
		o.modified, o.versionID = s.now().UTC(), s.nextVersion(b)
		b.put(o)
		return nil
	})
}

// nextVersion returns the id of the version written next; mu is held.
func (s *store) nextVersion(b *bucket) string {
	if b.settings.Load().versioning == versioningEnabled {
		return s.id(32)
	}
	return nullVersion
}

// versioned reports whether the bucket has ever been versioned.
func (b *bucket) versioned() bool { return b.settings.Load().versioning != "" }

const (
	versioningEnabled   = "Enabled"
	versioningSuspended = "Suspended"
)

// deletion is what a delete did, for the answer's headers.
type deletion struct {
	versionID string // of the version removed, or of the marker made
	marker    bool   // a marker was made or removed
}

// delete deletes a version for good if id is given; otherwise the key, which
// on a versioned bucket gets a delete marker.
func (s *store) delete(b *bucket, key, id string) (d deletion, _ *awsapi.Error) {
	err := s.change(b, func() *awsapi.Error {
		if id != "" {
			d.versionID = id
			if o := b.drop(key, id); o != nil {
				d.marker = o.marker
			}
			return nil
		}
		if !b.versioned() {
			b.drop(key, nullVersion)
			return nil
		}
		marker := &object{key: key, marker: true, modified: s.now().UTC(), versionID: s.nextVersion(b)}
		b.put(marker)
		d = deletion{versionID: marker.versionID, marker: true}
		return nil
	})
	return d, err
}

// retag gives a stored version other tags.
func (s *store) retag(b *bucket, o *object, tags []iam.Tag) *awsapi.Error {
	return s.change(b, func() *awsapi.Error {
		changed := *o
		changed.tags = canonicalTags(tags)
		if !b.replace(o, &changed) {
			return noSuchKey(o.key)
		}
		return nil
	})
}
