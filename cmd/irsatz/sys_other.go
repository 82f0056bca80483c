//go:build !unix

package main

import "os"

// forwarded are the signals that exec passes on to its command.
var forwarded []os.Signal

// signalNumber is the signal that ended the process, 0 if none did.
func signalNumber(*os.ProcessState) int { return 0 }

// ownedByUs reports whether the file belongs to this user: temporary folders
// are each user's own here.
func ownedByUs(os.FileInfo) bool { return true }
