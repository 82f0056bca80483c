package iam

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/irsatz/irsatz/iam/arn"
	"github.com/irsatz/irsatz/iam/policy"
)

// DefaultMaxSessionDuration is a role's longest session unless it says
// otherwise.
const DefaultMaxSessionDuration = time.Hour

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

	replaced []string        // ids of the roles that were in its place
	policies []policy.Policy // Inline and the managed ones, in that order
	boundary *policy.Policy
}

// Policies returns the role's identity policies, inline and managed. The
// caller must not change the slice.
func (r *Role) Policies() []policy.Policy { return r.policies }

// Boundary returns the role's permissions boundary, nil if none is set.
func (r *Role) Boundary() *policy.Policy { return r.boundary }

// standsFor reports whether it is the role of this id, or in its place.
func (r *Role) standsFor(id string) bool { return r.ID == id || slices.Contains(r.replaced, id) }

// own gives the role slices of its own.
func (r *Role) own() {
	r.Inline, r.AttachedARNs, r.Tags = slices.Clone(r.Inline), slices.Clone(r.AttachedARNs), slices.Clone(r.Tags)
}

// RoleByARN returns the role with exactly this ARN, path included.
func (s *Snapshot) RoleByARN(roleARN string) (*Role, bool) {
	a, err := arn.Parse(roleARN)
	if err != nil || a.Service != "iam" {
		return nil, false
	}
	name, ok := strings.CutPrefix(a.Resource, "role/")
	if !ok {
		return nil, false
	}
	r, ok := s.Role(a.AccountID, name[strings.LastIndexByte(name, '/')+1:])
	return r, ok && r.ARN == roleARN
}

// Role returns the account's role of this name, whose case does not matter.
func (s *Snapshot) Role(accountID, name string) (*Role, bool) {
	r, ok := s.account(accountID).roles[strings.ToLower(name)]
	return r, ok
}

// Roles returns all roles of the account, in no order.
func (s *Snapshot) Roles(accountID string) []*Role {
	return slices.Collect(maps.Values(s.account(accountID).roles))
}

// CreateRole adds a role. AccountID, Name and Trust are required; ARN is set
// here, ID and Created too unless they are given, Path and MaxSessionDuration
// are defaulted. A policy or boundary that does not exist is an error.
func (d *Draft) CreateRole(role Role) (*Role, error) {
	role.Path = orSlash(role.Path)
	if err := checkIdentity(role.AccountID, role.Path, role.Name); err != nil {
		return nil, fmt.Errorf("role %s: %w", role.Name, err)
	}
	a := d.account(role.AccountID)
	if _, ok := a.roles[strings.ToLower(role.Name)]; ok {
		return nil, fmt.Errorf("role %s: %w", role.Name, ErrEntityAlreadyExists)
	}
	d.identify(&role.ID, "AROA", role.AccountID)
	role.ARN = iamARN(role.AccountID, "role"+role.Path+role.Name)
	d.date(&role.Created)
	if role.Trust.Name == "" {
		role.Trust.Name = role.Name
	}
	role.own()
	return d.putRole(a, &role)
}

// UpdateRole replaces the role of the account by what change makes of a copy.
// Identity (name, path, id) cannot be changed.
func (d *Draft) UpdateRole(accountID, name string, change func(*Role) error) (*Role, error) {
	old, ok := d.next.Role(accountID, name)
	if !ok {
		return nil, fmt.Errorf("role %s: %w", name, ErrNoSuchEntity)
	}
	role := *old
	role.own()
	if err := change(&role); err != nil {
		return nil, err
	}
	role.AccountID, role.Name, role.Path, role.ID, role.ARN, role.Created = old.AccountID, old.Name, old.Path, old.ID, old.ARN, old.Created
	role.replaced = old.replaced
	return d.putRole(d.account(accountID), &role)
}

// putRole stores the role, whose slices are its own.
func (d *Draft) putRole(a *account, role *Role) (*Role, error) {
	if err := checkDocuments(role.Inline); err != nil {
		return nil, fmt.Errorf("role %s: %w", role.Name, err)
	}
	if role.Trust.Document == nil || role.Trust.Document.Kind() != policy.Trust {
		return nil, fmt.Errorf("role %s: trust policy: %w", role.Name, ErrInvalidInput)
	}
	if role.MaxSessionDuration == 0 {
		role.MaxSessionDuration = DefaultMaxSessionDuration
	}
	key := strings.ToLower(role.Name)
	a.roles[key], a.dirty.roles[key] = role, true
	return role, nil
}

// DeleteRole removes the role, from its instance profiles too. Its sessions end
// with it, and trust policies name it by its id from now on: a role created again
// under its name is another one.
func (d *Draft) DeleteRole(accountID, name string) error {
	role, ok := d.next.Role(accountID, name)
	if !ok {
		return fmt.Errorf("role %s: %w", name, ErrNoSuchEntity)
	}
	d.dropRole(role)
	d.account(accountID).refill(role.Name, "")
	return d.rename(role.byID())
}

// dropRole takes the role out, as if it had never been: what names it is left
// alone.
func (d *Draft) dropRole(role *Role) {
	a := d.account(role.AccountID)
	key := strings.ToLower(role.Name)
	delete(a.roles, key)
	delete(a.dirty.roles, key)
}

// refill gives the instance profiles that have the one role another.
func (a *account) refill(roleName, newName string) {
	for key, p := range a.profiles {
		if p.RoleName == roleName {
			refilled := *p
			refilled.RoleName = newName
			a.profiles[key] = &refilled
		}
	}
}
