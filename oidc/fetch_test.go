package oidc_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/irsatz/irsatz/oidc"
)

// A56: what a discovery document must say.
func TestFetchDiscovery(t *testing.T) {
	t.Parallel()
	key := loadKey(t, "p256")
	drop := func(member string) func(string) string {
		return func(s string) string { return strings.Replace(s, `"`+member+`"`, `"x_`+member+`"`, 1) }
	}
	replace := func(from, to string) func(string) string {
		return func(s string) string { return strings.Replace(s, from, to, 1) }
	}
	for name, test := range map[string]struct {
		change func(string) string
		want   oidc.Reason
	}{
		"good":                        {func(s string) string { return s }, 0},
		"no issuer":                   {drop("issuer"), oidc.KeyUnavailable},
		"no jwks_uri":                 {drop("jwks_uri"), oidc.KeyUnavailable},
		"no response types":           {drop("response_types_supported"), oidc.KeyUnavailable},
		"no subject types":            {drop("subject_types_supported"), oidc.KeyUnavailable},
		"no algorithms":               {drop("id_token_signing_alg_values_supported"), oidc.KeyUnavailable},
		"response types a string":     {replace(`["id_token"]`, `"id_token"`), oidc.KeyUnavailable},
		"subject types null":          {replace(`["public"]`, `null`), oidc.KeyUnavailable},
		"algorithms empty":            {replace(`["RS256"]`, `[]`), oidc.KeyUnavailable},
		"issuer with a slash":         {replace(`","jwks_uri`, `/","jwks_uri`), oidc.KeyUnavailable},
		"issuer of another":           {replace(`"issuer":"https://`, `"issuer":"https://x.`), oidc.KeyUnavailable},
		"jwks_uri is http":            {replace(`"jwks_uri":"https`, `"jwks_uri":"http`), oidc.KeyUnavailable},
		"jwks_uri has a user":         {replace(`"jwks_uri":"https://`, `"jwks_uri":"https://u:p@`), oidc.KeyUnavailable},
		"jwks_uri is a file":          {replace(`"jwks_uri":"https://`, `"jwks_uri":"file:///`), oidc.KeyUnavailable},
		"jwks_uri is a path":          {func(string) string { return `{"jwks_uri":"/keys"}` }, oidc.KeyUnavailable},
		"jwks_uri leads nowhere":      {replace(`/keys"`, `/nowhere"`), oidc.KeyUnavailable},
		"a page":                      {func(string) string { return "<html>" }, oidc.KeyUnavailable},
		"null":                        {func(string) string { return "null" }, oidc.KeyUnavailable},
		"issuer again, the right one": {replace(`{"issuer"`, `{"issuer":"https://x.example.com","issuer"`), 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newIDP(t)
			p.publish(t, jwk(t, key, nil))
			p.set(func(p *idp) { p.discovery = test.change(p.document()) })
			_, err := judge(t, p.verifier(), sign(t, key, p.claims(nil), nil), p.provider())
			if got := reason(t, err); got != test.want {
				t.Fatalf("got %v, want %v", err, test.want)
			}
			if err == nil {
				return
			}
			if rejected := rejection(t, err); rejected.URL == "" || rejected.TokenKID != key.ID() || rejected.Err == nil {
				t.Errorf("got no detail: %+v", rejected)
			}
		})
	}
}

func TestFetchBounds(t *testing.T) {
	t.Parallel()
	key := loadKey(t, "p256")
	released := make(chan struct{})
	t.Cleanup(func() { close(released) })
	for name, test := range map[string]struct {
		handler func(p *idp) http.HandlerFunc
		status  int
		detail  string
	}{
		"redirect": {func(p *idp) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/moved" {
					_, _ = w.Write([]byte(p.document()))
					return
				}
				http.Redirect(w, r, "/moved", http.StatusFound)
			}
		}, 302, "not 200"},
		"status 500": {func(*idp) http.HandlerFunc {
			return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }
		}, 500, "not 200"},
		"status 203, good document": {func(p *idp) http.HandlerFunc {
			return func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(203)
				_, _ = w.Write([]byte(p.document()))
			}
		}, 203, "not 200"},
		"huge": {func(p *idp) http.HandlerFunc {
			return func(w http.ResponseWriter, _ *http.Request) {
				_, _ = w.Write([]byte(p.document() + strings.Repeat(" ", 1<<20)))
			}
		}, 200, "longer than 1048576 bytes"},
		"slow head": {func(*idp) http.HandlerFunc {
			return func(_ http.ResponseWriter, r *http.Request) { wait(r, released) }
		}, 0, context.DeadlineExceeded.Error()},
		"slow body": {func(*idp) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				_, _ = w.Write([]byte("{"))
				w.(http.Flusher).Flush()
				wait(r, released)
			}
		}, 200, context.DeadlineExceeded.Error()},
		"hangs up": {func(*idp) http.HandlerFunc {
			return func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
		}, 0, "EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newIDP(t)
			p.set(func(q *idp) { q.handler = test.handler(p) })
			v := p.verifier(func(c *oidc.VerifierConfig) { c.FetchTimeout = 2 * time.Second })
			if strings.HasPrefix(name, "slow") {
				v = p.verifier(func(c *oidc.VerifierConfig) { c.FetchTimeout = time.Second })
			}
			_, err := judge(t, v, sign(t, key, p.claims(nil), nil), p.provider())
			rejected := rejection(t, err)
			if rejected.Reason != oidc.KeyUnavailable || rejected.Status != test.status || !strings.Contains(rejected.Error(), test.detail) {
				t.Errorf("got %v, want status %d and %q", rejected, test.status, test.detail)
			}
			if slow := strings.HasPrefix(name, "slow"); errors.Is(err, context.DeadlineExceeded) != slow {
				t.Errorf("%v is a deadline that was missed: %t, want %t", err, !slow, slow)
			}
		})
	}
}

func wait(r *http.Request, released <-chan struct{}) {
	select {
	case <-r.Context().Done():
	case <-released:
	}
}

// A60: nothing is fetched over http, even for a registered issuer whose answers
// would be good.
func TestFetchRefusesHTTP(t *testing.T) {
	t.Parallel()
	key := loadKey(t, "p256")
	for issuer, jwksURI := range map[string]string{
		"http://idp.example.com":  "https://idp.example.com/keys",
		"https://idp.example.com": "http://idp.example.com/keys",
	} {
		p := &idp{Server: &httptest.Server{URL: issuer}, clock: newClock()}
		p.publish(t, jwk(t, key, nil))
		v := oidc.NewVerifier(oidc.VerifierConfig{Now: p.clock.Now, Transport: roundTripper(func(r *http.Request) string {
			if r.URL.Scheme != "https" {
				t.Errorf("%s was fetched", r.URL)
			}
			if r.URL.Path == "/keys" {
				return p.jwks
			}
			return strings.Replace(p.document(), issuer+"/keys", jwksURI, 1)
		})})
		_, err := judge(t, v, sign(t, key, p.claims(nil), nil), p.provider())
		if got := reason(t, err); got != oidc.KeyUnavailable {
			t.Errorf("%s with keys at %s: got %v", issuer, jwksURI, err)
		}
	}
}

// An unknown CA is refused: the zero config trusts the system's only.
func TestFetchChecksCertificates(t *testing.T) {
	t.Parallel()
	key := loadKey(t, "p256")
	p := newIDP(t)
	p.publish(t, jwk(t, key, nil))
	v := oidc.NewVerifier(oidc.VerifierConfig{Now: p.clock.Now})
	_, err := judge(t, v, sign(t, key, p.claims(nil), nil), p.provider())
	if rejected := rejection(t, err); rejected.Reason != oidc.WrongThumbprint {
		t.Errorf("got %v", rejected)
	}
}

// How often keys are fetched for ten tokens, a second apart.
func TestKeysServe(t *testing.T) {
	t.Parallel()
	key := loadKey(t, "p256")
	for name, test := range map[string]struct {
		cacheControl string
		ttl          time.Duration
		want         int64
	}{
		"already old":          {"max-age=3600; Age=3595", 0, 2},
		"discovery not reused": {"max-age=3600; discovery", 0, 10},
		"max-age":              {"public, max-age=3600", 0, 1},
		"max-age of 5 seconds": {"max-age=5", 0, 2},
		"quoted":               {`Max-Age="3600"`, 0, 1},
		"max-age of zero":      {"max-age=0", 0, 10},
		"max-age is nonsense":  {"max-age=soon", 0, 10},
		"no-cache":             {"no-cache", 0, 10},
		"no-store beside it":   {"max-age=3600, no-store", 0, 10},
		"nothing":              {"", 0, 10},
		"told otherwise":       {"no-cache", time.Minute, 1},
		"told never":           {"max-age=3600", -1, 10},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newIDP(t)
			p.publish(t, jwk(t, key, nil))
			cacheControl, special, _ := strings.Cut(test.cacheControl, "; ")
			p.set(func(q *idp) {
				q.cacheControl = cacheControl
				if special == "" {
					return
				}
				jwks := q.jwks
				q.handler = func(w http.ResponseWriter, r *http.Request) {
					if age, ok := strings.CutPrefix(special, "Age="); ok {
						w.Header().Set("Age", age)
					}
					if r.URL.Path == "/keys" {
						w.Header().Set("Cache-Control", cacheControl)
						_, _ = w.Write([]byte(jwks))
						return
					}
					if special != "discovery" {
						w.Header().Set("Cache-Control", cacheControl)
					}
					_, _ = w.Write([]byte(p.document()))
				}
			})
			v := p.verifier(func(c *oidc.VerifierConfig) { c.KeyTTL = test.ttl })
			token := sign(t, key, p.claims(nil), nil)
			for range 10 {
				if _, err := judge(t, v, token, p.provider()); err != nil {
					t.Fatal(err)
				}
				p.clock.Advance(time.Second)
			}
			if got := p.hits.Load(); got != test.want {
				t.Errorf("got %d fetches, want %d", got, test.want)
			}
		})
	}
}

// The longest reuse is an hour, and a clock set back ends it.
func TestKeysServeAtMostAnHour(t *testing.T) {
	t.Parallel()
	key := loadKey(t, "p256")
	p := newIDP(t)
	p.publish(t, jwk(t, key, nil))
	p.set(func(p *idp) { p.cacheControl = "max-age=31536000" })
	v := p.verifier()
	token := sign(t, key, p.claims(map[string]any{"exp": start + 9*3600}), nil)
	for n, step := range []struct {
		advance time.Duration
		want    int64
	}{{0, 1}, {3599 * time.Second, 1}, {time.Second, 2}, {-time.Minute, 3}} {
		p.clock.Advance(step.advance)
		if _, err := judge(t, v, token, p.provider()); err != nil {
			t.Fatal(err)
		}
		if got := p.hits.Load(); got != step.want {
			t.Errorf("step %d: got %d fetches, want %d", n, got, step.want)
		}
	}
}

// A58 and 3.7: a rotation takes effect with the next token, in both directions
// where the issuer forbids reuse, and for new keys in any case.
func TestVerifyFollowsRotation(t *testing.T) {
	t.Parallel()
	a, b := loadKey(t, "p256"), loadKey(t, "p384")
	for cacheControl, wantOld := range map[string]oidc.Reason{"no-cache": oidc.KeyUnavailable, "max-age=3600": 0} {
		p := newIDP(t)
		p.set(func(p *idp) { p.cacheControl = cacheControl })
		v := p.verifier()
		tokenA, tokenB := sign(t, a, p.claims(nil), nil), sign(t, b, p.claims(nil), nil)
		p.publish(t, jwk(t, a, nil))
		if _, err := judge(t, v, tokenA, p.provider()); err != nil {
			t.Fatal(err)
		}
		p.publish(t, jwk(t, b, nil))
		if _, err := judge(t, v, tokenB, p.provider()); err != nil {
			t.Errorf("%s: new key: %v", cacheControl, err)
		}
		p.publish(t, jwk(t, a, nil), jwk(t, b, nil))
		if _, err := judge(t, v, tokenA, p.provider()); err != nil {
			t.Errorf("%s: key that came back: %v", cacheControl, err)
		}
		p.publish(t, jwk(t, b, nil))
		if _, err := judge(t, v, tokenA, p.provider()); reason(t, err) != wantOld {
			t.Errorf("%s: removed key: got %v, want %v", cacheControl, err, wantOld)
		}
		v.Forget(p.URL)
		if _, err := judge(t, v, tokenA, p.provider()); reason(t, err) != oidc.KeyUnavailable {
			t.Errorf("%s: removed key, keys forgotten: got %v", cacheControl, err)
		}
	}
}

// A flood of unknown kids reaches the issuer a few times only. The allowance
// comes back with time, and rotations do not use it up.
func TestUnknownKIDFlood(t *testing.T) {
	t.Parallel()
	a, b := loadKey(t, "p256"), loadKey(t, "p384")
	p := newIDP(t)
	p.set(func(p *idp) { p.cacheControl = "max-age=3600" })
	v := p.verifier()
	good := sign(t, a, p.claims(nil), nil)
	unknown := sign(t, a, p.claims(nil), map[string]any{"kid": "x"})
	verify := func(token string, want oidc.Reason) {
		t.Helper()
		if _, err := judge(t, v, token, p.provider()); reason(t, err) != want {
			t.Fatalf("got %v, want %v", err, want)
		}
	}
	for n := range 30 {
		// Each time only one of the keys is there, so that each lookup is a rotation.
		key, token := a, good
		if n%2 == 1 {
			key, token = b, sign(t, b, p.claims(nil), nil)
		}
		p.publish(t, jwk(t, key, nil))
		verify(token, 0)
	}
	if got := p.hits.Load(); got != 30 {
		t.Errorf("got %d fetches for 30 rotations", got)
	}
	for range 100 {
		verify(unknown, oidc.KeyUnavailable)
	}
	if got := p.hits.Load(); got != 40 {
		t.Errorf("got %d fetches for 100 unknown kids, want 10", got-30)
	}
	p.clock.Advance(3 * time.Second)
	for range 100 {
		verify(unknown, oidc.KeyUnavailable)
	}
	if got := p.hits.Load(); got != 43 {
		t.Errorf("got %d fetches three seconds later, want 3", got-40)
	}
}

// A single outage is not remembered.
func TestFailureIsNotKept(t *testing.T) {
	t.Parallel()
	key := loadKey(t, "p256")
	p := newIDP(t)
	p.set(func(p *idp) { p.cacheControl, p.jwks = "max-age=3600", "{}" })
	v := p.verifier()
	token := sign(t, key, p.claims(nil), nil)
	if _, err := judge(t, v, token, p.provider()); reason(t, err) != oidc.KeyUnavailable {
		t.Errorf("got %v", err)
	}
	p.publish(t, jwk(t, key, nil))
	if _, err := judge(t, v, token, p.provider()); err != nil {
		t.Error(err)
	}
}

// Tokens that come together share a fetch, and one that gives up leaves the
// fetch to the others.
func TestFetchShared(t *testing.T) {
	t.Parallel()
	key := loadKey(t, "p256")
	p := newIDP(t)
	p.publish(t, jwk(t, key, nil))
	arrived, release := make(chan struct{}, 100), make(chan struct{})
	p.set(func(q *idp) {
		q.handler = func(w http.ResponseWriter, r *http.Request) {
			arrived <- struct{}{}
			wait(r, release)
			p.mu.Lock()
			defer p.mu.Unlock()
			w.Header().Set("Cache-Control", "max-age=3600")
			if r.URL.Path == "/keys" {
				_, _ = w.Write([]byte(p.jwks))
				return
			}
			_, _ = w.Write([]byte(p.document()))
		}
	})
	v := p.verifier()
	token, err := oidc.ParseToken(sign(t, key, p.claims(nil), nil))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	gaveUp := make(chan error)
	go func() {
		_, err := v.Verify(ctx, token, p.provider())
		gaveUp <- err
	}()
	<-arrived
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if _, err := v.Verify(t.Context(), token, p.provider()); err != nil {
				t.Error(err)
			}
		})
	}
	cancel()
	err = <-gaveUp
	if _, refused := errors.AsType[*oidc.RejectedError](err); refused || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's error and no rejection", err)
	}
	close(release)
	wg.Wait()
	if got := p.hits.Load(); got != 1 {
		t.Errorf("got %d fetches, want 1", got)
	}
}

// A token that joins a fetch which began before its key was published gets a
// fetch of its own.
func TestFetchJoinedTooEarly(t *testing.T) {
	t.Parallel()
	a, b := loadKey(t, "p256"), loadKey(t, "p384")
	p := &idp{Server: &httptest.Server{URL: "https://idp.example.com"}, clock: newClock()}
	p.publish(t, jwk(t, a, nil))
	old := p.jwks
	p.publish(t, jwk(t, b, nil))
	tokenA, tokenB := sign(t, a, p.claims(nil), nil), sign(t, b, p.claims(nil), nil)
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		keyFetches := 0
		v := oidc.NewVerifier(oidc.VerifierConfig{Now: p.clock.Now, Transport: roundTripper(func(r *http.Request) string {
			if r.URL.Path != "/keys" {
				return p.document()
			}
			if keyFetches++; keyFetches > 1 {
				return p.jwks
			}
			<-release
			return old // what the first one read, before the rotation
		})})
		verify := func(token string) {
			if _, err := judge(t, v, token, p.provider()); err != nil {
				t.Error(err)
			}
		}
		go verify(tokenA)
		synctest.Wait()
		for range 5 {
			go verify(tokenB)
		}
		synctest.Wait()
		close(release)
		synctest.Wait()
		if keyFetches < 2 {
			t.Errorf("got %d fetches, want a second one", keyFetches)
		}
	})
}

// roundTripper answers without a network.
type roundTripper func(*http.Request) string

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader(f(r))), Request: r}, nil
}

// Two issuers side by side: neither's key is good for the other, even under
// the same kid.
func TestTwoIssuers(t *testing.T) {
	t.Parallel()
	p, q := newIDP(t), newIDP(t)
	a, b := loadKey(t, "rsa2048-a"), loadKey(t, "rsa2048-b")
	p.publish(t, jwk(t, a, map[string]any{"kid": "1"}))
	q.publish(t, jwk(t, b, map[string]any{"kid": "1"}))
	v := p.verifier()
	header := map[string]any{"kid": "1"}
	for name, test := range map[string]struct {
		token    string
		provider oidc.Provider
		want     oidc.Reason
	}{
		"first":                      {sign(t, a, p.claims(nil), header), p.provider(), 0},
		"second":                     {sign(t, b, q.claims(nil), header), q.provider(), 0},
		"first, signed by second":    {sign(t, b, p.claims(nil), header), p.provider(), oidc.BadSignature},
		"second, signed by first":    {sign(t, a, q.claims(nil), header), q.provider(), oidc.BadSignature},
		"first, for second":          {sign(t, a, p.claims(nil), header), q.provider(), oidc.WrongIssuer},
		"second's keys, first's iss": {sign(t, b, p.claims(nil), header), q.provider(), oidc.WrongIssuer},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := judge(t, v, test.token, test.provider); reason(t, err) != test.want {
				t.Errorf("got %v, want %v", err, test.want)
			}
		})
	}
}
