package fakes3

import (
	"bytes"
	"crypto/md5"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/irsatz/irsatz/fakes3/storage"
	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/policy"
	"github.com/irsatz/irsatz/internal/awsapi"
)

// Bucket describes a bucket to be made, or one that is there.
type Bucket struct {
	Name      string
	AccountID string // the owner
	Policy    []byte // JSON; nil for none. It may have ids of what was deleted, as GetBucketPolicy shows them
	Versioned bool
	Public    bool // Block Public Access is off
	Tags      []iam.Tag
	Created   time.Time // set by Buckets
}

// Object describes an object to be stored.
type Object struct {
	Bucket, Key string
	Body        []byte
	ContentType string            // "" means binary/octet-stream
	Metadata    map[string]string // x-amz-meta- headers, without the prefix
	Tags        []iam.Tag
}

// CreateBucket makes a bucket without asking anybody.
func (s *Server) CreateBucket(in Bucket) error {
	as, err := s.described(&in)
	if err != nil {
		return fmt.Errorf("create bucket %q: %w", in.Name, err)
	}
	if err := s.store.create(in.Name, in.AccountID, as); err != nil {
		return fmt.Errorf("create bucket %q: %w", in.Name, err)
	}
	return nil
}

// SetBucket gives a bucket that is there the policy, versioning, tags and public
// access that it is described with, and makes one that is not. Its other settings
// stay.
func (s *Server) SetBucket(in Bucket) error {
	as, err := s.described(&in)
	if err != nil {
		return fmt.Errorf("set bucket %q: %w", in.Name, err)
	}
	b, missing := s.store.bucket(in.Name)
	if missing != nil {
		return s.CreateBucket(in)
	}
	if b.Owner != in.AccountID {
		return fmt.Errorf("set bucket %q: it belongs to account %s", in.Name, b.Owner)
	}
	set := func(now *settings) *awsapi.Error {
		switch {
		case now.locks: // which needs the versions that it locks
			as.versioning = storage.Enabled
		case as.versioning == "" && now.versioning != "":
			// A bucket that was versioned once cannot be as if it never was.
			as.versioning = storage.Suspended
		}
		now.policy, now.tags, now.versioning = as.policy, as.tags, as.versioning
		switch {
		case in.Public:
			delete(now.documents, blockDocument)
		case !now.access.blockPolicy || !now.access.restrict:
			now.documents[blockDocument] = as.documents[blockDocument]
		}
		return nil
	}
	if err := s.store.configure(b, set); err != nil {
		return fmt.Errorf("set bucket %q: %w", in.Name, err)
	}
	return nil
}

// described returns the settings that the bucket is described with.
func (s *Server) described(in *Bucket) (*settings, error) {
	if !bucketNamed(in.Name) {
		return nil, errors.New("not a bucket name")
	}
	if in.AccountID == "" {
		return nil, errors.New("no account")
	}
	if err := checkTags(in.Tags, bucketTags); err != nil {
		return nil, err
	}
	as := settings{tags: canonicalTags(in.Tags), documents: initialDocuments()}
	if in.Public {
		delete(as.documents, blockDocument)
	}
	if in.Policy != nil {
		document, err := policy.ParseStoredForBucket(in.Name, in.Policy)
		if err != nil {
			return nil, policyRefusal(err)
		}
		as.policy = hold(s.config.Store.Snapshot(), in.Name, document)
	}
	if in.Versioned {
		as.versioning = storage.Enabled
	}
	return newSettings(as)
}

// PutObject stores an object without asking anybody.
func (s *Server) PutObject(in Object) error {
	b, berr := s.store.bucket(in.Bucket)
	if berr != nil {
		return fmt.Errorf("put object %q: bucket %q: %w", in.Key, in.Bucket, berr)
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
	content, err := s.store.Receive(bytes.NewReader(in.Body), int64(len(in.Body)))
	if err != nil {
		return fmt.Errorf("put object %q: %w", in.Key, err)
	}
	defer s.store.Discard(content)
	sum, crc := md5.New(), newChecksum("X-Amz-Checksum-Crc64nvme")
	sum.Write(in.Body)
	crc.sum.Write(in.Body)
	o := &storage.Object{
		Key: in.Key, Content: content, ETag: quoted(sum), Tags: objectTags(in.Tags), Checksum: crc.stored(),
		Headers: []storage.Pair{{Name: "Content-Type", Value: in.ContentType}},
	}
	for k, v := range in.Metadata {
		o.Headers = append(o.Headers, storage.Pair{Name: http.CanonicalHeaderKey(metaPrefix + k), Value: v})
	}
	sortHeaders(o.Headers)
	if _, err := s.store.put(b, o, storage.Conditions{}); err != nil {
		return fmt.Errorf("put object %q: %w", in.Key, err)
	}
	return nil
}

// Buckets returns the buckets of all accounts by name, with their policies as
// GetBucketPolicy shows them.
func (s *Server) Buckets() ([]Bucket, error) {
	all, err := s.store.Buckets()
	if err != nil {
		return nil, fmt.Errorf("list buckets: %w", err)
	}
	out, snapshot := make([]Bucket, len(all)), s.config.Store.Snapshot()
	for i, b := range all {
		now, err := settingsOf(b)
		if err != nil {
			return nil, fmt.Errorf("list buckets: %w", err)
		}
		out[i] = Bucket{
			Name: b.Name, AccountID: b.Owner, Versioned: now.versioning == storage.Enabled,
			Public: !now.access.blockPolicy && !now.access.restrict, Tags: now.tags, Created: b.Created,
		}
		if now.policy == nil {
			continue
		}
		shown, err := now.policy.now(snapshot)
		if err != nil {
			return nil, fmt.Errorf("list buckets: %w", err)
		}
		out[i].Policy = shown.Document.Source()
	}
	return out, nil
}
