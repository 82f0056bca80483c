package emulator_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestManyObjects: objects that are put at the same time are all there.
func TestManyObjects(t *testing.T) {
	t.Parallel()
	var setup strings.Builder
	setup.WriteString("apiVersion: irsatz/v1\naccount: \"111122223333\"\nregion: eu-west-1\nbuckets:\n  - bucketName: many\n    objects:\n")
	var want []string
	for i := range 300 {
		key := fmt.Sprintf("%03d", i)
		want = append(want, key)
		fmt.Fprintf(&setup, "      - {key: \"%s\", body: \"body %d\"}\n", key, i)
	}
	for name, dir := range map[string]string{"memory": "", "disk": t.TempDir()} {
		s := start(t, setup.String(), in(dir))
		got, err := s.root().Objects(t.Context(), "many", "")
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %d objects, %v", name, len(got), err)
		}
		for _, i := range []int{0, 7, 150, 299} {
			if body, err := s.root().Get(t.Context(), "many", fmt.Sprintf("%03d", i)); err != nil || string(body) != fmt.Sprintf("body %d", i) {
				t.Errorf("%s: %d is %q, %v", name, i, body, err)
			}
		}
	}
}
