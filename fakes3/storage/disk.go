package storage

import (
	"errors"
	"fmt"
)

// smallest is the size up to which a body is kept with what is known of it: one
// file fewer to wait for, and to have.
const smallest = 2 << 10

// OpenDisk returns the Store in a folder, which is made if there is none. What
// it acknowledges is on disk. Only one process at a time may have it open.
func OpenDisk(dir string, config Config) (*Store, error) {
	var index *diskIndex
	blobs := &diskBlobs{dir: dir}
	err := guarded(func() (err error) {
		if index, err = openDiskIndex(dir); err != nil {
			return err
		}
		return errors.Join(blobs.make(), index.update(blobs.recover))
	})
	if err != nil {
		if index != nil {
			err = errors.Join(err, guarded(index.close))
		}
		return nil, fmt.Errorf("open storage: %w", err)
	}
	s := newStore(config, index, blobs)
	s.inline = smallest
	return s, nil
}
