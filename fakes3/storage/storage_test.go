package storage_test

import (
	"testing"

	"github.com/irsatz/irsatz/fakes3"
	"github.com/irsatz/irsatz/fakes3/storage"
	"github.com/irsatz/irsatz/fakes3/storagetest"
)

func TestMemory(t *testing.T) {
	t.Parallel()
	storagetest.Test(t, func(*testing.T) fakes3.Storage { return storage.NewMemory(storage.Config{}) })
}
