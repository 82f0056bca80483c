package iam_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/irsatz/irsatz/iam"
)

func create(name string) func(*iam.Draft) error {
	return func(d *iam.Draft) error {
		_, err := d.CreateRole(iam.Role{AccountID: account, Name: name, Trust: trust()})
		return err
	}
}

func (h *harness) has(name string) bool {
	_, ok := h.Snapshot().Role(account, name)
	return ok
}

// TestManyAtOnce: writers that come at once share writes to the disk, and each
// finds its change when it is told that it was made.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		kept := newDisk()
		kept.hold = make(chan struct{})
		h := newHarness(t, on(kept))
		var writing sync.WaitGroup
		for i := range 50 {
			writing.Go(func() {
				name := fmt.Sprintf("role-%d", i)
				if err := h.Update(create(name)); err != nil || !h.has(name) {
					t.Errorf("%s: %v", name, err)
				}
			})
		}
		synctest.Wait()
		if n := len(h.Snapshot().Roles(account)); n != 0 {
			t.Errorf("%d roles are seen that are not kept", n)
		}
		kept.hold <- struct{}{}
		kept.hold <- struct{}{}
		writing.Wait()
		if len(kept.writes) != 2 || len(kept.records) != 50 {
			t.Errorf("%d writes of %d records", len(kept.writes), len(kept.records))
		}
	})
}

// TestDiskFull: an update that cannot be kept changes nothing, nor does any
// that came meanwhile and builds on it, be it that it was refused for it. Those
// after it are made.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	full := errors.New("no space left on device")
	synctest.Test(t, func(t *testing.T) {
		kept := newDisk()
		h := newHarness(t, on(kept))
		h.update(create("before"))
		before, records := h.Snapshot(), len(kept.records)

		kept.hold, kept.full = make(chan struct{}), full
		var writing sync.WaitGroup
		update := func(change func(*iam.Draft) error) {
			writing.Go(func() {
				if err := h.Update(change); !errors.Is(err, full) {
					t.Errorf("got %v", err)
				}
			})
			synctest.Wait()
		}
		update(create("flying"))
		update(create("flying")) // there is one, or is there?
		update(create("gathering"))
		update(create("gathering"))
		update(func(d *iam.Draft) error { return d.DeleteRole(account, "flying") })
		update(func(d *iam.Draft) error { return nil })
		kept.hold <- struct{}{}
		writing.Wait()
		if h.Snapshot() != before || len(kept.records) != records {
			t.Errorf("the state changed: %v", kept.keys())
		}

		kept.hold, kept.full = nil, nil
		h.update(create("flying"))
		if !h.has("flying") || !h.has("before") || h.has("gathering") {
			t.Errorf("then %v", kept.keys())
		}
		if err := h.Update(create("flying")); !errors.Is(err, iam.ErrEntityAlreadyExists) {
			t.Errorf("a second one: %v", err)
		}
	})
}

// TestRefusedInBetween: a change that is refused takes nothing from those that
// are kept with it, and hears of it when they are.
func TestRefusedInBetween(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		kept := newDisk()
		kept.hold = make(chan struct{})
		h := newHarness(t, on(kept))
		var writing sync.WaitGroup
		update := func(want error, change func(*iam.Draft) error) {
			writing.Go(func() {
				if err := h.Update(change); !errors.Is(err, want) {
					t.Errorf("got %v, want %v", err, want)
				}
			})
			synctest.Wait()
		}
		update(nil, create("a"))
		update(nil, create("b"))
		update(iam.ErrEntityAlreadyExists, create("b"))
		update(iam.ErrNoSuchEntity, func(d *iam.Draft) error { return errors.Join(create("c")(d), d.DeleteRole(account, "none")) })
		update(nil, func(d *iam.Draft) error { return d.DeleteRole(account, "a") })
		kept.hold <- struct{}{}
		kept.hold <- struct{}{}
		writing.Wait()
		if h.has("a") || !h.has("b") || h.has("c") || len(kept.records) != 1 {
			t.Errorf("roles %v", kept.keys())
		}
	})
}

// breaking is a keeper that panics.
type breaking struct{ *disk }

func (breaking) Keep(map[string][]byte) error { panic("broken") }

// TestPanics: neither a change nor a keeper that panics leaves a store that
// waits for ever, or one that says what is not so.
func TestPanics(t *testing.T) {
	t.Parallel()
	h := newHarness(t, func(c *iam.Config) { c.Keeper = breaking{newDisk()} })
	attempt := func(change func(*iam.Draft) error) (err error) {
		defer func() { err = fmt.Errorf("%v, %w", recover(), err) }()
		return h.Update(change)
	}
	for range 2 {
		if err := attempt(func(*iam.Draft) error { panic("mine") }); err.Error() != "mine, %!w(<nil>)" {
			t.Errorf("a change: %v", err)
		}
		if err := attempt(create("a")); err.Error() != "broken, %!w(<nil>)" || h.has("a") {
			t.Errorf("a keeper: %v", err)
		}
	}
}
