package emulator_test

import (
	"bytes"
	"testing"

	"github.com/irsatz/irsatz/emulator"
)

// TestMaxMemory: objects take no more memory than they may, and a reset gives it
// back.
func TestMaxMemory(t *testing.T) {
	t.Parallel()
	s := start(t, standardSetup(), func(c *emulator.Config) { c.MaxMemory = 1000 })
	body := bytes.Repeat([]byte("x"), 600)
	for _, want := range []string{"", "SlowDown"} {
		if err := s.root().Put(t.Context(), "data", "key"+want, body); code(t, err) != want {
			t.Errorf("put: %v, want %q", err, want)
		}
	}
	if err := s.control().Reset(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.root().Put(t.Context(), "data", "key", body); err != nil {
		t.Errorf("after a reset: %v", err)
	}
}
