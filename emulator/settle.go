package emulator

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"maps"
	"slices"

	"github.com/irsatz/irsatz/fakes3"
	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/internal/datadir"
	"github.com/irsatz/irsatz/manifest"
)

// filePrefix begins the keys of what is kept of the files that a run began
// with: for each entity in them a fingerprint of what they said. A later run
// with the same files finds nothing to do, whatever became of the entities
// meanwhile; what was changed in the files, or is new, is made so.
const filePrefix = "file/"

// halfwayKey is the key of a list of such keys, which is there while a start makes
// of the state what the files say under them, and stays if that is interrupted.
const halfwayKey = "halfway"

// errHalfway says that the state may be what nobody wanted, such as a role that may
// read a bucket whose policy does not deny it yet.
var errHalfway = errors.New("the last start was interrupted while it made of the state what its files say: start with files again")

// files tells what in the files is new or was changed since the last run.
type files struct {
	was, now map[string][]byte
	halfway  []string // keys that the last run did not finish with
	err      error
}

func newFiles() *files { return &files{was: map[string][]byte{}, now: map[string][]byte{}} }

// keptFiles are the files of the last run that had any, to be compared.
func keptFiles(records *datadir.Records) (*files, error) {
	f := newFiles()
	err := records.Load(filePrefix, func(key string, value []byte) error {
		f.was[key] = slices.Clone(value)
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = records.Load(halfwayKey, func(_ string, value []byte) error { return json.Unmarshal(value, &f.halfway) })
	for _, key := range f.halfway {
		f.was[key] = nil // whatever they say now is another thing
	}
	return f, err
}

// noteFiles has a new world remember what its files say.
func noteFiles(c *change) error {
	f := newFiles()
	f.entities(c.named)
	f.clusters(&manifest.State{}, c.state)
	f.serviceAccounts(c.state)
	f.seed(c.objects)
	maps.Copy(c.records, f.changes())
	return f.err
}

// continueWith makes an old world be what the files say, as far as they did not
// say it before. They are taken for done with the last step, and what the first
// one is about is known with it, so that the start after a crash in between does
// all of it, be it with other files.
func (e *Emulator) continueWith(w *world, state *manifest.State) error {
	f, err := keptFiles(w.records)
	if err != nil {
		return err
	}
	c, err := e.continueClusters(w, f, state)
	if err != nil {
		return err
	}
	loader := &loader{account: e.config.Account}
	c.named, c.objects = loader.entities(c.state), loader.seed(c.state)
	if err := errors.Join(loader.errs...); err != nil {
		return err
	}
	changedEntities, changed := f.entities(c.named), f.seed(c.objects)
	along, err := f.begin(c.records)
	if err != nil {
		return err
	}
	// IAM goes first, because policies of buckets are held to whom they name then.
	err = w.store.Update(func(d *iam.Draft) error {
		along(d)
		return changedEntities.settle(d)
	})
	if err != nil {
		return err
	}
	if err := changed.settle(w.s3, c.objects); err != nil {
		return err
	}
	c.entities, c.objects = func(*iam.Draft) error { return nil }, &seed{}
	return c.apply(w)
}

// continueClusters begins the change with what the clusters become. What eksctl
// makes of a state is asked as if nothing were there but them: that is what the
// files say, whatever became of it.
func (e *Emulator) continueClusters(w *world, f *files, state *manifest.State) (*change, error) {
	none := w.clusters.Load()
	kept, err := keptClusters(w.records)
	if err != nil {
		return nil, err
	}
	before, err := e.plan(none, kept)
	if err != nil {
		return nil, err
	}
	all := f.clusters(kept, state)
	bare, err := e.plan(none, &manifest.State{Clusters: all.Clusters, Issuers: all.Issuers})
	if err != nil {
		return nil, err
	}
	c := &change{}
	if c.state, err = e.expandAlone(bare, state); err != nil {
		return nil, err
	}
	all.ServiceAccounts = append(all.ServiceAccounts, f.serviceAccounts(c.state)...)
	if c.clusters, err = e.plan(none, all); err != nil {
		return nil, err
	}
	c.records, err = clusterChanges(before, c.clusters)
	return c, err
}

// expandAlone expands a state where there are clusters and nothing in IAM.
func (e *Emulator) expandAlone(clusters *clusterSet, state *manifest.State) (*manifest.State, error) {
	store, err := iam.NewStore(iam.Config{})
	if err != nil {
		return nil, err
	}
	alone := &world{store: store}
	alone.clusters.Store(clusters)
	return e.expand(alone, state)
}

// changes are the records to keep, none when there are no files: a run without
// any forgets nothing.
func (f *files) changes() map[string][]byte {
	if len(f.now) == 0 {
		return nil
	}
	return differences(f.was, f.now)
}

// begin adds what is to be kept with the last step, and returns what is to be kept
// with the first: of which entities, where there are any.
func (f *files) begin(last map[string][]byte) (along func(*iam.Draft), err error) {
	if len(f.halfway) > 0 && len(f.now) == 0 {
		return nil, errHalfway
	}
	changes := f.changes()
	maps.Copy(last, changes)
	if len(changes) == 0 || f.err != nil {
		return func(*iam.Draft) {}, f.err
	}
	last[halfwayKey] = nil
	keys, err := json.Marshal(slices.Sorted(maps.Keys(changes)))
	return func(d *iam.Draft) { d.Along(halfwayKey, keys) }, err
}

// changed notes what the files say of an entity, and reports whether they said
// something else before.
func (f *files) changed(key, fingerprint string) bool {
	f.now[filePrefix+key] = []byte(fingerprint)
	return string(f.was[filePrefix+key]) != fingerprint
}

// changedIn returns the entities that are new or changed. Their key tells them
// apart from all others.
func changedIn[T any](f *files, list []placed[T], key func(*T) string) []placed[T] {
	return slices.DeleteFunc(slices.Clone(list), func(p placed[T]) bool {
		fingerprint, err := iam.Fingerprint(&p.entity)
		f.err = errors.Join(f.err, err)
		return !f.changed(key(&p.entity), fingerprint)
	})
}

// changedSaid is changedIn for what is no entity of IAM. It is told apart by its
// key, and says everything but where it is written.
func changedSaid[T any](f *files, list []T, describe func(T) (key string, says any)) []T {
	return slices.DeleteFunc(slices.Clone(list), func(one T) bool {
		key, says := describe(one)
		text, err := json.Marshal(says)
		f.err = errors.Join(f.err, err)
		sum := sha256.Sum256(text)
		return !f.changed(key, hex.EncodeToString(sum[:]))
	})
}

// entities returns the entities that are new or changed.
func (f *files) entities(n *entities) *entities {
	return &entities{
		aws:       n.aws, // of which those that are there stay as they are
		aliases:   changedSaid(f, n.aliases, func(a manifest.Alias) (string, any) { return "alias/" + a.AccountID, a.Name }),
		providers: changedIn(f, n.providers, func(p *iam.Provider) string { return "provider/" + p.AccountID + "/" + p.URL }),
		policies:  changedIn(f, n.policies, func(p *iam.ManagedPolicy) string { return "policy/" + p.AccountID + "/" + p.Name }),
		roles:     changedIn(f, n.roles, func(r *iam.Role) string { return "role/" + r.AccountID + "/" + r.Name }),
		groups:    changedIn(f, n.groups, func(g *iam.Group) string { return "group/" + g.AccountID + "/" + g.Name }),
		users:     changedIn(f, n.users, func(u *iam.User) string { return "user/" + u.AccountID + "/" + u.Name }),
		profiles:  changedIn(f, n.profiles, func(p *iam.InstanceProfile) string { return "profile/" + p.AccountID + "/" + p.Name }),
	}
}

// seed returns the buckets and objects that are new or changed.
func (f *files) seed(s *seed) *seed {
	return &seed{
		buckets: changedSaid(f, s.buckets, func(b placed[fakes3.Bucket]) (string, any) {
			return "bucket/" + b.entity.Name, b.entity
		}),
		objects: changedSaid(f, s.objects, func(o placed[fakes3.Object]) (string, any) {
			sum := sha256.Sum256(o.entity.Body)
			o.entity.Body = sum[:]
			return "object/" + o.entity.Bucket + "/" + o.entity.Key, o.entity
		}),
	}
}

// clusters returns the clusters and issuers that are kept, then those that are
// new or changed, and the service accounts that are kept. What the files changed
// of a cluster or issuer takes its place.
func (f *files) clusters(kept, state *manifest.State) *manifest.State {
	all := &manifest.State{
		Clusters: slices.Clone(kept.Clusters), Issuers: slices.Clone(kept.Issuers), ServiceAccounts: slices.Clone(kept.ServiceAccounts),
	}
	for _, k := range changedSaid(f, state.Clusters, describeCluster) {
		there := slices.IndexFunc(all.Clusters, func(other manifest.Cluster) bool { return other.Name == k.Name })
		if there < 0 {
			all.Clusters = append(all.Clusters, k)
			continue
		}
		was := all.Clusters[there]
		k.AccountID, k.Region, k.OIDCIssuer = first(k.AccountID, was.AccountID), first(k.Region, was.Region), first(k.OIDCIssuer, was.OIDCIssuer)
		all.Clusters[there] = k
	}
	for _, o := range changedSaid(f, state.Issuers, describeIssuer) {
		there := slices.IndexFunc(all.Issuers, func(other manifest.Issuer) bool { return other.Name == o.Name })
		if there < 0 {
			all.Issuers = append(all.Issuers, o)
			continue
		}
		all.Issuers[there] = o
	}
	return all
}

// serviceAccounts returns the service accounts that are new or changed.
func (f *files) serviceAccounts(state *manifest.State) []manifest.ServiceAccount {
	return changedSaid(f, state.ServiceAccounts, func(sa manifest.ServiceAccount) (string, any) {
		sa.Pos = manifest.Pos{}
		return "serviceaccount/" + sa.Cluster + "/" + sa.Namespace + "/" + sa.Name, sa
	})
}

func describeCluster(k manifest.Cluster) (string, any) {
	k.Pos, k.Provider = manifest.Pos{}, nil // which is an entity of IAM
	return "cluster/" + k.Name, k
}

func describeIssuer(o manifest.Issuer) (string, any) {
	o.Pos = manifest.Pos{}
	return "issuer/" + o.Name, o
}
