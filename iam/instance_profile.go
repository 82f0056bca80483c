package iam

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// InstanceProfile gives a role to EC2 instances. Nothing here runs on any: it
// is kept for the tools that expect it.
type InstanceProfile struct {
	AccountID string
	Name      string
	Path      string // starts and ends with "/"
	ID        string // AIPA…
	ARN       string
	Created   time.Time
	RoleName  string // "" if it has no role
	Tags      []Tag
}

// InstanceProfile returns the account's instance profile of this name, whose
// case does not matter.
func (s *Snapshot) InstanceProfile(accountID, name string) (*InstanceProfile, bool) {
	p, ok := s.account(accountID).profiles[strings.ToLower(name)]
	return p, ok
}

// InstanceProfiles returns all instance profiles of the account, in no order.
func (s *Snapshot) InstanceProfiles(accountID string) []*InstanceProfile {
	return slices.Collect(maps.Values(s.account(accountID).profiles))
}

// CreateInstanceProfile adds an instance profile. AccountID and Name are
// required; ARN is set here, ID and Created too unless they are given.
func (d *Draft) CreateInstanceProfile(p InstanceProfile) (*InstanceProfile, error) {
	p.Path = orSlash(p.Path)
	if err := checkIdentity(p.AccountID, p.Path, p.Name); err != nil {
		return nil, fmt.Errorf("instance profile %s: %w", p.Name, err)
	}
	a := d.account(p.AccountID)
	if _, ok := a.profiles[strings.ToLower(p.Name)]; ok {
		return nil, fmt.Errorf("instance profile %s: %w", p.Name, ErrEntityAlreadyExists)
	}
	d.identify(&p.ID, "AIPA", p.AccountID)
	p.ARN = iamARN(p.AccountID, "instance-profile"+p.Path+p.Name)
	d.date(&p.Created)
	p.Tags = slices.Clone(p.Tags)
	return d.putInstanceProfile(a, &p)
}

// UpdateInstanceProfile replaces the instance profile of the account by what
// change makes of a copy. Identity (name, path, id) cannot be changed.
func (d *Draft) UpdateInstanceProfile(accountID, name string, change func(*InstanceProfile) error) (*InstanceProfile, error) {
	old, ok := d.next.InstanceProfile(accountID, name)
	if !ok {
		return nil, fmt.Errorf("instance profile %s: %w", name, ErrNoSuchEntity)
	}
	p := *old
	p.Tags = slices.Clone(p.Tags)
	if err := change(&p); err != nil {
		return nil, err
	}
	p.AccountID, p.Name, p.Path, p.ID, p.ARN, p.Created = old.AccountID, old.Name, old.Path, old.ID, old.ARN, old.Created
	return d.putInstanceProfile(d.account(accountID), &p)
}

// putInstanceProfile stores the instance profile, whose tags are its own.
func (d *Draft) putInstanceProfile(a *account, p *InstanceProfile) (*InstanceProfile, error) {
	if p.RoleName != "" {
		role, ok := d.next.Role(p.AccountID, p.RoleName)
		if !ok {
			return nil, fmt.Errorf("instance profile %s: role %s: %w", p.Name, p.RoleName, ErrNoSuchEntity)
		}
		p.RoleName = role.Name
	}
	a.profiles[strings.ToLower(p.Name)] = p
	return p, nil
}

// DeleteInstanceProfile removes the instance profile.
func (d *Draft) DeleteInstanceProfile(accountID, name string) error {
	if _, ok := d.next.InstanceProfile(accountID, name); !ok {
		return fmt.Errorf("instance profile %s: %w", name, ErrNoSuchEntity)
	}
	delete(d.account(accountID).profiles, strings.ToLower(name))
	return nil
}
