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

// TestDiskPanicsAlone: when one update panics it fails, and none of those that
// wait to be written with it.
func TestDiskPanicsAlone(t *testing.T) {
	t.Parallel()
	good, bad, written, err := storage.WriteBesidePanic(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if good != nil || !written {
		t.Errorf("the update beside one that panics: %v, written %t", good, written)
	}
	if bad == nil {
		t.Error("an update that panicked says that it was written")
	}
}
