package emulator

import (
	"errors"
	"fmt"
	"time"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/policy"
	"github.com/irsatz/irsatz/manifest"
)

// change is what a manifest adds to a world.
type change struct {
	clusters *clusterSet
	entities *entities
	objects  *seed
}

// prepare does everything about a manifest that can fail without regard to
// what is in the world's IAM and S3 already.
func (e *Emulator) prepare(w *world, state *manifest.State) (*change, error) {
	clusters, err := e.plan(w.clusters.Load(), state)
	if err != nil {
		return nil, err
	}
	loader := &loader{account: e.config.Account}
	c := &change{clusters: clusters, entities: loader.entities(state), objects: loader.seed(state)}
	return c, errors.Join(loader.errs...)
}

// apply makes the change. IAM takes all of it or nothing, and S3 has been
// tried before in a world that is in use.
func (c *change) apply(w *world) error {
	if err := w.store.Update(c.entities.create); err != nil {
		return err
	}
	if err := c.objects.apply(w.s3); err != nil {
		return err
	}
	w.clusters.Store(c.clusters)
	return nil
}

// loader turns a manifest into entities, and gathers what is wrong with it.
type loader struct {
	account string
	errs    []error
}

func (l *loader) failed(at manifest.Pos, err error) {
	l.errs = append(l.errs, fmt.Errorf("%s: %w", at, err))
}

// document compiles a policy document.
func (l *loader) document(kind policy.Kind, d manifest.Document) *policy.Document {
	compiled, err := policy.Parse(kind, d.JSON)
	if err != nil {
		at := d.Pos
		if malformed, ok := errors.AsType[*policy.MalformedError](err); ok {
			err = fmt.Errorf("%s: %s", malformed.Code, malformed.Message)
		}
		if d.Source != "" {
			err = fmt.Errorf("%s: %w", d.Source, err)
		}
		l.failed(at, err)
	}
	return compiled
}

func (l *loader) inline(list []manifest.InlinePolicy) []policy.Policy {
	var all []policy.Policy
	for _, p := range list {
		all = append(all, policy.Policy{Name: p.Name, Document: l.document(policy.Identity, p.Document)})
	}
	return all
}

// placed is an entity and where it was written.
type placed[T any] struct {
	at     manifest.Pos
	entity T
}

// entities is what a manifest adds to IAM.
type entities struct {
	providers []placed[iam.Provider]
	policies  []placed[iam.ManagedPolicy]
	roles     []placed[iam.Role]
	users     []placed[iam.User]
}

func (l *loader) entities(state *manifest.State) *entities {
	n := &entities{}
	for _, p := range state.OIDCProviders {
		n.providers = append(n.providers, placed[iam.Provider]{p.Pos, iam.Provider{
			AccountID: first(p.AccountID, l.account), URL: p.URL, ClientIDs: p.ClientIDList,
			Thumbprints: p.ThumbprintList, Tags: tags(p.Tags),
		}})
	}
	for _, p := range state.Policies {
		n.policies = append(n.policies, placed[iam.ManagedPolicy]{p.Pos, iam.ManagedPolicy{
			AccountID: first(p.AccountID, l.account), Name: p.Name, Path: p.Path, Description: p.Description,
			Document: l.document(policy.Identity, p.Document), Tags: tags(p.Tags),
		}})
	}
	for _, r := range state.Roles {
		n.roles = append(n.roles, placed[iam.Role]{r.Pos, iam.Role{
			AccountID: first(r.AccountID, l.account), Name: r.Name, Path: r.Path, Description: r.Description,
			MaxSessionDuration: time.Duration(r.MaxSessionDuration) * time.Second,
			Trust:              policy.Policy{Name: r.Name, Document: l.document(policy.Trust, r.TrustPolicy)},
			Inline:             l.inline(r.InlinePolicies), AttachedARNs: r.ManagedPolicyARNs,
			BoundaryARN: r.PermissionsBoundary, Tags: tags(r.Tags),
		}})
	}
	for _, u := range state.Users {
		user := iam.User{
			AccountID: first(u.AccountID, l.account), Name: u.Name, Path: u.Path,
			Inline: l.inline(u.InlinePolicies), AttachedARNs: u.ManagedPolicyARNs,
			BoundaryARN: u.PermissionsBoundary, Tags: tags(u.Tags),
		}
		for _, k := range u.AccessKeys {
			user.AccessKeys = append(user.AccessKeys, iam.AccessKey{ID: k.ID, Secret: k.Secret})
		}
		n.users = append(n.users, placed[iam.User]{u.Pos, user})
	}
	return n
}

// create adds the entities to a draft.
func (n *entities) create(d *iam.Draft) error {
	return errors.Join(
		createAll(n.providers, d.CreateProvider),
		createAll(n.policies, d.CreatePolicy),
		createAll(n.roles, d.CreateRole),
		createAll(n.users, d.CreateUser),
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
