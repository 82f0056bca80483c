// Package iam holds accounts, roles, OIDC providers, sessions, and the
// authorization question. No HTTP.
//
// All state hangs off a Store. Readers take a Snapshot, which never changes;
// writers replace it through Store.Update. Role, Provider, User and
// ManagedPolicy values are immutable once they are in a snapshot.
package iam

import (
	"errors"
	"time"

	"github.com/irsatz/irsatz/iam/policy"
)

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

// Role is an IAM role with its policies resolved.
type Role struct {
	AccountID          string
	Name               string
	Path               string // starts and ends with "/"
	ID                 string // AROA…; a role created again under the same name has another
	ARN                string
	Description        string
	MaxSessionDuration time.Duration
	Created            time.Time
	Trust              policy.Policy
	Inline             []policy.Policy
	AttachedARNs       []string // managed policies
	BoundaryARN        string   // "" if no permissions boundary is set
	Tags               []Tag

	policies []policy.Policy // Inline and the managed ones, in that order
	boundary *policy.Policy
}

// Policies returns the role's identity policies, inline and managed. The
// caller must not change the slice.
func (r *Role) Policies() []policy.Policy { return r.policies }

// Boundary returns the role's permissions boundary, nil if none is set.
func (r *Role) Boundary() *policy.Policy { return r.boundary }

// Provider is an OIDC provider registered in an account.
type Provider struct {
	AccountID   string
	URL         string // without https://, a trailing slash kept
	ARN         string
	ClientIDs   []string
	Thumbprints []string // stored and returned, never enforced
	Created     time.Time
	Tags        []Tag
}

// User is an IAM user.
type User struct {
	AccountID    string
	Name         string
	Path         string
	ID           string // AIDA…
	ARN          string
	Created      time.Time
	Inline       []policy.Policy
	AttachedARNs []string
	BoundaryARN  string
	AccessKeys   []AccessKey
	Tags         []Tag

	policies []policy.Policy
	boundary *policy.Policy
}

// AccessKey is a user's long-term access key.
type AccessKey struct {
	ID      string // AKIA… or whatever the user was given
	Secret  string
	Created time.Time
}

// ManagedPolicy is a managed policy with its default version compiled.
type ManagedPolicy struct {
	AccountID   string // "aws" for AWS managed policies
	Name        string
	Path        string
	ARN         string
	ID          string // ANPA…
	Description string
	Created     time.Time
	VersionID   string // of the default version
	Document    *policy.Document
	Tags        []Tag
}
