//go:build unix

package kubelet_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
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
		"file": {user, group}, "link": {user, group}, "data": {0, group}, "volume": {0, group}, "stamped": {0, group},
	}
	if diff := cmp.Diff(want, got); diff != "" || w.Ownership != nil {
		t.Errorf("owners (-want +got):\n%s%v", diff, w.Ownership)
	}
}

// TestT31_AsTheKubelet holds the whole of volumes against what the kubelet's own
// code leaves: the lists are of AtomicWriter and VolumeOwnership of Kubernetes
// 1.36.3, but for the mode of the folder itself.
func TestT31_AsTheKubelet(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		t.Skip("only root may set owners")
	}
	group, user := int64(65534), int64(1234)
	for name, tt := range map[string]struct {
		security kubelet.PodSecurity
		want     string
	}{
		"neither": {kubelet.PodSecurity{}, `
. drwxr-xr-x 0 0
..STAMP drwxr-xr-x 0 0
..STAMP/token -rw-r--r-- 0 0
..data Lrwxrwxrwx 0 0
token Lrwxrwxrwx 0 0`},
		"fsGroup": {kubelet.PodSecurity{FSGroup: &group}, `
. dgrwxr-xr-x 0 65534
..STAMP dgrwxr-xr-x 0 65534
..STAMP/token -rw-r----- 0 65534
..data Lrwxrwxrwx 0 65534
token Lrwxrwxrwx 0 65534`},
		"uniform user": {kubelet.PodSecurity{RunAsUsers: []*int64{&user, &user}}, `
. drwxr-xr-x 0 0
..STAMP drwxr-xr-x 0 0
..STAMP/token -rw------- 1234 0
..data Lrwxrwxrwx 0 0
token Lrwxrwxrwx 1234 0`},
		"both": {kubelet.PodSecurity{FSGroup: &group, RunAsUsers: []*int64{&user}}, `
. dgrwxr-xr-x 0 65534
..STAMP dgrwxr-xr-x 0 65534
..STAMP/token -rw-r----- 1234 65534
..data Lrwxrwxrwx 0 65534
token Lrwxrwxrwx 1234 65534`},
	} {
		v := &kubelet.TokenVolume{Dir: filepath.Join(t.TempDir(), "volume"), Permissions: tt.security.Permissions()}
		for _, content := range []string{"one", "two"} { // an update leaves the same
			write(t, v, content)
			if diff := cmp.Diff(strings.TrimSpace(tt.want), listing(t, v.Dir)); diff != "" {
				t.Errorf("%s, %s (-kubelet +ours):\n%s", name, content, diff)
			}
		}
	}
}

var stamps = regexp.MustCompile(`\d{4}_\d\d_\d\d_\d\d_\d\d_\d\d\.\d+`)

// listing is all paths with mode and owners.
func listing(t *testing.T, dir string) string {
	t.Helper()
	var lines []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(dir, path)
		stat := info.Sys().(*syscall.Stat_t)
		lines = append(lines, fmt.Sprintf("%s %s %d %d", stamps.ReplaceAllString(relative, "STAMP"), info.Mode(), stat.Uid, stat.Gid))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(lines, "\n")
}
