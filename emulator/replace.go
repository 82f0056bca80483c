package emulator

import (
	"errors"
	"slices"

	"github.com/irsatz/irsatz/iam"
)

// When the files give an entity another id, or a role another path, another one
// takes its place. Whatever names it in files that did not change means the new
// one then, as it would if all were made from the files: what AWS ends with the
// old one, such as a membership or the name in a trust policy, is brought back.

// replacing has a replacement made in the draft.
func replacing[T any](d *iam.Draft, replace func(*iam.Draft, *T, T) (*T, error)) func(*T, T) (*T, error) {
	return func(was *T, want T) (*T, error) { return replace(d, was, want) }
}

// replaceRole keeps the instance profiles that have the role, and what trust
// policies say of it.
func replaceRole(d *iam.Draft, was *iam.Role, want iam.Role) (*iam.Role, error) {
	profiles := slices.DeleteFunc(d.Snapshot().InstanceProfiles(was.AccountID), func(p *iam.InstanceProfile) bool {
		return p.RoleName != was.Name
	})
	if err := keepingTrust(d, func() error { return d.DeleteRole(was.AccountID, was.Name) }); err != nil {
		return nil, err
	}
	role, err := d.CreateRole(want)
	if err != nil {
		return nil, err
	}
	var errs []error
	for _, p := range profiles {
		_, err := d.UpdateInstanceProfile(p.AccountID, p.Name, func(p *iam.InstanceProfile) error {
			p.RoleName = role.Name
			return nil
		})
		errs = append(errs, err)
	}
	return role, errors.Join(errs...)
}

// replaceGroup keeps who is in the group, and with that whom its policies deny
// something.
func replaceGroup(d *iam.Draft, was *iam.Group, want iam.Group) (*iam.Group, error) {
	members := d.Snapshot().Members(was)
	if err := d.DeleteGroup(was.AccountID, was.Name); err != nil {
		return nil, err
	}
	group, err := d.CreateGroup(want)
	if err != nil {
		return nil, err
	}
	var errs []error
	for _, member := range members {
		_, err := d.UpdateUser(member.AccountID, member.Name, func(u *iam.User) error {
			u.Groups = slices.Clone(member.Groups)
			return nil
		})
		errs = append(errs, err)
	}
	return group, errors.Join(errs...)
}

// replaceUser keeps what trust policies say of the user.
func replaceUser(d *iam.Draft, was *iam.User, want iam.User) (*iam.User, error) {
	if err := keepingTrust(d, func() error { return d.DeleteUser(was.AccountID, was.Name) }); err != nil {
		return nil, err
	}
	return d.CreateUser(want)
}

func replaceInstanceProfile(d *iam.Draft, was *iam.InstanceProfile, want iam.InstanceProfile) (*iam.InstanceProfile, error) {
	if err := d.DeleteInstanceProfile(was.AccountID, was.Name); err != nil {
		return nil, err
	}
	return d.CreateInstanceProfile(want)
}

// keepingTrust removes a principal and has the trust policies that are left say
// what they said before.
func keepingTrust(d *iam.Draft, remove func() error) error {
	s := d.Snapshot()
	var before []*iam.Role
	for _, id := range s.Accounts() {
		before = append(before, s.Roles(id)...)
	}
	if err := remove(); err != nil {
		return err
	}
	var errs []error
	for _, was := range before {
		now, ok := s.Role(was.AccountID, was.Name)
		if !ok || now.Trust.Document == was.Trust.Document {
			continue
		}
		_, err := d.UpdateRole(was.AccountID, was.Name, func(r *iam.Role) error { r.Trust = was.Trust; return nil })
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
