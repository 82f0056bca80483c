package oidc

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/go-jose/go-jose/v4"
)

// MaxTokenLength is how many characters STS takes for a token.
//
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
const MaxTokenLength = 20000

// UnverifiedToken is a token that has the form of one. Nobody has looked at its
// signature: whatever it says is what its bearer claims.
type UnverifiedToken struct {
	jws     *jose.JSONWebSignature
	alg     jose.SignatureAlgorithm
	kid     string
	hasKID  bool
	padded  bool
	claims  map[string]json.RawMessage
	issuer  string
	subject string
	aud     []string
}

// ClaimedIssuer returns the iss claim, for finding the provider that could
// confirm it.
func (t *UnverifiedToken) ClaimedIssuer() string { return t.issuer }

// ClaimedSubject returns the sub claim, for a record of what was claimed.
func (t *UnverifiedToken) ClaimedSubject() string { return t.subject }

// ClaimedAudiences returns the aud claim, for a record of what was claimed.
func (t *UnverifiedToken) ClaimedAudiences() []string { return append([]string(nil), t.aud...) }

// ClaimedID returns the jti claim, empty if it is not text.
func (t *UnverifiedToken) ClaimedID() string {
	var id string
	readString(t.claims["jti"], &id)
	return id
}

// ClaimedPayload returns the token's payload, for a record of what was claimed.
func (t *UnverifiedToken) ClaimedPayload() json.RawMessage {
	return append(json.RawMessage(nil), t.jws.UnsafePayloadWithoutVerification()...)
}

// KeyID returns the kid of the header, empty if there is none.
func (t *UnverifiedToken) KeyID() string { return t.kid }

// Algorithm returns the alg of the header.
func (t *UnverifiedToken) Algorithm() string { return string(t.alg) }

// HasSurroundingSpace reports whether white space was cut off around the token,
// such as the newline that an editor leaves in a token file.
func (t *UnverifiedToken) HasSurroundingSpace() bool { return t.padded }

// ParseToken reads a token's form, header and required claims. It does not
// check the signature. Its errors are of type *RejectedError.
func ParseToken(raw string) (*UnverifiedToken, error) {
	compact := strings.TrimSpace(raw)
	if len(compact) > MaxTokenLength {
		return nil, &RejectedError{Reason: NotJWT, Err: fmt.Errorf("longer than %d characters", MaxTokenLength)}
	}
	header, err := splitToken(compact)
	if err != nil {
		return nil, &RejectedError{Reason: NotJWT, Err: err}
	}
	t := &UnverifiedToken{padded: len(compact) != len(raw)}
	if err := t.readHeader(header); err != nil {
		return nil, err
	}
	t.jws, err = jose.ParseSignedCompact(compact, []jose.SignatureAlgorithm{t.alg})
	if err != nil {
		return nil, &RejectedError{Reason: NotJWT, Err: err}
	}
	// Duplicate members: the last one wins, as in STS.
	if err := json.Unmarshal(t.jws.UnsafePayloadWithoutVerification(), &t.claims); err != nil {
		return nil, &RejectedError{Reason: NotJWT, Err: fmt.Errorf("payload: %w", err)}
	}
	if t.claims == nil {
		return nil, &RejectedError{Reason: NotJWT, Err: errors.New("payload: not a JSON object")}
	}
	if err := t.readClaims(); err != nil {
		return nil, err
	}
	return t, nil
}

// splitToken checks that the token is three parts of canonical base64url, and
// returns the decoded first. The check matters: the signature is computed over
// the text, so no two texts may stand for the same token.
func splitToken(compact string) (header []byte, err error) {
	first, rest, ok := strings.Cut(compact, ".")
	second, third, ok2 := strings.Cut(rest, ".")
	if !ok || !ok2 || strings.Contains(third, ".") {
		return nil, errors.New("not three parts divided by dots")
	}
	for _, part := range [...]string{first, second, third} {
		if !canonicalBase64URL(part) {
			return nil, errors.New("a part is not base64url")
		}
	}
	return base64.RawURLEncoding.DecodeString(first)
}

const base64URLAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// canonicalBase64URL reports whether s is unpadded base64url whose unused last
// bits are zero.
func canonicalBase64URL(s string) bool {
	for n := range len(s) {
		switch c := s[n]; {
		case 'A' <= c && c <= 'Z', 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == '-', c == '_':
		default:
			return false
		}
	}
	if s == "" {
		return true
	}
	last := strings.IndexByte(base64URLAlphabet, s[len(s)-1])
	switch len(s) % 4 {
	case 1:
		return false
	case 2:
		return last&0b1111 == 0
	case 3:
		return last&0b11 == 0
	}
	return true
}

// readHeader takes alg and kid and refuses what we would have to understand.
func (t *UnverifiedToken) readHeader(text []byte) error {
	var header map[string]json.RawMessage
	if err := json.Unmarshal(text, &header); err != nil {
		return &RejectedError{Reason: NotJWT, Err: fmt.Errorf("header: %w", err)}
	}
	var alg string
	if raw, ok := header["alg"]; !ok || !readString(raw, &alg) {
		return &RejectedError{Reason: NotJWT, Err: errors.New("header: no alg")}
	}
	t.alg = jose.SignatureAlgorithm(alg)
	switch t.alg {
	case jose.RS256, jose.RS384, jose.RS512, jose.ES256, jose.ES384, jose.ES512:
	default:
		return &RejectedError{Reason: UnsupportedAlgorithm, Algorithm: alg}
	}
	if _, ok := header["crit"]; ok {
		return &RejectedError{Reason: CriticalHeader, Algorithm: alg}
	}
	// RFC 7797 wants crit beside b64; without it, one could read the signature
	// in two ways.
	if _, ok := header["b64"]; ok {
		return &RejectedError{Reason: NotJWT, Err: errors.New("header: b64")}
	}
	raw, ok := header["kid"]
	if ok && !readString(raw, &t.kid) {
		return &RejectedError{Reason: NotJWT, Err: errors.New("header: kid is not a string")}
	}
	t.hasKID = ok
	return nil
}

// readClaims takes the required claims, in the order in which STS misses them.
func (t *UnverifiedToken) readClaims() error {
	for _, name := range [...]string{"iss", "sub", "aud", "iat", "exp"} {
		raw, ok := t.claims[name]
		// A null sub, iat or exp has another answer than an absent one.
		if !ok || isNull(raw) && (name == "iss" || name == "aud") {
			return &RejectedError{Reason: MissingClaim, Claim: name, Issuer: t.issuer}
		}
		if name == "iss" && !readString(raw, &t.issuer) {
			return &RejectedError{Reason: InvalidClaim, Claim: name}
		}
	}
	if isNull(t.claims["sub"]) {
		return &RejectedError{Reason: NullSubject, Claim: "sub", Issuer: t.issuer}
	}
	if !readSubject(t.claims["sub"], &t.subject) {
		return &RejectedError{Reason: InvalidClaim, Claim: "sub", Issuer: t.issuer}
	}
	if !readStrings(t.claims["aud"], &t.aud) {
		return &RejectedError{Reason: InvalidClaim, Claim: "aud", Issuer: t.issuer}
	}
	if len(t.aud) == 0 {
		return &RejectedError{Reason: EmptyClaim, Claim: "aud", Issuer: t.issuer}
	}
	return nil
}
