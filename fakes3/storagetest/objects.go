package storagetest

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/irsatz/irsatz/fakes3/storage"
)

func (f *fixture) buckets() {
	for _, name := range []string{"zoo", "abc"} {
		f.bucket(name)
	}
	all, err := f.Buckets()
	f.must(err)
	var names []string
	for _, b := range all {
		names = append(names, b.Name)
	}
	if !slices.Equal(names, []string{"abc", "data", "zoo"}) {
		f.Errorf("buckets %v", names)
	}
	there, err := f.CreateBucket(storage.Bucket{Name: "abc", Owner: "444455556666"})
	f.want(err, storage.ErrBucketExists)
	if there.Owner != "111122223333" || there.Created.IsZero() {
		f.Errorf("the bucket that is there: %+v", there)
	}
	found, err := f.Bucket("abc")
	f.must(err)
	if found.ID != there.ID || found.Revision != there.Revision || found.Owner != there.Owner || !found.Created.Equal(there.Created) {
		f.Errorf("found %+v, created %+v", found, there)
	}
	f.must(f.DeleteBucket(found))
	f.want(f.DeleteBucket(found), storage.ErrNoBucket)
	_, err = f.Bucket("abc")
	f.want(err, storage.ErrNoBucket)
	f.put("k", "v")
	f.want(f.DeleteBucket(f.b), storage.ErrNotEmpty)
	f.remove("k", "")
	f.versioning(storage.Enabled)
	f.remove("k", "")
	f.want(f.DeleteBucket(f.b), storage.ErrNotEmpty) // there is a marker
}

// replacedBucket: whoever was authorized for a bucket must not change, or read,
// one that took its name.
func (f *fixture) replacedBucket() {
	o := f.put("k", "old")
	f.remove("k", "")
	u, err := f.StartUpload(f.b, storage.Upload{Key: "k"})
	f.must(err)
	f.must(f.DeleteBucket(f.b))
	again := f.bucket("data")
	if again.ID == f.b.ID {
		f.Fatal("the same id")
	}
	_, err = f.PutObject(f.b, &storage.Object{Key: "k"}, storage.Conditions{})
	f.want(err, storage.ErrNoBucket)
	_, err = f.DeleteObject(f.b, "k", "", storage.Conditions{})
	f.want(err, storage.ErrNoBucket)
	_, err = f.StartUpload(f.b, storage.Upload{Key: "k"})
	f.want(err, storage.ErrNoBucket)
	f.want(f.AmendObject(f.b, o, func(*storage.Object) error { return nil }), storage.ErrNoBucket)
	f.want(f.ConfigureBucket(f.b, func(*storage.Bucket) error { return nil }), storage.ErrNoBucket)
	f.want(f.DeleteBucket(f.b), storage.ErrNoBucket)
	for _, b := range []*storage.Bucket{f.b, again} {
		_, err = f.Upload(b, "k", u.ID)
		f.want(err, storage.ErrNoUpload)
	}
	_, err = f.PutObject(again, &storage.Object{Key: "k"}, storage.Conditions{})
	f.must(err)
	_, err = f.Object(f.b, "k", "")
	f.want(err, storage.ErrNoObject)
}

func (f *fixture) settings() {
	set := func(name, document string) {
		f.Helper()
		f.must(f.ConfigureBucket(f.b, func(b *storage.Bucket) error {
			if b.Documents == nil {
				b.Documents = map[string][]byte{}
			}
			b.Documents[name] = []byte(document)
			return nil
		}))
	}
	set("policy", "{}")
	before, err := f.Bucket("data")
	f.must(err)
	set("cors", "\x00\xff not even text")
	set("policy", "{ }")
	f.versioning(storage.Enabled)
	now, err := f.Bucket("data")
	f.must(err)
	if diff := cmp.Diff(map[string][]byte{"policy": []byte("{ }"), "cors": []byte("\x00\xff not even text")}, now.Documents); diff != "" || now.Versioning != storage.Enabled {
		f.Errorf("%+v (-want +got):\n%s", now, diff)
	}
	if len(before.Documents) != 1 || string(before.Documents["policy"]) != "{}" || before.Versioning != "" {
		f.Errorf("what was found before has changed: %+v", before)
	}
	if now.Revision == before.Revision || now.ID != before.ID || now.ID != f.b.ID {
		f.Errorf("before %+v, now %+v", before, now)
	}
	refused := errors.New("refused")
	f.want(f.ConfigureBucket(f.b, func(b *storage.Bucket) error {
		b.Versioning = ""
		clear(b.Documents)
		return refused
	}), refused)
	f.must(f.ConfigureBucket(f.b, func(b *storage.Bucket) error { delete(b.Documents, "cors"); return nil }))
	now, err = f.Bucket("data")
	f.must(err)
	if len(now.Documents) != 1 || now.Versioning != storage.Enabled {
		f.Errorf("%+v", now)
	}
}

// object: all that is known of an object comes back.
func (f *fixture) object() {
	date := time.Date(2024, 2, 29, 12, 0, 0, 123456789, time.UTC)
	o := &storage.Object{
		Key: "a/b", ETag: `"x-2"`, Class: "STANDARD_IA",
		Headers:    []storage.Pair{{Name: "Content-Type", Value: "text/plain"}, {Name: "X-Amz-Meta-A", Value: "\xe4 latin"}},
		Tags:       []storage.Tag{{Key: "k", Value: "v"}, {Key: "empty"}},
		Checksum:   storage.Checksum{Algorithm: "SHA256", Value: "abc=", Composite: true},
		Encryption: storage.Encryption{Algorithm: "aws:kms", KeyID: "key", Context: "e30=", BucketKey: true, CustomerKeyMD5: "m"},
		Lock:       storage.Lock{Mode: "GOVERNANCE", Until: date, Hold: "ON"},
		Parts: []storage.Part{
			{Number: 1, Size: 3, ETag: `"p"`, Checksum: storage.Checksum{Algorithm: "CRC32", Value: "x"}},
			{Number: 9, Size: 2},
		},
	}
	put, err := f.tryPut(o, "hello", storage.Conditions{})
	f.must(err)
	if put.VersionID != storage.NullVersion || put.Modified.IsZero() || put.Size() != 5 {
		f.Errorf("put %+v", put)
	}
	for _, version := range []string{"", storage.NullVersion} {
		got, err := f.Object(f.b, "a/b", version)
		f.must(err)
		if diff := cmp.Diff(put, got, cmpopts.IgnoreUnexported(storage.Object{}), cmpopts.EquateEmpty()); diff != "" {
			f.Errorf("version %q (-put +got):\n%s", version, diff)
		}
		o.Modified, o.VersionID = got.Modified, got.VersionID
		if diff := cmp.Diff(o, got, cmpopts.IgnoreUnexported(storage.Object{}), cmpopts.EquateEmpty()); diff != "" {
			f.Errorf("version %q (-want +got):\n%s", version, diff)
		}
	}
	for _, key := range []string{"a", "a/", "a/b/", "a/bc", "A/b"} {
		_, err := f.Object(f.b, key, "")
		f.want(err, storage.ErrNoObject)
		_, err = f.Object(f.b, key, storage.NullVersion)
		f.want(err, storage.ErrNoObject)
	}
	f.put("a/b", "again")
	if got := f.body("a/b", ""); got != "again" {
		f.Errorf("overwritten: %q", got)
	}
	if d := f.remove("a/b", ""); d != (storage.Deletion{}) || f.body("a/b", "") != "none" {
		f.Errorf("deleted: %+v, %q", d, f.body("a/b", ""))
	}
	f.remove("a/b", "")
}

func (f *fixture) versions() {
	f.versioning(storage.Enabled)
	one, two := f.put("k", "1"), f.put("k", "2")
	other := f.put("other", "o")
	if one.VersionID == two.VersionID || one.VersionID == storage.NullVersion {
		f.Fatalf("versions %q, %q", one.VersionID, two.VersionID)
	}
	for version, want := range map[string]string{
		"": "2", one.VersionID: "1", two.VersionID: "2", "null": "none", "nonsense": "none", other.VersionID: "none", one.VersionID + "A": "none",
		"0000000000000000000000000000000": "none", "ÿ": "none",
	} {
		if got := f.body("k", version); got != want {
			f.Errorf("version %q: %q, want %q", version, got, want)
		}
	}
	_, err := f.Object(f.b, "k", "nonsense")
	f.want(err, storage.ErrNoVersion)
	gone := f.remove("k", "")
	if !gone.Marker || gone.VersionID == "" || f.body("k", "") != "marker" || f.body("k", gone.VersionID) != "marker" || f.body("k", one.VersionID) != "1" {
		f.Errorf("marker %+v", gone)
	}
	if d := f.remove("k", gone.VersionID); !d.Marker || d.VersionID != gone.VersionID || f.body("k", "") != "2" {
		f.Errorf("marker removed: %+v, %q", d, f.body("k", ""))
	}
	if d := f.remove("k", two.VersionID); d.Marker || d.VersionID != two.VersionID || f.body("k", "") != "1" {
		f.Errorf("newest removed: %+v, %q", d, f.body("k", ""))
	}
	three := f.put("k", "3")
	f.remove("k", one.VersionID)
	if f.body("k", "") != "3" || f.body("k", one.VersionID) != "none" {
		f.Error("an old version removed")
	}
	f.remove("k", three.VersionID)
	_, err = f.Object(f.b, "k", "")
	f.want(err, storage.ErrNoObject)
	if d := f.remove("k", three.VersionID); d.VersionID != three.VersionID || f.body("other", "") != "o" {
		f.Errorf("removed again: %+v", d)
	}
}

// nullVersion: there is one at most, wherever in the history it is.
func (f *fixture) nullVersion() {
	f.put("k", "zero")
	f.versioning(storage.Enabled)
	one := f.put("k", "1")
	if f.body("k", storage.NullVersion) != "zero" {
		f.Error("the version of before is not the null version")
	}
	f.versioning(storage.Suspended)
	if o := f.put("k", "null"); o.VersionID != storage.NullVersion {
		f.Errorf("version %q", o.VersionID)
	}
	if got := []string{f.body("k", ""), f.body("k", storage.NullVersion), f.body("k", one.VersionID)}; !slices.Equal(got, []string{"null", "null", "1"}) {
		f.Errorf("%q", got)
	}
	if d := f.remove("k", ""); !d.Marker || d.VersionID != storage.NullVersion {
		f.Errorf("deleted %+v", d)
	}
	page, err := f.Versions(f.b, storage.Query{Limit: 10})
	f.must(err)
	if len(page.Entries) != 2 || !page.Entries[0].Object.Marker || page.Entries[1].Object.VersionID != one.VersionID {
		f.Errorf("%+v", page)
	}
	f.versioning(storage.Enabled)
	f.put("k", "2")
	f.remove("k", storage.NullVersion)
	if f.body("k", storage.NullVersion) != "none" || f.body("k", "") != "2" {
		f.Error("null version removed")
	}
}

func (f *fixture) conditions() {
	put := func(c storage.Conditions, want error) {
		f.Helper()
		_, err := f.tryPut(&storage.Object{Key: "k", ETag: `"e"`}, "new", c)
		f.want(err, want)
	}
	put(storage.Conditions{Match: `"e"`}, storage.ErrNoObject)
	put(storage.Conditions{Match: "*"}, storage.ErrNoObject)
	put(storage.Conditions{Absent: true}, nil)
	put(storage.Conditions{Absent: true}, storage.ErrExists)
	put(storage.Conditions{Match: `"other"`}, storage.ErrChanged)
	put(storage.Conditions{Match: "e"}, nil)
	put(storage.Conditions{Match: "*"}, nil)
	_, err := f.DeleteObject(f.b, "k", "", storage.Conditions{Match: "other"})
	f.want(err, storage.ErrChanged)
	f.versioning(storage.Enabled)
	_, err = f.DeleteObject(f.b, "k", "", storage.Conditions{Match: `"e"`})
	f.must(err)
	put(storage.Conditions{Match: `"e"`}, storage.ErrNoObject) // a marker is nothing
	put(storage.Conditions{Absent: true}, nil)
	if f.body("k", "") != "new" {
		f.Error("not stored")
	}
}

// longKeys: a key that S3 has no room for is refused, and is not taken for one
// that is as long as what is left of its length in 16 bits.
func (f *fixture) longKeys() {
	f.versioning(storage.Enabled)
	f.put(strings.Repeat("k", storage.MaxKey), "longest")
	first := f.put("team-a", "1")
	f.put("team-a", "2")
	for _, n := range []int{storage.MaxKey + 1, 40 << 10, 1<<16 + len("team-a")} {
		key := "team-a/" + strings.Repeat("x", n-len("team-a/"))
		_, err := f.DeleteObject(f.b, key, "", storage.Conditions{})
		f.want(err, storage.ErrKeyTooLong)
		_, err = f.tryPut(&storage.Object{Key: key}, "x", storage.Conditions{})
		f.want(err, storage.ErrKeyTooLong)
		_, err = f.StartUpload(f.b, storage.Upload{Key: key})
		f.want(err, storage.ErrKeyTooLong)
		_, err = f.CompleteUpload(f.b, f.start("team-a"), &storage.Object{Key: key}, storage.Conditions{})
		f.want(err, storage.ErrKeyTooLong)
	}
	f.remove("team-a", first.VersionID)
	if got := f.body("team-a", ""); got != "2" {
		f.Errorf("team-a is %q", got)
	}
}

// relocked: a version is deleted only under the lock by which it was judged.
func (f *fixture) relocked() {
	f.versioning(storage.Enabled)
	o := f.put("k", "1")
	f.put("k", "2")
	judged := o.Lock
	kept := storage.Lock{Mode: "GOVERNANCE", Until: time.Date(2030, 1, 1, 0, 0, 0, 0, time.FixedZone("", 3600)), Hold: "ON"}
	f.must(f.AmendObject(f.b, o, func(o *storage.Object) error { o.Lock = kept; return nil }))
	_, err := f.DeleteObject(f.b, "k", o.VersionID, storage.Conditions{Lock: &judged})
	f.want(err, storage.ErrRelocked)
	for _, other := range []storage.Lock{{Mode: kept.Mode, Until: kept.Until}, {Mode: kept.Mode, Hold: kept.Hold}, {Until: kept.Until, Hold: kept.Hold}} {
		_, err := f.DeleteObject(f.b, "k", o.VersionID, storage.Conditions{Lock: &other})
		f.want(err, storage.ErrRelocked)
	}
	if f.body("k", o.VersionID) != "1" {
		f.Error("deleted")
	}
	_, err = f.DeleteObject(f.b, "k", o.VersionID, storage.Conditions{Lock: &kept})
	f.must(err)
	_, err = f.Object(f.b, "k", o.VersionID)
	f.want(err, storage.ErrNoVersion)
	_, err = f.DeleteObject(f.b, "k", o.VersionID, storage.Conditions{Lock: &kept}) // nothing to judge
	f.must(err)
}

func (f *fixture) amend() {
	f.versioning(storage.Enabled)
	one := f.put("k", "1")
	two := f.put("k", "2")
	tag := func(o *storage.Object, value string) error {
		return f.AmendObject(f.b, o, func(o *storage.Object) error {
			o.Tags = append(slices.Clone(o.Tags), storage.Tag{Key: value})
			return nil
		})
	}
	f.must(tag(one, "old"))
	f.must(tag(two, "a"))
	f.want(f.AmendObject(f.b, two, func(o *storage.Object) error { o.Tags = nil; return storage.ErrChanged }), storage.ErrChanged)
	f.must(tag(two, "b")) // on top of what was changed since two was found
	for version, want := range map[string][]storage.Tag{one.VersionID: {{Key: "old"}}, two.VersionID: {{Key: "a"}, {Key: "b"}}, "": {{Key: "a"}, {Key: "b"}}} {
		o, err := f.Object(f.b, "k", version)
		f.must(err)
		if !slices.Equal(o.Tags, want) {
			f.Errorf("version %q: tags %v", version, o.Tags)
		}
	}
	if len(two.Tags) != 0 {
		f.Error("what was found before has changed")
	}
	if f.body("k", "") != "2" || f.body("k", one.VersionID) != "1" {
		f.Error("bodies")
	}
	f.remove("k", one.VersionID)
	f.want(tag(one, "x"), storage.ErrNoObject)
	f.versioning(storage.Suspended)
	null := f.put("k", "null")
	f.put("k", "null2")
	f.want(tag(null, "x"), storage.ErrNoObject) // another object under the same id
	f.remove("k", storage.NullVersion)
	f.remove("k", two.VersionID)
	f.want(tag(two, "x"), storage.ErrNoObject)
}
