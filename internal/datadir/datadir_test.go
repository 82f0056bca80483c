package datadir_test

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.etcd.io/bbolt"

	"github.com/irsatz/irsatz/internal/datadir"
)

func open(t testing.TB, path string) *datadir.Dir {
	t.Helper()
	d, err := datadir.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

func closeDir(t testing.TB, d *datadir.Dir) {
	t.Helper()
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
}

func keep(t testing.TB, r *datadir.Records, changes map[string][]byte) {
	t.Helper()
	if err := r.Keep(changes); err != nil {
		t.Fatal(err)
	}
}

func records(t testing.TB, r *datadir.Records, prefix string) map[string]string {
	t.Helper()
	all := map[string]string{}
	if err := r.Load(prefix, func(key string, value []byte) error { all[key] = string(value); return nil }); err != nil {
		t.Fatal(err)
	}
	return all
}

func world(t testing.TB, d *datadir.Dir) *datadir.Records {
	t.Helper()
	w, err := d.World()
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func newWorld(t testing.TB, d *datadir.Dir) *datadir.Records {
	t.Helper()
	w, err := d.NewWorld()
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func enter(t testing.TB, d *datadir.Dir, w *datadir.Records) {
	t.Helper()
	if err := d.Enter(w); err != nil {
		t.Fatal(err)
	}
}

func TestRecords(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a", "b")
	d := open(t, path)
	keep(t, d.Lasting(), map[string][]byte{"x/1": []byte("one"), "x/2": []byte("two"), "y": {}, "z": []byte("z")})
	keep(t, d.Lasting(), map[string][]byte{"x/2": []byte("zwei"), "z": nil, "never": nil})
	closeDir(t, d)
	d = open(t, path)
	if diff := cmp.Diff(map[string]string{"x/1": "one", "x/2": "zwei", "y": ""}, records(t, d.Lasting(), "")); diff != "" {
		t.Error(diff)
	}
	var order []string
	stop := errors.New("stop")
	err := d.Lasting().Load("x/", func(key string, _ []byte) error {
		if order = append(order, key); len(order) == 2 {
			return stop
		}
		return nil
	})
	if !errors.Is(err, stop) || !slices.Equal(order, []string{"x/1", "x/2"}) {
		t.Errorf("%v, %v", order, err)
	}
	// All or none.
	if err := d.Lasting().Keep(map[string][]byte{"new": []byte("1"), "": []byte("no key")}); err == nil {
		t.Error("a record without a key was kept")
	}
	if got := records(t, d.Lasting(), "new"); len(got) != 0 {
		t.Errorf("half of a change was kept: %v", got)
	}
}

// TestWorlds: a world that is not finished is never seen, and entering one
// forgets the other.
func TestWorlds(t *testing.T) {
	t.Parallel()
	path := t.TempDir()
	d := open(t, path)
	if w := world(t, d); w != nil {
		t.Errorf("a new folder has the world %v", w)
	}
	first := newWorld(t, d)
	keep(t, first, map[string][]byte{"k": []byte("first")})
	keep(t, d.Lasting(), map[string][]byte{"k": []byte("lasting")})
	closeDir(t, d)

	d = open(t, path)
	if w := world(t, d); w != nil {
		t.Error("a world that was not entered is there")
	}
	first = newWorld(t, d)
	if got := records(t, first, ""); len(got) != 0 {
		t.Errorf("a new world has %v", got)
	}
	keep(t, first, map[string][]byte{"k": []byte("first")})
	enter(t, d, first)
	abandoned := newWorld(t, d)
	keep(t, abandoned, map[string][]byte{"k": []byte("abandoned")})
	closeDir(t, d)

	d = open(t, path)
	first = world(t, d)
	if got := records(t, first, ""); got["k"] != "first" {
		t.Errorf("world %v", got)
	}
	lost := newWorld(t, d)
	second := newWorld(t, d)
	keep(t, lost, map[string][]byte{"k": []byte("lost")})
	if got := records(t, lost, ""); len(got) != 0 {
		t.Errorf("a world begun before another has %v", got)
	}
	keep(t, second, map[string][]byte{"k": []byte("second")})
	if got := records(t, first, ""); got["k"] != "first" {
		t.Errorf("the old world has %v", got)
	}
	enter(t, d, second)
	keep(t, first, map[string][]byte{"k": []byte("late")})
	if got := records(t, first, ""); len(got) != 0 {
		t.Errorf("the world that was left has %v", got)
	}
	closeDir(t, d)

	d = open(t, path)
	if got := records(t, world(t, d), ""); got["k"] != "second" {
		t.Errorf("world %v", got)
	}
	if got := records(t, d.Lasting(), ""); got["k"] != "lasting" {
		t.Errorf("lasting %v", got)
	}
}

func TestInUse(t *testing.T) {
	t.Parallel()
	path := t.TempDir()
	d := open(t, path)
	if _, err := datadir.Open(path); !errors.Is(err, datadir.ErrInUse) || !strings.Contains(err.Error(), path) {
		t.Errorf("a second one: %v", err)
	}
	closeDir(t, d)
	open(t, path)
}

// TestFolders: a world has a folder of its own, which ends with it.
func TestFolders(t *testing.T) {
	t.Parallel()
	path := t.TempDir()
	d := open(t, path)
	if err := d.Prune("s3"); err != nil {
		t.Error(err)
	}
	for range 3 {
		w := newWorld(t, d)
		enter(t, d, w)
		if err := os.MkdirAll(filepath.Join(w.Folder("s3"), "sub"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Prune("s3"); err != nil {
		t.Error(err)
	}
	left, err := filepath.Glob(filepath.Join(path, "s3", "*"))
	if err != nil || len(left) != 1 || left[0] != world(t, d).Folder("s3") {
		t.Errorf("%v, %v", left, err)
	}
}

// TestPrivate: nobody else reads what is in the folder.
func TestPrivate(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no mode bits")
	}
	path := filepath.Join(t.TempDir(), "d")
	if err := os.Mkdir(path, 0o755); err != nil {
		t.Fatal(err)
	}
	d := open(t, path)
	name, err := d.WriteFile("ca.pem", []byte("one"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.WriteFile("ca.pem", []byte("two")); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(name); err != nil || string(got) != "two" {
		t.Errorf("%q, %v", got, err)
	}
	modes := map[string]fs.FileMode{}
	err = filepath.WalkDir(path, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		modes[filepath.Base(name)] = info.Mode()
		return err
	})
	if diff := cmp.Diff(map[string]fs.FileMode{"d": fs.ModeDir | 0o700, "irsatz.db": 0o600, "ca.pem": 0o600}, modes); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

// database makes a folder with records and returns the path of its database.
func database(t testing.TB) string {
	t.Helper()
	path := t.TempDir()
	d := open(t, path)
	w := newWorld(t, d)
	for n := range 5 {
		changes := map[string][]byte{}
		for i := range 100 {
			changes[fmt.Sprintf("iam/role/111122223333/role-%d-%d", n, i)] = []byte(strings.Repeat("0123456789", i))
		}
		keep(t, w, changes)
	}
	enter(t, d, w)
	keep(t, d.Lasting(), map[string][]byte{"sealing-key": []byte("0123456789abcdef")})
	closeDir(t, d)
	return filepath.Join(path, "irsatz.db")
}

// edit changes the database behind the package's back.
func edit(t testing.TB, path string, change func(*bbolt.Tx) error) {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Update(change), db.Close()); err != nil {
		t.Fatal(err)
	}
}

// TestRefused: what is not a whole data directory of this version is an error
// that says so, and is left as it is.
func TestRefused(t *testing.T) {
	t.Parallel()
	set := func(bucket, key, value string) func(testing.TB, string) {
		return func(t testing.TB, path string) {
			edit(t, path, func(tx *bbolt.Tx) error { return tx.Bucket([]byte(bucket)).Put([]byte(key), []byte(value)) })
		}
	}
	replace := func(path, content string) error { return os.WriteFile(path, []byte(content), 0o600) }
	for name, c := range map[string]struct {
		spoil func(testing.TB, string)
		want  error
		text  string
	}{
		"future version": {set("irsatz", "format", "2"), datadir.ErrNewer, "its format is 2, and this irsatz knows 1"},
		"no version":     {set("irsatz", "format", "x"), datadir.ErrDamaged, `its format is "x"`},
		"no such world":  {set("irsatz", "world", "world/99"), datadir.ErrDamaged, "lacks a part"},
		"changed record": {set("lasting", "sealing-key", "\x00\x00\x00\x000123456789abcdef"), datadir.ErrDamaged, `record "sealing-key"`},
		"short record":   {set("lasting", "sealing-key", "x"), datadir.ErrDamaged, `record "sealing-key"`},
		"no section": {func(t testing.TB, path string) {
			edit(t, path, func(tx *bbolt.Tx) error { return tx.DeleteBucket([]byte("lasting")) })
		}, datadir.ErrDamaged, "lacks a part"},
		"another's": {func(t testing.TB, path string) {
			edit(t, path, func(tx *bbolt.Tx) error { return errors.Join(tx.DeleteBucket([]byte("irsatz"))) })
		}, datadir.ErrForeign, "something else's"},
		"not a database":   {func(t testing.TB, path string) { _ = replace(path, strings.Repeat("no database ", 10000)) }, datadir.ErrDamaged, "irsatz.db"},
		"cut short":        {func(t testing.TB, path string) { _ = os.Truncate(path, 2*4096) }, datadir.ErrDamaged, "irsatz.db"},
		"a short text":     {func(t testing.TB, path string) { _ = replace(path, "notes") }, datadir.ErrDamaged, "irsatz.db"},
		"cut off":          {func(t testing.TB, path string) { _ = os.Truncate(path, 5*4096) }, datadir.ErrDamaged, "irsatz.db"},
		"other files only": {func(t testing.TB, path string) { _ = os.Rename(path, filepath.Join(filepath.Dir(path), "notes.txt")) }, datadir.ErrForeign, "notes.txt"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := database(t)
			c.spoil(t, path)
			before, _ := os.ReadFile(path)
			for range 2 {
				_, err := datadir.Open(filepath.Dir(path))
				if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.text) {
					t.Errorf("%v", err)
				}
			}
			if after, _ := os.ReadFile(path); string(after) != string(before) {
				t.Error("the file was changed")
			}
		})
	}
}

// TestUnborn: a process that dies while it makes the database does not keep the
// next one from making it.
func TestUnborn(t *testing.T) {
	t.Parallel()
	whole := filepath.Join(t.TempDir(), "whole")
	db, err := bbolt.Open(whole, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{0, 4096, 8192, 12288, len(content)} {
		path := t.TempDir()
		if err := os.WriteFile(filepath.Join(path, "irsatz.db"), content[:min(size, len(content))], 0o600); err != nil {
			t.Fatal(err)
		}
		d, err := datadir.Open(path)
		if err != nil {
			t.Errorf("%d bytes: %v", size, err)
			continue
		}
		keep(t, d.Lasting(), map[string][]byte{"k": []byte("v")})
		closeDir(t, d)
		if got := records(t, open(t, path).Lasting(), ""); got["k"] != "v" {
			t.Errorf("%d bytes: %v", size, got)
		}
	}
}

// TestFlippedBits: whatever single bit of the file changes, no record is read
// that was not written. That one is missing may go unnoticed: the database has
// no checksum of its pages.
func TestFlippedBits(t *testing.T) {
	t.Parallel()
	path := database(t)
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	d := open(t, filepath.Dir(path))
	want := records(t, world(t, d), "")
	maps.Copy(want, records(t, d.Lasting(), ""))
	closeDir(t, d)
	random := rand.New(rand.NewPCG(1, 2))
	noticed := 0
	for range 300 {
		at := random.IntN(len(content))
		spoilt := slices.Clone(content)
		spoilt[at] ^= 1 << random.IntN(8)
		copied := t.TempDir()
		if err := os.WriteFile(filepath.Join(copied, "irsatz.db"), spoilt, 0o600); err != nil {
			t.Fatal(err)
		}
		d, err := datadir.Open(copied)
		if err != nil {
			if noticed++; !errors.Is(err, datadir.ErrDamaged) {
				t.Errorf("byte %d: %v", at, err)
			}
			continue
		}
		if w := world(t, d); w == nil {
			t.Errorf("byte %d: the world is gone", at)
		} else {
			got := records(t, w, "")
			maps.Copy(got, records(t, d.Lasting(), ""))
			for key, value := range got {
				if kept, ok := want[key]; !ok || kept != value {
					t.Errorf("byte %d: record %q has %q", at, key, value)
				}
			}
		}
		closeDir(t, d)
	}
	if noticed == 0 {
		t.Error("nothing was noticed")
	}
}

// TestManyWriters: writers at once lose nothing, and readers see whole changes.
func TestManyWriters(t *testing.T) {
	t.Parallel()
	path := t.TempDir()
	d := open(t, path)
	var writing sync.WaitGroup
	for w := range 8 {
		writing.Go(func() {
			for i := range 10 {
				key := fmt.Sprintf("%d/%d", w, i)
				if err := d.Lasting().Keep(map[string][]byte{key + "a": []byte("1"), key + "b": []byte("1")}); err != nil {
					t.Error(err)
				}
				if n := len(records(t, d.Lasting(), key)); n != 2 {
					t.Errorf("%d records of %s", n, key)
				}
			}
		})
	}
	writing.Wait()
	closeDir(t, d)
	if n := len(records(t, open(t, path).Lasting(), "")); n != 160 {
		t.Errorf("%d records", n)
	}
}
