package oidc

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// Reason says why a token was refused.
type Reason uint8

// The reasons for refusing a token. STS words each of them in its own way.
const (
	NotJWT               Reason = iota + 1 // not a signed token in compact form
	UnsupportedAlgorithm                   // alg is none of RS256..512, ES256..512
	CriticalHeader                         // crit is present
	MissingClaim                           // a required claim is absent
	NullSubject                            // sub is null
	EmptyClaim                             // aud is an empty list
	InvalidClaim                           // a claim has a type it cannot have
	WrongIssuer                            // iss is not the provider's URL
	MultipleAudiences                      // several audiences and no azp
	WrongAudience                          // azp or aud is not registered
	InvalidTimestamp                       // iat, exp or nbf is no integer
	IssuedInFuture                         // iat is ahead of now
	NotYetValid                            // nbf is ahead of now
	Expired                                // exp has passed
	TooOld                                 // iat is longer ago than the verifier allows
	KeyUnavailable                         // no usable key could be had
	WrongThumbprint                        // the issuer's server has a certificate that nobody vouches for
	KeyOps                                 // the key has key_ops
	BadSignature                           // the key did not sign this
)

// String returns the reason as one hyphenated word.
func (r Reason) String() string {
	switch r {
	case NotJWT:
		return "not-a-jwt"
	case UnsupportedAlgorithm:
		return "unsupported-algorithm"
	case CriticalHeader:
		return "critical-header"
	case MissingClaim:
		return "missing-claim"
	case NullSubject:
		return "null-subject"
	case EmptyClaim:
		return "empty-claim"
	case InvalidClaim:
		return "invalid-claim"
	case WrongIssuer:
		return "wrong-issuer"
	case MultipleAudiences:
		return "multiple-audiences"
	case WrongAudience:
		return "wrong-audience"
	case InvalidTimestamp:
		return "invalid-timestamp"
	case IssuedInFuture:
		return "issued-in-future"
	case NotYetValid:
		return "not-yet-valid"
	case Expired:
		return "expired"
	case TooOld:
		return "too-old"
	case KeyUnavailable:
		return "key-unavailable"
	case WrongThumbprint:
		return "wrong-thumbprint"
	case KeyOps:
		return "key-ops"
	case BadSignature:
		return "bad-signature"
	}
	return "reason-" + strconv.Itoa(int(r))
}

// MarshalText writes the reason as String does.
func (r Reason) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// RejectedError says that a token was refused, and why. Fields that do not
// belong to the reason are zero. It marshals to JSON for a record; nothing in
// it is secret, and what it quotes of the token is unverified.
type RejectedError struct {
	Reason Reason `json:"reason"`
	// Claim is the claim at fault.
	Claim string `json:"claim,omitempty"`
	// Now is the time that was compared, in epoch seconds and with the
	// tolerance applied, which is how STS prints it; Bound is the claim's.
	Now   int64 `json:"now,omitempty"`
	Bound int64 `json:"bound,omitempty"`
	// Issuer is the token's iss, ProviderURL the registered one.
	Issuer      string `json:"issuer,omitempty"`
	ProviderURL string `json:"providerUrl,omitempty"`
	// Audience is the one that was looked up, Audiences is all of aud.
	Audience  string   `json:"audience,omitempty"`
	Audiences []string `json:"audiences,omitempty"`
	ClientIDs []string `json:"clientIds,omitempty"`
	// Algorithm and TokenKID are the token header's, KIDs those of the issuer's keys.
	Algorithm string   `json:"algorithm,omitempty"`
	TokenKID  string   `json:"tokenKid,omitempty"`
	KIDs      []string `json:"kids,omitempty"`
	// URL is what was fetched and Status the answer's HTTP status.
	URL    string `json:"url,omitempty"`
	Status int    `json:"status,omitempty"`
	// Thumbprint is that of the top certificate of the server at URL,
	// Thumbprints are those registered.
	Thumbprint  string   `json:"thumbprint,omitempty"`
	Thumbprints []string `json:"thumbprints,omitempty"`
	// Err is the detail.
	Err error `json:"-"`
}

// Unwrap returns the detail.
func (e *RejectedError) Unwrap() error { return e.Err }

// MarshalJSON adds the detail as text.
func (e *RejectedError) MarshalJSON() ([]byte, error) {
	type fields RejectedError
	record := struct {
		*fields
		Detail string `json:"detail,omitempty"`
	}{fields: (*fields)(e)}
	if e.Err != nil {
		record.Detail = e.Err.Error()
	}
	return json.Marshal(record)
}

// Error returns one line for a log.
func (e *RejectedError) Error() string {
	var b strings.Builder
	b.WriteString("token rejected: ")
	b.WriteString(strings.ReplaceAll(e.Reason.String(), "-", " "))
	if e.Claim != "" {
		fmt.Fprintf(&b, ": %s", e.Claim)
	}
	switch e.Reason {
	case WrongIssuer:
		fmt.Fprintf(&b, ": %q is not %q", e.Issuer, e.ProviderURL)
	case WrongAudience:
		fmt.Fprintf(&b, ": %q is not among %q", e.Audience, e.ClientIDs)
	case MultipleAudiences:
		fmt.Fprintf(&b, ": %q without azp", e.Audiences)
	case Expired, NotYetValid, IssuedInFuture, TooOld:
		fmt.Fprintf(&b, ": %d against %d", e.Bound, e.Now)
	case UnsupportedAlgorithm:
		fmt.Fprintf(&b, ": %q", e.Algorithm)
	case WrongThumbprint:
		fmt.Fprintf(&b, ": %s is not among %q", e.Thumbprint, e.Thumbprints)
	case KeyUnavailable, KeyOps, BadSignature:
		fmt.Fprintf(&b, ": key %q", e.TokenKID)
	}
	if e.URL != "" {
		fmt.Fprintf(&b, ": %s", e.URL)
	}
	if e.Status != 0 {
		fmt.Fprintf(&b, ": status %d", e.Status)
	}
	if e.Err != nil {
		// The detail may quote a token or a foreign server.
		fmt.Fprintf(&b, ": %s", strings.Join(strings.Fields(e.Err.Error()), " "))
	}
	return b.String()
}
