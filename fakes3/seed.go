package fakes3

import (
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/irsatz/irsatz/iam"
)

// Bucket describes a bucket to be made, or one that is there.
type Bucket struct {
	Name      string
	AccountID string // the owner
	Policy    []byte // JSON; nil for none
	Versioned bool
	Tags      []iam.Tag
	Created   time.Time // set by Buckets
}

// Object describes an object to be stored.
type Object struct {
	Bucket, Key string
	Body        []byte            // kept: it must not be changed afterwards
	ContentType string            // "" means binary/octet-stream
	Metadata    map[string]string // x-amz-meta- headers, without the prefix
	Tags        []iam.Tag
}

// CreateBucket makes a bucket without asking anybody.
func (s *Server) CreateBucket(in Bucket) error {
	if !bucketNamed(in.Name) {
		return fmt.Errorf("create bucket %q: not a bucket name", in.Name)
	}
	if in.AccountID == "" {
		return fmt.Errorf("create bucket %q: no account", in.Name)
	}
	as := settings{tags: canonicalTags(in.Tags), documents: initialDocuments()}
	if in.Policy != nil {
		p, err := bucketPolicy(in.Name, in.Policy)
		if err != nil {
			return fmt.Errorf("create bucket %q: %w", in.Name, err)
		}
		as.policy = p
	}
	if in.Versioned {
		as.versioning = versioningEnabled
	}
	if err := checkTags(in.Tags, 50); err != nil {
		return fmt.Errorf("create bucket %q: %w", in.Name, err)
	}
	settled, err := newSettings(as)
	if err != nil {
		return fmt.Errorf("create bucket %q: %w", in.Name, err)
	}
	if err := s.store.create(in.Name, in.AccountID, settled); err != nil {
		return fmt.Errorf("create bucket %q: %w", in.Name, err)
	}
	return nil
}

// PutObject stores an object without asking anybody.
func (s *Server) PutObject(in Object) error {
	b, ok := s.store.bucket(in.Bucket)
	if !ok {
		return fmt.Errorf("put object %q: no bucket %q", in.Key, in.Bucket)
	}
	if in.Key == "" || len(in.Key) > maxKey {
		return fmt.Errorf("put object %q: a key has 1 to %d bytes", in.Key, maxKey)
	}
	if err := checkTags(in.Tags, maxTags); err != nil {
		return fmt.Errorf("put object %q: %w", in.Key, err)
	}
	if in.ContentType == "" {
		in.ContentType = "binary/octet-stream"
	}
	sum := md5.Sum(in.Body)
	crc := newChecksum("X-Amz-Checksum-Crc64nvme")
	crc.sum.Write(in.Body)
	o := &object{
		key: in.Key, body: in.Body, etag: `"` + hex.EncodeToString(sum[:]) + `"`, tags: canonicalTags(in.Tags),
		header: []pair{{"Content-Type", in.ContentType}}, checksum: pair{crc.header, crc.value()},
	}
	for k, v := range in.Metadata {
		o.header = append(o.header, pair{http.CanonicalHeaderKey(metaPrefix + k), v})
	}
	slices.SortFunc(o.header, func(a, b pair) int { return strings.Compare(a.name, b.name) })
	if err := s.store.put(b, o, conditions{}); err != nil {
		return fmt.Errorf("put object %q: %w", in.Key, err)
	}
	return nil
}

// Buckets returns the buckets of all accounts by name.
func (s *Server) Buckets() []Bucket {
	s.store.mu.RLock()
	defer s.store.mu.RUnlock()
	out := make([]Bucket, 0, len(s.store.buckets))
	for _, b := range s.store.buckets {
		now := b.settings.Load()
		item := Bucket{Name: b.name, AccountID: b.owner, Versioned: now.versioning == versioningEnabled, Tags: slices.Clone(now.tags), Created: b.created}
		if now.policy != nil {
			item.Policy = now.policy.Document.Source()
		}
		out = append(out, item)
	}
	slices.SortFunc(out, func(a, b Bucket) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// Reset forgets all buckets.
func (s *Server) Reset() {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	s.store.buckets = make(map[string]*bucket)
}
