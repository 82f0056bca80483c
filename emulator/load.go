package emulator

import (
	"errors"
	"fmt"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/policy"
	"github.com/irsatz/irsatz/manifest"
)

// change is what a manifest adds to a world.
type change struct {
	state    *manifest.State // with what eksctl makes of it
	clusters *clusterSet
	named    *entities              // all that the manifest names
	entities func(*iam.Draft) error // puts those to be changed into a draft
	objects  *seed
	records  map[string][]byte // to keep along with the entities
}

// prepare does everything about a manifest that can fail without regard to
// what is in the world's IAM and S3 already.
func (e *Emulator) prepare(w *world, state *manifest.State) (*change, error) {
	state, err := e.expand(w, state)
	clusters, unplanned := e.plan(w.clusters.Load(), state)
	loader := &loader{account: e.config.Account, errs: []error{err, unplanned}}
	named := loader.entities(state)
	c := &change{state: state, clusters: clusters, named: named, entities: named.create, objects: loader.seed(state)}
	if err := errors.Join(loader.errs...); err != nil || w.records == nil {
		return c, err
	}
	c.records, err = clusterChanges(w.clusters.Load(), clusters)
	return c, err
}

// apply makes the change. IAM takes all of it or nothing, with the records, and
// S3 has been tried before in a world that is in use.
func (c *change) apply(w *world) error {
	err := w.store.Update(func(d *iam.Draft) error {
		for key, value := range c.records {
			d.Along(key, value)
		}
		return c.entities(d)
	})
	if err != nil {
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
	read := policy.Parse
	if d.Stored {
		read = policy.ParseStored
	}
	compiled, err := read(kind, d.JSON)
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
