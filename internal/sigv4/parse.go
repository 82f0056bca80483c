package sigv4

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// A Mechanism is a way in which a request claims to be authenticated.
type Mechanism uint8

const (
	// None is an anonymous request.
	None Mechanism = iota
	// Header is SigV4 in the Authorization header.
	Header
	// Query is SigV4 in a presigned query.
	Query
	// V2Header is the old "AWS key:signature" header.
	V2Header
	// V2Query is the old Signature, Expires and AWSAccessKeyId query.
	V2Query
	// V4A is SigV4A, the asymmetric variant, in header or query.
	V4A
	// Other is an Authorization header of another scheme, such as Bearer.
	Other
	// Several is more than one of the above.
	Several
)

const (
	algorithmV4A   = "AWS4-ECDSA-P256-SHA256"
	paramAlgorithm = "X-Amz-Algorithm"
	paramSignature = "X-Amz-Signature"
	paramExpires   = "X-Amz-Expires"
	paramToken     = "X-Amz-Security-Token"
	paramDate      = "X-Amz-Date"
	paramSigned    = "X-Amz-SignedHeaders"
	paramCred      = "X-Amz-Credential"

	maxAuthorization = 16 << 10
	maxSignedHeaders = 128
	maxCredential    = 512
	maxExpires       = 7 * 24 * 60 * 60
)

// Present tells which mechanism a request uses, without judging its contents.
// A query that cannot be parsed counts by its raw text, so that a broken
// presigned URL is never taken for an anonymous request.
func Present(r *http.Request) Mechanism {
	m := None
	if values := r.Header["Authorization"]; len(values) > 0 {
		m = headerMechanism(values[0])
	}
	q := queryMechanism(r.URL.RawQuery)
	if m != None && q != None {
		return Several
	}
	return max(m, q)
}

func headerMechanism(value string) Mechanism {
	scheme, _, _ := strings.Cut(value, " ")
	switch scheme {
	case Algorithm:
		return Header
	case algorithmV4A:
		return V4A
	case "AWS":
		return V2Header
	}
	return Other
}

func queryMechanism(raw string) Mechanism {
	if raw == "" {
		return None
	}
	params, err := ParseQuery(raw)
	if err != nil {
		if strings.Contains(strings.ToLower(raw), "signature") {
			return Query
		}
		return None
	}
	v4, v4a, v2 := false, false, 0
	for _, p := range params {
		switch p.Name {
		case paramAlgorithm:
			v4, v4a = true, v4a || p.Value == algorithmV4A
		case paramSignature, paramCred:
			v4 = true
		case "Signature", "AWSAccessKeyId":
			v2++
		}
	}
	switch {
	case v4 && v2 > 0:
		return Several
	case v4a:
		return V4A
	case v4:
		return Query
	case v2 > 0:
		return V2Query
	}
	return None
}

// Parse reads the authentication material of a request from its Authorization
// header or presigned query. Its error is always a *ParseError.
func Parse(r *http.Request) (*Authorization, error) {
	if len(r.Header["Authorization"]) > 1 {
		return nil, &ParseError{Reason: DuplicateAuthorization}
	}
	switch m := Present(r); m {
	case Header:
		if _, err := ParseQuery(r.URL.RawQuery); err != nil {
			return nil, &ParseError{Reason: MalformedQuery}
		}
		return parseHeader(r)
	case Query:
		return parseQuery(r)
	case None:
		return nil, &ParseError{Reason: NotSigned}
	case Several:
		return nil, &ParseError{Reason: SeveralMechanisms}
	default:
		return nil, &ParseError{Reason: UnsupportedAlgorithm, Value: schemeOf(r), Presigned: m == V2Query}
	}
}

func schemeOf(r *http.Request) string {
	scheme, _, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return scheme
}

func parseHeader(r *http.Request) (*Authorization, error) {
	value := r.Header["Authorization"][0]
	if len(value) > maxAuthorization {
		return nil, &ParseError{Reason: TooLarge}
	}
	c, perr := components(strings.TrimPrefix(value, Algorithm))
	if perr != nil {
		return nil, perr
	}
	a := &Authorization{Signature: c.signature}
	if perr := a.parseCredential(c.credential); perr != nil {
		return nil, perr
	}
	if perr := a.parseSignedHeaders(c.signed); perr != nil {
		return nil, perr
	}
	if perr := a.parseHeaderDate(r.Header); perr != nil {
		return nil, perr
	}
	a.setTokens(r.Header["X-Amz-Security-Token"])
	return a, nil
}

type parts struct{ credential, signed, signature string }

// components splits "Credential=…, SignedHeaders=…, Signature=…".
func components(s string) (p parts, _ *ParseError) {
	seen := 0
	for piece := range strings.SplitSeq(s, ",") {
		name, value, ok := strings.Cut(strings.TrimSpace(piece), "=")
		if !ok {
			return p, &ParseError{Reason: MalformedHeader, Value: piece}
		}
		var field *string
		switch name {
		case "Credential":
			field = &p.credential
		case "SignedHeaders":
			field = &p.signed
		case "Signature":
			field = &p.signature
		}
		if field == nil || *field != "" {
			return p, &ParseError{Reason: MalformedHeader, Value: piece}
		}
		*field = value
		seen++
	}
	switch {
	case p.credential == "":
		return p, &ParseError{Reason: MissingCredential}
	case p.signed == "":
		return p, &ParseError{Reason: MissingSignedHeaders}
	case p.signature == "":
		return p, &ParseError{Reason: MissingSignature}
	case seen != 3:
		return p, &ParseError{Reason: MalformedHeader}
	}
	return p, nil
}

func parseQuery(r *http.Request) (*Authorization, error) {
	params, err := ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, &ParseError{Reason: MalformedQuery, Presigned: true}
	}
	var values [7]string
	var seen [7]bool
	names := [7]string{paramAlgorithm, paramCred, paramSignature, paramDate, paramSigned, paramExpires, paramToken}
	for _, p := range params {
		for i, n := range names {
			if p.Name != n {
				continue
			}
			if seen[i] {
				return nil, &ParseError{Reason: DuplicateParameter, Value: n, Presigned: true}
			}
			values[i], seen[i] = p.Value, true
		}
	}
	for i, n := range names[:6] {
		if values[i] == "" {
			return nil, &ParseError{Reason: MissingParameters, Value: n, Presigned: true}
		}
	}
	a := &Authorization{Presigned: true, Signature: values[2]}
	if perr := a.parsePresigned(values[:]); perr != nil {
		perr.Presigned = true
		return nil, perr
	}
	tokens := r.Header["X-Amz-Security-Token"]
	if len(tokens) == 0 || !a.Signs("x-amz-security-token") {
		tokens = nil
		if seen[6] {
			tokens = []string{values[6]}
		}
	}
	a.setTokens(tokens)
	return a, nil
}

// parsePresigned reads, in this order, the algorithm, credential, date,
// signed headers and lifetime of a presigned query.
func (a *Authorization) parsePresigned(v []string) *ParseError {
	if v[0] != Algorithm {
		return &ParseError{Reason: UnsupportedAlgorithm, Value: v[0]}
	}
	if perr := a.parseCredential(v[1]); perr != nil {
		return perr
	}
	if perr := a.parseDate(v[3]); perr != nil {
		return perr
	}
	if perr := a.parseSignedHeaders(v[4]); perr != nil {
		return perr
	}
	seconds, err := strconv.ParseInt(v[5], 10, 64)
	switch {
	case err != nil:
		return &ParseError{Reason: ExpiresNotNumber, Value: v[5]}
	case seconds < 0:
		return &ParseError{Reason: ExpiresNegative, Value: v[5]}
	case seconds > maxExpires:
		return &ParseError{Reason: ExpiresTooLong, Value: v[5]}
	}
	a.Expires = time.Duration(seconds) * time.Second
	return nil
}

func (a *Authorization) parseCredential(s string) *ParseError {
	p := strings.Split(s, "/")
	if len(s) > maxCredential || len(p) != 5 || p[0] == "" {
		return &ParseError{Reason: MalformedCredential, Value: s}
	}
	a.AccessKeyID = p[0]
	a.Scope = Scope{Date: p[1], Region: p[2], Service: p[3], Terminator: p[4]}
	if _, err := time.Parse("20060102", p[1]); err != nil || len(p[1]) != 8 {
		return &ParseError{Reason: MalformedScopeDate, Value: p[1]}
	}
	return nil
}

func (a *Authorization) parseSignedHeaders(s string) *ParseError {
	names := strings.Split(s, ";")
	if len(names) > maxSignedHeaders {
		return &ParseError{Reason: TooLarge}
	}
	for i, n := range names {
		if n == "" || strings.ToLower(n) != n || strings.ContainsAny(n, "\r\n :") {
			return &ParseError{Reason: MalformedSignedHeaders, Value: s}
		}
		for _, earlier := range names[:i] {
			if earlier == n {
				return &ParseError{Reason: MalformedSignedHeaders, Value: s}
			}
		}
	}
	a.SignedHeaders = names
	return nil
}

func (a *Authorization) parseHeaderDate(h http.Header) *ParseError {
	values := h["X-Amz-Date"]
	if len(values) == 0 {
		values = h["Date"]
	}
	switch {
	case len(values) == 0 || values[0] == "":
		return &ParseError{Reason: MissingDate}
	case len(values) > 1:
		return &ParseError{Reason: MalformedDate, Value: strings.Join(values, ",")}
	}
	return a.parseDate(values[0])
}

func (a *Authorization) parseDate(s string) *ParseError {
	t, err := time.Parse(TimeFormat, s)
	if err != nil {
		if t, err = http.ParseTime(s); err != nil {
			return &ParseError{Reason: MalformedDate, Value: s}
		}
	}
	a.Time, a.SentTime = t.UTC(), s
	a.timestamp = a.Time.Format(TimeFormat)
	if day := a.timestamp[:8]; day != a.Scope.Date {
		return &ParseError{Reason: DateMismatch, Value: a.Scope.Date, Other: day}
	}
	return nil
}

func (a *Authorization) setTokens(tokens []string) {
	a.Tokens = tokens
	for i, t := range tokens {
		if i == 0 {
			a.SessionToken = t
		} else if t != tokens[0] {
			a.SessionToken = strings.Join(tokens, ",")
			return
		}
	}
}
