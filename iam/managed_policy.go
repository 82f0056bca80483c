package iam

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/irsatz/irsatz/iam/arn"
	"github.com/irsatz/irsatz/iam/policy"
)

// ManagedPolicy is a managed policy with its versions compiled.
type ManagedPolicy struct {
	AccountID   string // AWSAccount for AWS managed policies
	Name        string
	Path        string // starts and ends with "/"
	ARN         string
	ID          string // ANPA…
	Description string
	Created     time.Time
	Updated     time.Time        // when the default version was last set
	VersionID   string           // of the default version
	Document    *policy.Document // of the default version
	Versions    []PolicyVersion  // oldest first; an AWS managed policy has its default alone
	Tags        []Tag

	lastVersion int // the highest number there ever was, which is not given again
}

// PolicyVersion is a version of a managed policy.
type PolicyVersion struct {
	ID       string // v1, v2, …
	Document *policy.Document
	Created  time.Time
}

// Version returns the version with this id.
func (p *ManagedPolicy) Version(id string) (PolicyVersion, bool) {
	i := slices.IndexFunc(p.Versions, func(v PolicyVersion) bool { return v.ID == id })
	if i < 0 {
		return PolicyVersion{}, false
	}
	return p.Versions[i], true
}

// IsAWS reports whether the policy is one of AWS's, which no account may change.
func (p *ManagedPolicy) IsAWS() bool { return p.AccountID == AWSAccount }

// Summary returns what a list tells of the policy.
func (p *ManagedPolicy) Summary() *PolicySummary {
	return &PolicySummary{
		Name: p.Name, Path: p.Path, ARN: p.ARN, ID: p.ID, VersionID: p.VersionID, Created: p.Created, Updated: p.Updated,
	}
}

// own gives the policy slices of its own.
func (p *ManagedPolicy) own() {
	p.Versions, p.Tags = slices.Clone(p.Versions), slices.Clone(p.Tags)
}

// ManagedPolicy returns the policy of this ARN: one of an account, or an AWS
// managed one.
func (s *Snapshot) ManagedPolicy(policyARN string) (*ManagedPolicy, error) {
	a, err := arn.Parse(policyARN)
	if err != nil {
		return nil, fmt.Errorf("policy %q: %w", policyARN, err)
	}
	if a.AccountID == AWSAccount {
		if p, err := awsManagedPolicy(a); !errors.Is(err, ErrNoSuchEntity) {
			return p, err
		}
	}
	if p, ok := s.account(a.AccountID).policies[policyARN]; ok {
		return p, nil
	}
	return nil, fmt.Errorf("policy %s: %w", policyARN, ErrNoSuchEntity)
}

// ManagedPolicies returns all managed policies of the account, in no order.
// AWSPolicies lists the AWS managed ones.
func (s *Snapshot) ManagedPolicies(accountID string) []*ManagedPolicy {
	return slices.Collect(maps.Values(s.account(accountID).policies))
}

// CreatePolicy adds a managed policy of an account, whose name no other has
// under any path. AccountID, Name and Document are required, or instead of
// Document the Versions and the VersionID of the default; ARN is set here, ID,
// Created and Updated too unless they are given.
func (d *Draft) CreatePolicy(p ManagedPolicy) (*ManagedPolicy, error) {
	p.Path = orSlash(p.Path)
	if err := checkIdentity(p.AccountID, p.Path, p.Name); err != nil {
		return nil, fmt.Errorf("policy %s: %w", p.Name, err)
	}
	a := d.account(p.AccountID)
	for _, other := range a.policies {
		if strings.EqualFold(other.Name, p.Name) {
			return nil, fmt.Errorf("policy %s: %w", p.Name, ErrEntityAlreadyExists)
		}
	}
	p.ARN = policyARN(p.AccountID, p.Path, p.Name)
	d.identify(&p.ID, "ANPA", p.AccountID)
	d.date(&p.Created)
	if p.Updated.IsZero() {
		p.Updated = p.Created
	}
	p.begin()
	p.own()
	return d.putPolicy(a, &p)
}

// begin gives a policy that has a document and no versions its first one.
func (p *ManagedPolicy) begin() {
	if len(p.Versions) == 0 {
		p.VersionID = "v1"
		p.Versions = []PolicyVersion{{ID: p.VersionID, Document: p.Document, Created: p.Created}}
	}
}

func policyARN(accountID, path, name string) string { return iamARN(accountID, "policy"+path+name) }

// putPolicy stores the policy, whose slices are its own.
func (d *Draft) putPolicy(a *account, p *ManagedPolicy) (*ManagedPolicy, error) {
	for i := range p.Versions {
		v := &p.Versions[i]
		n, err := strconv.Atoi(strings.TrimPrefix(v.ID, "v"))
		if err != nil || n < 1 || v.Document == nil || v.Document.Kind() != policy.Identity {
			return nil, fmt.Errorf("policy %s: version %q: %w", p.Name, v.ID, ErrInvalidInput)
		}
		p.lastVersion = max(p.lastVersion, n)
		d.date(&v.Created)
	}
	standing, ok := p.Version(p.VersionID)
	if !ok {
		return nil, fmt.Errorf("policy %s: default version %q: %w", p.Name, p.VersionID, ErrNoSuchEntity)
	}
	p.Document = standing.Document
	a.policies[p.ARN], a.dirty.policies[p.ARN] = p, true
	return p, nil
}

// UpdatePolicy replaces the managed policy by what change makes of a copy:
// versions, the default among them, and tags. Identity (name, path, id) cannot
// be changed. Whatever the policy is attached to has the new default at once.
func (d *Draft) UpdatePolicy(policyARN string, change func(*ManagedPolicy) error) (*ManagedPolicy, error) {
	old, err := d.ownPolicy(policyARN)
	if err != nil {
		return nil, err
	}
	p := *old
	p.own()
	if err := change(&p); err != nil {
		return nil, err
	}
	p.AccountID, p.Name, p.Path, p.ID, p.ARN, p.Created = old.AccountID, old.Name, old.Path, old.ID, old.ARN, old.Created
	p.lastVersion = old.lastVersion
	if p.VersionID != old.VersionID {
		p.Updated = d.store.now().UTC()
	}
	return d.putPolicy(d.account(p.AccountID), &p)
}

// AddVersion adds a version to a policy that is being updated and returns it.
// It is not the default: set VersionID for that.
func (p *ManagedPolicy) AddVersion(document *policy.Document) PolicyVersion {
	v := PolicyVersion{ID: "v" + strconv.Itoa(p.lastVersion+1), Document: document}
	p.Versions = append(p.Versions, v)
	return v
}

// DeletePolicy removes the managed policy. What it is still attached to, as a
// policy or as a boundary, makes the whole update an error.
func (d *Draft) DeletePolicy(policyARN string) error {
	p, err := d.ownPolicy(policyARN)
	if err != nil {
		return err
	}
	a := d.account(p.AccountID)
	delete(a.policies, policyARN)
	a.dirty.policies[policyARN] = true
	return nil
}

// ownPolicy returns a policy that its account may change: AWS's are not.
func (d *Draft) ownPolicy(policyARN string) (*ManagedPolicy, error) {
	p, err := d.next.ManagedPolicy(policyARN)
	if err == nil && p.IsAWS() {
		return nil, fmt.Errorf("policy %s is AWS's: %w", policyARN, ErrInvalidInput)
	}
	return p, err
}
