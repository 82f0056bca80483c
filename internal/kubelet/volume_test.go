package kubelet_test

import (
	"bytes"
	"encoding/binary"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/irsatz/irsatz/internal/kubelet"
)

func skipWithoutLinks(t *testing.T) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the token is a plain file on Windows")
	}
}

func write(t *testing.T, v *kubelet.TokenVolume, token string) kubelet.Written {
	t.Helper()
	w, err := v.Write(token)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

func readlink(t *testing.T, path string) string {
	t.Helper()
	target, err := os.Readlink(path)
	if err != nil {
		t.Fatal(err)
	}
	return filepath.ToSlash(target)
}

// TestLayout holds T28 and T32.
func TestLayout(t *testing.T) {
	t.Parallel()
	skipWithoutLinks(t)
	berlin := time.FixedZone("CET", 3600)
	v := &kubelet.TokenVolume{
		Dir:  filepath.Join(t.TempDir(), "a", "b"),
		Now:  func() time.Time { return time.Date(2026, 11, 23, 0, 30, 5, 0, berlin) },
		Rand: bytes.NewReader(binary.LittleEndian.AppendUint64(nil, 1234567890)),
	}
	if w := write(t, v, "header.payload.signature"); !w.Changed || w.Ownership != nil {
		t.Errorf("first write: %+v", w)
	}
	const stamp = "..2026_11_22_23_30_05.1234567890" // UTC
	if diff := cmp.Diff([]string{stamp, "..data", "token"}, names(t, v.Dir)); diff != "" {
		t.Errorf("volume (-want +got):\n%s", diff)
	}
	if got := readlink(t, v.Path()); got != "..data/token" {
		t.Errorf("token -> %s", got)
	}
	if got := readlink(t, filepath.Join(v.Dir, "..data")); got != stamp {
		t.Errorf("..data -> %s", got)
	}
	if diff := cmp.Diff([]string{"token"}, names(t, filepath.Join(v.Dir, stamp))); diff != "" {
		t.Errorf("stamped folder (-want +got):\n%s", diff)
	}
	content, err := os.ReadFile(filepath.Join(v.Dir, stamp, "token"))
	if err != nil || string(content) != "header.payload.signature" {
		t.Errorf("content %q, %v", content, err)
	}
}

// TestUpdate holds T29's swap and T30.
func TestUpdate(t *testing.T) {
	t.Parallel()
	skipWithoutLinks(t)
	v := &kubelet.TokenVolume{Dir: t.TempDir()}
	write(t, v, "one")
	data := filepath.Join(v.Dir, "..data")
	first := readlink(t, data)
	if ok := regexp.MustCompile(`^\.\.\d{4}(_\d\d){5}\.\d{1,10}$`).MatchString(first); !ok {
		t.Errorf("stamped folder is called %s", first)
	}
	before, err := os.Lstat(filepath.Join(v.Dir, first, "token"))
	if err != nil {
		t.Fatal(err)
	}
	if w := write(t, v, "one"); w.Changed {
		t.Error("unchanged content counts as changed")
	}
	after, err := os.Lstat(filepath.Join(v.Dir, readlink(t, data), "token"))
	if err != nil || !os.SameFile(before, after) {
		t.Errorf("unchanged content was written again: %v", err)
	}
	if w := write(t, v, "two"); !w.Changed {
		t.Error("new content counts as unchanged")
	}
	second := readlink(t, data)
	if diff := cmp.Diff([]string{second, "..data", "token"}, names(t, v.Dir)); diff != "" || second == first {
		t.Errorf("after the swap (-want +got):\n%s", diff)
	}
	if got, _ := os.ReadFile(v.Path()); string(got) != "two" {
		t.Errorf("content %q", got)
	}
}

func TestSameStampTwice(t *testing.T) {
	t.Parallel()
	skipWithoutLinks(t)
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	v := &kubelet.TokenVolume{Dir: t.TempDir(), Now: func() time.Time { return now }, Rand: zeros{}}
	for _, token := range []string{"one", "two", "three"} {
		write(t, v, token)
		if got, err := os.ReadFile(v.Path()); err != nil || string(got) != token {
			t.Fatalf("content %q, %v; want %q", got, err, token)
		}
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestWriteRecoversFromACrash(t *testing.T) {
	t.Parallel()
	skipWithoutLinks(t)
	v := &kubelet.TokenVolume{Dir: t.TempDir()}
	write(t, v, "one")
	if err := os.Symlink("..gone", filepath.Join(v.Dir, "..data_tmp")); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(v.Path()); err != nil {
		t.Fatal(err)
	}
	write(t, v, "two")
	if got, err := os.ReadFile(v.Path()); err != nil || string(got) != "two" {
		t.Errorf("content %q, %v", got, err)
	}
	if got := names(t, v.Dir); len(got) != 3 {
		t.Errorf("left behind: %v", got)
	}
}

// TestWriteDoesNotDeleteElsewhere has a ..data that leads out of the volume.
func TestWriteDoesNotDeleteElsewhere(t *testing.T) {
	t.Parallel()
	skipWithoutLinks(t)
	top := t.TempDir()
	precious := filepath.Join(top, "precious")
	v := &kubelet.TokenVolume{Dir: filepath.Join(top, "volume")}
	for _, dir := range []string{precious, v.Dir} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("../precious", filepath.Join(v.Dir, "..data")); err != nil {
		t.Fatal(err)
	}
	write(t, v, "one")
	if _, err := os.Stat(precious); err != nil {
		t.Error(err)
	}
}

// TestT29ReaderDuringSwaps reads as fast as it can while tokens of different
// lengths are swapped.
func TestT29ReaderDuringSwaps(t *testing.T) {
	t.Parallel()
	for _, plain := range []bool{false, true} {
		v := &kubelet.TokenVolume{Dir: t.TempDir(), Plain: plain}
		swaps := 20
		if plain {
			swaps = 200
		}
		tokens := []string{strings.Repeat("a", 1000), strings.Repeat("b", 20000), "c"}
		write(t, v, tokens[0])
		var done atomic.Bool
		var reads atomic.Int64
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() {
				for !done.Load() {
					got, err := os.ReadFile(v.Path())
					if err != nil {
						t.Errorf("plain %v: %v", plain, err)
						return
					}
					reads.Add(1)
					if s := string(got); s != tokens[0] && s != tokens[1] && s != tokens[2] {
						t.Errorf("plain %v: %d bytes that are no token", plain, len(s))
						return
					}
				}
			})
		}
		for i := range swaps {
			write(t, v, tokens[(i+1)%3])
		}
		for reads.Load() < 100 && !t.Failed() {
			runtime.Gosched()
		}
		done.Store(true)
		wg.Wait()
	}
}

func TestPlain(t *testing.T) {
	t.Parallel()
	v := &kubelet.TokenVolume{Dir: t.TempDir(), Plain: true, Name: "eks-pod-identity-token"}
	for _, token := range []string{"one", "two"} {
		if w := write(t, v, token); !w.Changed {
			t.Errorf("%s: not changed", token)
		}
		if diff := cmp.Diff([]string{"eks-pod-identity-token"}, names(t, v.Dir)); diff != "" {
			t.Errorf("volume (-want +got):\n%s", diff)
		}
		info, err := os.Lstat(v.Path())
		if err != nil || !info.Mode().IsRegular() || info.Mode().Perm() != 0o644 && runtime.GOOS != "windows" {
			t.Errorf("token is %v, %v", info.Mode(), err)
		}
	}
	if w := write(t, v, "two"); w.Changed {
		t.Error("unchanged content was written again")
	}
}

func TestWriteFails(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, v := range map[string]*kubelet.TokenVolume{
		"folder is a file": {Dir: file},
		"name leads out":   {Dir: t.TempDir(), Name: "../token"},
		"name has folders": {Dir: t.TempDir(), Name: "a/token"},
		"no randomness":    {Dir: t.TempDir(), Rand: strings.NewReader("x")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if name == "no randomness" {
				skipWithoutLinks(t)
			}
			if w, err := v.Write("one"); err == nil {
				t.Errorf("written: %+v", w)
			}
		})
	}
}

// TestFailedSwapKeepsTheOldToken puts a folder in the way of the new link.
func TestFailedSwapKeepsTheOldToken(t *testing.T) {
	t.Parallel()
	skipWithoutLinks(t)
	v := &kubelet.TokenVolume{Dir: t.TempDir()}
	write(t, v, "one")
	if err := os.MkdirAll(filepath.Join(v.Dir, "..data_tmp", "full"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := v.Write("two"); err == nil {
		t.Fatal("no error")
	}
	if got, err := os.ReadFile(v.Path()); err != nil || string(got) != "one" {
		t.Errorf("content %q, %v", got, err)
	}
	if got := names(t, v.Dir); len(got) != 4 {
		t.Errorf("the new folder was left behind: %v", got)
	}
}

func TestT31Permissions(t *testing.T) {
	t.Parallel()
	id := func(n int64) *int64 { return &n }
	tests := []struct {
		name string
		pod  kubelet.PodSecurity
		want kubelet.Permissions
	}{
		{"nothing set", kubelet.PodSecurity{}, kubelet.Permissions{Mode: 0o644}},
		{"containers without user", kubelet.PodSecurity{RunAsUsers: []*int64{nil, nil}}, kubelet.Permissions{Mode: 0o644}},
		{"fsGroup", kubelet.PodSecurity{FSGroup: id(65534)}, kubelet.Permissions{Mode: 0o640, Group: id(65534)}},
		{"fsGroup 0", kubelet.PodSecurity{FSGroup: id(0)}, kubelet.Permissions{Mode: 0o640, Group: id(0)}},
		{"uniform user", kubelet.PodSecurity{RunAsUsers: []*int64{id(1000), id(1000)}}, kubelet.Permissions{Mode: 0o600, Owner: id(1000)}},
		{"uniform root", kubelet.PodSecurity{RunAsUsers: []*int64{id(0)}}, kubelet.Permissions{Mode: 0o600, Owner: id(0)}},
		{"mixed users", kubelet.PodSecurity{RunAsUsers: []*int64{id(1000), id(1001)}}, kubelet.Permissions{Mode: 0o644}},
		{"one without user", kubelet.PodSecurity{RunAsUsers: []*int64{id(1000), nil}}, kubelet.Permissions{Mode: 0o644}},
		{"fsGroup and uniform user", kubelet.PodSecurity{FSGroup: id(5), RunAsUsers: []*int64{id(1000)}},
			kubelet.Permissions{Mode: 0o640, Owner: id(1000), Group: id(5)}},
		{"before 1.19", kubelet.PodSecurity{Before119: true, RunAsUsers: []*int64{id(1000)}}, kubelet.Permissions{Mode: 0o600}},
		{"before 1.19 with fsGroup", kubelet.PodSecurity{Before119: true, FSGroup: id(65534)}, kubelet.Permissions{Mode: 0o640, Group: id(65534)}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, tt.pod.Permissions()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestModesOnDisk gives files to the writer's own user and group, which anybody
// may.
func TestModesOnDisk(t *testing.T) {
	t.Parallel()
	skipWithoutLinks(t)
	uid, gid := int64(os.Getuid()), int64(os.Getgid())
	for name, tt := range map[string]struct {
		pod     kubelet.PodSecurity
		file    fs.FileMode
		stamped fs.FileMode
	}{
		"default":      {kubelet.PodSecurity{}, 0o644, 0o755 | fs.ModeDir},
		"fsGroup":      {kubelet.PodSecurity{FSGroup: &gid}, 0o640, 0o755 | fs.ModeDir | fs.ModeSetgid},
		"uniform user": {kubelet.PodSecurity{RunAsUsers: []*int64{&uid}}, 0o600, 0o755 | fs.ModeDir},
		"before 1.19":  {kubelet.PodSecurity{Before119: true}, 0o600, 0o755 | fs.ModeDir},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := &kubelet.TokenVolume{Dir: t.TempDir(), Permissions: tt.pod.Permissions()}
			if w := write(t, v, "one"); w.Ownership != nil {
				t.Error(w.Ownership)
			}
			file, err := os.Stat(v.Path())
			if err != nil || file.Mode() != tt.file {
				t.Errorf("token is %v, %v; want %v", file.Mode(), err, tt.file)
			}
			dir, err := os.Stat(filepath.Join(v.Dir, "..data"))
			if err != nil || dir.Mode() != tt.stamped {
				t.Errorf("stamped folder is %v, %v; want %v", dir.Mode(), err, tt.stamped)
			}
		})
	}
}
