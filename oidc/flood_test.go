package oidc_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/irsatz/irsatz/oidc"
)

// TestFlood: whoever sends tokens that do not verify, has an issuer asked a few
// times only, whatever it answers, and keeps nobody from being verified.
func TestFlood(t *testing.T) {
	t.Parallel()
	good, other := loadKey(t, "p256"), loadKey(t, "p384")
	fails := func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "down", http.StatusServiceUnavailable) }
	for name, c := range map[string]struct {
		cacheControl string
		ttl          time.Duration
		handler      http.HandlerFunc
		token        func(*idp) string
		reason       oidc.Reason
	}{
		"another's key":   {"no-cache", 0, nil, func(p *idp) string { return sign(t, other, p.claims(nil), nil) }, oidc.KeyUnavailable},
		"bad signature":   {"no-cache", 0, nil, func(p *idp) string { return spoilt(sign(t, good, p.claims(nil), nil)) }, oidc.BadSignature},
		"fetching always": {"max-age=3600", -1, nil, func(p *idp) string { return spoilt(sign(t, good, p.claims(nil), nil)) }, oidc.BadSignature},
		"unknown kid":     {"", 0, nil, func(p *idp) string { return sign(t, good, p.claims(nil), map[string]any{"kid": "x"}) }, oidc.KeyUnavailable},
		"failing issuer":  {"max-age=3600", 0, fails, func(p *idp) string { return sign(t, good, p.claims(nil), nil) }, oidc.KeyUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newIDP(t)
			p.publish(t, jwk(t, good, nil))
			var asked atomic.Int64 // for discovery
			p.set(func(q *idp) {
				q.cacheControl = c.cacheControl
				q.handler = func(w http.ResponseWriter, r *http.Request) {
					if strings.HasSuffix(r.URL.Path, "openid-configuration") {
						asked.Add(1)
					}
					if c.handler != nil {
						c.handler(w, r)
						return
					}
					p.answer(w, r)
				}
			})
			v := p.verifier(func(config *oidc.VerifierConfig) { config.KeyTTL = c.ttl })
			flood := func(want int64) {
				t.Helper()
				before := asked.Load()
				for range 100 {
					_, err := judge(t, v, c.token(p), p.provider())
					if reason(t, err) != c.reason {
						t.Fatalf("got %v, want %v", err, c.reason)
					}
				}
				if got := asked.Load() - before; got != want {
					t.Errorf("asked %d times, want %d", got, want)
				}
			}
			flood(10)
			_, err := judge(t, v, c.token(p), p.provider())
			if rejected := rejection(t, err); c.reason == oidc.KeyUnavailable && !strings.Contains(rejected.Error(), "asked too often") {
				t.Errorf("refused with %v", rejected)
			}
			p.clock.Advance(3 * time.Second)
			flood(3)
			if c.handler != nil {
				p.set(func(q *idp) { q.handler = nil })
				p.clock.Advance(time.Second)
			}
			// Its own owner is served in the flood, by what came last.
			for range 20 {
				if _, err := judge(t, v, sign(t, good, p.claims(nil), nil), p.provider()); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// spoilt is the token with another signature.
func spoilt(token string) string {
	at := strings.LastIndexByte(token, '.') + 1
	if token[at] == 'A' {
		return token[:at] + "B" + token[at+1:]
	}
	return token[:at] + "A" + token[at+1:]
}

// TestGoodTokensAreNotBounded: an issuer whose keys nobody may keep is asked for
// every token that verifies.
func TestGoodTokensAreNotBounded(t *testing.T) {
	t.Parallel()
	key := loadKey(t, "p256")
	p := newIDP(t)
	p.publish(t, jwk(t, key, nil))
	v := p.verifier()
	for range 50 {
		if _, err := judge(t, v, sign(t, key, p.claims(nil), nil), p.provider()); err != nil {
			t.Fatal(err)
		}
	}
	if got := p.hits.Load(); got != 50 {
		t.Errorf("asked %d times", got)
	}
}

// TestIdleIssuers: issuers that nobody asks for any more are forgotten, and no
// others.
func TestIdleIssuers(t *testing.T) {
	t.Parallel()
	key := loadKey(t, "p256")
	clock := newClock()
	at := func(host string) *idp {
		p := &idp{Server: &httptest.Server{URL: "https://" + host}, clock: clock}
		p.publish(t, jwk(t, key, nil))
		return p
	}
	v := oidc.NewVerifier(oidc.VerifierConfig{Now: clock.Now, Transport: roundTripper(func(r *http.Request) string {
		p := at(r.URL.Host)
		if r.URL.Path == "/keys" {
			return p.jwks
		}
		return p.document()
	})})
	ask := func(n int) {
		t.Helper()
		p := at(fmt.Sprintf("%d.example.com", n))
		if _, err := judge(t, v, sign(t, key, p.claims(nil), nil), p.provider()); err != nil {
			t.Fatal(err)
		}
	}
	for n := range 10 {
		ask(n)
	}
	clock.Advance(59 * time.Minute)
	ask(3)
	clock.Advance(time.Minute)
	if got := v.Sources(); got != 10 {
		t.Errorf("%d issuers before the next one comes", got)
	}
	ask(10)
	if got := v.Sources(); got != 2 {
		t.Errorf("%d issuers are known, want the two that are in use", got)
	}
}
