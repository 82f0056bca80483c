package datadir

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"go.etcd.io/bbolt"
)

// Records are the records of one section. They may be used by any number of
// goroutines.
type Records struct {
	dir  *Dir
	name string
}

// Lasting returns the records that outlast worlds.
func (d *Dir) Lasting() *Records { return &Records{d, lasting} }

// World returns the records of the current world, nil if there is none yet.
func (d *Dir) World() (*Records, error) {
	var w *Records
	err := d.db.View(func(tx *bbolt.Tx) error {
		if name := current(tx); name != "" {
			w = &Records{d, name}
		}
		return nil
	})
	return w, err
}

// NewWorld returns a world without records, beside the current one. One that was
// not finished is forgotten.
func (d *Dir) NewWorld() (*Records, error) {
	w := &Records{dir: d}
	err := d.db.Update(func(tx *bbolt.Tx) error {
		if err := dropOthers(tx, current(tx)); err != nil {
			return err
		}
		n, err := tx.Bucket([]byte(about)).NextSequence()
		if err != nil {
			return err
		}
		w.name = worlds + strconv.FormatUint(n, 10)
		_, err = tx.CreateBucket([]byte(w.name))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	return w, nil
}

// Enter makes w the current world and forgets all others.
func (d *Dir) Enter(w *Records) error {
	err := d.db.Update(func(tx *bbolt.Tx) error {
		if err := tx.Bucket([]byte(about)).Put([]byte(aboutWorld), []byte(w.name)); err != nil {
			return err
		}
		return dropOthers(tx, w.name)
	})
	if err != nil {
		return fmt.Errorf("data directory: %w", err)
	}
	return nil
}

// Name returns the world's name, which no other in the folder has or had.
func (r *Records) Name() string { return r.name }

// Folder returns the folder of this kind that belongs to the world, for what is no
// record. It need not be there. Prune removes it when the world is forgotten.
func (r *Records) Folder(kind string) string {
	return filepath.Join(r.dir.path, kind, strings.TrimPrefix(r.name, worlds))
}

// Prune removes the folders of this kind of all worlds but the current one.
func (d *Dir) Prune(kind string) error {
	world, err := d.World()
	if err != nil {
		return err
	}
	entries, err := os.ReadDir(filepath.Join(d.path, kind))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, entry := range entries {
		path := filepath.Join(d.path, kind, entry.Name())
		if world != nil && path == world.Folder(kind) {
			continue
		}
		if err := os.RemoveAll(path); err != nil {
			return fmt.Errorf("data directory: %w", err)
		}
	}
	return nil
}

// Load calls each with every record whose key begins with prefix, in the order
// of the keys. The value is good until each returns.
func (r *Records) Load(prefix string, each func(key string, value []byte) error) error {
	return r.dir.db.View(func(tx *bbolt.Tx) error {
		b := tx.Bucket([]byte(r.name))
		if b == nil {
			return nil
		}
		cursor := b.Cursor()
		for key, sealed := cursor.Seek([]byte(prefix)); key != nil && bytes.HasPrefix(key, []byte(prefix)); key, sealed = cursor.Next() {
			value, err := unseal(key, sealed)
			if err != nil {
				return err
			}
			if err := each(string(key), value); err != nil {
				return err
			}
		}
		return nil
	})
}

// Keep sets records to new values, or with nil removes them: all of them, or
// none if it fails. When it returns they are on the disk. What is written to a
// world that was forgotten is forgotten too.
func (r *Records) Keep(changes map[string][]byte) error {
	err := r.dir.db.Update(func(tx *bbolt.Tx) error {
		b := tx.Bucket([]byte(r.name))
		if b == nil {
			return nil
		}
		for key, value := range changes {
			if err := put(b, []byte(key), value); err != nil {
				return fmt.Errorf("%s: %w", key, err)
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("data directory: %w", err)
	}
	return nil
}

func put(b *bbolt.Bucket, key, value []byte) error {
	if value == nil {
		return b.Delete(key)
	}
	return b.Put(key, seal(key, value))
}

// The database does not notice when a byte on the disk changes, and a policy
// with another byte may allow what was denied: every record has a checksum.
const sumSize = crc32.Size

func sum(key, value []byte) uint32 {
	table := crc32.MakeTable(crc32.Castagnoli)
	return crc32.Update(crc32.Checksum(key, table), table, value)
}

func seal(key, value []byte) []byte {
	sealed := make([]byte, sumSize, sumSize+len(value))
	binary.BigEndian.PutUint32(sealed, sum(key, value))
	return append(sealed, value...)
}

func unseal(key, sealed []byte) ([]byte, error) {
	if len(sealed) < sumSize || binary.BigEndian.Uint32(sealed) != sum(key, sealed[sumSize:]) {
		return nil, fmt.Errorf("%w: record %q does not have its checksum", ErrDamaged, key)
	}
	return sealed[sumSize:], nil
}
