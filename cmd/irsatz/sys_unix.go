//go:build unix

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	"github.com/irsatz/irsatz/workload"
)

// forwarded are the signals that exec passes on to its command.
var forwarded = []os.Signal{syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGUSR1, syscall.SIGUSR2}

// signalNumber is the signal that ended the process, 0 if none did.
func signalNumber(state *os.ProcessState) int {
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return int(status.Signal())
	}
	return 0
}

// ownedByUs reports whether the file belongs to this user.
func ownedByUs(info os.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Getuid()
}

// become lets the command run as the user and with the groups of a container,
// and own the home that was made for it, or says why not. What a container does
// not say is this process's; but a user without a group gets the group 0, as
// container runtimes have it for a user that the image does not know.
func become(child *exec.Cmd, c *workload.Container, home string) (warning string) {
	uid, gid := os.Geteuid(), os.Getegid()
	if c.User != nil {
		uid, gid = int(*c.User), 0
	}
	if c.Group != nil {
		gid = int(*c.Group)
	}
	if c.User == nil && c.Group == nil && len(c.Groups) == 0 {
		return ""
	}
	if os.Geteuid() != 0 {
		if uid == os.Geteuid() {
			return ""
		}
		return fmt.Sprintf("only root can run the command as user %d and group %d: it runs as you", uid, gid)
	}
	credential := &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	for _, g := range c.Groups {
		credential.Groups = append(credential.Groups, uint32(g))
	}
	child.SysProcAttr = &syscall.SysProcAttr{Credential: credential}
	_ = os.Lchown(home, uid, gid) // where there is one
	if closed := closedTo(uid, filepath.Dir(home)); closed != "" {
		return fmt.Sprintf("user %d cannot enter %s: set TMPDIR to a folder that it can", uid, closed)
	}
	return ""
}

// closedTo is the folder on the way to dir that others than its owner cannot
// enter, unless uid is root; "" if there is none.
func closedTo(uid int, dir string) string {
	for uid != 0 {
		if info, err := os.Stat(dir); err == nil && info.Mode().Perm()&0o001 == 0 {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			break
		}
		dir = up
	}
	return ""
}
