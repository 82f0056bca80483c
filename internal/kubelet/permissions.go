package kubelet

import (
	"fmt"
	"io/fs"
	"os"
	"runtime"
)

// defaultMode is what the API server gives a projected volume that names none.
const defaultMode fs.FileMode = 0o644

// PodSecurity is what of a pod's security contexts decides who may read its
// token.
type PodSecurity struct {
	FSGroup *int64 // nil: none
	// RunAsUsers is the effective runAsUser of every container, init and
	// ephemeral ones too; nil where none is set.
	RunAsUsers []*int64
	// DefaultMode is the volume's; 0 means 0644.
	DefaultMode fs.FileMode
	// Before119 is the rule of Kubernetes before 1.19, which knew fsGroup only.
	Before119 bool
}

// Permissions is the mode and the ownership of a token file. The zero value is
// that of a pod without security context: 0644, owner and group of the writer.
type Permissions struct {
	Mode  fs.FileMode // 0 means 0644
	Owner *int64      // nil: the writer
	Group *int64      // nil: the writer's; else it may read, and enter folders
}

// Permissions returns what the kubelet gives the token file of such a pod.
//
// Since Kubernetes 1.19 (pull request 89193) a pod whose containers all run as
// one user owns its token, fsGroup or not.
func (s PodSecurity) Permissions() Permissions {
	p := Permissions{Mode: s.DefaultMode, Group: s.FSGroup}
	if p.Mode == 0 {
		p.Mode = defaultMode
	}
	if !s.Before119 {
		p.Owner = s.uniformUser()
	}
	if p.Owner != nil || p.Group != nil || s.Before119 {
		p.Mode = 0o600
	}
	if p.Group != nil {
		p.Mode |= 0o440
	}
	return p
}

// uniformUser is the user that all containers run as, nil if they differ or
// one has none.
func (s PodSecurity) uniformUser() *int64 {
	if len(s.RunAsUsers) == 0 || s.RunAsUsers[0] == nil {
		return nil
	}
	first := *s.RunAsUsers[0]
	for _, u := range s.RunAsUsers[1:] {
		if u == nil || *u != first {
			return nil
		}
	}
	return &first
}

func (p Permissions) fileMode() fs.FileMode {
	if p.Mode == 0 {
		return defaultMode
	}
	return p.Mode
}

// kind is what own is called for.
type kind int

const (
	fileKind kind = iota
	dirKind
	linkKind
	visibleKind // the link that programs open
)

// own gives a path the owner and the group. As in the kubelet the owner is
// that of the file and of the link to it only, while the group goes to
// everything in the volume, and folders hand it on (set-group-ID).
func (p Permissions) own(path string, k kind) error {
	uid, gid := -1, -1
	if p.Owner != nil && (k == fileKind || k == visibleKind) {
		uid = int(*p.Owner)
	}
	if p.Group != nil {
		gid = int(*p.Group)
	}
	if uid < 0 && gid < 0 {
		return nil
	}
	if runtime.GOOS == "windows" {
		return fmt.Errorf("set owner of %s: there are no numeric owners on Windows", path)
	}
	if err := os.Lchown(path, uid, gid); err != nil {
		return fmt.Errorf("set owner: %w", err)
	}
	switch k {
	case fileKind: // chown may have cleared bits
		return os.Chmod(path, p.fileMode())
	case dirKind:
		if gid < 0 {
			return nil
		}
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		return os.Chmod(path, info.Mode().Perm()|0o550|fs.ModeSetgid)
	}
	return nil
}
