package oidc_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/irsatz/irsatz/oidc"
)

func kids(t *testing.T, issuer *oidc.Issuer) []string {
	t.Helper()
	keys, err := issuer.Keys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	text, err := issuer.JWKS(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, key := range keys {
		ids = append(ids, key.ID())
		if !strings.Contains(string(text), key.ID()) {
			t.Errorf("key %s is not in the JWKS", key.ID())
		}
	}
	if n := strings.Count(string(text), `"kid"`); n != len(ids) {
		t.Errorf("the JWKS has %d keys, want %d", n, len(ids))
	}
	return ids
}

// D07: the old key stays until the last token it signed is of no use.
func TestRotateOverlap(t *testing.T) {
	t.Parallel()
	clock := newClock()
	a, b, spare := loadKey(t, "p256"), loadKey(t, "p384"), loadKey(t, "p521")
	issuer := newIssuer(t, oidc.Config{URL: eksURL, Keys: []*oidc.Key{a, spare}, Now: clock.Now})
	for _, duration := range []time.Duration{time.Hour, 20 * time.Minute} {
		if _, err := issuer.Mint(t.Context(), app(func(r *oidc.TokenRequest) { r.Duration = duration })); err != nil {
			t.Fatal(err)
		}
	}
	if err := issuer.RotateTo(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	token, err := issuer.Mint(t.Context(), app())
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(part(t, token, 0), b.ID()) {
		t.Errorf("the new key does not sign: %s", part(t, token, 0))
	}
	clock.Advance(time.Hour + 299*time.Second)
	if diff := cmp.Diff([]string{b.ID(), a.ID(), spare.ID()}, kids(t, issuer)); diff != "" {
		t.Errorf("while a token of the old key is accepted (-want +got):\n%s", diff)
	}
	clock.Advance(time.Second)
	if diff := cmp.Diff([]string{b.ID(), spare.ID()}, kids(t, issuer)); diff != "" {
		t.Errorf("after the last token of the old key (-want +got):\n%s", diff)
	}
	doc, err := issuer.Discovery(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if want := `"id_token_signing_alg_values_supported":["ES384","ES512"]`; !strings.Contains(string(doc), want) {
		t.Errorf("got %s, want it to have %s", doc, want)
	}
}

func TestRotateGenerates(t *testing.T) {
	t.Parallel()
	issuer := newIssuer(t, oidc.Config{URL: eksURL, Keys: []*oidc.Key{loadKey(t, "p256")}})
	if _, err := issuer.Mint(t.Context(), app()); err != nil {
		t.Fatal(err)
	}
	if err := issuer.Rotate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if ids := kids(t, issuer); len(ids) != 2 || ids[1] != loadKey(t, "p256").ID() {
		t.Errorf("got keys %v, want a new one and the old one", ids)
	}
	if err := issuer.RotateDroppingOld(t.Context()); err != nil {
		t.Fatal(err)
	}
	if ids := kids(t, issuer); len(ids) != 1 || ids[0] == loadKey(t, "p256").ID() {
		t.Errorf("got keys %v, want one new one", ids)
	}
	if err := issuer.RotateTo(t.Context(), nil); err == nil {
		t.Error("a nil key is accepted")
	}
	keys, err := issuer.Keys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := issuer.RotateTo(t.Context(), keys[0]); err == nil {
		t.Error("a published key is accepted")
	}
}

// Tokens of an earlier run are waited for as well; without any, the old key goes
// once the tolerance has passed.
func TestRotateOutstanding(t *testing.T) {
	t.Parallel()
	for outstanding, last := range map[time.Duration]time.Duration{0: 299 * time.Second, time.Hour: time.Hour + 299*time.Second} {
		clock := newClock()
		issuer := newIssuer(t, oidc.Config{URL: eksURL, Keys: []*oidc.Key{loadKey(t, "p256")}, Outstanding: outstanding, Now: clock.Now})
		if err := issuer.RotateTo(t.Context(), loadKey(t, "p384")); err != nil {
			t.Fatal(err)
		}
		clock.Advance(last)
		if got := len(kids(t, issuer)); got != 2 {
			t.Errorf("outstanding %s: got %d keys after %s, want 2", outstanding, got, last)
		}
		clock.Advance(time.Second)
		if got := len(kids(t, issuer)); got != 1 {
			t.Errorf("outstanding %s: got %d keys a second later, want 1", outstanding, got)
		}
	}
}
