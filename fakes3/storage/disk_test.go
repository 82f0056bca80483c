package storage_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/irsatz/irsatz/fakes3/storage"
)

// files returns the files below a folder that hold bodies.
func files(t *testing.T, dir string) (list []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() && e.Name() != "index.db" {
			list = append(list, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// TestDiskOutlives: what was stored is there for the next process, all of it
// and no more.
func TestDiskOutlives(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "a", "b")
	s := disk(t, dir)
	b, err := s.CreateBucket(storage.Bucket{Name: "data", Owner: "111122223333", Documents: map[string][]byte{"policy": []byte("{}")}})
	if err != nil {
		t.Fatal(err)
	}
	receive := func(body string) storage.Content {
		t.Helper()
		c, err := s.Receive(strings.NewReader(body), int64(len(body)))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	put := func(key, body string) *storage.Object {
		t.Helper()
		o, err := s.PutObject(b, &storage.Object{Key: key, ETag: `"e"`, Content: receive(body)}, storage.Conditions{})
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	long := func(s string) string { return strings.Repeat(s, 3000) }
	put("../../key", long("old"))
	kept := put("../../key", long("new"))
	put("gone", long("gone"))
	put("short", "a few bytes")
	if _, err := s.DeleteObject(b, "gone", "", storage.Conditions{}); err != nil {
		t.Fatal(err)
	}
	u, err := s.StartUpload(b, storage.Upload{Key: "up"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.PutPart(b, u, storage.Part{Number: 1, Content: receive(long("part"))}); err != nil {
		t.Fatal(err)
	}
	receive(long("never put"))
	if n := len(files(t, dir)); n != 3 {
		t.Errorf("%d files, want those of an object, a part, and one that is nobody's", n)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	rubbish := filepath.Join(dir, "new", "RUBBISH")
	if err := os.WriteFile(rubbish, []byte("half a b"), 0o600); err != nil {
		t.Fatal(err)
	}

	s = disk(t, dir)
	again, err := s.Bucket("data")
	if err != nil || again.ID != b.ID || again.Owner != b.Owner || string(again.Documents["policy"]) != "{}" || !again.Created.Equal(b.Created) {
		t.Fatalf("bucket %+v, %v, was %+v", again, err, b)
	}
	o, err := s.Object(again, "../../key", "")
	if err != nil || o.ETag != `"e"` || !o.Modified.Equal(kept.Modified) {
		t.Fatalf("object %+v, %v", o, err)
	}
	if got := read(t, s, o.Content); got != long("new") {
		t.Errorf("%d bytes", len(got))
	}
	if o, err := s.Object(again, "short", ""); err != nil || read(t, s, o.Content) != "a few bytes" {
		t.Errorf("short object %+v, %v", o, err)
	}
	parts, err := s.Parts(again, u, 0, 10)
	if err != nil || len(parts) != 1 || read(t, s, parts[0].Content) != long("part") {
		t.Errorf("parts %v, %v", parts, err)
	}
	if left := files(t, dir); len(left) != 2 || slices.Contains(left, rubbish) {
		t.Errorf("files %q", left)
	}
	if _, err := s.StartUpload(again, storage.Upload{Key: "up"}); err != nil { // with a number that was never used
		t.Error(err)
	}
	if page, err := s.Uploads(again, storage.Query{Limit: 10}); err != nil || len(page.Entries) != 2 {
		t.Errorf("uploads %+v, %v", page, err)
	}
}

// TestDiskFinishes: what a process was about to do when it ended is done at the
// next start.
func TestDiskFinishes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := disk(t, dir)
	b, err := s.CreateBucket(storage.Bucket{Name: "data"})
	if err != nil {
		t.Fatal(err)
	}
	body := strings.Repeat("body", 3000)
	c, err := s.Receive(strings.NewReader(body), int64(len(body)))
	if err != nil {
		t.Fatal(err)
	}
	o, err := s.PutObject(b, &storage.Object{Key: "k", Content: c}, storage.Conditions{})
	if err != nil {
		t.Fatal(err)
	}
	id := c.Extents[0].Blob
	settled := files(t, dir)[0]
	unsettled := filepath.Join(dir, "new", id)
	if filepath.Base(settled) != id || settled == unsettled {
		t.Fatalf("the file is at %s", settled)
	}
	// As after the end between the index and the file.
	if err := os.Rename(settled, unsettled); err != nil {
		t.Fatal(err)
	}
	if got := read(t, s, o.Content); got != body {
		t.Errorf("before it is moved: %d bytes", len(got))
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = disk(t, dir)
	if got := read(t, s, o.Content); got != body || !slices.Equal(files(t, dir), []string{settled}) {
		t.Errorf("moved: %d bytes, files %q", len(got), files(t, dir))
	}
	// As after the end between the deletion and the file's.
	if _, err := s.DeleteObject(b, "k", "", storage.Conditions{}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(settled, []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}
	disk(t, dir)
	if left := files(t, dir); len(left) != 0 {
		t.Errorf("files %q", left)
	}
}

// TestDiskRefuses what it cannot read, rather than to begin anew.
func TestDiskRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := disk(t, dir)
	if again, err := storage.OpenDisk(dir, storage.Config{}); err == nil || !strings.Contains(err.Error(), "another process") {
		t.Errorf("opened twice: %v %v", again, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	index := filepath.Join(dir, "index.db")
	if err := os.WriteFile(index, []byte(strings.Repeat("not a database ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := storage.OpenDisk(dir, storage.Config{}); err == nil {
		t.Error("opened a broken index")
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := storage.OpenDisk(file, storage.Config{}); err == nil {
		t.Error("opened a file")
	}
}

// TestDiskDamaged: of an index that was damaged on the disk nothing is read that
// was not written, and the process lives.
func TestDiskDamaged(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := disk(t, dir)
	b, err := s.CreateBucket(storage.Bucket{Name: "data", Documents: map[string][]byte{"policy": []byte(strings.Repeat("deny", 1000))}})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		if _, err := s.PutObject(b, &storage.Object{Key: fmt.Sprintf("%03d", i), ETag: fmt.Sprintf("etag-%03d", i)}, storage.Conditions{}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(filepath.Join(dir, "index.db"))
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(5, 6))
	unharmed := 0
	for range 60 {
		damaged := slices.Clone(whole)
		if r.IntN(4) == 0 {
			damaged = damaged[:r.IntN(len(damaged))]
		}
		for i := 0; i < 1+r.IntN(20) && len(damaged) > 0; i++ {
			damaged[r.IntN(len(damaged))] ^= byte(1 + r.IntN(255))
		}
		copied := t.TempDir()
		if err := os.WriteFile(filepath.Join(copied, "index.db"), damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		if examine(t, copied) {
			unharmed++
		}
	}
	if unharmed == 60 {
		t.Error("no damage was noticed")
	}
}

// examine reads what is there, and reports whether it could.
func examine(t *testing.T, dir string) (whole bool) {
	t.Helper()
	s, err := storage.OpenDisk(dir, storage.Config{})
	if err != nil {
		return false
	}
	defer func() {
		if met := recover(); met != nil { // which ends a request
			whole = false
		}
		_ = s.Close()
	}()
	b, err := s.Bucket("data")
	if err != nil {
		return false
	}
	if string(b.Documents["policy"]) != strings.Repeat("deny", 1000) {
		t.Errorf("another policy: %q", b.Documents["policy"])
	}
	page, err := s.Objects(b, storage.Query{Limit: 1000})
	for _, e := range page.Entries {
		if e.Object.ETag != "etag-"+e.Object.Key {
			t.Errorf("another object: %+v", e.Object)
		}
	}
	return err == nil && len(page.Entries) == 100
}
