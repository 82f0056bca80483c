package oidc_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/irsatz/irsatz/oidc"
)

// shelf keeps keys as another run would find them.
type shelf struct {
	keys   []oidc.KeptKey
	writes int
	full   error
}

func (s *shelf) keep(keys []oidc.KeptKey) error {
	if s.full != nil {
		return s.full
	}
	s.keys, s.writes = nil, s.writes+1
	for _, k := range keys {
		text, err := k.Key.PEM()
		if err != nil {
			return err
		}
		s.keys = append(s.keys, oidc.KeptKey{Key: oidc.MustParseKey(text), GoodUntil: k.GoodUntil, DropAt: k.DropAt})
	}
	return nil
}

// TestKeptKeys: the issuer of a later run publishes what it published, signs with
// the same key, and drops a retired one when the last token of any run is past.
func TestKeptKeys(t *testing.T) {
	t.Parallel()
	clock, kept := newClock(), &shelf{}
	run := func() *oidc.Issuer {
		return newIssuer(t, oidc.Config{URL: eksURL, Kept: kept.keys, Keep: kept.keep, KeyKind: oidc.P256, Now: clock.Now})
	}
	first := run()
	token, err := first.Mint(t.Context(), app())
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		if _, err := first.Mint(t.Context(), app(func(r *oidc.TokenRequest) { r.Duration = 24 * time.Hour })); err != nil {
			t.Fatal(err)
		}
	}
	if kept.writes != 2 {
		t.Errorf("%d writes for a key and its tokens, want 2", kept.writes)
	}
	old := kids(t, first)

	second := run()
	if diff := cmp.Diff(old, kids(t, second)); diff != "" || !strings.Contains(part(t, token, 0), old[0]) {
		t.Errorf("keys of the second run: %s", diff)
	}
	if kept.writes != 2 {
		t.Error("a run without change wrote")
	}
	if err := second.Rotate(t.Context()); err != nil {
		t.Fatal(err)
	}
	rotated := kids(t, second)
	if len(rotated) != 2 || rotated[1] != old[0] {
		t.Fatalf("after rotation %v", rotated)
	}

	if diff := cmp.Diff(rotated, kids(t, run())); diff != "" {
		t.Errorf("keys of the third run: %s", diff)
	}
	clock.Advance(24*time.Hour + 299*time.Second)
	if diff := cmp.Diff(rotated, kids(t, run())); diff != "" {
		t.Errorf("while a token of the first run is accepted: %s", diff)
	}
	clock.Advance(2 * 24 * time.Hour)
	if diff := cmp.Diff(rotated[:1], kids(t, run())); diff != "" {
		t.Errorf("when none is any more: %s", diff)
	}
}

// TestKeysNotKept: a key that cannot be kept neither signs nor is published.
func TestKeysNotKept(t *testing.T) {
	t.Parallel()
	full := errors.New("disk full")
	kept := &shelf{}
	clock := newClock()
	issuer := newIssuer(t, oidc.Config{URL: eksURL, Keys: []*oidc.Key{loadKey(t, "p256")}, Keep: kept.keep, Now: clock.Now})
	if _, err := issuer.Mint(t.Context(), app()); err != nil {
		t.Fatal(err)
	}
	before := kids(t, issuer)
	kept.full = full
	for name, rotate := range map[string]func() error{
		"Rotate":   func() error { return issuer.Rotate(t.Context()) },
		"RotateTo": func() error { return issuer.RotateTo(t.Context(), loadKey(t, "p384")) },
		"dropping": func() error { return issuer.RotateDroppingOld(t.Context()) },
	} {
		if err := rotate(); !errors.Is(err, full) {
			t.Errorf("%s: %v", name, err)
		}
	}
	clock.Advance(365 * 24 * time.Hour)
	if _, err := issuer.Mint(t.Context(), app()); !errors.Is(err, full) {
		t.Errorf("token that a later run would not know of: %v", err)
	}
	if diff := cmp.Diff(before, kids(t, issuer)); diff != "" {
		t.Error(diff)
	}
	kept.full = nil
	if err := issuer.RotateTo(t.Context(), loadKey(t, "p384")); err != nil {
		t.Error(err)
	}

	unborn := newIssuer(t, oidc.Config{URL: eksURL, KeyKind: oidc.P256, Keep: func([]oidc.KeptKey) error { return full }})
	if _, err := unborn.JWKS(t.Context()); !errors.Is(err, full) {
		t.Errorf("first key: %v", err)
	}
}

func TestKeptKeysRefused(t *testing.T) {
	t.Parallel()
	k := loadKey(t, "p256")
	for name, keys := range map[string][]oidc.KeptKey{
		"nil":              {{}},
		"twice":            {{Key: k}, {Key: k}},
		"signing, dropped": {{Key: k, DropAt: time.Unix(1, 0)}},
	} {
		if _, err := oidc.NewIssuer(oidc.Config{URL: eksURL, Kept: keys}); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
