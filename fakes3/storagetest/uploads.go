package storagetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/irsatz/irsatz/fakes3/storage"
)

func (f *fixture) start(key string) *storage.Upload {
	f.Helper()
	u, err := f.StartUpload(f.b, storage.Upload{Key: key})
	f.must(err)
	return u
}

func (f *fixture) part(u *storage.Upload, n int, body string) *storage.Part {
	f.Helper()
	c := f.receive(body)
	defer f.Discard(c)
	p, err := f.PutPart(f.b, u, storage.Part{Number: n, ETag: body, Content: c})
	f.must(err)
	return p
}

func (f *fixture) upload() {
	asked := storage.Upload{
		Key: "k", Initiator: "arn:x", Owner: "111122223333", Algorithm: "SHA256", Composite: true,
		Draft: storage.Object{Key: "k", Headers: []storage.Pair{{Name: "Content-Type", Value: "x"}}, Tags: []storage.Tag{{Key: "t", Value: "v"}}, Class: "GLACIER"},
		Asked: []storage.Pair{{Name: "X-Amz-Acl", Value: "private"}, {Name: "X-Amz-Storage-Class", Value: "GLACIER"}},
	}
	u, err := f.StartUpload(f.b, asked)
	f.must(err)
	found, err := f.Upload(f.b, "k", u.ID)
	f.must(err)
	asked.ID, asked.Initiated = u.ID, u.Initiated
	for _, got := range []*storage.Upload{u, found} {
		if diff := cmp.Diff(&asked, got, cmpopts.IgnoreUnexported(storage.Object{}, storage.Upload{}), cmpopts.EquateEmpty()); diff != "" || u.Initiated.IsZero() {
			f.Errorf("(-want +got):\n%s", diff)
		}
	}
	for _, wrong := range [][2]string{{"other", u.ID}, {"k", u.ID + "A"}, {"k", ""}, {"k", "null"}, {"k", strings.Repeat("0", len(u.ID))}} {
		_, err := f.Upload(f.b, wrong[0], wrong[1])
		f.want(err, storage.ErrNoUpload)
	}
	one, two := f.part(u, 1, "one-"), f.part(u, 2, "two")
	o, err := f.CompleteUpload(f.b, u, &storage.Object{Key: "k", ETag: `"e-2"`, Content: storage.Join(one.Content, two.Content)}, storage.Conditions{})
	f.must(err)
	if f.body("k", "") != "one-two" || o.Size() != 7 || o.VersionID != storage.NullVersion {
		f.Errorf("completed: %+v", o)
	}
	_, err = f.Upload(f.b, "k", u.ID)
	f.want(err, storage.ErrNoUpload)
	_, err = f.CompleteUpload(f.b, u, &storage.Object{Key: "k"}, storage.Conditions{})
	f.want(err, storage.ErrNoUpload)
	f.want(f.AbortUpload(f.b, u), storage.ErrNoUpload)
	_, err = f.PutPart(f.b, u, storage.Part{Number: 1})
	f.want(err, storage.ErrNoUpload)

	// Conditions are asked of the object, and what fails changes nothing.
	u = f.start("k")
	again := large(9999)
	p := f.part(u, 1, again)
	_, err = f.CompleteUpload(f.b, u, &storage.Object{Key: "k", Content: p.Content}, storage.Conditions{Absent: true})
	f.want(err, storage.ErrExists)
	if f.body("k", "") != "one-two" || f.read(p.Content) != again {
		f.Error("a failed completion")
	}
	f.must(f.AbortUpload(f.b, u))
	_, err = f.Open(p.Content)
	f.want(err, storage.ErrGone)
	if f.body("k", "") != "one-two" {
		f.Error("abort")
	}
}

// overtaken: conditions are asked of the version that was the newest when the
// upload began, and of no other that looks like it.
func (f *fixture) overtaken() {
	absent, same := storage.Conditions{Absent: true}, storage.Conditions{Match: `"e"`}
	try := func(u *storage.Upload, c storage.Conditions, want error) {
		f.Helper()
		_, err := f.CompleteUpload(f.b, u, &storage.Object{Key: "k", ETag: `"done"`}, c)
		if want != nil {
			f.want(err, want)
			_, err = f.Upload(f.b, "k", u.ID)
		}
		f.must(err)
	}
	// Without versions: it was replaced by one that is like it, and was deleted.
	f.put("k", "e")
	u := f.start("k")
	try(u, absent, storage.ErrExists)
	f.put("k", "e")
	try(u, same, storage.ErrOvertaken)
	f.remove("k", "")
	try(u, same, storage.ErrNoObject)
	try(u, absent, storage.ErrOvertaken)
	try(u, storage.Conditions{}, nil)
	f.remove("k", "")
	// There was nothing, and is nothing again.
	u = f.start("k")
	f.put("k", "e")
	try(u, same, storage.ErrOvertaken)
	f.remove("k", "")
	try(u, absent, nil)
	f.remove("k", "")
	// What is known of the version may have changed.
	o := f.put("k", "e")
	u = f.start("k")
	f.must(f.AmendObject(f.b, o, func(o *storage.Object) error { o.Tags = []storage.Tag{{Key: "t"}}; return nil }))
	try(u, same, nil)
	f.remove("k", "")
	// With versions it can become the newest once more; a delete marker is one, too.
	f.versioning(storage.Enabled)
	f.put("k", "e")
	u = f.start("k")
	later := f.put("k", "e")
	try(u, same, storage.ErrOvertaken)
	f.remove("k", later.VersionID)
	try(u, same, nil)
	f.remove("k", "")
	u = f.start("k")
	f.remove("k", "")
	try(u, absent, storage.ErrOvertaken)
	try(f.start("k"), absent, nil)
}

func (f *fixture) parts() {
	u, other := f.start("k"), f.start("k")
	f.part(other, 1, "other")
	sum := storage.Checksum{Algorithm: "CRC32", Value: "x"}
	for _, n := range []int{10000, 1, 300, 256} {
		f.part(u, n, fmt.Sprint("part", n))
	}
	f.part(u, 2, large(9999))
	old := f.part(u, 7, large(9999))
	p, err := f.PutPart(f.b, u, storage.Part{Number: 7, ETag: `"new"`, Checksum: sum})
	f.must(err)
	if _, err := f.Open(old.Content); !errors.Is(err, storage.ErrGone) {
		f.Errorf("a part that was replaced: %v", err)
	}
	numbers := func(after, limit int) (out []int) {
		f.Helper()
		list, err := f.Parts(f.b, u, after, limit)
		f.must(err)
		for _, p := range list {
			out = append(out, p.Number)
		}
		return out
	}
	for _, tt := range []struct {
		after, limit int
		want         []int
	}{
		{0, 100, []int{1, 2, 7, 256, 300, 10000}}, {0, 2, []int{1, 2}}, {2, 2, []int{7, 256}}, {255, 9, []int{256, 300, 10000}}, {10000, 9, nil}, {0, 0, nil},
	} {
		if got := numbers(tt.after, tt.limit); !slices.Equal(got, tt.want) {
			f.Errorf("after %d, %d at most: %v", tt.after, tt.limit, got)
		}
	}
	list, err := f.Parts(f.b, u, 6, 1)
	f.must(err)
	if diff := cmp.Diff(p, list[0], cmpopts.EquateEmpty()); diff != "" || p.Checksum != sum || p.Modified.IsZero() {
		f.Errorf("(-put +listed):\n%s", diff)
	}
	// Of the parts some are left out, and the order is the caller's.
	all, err := f.Parts(f.b, u, 0, 100)
	f.must(err)
	_, err = f.CompleteUpload(f.b, u, &storage.Object{Key: "k", Content: storage.Join(all[5].Content, all[0].Content)}, storage.Conditions{})
	f.must(err)
	if got := f.body("k", ""); got != "part10000part1" {
		f.Errorf("%q", got)
	}
	if _, err := f.Open(all[1].Content); !errors.Is(err, storage.ErrGone) {
		f.Errorf("a part left out: %v", err)
	}
	_, err = f.Parts(f.b, u, 0, 1)
	f.want(err, storage.ErrNoUpload)
	if list, err := f.Parts(f.b, other, 0, 9); err != nil || len(list) != 1 || f.read(list[0].Content) != "other" {
		f.Errorf("the other upload: %v %v", list, err)
	}
}

// concurrent: of many conditional writers one wins, and readers see whole
// objects or are told that they are gone.
func (f *fixture) concurrent() {
	var wg sync.WaitGroup
	won := make(chan int, 64)
	for i := range 8 {
		wg.Go(func() {
			body := strings.Repeat(string(rune('a'+i)), 70_000)
			for n := range 10 {
				o := &storage.Object{Key: fmt.Sprint("race", n), Content: f.receive(body)}
				if _, err := f.PutObject(f.b, o, storage.Conditions{Absent: true}); err == nil {
					won <- n
				}
				f.Discard(o.Content)
				o = &storage.Object{Key: "k", Content: f.receive(body)}
				if _, err := f.PutObject(f.b, o, storage.Conditions{}); err != nil {
					f.Error(err)
				}
				f.Discard(o.Content)
			}
		})
		wg.Go(func() {
			for range 20 {
				o, err := f.Object(f.b, "k", "")
				if errors.Is(err, storage.ErrNoObject) {
					continue
				}
				r, err := f.Open(o.Content)
				if errors.Is(err, storage.ErrGone) {
					continue
				}
				if err != nil {
					f.Error(err)
					return
				}
				got := make([]byte, 70_001)
				if n, _ := r.Read(got); n > 0 && strings.Trim(string(got[:n]), string(got[:1])) != "" {
					f.Error("a torn read")
				}
				if err := r.Close(); err != nil {
					f.Error(err)
				}
				if _, err := f.Versions(f.b, storage.Query{Limit: 100}); err != nil {
					f.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if len(won) != 10 {
		f.Errorf("%d writers won", len(won))
	}
}
