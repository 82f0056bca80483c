// Package kubelet writes projected token volumes as the kubelet does.
//
// The layout, the swap and the file modes are those of
// k8s.io/kubernetes/pkg/volume/util/atomic_writer.go and pkg/volume/projected;
// the schedule is that of pkg/kubelet/token.
package kubelet

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"time"

	"github.com/irsatz/irsatz/internal/clock"
)

const (
	dataLink    = "..data"     // what the visible link goes through
	newDataLink = "..data_tmp" // renamed over dataLink
	stampFormat = "..2006_01_02_15_04_05."

	// lookupGrace is more than it takes to look up a path, even on a busy
	// machine.
	lookupGrace = 100 * time.Millisecond
)

// TokenVolume is a folder with one token in it, in the kubelet's layout:
//
//	token  -> ..data/token
//	..data -> ..2026_11_23_08_00_00.1234567890
//	..2026_11_23_08_00_00.1234567890/token
//
// It may be used by any number of goroutines; a folder must not be written by
// two TokenVolumes.
type TokenVolume struct {
	Dir         string           // created if it is missing
	Name        string           // of the file; empty means token
	Permissions Permissions      // zero means those of a pod with no security context
	Plain       bool             // a plain file replaced by rename instead of links; always so on Windows
	Now         func() time.Time // nil means clock.Now
	Rand        io.Reader        // nil means crypto/rand

	mu sync.Mutex // one write at a time
}

// Written tells what a write did.
type Written struct {
	Changed bool // false: the token was there already and nothing was touched
	// Ownership is why owner or group are not as the kubelet, which is root,
	// would have set them. The token can be read by whoever wrote it.
	Ownership error
}

// Path returns the path of the token file.
func (v *TokenVolume) Path() string { return filepath.Join(v.Dir, v.name()) }

func (v *TokenVolume) name() string {
	if v.Name == "" {
		return "token"
	}
	return v.Name
}

// Write makes token the content of the volume, byte for byte. Whoever opens
// Path meanwhile gets the old token or the new one.
func (v *TokenVolume) Write(token string) (Written, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !filepath.IsLocal(v.name()) || filepath.Base(v.name()) != v.name() {
		return Written{}, fmt.Errorf("write token: %q is not the name of a file", v.Name)
	}
	if old, err := os.ReadFile(v.Path()); err == nil && bytes.Equal(old, []byte(token)) {
		return Written{}, nil
	}
	// DIVERGES: the folder of the volume is 0755, where the kubelet's is a tmpfs
	// with 1777. In a container that is mounted read-only; here it would be
	// open to all users of the machine.
	if err := os.MkdirAll(v.Dir, 0o755); err != nil {
		return Written{}, fmt.Errorf("write token: %w", err)
	}
	// DIVERGES: on Windows the token is a plain file. Symbolic links need a
	// privilege there, and one to a folder cannot be replaced by rename (the
	// kubelet removes and makes it anew, so that it is absent for a moment),
	// while a rename over a file is atomic.
	write := v.writeLinked
	if v.Plain || runtime.GOOS == "windows" {
		write = v.writePlain
	}
	ownership, err := write(token)
	if err != nil {
		return Written{}, fmt.Errorf("write token: %w", err)
	}
	return Written{Changed: true, Ownership: ownership}, nil
}

func (v *TokenVolume) writeLinked(token string) (ownership, err error) {
	old, err := os.Readlink(v.in(dataLink))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	stamped, err := v.makeStamped()
	if err != nil {
		return nil, err
	}
	ownership, err = v.fill(stamped, token)
	if err == nil {
		err = v.swap(stamped)
	}
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(v.in(stamped)))
	}
	if err := v.show(); err != nil {
		return nil, err
	}
	if old != "" && filepath.IsLocal(old) && old != stamped {
		// Whoever has followed ..data but not yet opened the file would find
		// nothing if the old folder went at once.
		time.Sleep(lookupGrace)
		err = os.RemoveAll(v.in(old))
	}
	return errors.Join(ownership, v.Permissions.own(v.Dir, dirKind),
		v.Permissions.own(v.in(dataLink), linkKind), v.Permissions.own(v.Path(), visibleKind)), err
}

func (v *TokenVolume) in(name string) string { return filepath.Join(v.Dir, name) }

// makeStamped makes the folder for the new content and returns its name.
func (v *TokenVolume) makeStamped() (string, error) {
	now := v.Now
	if now == nil {
		now = clock.Now
	}
	stamp := now().UTC().Format(stampFormat)
	n, err := random(v.Rand)
	if err != nil {
		return "", err
	}
	for range 100 {
		name := stamp + strconv.FormatUint(uint64(uint32(n)), 10)
		err = os.Mkdir(v.in(name), 0o755)
		if !errors.Is(err, fs.ErrExist) {
			return name, err
		}
		n++
	}
	return "", err
}

func random(from io.Reader) (uint64, error) {
	if from == nil {
		from = rand.Reader
	}
	var b [8]byte
	if _, err := io.ReadFull(from, b[:]); err != nil {
		return 0, fmt.Errorf("read randomness: %w", err)
	}
	return binary.LittleEndian.Uint64(b[:]), nil
}

// fill writes the token into the stamped folder, which nobody can reach yet.
func (v *TokenVolume) fill(stamped, token string) (ownership, err error) {
	dir := v.in(stamped)
	if err := os.Chmod(dir, 0o755); err != nil { // the umask may have narrowed it
		return nil, err
	}
	file := filepath.Join(dir, v.name())
	if err := writeFile(file, token, v.Permissions.fileMode()); err != nil {
		return nil, err
	}
	return errors.Join(v.Permissions.own(dir, dirKind), v.Permissions.own(file, fileKind)), nil
}

func writeFile(path, token string, mode fs.FileMode) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(token)
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Chmod(path, mode)
	}
	return err
}

// swap makes ..data point to the stamped folder in one step.
func (v *TokenVolume) swap(stamped string) error {
	tmp := v.in(newDataLink)
	if err := os.Remove(tmp); err != nil && !errors.Is(err, fs.ErrNotExist) { // left by a crash
		return err
	}
	if err := os.Symlink(stamped, tmp); err != nil {
		return err
	}
	if err := os.Rename(tmp, v.in(dataLink)); err != nil {
		return errors.Join(err, os.Remove(tmp))
	}
	return nil
}

// show makes the visible link, if it is not there yet.
func (v *TokenVolume) show() error {
	target := filepath.Join(dataLink, v.name())
	if was, err := os.Readlink(v.Path()); err == nil && was == target {
		return nil
	}
	tmp := v.in("..link_tmp")
	if err := os.Remove(tmp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Symlink(target, tmp); err != nil {
		return err
	}
	return os.Rename(tmp, v.Path())
}

func (v *TokenVolume) writePlain(token string) (ownership, err error) {
	tmp := v.in("..token_tmp")
	if err := writeFile(tmp, token, v.Permissions.fileMode()); err != nil {
		return nil, err
	}
	ownership = v.Permissions.own(tmp, fileKind)
	if err := os.Rename(tmp, v.Path()); err != nil {
		return nil, errors.Join(err, os.Remove(tmp))
	}
	return ownership, nil
}
