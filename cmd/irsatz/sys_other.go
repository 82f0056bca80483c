//go:build !unix

package main

import (
	"os"
	"os/exec"

	"github.com/irsatz/irsatz/workload"
)

// forwarded are the signals that exec passes on to its command.
var forwarded []os.Signal

// signalNumber is the signal that ended the process, 0 if none did.
func signalNumber(*os.ProcessState) int { return 0 }

// ownedByUs reports whether the file belongs to this user: temporary folders
// are each user's own here.
func ownedByUs(os.FileInfo) bool { return true }

// become says that there are no numeric users here.
func become(_ *exec.Cmd, c *workload.Container, _ string) (warning string) {
	if c.User == nil && c.Group == nil && len(c.Groups) == 0 {
		return ""
	}
	return "users and groups of containers do not exist on this system: the command runs as you"
}
