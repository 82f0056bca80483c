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
}

func newDraft(s *Store, old *Snapshot) *Draft {
	return &Draft{
		store:   s,
		next:    Snapshot{accounts: maps.Clone(old.accounts), keys: maps.Clone(old.keys)},
		touched: map[string]bool{},
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
	a := d.account(role.AccountID)
	key := strings.ToLower(role.Name)
	if _, ok := a.roles[key]; ok {
		return nil, fmt.Errorf("role %s: %w", role.Name, ErrEntityAlreadyExists)
	}
	if role.Trust.Document == nil {
		return nil, fmt.Errorf("role %s: trust policy: %w", role.Name, ErrInvalidInput)
	}
	role.Path = orSlash(role.Path)
	if role.MaxSessionDuration == 0 {
		role.MaxSessionDuration = DefaultMaxSessionDuration
	}
	role.ID = d.store.random.uniqueID("AROA", role.AccountID)
	role.ARN = arn.ARN{Partition: "aws", Service: "iam", AccountID: role.AccountID, Resource: "role" + role.Path + role.Name}.String()
	role.Created = d.store.now().UTC()
	if role.Trust.Name == "" {
		role.Trust.Name = role.Name
	}
	a.roles[key] = &role
	return &role, nil
}

// UpdateRole replaces the role of the account by what change makes of a copy.
// Identity (name, path, id) cannot be changed.
func (d *Draft) UpdateRole(accountID, name string, change func(*Role) error) (*Role, error) {
	a := d.account(accountID)
	key := strings.ToLower(name)
	old, ok := a.roles[key]
	if !ok {
		return nil, fmt.Errorf("role %s: %w", name, ErrNoSuchEntity)
	}
	role := *old
	role.Inline, role.AttachedARNs = slices.Clone(old.Inline), slices.Clone(old.AttachedARNs)
	if err := change(&role); err != nil {
		return nil, err
	}
	role.AccountID, role.Name, role.Path, role.ID, role.ARN = old.AccountID, old.Name, old.Path, old.ID, old.ARN
	a.roles[key] = &role
	return &role, nil
}

// DeleteRole removes the role. Its sessions end with it.
func (d *Draft) DeleteRole(accountID, name string) error {
	a := d.account(accountID)
	key := strings.ToLower(name)
	if _, ok := a.roles[key]; !ok {
		return fmt.Errorf("role %s: %w", name, ErrNoSuchEntity)
	}
	delete(a.roles, key)
	return nil
}

// CreateProvider registers an OIDC provider. AccountID and URL are required;
// the URL may carry its https://, which is dropped, and port 443, likewise.
func (d *Draft) CreateProvider(p Provider) (*Provider, error) {
	p.URL = strings.TrimPrefix(p.URL, "https://")
	host, path, slash := strings.Cut(p.URL, "/")
	if p.URL = strings.TrimSuffix(host, ":443"); slash {
		p.URL += "/" + path
	}
	a := d.account(p.AccountID)
	if _, ok := a.providers[p.URL]; ok {
		return nil, fmt.Errorf("provider with url https://%s: %w", p.URL, ErrEntityAlreadyExists)
	}
	p.ARN = arn.ARN{Partition: "aws", Service: "iam", AccountID: p.AccountID, Resource: "oidc-provider/" + p.URL}.String()
	p.Created = d.store.now().UTC()
	a.providers[p.URL] = &p
	return &p, nil
}

// CreatePolicy adds a managed policy of an account. AccountID, Name and
// Document are required.
func (d *Draft) CreatePolicy(p ManagedPolicy) (*ManagedPolicy, error) {
	p.Path = orSlash(p.Path)
	p.ARN = arn.ARN{Partition: "aws", Service: "iam", AccountID: p.AccountID, Resource: "policy" + p.Path + p.Name}.String()
	a := d.account(p.AccountID)
	if _, ok := a.policies[p.ARN]; ok {
		return nil, fmt.Errorf("policy %s: %w", p.Name, ErrEntityAlreadyExists)
	}
	if p.Document == nil {
		return nil, fmt.Errorf("policy %s: document: %w", p.Name, ErrInvalidInput)
	}
	p.ID = d.store.random.uniqueID("ANPA", p.AccountID)
	p.Created, p.VersionID = d.store.now().UTC(), "v1"
	a.policies[p.ARN] = &p
	return &p, nil
}

// CreateUser adds a user with the access keys it carries. An access key id
// that is taken is an error.
func (d *Draft) CreateUser(u User) (*User, error) {
	a := d.account(u.AccountID)
	key := strings.ToLower(u.Name)
	if _, ok := a.users[key]; ok {
		return nil, fmt.Errorf("user %s: %w", u.Name, ErrEntityAlreadyExists)
	}
	u.Path = orSlash(u.Path)
	u.ID = d.store.random.uniqueID("AIDA", u.AccountID)
	u.ARN = arn.ARN{Partition: "aws", Service: "iam", AccountID: u.AccountID, Resource: "user" + u.Path + u.Name}.String()
	u.Created = d.store.now().UTC()
	for _, k := range u.AccessKeys {
		_, root := d.store.root[k.ID]
		if _, taken := d.next.keys[k.ID]; taken || root {
			return nil, fmt.Errorf("access key id %s: %w", k.ID, ErrEntityAlreadyExists)
		}
	}
	a.users[key] = &u
	return &u, nil
}

// finish resolves the policies of every touched account's roles and users.
func (d *Draft) finish() (*Snapshot, error) {
	for id := range d.touched {
		a := d.next.accounts[id]
		for key, old := range a.roles {
			role := *old
			var err error
			if role.policies, role.boundary, err = d.resolve(role.Inline, role.AttachedARNs, role.BoundaryARN); err != nil {
				return nil, fmt.Errorf("role %s: %w", role.Name, err)
			}
			a.roles[key] = &role
		}
		for key, old := range a.users {
			user := *old
			var err error
			if user.policies, user.boundary, err = d.resolve(user.Inline, user.AttachedARNs, user.BoundaryARN); err != nil {
				return nil, fmt.Errorf("user %s: %w", user.Name, err)
			}
			a.users[key] = &user
			for _, k := range user.AccessKeys {
				d.next.keys[k.ID] = &user
			}
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

func orSlash(path string) string {
	if path == "" {
		return "/"
	}
	return path
}
