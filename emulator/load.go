package emulator

import (
	"errors"
	"fmt"
	"time"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/policy"
	"github.com/irsatz/irsatz/internal/clock"
	"github.com/irsatz/irsatz/manifest"
)

// load makes the state so, all of it or nothing: everything that can fail is
// done before the first change.
func (e *Emulator) load(state *manifest.State) error {
	e.stateMu.Lock()
	defer e.stateMu.Unlock()
	clusters, err := e.clusters.plan(state)
	if err != nil {
		return err
	}
	loader := &loader{account: e.config.Account}
	entities := loader.entities(state)
	objects := loader.seed(state)
	if err := errors.Join(loader.errs...); err != nil {
		return err
	}
	if err := objects.check(e.s3Config(), e.s3.Buckets()); err != nil {
		return err
	}
	if err := e.store.Update(entities.create); err != nil {
		return err
	}
	if err := objects.apply(e.s3); err != nil {
		return err
	}
	e.clusters.current.Store(clusters)
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

// Reset brings back the state that the emulator began with: sessions, objects
// and the trail are forgotten, and the clock runs with the wall clock. Issuers
// keep their keys.
func (e *Emulator) Reset() error {
	e.stateMu.Lock()
	e.store.Reset()
	e.s3.Reset()
	e.clusters.current.Store(e.clusters.set().withoutServiceAccounts())
	e.trail.Reset()
	e.config.Clock.Set(clock.Now())
	e.stateMu.Unlock()
	return e.load(e.config.State)
}
