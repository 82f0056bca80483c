// Package iam holds accounts, roles, OIDC providers, sessions, and the
// authorization question. No HTTP.
//
// All state hangs off a Store. Readers take a Snapshot, which never changes;
// writers replace it through Store.Update. Roles, users and all other entities
// are immutable once they are in a snapshot.
package iam

import "errors"

// Errors of this package. They are wrapped with what was looked for; compare
// with errors.Is.
var (
	ErrNoSuchEntity        = errors.New("no such entity")
	ErrEntityAlreadyExists = errors.New("entity already exists")
	ErrInvalidInput        = errors.New("invalid input")
	ErrTokenTooLarge       = errors.New("the session token would be too large")
)

// A Tag is a key and a value. Keys of role, user and session tags compare
// without regard to case.
type Tag struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}
