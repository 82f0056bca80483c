package oidc

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/go-jose/go-jose/v4"
)

// KeyKind says which kind of signing key to generate.
type KeyKind uint8

// The kinds of signing key a Kubernetes API server accepts.
const (
	RSA2048 KeyKind = iota // what EKS uses, and the default
	RSA3072
	RSA4096
	P256
	P384
	P521
)

// Key is a signing key. It is immutable.
type Key struct {
	private crypto.Signer
	id      string
	kind    KeyKind
	alg     jose.SignatureAlgorithm
	signer  jose.Signer
	jwk     []byte // the public half as it stands in a JWKS
	spki    []byte // the public half as DER PKIX
}

// GenerateKey makes a new key. It takes no randomness: since Go 1.26 key
// generation reads the system's only.
func GenerateKey(kind KeyKind) (*Key, error) {
	var private crypto.Signer
	var err error
	switch kind {
	case RSA2048:
		private, err = rsa.GenerateKey(rand.Reader, 2048)
	case RSA3072:
		private, err = rsa.GenerateKey(rand.Reader, 3072)
	case RSA4096:
		private, err = rsa.GenerateKey(rand.Reader, 4096)
	case P256:
		private, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case P384:
		private, err = ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case P521:
		private, err = ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	default:
		return nil, fmt.Errorf("generate key: unknown kind %d", kind)
	}
	if err != nil {
		return nil, fmt.Errorf("generate key: %w", err)
	}
	return newKey(private)
}

// ParseKey reads the first private key in PEM text: PKCS #8, PKCS #1 or SEC 1.
// Text around it, and blocks such as EC PARAMETERS, are skipped.
func ParseKey(text []byte) (*Key, error) {
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		private, err := parsePrivate(block)
		if err != nil {
			return nil, fmt.Errorf("parse key: %w", err)
		}
		if private != nil {
			return newKey(private)
		}
	}
	return nil, errors.New("parse key: no private key in PEM form")
}

// MustParseKey is ParseKey for keys known to be good. It panics otherwise.
func MustParseKey(text []byte) *Key {
	k, err := ParseKey(text)
	if err != nil {
		panic(err)
	}
	return k
}

func parsePrivate(block *pem.Block) (crypto.Signer, error) {
	switch block.Type {
	case "RSA PRIVATE KEY":
		return x509.ParsePKCS1PrivateKey(block.Bytes)
	case "EC PRIVATE KEY":
		return x509.ParseECPrivateKey(block.Bytes)
	case "PRIVATE KEY":
		parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		if err != nil {
			return nil, err
		}
		private, ok := parsed.(crypto.Signer)
		if !ok {
			return nil, fmt.Errorf("%T cannot sign", parsed)
		}
		return private, nil
	}
	return nil, nil
}

func newKey(private crypto.Signer) (*Key, error) {
	k := &Key{private: private}
	if err := k.classify(); err != nil {
		return nil, err
	}
	var err error
	if k.spki, err = x509.MarshalPKIXPublicKey(private.Public()); err != nil {
		return nil, fmt.Errorf("encode public key: %w", err)
	}
	// kube-apiserver's key id: https://github.com/kubernetes/kubernetes/blob/master/pkg/serviceaccount/jwt.go
	sum := sha256.Sum256(k.spki)
	k.id = base64.RawURLEncoding.EncodeToString(sum[:])

	public := jose.JSONWebKey{Key: private.Public(), KeyID: k.id, Algorithm: string(k.alg), Use: "sig"}
	// go-jose's member order is kube-apiserver's: use, kty, kid, crv, alg, then the numbers.
	if k.jwk, err = json.Marshal(public); err != nil {
		return nil, fmt.Errorf("encode public key: %w", err)
	}
	if k.signer, err = newSigner(k.alg, private, k.id, nil); err != nil {
		return nil, err
	}
	return k, nil
}

// classify settles kind and algorithm: RS256 for RSA of any size, ES256, ES384
// or ES512 by curve, as kube-apiserver chooses.
func (k *Key) classify() error {
	switch private := k.private.(type) {
	case *rsa.PrivateKey:
		k.alg = jose.RS256
		switch bits := private.N.BitLen(); {
		case bits < minRSABits || bits > maxRSABits:
			return fmt.Errorf("rsa key of %d bits: must have %d to %d", bits, minRSABits, maxRSABits)
		case bits > 3072:
			k.kind = RSA4096
		case bits > 2048:
			k.kind = RSA3072
		}
		return nil
	case *ecdsa.PrivateKey:
		switch private.Curve {
		case elliptic.P256():
			k.kind, k.alg = P256, jose.ES256
		case elliptic.P384():
			k.kind, k.alg = P384, jose.ES384
		case elliptic.P521():
			k.kind, k.alg = P521, jose.ES512
		default:
			return errors.New("elliptic curve is none of P-256, P-384, P-521")
		}
		return nil
	}
	return fmt.Errorf("%T is neither an RSA nor an elliptic curve key", k.private)
}

func newSigner(alg jose.SignatureAlgorithm, key any, kid string, options *jose.SignerOptions) (jose.Signer, error) {
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: jose.JSONWebKey{Key: key, KeyID: kid}}, options)
	if err != nil {
		return nil, fmt.Errorf("make signer: %w", err)
	}
	return s, nil
}

// ID returns the key id: the unpadded base64url form of the SHA-256 of the DER
// PKIX public key, 43 characters long, as kube-apiserver computes it.
func (k *Key) ID() string { return k.id }

// Algorithm returns the JWS algorithm the key signs with.
func (k *Key) Algorithm() string { return string(k.alg) }

// PEM returns the private key as PKCS #8 PEM, for keeping.
func (k *Key) PEM() ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(k.private)
	if err != nil {
		return nil, fmt.Errorf("encode key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

// PublicPEM returns the public key as PKIX PEM.
func (k *Key) PublicPEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: k.spki})
}

// sign returns the compact JWS of the payload.
func (k *Key) sign(payload []byte) (string, error) { return signWith(k.signer, payload) }

func signWith(signer jose.Signer, payload []byte) (string, error) {
	jws, err := signer.Sign(payload)
	if err != nil {
		return "", err
	}
	return jws.CompactSerialize()
}
