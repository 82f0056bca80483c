package iam

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/irsatz/irsatz/iam/policy"
)

// User is an IAM user with its policies resolved.
type User struct {
	AccountID    string
	Name         string
	Path         string // starts and ends with "/"
	ID           string // AIDA…
	ARN          string
	Created      time.Time
	Inline       []policy.Policy
	AttachedARNs []string // managed policies
	BoundaryARN  string   // "" if no permissions boundary is set
	Groups       []string // names
	AccessKeys   []AccessKey
	Tags         []Tag

	replaced []string        // ids of the users that were in its place
	policies []policy.Policy // its own and those of its groups
	boundary *policy.Policy
}

// AccessKey is a user's long-term access key.
type AccessKey struct {
	ID       string // AKIA… or whatever the user was given
	Secret   string
	Created  time.Time
	Inactive bool // signs nothing
}

// Policies returns the user's identity policies: its own, inline and managed,
// then those of its groups. The caller must not change the slice.
func (u *User) Policies() []policy.Policy { return u.policies }

// Boundary returns the user's permissions boundary, nil if none is set.
func (u *User) Boundary() *policy.Policy { return u.boundary }

// standsFor reports whether it is the user of this id, or in its place.
func (u *User) standsFor(id string) bool { return u.ID == id || slices.Contains(u.replaced, id) }

// own gives the user slices of its own.
func (u *User) own() {
	u.Inline, u.AttachedARNs, u.Groups = slices.Clone(u.Inline), slices.Clone(u.AttachedARNs), slices.Clone(u.Groups)
	u.AccessKeys, u.Tags = slices.Clone(u.AccessKeys), slices.Clone(u.Tags)
}

// User returns the account's user of this name, whose case does not matter.
func (s *Snapshot) User(accountID, name string) (*User, bool) {
	u, ok := s.account(accountID).users[strings.ToLower(name)]
	return u, ok
}

// UserOfKey returns the user that the access key id belongs to.
func (s *Snapshot) UserOfKey(accessKeyID string) (*User, bool) {
	u, ok := s.keys[accessKeyID]
	return u, ok
}

// userByID returns the account's user with this unique id.
func (s *Snapshot) userByID(accountID, id string) (*User, bool) {
	for _, u := range s.account(accountID).users {
		if u.ID == id {
			return u, true
		}
	}
	return nil, false
}

// Users returns all users of the account, in no order.
func (s *Snapshot) Users(accountID string) []*User {
	return slices.Collect(maps.Values(s.account(accountID).users))
}

// CreateUser adds a user with the access keys it carries. AccountID and Name
// are required; ARN is set here, ID and Created too unless they are given. An
// access key id that is taken is an error, as is a group that does not exist.
func (d *Draft) CreateUser(u User) (*User, error) {
	u.Path = orSlash(u.Path)
	if err := checkIdentity(u.AccountID, u.Path, u.Name); err != nil {
		return nil, fmt.Errorf("user %s: %w", u.Name, err)
	}
	a := d.account(u.AccountID)
	if _, ok := a.users[strings.ToLower(u.Name)]; ok {
		return nil, fmt.Errorf("user %s: %w", u.Name, ErrEntityAlreadyExists)
	}
	d.identify(&u.ID, "AIDA", u.AccountID)
	u.ARN = iamARN(u.AccountID, "user"+u.Path+u.Name)
	d.date(&u.Created)
	u.own()
	return d.putUser(a, &u)
}

// UpdateUser replaces the user of the account by what change makes of a copy.
// Identity cannot be changed: the id never, name and path by MoveUser.
func (d *Draft) UpdateUser(accountID, name string, change func(*User) error) (*User, error) {
	old, ok := d.next.User(accountID, name)
	if !ok {
		return nil, fmt.Errorf("user %s: %w", name, ErrNoSuchEntity)
	}
	u := *old
	u.own()
	if err := change(&u); err != nil {
		return nil, err
	}
	u.AccountID, u.Name, u.Path, u.ID, u.ARN, u.Created = old.AccountID, old.Name, old.Path, old.ID, old.ARN, old.Created
	u.replaced = old.replaced
	d.dropKeys(old)
	return d.putUser(d.account(accountID), &u)
}

// MoveUser gives the user of the account another name, another path or both. It
// stays the same user, with its id, keys, groups, policies and sessions. A name
// that another user has is an error.
func (d *Draft) MoveUser(accountID, name, newName, newPath string) (*User, error) {
	old, ok := d.next.User(accountID, name)
	if !ok {
		return nil, fmt.Errorf("user %s: %w", name, ErrNoSuchEntity)
	}
	u := *old
	u.own()
	newPath = orSlash(newPath)
	u.Name, u.Path, u.ARN = newName, newPath, iamARN(accountID, "user"+newPath+newName)
	if err := checkIdentity(accountID, newPath, newName); err != nil {
		return nil, fmt.Errorf("user %s: %w", newName, err)
	}
	if other, ok := d.next.User(accountID, newName); ok && other.ID != u.ID {
		return nil, fmt.Errorf("user %s: %w", newName, ErrEntityAlreadyExists)
	}
	if err := d.rename(as(old.ARN, u.ARN)); err != nil {
		return nil, err
	}
	d.dropUser(old)
	return d.putUser(d.account(accountID), &u)
}

// dropUser takes the user out, as if it had never been: what names it is left
// alone.
func (d *Draft) dropUser(u *User) {
	d.dropKeys(u)
	a := d.account(u.AccountID)
	key := strings.ToLower(u.Name)
	delete(a.users, key)
	delete(a.dirty.users, key)
}

// putUser stores the user, whose slices are its own.
func (d *Draft) putUser(a *account, u *User) (*User, error) {
	err := checkDocuments(u.Inline)
	if err == nil {
		err = d.checkKeys(u.AccessKeys)
	}
	if err != nil {
		return nil, fmt.Errorf("user %s: %w", u.Name, err)
	}
	key := strings.ToLower(u.Name)
	a.users[key], a.dirty.users[key] = u, true
	for i := range u.AccessKeys {
		d.date(&u.AccessKeys[i].Created)
		d.next.keys[u.AccessKeys[i].ID] = u
	}
	return u, nil
}

// DeleteUser removes the user. Its keys and sessions end with it, and trust
// policies name it by its id from now on: a user created again under its name is
// another one.
func (d *Draft) DeleteUser(accountID, name string) error {
	u, ok := d.next.User(accountID, name)
	if !ok {
		return fmt.Errorf("user %s: %w", name, ErrNoSuchEntity)
	}
	d.dropUser(u)
	return d.rename(as(u.ARN, u.ID))
}

// NewAccessKey makes an active access key for a user of the account.
func (d *Draft) NewAccessKey(accountID string) AccessKey {
	return AccessKey{
		ID: d.store.random.accessKeyID("AKIA", accountID), Secret: d.store.random.secret(),
		Created: d.store.now().UTC(),
	}
}

func (d *Draft) dropKeys(u *User) {
	for _, k := range u.AccessKeys {
		delete(d.next.keys, k.ID)
	}
}

// checkKeys refuses access keys that are incomplete, or taken.
func (d *Draft) checkKeys(keys []AccessKey) error {
	for i, k := range keys {
		if k.ID == "" || k.Secret == "" {
			return fmt.Errorf("access key %q without id or secret: %w", k.ID, ErrInvalidInput)
		}
		_, root := d.store.root[k.ID]
		_, taken := d.next.keys[k.ID]
		twice := slices.ContainsFunc(keys[:i], func(other AccessKey) bool { return other.ID == k.ID })
		if taken || root || twice {
			return fmt.Errorf("access key id %s: %w", k.ID, ErrEntityAlreadyExists)
		}
	}
	return nil
}
