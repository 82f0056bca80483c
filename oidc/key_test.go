package oidc_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"os"
	"testing"

	"github.com/irsatz/irsatz/oidc"
)

func TestKeyAlgorithms(t *testing.T) {
	t.Parallel()
	for name, alg := range map[string]string{
		"rsa1024": "RS256", "rsa2048-a": "RS256", "rsa4096": "RS256",
		"p256": "ES256", "p384": "ES384", "p521": "ES512",
	} {
		t.Run("T03 "+name, func(t *testing.T) {
			t.Parallel()
			key := loadKey(t, name)
			if key.Algorithm() != alg {
				t.Errorf("got algorithm %s, want %s", key.Algorithm(), alg)
			}
			text, err := key.PEM()
			if err != nil {
				t.Fatal(err)
			}
			if again := oidc.MustParseKey(text); again.ID() != key.ID() {
				t.Errorf("after a round trip through PEM the id is %s, want %s", again.ID(), key.ID())
			}
			der, err := x509.MarshalPKIXPublicKey(privateKey(t, key).Public())
			if err != nil {
				t.Fatal(err)
			}
			sum := sha256.Sum256(der)
			if want := base64.RawURLEncoding.EncodeToString(sum[:]); key.ID() != want || len(want) != 43 {
				t.Errorf("got id %s, want %s", key.ID(), want)
			}
		})
	}
}

// T02: the kid can be computed again from what the JWKS says.
func TestKeyIDFromJWKS(t *testing.T) {
	t.Parallel()
	issuer := newIssuer(t, oidc.Config{URL: "https://idp.example.com", Keys: []*oidc.Key{loadKey(t, "rsa2048-a")}})
	text, err := issuer.JWKS(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var set struct {
		Keys []struct{ KID, N, E string }
	}
	if err := json.Unmarshal(text, &set); err != nil {
		t.Fatal(err)
	}
	number := func(s string) *big.Int {
		b, err := base64.RawURLEncoding.DecodeString(s)
		if err != nil {
			t.Fatal(err)
		}
		return new(big.Int).SetBytes(b)
	}
	der, err := x509.MarshalPKIXPublicKey(&rsa.PublicKey{N: number(set.Keys[0].N), E: int(number(set.Keys[0].E).Int64())})
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(der)
	if want := base64.RawURLEncoding.EncodeToString(sum[:]); set.Keys[0].KID != want {
		t.Errorf("got kid %s, want %s", set.Keys[0].KID, want)
	}
}

func TestParseKeyRefuses(t *testing.T) {
	t.Parallel()
	small, err := os.ReadFile("testdata/rsa512.pem")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{
		"nothing":     nil,
		"no PEM":      []byte("key"),
		"public key":  loadKey(t, "p256").PublicPEM(),
		"garbage":     []byte("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"),
		"512 bit RSA": small,
	} {
		if key, err := oidc.ParseKey(text); err == nil {
			t.Errorf("%s: got key %s, want an error", name, key.ID())
		}
	}
}

func TestGenerateKey(t *testing.T) {
	t.Parallel()
	for kind, bits := range map[oidc.KeyKind]int{oidc.RSA2048: 2048, oidc.P256: 256, oidc.P384: 384, oidc.P521: 521} {
		key, err := oidc.GenerateKey(kind)
		if err != nil {
			t.Fatal(err)
		}
		var got int
		switch private := privateKey(t, key).(type) {
		case *rsa.PrivateKey:
			got = private.N.BitLen()
		case *ecdsa.PrivateKey:
			got = private.Curve.Params().BitSize
		}
		if got != bits {
			t.Errorf("kind %d: got %d bits, want %d", kind, got, bits)
		}
		if bytes.Contains(key.PublicPEM(), []byte("PRIVATE")) {
			t.Errorf("kind %d: the public PEM is private", kind)
		}
	}
	if _, err := oidc.GenerateKey(99); err == nil {
		t.Error("an unknown kind gave a key")
	}
}
