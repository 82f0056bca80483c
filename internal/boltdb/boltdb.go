// Package boltdb opens an embedded database whose file may have been damaged on
// the disk: what meets the damage fails, and nobody waits for it.
package boltdb

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// What may be wrong with a file. Errors wrap these.
var (
	ErrInUse   = errors.New("another process uses it")
	ErrDamaged = errors.New("it is damaged")
)

// DB is an open database. It may be used by any number of goroutines.
type DB struct {
	db   *bbolt.DB
	file *os.File // the library's
	name string

	writing sync.Mutex
	broken  error // why nothing can be written any more; under writing
}

// Open opens and locks a file, which is made if there is none. The library's
// options are used but for OpenFile.
func Open(path string, options bbolt.Options) (*DB, error) {
	d := &DB{name: filepath.Base(path)}
	options.OpenFile = func(path string, flags int, mode os.FileMode) (f *os.File, err error) {
		d.file, err = os.OpenFile(path, flags, mode)
		return d.file, err
	}
	err := d.Guard(func() (err error) {
		d.db, err = bbolt.Open(path, 0o600, &options)
		return err
	})
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return nil, ErrInUse
	case err != nil:
		_ = d.file.Close() // which the library has done, unless it panicked
		return nil, err
	}
	return d, nil
}

// Guard runs what may meet pages that refer to what is not there: the library
// panics, or the memory that the file is mapped to faults. Then it fails with
// ErrDamaged.
func (d *DB) Guard(f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if met := recover(); met != nil {
			err = fmt.Errorf("%w: %s: %v", ErrDamaged, d.name, met)
		}
	}()
	return f()
}

// View runs f in a transaction that reads. Where it meets damage it panics, which
// ends a request, not the process.
func (d *DB) View(f func(*bbolt.Tx) error) error {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	return d.db.View(f)
}

// Update runs f in a transaction that writes, which is undone if f fails or
// panics. After a panic of the library's own nobody knows what it holds, locks
// among it: from then on nothing is written any more.
func (d *DB) Update(f func(*bbolt.Tx) error) error {
	d.writing.Lock()
	defer d.writing.Unlock()
	if d.broken != nil {
		return d.broken
	}
	var tx *bbolt.Tx
	err := d.step(func() (err error) {
		tx, err = d.db.Begin(true)
		return err
	})
	if err != nil {
		return err
	}
	if err := d.Guard(func() error { return f(tx) }); err != nil {
		return errors.Join(err, d.step(tx.Rollback))
	}
	return d.step(tx.Commit)
}

// step runs a step of the library, after whose panic the database is broken.
func (d *DB) step(f func() error) error {
	err := d.Guard(f)
	if errors.Is(err, ErrDamaged) {
		d.broken = err
	}
	return err
}

// Close lets go of the file. Where a transaction could not be ended the library
// would wait for its end, so then it is not asked; the file stays mapped, and with
// that locked, until the process ends.
func (d *DB) Close() error {
	d.writing.Lock()
	defer d.writing.Unlock()
	if d.broken != nil {
		return d.file.Close()
	}
	return d.db.Close()
}
