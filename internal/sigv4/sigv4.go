// Package sigv4 checks and makes AWS Signature Version 4 signatures: the
// Authorization header, presigned queries and aws-chunked bodies.
//
// It knows no credentials and no clock: the caller looks the secret up, decides
// whether the time is acceptable and words the errors, because every AWS
// service does these three differently and in another order.
//
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
package sigv4

import (
	"strconv"
	"strings"
	"time"
)

// Algorithm is the only algorithm this package verifies.
const Algorithm = "AWS4-HMAC-SHA256"

// Terminator ends every credential scope.
const Terminator = "aws4_request"

// TimeFormat is the layout of X-Amz-Date.
const TimeFormat = "20060102T150405Z"

// Values of x-amz-content-sha256 that are not a hash.
const (
	// UnsignedPayload says that the body is not covered by the signature.
	UnsignedPayload = "UNSIGNED-PAYLOAD"
	// StreamingSigned announces chunks that are each signed.
	StreamingSigned = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
	// StreamingSignedTrailer announces signed chunks and a signed trailer.
	StreamingSignedTrailer = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
	// StreamingUnsignedTrailer announces unsigned chunks and a trailer.
	StreamingUnsignedTrailer = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
	// EmptyPayload is the hex SHA-256 of an empty body.
	EmptyPayload = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
)

// Style is how a service derives the canonical URI from the path.
type Style uint8

const (
	// Standard normalises the path and encodes it twice, as every service but
	// S3 does.
	Standard Style = iota
	// S3 encodes once and normalises nothing, because "a//b" and "a/../b" are
	// ordinary object keys.
	S3
)

// A Scope is the credential scope that a signing key is limited to.
type Scope struct {
	Date, Region, Service, Terminator string
}

// String returns the scope as it stands in the string to sign.
func (s Scope) String() string {
	return s.Date + "/" + s.Region + "/" + s.Service + "/" + s.Terminator
}

// An Authorization is what a request claims about its own signature. Nothing in
// it is proven before Verify.
type Authorization struct {
	AccessKeyID   string
	Scope         Scope
	SignedHeaders []string // lower case, in the order sent
	Signature     string
	Time          time.Time // X-Amz-Date, or Date
	SentTime      string    // the same as it was sent

	// SessionToken is the session token that counts: a signed header wins over
	// the query. Tokens holds every value sent in the winning place; if they
	// differ from each other SessionToken is their join, which matches nothing.
	SessionToken string
	Tokens       []string

	// Presigned says that the signature came in the query, Expires for how long
	// after Time it is good.
	Presigned bool
	Expires   time.Duration

	timestamp string // Time in TimeFormat, as the string to sign wants it
}

// Signs reports whether the header of this lower-case name is signed.
func (a *Authorization) Signs(name string) bool {
	for _, n := range a.SignedHeaders {
		if n == name {
			return true
		}
	}
	return false
}

// A Reason tells why an Authorization could not be parsed.
type Reason uint8

const (
	// NotSigned means that the request carries no SigV4 material at all.
	NotSigned Reason = iota + 1
	// SeveralMechanisms means that header and query both authenticate.
	SeveralMechanisms
	// DuplicateAuthorization means several Authorization headers.
	DuplicateAuthorization
	// UnsupportedAlgorithm means another algorithm or scheme; Value names it.
	UnsupportedAlgorithm
	// MalformedHeader means an Authorization header without the three
	// components in their key=value form.
	MalformedHeader
	// MissingCredential means no Credential component.
	MissingCredential
	// MissingSignedHeaders means no SignedHeaders component.
	MissingSignedHeaders
	// MissingSignature means no Signature component.
	MissingSignature
	// MalformedCredential means a credential without its five parts.
	MalformedCredential
	// MalformedScopeDate means a scope date that is not yyyyMMdd; Value has it.
	MalformedScopeDate
	// MalformedSignedHeaders means an empty, repeated or upper-case name.
	MalformedSignedHeaders
	// MissingDate means neither X-Amz-Date nor Date.
	MissingDate
	// MalformedDate means an unreadable or repeated date; Value has it.
	MalformedDate
	// DateMismatch means that the scope's date (Value) is not that of the
	// request (Other).
	DateMismatch
	// MissingParameters means that a presigned query lacks a parameter; Value
	// names the first.
	MissingParameters
	// DuplicateParameter means an authentication parameter sent twice.
	DuplicateParameter
	// ExpiresNotNumber, ExpiresNegative and ExpiresTooLong are faults of
	// X-Amz-Expires, at most one week.
	ExpiresNotNumber
	// ExpiresNegative means X-Amz-Expires below zero.
	ExpiresNegative
	// ExpiresTooLong means X-Amz-Expires above 604800 seconds.
	ExpiresTooLong
	// MalformedQuery means a query string with a broken escape.
	MalformedQuery
	// TooLarge means material beyond any size a client would send.
	TooLarge
)

var reasonTexts = [...]string{
	NotSigned: "not signed", SeveralMechanisms: "several mechanisms", DuplicateAuthorization: "several Authorization headers",
	UnsupportedAlgorithm: "unsupported algorithm", MalformedHeader: "malformed Authorization header", MissingCredential: "missing Credential",
	MissingSignedHeaders: "missing SignedHeaders", MissingSignature: "missing Signature", MalformedCredential: "malformed Credential",
	MalformedScopeDate: "malformed scope date", MalformedSignedHeaders: "malformed SignedHeaders", MissingDate: "missing date",
	MalformedDate: "malformed date", DateMismatch: "scope date differs from request date", MissingParameters: "missing query parameters",
	DuplicateParameter: "repeated query parameter", ExpiresNotNumber: "X-Amz-Expires is not a number", ExpiresNegative: "X-Amz-Expires is negative",
	ExpiresTooLong: "X-Amz-Expires is more than a week", MalformedQuery: "malformed query", TooLarge: "too large",
}

// String returns the reason in words.
func (r Reason) String() string {
	if int(r) < len(reasonTexts) && reasonTexts[r] != "" {
		return reasonTexts[r]
	}
	return "reason " + strconv.Itoa(int(r))
}

// A ParseError refuses authentication material. Each service words it itself.
type ParseError struct {
	Reason    Reason
	Value     string // the offending text, if one is to blame
	Other     string // what it was compared with
	Presigned bool
}

// Error implements error.
func (e *ParseError) Error() string {
	if e.Value == "" {
		return "parse signature: " + e.Reason.String()
	}
	return "parse signature: " + e.Reason.String() + ": " + strconv.Quote(e.Value)
}

// A MismatchError says that the signature is not the one we calculate, and
// carries what AWS shows the caller to find out why.
type MismatchError struct {
	StringToSign     string
	CanonicalRequest string
	Provided         string
}

// Error implements error.
func (e *MismatchError) Error() string {
	return "verify signature: mismatch over canonical request " + strings.ReplaceAll(e.CanonicalRequest, "\n", "|")
}
