package oidc

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// The allowance for looking up unknown kids at an issuer whose keys are fresh:
// missBurst at once, then one every missEvery. A lookup that finds its kid, as
// after a rotation, costs nothing.
const (
	missBurst = 10
	missEvery = time.Second
)

// source is where the keys of one issuer come from.
type source struct {
	keys atomic.Pointer[keptKeys]

	mu       sync.Mutex
	flight   *flight // the fetch under way, if any
	misses   int     // fruitless lookups not yet forgiven
	missedAt time.Time
}

// keptKeys are keys and the time for which they serve. It is immutable.
type keptKeys struct {
	set         *keySet
	from, until time.Time
}

// fresh reports whether the keys may serve at now. A clock that was set back
// makes them stale, because nothing is known about them then.
func (k *keptKeys) fresh(now time.Time) bool {
	return k != nil && !now.Before(k.from) && now.Before(k.until)
}

// flight is one fetch, waited for by everyone who needs it.
type flight struct {
	done chan struct{}
	set  *keySet
	err  error
}

// source returns the source for an issuer.
func (v *Verifier) source(issuer string) *source {
	v.mu.RLock()
	s := v.sources[issuer]
	v.mu.RUnlock()
	if s != nil {
		return s
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if s = v.sources[issuer]; s == nil {
		s = &source{}
		v.sources[issuer] = s
	}
	return s
}

// findKey returns the key for a token: among those kept if they are fresh, else
// among those the issuer has now.
func (v *Verifier) findKey(ctx context.Context, token *UnverifiedToken) (*verificationKey, error) {
	s, now := v.source(token.issuer), v.now()
	kept := s.keys.Load()
	wasFresh := kept.fresh(now)
	if wasFresh {
		key, err := kept.set.find(token)
		if err == nil || !isUnavailable(err) {
			return key, err
		}
		if !s.takeMiss(now) {
			rejected, _ := errors.AsType[*RejectedError](err)
			rejected.Err = fmt.Errorf("%w; the issuer was asked too often to ask again", rejected.Err)
			return nil, rejected
		}
	}
	key, err := v.fetchKey(ctx, s, token)
	if wasFresh && err == nil {
		s.returnMiss()
	}
	return key, err
}

// fetchKey looks for the key among those the issuer has now.
func (v *Verifier) fetchKey(ctx context.Context, s *source, token *UnverifiedToken) (*verificationKey, error) {
	set, joined, err := v.fetch(ctx, s, token)
	if err != nil {
		return nil, err
	}
	key, err := set.find(token)
	if joined && isUnavailable(err) {
		// That fetch began before this token came, perhaps before its key was
		// published. Any fetch from now on did not.
		if set, _, err = v.fetch(ctx, s, token); err != nil {
			return nil, err
		}
		return set.find(token)
	}
	return key, err
}

// fetch gets the issuer's keys, together with everyone else who wants them now.
// It reports whether it joined a fetch that was already under way.
func (v *Verifier) fetch(ctx context.Context, s *source, token *UnverifiedToken) (set *keySet, joined bool, err error) {
	s.mu.Lock()
	f := s.flight
	joined = f != nil
	if !joined {
		f = &flight{done: make(chan struct{})}
		s.flight = f
		// Whoever started it may leave; the others still wait for it.
		go v.fly(context.WithoutCancel(ctx), s, f, token.issuer)
	}
	s.mu.Unlock()
	select {
	case <-f.done:
		return f.set, joined, forToken(f.err, token)
	case <-ctx.Done():
		return nil, joined, fmt.Errorf("verify token: fetch keys of %s: %w", token.issuer, ctx.Err())
	}
}

// forToken adds to a failed fetch which token it was for.
func forToken(err error, token *UnverifiedToken) error {
	rejected, ok := errors.AsType[*RejectedError](err)
	if !ok {
		return err
	}
	own := *rejected // the others who waited have tokens of their own
	own.Algorithm, own.TokenKID = string(token.alg), token.kid
	return &own
}

// fly does the fetch, keeps what it brought and ends the flight. A failure is
// not kept.
func (v *Verifier) fly(ctx context.Context, s *source, f *flight, issuer string) {
	ctx, cancel := context.WithTimeout(ctx, v.timeout)
	defer cancel()
	from := v.now()
	set, ttl, err := v.fetchKeys(ctx, issuer)
	f.set, f.err = set, err
	if err == nil {
		s.keys.Store(&keptKeys{set: set, from: from, until: from.Add(v.keptFor(ttl))})
	}
	s.mu.Lock()
	s.flight = nil
	s.mu.Unlock()
	close(f.done)
}

// keptFor returns how long keys serve that the issuer lets serve for ttl.
func (v *Verifier) keptFor(ttl time.Duration) time.Duration {
	if v.keyTTL != 0 {
		return max(v.keyTTL, 0)
	}
	return min(ttl, time.Hour)
}

// takeMiss reports whether the issuer may be asked for an unknown kid.
func (s *source) takeMiss(now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch elapsed := now.Sub(s.missedAt); {
	case elapsed < 0 || elapsed >= missBurst*missEvery:
		s.misses, s.missedAt = 0, now
	default:
		forgiven := min(int(elapsed/missEvery), s.misses)
		s.misses -= forgiven
		s.missedAt = s.missedAt.Add(time.Duration(elapsed/missEvery) * missEvery)
	}
	if s.misses >= missBurst {
		return false
	}
	s.misses++
	return true
}

func (s *source) returnMiss() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.misses = max(s.misses-1, 0)
}

func isUnavailable(err error) bool {
	rejected, ok := errors.AsType[*RejectedError](err)
	return ok && rejected.Reason == KeyUnavailable
}
