// Package datadir keeps the state of one emulator in a folder, safe from
// crashes: records in an embedded database, one folder for one process.
//
// Records live in sections. One section outlasts everything; each of the others
// is a world, of which one is current. A world is filled before it becomes
// current, and whatever was not finished is gone at the next Open.
package datadir

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"go.etcd.io/bbolt"

	"github.com/irsatz/irsatz/internal/boltdb"
)

// What may be wrong with a data directory. The errors of Open wrap these.
var (
	ErrInUse   = boltdb.ErrInUse
	ErrForeign = errors.New("it is not empty, and irsatz did not make it")
	ErrDamaged = boltdb.ErrDamaged
	ErrNewer   = errors.New("a newer irsatz wrote it")
)

const (
	// database is the file that holds the records. Its lock is the lock on the
	// whole folder.
	database = "irsatz.db"

	// patience is how long Open waits for the lock: a process that was killed
	// may take a moment to be gone.
	patience = 500 * time.Millisecond
)

// Dir is an open data directory. It may be used by any number of goroutines.
type Dir struct {
	path string
	db   *boltdb.DB
}

// Open opens the data directory at path, which is made if there is none, and
// locks it until Close or the end of the process. Everything in it is read once,
// so that damage is found here.
func Open(path string) (*Dir, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	d := &Dir{path: path}
	if err := d.open(); err != nil {
		return nil, fmt.Errorf("data directory %s: %w", path, err)
	}
	return d, nil
}

func (d *Dir) open() error {
	size, err := prepare(d.path)
	if err != nil {
		return err
	}
	if size > 0 {
		err := d.examine()
		if errors.Is(err, ErrDamaged) && d.unborn() {
			err = os.Truncate(d.file(), 0)
		}
		if err != nil {
			return err
		}
	}
	if d.db, err = d.openDatabase(bbolt.Options{}); err != nil {
		return err
	}
	if err := d.begin(); err != nil {
		return errors.Join(err, d.db.Close())
	}
	if size == 0 {
		syncFolder(d.path)
	}
	return nil
}

// prepare makes the folder, or makes sure that it is one of ours. It returns the
// size of the database, 0 if there is none yet.
func prepare(path string) (size int64, err error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return 0, err
	}
	switch info, err := os.Stat(filepath.Join(path, database)); {
	case errors.Is(err, fs.ErrNotExist):
		if err := checkEmpty(path); err != nil {
			return 0, err
		}
	case err != nil:
		return 0, err
	default:
		size = info.Size()
	}
	// Who may not change the mode, as on a volume that is another's, is not
	// kept out for that: the files are private each.
	_ = os.Chmod(path, 0o700)
	return size, nil
}

// checkEmpty refuses a folder that holds something else, such as a home
// directory that was named by mistake. A new volume has its lost+found.
func checkEmpty(path string) error {
	entries, err := os.ReadDir(path)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if entry.Name() != "lost+found" {
			return fmt.Errorf("%w: there is %s in it", ErrForeign, entry.Name())
		}
	}
	return nil
}

// syncFolder makes the entry of a new file durable. Not every system can, and
// then there is nothing better.
func syncFolder(path string) {
	if folder, err := os.Open(path); err == nil {
		_ = folder.Sync()
		_ = folder.Close()
	}
}

// unborn reports whether the database is one whose maker died while its first
// four pages were written: the first page says so, being of transaction 0, the
// next of which comes when something is kept.
func (d *Dir) unborn() bool {
	const page, magic, magicAt, transactionAt = 4096, 0xED0CDAED, 16, 64
	content, err := os.ReadFile(d.file())
	return err == nil && len(content) >= page && len(content) < 4*page && len(content)%page == 0 &&
		binary.NativeEndian.Uint32(content[magicAt:]) == magic && binary.NativeEndian.Uint64(content[transactionAt:]) == 0
}

// openDatabase opens and locks the database.
func (d *Dir) openDatabase(options bbolt.Options) (*boltdb.DB, error) {
	options.Timeout, options.NoStatistics = patience, true
	db, err := boltdb.Open(d.file(), options)
	if err == nil || errors.Is(err, ErrInUse) || errors.Is(err, ErrDamaged) {
		return db, err
	}
	if _, system := errors.AsType[syscall.Errno](err); system {
		return nil, err
	}
	return nil, fmt.Errorf("%w: %s: %w", ErrDamaged, database, err)
}

// examine reads everything in a database that is there, before anything is
// written to it.
func (d *Dir) examine() error {
	db, err := d.openDatabase(bbolt.Options{ReadOnly: true})
	if err != nil {
		return err
	}
	return errors.Join(db.Guard(func() error { return db.View(check) }), db.Close())
}

// file is the path of the database.
func (d *Dir) file() string { return filepath.Join(d.path, database) }

// Path returns the folder, from the root.
func (d *Dir) Path() string { return d.path }

// Close gives the folder up.
func (d *Dir) Close() error {
	if err := d.db.Close(); err != nil {
		return fmt.Errorf("close data directory %s: %w", d.path, err)
	}
	return nil
}

// WriteFile makes a file of the folder have this content, whole or not at all,
// and returns its path.
func (d *Dir) WriteFile(name string, content []byte) (string, error) {
	path := filepath.Join(d.path, name)
	part := path + ".part"
	if err := os.WriteFile(part, content, 0o600); err != nil {
		return "", fmt.Errorf("data directory: %w", err)
	}
	if err := os.Rename(part, path); err != nil {
		return "", fmt.Errorf("data directory: %w", err)
	}
	return path, nil
}
