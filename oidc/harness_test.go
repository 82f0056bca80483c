package oidc_test

import (
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/irsatz/irsatz/oidc"
)

// start is when the tests' clocks begin.
const start = 1795348132

const sts = "sts.amazonaws.com"

// testClock stands still until told otherwise.
type testClock struct{ seconds atomic.Int64 }

func newClock() *testClock {
	c := &testClock{}
	c.seconds.Store(start)
	return c
}

func (c *testClock) Now() time.Time          { return time.Unix(c.seconds.Load(), 0) }
func (c *testClock) Advance(d time.Duration) { c.seconds.Add(int64(d / time.Second)) }

func loadKey(t testing.TB, name string) *oidc.Key {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name+".pem"))
	if err != nil {
		t.Fatal(err)
	}
	key, err := oidc.ParseKey(text)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// privateKey returns the key that an oidc.Key keeps to itself.
func privateKey(t testing.TB, key *oidc.Key) crypto.Signer {
	t.Helper()
	text, err := key.PEM()
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	private, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return private.(crypto.Signer)
}

// idp is an issuer on loopback whose answers a test can change.
type idp struct {
	*httptest.Server
	clock *testClock
	hits  atomic.Int64 // requests for keys

	mu           sync.Mutex
	discovery    string // replaces the document
	jwks         string
	cacheControl string
	handler      http.HandlerFunc // replaces everything
}

func newIDP(t testing.TB) *idp {
	p := &idp{clock: newClock(), cacheControl: "no-cache"}
	p.Server = httptest.NewTLSServer(http.HandlerFunc(p.serve))
	p.Server.Config.ErrorLog = nil
	t.Cleanup(p.Close)
	return p
}

func (p *idp) serve(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	handler := p.handler
	p.mu.Unlock()
	if r.URL.Path == "/keys" {
		p.hits.Add(1)
	}
	if handler == nil {
		handler = p.answer
	}
	handler(w, r)
}

// answer serves the documents.
func (p *idp) answer(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	discovery, jwks, cacheControl := p.discovery, p.jwks, p.cacheControl
	p.mu.Unlock()
	if discovery == "" {
		discovery = p.document()
	}
	w.Header().Set("Cache-Control", cacheControl)
	switch r.URL.Path {
	case "/.well-known/openid-configuration":
		_, _ = w.Write([]byte(discovery))
	case "/keys":
		_, _ = w.Write([]byte(jwks))
	default:
		http.NotFound(w, r)
	}
}

// document is a discovery document that STS takes.
func (p *idp) document() string {
	return `{"issuer":"` + p.URL + `","jwks_uri":"` + p.URL + `/keys","response_types_supported":["id_token"],` +
		`"subject_types_supported":["public"],"id_token_signing_alg_values_supported":["RS256"]}`
}

func (p *idp) set(change func(*idp)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change(p)
}

// publish makes a JWKS of entries.
func (p *idp) publish(t testing.TB, entries ...map[string]any) {
	t.Helper()
	if entries == nil {
		entries = []map[string]any{}
	}
	text, err := json.Marshal(map[string]any{"keys": entries})
	if err != nil {
		t.Fatal(err)
	}
	p.set(func(p *idp) { p.jwks = string(text) })
}

func (p *idp) verifier(changes ...func(*oidc.VerifierConfig)) *oidc.Verifier {
	config := oidc.VerifierConfig{Transport: p.Client().Transport, Now: p.clock.Now}
	for _, change := range changes {
		change(&config)
	}
	return oidc.NewVerifier(config)
}

func (p *idp) provider() oidc.Provider { return oidc.Provider{URL: p.URL, ClientIDs: []string{sts}} }

// claims returns good claims with changes; a change to absent deletes.
func (p *idp) claims(changes map[string]any) map[string]any {
	now := p.clock.Now().Unix()
	claims := map[string]any{
		"iss": p.URL, "sub": "system:serviceaccount:irsa:app", "aud": []string{sts},
		"iat": now, "nbf": now, "exp": now + 3600, "jti": "6584065c-efb6-4518-9043-9789565c5263",
	}
	maps.Copy(claims, changes)
	maps.DeleteFunc(claims, func(_ string, v any) bool { return v == absent{} })
	return claims
}

type absent struct{}

// jwk returns the key's JWKS entry with changes, as claims does.
func jwk(t testing.TB, key *oidc.Key, changes map[string]any) map[string]any {
	t.Helper()
	text, err := json.Marshal(jose.JSONWebKey{Key: privateKey(t, key).Public(), KeyID: key.ID(), Use: "sig", Algorithm: key.Algorithm()})
	if err != nil {
		t.Fatal(err)
	}
	var entry map[string]any
	if err := json.Unmarshal(text, &entry); err != nil {
		t.Fatal(err)
	}
	maps.Copy(entry, changes)
	maps.DeleteFunc(entry, func(_ string, v any) bool { return v == absent{} })
	return entry
}

// sign signs claims (a value to marshal, or the payload itself) under the key's
// own kid and algorithm unless header says otherwise.
func sign(t testing.TB, key *oidc.Key, claims any, header map[string]any) string {
	t.Helper()
	payload, ok := claims.([]byte)
	if !ok {
		var err error
		if payload, err = json.Marshal(claims); err != nil {
			t.Fatal(err)
		}
	}
	alg := jose.SignatureAlgorithm(key.Algorithm())
	options := &jose.SignerOptions{}
	if _, ok := header["kid"]; !ok {
		options.WithHeader("kid", key.ID())
	}
	for name, value := range header {
		switch {
		case name == "alg":
			alg = jose.SignatureAlgorithm(value.(string))
		case value != absent{}:
			options.WithHeader(jose.HeaderKey(name), value)
		}
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: privateKey(t, key)}, options)
	if err != nil {
		t.Fatal(err)
	}
	jws, err := signer.Sign(payload)
	if err != nil {
		t.Fatal(err)
	}
	text, err := jws.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// judge parses and verifies.
func judge(t testing.TB, v *oidc.Verifier, raw string, provider oidc.Provider) (*oidc.Claims, error) {
	t.Helper()
	token, err := oidc.ParseToken(raw)
	if err != nil {
		return nil, err
	}
	return v.Verify(t.Context(), token, provider)
}

// reason returns why err refuses, 0 for nil.
func reason(t testing.TB, err error) oidc.Reason {
	t.Helper()
	if err == nil {
		return 0
	}
	return rejection(t, err).Reason
}

func rejection(t testing.TB, err error) *oidc.RejectedError {
	t.Helper()
	rejected, ok := errors.AsType[*oidc.RejectedError](err)
	if !ok {
		t.Fatalf("got error %v, want a RejectedError", err)
	}
	return rejected
}

func newIssuer(t testing.TB, config oidc.Config) *oidc.Issuer {
	t.Helper()
	issuer, err := oidc.NewIssuer(config)
	if err != nil {
		t.Fatal(err)
	}
	return issuer
}

// part returns a decoded part of a compact JWS.
func part(t testing.TB, token string, n int) string {
	t.Helper()
	text, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[n])
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// chain returns x5c with a certificate of the key's.
func chain(t testing.TB, key *oidc.Key) []string {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1)}
	private := privateKey(t, key)
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	return []string{base64.StdEncoding.EncodeToString(der)}
}
