package oidc_test

import (
	"errors"
	"testing"

	"github.com/irsatz/irsatz/oidc"
)

// Each fault is refused for its own reason; the same request without it is good.
func TestMintBroken(t *testing.T) {
	t.Parallel()
	want := map[string]oidc.Reason{
		"expired": oidc.Expired, "not-yet-valid": oidc.NotYetValid, "issued-in-future": oidc.IssuedInFuture,
		"fractional-exp": oidc.InvalidTimestamp, "text-iat": oidc.InvalidTimestamp,
		"wrong-audience": oidc.WrongAudience, "multi-audience": oidc.MultipleAudiences, "wrong-azp": oidc.WrongAudience,
		"empty-aud": oidc.EmptyClaim, "wrong-issuer": oidc.WrongIssuer, "issuer-slash": oidc.WrongIssuer,
		"no-iss": oidc.MissingClaim, "no-sub": oidc.MissingClaim, "null-sub": oidc.NullSubject, "no-aud": oidc.MissingClaim,
		"no-iat": oidc.MissingClaim, "no-exp": oidc.MissingClaim, "huge": oidc.NotJWT, "unknown-kid": oidc.KeyUnavailable,
		"bad-signature": oidc.BadSignature, "tampered-payload": oidc.BadSignature, "foreign-key": oidc.BadSignature,
		"alg-none": oidc.UnsupportedAlgorithm, "hmac": oidc.UnsupportedAlgorithm, "crit-header": oidc.CriticalHeader,
		"not-a-jwt": oidc.NotJWT,
	}
	if len(oidc.BrokenKinds()) != len(want) {
		t.Errorf("there are %d kinds, and %d are tested", len(oidc.BrokenKinds()), len(want))
	}
	for _, keyName := range []string{"p256", "rsa2048-a"} {
		p := newIDP(t)
		issuer := newIssuer(t, oidc.Config{URL: p.URL, Keys: []*oidc.Key{loadKey(t, keyName)}, Now: p.clock.Now})
		p.set(func(p *idp) { p.handler = issuer.ServeHTTP })
		v := p.verifier()
		request := app(func(r *oidc.TokenRequest) { r.Claims = map[string]any{"azp": sts} })
		plain := app(func(r *oidc.TokenRequest) { r.Claims = map[string]any{"aud": sts} })
		requests := []oidc.TokenRequest{app(), request, plain}
		for _, r := range requests {
			token, err := issuer.Mint(t.Context(), r)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := judge(t, v, token, p.provider()); err != nil {
				t.Errorf("%s: the token without a fault is refused: %v", keyName, err)
			}
		}
		for _, kind := range oidc.BrokenKinds() {
			t.Run(keyName+" "+kind.Name, func(t *testing.T) {
				if kind.Description == "" {
					t.Error("no description")
				}
				for _, r := range requests {
					token, err := issuer.MintBroken(t.Context(), kind.Name, r)
					if err != nil {
						t.Fatal(err)
					}
					_, err = judge(t, v, token, p.provider())
					if got := reason(t, err); got != want[kind.Name] {
						t.Errorf("got %v, want %v", err, want[kind.Name])
					}
					if kind.Name == "huge" && len(token) <= oidc.MaxTokenLength {
						t.Errorf("huge is only %d characters long", len(token))
					}
				}
			})
		}
		if _, err := issuer.MintBroken(t.Context(), "sideways", app()); !errors.Is(err, oidc.ErrUnknownBrokenKind) {
			t.Errorf("got %v, want ErrUnknownBrokenKind", err)
		}
	}
}
