package storage_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/irsatz/irsatz/fakes3/storage"
)

// TestDiskFailsAlone: an update that the file does not take fails, and none of
// those that wait to be written with it.
func TestDiskFailsAlone(t *testing.T) {
	t.Parallel()
	s := disk(t, t.TempDir())
	b, err := s.CreateBucket(storage.Bucket{Name: "data"})
	if err != nil {
		t.Fatal(err)
	}
	const writers, rounds = 6, 15
	var wg sync.WaitGroup
	for i := range writers {
		wg.Go(func() {
			for range rounds {
				if _, err := s.CreateBucket(storage.Bucket{Name: strings.Repeat("n", 40<<10)}); err == nil {
					t.Error("a name of 40 KiB was stored")
				}
			}
		})
		wg.Go(func() {
			for n := range rounds {
				if _, err := s.PutObject(b, &storage.Object{Key: fmt.Sprint(i, "-", n)}, storage.Conditions{}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	page, err := s.Objects(b, storage.Query{Limit: 1000})
	if err != nil || len(page.Entries) != writers*rounds {
		t.Errorf("%d objects, %v", len(page.Entries), err)
	}
}

// TestDiskPanicUndoesTheBatch: when one update panics, those written with it were
// not written, and do not say they were.
func TestDiskPanicUndoesTheBatch(t *testing.T) {
	t.Parallel()
	good, next, err := storage.WriteBesidePanic(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if good == nil {
		t.Error("an update that was undone says that it was written")
	}
	if next != nil {
		t.Errorf("the next update: %v", next)
	}
}
