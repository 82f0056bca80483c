package storage

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// A folder of storages holds generations, one of which is current: the file of
// that name says which. So a storage can be replaced by another in one step.
const currentFile = "current"

// OpenDisk returns the Store in a folder, which is made if there is none. What
// it acknowledges is on disk. Only one process at a time may have it open.
func OpenDisk(dir string, config Config) (*Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open storage: %w", err)
	}
	generation := uint64(1)
	raw, err := os.ReadFile(filepath.Join(dir, currentFile))
	switch {
	case errors.Is(err, os.ErrNotExist):
	case err != nil:
		return nil, fmt.Errorf("open storage: %w", err)
	default:
		if generation, err = strconv.ParseUint(strings.TrimSpace(string(raw)), 10, 64); err != nil {
			return nil, fmt.Errorf("open storage: %s: %w", filepath.Join(dir, currentFile), err)
		}
	}
	s, err := openGeneration(&place{dir: dir, generation: generation}, config)
	if err != nil {
		return nil, err
	}
	s.place.clean()
	return s, nil
}

// place is where a generation is. A nil place is memory.
type place struct {
	dir        string
	generation uint64
}

func (p *place) path() string {
	return filepath.Join(p.dir, strconv.FormatUint(p.generation, 10))
}

func openGeneration(p *place, config Config) (*Store, error) {
	index, err := openDiskIndex(p.path())
	if err != nil {
		return nil, fmt.Errorf("open storage: %w", err)
	}
	blobs := &diskBlobs{dir: p.path()}
	if err := errors.Join(blobs.make(), index.update(blobs.recover)); err != nil {
		return nil, errors.Join(fmt.Errorf("open storage: %w", err), index.close())
	}
	s := newStore(config, index, blobs)
	s.place = p
	return s, nil
}

// clean removes generations that never became current, or no longer are.
func (p *place) clean() {
	found, _ := os.ReadDir(p.dir)
	for _, e := range found {
		if n, err := strconv.ParseUint(e.Name(), 10, 64); err == nil && n != p.generation {
			_ = os.RemoveAll(filepath.Join(p.dir, e.Name())) // or at the next start
		}
	}
}

// Fresh returns an empty Store that may take the place of this one: Supplant
// does it, Remove forgets it.
func (s *Store) Fresh() (*Store, error) {
	if s.place == nil {
		return NewMemory(s.config), nil
	}
	next := &place{dir: s.place.dir, generation: s.place.generation + 1}
	for ; ; next.generation++ { // those of before may still be in use
		if _, err := os.Stat(next.path()); errors.Is(err, os.ErrNotExist) {
			return openGeneration(next, s.config)
		}
	}
}

// Supplant makes this Store, which Fresh has returned, the one that is there
// after the next start.
func (s *Store) Supplant() error {
	if s.place == nil {
		return nil
	}
	path := filepath.Join(s.place.dir, currentFile)
	if err := writeFile(path+".part", strconv.FormatUint(s.place.generation, 10)+"\n"); err != nil {
		return fmt.Errorf("replace storage: %w", err)
	}
	if err := os.Rename(path+".part", path); err != nil {
		return fmt.Errorf("replace storage: %w", err)
	}
	return syncFolder(s.place.dir)
}

// Remove closes a Store that is not the current one, and removes what it kept.
func (s *Store) Remove() error {
	err := s.Close()
	if s.place != nil {
		err = errors.Join(err, os.RemoveAll(s.place.path()))
	}
	return err
}

// writeFile writes a small file, durably.
func writeFile(path, text string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Sync(), f.Close())
}
