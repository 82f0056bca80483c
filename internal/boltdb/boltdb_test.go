package boltdb_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/irsatz/irsatz/internal/boltdb"
)

func open(t *testing.T) (d *boltdb.DB, path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "a.db")
	d, err := boltdb.Open(path, bbolt.Options{Timeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return d, path
}

func put(key string) func(*bbolt.Tx) error {
	return func(tx *bbolt.Tx) error {
		b, err := tx.CreateBucketIfNotExists([]byte("table"))
		if err != nil {
			return err
		}
		return b.Put([]byte(key), bytes.Repeat([]byte("value"), 1000))
	}
}

func keys(t *testing.T, d *boltdb.DB) (keys string) {
	t.Helper()
	err := d.View(func(tx *bbolt.Tx) error {
		return tx.Bucket([]byte("table")).ForEach(func(key, _ []byte) error {
			keys += string(key)
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// TestUpdate: an update that fails or panics is undone, and the next ones are not
// kept from being written.
func TestUpdate(t *testing.T) {
	t.Parallel()
	d, path := open(t)
	refused := errors.New("refused")
	for _, c := range []struct {
		end  func() error
		want error
	}{
		{func() error { return nil }, nil},
		{func() error { return refused }, refused},
		{func() error { panic("met damage") }, boltdb.ErrDamaged},
		{func() error { return nil }, nil},
	} {
		err := d.Update(func(tx *bbolt.Tx) error {
			n := 0
			if b := tx.Bucket([]byte("table")); b != nil {
				n = b.Stats().KeyN
			}
			return errors.Join(put(string(rune('a'+n)))(tx), c.end())
		})
		if !errors.Is(err, c.want) {
			t.Errorf("%v, want %v", err, c.want)
		}
	}
	if got := keys(t, d); got != "ab" {
		t.Errorf("keys %q", got)
	}
	if _, err := boltdb.Open(path, bbolt.Options{Timeout: time.Millisecond}); !errors.Is(err, boltdb.ErrInUse) {
		t.Errorf("opened twice: %v", err)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
}

// TestBroken: when the file is damaged so that not even a transaction can be
// ended, updates fail, and nobody waits for ever.
func TestBroken(t *testing.T) {
	t.Parallel()
	d, path := open(t)
	if err := d.Update(put("a")); err != nil {
		t.Fatal(err)
	}
	const first = 2 // pages, which say where the others are
	page := os.Getpagesize()
	err := d.Update(func(tx *bbolt.Tx) error {
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		defer f.Close()
		_, err = f.WriteAt(make([]byte, int(tx.Size())-first*page), first*int64(page))
		return err
	})
	if !errors.Is(err, boltdb.ErrDamaged) || !strings.Contains(err.Error(), "a.db") {
		t.Errorf("the update that met the damage: %v", err)
	}
	if err := d.Update(put("b")); !errors.Is(err, boltdb.ErrDamaged) {
		t.Errorf("the next one: %v", err)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
}

// TestOpenDamaged: a file whose pages are damaged is not opened, and not locked.
func TestOpenDamaged(t *testing.T) {
	t.Parallel()
	d, path := open(t)
	if err := errors.Join(d.Update(put("a")), d.Close()); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	page := os.Getpagesize()
	for at := 2 * page; at < len(whole); at += page {
		clear(whole[at : at+page])
	}
	if err := os.WriteFile(path, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := boltdb.Open(path, bbolt.Options{Timeout: time.Second}); !errors.Is(err, boltdb.ErrDamaged) {
		t.Error(err)
	}
}
