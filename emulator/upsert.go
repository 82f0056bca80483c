package emulator

import (
	"bytes"
	"errors"
	"slices"

	"github.com/irsatz/irsatz/iam"
)

// maxVersions is how many versions a managed policy has at most
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html).
const maxVersions = 5

// settle makes the entities be what they say, whether they are there already or
// not. Those that are there stay themselves: they keep id and date, and their
// sessions go on. One that the files give another id, or for which AWS has no move to
// where they have it, is replaced: whatever names it in files that did not change
// means the new one then, as it would if all were made from the files.
func (n *entities) settle(d *iam.Draft) error {
	for _, a := range n.aliases {
		d.SetAlias(a.AccountID, a.Name)
	}
	s := d.Snapshot()
	return errors.Join(
		createAll(n.aws, d.AddAWSPolicy),
		createAll(n.providers, func(p iam.Provider) (*iam.Provider, error) { return settleProvider(d, p) }),
		createAll(n.policies, func(p iam.ManagedPolicy) (*iam.ManagedPolicy, error) { return settlePolicy(d, p) }),
		createAll(n.roles, place[iam.Role]{find: s.Role, create: d.CreateRole, update: d.UpdateRole, replace: d.ReplaceRole,
			identity: func(r *iam.Role) identity { return identity{r.AccountID, r.Name, r.Path, r.ID} }}.settle),
		createAll(n.groups, place[iam.Group]{s.Group, d.CreateGroup, d.UpdateGroup, d.MoveGroup, d.ReplaceGroup,
			func(g *iam.Group) identity { return identity{g.AccountID, g.Name, g.Path, g.ID} }}.settle),
		createAll(n.users, func(u iam.User) (*iam.User, error) {
			dateKeys(s, &u)
			return place[iam.User]{s.User, d.CreateUser, d.UpdateUser, d.MoveUser, d.ReplaceUser,
				func(u *iam.User) identity { return identity{u.AccountID, u.Name, u.Path, u.ID} }}.settle(u)
		}),
		createAll(n.profiles, place[iam.InstanceProfile]{find: s.InstanceProfile, create: d.CreateInstanceProfile, update: d.UpdateInstanceProfile,
			replace:  d.ReplaceInstanceProfile,
			identity: func(p *iam.InstanceProfile) identity { return identity{p.AccountID, p.Name, p.Path, p.ID} }}.settle),
		n.checkReferences(s),
	)
}

// identity is what an update does not change. Files need not say the id.
type identity struct{ accountID, name, path, id string }

// at reports whether the entity is under the path and name of the one wanted,
// which may be written in another case.
func (i identity) at(wanted identity) bool {
	return i.path == first(wanted.path, "/") && i.name == wanted.name
}

// goesBy reports whether the entity has the id that the one wanted is to have.
func (i identity) goesBy(wanted identity) bool { return wanted.id == "" || wanted.id == i.id }

// place is where entities of one kind are, in a draft.
type place[T any] struct {
	find     func(accountID, name string) (*T, bool)
	create   func(T) (*T, error)
	update   func(accountID, name string, change func(*T) error) (*T, error)
	move     func(accountID, name, newName, newPath string) (*T, error) // nil if AWS has no such thing
	replace  func(T) (*T, error)
	identity func(*T) identity
}

// settle puts the entity in the place of the one of its name, if there is one.
func (p place[T]) settle(want T) (*T, error) {
	wanted := p.identity(&want)
	was, ok := p.find(wanted.accountID, wanted.name)
	if !ok {
		return p.create(want)
	}
	is := p.identity(was)
	if !is.goesBy(wanted) || !is.at(wanted) && p.move == nil {
		return p.replace(want)
	}
	if !is.at(wanted) {
		if _, err := p.move(is.accountID, is.name, wanted.name, wanted.path); err != nil {
			return nil, err
		}
	}
	return p.update(is.accountID, wanted.name, func(e *T) error { *e = want; return nil })
}

// dateKeys gives the access keys that the user has already the dates that they
// have.
func dateKeys(s *iam.Snapshot, u *iam.User) {
	was, ok := s.User(u.AccountID, u.Name)
	if !ok {
		return
	}
	for i := range u.AccessKeys {
		k := &u.AccessKeys[i]
		there := slices.IndexFunc(was.AccessKeys, func(old iam.AccessKey) bool { return old.ID == k.ID })
		if there >= 0 && k.Created.IsZero() {
			k.Created = was.AccessKeys[there].Created
		}
	}
}

func settleProvider(d *iam.Draft, want iam.Provider) (*iam.Provider, error) {
	if _, ok := d.Snapshot().Provider(want.AccountID, want.URL); !ok {
		return d.CreateProvider(want)
	}
	return d.UpdateProvider(want.AccountID, want.URL, func(p *iam.Provider) error { *p = want; return nil })
}

// settlePolicy makes a document that was changed the new default version, as AWS
// has changes made. A policy cannot be had under another path, for it may be
// attached to what nobody named.
func settlePolicy(d *iam.Draft, want iam.ManagedPolicy) (*iam.ManagedPolicy, error) {
	all := d.Snapshot().ManagedPolicies(want.AccountID)
	wanted := identity{want.AccountID, want.Name, want.Path, want.ID}
	there := slices.IndexFunc(all, func(p *iam.ManagedPolicy) bool {
		is := identity{p.AccountID, p.Name, p.Path, p.ID}
		return is.at(wanted) && is.goesBy(wanted)
	})
	if there < 0 {
		return d.CreatePolicy(want)
	}
	return d.UpdatePolicy(all[there].ARN, func(p *iam.ManagedPolicy) error {
		p.Description, p.Tags = want.Description, want.Tags
		switch {
		case len(want.Versions) > 0:
			p.Versions, p.VersionID = want.Versions, want.VersionID
		case !bytes.Equal(p.Document.Source(), want.Document.Source()):
			p.VersionID = p.AddVersion(want.Document).ID
			if len(p.Versions) > maxVersions {
				p.Versions = slices.Delete(p.Versions, 0, 1)
			}
		}
		return nil
	})
}
