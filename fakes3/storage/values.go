package storage

import (
	"strings"
	"time"
)

// Versioning of a bucket. A bucket that never was versioned has "".
const (
	Enabled   = "Enabled"
	Suspended = "Suspended"
)

// NullVersion is the id of the version written while versioning is not enabled.
const NullVersion = "null"

// MaxKey is the most bytes that the key of an object has.
//
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
const MaxKey = 1024

// checkKey refuses a key that the tables cannot hold: its length is written in
// two bytes, and a file takes no entry of any length.
func checkKey(key string) error {
	if len(key) > MaxKey {
		return ErrKeyTooLong
	}
	return nil
}

// Bucket is a bucket and its settings.
type Bucket struct {
	Name       string
	Owner      string // account id
	Created    time.Time
	Versioning string // "", Enabled or Suspended
	ObjectLock bool

	// Documents are the configurations set on the bucket, by the name of the
	// sub-resource. They are kept as they are.
	Documents map[string][]byte

	ID       uint64 // tells the bucket from others of its name, before or after
	Revision uint64 // tells it from the same bucket with other settings
}

// Pair is a header and its value.
type Pair struct{ Name, Value string }

// Tag is a tag of an object.
type Tag struct{ Key, Value string }

// Checksum is a checksum of a body.
type Checksum struct {
	Algorithm string // CRC32, SHA256 and so on; "" for no checksum
	Value     string // base64
	Composite bool   // of the checksums of the parts, not of the whole
}

// Encryption is how the object says that it is encrypted. Nothing is.
type Encryption struct {
	Algorithm      string // AES256, aws:kms, aws:kms:dsse; "" for the default
	KeyID, Context string
	BucketKey      bool
	CustomerKeyMD5 string // of a key that the client keeps
}

// Lock protects a version from being deleted.
type Lock struct {
	Mode  string // GOVERNANCE, COMPLIANCE or ""
	Until time.Time
	Hold  string // ON, OFF or ""
}

// Equal reports whether the locks protect alike.
func (l Lock) Equal(other Lock) bool {
	return l.Mode == other.Mode && l.Until.Equal(other.Until) && l.Hold == other.Hold
}

// Object is one version of an object, or a delete marker. It never changes
// once it is stored: what changes is which value is stored.
type Object struct {
	Key       string
	VersionID string
	Marker    bool // a delete marker, which has nothing below
	Modified  time.Time

	Content    Content
	ETag       string // quoted
	Headers    []Pair // content and x-amz-meta- headers as they are answered
	Class      string // storage class, "" for STANDARD
	Tags       []Tag
	Checksum   Checksum
	Encryption Encryption
	Lock       Lock
	Parts      []Part // of an object that was uploaded in parts

	age uint64 // orders the versions of a key
}

// Size returns the length of the body.
func (o *Object) Size() int64 { return o.Content.Size() }

// Upload is a multipart upload in progress.
type Upload struct {
	ID, Key   string
	Initiated time.Time
	Initiator string // ARN of the principal
	Owner     string // account id of the initiator
	Draft     Object // what the object will have besides its body
	Asked     []Pair // headers of the request that began it, as they were sent
	Algorithm string // of the checksums asked for
	Composite bool   // the checksum will be of the checksums of the parts

	over uint64 // the age of the version that was the newest then, 0 for none
}

// Part is a part of an upload, or of the object that was made of it, where it
// has no content of its own.
type Part struct {
	Number   int
	Size     int64
	ETag     string // quoted
	Modified time.Time
	Checksum Checksum
	Content  Content
}

// Conditions must hold when an object is written or deleted.
type Conditions struct {
	Match  string // the ETag that the current version must have, "*" for any
	Absent bool   // there must be no current version
	Lock   *Lock  // the lock that a version deleted by its id must have, nil for any
}

// ask reports whether anything must hold of the current version.
func (c Conditions) ask() bool { return c.Absent || c.Match != "" }

func (c Conditions) check(current *Object) error {
	exists := current != nil && !current.Marker
	switch {
	case c.Absent && exists:
		return ErrExists
	case c.Match != "" && !exists:
		return ErrNoObject
	case c.Match != "" && c.Match != "*" && strings.Trim(c.Match, `"`) != strings.Trim(current.ETag, `"`):
		return ErrChanged
	}
	return nil
}

// Deletion is what a delete did.
type Deletion struct {
	VersionID string // of the version removed, or of the marker made
	Marker    bool   // a marker was made or removed
}

// Query says what to list.
type Query struct {
	Prefix    string
	Delimiter string
	After     string // the last name of the page before
	AfterID   string // its version or upload, "" for all of them
	Limit     int
}

// Entry is a name in a listing: a common prefix, or else an object.
type Entry struct {
	Prefix string
	Object *Object
	Latest bool // the newest version of its key
}

// Page is a piece of a listing, in order of keys.
type Page struct {
	Entries   []Entry
	Truncated bool
}

// Last returns the last name listed, "" if there is none.
func (p Page) Last() string {
	if len(p.Entries) == 0 {
		return ""
	}
	e := p.Entries[len(p.Entries)-1]
	if e.Prefix != "" {
		return e.Prefix
	}
	return e.Object.Key
}

// UploadEntry is a name in a listing of uploads: a common prefix, or else an
// upload.
type UploadEntry struct {
	Prefix string
	Upload *Upload
}

// UploadPage is a piece of a listing of uploads, by key and time.
type UploadPage struct {
	Entries   []UploadEntry
	Truncated bool
}
