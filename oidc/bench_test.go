package oidc_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"testing"

	"github.com/irsatz/irsatz/oidc"
)

// BenchmarkVerify is what a token costs once its issuer's keys are there;
// BenchmarkRSA is the part of it that no design can save.
func BenchmarkVerify(b *testing.B) {
	for _, name := range []string{"rsa2048-a", "p256"} {
		b.Run(name, func(b *testing.B) {
			p := newIDP(b)
			p.publish(b, jwk(b, loadKey(b, name), nil))
			p.set(func(p *idp) { p.cacheControl = "max-age=3600" })
			v, provider := p.verifier(), p.provider()
			raw := sign(b, loadKey(b, name), p.claims(nil), nil)
			b.ReportAllocs()
			for b.Loop() {
				token, err := oidc.ParseToken(raw)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := v.Verify(b.Context(), token, provider); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkRSA(b *testing.B) {
	private := privateKey(b, loadKey(b, "rsa2048-a")).(*rsa.PrivateKey)
	sum := sha256.Sum256([]byte("x"))
	signature, err := rsa.SignPKCS1v15(nil, private, crypto.SHA256, sum[:])
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := rsa.VerifyPKCS1v15(&private.PublicKey, crypto.SHA256, sum[:], signature); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseToken(b *testing.B) {
	p := newIDP(b)
	raw := sign(b, loadKey(b, "rsa2048-a"), p.claims(nil), nil)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := oidc.ParseToken(raw); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMint(b *testing.B) {
	issuer := newIssuer(b, oidc.Config{URL: eksURL, Keys: []*oidc.Key{loadKey(b, "rsa2048-a")}})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := issuer.Mint(b.Context(), app()); err != nil {
			b.Fatal(err)
		}
	}
}
