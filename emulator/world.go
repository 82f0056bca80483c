package emulator

import (
	"errors"
	"os"
	"sync/atomic"

	"github.com/irsatz/irsatz/fakeiam"
	"github.com/irsatz/irsatz/fakes3"
	"github.com/irsatz/irsatz/fakes3/storage"
	"github.com/irsatz/irsatz/fakests"
	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/internal/awsapi"
	"github.com/irsatz/irsatz/internal/clock"
	"github.com/irsatz/irsatz/internal/datadir"
	"github.com/irsatz/irsatz/manifest"
)

// world is what a reset replaces as a whole: the state, and the services over
// it. A request is served by one world from its beginning to its end.
type world struct {
	records *datadir.Records // nil: in memory only
	buckets *storage.Store   // nil: in memory only
	users   atomic.Int64     // requests under way, and one for being there

	api   awsapi.Config
	store *iam.Store
	sts   *fakests.Server
	// stsConfig is that of sts, for a rehearsal with another; s3Config is that of
	// S3 in memory without bound.
	stsConfig fakests.Config
	s3Config  fakes3.Config
	iam       *fakeiam.Server
	s3        *fakes3.Server
	clusters  atomic.Pointer[clusterSet]
}

// firstWorld is the world that the emulator begins with: that of the last run,
// or a new one. The caller holds stateMu.
func (e *Emulator) firstWorld() (*world, error) {
	if err := e.lasting.prune(); err != nil {
		return nil, err
	}
	records, err := e.lasting.world()
	if err != nil {
		return nil, err
	}
	if records == nil {
		return e.newWorld(e.config.State)
	}
	w, err := e.makeWorld(records)
	if err != nil {
		return nil, err
	}
	if err := e.continueWith(w, e.config.State); err != nil {
		return nil, errors.Join(err, w.close())
	}
	return w, nil
}

// newWorld makes a world with the state in it, which nobody sees yet, and which
// is not the last run's for the next one before it is whole. The caller holds
// stateMu.
func (e *Emulator) newWorld(state *manifest.State) (*world, error) {
	records, err := e.lasting.newWorld()
	if err != nil {
		return nil, err
	}
	w, err := e.makeWorld(records)
	if err != nil {
		return nil, err
	}
	if err := e.fill(w, state); err != nil {
		return nil, errors.Join(err, w.release())
	}
	return w, nil
}

// fill puts the state into a new world, and makes that the one that the next run
// finds.
func (e *Emulator) fill(w *world, state *manifest.State) error {
	change, err := e.prepare(w, state)
	if err != nil {
		return err
	}
	if w.records == nil {
		return change.apply(w)
	}
	if err := noteFiles(change); err != nil {
		return err
	}
	if err := change.apply(w); err != nil {
		return err
	}
	return e.lasting.dir.Enter(w.records)
}

// makeWorld makes the services over what the records have, without clusters.
func (e *Emulator) makeWorld(records *datadir.Records) (*world, error) {
	store, err := e.openStore(records)
	if err != nil {
		return nil, err
	}
	c := e.config
	w := &world{store: store, records: records}
	w.users.Store(1)
	// Dates that clients sign are compared with the wall clock, which is the
	// clients', whatever ours shows.
	w.api = awsapi.Config{
		Store: store, Trail: e.trail, Log: c.Log, Rand: c.Rand, Region: c.Region, Audit: c.Audit,
		Now: c.Clock.Now, ClientNow: clock.Now,
	}.WithDefaults()
	w.stsConfig = fakests.Config{Config: w.api, Verifier: e.verifier, ErrorTexts: c.ErrorTexts, Propagation: c.IAMPropagation, DisabledRegions: c.STSDisabledRegions}
	if w.sts, err = fakests.New(w.stsConfig); err != nil {
		return nil, err
	}
	w.s3Config = fakes3.Config{Config: w.api, HostBases: hostBases, UnknownPrincipals: c.UnknownPrincipals}
	w.iam, err = fakeiam.New(fakeiam.Config{
		Config: w.api, Thumbprints: e.verifier, UnknownPrincipals: c.UnknownPrincipals, OpenSharedIssuers: c.OpenSharedIssuers,
	})
	if err != nil {
		return nil, err
	}
	w.clusters.Store(newClusterSet(nil, nil))
	return w, w.openS3(storage.Config{Now: c.Clock.Now, Rand: c.Rand, MaxMemory: c.MaxMemory})
}

// openStore opens the state of IAM.
func (e *Emulator) openStore(records *datadir.Records) (*iam.Store, error) {
	c := e.config
	config := iam.Config{
		Now: c.Clock.Now, Rand: c.Rand, SealingKey: e.sealingKey,
		Root: []iam.RootCredentials{{AccountID: c.Account, AccessKeyID: c.rootKey, Secret: c.rootSecret}},
	}
	if records != nil {
		config.Keeper, config.World = records, records.Name()
		return iam.NewStore(config)
	}
	world, err := c.random(8)
	if err != nil {
		return nil, err
	}
	config.World = string(world)
	return iam.NewStore(config)
}

// openS3 opens the buckets and makes the service over them.
func (w *world) openS3(config storage.Config) (err error) {
	s3 := w.s3Config
	if w.records != nil {
		if w.buckets, err = storage.OpenDisk(w.records.Folder(s3Folder), config); err != nil {
			return err
		}
		s3.Storage = w.buckets
	} else {
		s3.Storage = storage.NewMemory(config)
	}
	w.s3, err = fakes3.New(s3)
	return err
}

// enter returns the world as it is now, for one request, which releases it.
func (e *Emulator) enter() *world {
	for {
		w := e.world.Load()
		for n := w.users.Load(); n > 0; n = w.users.Load() {
			if w.users.CompareAndSwap(n, n+1) {
				return w
			}
		}
	}
}

// release ends one use of the world. With the last one, which comes after
// another world took its place, it is forgotten.
func (w *world) release() error {
	if w.users.Add(-1) > 0 || w.buckets == nil {
		return nil
	}
	return errors.Join(w.close(), os.RemoveAll(w.records.Folder(s3Folder)))
}

// close ends the use of what keeps the world.
func (w *world) close() error {
	if w.buckets == nil {
		return nil
	}
	return w.buckets.Close()
}

// clusters returns the clusters as they are now.
func (e *Emulator) clusters() *clusterSet { return e.world.Load().clusters.Load() }

// Reset brings back the state that the emulator began with: sessions, objects,
// clusters and the trail are forgotten, and the clock runs with the wall clock.
// Issuers keep their keys. Requests meet the old state or the new one, nothing
// between; if the new one cannot be made, because a file is gone, the old one
// stays.
func (e *Emulator) Reset() error {
	e.stateMu.Lock()
	defer e.stateMu.Unlock()
	// What is made again must not be dated in the future.
	offset := e.config.Clock.Offset()
	e.config.Clock.Advance(-offset)
	w, err := e.newWorld(e.config.State)
	if err != nil {
		e.config.Clock.Advance(offset)
		return err
	}
	old := e.world.Swap(w)
	if err := old.release(); err != nil {
		e.config.Log.Warn("forget the state before the reset", "error", err)
	}
	e.trail.Reset()
	// Which hosts are dialled here may have changed.
	e.verifier.Reset()
	return nil
}

// load adds the state to what is there, all of it or nothing.
func (e *Emulator) load(state *manifest.State) error {
	e.stateMu.Lock()
	defer e.stateMu.Unlock()
	return e.loadInto(e.world.Load(), state)
}

// loadInto adds the state to a world that is in use. The caller holds stateMu.
func (e *Emulator) loadInto(w *world, state *manifest.State) error {
	change, err := e.prepare(w, state)
	if err != nil {
		return err
	}
	there, err := w.s3.Buckets()
	if err != nil {
		return err
	}
	if err := change.objects.check(w.s3Config, there); err != nil {
		return err
	}
	defer e.verifier.Reset()
	return change.apply(w)
}

// replace puts clusters in the place of those that are there, together with a
// change of IAM. The caller holds stateMu.
func (e *Emulator) replace(w *world, clusters *clusterSet, entities func(*iam.Draft) error) error {
	c := &change{clusters: clusters, entities: entities, objects: &seed{}}
	if w.records != nil {
		var err error
		if c.records, err = clusterChanges(w.clusters.Load(), clusters); err != nil {
			return err
		}
	}
	return c.apply(w)
}
