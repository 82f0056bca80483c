package oidc

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/go-jose/go-jose/v4"
)

const (
	minRSABits = 1024
	maxRSABits = 16384 // what verifying still costs little
	// maxKeys is how many keys of one type STS takes.
	//
	// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html
	maxKeys = 100
)

// verificationKey is one entry of a JWKS. fault says why it cannot be used.
type verificationKey struct {
	kid    string
	public any // *rsa.PublicKey or *ecdsa.PublicKey
	keyOps bool
	fault  error
}

// keySet is a parsed JWKS. It is immutable.
type keySet struct {
	byKID  map[string]*verificationKey
	kids   []string // in the document's order, for a record
	sole   *verificationKey
	usable int
	// nameless is how many entries are ignored because they have no kid.
	nameless int
	// overRSA and overEC say that there are more keys of that type than STS takes.
	overRSA, overEC bool
}

// parseKeySet reads a JWKS as STS does: an entry without kid is ignored, a later
// one replaces an earlier one of the same kid, alg is not consulted, and an
// entry that cannot be read spoils only itself.
func parseKeySet(document []byte) (*keySet, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(document, &members); err != nil {
		return nil, fmt.Errorf("parse key set: %w", err)
	}
	var entries []json.RawMessage
	if raw, ok := members["keys"]; !ok || isNull(raw) {
		return nil, errors.New("parse key set: no keys member")
	} else if err := json.Unmarshal(raw, &entries); err != nil {
		return nil, fmt.Errorf("parse key set: %w", err)
	}
	set := &keySet{byKID: make(map[string]*verificationKey, len(entries))}
	rsaKeys, ecKeys := 0, 0
	for _, raw := range entries {
		key, kty, ok := parseEntry(raw)
		switch kty {
		case "RSA":
			rsaKeys++
		case "EC":
			ecKeys++
		}
		if !ok {
			set.nameless++
			continue
		}
		if set.byKID[key.kid] == nil {
			set.kids = append(set.kids, key.kid)
		}
		set.byKID[key.kid] = key
	}
	set.overRSA, set.overEC = rsaKeys > maxKeys, ecKeys > maxKeys
	for _, key := range set.byKID {
		if key.fault == nil {
			set.usable++
			set.sole = key
		}
	}
	return set, nil
}

// parseEntry reads one JWK; ok is false for one without kid.
func parseEntry(raw json.RawMessage) (key *verificationKey, kty string, ok bool) {
	var members map[string]json.RawMessage
	if json.Unmarshal(raw, &members) != nil {
		return nil, "", false
	}
	readString(members["kty"], &kty)
	key = &verificationKey{}
	if !readString(members["kid"], &key.kid) {
		return nil, kty, false
	}
	if use, has := members["use"]; has {
		var word string
		if !readString(use, &word) || word != "sig" {
			key.fault = fmt.Errorf("the key is not for signatures: use is %s", use)
			return key, kty, true
		}
	}
	var jwk jose.JSONWebKey
	if err := jwk.UnmarshalJSON(raw); err != nil {
		key.fault = err
		return key, kty, true
	}
	switch public := jwk.Key.(type) {
	case *rsa.PublicKey:
		if bits := public.N.BitLen(); bits < minRSABits || bits > maxRSABits {
			key.fault = fmt.Errorf("rsa key of %d bits", bits)
		}
	case *ecdsa.PublicKey:
	default:
		// Private keys and shared secrets have no place in a JWKS.
		key.fault = fmt.Errorf("not a public RSA or EC key: %T", jwk.Key)
	}
	key.public = jwk.Key
	_, key.keyOps = members["key_ops"]
	return key, kty, true
}

var (
	errNoSuchKID    = errors.New("no key has this kid")
	errAmbiguousKey = errors.New("the token has no kid, and there is not exactly one usable key")
)

// find returns the key that must have signed the token.
func (s *keySet) find(token *UnverifiedToken) (*verificationKey, error) {
	fail := func(reason Reason, err error) error {
		return &RejectedError{
			Reason: reason, Issuer: token.issuer, Algorithm: string(token.alg),
			TokenKID: token.kid, KIDs: slices.Clone(s.kids[:min(len(s.kids), 2*maxKeys)]), Err: err,
		}
	}
	key := s.byKID[token.kid]
	if key == nil && !token.hasKID && s.usable == 1 {
		key = s.sole
	}
	switch {
	case key == nil && token.hasKID:
		return nil, fail(KeyUnavailable, s.without(errNoSuchKID))
	case key == nil:
		return nil, fail(KeyUnavailable, s.without(errAmbiguousKey))
	case key.fault != nil:
		return nil, fail(KeyUnavailable, key.fault)
	case s.over(token.alg):
		return nil, fail(KeyUnavailable, fmt.Errorf("more than %d keys of this type", maxKeys))
	case !fits(token.alg, key.public):
		return nil, fail(KeyUnavailable, fmt.Errorf("%s does not go with the key's type", token.alg))
	case key.keyOps:
		return nil, fail(KeyOps, errors.New("the key has key_ops"))
	}
	return key, nil
}

// without adds to an error that there are keys which do not count.
func (s *keySet) without(err error) error {
	if s.nameless == 0 {
		return err
	}
	return fmt.Errorf("%w; keys without kid are ignored: there are %d", err, s.nameless)
}

func (s *keySet) over(alg jose.SignatureAlgorithm) bool {
	switch alg {
	case jose.RS256, jose.RS384, jose.RS512:
		return s.overRSA
	}
	return s.overEC
}

// fits reports whether a key can have made a signature of that algorithm. The
// algorithm is the token's word, the key is the issuer's; the key decides.
func fits(alg jose.SignatureAlgorithm, public any) bool {
	switch public := public.(type) {
	case *rsa.PublicKey:
		return alg == jose.RS256 || alg == jose.RS384 || alg == jose.RS512
	case *ecdsa.PublicKey:
		switch public.Curve {
		case elliptic.P256():
			return alg == jose.ES256
		case elliptic.P384():
			return alg == jose.ES384
		case elliptic.P521():
			return alg == jose.ES512
		}
	}
	return false
}
