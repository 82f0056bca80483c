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

// Draft is the state inside Store.Update. What its methods return carries ids
// and ARNs; managed policies are resolved when the update ends, so read the
// policies of a role or user from a snapshot.
type Draft struct {
	store   *Store
	next    Snapshot
	touched map[string]bool // accounts already copied
	roles   map[*Role]bool  // whose policies are to be resolved
	users   map[*User]bool
}

func newDraft(s *Store, old *Snapshot) *Draft {
	return &Draft{
		store:   s,
		next:    Snapshot{accounts: maps.Clone(old.accounts), keys: maps.Clone(old.keys)},
		touched: map[string]bool{}, roles: map[*Role]bool{}, users: map[*User]bool{},
	}
}

// account returns the account for writing, made if there is none yet.
func (d *Draft) account(id string) *account {
	old, ok := d.next.accounts[id]
	if ok && d.touched[id] {
		return old
	}
	a := &account{
		roles: map[string]*Role{}, providers: map[string]*Provider{},
		users: map[string]*User{}, policies: map[string]*ManagedPolicy{},
	}
	if ok {
		a = &account{
			roles: maps.Clone(old.roles), providers: maps.Clone(old.providers),
			users: maps.Clone(old.users), policies: maps.Clone(old.policies),
		}
	}
	d.next.accounts[id], d.touched[id] = a, true
	return a
}

// CreateRole adds a role. AccountID, Name and Trust are required; ID, ARN and
// Created are set here, Path and MaxSessionDuration defaulted. A policy or
// boundary that does not exist is an error.
func (d *Draft) CreateRole(role Role) (*Role, error) {
	role.Path = orSlash(role.Path)
	if err := checkIdentity(role.AccountID, role.Path, role.Name); err != nil {
		return nil, fmt.Errorf("role %s: %w", role.Name, err)
	}
	a := d.account(role.AccountID)
	key := strings.ToLower(role.Name)
	if _, ok := a.roles[key]; ok {
		return nil, fmt.Errorf("role %s: %w", role.Name, ErrEntityAlreadyExists)
	}
	if role.MaxSessionDuration == 0 {
		role.MaxSessionDuration = DefaultMaxSessionDuration
	}
	role.ID = d.store.random.uniqueID("AROA", role.AccountID)
	role.ARN = arn.ARN{Partition: "aws", Service: "iam", AccountID: role.AccountID, Resource: "role" + role.Path + role.Name}.String()
	role.Created = d.store.now().UTC()
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
	delete(d.roles, old)
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
	a.roles[strings.ToLower(role.Name)], d.roles[role] = role, true
	return role, nil
}

// DeleteRole removes the role. Its sessions end with it.
func (d *Draft) DeleteRole(accountID, name string) error {
	role, ok := d.next.Role(accountID, name)
	if !ok {
		return fmt.Errorf("role %s: %w", name, ErrNoSuchEntity)
	}
	delete(d.account(accountID).roles, strings.ToLower(name))
	delete(d.roles, role)
	return nil
}

// CreateProvider registers an OIDC provider. AccountID and URL are required;
// the URL may carry its https://, which is dropped, and port 443, likewise.
func (d *Draft) CreateProvider(p Provider) (*Provider, error) {
	p.URL = strings.TrimPrefix(p.URL, "https://")
	host, path, slash := strings.Cut(p.URL, "/")
	host = strings.TrimSuffix(host, ":443")
	if host == "" || strings.ContainsAny(p.URL, "?#@ ") || strings.Contains(p.URL, "://") || !validAccount(p.AccountID) {
		return nil, fmt.Errorf("provider with url %q in account %q: %w", p.URL, p.AccountID, ErrInvalidInput)
	}
	if p.URL = host; slash {
		p.URL += "/" + path
	}
	a := d.account(p.AccountID)
	if _, ok := a.providers[p.URL]; ok {
		return nil, fmt.Errorf("provider with url https://%s: %w", p.URL, ErrEntityAlreadyExists)
	}
	p.ARN = arn.ARN{Partition: "aws", Service: "iam", AccountID: p.AccountID, Resource: "oidc-provider/" + p.URL}.String()
	p.Created = d.store.now().UTC()
	p.ClientIDs, p.Thumbprints, p.Tags = slices.Clone(p.ClientIDs), slices.Clone(p.Thumbprints), slices.Clone(p.Tags)
	a.providers[p.URL] = &p
	return &p, nil
}

// CreatePolicy adds a managed policy of an account. AccountID, Name and
// Document are required.
func (d *Draft) CreatePolicy(p ManagedPolicy) (*ManagedPolicy, error) {
	p.Path = orSlash(p.Path)
	if err := checkIdentity(p.AccountID, p.Path, p.Name); err != nil {
		return nil, fmt.Errorf("policy %s: %w", p.Name, err)
	}
	if p.Document == nil || p.Document.Kind() != policy.Identity {
		return nil, fmt.Errorf("policy %s: document: %w", p.Name, ErrInvalidInput)
	}
	p.ARN = arn.ARN{Partition: "aws", Service: "iam", AccountID: p.AccountID, Resource: "policy" + p.Path + p.Name}.String()
	a := d.account(p.AccountID)
	if _, ok := a.policies[p.ARN]; ok {
		return nil, fmt.Errorf("policy %s: %w", p.Name, ErrEntityAlreadyExists)
	}
	p.ID = d.store.random.uniqueID("ANPA", p.AccountID)
	p.Created, p.VersionID = d.store.now().UTC(), "v1"
	p.Tags = slices.Clone(p.Tags)
	a.policies[p.ARN] = &p
	return &p, nil
}

// CreateUser adds a user with the access keys it carries. An access key id
// that is taken is an error.
func (d *Draft) CreateUser(u User) (*User, error) {
	u.Path = orSlash(u.Path)
	if err := checkIdentity(u.AccountID, u.Path, u.Name); err != nil {
		return nil, fmt.Errorf("user %s: %w", u.Name, err)
	}
	if err := checkDocuments(u.Inline); err != nil {
		return nil, fmt.Errorf("user %s: %w", u.Name, err)
	}
	a := d.account(u.AccountID)
	key := strings.ToLower(u.Name)
	if _, ok := a.users[key]; ok {
		return nil, fmt.Errorf("user %s: %w", u.Name, ErrEntityAlreadyExists)
	}
	if err := d.checkKeys(u.AccessKeys); err != nil {
		return nil, fmt.Errorf("user %s: %w", u.Name, err)
	}
	u.ID = d.store.random.uniqueID("AIDA", u.AccountID)
	u.ARN = arn.ARN{Partition: "aws", Service: "iam", AccountID: u.AccountID, Resource: "user" + u.Path + u.Name}.String()
	u.Created = d.store.now().UTC()
	u.own()
	a.users[key], d.users[&u] = &u, true
	for _, k := range u.AccessKeys {
		d.next.keys[k.ID] = &u
	}
	return &u, nil
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

// finish resolves the policies of every role and user that was written. What
// callers got from the draft stays theirs: the snapshot has copies.
func (d *Draft) finish() (*Snapshot, error) {
	for old := range d.roles {
		role := *old
		role.own()
		var err error
		if role.policies, role.boundary, err = d.resolve(role.Inline, role.AttachedARNs, role.BoundaryARN); err != nil {
			return nil, fmt.Errorf("role %s: %w", role.Name, err)
		}
		d.account(role.AccountID).roles[strings.ToLower(role.Name)] = &role
	}
	for old := range d.users {
		user := *old
		user.own()
		var err error
		if user.policies, user.boundary, err = d.resolve(user.Inline, user.AttachedARNs, user.BoundaryARN); err != nil {
			return nil, fmt.Errorf("user %s: %w", user.Name, err)
		}
		d.account(user.AccountID).users[strings.ToLower(user.Name)] = &user
		for _, k := range user.AccessKeys {
			d.next.keys[k.ID] = &user
		}
	}
	return &d.next, nil
}

// resolve gathers the identity policies and the boundary of a role or user.
func (d *Draft) resolve(inline []policy.Policy, attached []string, boundaryARN string) ([]policy.Policy, *policy.Policy, error) {
	all := slices.Clone(inline)
	for _, policyARN := range attached {
		p, err := d.next.ManagedPolicy(policyARN)
		if err != nil {
			return nil, nil, err
		}
		all = append(all, policy.Policy{Name: p.Name, ARN: p.ARN, Document: p.Document})
	}
	if boundaryARN == "" {
		return all, nil, nil
	}
	p, err := d.next.ManagedPolicy(boundaryARN)
	if err != nil {
		return nil, nil, fmt.Errorf("permissions boundary: %w", err)
	}
	return all, &policy.Policy{Name: p.Name, ARN: p.ARN, Document: p.Document}, nil
}
