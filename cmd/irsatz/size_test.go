package main

import (
	"math"
	"runtime/debug"
	"testing"
)

func TestSize(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct {
		bytes int64
		again string
	}{
		"0": {0, "0"}, "1": {1, "1"}, "1023": {1023, "1023"}, "2048": {2048, "2KiB"}, "3KiB": {3 << 10, "3KiB"}, "1024MiB": {1 << 30, "1GiB"}, "5GiB": {5 << 30, "5GiB"},
		"1500MiB": {1500 << 20, "1500MiB"},
	} {
		var s size
		if err := s.Set(text); err != nil || int64(s) != want.bytes || s.String() != want.again {
			t.Errorf("%s: %d, %s, %v", text, s, s.String(), err)
		}
	}
	for _, text := range []string{"", "-1", "1GB", "1 GiB", "GiB", "1.5GiB", "1gib", "9999999999GiB", "99999999999999999999", "+ 1"} {
		s := size(7)
		if err := s.Set(text); err == nil || s != 7 {
			t.Errorf("%q: %d, %v", text, s, err)
		}
	}
}

// TestBoundMemory is alone in changing the limit of the process.
func TestBoundMemory(t *testing.T) {
	was := debug.SetMemoryLimit(math.MaxInt64)
	defer debug.SetMemoryLimit(was)
	for _, tt := range []struct {
		flags serverFlags
		want  int64
	}{
		{serverFlags{maxMemory: 0}, math.MaxInt64},
		{serverFlags{maxMemory: math.MaxInt64}, math.MaxInt64},
		{serverFlags{maxMemory: 1 << 30, dataDir: "d"}, math.MaxInt64},
		{serverFlags{maxMemory: 1 << 30}, 1<<30 + 1<<28 + 128<<20},
		{serverFlags{maxMemory: 1 << 20}, 1<<30 + 1<<28 + 128<<20}, // somebody has set one
	} {
		tt.flags.boundMemory()
		if got := debug.SetMemoryLimit(-1); got != tt.want {
			t.Errorf("%+v: %d, want %d", tt.flags, got, tt.want)
		}
	}
}
