package storage

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// FuzzRecords: whatever is read, nothing panics, and what was understood comes
// out the same when it is written again.
func FuzzRecords(f *testing.F) {
	date := time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	o := &Object{
		Key: "k", VersionID: "v", Marker: true, Modified: date, ETag: `"e"`, Class: "GLACIER",
		Content: Content{Extents: []Extent{{Blob: "b", Offset: 1, Length: 2}, {Data: []byte("c"), Length: 1}}}, Headers: []Pair{{"A", "\xff"}, {"B", ""}}, Tags: []Tag{{"t", ""}},
		Checksum: Checksum{"CRC32", "x", true}, Encryption: Encryption{"aws:kms", "k", "c", true, "m"}, Lock: Lock{"COMPLIANCE", date, "ON"},
		Parts: []Part{{Number: 1, Size: 5, ETag: "p", Modified: date, Checksum: Checksum{Algorithm: "SHA1"}}}, age: 1 << 63,
	}
	f.Add(encodeRow[Object](o))
	f.Add(encodeRow[Bucket](&Bucket{Name: "b", Owner: "o", Created: date, Versioning: Enabled, ObjectLock: true, Documents: map[string][]byte{"d": {0}, "e": nil}, ID: 1, Revision: 2}))
	f.Add(encodeRow[Upload](&Upload{ID: "i", Key: "k", Initiated: date, Initiator: "a", Owner: "o", Draft: *o, Algorithm: "CRC32C", Composite: true, Asked: []Pair{{"A", "b"}}, over: 7}))
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, b []byte) {
		again[Object](t, b)
		again[Bucket](t, b)
		again[Upload](t, b)
		again[Part](t, b)
	})
}

func again[T any, P describer[T]](t *testing.T, b []byte) {
	t.Helper()
	one, err := decodeRow[T, P](b)
	if err != nil {
		return
	}
	two, err := decodeRow[T, P](encodeRow[T, P](one))
	if diff := cmp.Diff(one, two, cmp.AllowUnexported(Object{}, Upload{}), cmpopts.EquateEmpty()); err != nil || diff != "" {
		t.Errorf("%x: %v (-read +again):\n%s", b, err, diff)
	}
}

// TestCutRecords: a record of which the end is missing is read up to a field, or
// not at all.
func TestCutRecords(t *testing.T) {
	t.Parallel()
	whole := encodeRow[Object](&Object{Key: "k", Headers: []Pair{{"A", "b"}, {"C", "d"}}, Checksum: Checksum{"CRC32", "x", true}, Parts: []Part{{Number: 1}, {Number: 2, ETag: "e"}}, age: 7})
	read := 0
	for i := range whole {
		o, err := decodeRow[Object](whole[:i])
		switch {
		case err == nil && bytes.HasPrefix(whole, encodeRow[Object](o)):
			read++
		case !errors.Is(err, errRecord):
			t.Errorf("%d bytes: %+v, %v", i, o, err)
		}
	}
	if read != 7 { // the fields that can be the last, and none
		t.Errorf("%d were read", read)
	}
}

// TestSealedRecords: a record of which a byte has changed is not read, nor one
// that belongs to another key.
func TestSealedRecords(t *testing.T) {
	t.Parallel()
	key, record := []byte("key"), encodeRow[Bucket](&Bucket{Name: "b", Owner: "o"})
	sealed := seal(key, bytes.Clone(record))
	if got, err := unseal(key, sealed); err != nil || !bytes.Equal(got, record) {
		t.Fatalf("%x, %v", got, err)
	}
	if _, err := unseal([]byte("kez"), sealed); !errors.Is(err, errRecord) {
		t.Errorf("another key: %v", err)
	}
	for i := range sealed {
		sealed[i] ^= 1
		if _, err := unseal(key, sealed); !errors.Is(err, errRecord) {
			t.Errorf("byte %d: %v", i, err)
		}
		sealed[i] ^= 1
	}
	if _, err := unseal(key, sealed[:3]); !errors.Is(err, errRecord) {
		t.Errorf("three bytes: %v", err)
	}
}
