package storage

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"iter"
	"os"
	"path/filepath"
	"sync"
	"time"

	"go.etcd.io/bbolt"

	"github.com/irsatz/irsatz/internal/boltdb"
)

// diskIndex is an index in a file. Updates that wait for one another are
// written together: what an update costs is the waiting for the disk.
type diskIndex struct {
	db *boltdb.DB

	mu      sync.Mutex
	waiting []*pending
	writing sync.Mutex // one writes for all
}

// pending is an update on its way.
type pending struct {
	f    func(*tables) error
	err  error
	done bool
}

// indexFile is the name of the file.
const indexFile = "index.db"

// format is the version of what is in the file.
const format = "1"

// patience is how long another process may take to let go of the file.
const patience = time.Second

var (
	errNotRun = errors.New("the update was not run")
	metaTable = []byte("meta")
	tableList = [...]string{"buckets", "current", "history", "uploads", "parts", "refs", "trash"}
)

func openDiskIndex(dir string) (*diskIndex, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	db, err := boltdb.Open(filepath.Join(dir, indexFile), bbolt.Options{Timeout: patience, FreelistType: bbolt.FreelistMapType})
	if errors.Is(err, boltdb.ErrInUse) {
		return nil, fmt.Errorf("%s: another process uses the folder", dir)
	}
	if err != nil {
		return nil, err
	}
	if err := db.Update(prepare); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &diskIndex{db: db}, nil
}

// prepare makes the tables.
func prepare(tx *bbolt.Tx) error {
	meta, err := tx.CreateBucketIfNotExists(metaTable)
	if err != nil {
		return err
	}
	key := []byte("format")
	if found := meta.Get(key); found != nil && string(found) != format {
		return fmt.Errorf("the format is %q, this irsatz knows %q", found, format)
	}
	errs := []error{meta.Put(key, []byte(format))}
	for _, name := range tableList {
		_, err := tx.CreateBucketIfNotExists([]byte(name))
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func (d *diskIndex) close() error { return d.db.Close() }

func (d *diskIndex) view(f func(*tables) error) error {
	return d.db.View(func(tx *bbolt.Tx) error {
		a := &access{tx: tx}
		if err := f(a.tables()); err != nil {
			return errors.Join(err, a.err)
		}
		return a.err
	})
}

// update has f run with all others that wait: whoever comes to write first
// writes for all. An update that fails has changed nothing, so it does not keep
// the others from being written.
func (d *diskIndex) update(f func(*tables) error) error {
	p := &pending{f: f, err: errNotRun}
	d.mu.Lock()
	d.waiting = append(d.waiting, p)
	d.mu.Unlock()

	d.writing.Lock()
	defer d.writing.Unlock()
	if p.done {
		return p.err
	}
	d.mu.Lock()
	batch := d.waiting
	d.waiting = nil
	d.mu.Unlock()
	d.settle(batch)
	return p.err
}

// settle writes a batch. If it cannot be written as a whole each update is run
// once more by itself, so that only those fail that are to blame.
func (d *diskIndex) settle(batch []*pending) {
	err := d.write(batch)
	if err != nil && len(batch) > 1 {
		for i := range batch {
			d.settle(batch[i : i+1])
		}
		return
	}
	for _, p := range batch {
		p.done = true
		if err != nil {
			p.err = err
		}
	}
}

// write writes a batch whole or not at all. What the updates answered counts only
// once all are written.
func (d *diskIndex) write(batch []*pending) error {
	answers := make([]error, len(batch))
	err := full(d.db.Update(func(tx *bbolt.Tx) error {
		for i, p := range batch {
			a := &access{tx: tx}
			answers[i] = p.f(a.tables())
			if a.err != nil {
				return a.err
			}
		}
		return nil
	}))
	if err == nil {
		for i, p := range batch {
			p.err = answers[i]
		}
	}
	return err
}

// access is the tables of one transaction. The first thing that goes wrong
// with the file fails all of it.
type access struct {
	tx  *bbolt.Tx
	err error

	buckets          diskTable[*Bucket]
	current, history diskTable[*Object]
	uploads          diskTable[*Upload]
	parts            diskTable[*Part]
	refs, trash      diskTable[uint64]
	all              tables
}

func (a *access) tables() *tables {
	a.buckets = diskTable[*Bucket]{a, "buckets", nil, encodeRow[Bucket], decodeRow[Bucket]}
	a.current = diskTable[*Object]{a, "current", nil, encodeRow[Object], decodeRow[Object]}
	a.history = diskTable[*Object]{a, "history", nil, encodeRow[Object], decodeRow[Object]}
	a.uploads = diskTable[*Upload]{a, "uploads", nil, encodeRow[Upload], decodeRow[Upload]}
	a.parts = diskTable[*Part]{a, "parts", nil, encodeRow[Part], decodeRow[Part]}
	a.refs = diskTable[uint64]{a, "refs", nil, encodeNumber, decodeNumber}
	a.trash = diskTable[uint64]{a, "trash", nil, encodeNumber, decodeNumber}
	a.all = tables{
		buckets: &a.buckets, current: &a.current, history: &a.history, uploads: &a.uploads, parts: &a.parts,
		refs: &a.refs, trash: &a.trash, next: a.next,
	}
	return &a.all
}

func (a *access) next() uint64 {
	n, err := a.tx.Bucket(metaTable).NextSequence()
	a.failed(err)
	return n
}

func (a *access) failed(err error) {
	if err != nil && a.err == nil {
		a.err = err
	}
}

// diskTable is a table of the file.
type diskTable[T any] struct {
	access *access
	name   string
	rows   *bbolt.Bucket // nil until it is used
	encode func(T) []byte
	decode func([]byte) (T, error)
}

func (t *diskTable[T]) open() *bbolt.Bucket {
	if t.rows == nil {
		t.rows = t.access.tx.Bucket([]byte(t.name))
	}
	return t.rows
}

func (t *diskTable[T]) get(key string) (value T, ok bool) {
	k := []byte(key)
	if b := t.open().Get(k); b != nil {
		return t.read(k, b), true
	}
	return value, false
}

func (t *diskTable[T]) read(key, sealed []byte) (value T) {
	b, err := unseal(key, sealed)
	if err == nil {
		value, err = t.decode(b)
	}
	if err != nil {
		t.access.failed(fmt.Errorf("%s: %w", t.name, err))
	}
	return value
}

func (t *diskTable[T]) put(key string, value T) {
	k := []byte(key)
	t.access.failed(t.open().Put(k, seal(k, t.encode(value))))
}

// A record that has changed on the disk must not be taken for what was written:
// with another byte in it, a policy may allow what was denied.
func seal(key, record []byte) []byte {
	return binary.BigEndian.AppendUint32(record, sumOf(key, record))
}

func unseal(key, sealed []byte) ([]byte, error) {
	n := len(sealed) - crc32.Size
	if n < 0 || binary.BigEndian.Uint32(sealed[n:]) != sumOf(key, sealed[:n]) {
		return nil, errRecord
	}
	return sealed[:n], nil
}

func sumOf(key, record []byte) uint32 {
	table := crc32.MakeTable(crc32.Castagnoli)
	return crc32.Update(crc32.Checksum(key, table), table, record)
}

func (t *diskTable[T]) remove(key string) { t.access.failed(t.open().Delete([]byte(key))) }

func (t *diskTable[T]) from(key string) iter.Seq2[string, T] {
	return func(yield func(string, T) bool) {
		c := t.open().Cursor()
		for k, b := c.Seek([]byte(key)); k != nil; k, b = c.Next() {
			if !yield(string(k), t.read(k, b)) {
				return
			}
		}
	}
}

func encodeRow[T any, P describer[T]](value P) []byte { return write(value) }

func decodeRow[T any, P describer[T]](b []byte) (P, error) {
	value := P(new(T))
	return value, read(b, value)
}

func encodeNumber(n uint64) []byte { return binary.AppendUvarint(nil, n) }

func decodeNumber(b []byte) (uint64, error) {
	n, size := binary.Uvarint(b)
	if size != len(b) {
		return 0, errRecord
	}
	return n, nil
}
