package fakests_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/irsatz/irsatz/oidc"
)

// BenchmarkAssumeRoleWithWebIdentity is a whole request through the handler,
// with the issuer's keys at hand.
func BenchmarkAssumeRoleWithWebIdentity(b *testing.B) {
	w := newWorld(b)
	body := form(w.mint(nil)).Encode()
	w.wantSession(w.do(posted(body)))
	r, reader := posted(""), strings.NewReader("")
	b.ReportAllocs()
	for b.Loop() {
		reader.Reset(body)
		r.ContentLength = int64(len(body))
		r.Body = readCloser{reader}
		answer := httptest.NewRecorder()
		if w.sts.ServeHTTP(answer, r); answer.Code != http.StatusOK {
			b.Fatal(answer.Body)
		}
	}
}

type readCloser struct{ *strings.Reader }

func (readCloser) Close() error { return nil }

// BenchmarkGetCallerIdentity is a signed request of a session.
func BenchmarkGetCallerIdentity(b *testing.B) {
	w := newWorld(b)
	r, reader := w.signed(w.credentials(), identityBody), strings.NewReader("")
	b.ReportAllocs()
	for b.Loop() {
		reader.Reset(identityBody)
		r.Body = readCloser{reader}
		answer := httptest.NewRecorder()
		if w.sts.ServeHTTP(answer, r); answer.Code != http.StatusOK {
			b.Fatal(answer.Body)
		}
	}
}

// BenchmarkVerifyToken is the part of it that is the verifier's.
func BenchmarkVerifyToken(b *testing.B) {
	w := newWorld(b)
	verifier := oidc.NewVerifier(oidc.VerifierConfig{Transport: w.transport(), Now: w.now})
	raw := w.mint(nil)
	b.ReportAllocs()
	for b.Loop() {
		token, err := oidc.ParseToken(raw)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := verifier.Verify(b.Context(), token, oidc.Provider{URL: host, ClientIDs: []string{audience}}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkVerifyRS256 is the bare signature: what no STS can do without.
func BenchmarkVerifyRS256(b *testing.B) {
	w := newWorld(b)
	digest := sha256.Sum256([]byte("payload"))
	signature := w.signature("rsa2048", crypto.SHA256, digest[:])
	public := w.private("rsa2048").Public().(*rsa.PublicKey)
	for b.Loop() {
		if err := rsa.VerifyPKCS1v15(public, crypto.SHA256, digest[:], signature); err != nil {
			b.Fatal(err)
		}
	}
}
