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
	alg       jose.SignatureAlgorithm
	kid       string
	hasKID    bool
	padded    bool
	signed    []byte // what the signature is over
	payload   []byte
	signature []byte
	claims    *object
	issuer    string
	subject   string
	aud       []string
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
	readString(t.claims.value("jti"), &id)
	return id
}

// ClaimedPayload returns the token's payload, for a record of what was claimed.
func (t *UnverifiedToken) ClaimedPayload() json.RawMessage {
	return append(json.RawMessage(nil), t.payload...)
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
	t := &UnverifiedToken{padded: len(compact) != len(raw)}
	header, err := t.split(compact)
	if err != nil {
		return nil, &RejectedError{Reason: NotJWT, Err: err}
	}
	if err := t.readHeader(header, compact); err != nil {
		return nil, err
	}
	if t.claims, err = parseObject(t.payload); err != nil {
		return nil, &RejectedError{Reason: NotJWT, Err: fmt.Errorf("payload: %w", err)}
	}
	if err := t.readClaims(); err != nil {
		return nil, err
	}
	return t, nil
}

var errNotBase64 = errors.New("a part is not base64url")

// split checks that the token is three parts of canonical base64url, takes them
// and returns the first. The check matters: the signature is computed over the
// text, so no two texts may stand for the same token.
func (t *UnverifiedToken) split(compact string) (header []byte, err error) {
	first := strings.IndexByte(compact, '.')
	last := strings.LastIndexByte(compact, '.')
	if first == last || strings.IndexByte(compact[first+1:last], '.') >= 0 {
		return nil, errors.New("not three parts divided by dots")
	}
	// The decoder would skip line breaks.
	if strings.IndexByte(compact, '\n') >= 0 || strings.IndexByte(compact, '\r') >= 0 {
		return nil, errNotBase64
	}
	text := []byte(compact)
	t.signed = text[:last:last]
	decoded := make([]byte, 0, canonical.DecodedLen(len(text)))
	var ends [3]int
	for i, part := range [...][]byte{text[:first], text[first+1 : last], text[last+1:]} {
		if decoded, err = canonical.AppendDecode(decoded, part); err != nil {
			return nil, errNotBase64
		}
		ends[i] = len(decoded)
	}
	t.payload, t.signature = decoded[ends[0]:ends[1]:ends[1]], decoded[ends[1]:]
	return decoded[:ends[0]:ends[0]], nil
}

// canonical refuses bits that are not zero behind the last byte.
var canonical = base64.RawURLEncoding.Strict()

// readHeader takes alg and kid and refuses what we would have to understand.
func (t *UnverifiedToken) readHeader(text []byte, compact string) error {
	header, err := parseObject(text)
	if err != nil {
		return &RejectedError{Reason: NotJWT, Err: fmt.Errorf("header: %w", err)}
	}
	var alg string
	if !readString(header.value("alg"), &alg) {
		return &RejectedError{Reason: NotJWT, Err: errors.New("header: no alg")}
	}
	t.alg = jose.SignatureAlgorithm(alg)
	switch t.alg {
	case jose.RS256, jose.RS384, jose.RS512, jose.ES256, jose.ES384, jose.ES512:
	default:
		return &RejectedError{Reason: UnsupportedAlgorithm, Algorithm: alg}
	}
	if _, ok := header.get("crit"); ok {
		return &RejectedError{Reason: CriticalHeader, Algorithm: alg}
	}
	// RFC 7797 wants crit beside b64; without it, one could read the signature
	// in two ways.
	if _, ok := header.get("b64"); ok {
		return &RejectedError{Reason: NotJWT, Err: errors.New("header: b64")}
	}
	raw, ok := header.get("kid")
	if ok && !readString(raw, &t.kid) {
		return &RejectedError{Reason: NotJWT, Err: errors.New("header: kid is not a string")}
	}
	t.hasKID = ok
	if plain(header) {
		return nil
	}
	// What else may stand in a header, go-jose knows.
	if _, err := jose.ParseSignedCompact(compact, []jose.SignatureAlgorithm{t.alg}); err != nil {
		return &RejectedError{Reason: NotJWT, Err: err}
	}
	return nil
}

// plain reports whether there is nothing in a header but names and kinds, each
// once, as in all headers of Kubernetes and most others.
func plain(header *object) bool {
	if header.repeated {
		return false
	}
	for _, m := range header.members {
		switch string(m.name) {
		case "alg", "kid", "typ", "cty", "x5t", "x5t#S256":
			if m.value[0] != '"' {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// readClaims takes the required claims, in the order in which STS misses them.
func (t *UnverifiedToken) readClaims() error {
	for _, name := range [...]string{"iss", "sub", "aud", "iat", "exp"} {
		raw, ok := t.claims.get(name)
		// A null sub, iat or exp has another answer than an absent one.
		if !ok || isNull(raw) && (name == "iss" || name == "aud") {
			return &RejectedError{Reason: MissingClaim, Claim: name, Issuer: t.issuer}
		}
		if name == "iss" && !readString(raw, &t.issuer) {
			return &RejectedError{Reason: InvalidClaim, Claim: name}
		}
	}
	sub := t.claims.value("sub")
	if isNull(sub) {
		return &RejectedError{Reason: NullSubject, Claim: "sub", Issuer: t.issuer}
	}
	if !readSubject(sub, &t.subject) {
		return &RejectedError{Reason: InvalidClaim, Claim: "sub", Issuer: t.issuer}
	}
	if !readStrings(t.claims.value("aud"), &t.aud) {
		return &RejectedError{Reason: InvalidClaim, Claim: "aud", Issuer: t.issuer}
	}
	if len(t.aud) == 0 {
		return &RejectedError{Reason: EmptyClaim, Claim: "aud", Issuer: t.issuer}
	}
	return nil
}
