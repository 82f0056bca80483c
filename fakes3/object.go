package fakes3

import (
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/irsatz/irsatz/iam"
)

// nullVersion is the id of the version written while versioning is not enabled.
const nullVersion = "null"

// object is one version of an object. It never changes once it is stored.
type object struct {
	key       string
	versionID string
	marker    bool // a delete marker, which has nothing below
	modified  time.Time

	body   []byte
	etag   string // quoted
	header []pair // content and x-amz-meta- headers as they are answered
	class  string // storage class, "" for STANDARD
	tags   []iam.Tag

	checksum pair // header and value, empty if there is none
}

type pair struct{ name, value string }

// bucket is a bucket of an account. Its fields but the settings are guarded by
// the store's mu.
type bucket struct {
	name     string
	owner    string // account id
	created  time.Time
	settings atomic.Pointer[settings]

	keys    []string             // sorted
	objects map[string][]*object // versions, newest first, never empty
	uploads map[string]*upload
}

// upload is a multipart upload in progress. Its parts are guarded by the
// store's mu.
type upload struct {
	id, key   string
	initiated time.Time
	draft     object // headers, tags and class that the object will have
	algorithm string // of the checksums asked for
	sse       string // x-amz-server-side-encryption, which the parts inherit
	parts     map[int]*part
}

type part struct {
	number   int
	body     []byte
	etag     string
	modified time.Time
}

// current returns the newest version of the key, which may be a delete marker.
func (b *bucket) current(key string) *object {
	if versions := b.objects[key]; len(versions) > 0 {
		return versions[0]
	}
	return nil
}

func (b *bucket) version(key, id string) *object {
	for _, o := range b.objects[key] {
		if o.versionID == id {
			return o
		}
	}
	return nil
}

// put makes o the newest version. While versioning is not enabled it takes the
// place of the null version.
func (b *bucket) put(o *object) {
	versions := b.objects[o.key]
	if versions == nil {
		i, _ := slices.BinarySearch(b.keys, o.key)
		b.keys = slices.Insert(b.keys, i, o.key)
	}
	kept := make([]*object, 1, len(versions)+1)
	kept[0] = o
	for _, v := range versions {
		if v.versionID != o.versionID {
			kept = append(kept, v)
		}
	}
	b.objects[o.key] = kept
}

// drop removes one version for good, and returns it.
func (b *bucket) drop(key, id string) *object {
	o := b.version(key, id)
	if o == nil {
		return nil
	}
	kept := slices.DeleteFunc(slices.Clone(b.objects[key]), func(v *object) bool { return v == o })
	if len(kept) > 0 {
		b.objects[key] = kept
		return o
	}
	delete(b.objects, key)
	if i, ok := slices.BinarySearch(b.keys, key); ok {
		b.keys = slices.Delete(b.keys, i, i+1)
	}
	return o
}

// replace puts a changed copy in the place of a version that is still stored.
func (b *bucket) replace(old, changed *object) bool {
	versions := b.objects[old.key]
	i := slices.Index(versions, old)
	if i < 0 {
		return false
	}
	versions = slices.Clone(versions)
	versions[i] = changed
	b.objects[old.key] = versions
	return true
}

// canonicalTags sorts tags by key, so that answers do not depend on the order
// in which they were set.
func canonicalTags(tags []iam.Tag) []iam.Tag {
	tags = slices.Clone(tags)
	slices.SortFunc(tags, func(a, b iam.Tag) int { return strings.Compare(a.Key, b.Key) })
	return tags
}
