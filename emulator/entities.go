package emulator

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/policy"
	"github.com/irsatz/irsatz/manifest"
)

// placed is an entity and where it was written.
type placed[T any] struct {
	at     manifest.Pos
	entity T
}

// entities is what a manifest adds to IAM.
type entities struct {
	aliases   []manifest.Alias
	aws       []placed[iam.ManagedPolicy] // AWS managed policies that this build does not have
	providers []placed[iam.Provider]
	policies  []placed[iam.ManagedPolicy]
	roles     []placed[iam.Role]
	groups    []placed[iam.Group]
	users     []placed[iam.User]
	profiles  []placed[iam.InstanceProfile]
}

func (l *loader) entities(state *manifest.State) *entities {
	n := &entities{}
	for _, a := range state.Aliases {
		a.AccountID = first(a.AccountID, l.account)
		n.aliases = append(n.aliases, a)
	}
	for _, p := range state.OIDCProviders {
		n.providers = append(n.providers, placed[iam.Provider]{p.Pos, iam.Provider{
			AccountID: first(p.AccountID, l.account), URL: p.URL, ClientIDs: p.ClientIDList,
			Thumbprints: p.ThumbprintList, Created: p.Created, Tags: tags(p.Tags),
		}})
	}
	for _, p := range state.AWSPolicies {
		if !hasAWSPolicy(&p) {
			n.aws = append(n.aws, placed[iam.ManagedPolicy]{p.Pos, l.policy(&p)})
		}
	}
	for _, p := range state.Policies {
		n.policies = append(n.policies, placed[iam.ManagedPolicy]{p.Pos, l.policy(&p)})
	}
	for _, r := range state.Roles {
		n.roles = append(n.roles, placed[iam.Role]{r.Pos, l.role(&r)})
	}
	for _, g := range state.Groups {
		n.groups = append(n.groups, placed[iam.Group]{g.Pos, iam.Group{
			AccountID: first(g.AccountID, l.account), Name: g.Name, Path: g.Path, ID: g.ID, Created: g.Created,
			Inline: l.inline(g.InlinePolicies), AttachedARNs: g.ManagedPolicyARNs,
		}})
	}
	for _, u := range state.Users {
		n.users = append(n.users, placed[iam.User]{u.Pos, l.user(&u)})
	}
	for _, p := range state.InstanceProfiles {
		n.profiles = append(n.profiles, placed[iam.InstanceProfile]{p.Pos, iam.InstanceProfile{
			AccountID: first(p.AccountID, l.account), Name: p.Name, Path: p.Path, ID: p.ID, Created: p.Created,
			RoleName: p.Role, Tags: tags(p.Tags),
		}})
	}
	return n
}

func (l *loader) policy(p *manifest.Policy) iam.ManagedPolicy {
	entity := iam.ManagedPolicy{
		AccountID: first(p.AccountID, l.account), Name: p.Name, Path: p.Path, ID: p.ID, Description: p.Description,
		Created: p.Created, Updated: p.Updated, VersionID: p.DefaultVersion, Tags: tags(p.Tags),
	}
	for _, v := range p.Versions {
		entity.Versions = append(entity.Versions, iam.PolicyVersion{
			ID: v.ID, Document: l.document(policy.Identity, v.Document), Created: v.Created,
		})
	}
	if len(p.Versions) == 0 {
		entity.Document = l.document(policy.Identity, p.Document)
	}
	return entity
}

func (l *loader) role(r *manifest.Role) iam.Role {
	return iam.Role{
		AccountID: first(r.AccountID, l.account), Name: r.Name, Path: r.Path, ID: r.ID, Description: r.Description,
		MaxSessionDuration: time.Duration(r.MaxSessionDuration) * time.Second, Created: r.Created,
		Trust:  policy.Policy{Name: r.Name, Document: l.document(policy.Trust, r.TrustPolicy)},
		Inline: l.inline(r.InlinePolicies), AttachedARNs: r.ManagedPolicyARNs,
		BoundaryARN: r.PermissionsBoundary, Tags: tags(r.Tags),
	}
}

func (l *loader) user(u *manifest.User) iam.User {
	entity := iam.User{
		AccountID: first(u.AccountID, l.account), Name: u.Name, Path: u.Path, ID: u.ID, Created: u.Created,
		Inline: l.inline(u.InlinePolicies), AttachedARNs: u.ManagedPolicyARNs,
		BoundaryARN: u.PermissionsBoundary, Groups: u.Groups, Tags: tags(u.Tags),
	}
	for _, k := range u.AccessKeys {
		entity.AccessKeys = append(entity.AccessKeys, iam.AccessKey{ID: k.ID, Secret: k.Secret, Created: k.Created, Inactive: k.Inactive})
	}
	return entity
}

// create adds the entities to a draft.
func (n *entities) create(d *iam.Draft) error {
	for _, a := range n.aliases {
		if was := d.Snapshot().Alias(a.AccountID); was != "" && was != a.Name {
			return fmt.Errorf("%s: account %s already has the alias %s", a.Pos, a.AccountID, was)
		}
		d.SetAlias(a.AccountID, a.Name)
	}
	return errors.Join(
		createAll(n.aws, d.AddAWSPolicy),
		createAll(n.providers, d.CreateProvider),
		createAll(n.policies, d.CreatePolicy),
		createAll(n.roles, d.CreateRole),
		createAll(n.groups, d.CreateGroup),
		createAll(n.users, d.CreateUser),
		createAll(n.profiles, d.CreateInstanceProfile),
		n.checkReferences(d.Snapshot()),
	)
}

func createAll[T any](list []placed[T], create func(T) (*T, error)) error {
	var errs []error
	for _, p := range list {
		if _, err := create(p.entity); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", p.at, err))
		}
	}
	return errors.Join(errs...)
}

// checkReferences looks for policies and groups that entities name and their
// account does not have. The update would find most of them, but not where they
// are written.
func (n *entities) checkReferences(s *iam.Snapshot) error {
	r := references{snapshot: s}
	for _, p := range n.roles {
		r.check(p.at, p.entity.AccountID, slices.Concat(p.entity.AttachedARNs, []string{p.entity.BoundaryARN}))
	}
	for _, p := range n.groups {
		r.check(p.at, p.entity.AccountID, p.entity.AttachedARNs)
	}
	for _, p := range n.users {
		r.check(p.at, p.entity.AccountID, slices.Concat(p.entity.AttachedARNs, []string{p.entity.BoundaryARN}))
		for _, name := range p.entity.Groups {
			if _, ok := s.Group(p.entity.AccountID, name); !ok {
				r.errs = append(r.errs, fmt.Errorf("%s: group %s: %w", p.at, name, iam.ErrNoSuchEntity))
			}
		}
	}
	return errors.Join(r.errs...)
}

// references collects what does not exist.
type references struct {
	snapshot *iam.Snapshot
	errs     []error
}

// check looks for managed policies, of the account or of AWS: another account's
// cannot be attached.
func (r *references) check(at manifest.Pos, accountID string, policyARNs []string) {
	for _, name := range policyARNs {
		if name == "" {
			continue
		}
		p, err := r.snapshot.ManagedPolicy(name)
		if err == nil && p.AccountID != accountID && !p.IsAWS() {
			err = fmt.Errorf("policy %s is not of account %s: %w", name, accountID, iam.ErrNoSuchEntity)
		}
		if err != nil {
			r.errs = append(r.errs, fmt.Errorf("%s: %w", at, err))
		}
	}
}
