package oidc

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"errors"
	"math/big"

	"github.com/go-jose/go-jose/v4"
)

// verify reports, by a rejection, whether the key signed the token.
func (k *verificationKey) verify(token *UnverifiedToken) error {
	if err := k.check(token); err != nil {
		return &RejectedError{Reason: BadSignature, Issuer: token.issuer, Algorithm: string(token.alg), TokenKID: token.kid, Err: err}
	}
	return nil
}

var errSignature = errors.New("the signature does not verify")

// check verifies a signature as RFC 7518 sections 3.3 and 3.4 define it. That
// the algorithm goes with the key is known: see keySet.find.
func (k *verificationKey) check(token *UnverifiedToken) error {
	hash, digest := digest(token.alg, token.signed)
	switch public := k.public.(type) {
	case *rsa.PublicKey:
		return rsa.VerifyPKCS1v15(public, hash, digest, token.signature)
	case *ecdsa.PublicKey:
		size := (public.Params().BitSize + 7) / 8
		if len(token.signature) != 2*size {
			return errSignature
		}
		r, s := new(big.Int).SetBytes(token.signature[:size]), new(big.Int).SetBytes(token.signature[size:])
		if ecdsa.Verify(public, digest, r, s) {
			return nil
		}
	}
	return errSignature
}

// digest is what is signed of a text.
func digest(alg jose.SignatureAlgorithm, text []byte) (crypto.Hash, []byte) {
	switch alg {
	case jose.RS384, jose.ES384:
		sum := sha512.Sum384(text)
		return crypto.SHA384, sum[:]
	case jose.RS512, jose.ES512:
		sum := sha512.Sum512(text)
		return crypto.SHA512, sum[:]
	}
	sum := sha256.Sum256(text)
	return crypto.SHA256, sum[:]
}
