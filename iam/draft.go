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

// Draft is the state inside Store.Update. What its methods return carries ids
// and ARNs; managed policies are resolved when the update ends, so read the
// policies of a role or user from a snapshot.
type Draft struct {
	store *Store
	old   *Snapshot
	next  Snapshot
	along map[string][]byte // records that are not ours
}

func newDraft(s *Store, old *Snapshot) *Draft {
	return &Draft{store: s, old: old, next: Snapshot{accounts: maps.Clone(old.accounts), keys: maps.Clone(old.keys)}}
}

// Snapshot returns the state as the draft has it so far. It is good until the
// update ends, and what it tells of policies of roles and users may be from
// before the draft.
func (d *Draft) Snapshot() *Snapshot { return &d.next }

// dirty names the entities whose policies are to be resolved, and what others
// take theirs from.
type dirty struct {
	roles, users map[string]bool // by key
	groups       map[string]bool // by name
	policies     map[string]bool // by ARN
}

// account returns the account for writing, made if there is none yet.
func (d *Draft) account(id string) *account {
	old := d.next.account(id)
	if old.dirty != nil {
		return old
	}
	a := &account{
		roles: cloned(old.roles), providers: cloned(old.providers), users: cloned(old.users),
		groups: cloned(old.groups), policies: cloned(old.policies), profiles: cloned(old.profiles), alias: old.alias,
		dirty: &dirty{map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}},
	}
	d.next.accounts[id] = a
	return a
}

// cloned returns a copy that can be written to.
func cloned[T any](m map[string]T) map[string]T {
	if m == nil {
		return map[string]T{}
	}
	return maps.Clone(m)
}

// SetAlias gives the account an alias, or with "" takes it away.
func (d *Draft) SetAlias(accountID, alias string) { d.account(accountID).alias = alias }

// identify sets the unique id of an entity that was not given one.
func (d *Draft) identify(id *string, prefix, accountID string) {
	if *id == "" {
		*id = d.store.random.uniqueID(prefix, accountID)
	}
}

// date sets the date of an entity that was not given one.
func (d *Draft) date(created *time.Time) {
	if created.IsZero() {
		*created = d.store.now().UTC()
	}
}

// iamARN is the ARN of an entity of IAM.
func iamARN(accountID, resource string) string {
	return arn.ARN{Partition: "aws", Service: "iam", AccountID: accountID, Resource: resource}.String()
}

// finish resolves the policies of every role and user that was written, or
// that takes its policies from what was. What callers got from the draft stays
// theirs: the snapshot has copies. What is to be kept of the change comes with
// the snapshot.
func (d *Draft) finish() (*Snapshot, map[string][]byte, error) {
	list := d.written()
	for id, a := range d.next.accounts {
		if a.dirty == nil {
			continue
		}
		a.spread()
		if err := d.resolveRoles(a); err != nil {
			return nil, nil, fmt.Errorf("account %s: %w", id, err)
		}
		if err := d.resolveUsers(a); err != nil {
			return nil, nil, fmt.Errorf("account %s: %w", id, err)
		}
		a.dirty = nil
	}
	records, err := d.records(list)
	return &d.next, records, err
}

// spread marks what takes its policies from something that changed.
func (a *account) spread() {
	uses := func(attached []string, boundary string) bool {
		return a.dirty.policies[boundary] || slices.ContainsFunc(attached, func(p string) bool { return a.dirty.policies[p] })
	}
	for key, r := range a.roles {
		a.dirty.roles[key] = a.dirty.roles[key] || uses(r.AttachedARNs, r.BoundaryARN)
	}
	for _, g := range a.groups {
		a.dirty.groups[g.Name] = a.dirty.groups[g.Name] || uses(g.AttachedARNs, "")
	}
	for key, u := range a.users {
		grouped := slices.ContainsFunc(u.Groups, func(name string) bool { return a.dirty.groups[name] })
		a.dirty.users[key] = a.dirty.users[key] || grouped || uses(u.AttachedARNs, u.BoundaryARN)
	}
}

func (d *Draft) resolveRoles(a *account) error {
	for key, old := range a.roles {
		if !a.dirty.roles[key] {
			continue
		}
		role := *old
		role.own()
		var err error
		if role.policies, err = d.resolve(role.Inline, role.AttachedARNs); err == nil {
			role.boundary, err = d.resolveBoundary(role.BoundaryARN)
		}
		if err != nil {
			return fmt.Errorf("role %s: %w", role.Name, err)
		}
		a.roles[key] = &role
	}
	return nil
}

func (d *Draft) resolveUsers(a *account) error {
	for name := range a.dirty.groups {
		g, ok := a.groups[strings.ToLower(name)]
		if !ok {
			continue
		}
		if _, err := d.resolve(g.Inline, g.AttachedARNs); err != nil {
			return fmt.Errorf("group %s: %w", name, err)
		}
	}
	for key, old := range a.users {
		if !a.dirty.users[key] {
			continue
		}
		user := *old
		user.own()
		var err error
		if user.policies, err = d.resolveUser(a, &user); err == nil {
			user.boundary, err = d.resolveBoundary(user.BoundaryARN)
		}
		if err != nil {
			return fmt.Errorf("user %s: %w", user.Name, err)
		}
		a.users[key] = &user
		for _, k := range user.AccessKeys {
			d.next.keys[k.ID] = &user
		}
	}
	return nil
}

// resolveUser gathers the identity policies of a user and of its groups.
func (d *Draft) resolveUser(a *account, u *User) ([]policy.Policy, error) {
	all, err := d.resolve(u.Inline, u.AttachedARNs)
	if err != nil {
		return nil, err
	}
	for i, name := range u.Groups {
		g, ok := a.groups[strings.ToLower(name)]
		if !ok {
			return nil, fmt.Errorf("group %s: %w", name, ErrNoSuchEntity)
		}
		u.Groups[i] = g.Name
		more, err := d.resolve(g.Inline, g.AttachedARNs)
		if err != nil {
			return nil, fmt.Errorf("group %s: %w", name, err)
		}
		all = append(all, more...)
	}
	return all, nil
}

// resolve gathers inline and managed policies.
func (d *Draft) resolve(inline []policy.Policy, attached []string) ([]policy.Policy, error) {
	all := slices.Clone(inline)
	for _, policyARN := range attached {
		p, err := d.next.ManagedPolicy(policyARN)
		if err != nil {
			return nil, err
		}
		all = append(all, policy.Policy{Name: p.Name, ARN: p.ARN, Document: p.Document})
	}
	return all, nil
}

func (d *Draft) resolveBoundary(policyARN string) (*policy.Policy, error) {
	if policyARN == "" {
		return nil, nil
	}
	p, err := d.next.ManagedPolicy(policyARN)
	if err != nil {
		return nil, fmt.Errorf("permissions boundary: %w", err)
	}
	return &policy.Policy{Name: p.Name, ARN: p.ARN, Document: p.Document}, nil
}
