package oidc

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// The allowance for asking an issuer in vain: missBurst fetches at once, then one
// every missEvery, since anybody may send tokens in an issuer's name. In between,
// what the last fetch brought serves, be it a failure: AWS was seen to heed a
// change after one second. A fetch whose keys verify a token costs nothing, so
// that good tokens and rotations are not bounded.
const (
	missBurst = 10
	missEvery = time.Second
)

// idleAfter is how long what is known of an issuer is kept that nobody asks for,
// its provider having been deleted.
const idleAfter = time.Hour

// source is where the keys of one issuer come from.
type source struct {
	keys atomic.Pointer[keptKeys]

	mu       sync.Mutex
	flight   *flight // the fetch under way, if any
	last     *flight // the one before; nil before the first has ended
	misses   int     // fruitless fetches not yet forgiven
	missedAt time.Time
}

// keptKeys are keys and the time for which they serve. It is immutable.
type keptKeys struct {
	*servedKeys
	from, until time.Time
}

// servedKeys are the keys of an issuer and what vouches for the servers that
// they came from. They are immutable.
type servedKeys struct {
	set  *keySet
	url  string // where the keys are
	pins []pin
}

// find returns the key that must have signed the token, if the provider takes
// the servers for the issuer's.
func (k *servedKeys) find(token *UnverifiedToken, provider Provider) (*verificationKey, error) {
	for _, p := range k.pins {
		if !p.registered(provider.Thumbprints) {
			return nil, &RejectedError{
				Reason: WrongThumbprint, Issuer: token.issuer, URL: p.url,
				Thumbprint: p.thumbprint, Thumbprints: slices.Clone(provider.Thumbprints),
			}
		}
	}
	key, err := k.set.find(token)
	if rejected, ok := errors.AsType[*RejectedError](err); ok {
		rejected.URL = k.url
	}
	return key, err
}

// fresh reports whether the keys may serve at now. A clock that was set back
// makes them stale, because nothing is known about them then.
func (k *keptKeys) fresh(now time.Time) bool {
	return k != nil && !now.Before(k.from) && now.Before(k.until)
}

// flight is one fetch, waited for by everyone who needs it.
type flight struct {
	done chan struct{}
	keys *servedKeys
	err  error

	began    time.Time
	fruitful bool // its keys verified a token; guarded by source.mu
}

// source returns the source for an issuer. A new one takes the place of those
// that nobody asks any more.
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
		now := v.now()
		maps.DeleteFunc(v.sources, func(_ string, s *source) bool { return s.idle(now) })
		s = &source{}
		v.sources[issuer] = s
	}
	return s
}

// idle reports whether nothing of the source serves any more.
func (s *source) idle(now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.flight == nil && s.last != nil && !s.keys.Load().fresh(now) && now.Sub(s.last.began).Abs() >= idleAfter
}

// found is a key and the fetch that it comes from, nil if it was kept.
type found struct {
	key  *verificationKey
	from *flight
}

// findKey returns the key for a token: among those kept if they are fresh, else
// among those the issuer has now.
func (v *Verifier) findKey(ctx context.Context, s *source, token *UnverifiedToken, provider Provider) (found, error) {
	if kept := s.keys.Load(); kept.fresh(v.now()) {
		key, err := kept.find(token, provider)
		if err == nil || !mayMend(err) {
			return found{key: key}, err
		}
	}
	return v.fetchKey(ctx, s, token, provider)
}

var (
	errAskedTooOften = errors.New("the issuer was asked too often to ask again")
	errNothingKept   = errors.New("no keys are kept of the issuer")
)

// replacement looks for a key that took the place, under the same kid, of a kept
// one which did not sign the token.
func (v *Verifier) replacement(ctx context.Context, s *source, token *UnverifiedToken, provider Provider) (found, error) {
	if !s.keys.Load().fresh(v.now()) {
		return found{}, errNothingKept
	}
	return v.fetchKey(ctx, s, token, provider)
}

// fetchKey looks for the key among those the issuer has now.
func (v *Verifier) fetchKey(ctx context.Context, s *source, token *UnverifiedToken, provider Provider) (found, error) {
	f, how, err := v.fetch(ctx, s, token)
	if err != nil {
		return found{}, err
	}
	key, err := f.keys.find(token, provider)
	if how == joined && mayMend(err) {
		// That fetch began before this token came, perhaps before its key was
		// published. Any fetch from now on did not.
		if f, how, err = v.fetch(ctx, s, token); err != nil {
			return found{}, err
		}
		key, err = f.keys.find(token, provider)
	}
	if how == repeated {
		err = askedTooOften(err)
	}
	return found{key, f}, err
}

// boarding says how one came by a fetch.
type boarding uint8

const (
	began    boarding = iota // it was begun for this
	joined                   // it was under way
	repeated                 // it had ended: the issuer was asked too often to ask again
)

// fetch gets the issuer's keys, together with everyone else who wants them now.
func (v *Verifier) fetch(ctx context.Context, s *source, token *UnverifiedToken) (*flight, boarding, error) {
	f, how := s.board(v.now())
	if how == began {
		// Whoever began it may leave; the others still wait for it.
		go v.fly(context.WithoutCancel(ctx), s, f, token.issuer)
	}
	select {
	case <-f.done:
	case <-ctx.Done():
		return nil, how, fmt.Errorf("verify token: fetch keys of %s: %w", token.issuer, ctx.Err())
	}
	err := forToken(f.err, token)
	if how == repeated {
		err = askedTooOften(err)
	}
	return f, how, err
}

// board returns the fetch that is under way. If there is none it is a new one, or
// the last one where the issuer may not be asked now.
func (s *source) board(now time.Time) (*flight, boarding) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.flight != nil:
		return s.flight, joined
	case !s.takeMiss(now):
		return s.last, repeated
	}
	s.flight = &flight{done: make(chan struct{}), began: now}
	return s.flight, began
}

// askedTooOften adds to a refusal that the issuer was not asked for it.
func askedTooOften(err error) error {
	if rejected, ok := errors.AsType[*RejectedError](err); ok {
		rejected.Err = errors.Join(rejected.Err, errAskedTooOften)
	}
	return err
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

// fly does the fetch, keeps what it brought and ends the flight.
func (v *Verifier) fly(ctx context.Context, s *source, f *flight, issuer string) {
	ctx, cancel := context.WithTimeout(ctx, v.timeout)
	defer cancel()
	keys, ttl, err := v.fetchKeys(ctx, issuer)
	f.keys, f.err = keys, err
	if err == nil {
		s.keys.Store(&keptKeys{servedKeys: keys, from: f.began, until: f.began.Add(v.keptFor(ttl))})
	}
	s.mu.Lock()
	s.flight, s.last = nil, f
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

// takeMiss reports whether the issuer may be asked. The caller holds mu.
func (s *source) takeMiss(now time.Time) bool {
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

// reward gives back what a fetch cost, because one of its keys verified a token.
func (s *source) reward(f *flight) {
	if f == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !f.fruitful {
		f.fruitful = true
		s.misses = max(s.misses-1, 0)
	}
}

// mayMend reports whether what the issuer serves now may be better than what it
// served before.
func mayMend(err error) bool {
	rejected, ok := errors.AsType[*RejectedError](err)
	return ok && (rejected.Reason == KeyUnavailable || rejected.Reason == WrongThumbprint)
}
