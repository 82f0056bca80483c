package storage

import (
	"errors"
	"io"

	"go.etcd.io/bbolt"
)

// WriteBesidePanic opens an index in the folder and writes two updates at once,
// of which the second panics. It returns what they answered, and whether what the
// first one wrote is there.
func WriteBesidePanic(dir string) (first, second error, written bool, err error) {
	d, err := openDiskIndex(dir)
	if err != nil {
		return nil, nil, false, err
	}
	good := &pending{f: func(t *tables) error { t.refs.put("good", 1); return nil }, err: errNotRun}
	bad := &pending{f: func(*tables) error { panic("damaged") }, err: errNotRun}
	d.settle([]*pending{good, bad})
	err = d.view(func(t *tables) error {
		_, written = t.refs.get("good")
		return nil
	})
	return good.err, bad.err, written, errors.Join(err, d.close())
}

// Break opens an index in the folder and has its file damaged while an update
// runs, so that the library fails to end it. It returns what that update
// answered, and the next one.
func Break(dir string) (first, second, err error) {
	d, err := openDiskIndex(dir)
	if err != nil {
		return nil, nil, err
	}
	size, err := d.file.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, nil, err
	}
	const pages = 2 // which say where the others are
	from := int64(pages * d.db.Info().PageSize)
	first = d.transact(func(*bbolt.Tx) error {
		_, err := d.file.WriteAt(make([]byte, size-from), from)
		return err
	})
	second = d.update(func(*tables) error { return nil })
	return first, second, d.close()
}
