package iam

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/irsatz/irsatz/iam/policy"
)

// Group is a group of users, who have its policies.
type Group struct {
	AccountID    string
	Name         string
	Path         string // starts and ends with "/"
	ID           string // AGPA…
	ARN          string
	Created      time.Time
	Inline       []policy.Policy
	AttachedARNs []string // managed policies
}

// own gives the group slices of its own.
func (g *Group) own() {
	g.Inline, g.AttachedARNs = slices.Clone(g.Inline), slices.Clone(g.AttachedARNs)
}

// Group returns the account's group of this name, whose case does not matter.
func (s *Snapshot) Group(accountID, name string) (*Group, bool) {
	g, ok := s.account(accountID).groups[strings.ToLower(name)]
	return g, ok
}

// Groups returns all groups of the account, in no order.
func (s *Snapshot) Groups(accountID string) []*Group {
	return slices.Collect(maps.Values(s.account(accountID).groups))
}

// Members returns the users in the group, in no order.
func (s *Snapshot) Members(g *Group) []*User {
	var members []*User
	for _, u := range s.account(g.AccountID).users {
		if slices.Contains(u.Groups, g.Name) {
			members = append(members, u)
		}
	}
	return members
}

// CreateGroup adds a group. AccountID and Name are required; ARN is set here,
// ID and Created too unless they are given.
func (d *Draft) CreateGroup(g Group) (*Group, error) {
	g.Path = orSlash(g.Path)
	if err := checkIdentity(g.AccountID, g.Path, g.Name); err != nil {
		return nil, fmt.Errorf("group %s: %w", g.Name, err)
	}
	a := d.account(g.AccountID)
	if _, ok := a.groups[strings.ToLower(g.Name)]; ok {
		return nil, fmt.Errorf("group %s: %w", g.Name, ErrEntityAlreadyExists)
	}
	d.identify(&g.ID, "AGPA", g.AccountID)
	g.ARN = iamARN(g.AccountID, "group"+g.Path+g.Name)
	d.date(&g.Created)
	g.own()
	return d.putGroup(a, &g)
}

// UpdateGroup replaces the group of the account by what change makes of a copy.
// Identity cannot be changed: the id never, name and path by MoveGroup.
func (d *Draft) UpdateGroup(accountID, name string, change func(*Group) error) (*Group, error) {
	old, ok := d.next.Group(accountID, name)
	if !ok {
		return nil, fmt.Errorf("group %s: %w", name, ErrNoSuchEntity)
	}
	g := *old
	g.own()
	if err := change(&g); err != nil {
		return nil, err
	}
	g.AccountID, g.Name, g.Path, g.ID, g.ARN, g.Created = old.AccountID, old.Name, old.Path, old.ID, old.ARN, old.Created
	return d.putGroup(d.account(accountID), &g)
}

// MoveGroup gives the group of the account another name, another path or both. It
// stays the same group, with its id, members and policies. A name that another
// group has is an error.
func (d *Draft) MoveGroup(accountID, name, newName, newPath string) (*Group, error) {
	old, ok := d.next.Group(accountID, name)
	if !ok {
		return nil, fmt.Errorf("group %s: %w", name, ErrNoSuchEntity)
	}
	g := *old
	g.own()
	newPath = orSlash(newPath)
	g.Name, g.Path, g.ARN = newName, newPath, iamARN(accountID, "group"+newPath+newName)
	if err := checkIdentity(accountID, newPath, newName); err != nil {
		return nil, fmt.Errorf("group %s: %w", newName, err)
	}
	if other, ok := d.next.Group(accountID, newName); ok && other.ID != g.ID {
		return nil, fmt.Errorf("group %s: %w", newName, ErrEntityAlreadyExists)
	}
	delete(d.account(accountID).groups, strings.ToLower(name))
	if err := d.regroup(old, newName); err != nil {
		return nil, err
	}
	return d.putGroup(d.account(accountID), &g)
}

// regroup has the members of the group be in that of another name in its place.
func (d *Draft) regroup(old *Group, newName string) error {
	for _, u := range d.next.Members(old) {
		_, err := d.UpdateUser(u.AccountID, u.Name, func(u *User) error {
			u.Groups[slices.Index(u.Groups, old.Name)] = newName
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// putGroup stores the group, whose slices are its own.
func (d *Draft) putGroup(a *account, g *Group) (*Group, error) {
	if err := checkDocuments(g.Inline); err != nil {
		return nil, fmt.Errorf("group %s: %w", g.Name, err)
	}
	key := strings.ToLower(g.Name)
	a.groups[key], a.dirty.groups[g.Name] = g, true
	return g, nil
}

// DeleteGroup removes the group; whoever is in it has its policies no longer.
func (d *Draft) DeleteGroup(accountID, name string) error {
	g, ok := d.next.Group(accountID, name)
	if !ok {
		return fmt.Errorf("group %s: %w", name, ErrNoSuchEntity)
	}
	for _, u := range d.next.Members(g) {
		_, err := d.UpdateUser(accountID, u.Name, func(u *User) error {
			u.Groups = slices.DeleteFunc(u.Groups, func(name string) bool { return name == g.Name })
			return nil
		})
		if err != nil {
			return err
		}
	}
	delete(d.account(accountID).groups, strings.ToLower(name))
	return nil
}
