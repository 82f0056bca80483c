// Package oidc holds the issuer (keys, discovery, JWKS, minting) and verifier of web identity tokens.
//
// An [Issuer] signs the tokens that a Kubernetes API server signs and publishes
// its keys as EKS or Kubernetes does. A [Verifier] judges tokens as AWS STS
// does, in the same order and with a typed reason for each refusal: [ParseToken]
// reads a token without believing it, [Verifier.Verify] makes [Claims] of it.
// The two halves share nothing but the wire: a verifier learns an issuer's keys
// by fetching them.
package oidc
