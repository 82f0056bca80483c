package iam

import (
	"errors"
	"fmt"
	"maps"
)

// batch is updates that are kept together. While one is on its way to the disk,
// the next one gathers the updates that come meanwhile, each on top of the one
// before: a thousand writers at once do not wait for a thousand disk writes.
type batch struct {
	changes map[string][]byte
	next    *Snapshot     // the state after the last update
	before  *batch        // the one that is kept first, nil if there was none
	failed  error         // guarded by Store.mu until done
	done    chan struct{} // closed when all of it is kept, or nothing
}

// updateKept is Update with a keeper: nobody sees a change, nor hears that it
// was made or refused, before everything it rests on is kept.
func (s *Store) updateKept(change func(*Draft) error) error {
	b, leads, err := s.stage(change)
	if b == nil {
		return err
	}
	if leads {
		s.commit(b)
	}
	<-b.done
	if b.failed != nil {
		return b.failed
	}
	return err
}

// stage makes the change and puts it into a batch, which the caller must commit
// if it leads. A change that was refused, or changes nothing, rests on the last
// batch, if that is still on its way.
func (s *Store) stage(change func(*Draft) error) (b *batch, leads bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := newDraft(s, s.head())
	var next *Snapshot
	var records map[string][]byte
	if err = change(d); err == nil {
		next, records, err = d.finish()
	}
	if err != nil || len(records) == 0 {
		if s.gathering != nil {
			return s.gathering, false, err
		}
		return s.flying, false, err
	}
	if s.gathering == nil {
		s.gathering = &batch{changes: records, before: s.flying, done: make(chan struct{})}
		leads = true
	}
	b = s.gathering
	b.next = next
	maps.Copy(b.changes, records)
	return b, leads, nil
}

// head is the state that the next update builds on.
func (s *Store) head() *Snapshot {
	switch {
	case s.gathering != nil:
		return s.gathering.next
	case s.flying != nil:
		return s.flying.next
	}
	return s.current.Load()
}

// commit keeps the batch, after the one before it.
func (s *Store) commit(b *batch) {
	defer close(b.done)
	if b.before != nil {
		<-b.before.done
		b.before = nil
	}
	if !s.launch(b) {
		return
	}
	err := errors.New("the keeper gave up") // unless it returns
	defer func() { s.land(b, err) }()
	err = s.keeper.Keep(b.changes)
}

// launch closes the batch, unless it has failed already.
func (s *Store) launch(b *batch) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if b.failed != nil {
		return false
	}
	s.gathering, s.flying = nil, b
	return true
}

// land makes the batch the state, or gives it up and what is built on it.
func (s *Store) land(b *batch, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flying = nil
	if err == nil {
		s.current.Store(b.next)
		return
	}
	b.failed = fmt.Errorf("keep the change: %w", err)
	if s.gathering != nil {
		s.gathering.failed, s.gathering = b.failed, nil
	}
}
