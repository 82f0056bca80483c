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
// sessions go on.
func (n *entities) settle(d *iam.Draft) error {
	for _, a := range n.aliases {
		d.SetAlias(a.AccountID, a.Name)
	}
	s := d.Snapshot()
	return errors.Join(
		createAll(n.aws, d.AddAWSPolicy),
		createAll(n.providers, func(p iam.Provider) (*iam.Provider, error) { return settleProvider(d, p) }),
		createAll(n.policies, func(p iam.ManagedPolicy) (*iam.ManagedPolicy, error) { return settlePolicy(d, p) }),
		createAll(n.roles, place[iam.Role]{s.Role, d.CreateRole, d.UpdateRole, d.DeleteRole,
			func(r *iam.Role) identity { return identity{r.AccountID, r.Name, r.Path, r.ID} }}.settle),
		createAll(n.groups, place[iam.Group]{s.Group, d.CreateGroup, d.UpdateGroup, d.DeleteGroup,
			func(g *iam.Group) identity { return identity{g.AccountID, g.Name, g.Path, g.ID} }}.settle),
		createAll(n.users, func(u iam.User) (*iam.User, error) {
			dateKeys(s, &u)
			return place[iam.User]{s.User, d.CreateUser, d.UpdateUser, d.DeleteUser,
				func(u *iam.User) identity { return identity{u.AccountID, u.Name, u.Path, u.ID} }}.settle(u)
		}),
		createAll(n.profiles, place[iam.InstanceProfile]{s.InstanceProfile, d.CreateInstanceProfile, d.UpdateInstanceProfile, d.DeleteInstanceProfile,
			func(p *iam.InstanceProfile) identity { return identity{p.AccountID, p.Name, p.Path, p.ID} }}.settle),
		n.checkReferences(s),
	)
}

// identity is what an entity cannot change. Files need not say the id.
type identity struct{ accountID, name, path, id string }

// standsFor reports whether the entity can become the one wanted.
func (i identity) standsFor(wanted identity) bool {
	return i.path == first(wanted.path, "/") && (wanted.id == "" || wanted.id == i.id)
}

// place is where entities of one kind are, in a draft.
type place[T any] struct {
	find     func(accountID, name string) (*T, bool)
	create   func(T) (*T, error)
	update   func(accountID, name string, change func(*T) error) (*T, error)
	remove   func(accountID, name string) error
	identity func(*T) identity
}

// settle puts the entity in the place of the one of its name, if there is one.
func (p place[T]) settle(want T) (*T, error) {
	wanted := p.identity(&want)
	was, ok := p.find(wanted.accountID, wanted.name)
	if ok && !p.identity(was).standsFor(wanted) {
		if err := p.remove(wanted.accountID, wanted.name); err != nil {
			return nil, err
		}
		ok = false
	}
	if !ok {
		return p.create(want)
	}
	return p.update(wanted.accountID, wanted.name, func(e *T) error { *e = want; return nil })
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
		return p.Name == want.Name && identity{p.AccountID, p.Name, p.Path, p.ID}.standsFor(wanted)
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
