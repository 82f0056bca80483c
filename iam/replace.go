package iam

import (
	"fmt"
	"slices"
	"strings"
)

// What takes the place of an entity is what everything else goes on to name: trust
// policies, policies that are pinned, group memberships and instance profiles. AWS
// has no such thing, only deleting and making anew, which ends all of that.

// ReplaceRole puts another role in the place of the one of its name, with another
// id or under another path. Sessions of the old one end.
func (d *Draft) ReplaceRole(r Role) (*Role, error) {
	old, ok := d.next.Role(r.AccountID, r.Name)
	if !ok {
		return nil, fmt.Errorf("role %s: %w", r.Name, ErrNoSuchEntity)
	}
	r.replaced = succession(old.replaced, old.ID)
	d.dropRole(old)
	d.account(r.AccountID).refill(old.Name, r.Name)
	return d.CreateRole(r)
}

// ReplaceUser puts another user in the place of the one of its name, with another
// id. Policies follow it to another path, as they follow one that is moved.
// Sessions of the old one end.
func (d *Draft) ReplaceUser(u User) (*User, error) {
	old, ok := d.next.User(u.AccountID, u.Name)
	if !ok {
		return nil, fmt.Errorf("user %s: %w", u.Name, ErrNoSuchEntity)
	}
	u.replaced = succession(old.replaced, old.ID)
	d.dropUser(old)
	made, err := d.CreateUser(u)
	if err != nil {
		return nil, err
	}
	return made, d.rename(as(old.ARN, made.ARN))
}

// ReplaceGroup puts another group in the place of the one of its name, with the
// same members.
func (d *Draft) ReplaceGroup(g Group) (*Group, error) {
	old, ok := d.next.Group(g.AccountID, g.Name)
	if !ok {
		return nil, fmt.Errorf("group %s: %w", g.Name, ErrNoSuchEntity)
	}
	delete(d.account(g.AccountID).groups, strings.ToLower(g.Name))
	if err := d.regroup(old, g.Name); err != nil {
		return nil, err
	}
	return d.CreateGroup(g)
}

// ReplaceInstanceProfile puts another instance profile in the place of the one of
// its name.
func (d *Draft) ReplaceInstanceProfile(p InstanceProfile) (*InstanceProfile, error) {
	if err := d.DeleteInstanceProfile(p.AccountID, p.Name); err != nil {
		return nil, err
	}
	return d.CreateInstanceProfile(p)
}

// succession is the ids that were replaced before, and one more.
func succession(replaced []string, id string) []string {
	if slices.Contains(replaced, id) {
		return replaced
	}
	return append(slices.Clip(replaced), id)
}
