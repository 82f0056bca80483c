package storage_test

import (
	"io"
	"testing"

	"github.com/irsatz/irsatz/fakes3"
	"github.com/irsatz/irsatz/fakes3/storage"
	"github.com/irsatz/irsatz/fakes3/storagetest"
)

func TestMemory(t *testing.T) {
	t.Parallel()
	storagetest.Test(t, func(*testing.T) fakes3.Storage { return storage.NewMemory(storage.Config{}) })
}

func TestDisk(t *testing.T) {
	t.Parallel()
	storagetest.Test(t, func(t *testing.T) fakes3.Storage {
		t.Helper()
		return disk(t, t.TempDir())
	})
}

// disk opens a storage on disk that is closed when the test ends.
func disk(t testing.TB, dir string) *storage.Store {
	t.Helper()
	s, err := storage.OpenDisk(dir, storage.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func read(t testing.TB, s *storage.Store, c storage.Content) string {
	t.Helper()
	r, err := s.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	body, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}
