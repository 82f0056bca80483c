package main

import "testing"

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
