// Package storage keeps what S3 keeps: buckets with their settings, objects in
// all their versions, and uploads in progress. It knows nothing of HTTP, of
// callers or of policies, and decides nothing about them.
//
// What is found is a value that never changes, so a reader needs no lock and
// sees no half of a write. The bytes of a body are kept apart from what is known
// of them: a body is received first, which no reader can see, and becomes an
// object's in the one step that makes the object visible. A copy, and an object
// put together from parts, refers to the bytes that are there already.
package storage

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/irsatz/irsatz/internal/clock"
)

// What cannot be done, for the caller to word.
var (
	ErrNoBucket     = errors.New("no such bucket")
	ErrBucketExists = errors.New("the bucket exists")
	ErrNotEmpty     = errors.New("the bucket is not empty")
	ErrNoObject     = errors.New("no such object")
	ErrNoVersion    = errors.New("no such version")
	ErrNoUpload     = errors.New("no such upload")

	// ErrExists and ErrChanged are conditions that did not hold.
	ErrExists  = errors.New("the object exists")
	ErrChanged = errors.New("the object is another one")

	// ErrOvertaken says that the conditions held, but not of the version that was
	// the newest when the upload began.
	ErrOvertaken = errors.New("the object was written or deleted meanwhile")

	// ErrRelocked says that a version has another lock than the one by which it
	// was judged: whoever wants to delete it should judge again.
	ErrRelocked = errors.New("the lock is another one")

	// ErrGone says that a version was replaced or deleted since it was found,
	// and its bytes with it: whoever wants to read it should look again.
	ErrGone = errors.New("the content is gone")

	// ErrKeyTooLong says that a key has more than MaxKey bytes.
	ErrKeyTooLong = errors.New("the key is too long")

	// ErrFull says that there is no room for more.
	ErrFull = errors.New("the storage is full")
)

// Config configures a Store.
type Config struct {
	Now  func() time.Time // dates of objects; nil means clock.Now
	Rand io.Reader        // ids; nil means crypto/rand

	// MaxMemory bounds the bytes of all bodies together that a memory Store
	// holds. Zero means no bound.
	MaxMemory int64
}

// Store keeps buckets and objects. It may be used by any number of goroutines.
type Store struct {
	config Config
	index  index
	blobs  blobs
	inline int64 // up to this size, a body is no blob

	mu      sync.Mutex
	staged  map[string]bool // received, and no object's yet
	held    map[string]int  // being read piece by piece
	doomed  map[string]bool // to be removed once they are not held
	removed []string        // still in the index's list of trash
}

// index keeps what is known of bodies. An update is made visible, and durable
// where anything is, as a whole or not at all; an update that fails must not
// have changed anything before.
type index interface {
	view(func(*tables) error) error
	update(func(*tables) error) error
	close() error
}

// blobs keeps the bytes of bodies under ids.
type blobs interface {
	// receive keeps what it reads to the end, or nothing.
	receive(id string, r io.Reader, size int64) (int64, error)
	// keep says that the index refers to the blob now.
	keep(id string)
	// open returns the bytes, or ErrGone. The reader outlives remove.
	open(id string) (io.ReadSeekCloser, error)
	// remove reports whether the blob is gone.
	remove(id string) bool
}

// NewMemory returns a Store that lives as long as the process.
func NewMemory(config Config) *Store {
	return newStore(config, newMemoryIndex(), &memoryBlobs{most: config.MaxMemory})
}

func newStore(config Config, index index, blobs blobs) *Store {
	if config.Now == nil {
		config.Now = clock.Now
	}
	if config.Rand == nil {
		config.Rand = rand.Reader
	}
	return &Store{
		config: config, index: index, blobs: blobs,
		staged: map[string]bool{}, held: map[string]int{}, doomed: map[string]bool{},
	}
}

// Close ends the use of the Store. Bodies that are open stay readable.
func (s *Store) Close() error { return s.index.close() }

// stamp returns an id of n random bytes that begins with a number, by which
// what has the id can be found.
func (s *Store) stamp(number uint64, n int) string { return s.id(encode64(number), n) }

// random returns an id of n random bytes.
func (s *Store) random(n int) string { return s.id("", n) }

func (s *Store) id(begin string, n int) string {
	b := append([]byte(begin), make([]byte, n)...)
	if _, err := io.ReadFull(s.config.Rand, b[len(begin):]); err != nil {
		panic("storage: the random source failed: " + err.Error())
	}
	return idEncoding.EncodeToString(b)
}

var idEncoding = base32.HexEncoding.WithPadding(base32.NoPadding)

// number returns the number that the id begins with.
func number(id string) (uint64, bool) {
	b, err := idEncoding.DecodeString(id)
	if err != nil || len(b) < 8 {
		return 0, false
	}
	return binary.BigEndian.Uint64(b), true
}
