package iam

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/irsatz/irsatz/iam/policy"
)

type roleRecord struct {
	identity
	Description        string        `json:"description,omitempty"`
	MaxSessionDuration time.Duration `json:"maxSessionDuration"` // nanoseconds
	Trust              policyText    `json:"trust"`
	Inline             []policyText  `json:"inline,omitempty"`
	AttachedARNs       []string      `json:"attached,omitempty"`
	BoundaryARN        string        `json:"boundary,omitempty"`
	Tags               []Tag         `json:"tags,omitempty"`
	Replaced           []string      `json:"replaced,omitempty"`
}

func (r *Role) record() record {
	return &roleRecord{
		identity{r.AccountID, r.Name, r.Path, r.ID, r.Created}, r.Description, r.MaxSessionDuration,
		textOf(r.Trust), textsOf(r.Inline), r.AttachedARNs, r.BoundaryARN, r.Tags, r.replaced,
	}
}

func (r *roleRecord) put(d *Draft) (string, error) {
	trust, err := r.Trust.compile(policy.Trust)
	if err != nil {
		return "", fmt.Errorf("trust %w", err)
	}
	inline, err := compileAll(r.Inline)
	if err = errors.Join(err, r.check()); err != nil {
		return "", err
	}
	_, err = d.CreateRole(Role{
		AccountID: r.AccountID, Name: r.Name, Path: r.Path, ID: r.ID, Created: r.Created, Description: r.Description,
		MaxSessionDuration: r.MaxSessionDuration, Trust: trust, Inline: inline,
		AttachedARNs: r.AttachedARNs, BoundaryARN: r.BoundaryARN, Tags: r.Tags, replaced: r.Replaced,
	})
	return keyOf("role", r.AccountID, strings.ToLower(r.Name)), err
}

type userRecord struct {
	identity
	Inline       []policyText `json:"inline,omitempty"`
	AttachedARNs []string     `json:"attached,omitempty"`
	BoundaryARN  string       `json:"boundary,omitempty"`
	Groups       []string     `json:"groups,omitempty"`
	AccessKeys   []keyRecord  `json:"accessKeys,omitempty"`
	Tags         []Tag        `json:"tags,omitempty"`
	Replaced     []string     `json:"replaced,omitempty"`
}

type keyRecord struct {
	ID       string    `json:"id"`
	Secret   string    `json:"secret"`
	Created  time.Time `json:"created"`
	Inactive bool      `json:"inactive,omitempty"`
}

func (u *User) record() record {
	r := &userRecord{
		identity: identity{u.AccountID, u.Name, u.Path, u.ID, u.Created},
		Inline:   textsOf(u.Inline), AttachedARNs: u.AttachedARNs, BoundaryARN: u.BoundaryARN, Groups: u.Groups, Tags: u.Tags, Replaced: u.replaced,
	}
	for _, k := range u.AccessKeys {
		r.AccessKeys = append(r.AccessKeys, keyRecord(k))
	}
	return r
}

func (r *userRecord) put(d *Draft) (string, error) {
	inline, err := compileAll(r.Inline)
	if err = errors.Join(err, r.check()); err != nil {
		return "", err
	}
	u := User{
		AccountID: r.AccountID, Name: r.Name, Path: r.Path, ID: r.ID, Created: r.Created,
		Inline: inline, AttachedARNs: r.AttachedARNs, BoundaryARN: r.BoundaryARN, Groups: r.Groups, Tags: r.Tags, replaced: r.Replaced,
	}
	for _, k := range r.AccessKeys {
		u.AccessKeys = append(u.AccessKeys, AccessKey(k))
	}
	_, err = d.CreateUser(u)
	return keyOf("user", r.AccountID, strings.ToLower(r.Name)), err
}

type groupRecord struct {
	identity
	Inline       []policyText `json:"inline,omitempty"`
	AttachedARNs []string     `json:"attached,omitempty"`
}

func (g *Group) record() record {
	return &groupRecord{identity{g.AccountID, g.Name, g.Path, g.ID, g.Created}, textsOf(g.Inline), g.AttachedARNs}
}

func (r *groupRecord) put(d *Draft) (string, error) {
	inline, err := compileAll(r.Inline)
	if err = errors.Join(err, r.check()); err != nil {
		return "", err
	}
	_, err = d.CreateGroup(Group{
		AccountID: r.AccountID, Name: r.Name, Path: r.Path, ID: r.ID, Created: r.Created,
		Inline: inline, AttachedARNs: r.AttachedARNs,
	})
	return keyOf("group", r.AccountID, strings.ToLower(r.Name)), err
}

type policyRecord struct {
	identity
	Description string          `json:"description,omitempty"`
	Updated     time.Time       `json:"updated"`
	VersionID   string          `json:"default"`
	Versions    []versionRecord `json:"versions"`
	LastVersion int             `json:"lastVersion"`
	Tags        []Tag           `json:"tags,omitempty"`
}

type versionRecord struct {
	ID       string    `json:"id"`
	Created  time.Time `json:"created"`
	Document string    `json:"document"`
}

func (p *ManagedPolicy) record() record {
	whole := *p
	whole.begin()
	p = &whole
	r := &policyRecord{
		identity: identity{p.AccountID, p.Name, p.Path, p.ID, p.Created}, Description: p.Description,
		Updated: p.Updated, VersionID: p.VersionID, LastVersion: p.lastVersion, Tags: p.Tags,
	}
	for _, v := range p.Versions {
		r.Versions = append(r.Versions, versionRecord{v.ID, v.Created, string(v.Document.Source())})
	}
	return r
}

// put does not look for another policy of the same name, which would take a
// square of the number of policies: there was none when this one was kept.
func (r *policyRecord) put(d *Draft) (string, error) {
	valid := checkIdentity(r.AccountID, r.Path, r.Name)
	if r.AccountID == AWSAccount { // one that AddAWSPolicy added
		valid = checkName(r.Path, r.Name)
	}
	if err := errors.Join(r.check(), valid); err != nil {
		return "", err
	}
	p := &ManagedPolicy{
		AccountID: r.AccountID, Name: r.Name, Path: r.Path, ID: r.ID, Created: r.Created,
		ARN: policyARN(r.AccountID, r.Path, r.Name), Description: r.Description,
		Updated: r.Updated, VersionID: r.VersionID, lastVersion: r.LastVersion, Tags: r.Tags,
	}
	for _, v := range r.Versions {
		document, err := policy.ParseStored(policy.Identity, []byte(v.Document))
		if err != nil {
			return "", fmt.Errorf("version %s: %w", v.ID, err)
		}
		p.Versions = append(p.Versions, PolicyVersion{ID: v.ID, Document: document, Created: v.Created})
	}
	_, err := d.putPolicy(d.account(r.AccountID), p)
	return keyOf("policy", r.AccountID, p.ARN), err
}

type profileRecord struct {
	identity
	RoleName string `json:"role,omitempty"`
	Tags     []Tag  `json:"tags,omitempty"`
}

func (p *InstanceProfile) record() record {
	return &profileRecord{identity{p.AccountID, p.Name, p.Path, p.ID, p.Created}, p.RoleName, p.Tags}
}

func (r *profileRecord) put(d *Draft) (string, error) {
	if err := r.check(); err != nil {
		return "", err
	}
	_, err := d.CreateInstanceProfile(InstanceProfile{
		AccountID: r.AccountID, Name: r.Name, Path: r.Path, ID: r.ID, Created: r.Created, RoleName: r.RoleName, Tags: r.Tags,
	})
	return keyOf("profile", r.AccountID, strings.ToLower(r.Name)), err
}

type providerRecord struct {
	AccountID   string    `json:"account"`
	URL         string    `json:"url"`
	Created     time.Time `json:"created"`
	ClientIDs   []string  `json:"clientIds,omitempty"`
	Thumbprints []string  `json:"thumbprints,omitempty"`
	Tags        []Tag     `json:"tags,omitempty"`
}

func (p *Provider) record() record {
	return &providerRecord{p.AccountID, p.URL, p.Created, p.ClientIDs, p.Thumbprints, p.Tags}
}

func (r *providerRecord) put(d *Draft) (string, error) {
	if r.Created.IsZero() {
		return "", fmt.Errorf("record without date: %w", ErrInvalidInput)
	}
	p, err := d.CreateProvider(Provider{
		AccountID: r.AccountID, URL: r.URL, Created: r.Created, ClientIDs: r.ClientIDs, Thumbprints: r.Thumbprints, Tags: r.Tags,
	})
	if err != nil {
		return "", err
	}
	return keyOf("provider", r.AccountID, p.URL), nil
}

type aliasRecord struct {
	AccountID string `json:"account"`
	Alias     string `json:"alias"`
}

func (r *aliasRecord) put(d *Draft) (string, error) {
	if !validAccount(r.AccountID) || r.Alias == "" {
		return "", fmt.Errorf("alias %q of account %q: %w", r.Alias, r.AccountID, ErrInvalidInput)
	}
	d.SetAlias(r.AccountID, r.Alias)
	return keyOf("alias", r.AccountID, ""), nil
}
