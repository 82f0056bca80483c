package storage

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
)

// diskBlobs keeps each blob in a file, whose name is the blob's id and has
// nothing of a key. A file is written in the folder for new ones and stays there
// until the index refers to it, so that what is left of writes that were
// interrupted is found in one place: a file there is either referred to, and
// moved, or rubbish.
type diskBlobs struct {
	dir     string
	buffers sync.Pool
}

const (
	newFolder  = "new"
	blobFolder = "blobs"
	bufferSize = 128 << 10
)

// make makes the folders.
func (d *diskBlobs) make() error {
	return errors.Join(os.MkdirAll(filepath.Join(d.dir, newFolder), 0o700), os.MkdirAll(filepath.Join(d.dir, blobFolder), 0o700))
}

func (d *diskBlobs) newPath(id string) string { return filepath.Join(d.dir, newFolder, id) }

// path spreads the files over many folders.
func (d *diskBlobs) path(id string) string {
	return filepath.Join(d.dir, blobFolder, id[:min(2, len(id))], id)
}

// recover finishes what the last process left: it removes the trash, and what
// was written but never referred to.
func (d *diskBlobs) recover(t *tables) error {
	found, err := os.ReadDir(filepath.Join(d.dir, newFolder))
	if err != nil {
		return err
	}
	for _, e := range found {
		if _, used := t.refs.get(e.Name()); used {
			d.keep(e.Name())
			continue
		}
		if err := os.Remove(d.newPath(e.Name())); err != nil {
			return err
		}
	}
	var trash []string
	for id := range t.trash.from("") {
		trash = append(trash, id)
	}
	for _, id := range trash {
		if d.remove(id) {
			t.trash.remove(id)
		}
	}
	return nil
}

// receive writes a file, and has it on disk before it returns.
func (d *diskBlobs) receive(id string, r io.Reader, size int64) (n int64, err error) {
	f, err := os.OpenFile(d.newPath(id), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return 0, full(err)
	}
	buffer := d.buffer()
	defer d.buffers.Put(buffer)
	// One byte more than was announced shows that there is more. The reader may
	// say only at its end whether all of it was right, so it is read to its end.
	if size != UnknownSize {
		r = io.LimitReader(r, size+1)
	}
	n, err = io.CopyBuffer(struct{ io.Writer }{f}, r, *buffer)
	if err == nil && n > size && size != UnknownSize {
		err = errTooLong
	}
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = syncFolder(filepath.Join(d.dir, newFolder))
	}
	if err != nil {
		_ = os.Remove(d.newPath(id)) // or at the next start
		return 0, full(err)
	}
	return n, nil
}

func (d *diskBlobs) buffer() *[]byte {
	if b, ok := d.buffers.Get().(*[]byte); ok {
		return b
	}
	b := make([]byte, bufferSize)
	return &b
}

// full makes ErrFull of a disk that is.
func full(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return errors.Join(ErrFull, err)
	}
	return err
}

// keep moves the file. If that fails it is found where it is, and moved at the
// next start.
func (d *diskBlobs) keep(id string) {
	path := d.path(id)
	if os.Rename(d.newPath(id), path) == nil {
		return
	}
	_ = os.MkdirAll(filepath.Dir(path), 0o700)
	_ = os.Rename(d.newPath(id), path)
}

// open looks again where the file may have been moved to meanwhile.
func (d *diskBlobs) open(id string) (io.ReadSeekCloser, error) {
	for _, path := range [...]string{d.path(id), d.newPath(id), d.path(id)} {
		f, err := os.Open(path)
		if !errors.Is(err, os.ErrNotExist) {
			return f, err
		}
	}
	return nil, ErrGone
}

func (d *diskBlobs) remove(id string) bool {
	gone := true
	for _, path := range [...]string{d.newPath(id), d.path(id)} {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			gone = false
		}
	}
	return gone
}

// syncFolder has the names in a folder on disk. Windows has no such thing.
func syncFolder(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
