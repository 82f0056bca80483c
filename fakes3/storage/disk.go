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
	index, err := openDiskIndex(dir)
	if err != nil {
		return nil, fmt.Errorf("open storage: %w", err)
	}
	blobs := &diskBlobs{dir: dir}
	if err := errors.Join(blobs.make(), index.update(blobs.recover)); err != nil {
		return nil, fmt.Errorf("open storage: %w", errors.Join(err, index.close()))
	}
	s := newStore(config, index, blobs)
	s.inline = smallest
	return s, nil
}
