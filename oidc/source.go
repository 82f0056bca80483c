package oidc

import (
	"context"
	"errors"
	"fmt"
	"slices"
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
func (v *Verifier) findKey(ctx context.Context, token *UnverifiedToken, provider Provider) (*verificationKey, error) {
	s, now := v.source(token.issuer), v.now()
	kept := s.keys.Load()
	wasFresh := kept.fresh(now)
	if wasFresh {
		key, err := kept.find(token, provider)
		if err == nil || !mayMend(err) {
			return key, err
		}
		if !s.takeMiss(now) {
			rejected, _ := errors.AsType[*RejectedError](err)
			rejected.Err = errors.Join(rejected.Err, errAskedTooOften)
			return nil, rejected
		}
	}
	key, err := v.fetchKey(ctx, s, token, provider)
	if wasFresh && err == nil {
		s.returnMiss()
	}
	return key, err
}

var errAskedTooOften = errors.New("the issuer was asked too often to ask again")

// replacement looks for a key that took the place, under the same kid, of a kept
// one which did not sign the token. It returns nil if there is none to be had.
func (v *Verifier) replacement(ctx context.Context, token *UnverifiedToken, provider Provider) *verificationKey {
	s, now := v.source(token.issuer), v.now()
	if !s.keys.Load().fresh(now) || !s.takeMiss(now) {
		return nil
	}
	key, err := v.fetchKey(ctx, s, token, provider)
	if err != nil {
		return nil
	}
	return key
}

// fetchKey looks for the key among those the issuer has now.
func (v *Verifier) fetchKey(ctx context.Context, s *source, token *UnverifiedToken, provider Provider) (*verificationKey, error) {
	keys, joined, err := v.fetch(ctx, s, token)
	if err != nil {
		return nil, err
	}
	key, err := keys.find(token, provider)
	if joined && mayMend(err) {
		// That fetch began before this token came, perhaps before its key was
		// published. Any fetch from now on did not.
		if keys, _, err = v.fetch(ctx, s, token); err != nil {
			return nil, err
		}
		return keys.find(token, provider)
	}
	return key, err
}

// fetch gets the issuer's keys, together with everyone else who wants them now.
// It reports whether it joined a fetch that was already under way.
func (v *Verifier) fetch(ctx context.Context, s *source, token *UnverifiedToken) (keys *servedKeys, joined bool, err error) {
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
		return f.keys, joined, forToken(f.err, token)
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
	keys, ttl, err := v.fetchKeys(ctx, issuer)
	f.keys, f.err = keys, err
	if err == nil {
		s.keys.Store(&keptKeys{servedKeys: keys, from: from, until: from.Add(v.keptFor(ttl))})
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

// mayMend reports whether what the issuer serves now may be better than what it
// served before.
func mayMend(err error) bool {
	rejected, ok := errors.AsType[*RejectedError](err)
	return ok && (rejected.Reason == KeyUnavailable || rejected.Reason == WrongThumbprint)
}
