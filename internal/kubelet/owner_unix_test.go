//go:build unix

package kubelet_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/irsatz/irsatz/internal/kubelet"
)

// TestForeignOwner is what root may do and others are told about.
func TestForeignOwner(t *testing.T) {
	t.Parallel()
	user, group := int64(12345), int64(23456)
	v := &kubelet.TokenVolume{
		Dir:         t.TempDir(),
		Permissions: kubelet.PodSecurity{FSGroup: &group, RunAsUsers: []*int64{&user}}.Permissions(),
	}
	w := write(t, v, "one")
	if got, err := os.ReadFile(v.Path()); err != nil || string(got) != "one" {
		t.Errorf("content %q, %v", got, err)
	}
	if os.Getuid() != 0 {
		if !errors.Is(w.Ownership, fs.ErrPermission) {
			t.Errorf("ownership error %v", w.Ownership)
		}
		return
	}
	owner := func(path string) []int64 {
		info, err := os.Lstat(path)
		if err != nil {
			t.Fatal(err)
		}
		stat := info.Sys().(*syscall.Stat_t)
		return []int64{int64(stat.Uid), int64(stat.Gid)}
	}
	got := map[string][]int64{
		"file":    owner(filepath.Join(v.Dir, "..data", "token")),
		"link":    owner(v.Path()),
		"data":    owner(filepath.Join(v.Dir, "..data")),
		"volume":  owner(v.Dir),
		"stamped": owner(filepath.Join(v.Dir, readlink(t, filepath.Join(v.Dir, "..data")))),
	}
	want := map[string][]int64{
		"file": {user, group}, "link": {0, group}, "data": {0, group}, "volume": {0, group}, "stamped": {0, group},
	}
	if diff := cmp.Diff(want, got); diff != "" || w.Ownership != nil {
		t.Errorf("owners (-want +got):\n%s%v", diff, w.Ownership)
	}
}
