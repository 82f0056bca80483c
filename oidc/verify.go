package oidc

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/irsatz/irsatz/internal/clock"
)

// tolerance is how many seconds STS lets clocks differ, in each direction.
const tolerance = 300

// VerifierConfig configures a Verifier. Its zero value works.
type VerifierConfig struct {
	// Dial connects to the server of an issuer, before TLS; nil means the
	// network.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Roots returns the CAs that vouch for the server at host:port as public ones
	// do. Nil, as function or as result, means the system's.
	Roots func(address string) *x509.CertPool
	// Transport fetches discovery documents and keys in place of Dial and Roots.
	// It vouches for the servers it reaches: no thumbprint is asked for. Nil means
	// a transport of the verifier's own.
	Transport http.RoundTripper
	// KeyTTL is how long fetched keys serve: zero obeys the issuer's
	// Cache-Control for at most an hour, a negative value fetches every time.
	// Whatever it says, an unknown kid is looked for at the issuer.
	KeyTTL time.Duration
	// FetchTimeout bounds the fetching of both documents together; zero means 5 s.
	FetchTimeout time.Duration
	// MaxAge is how old a token's iat may be; zero means any age. STS has some
	// limit, but nobody knows it.
	MaxAge time.Duration
	// Now is the time; nil means clock.Now.
	Now func() time.Time
}

// Provider is the registered OIDC provider that a token is to be judged by.
type Provider struct {
	// URL is the issuer; without a scheme it means https, as IAM stores it.
	URL string
	// ClientIDs are the audiences that are registered.
	ClientIDs []string
	// Thumbprints are those registered for servers whose CA nobody trusts: the
	// SHA-1, in hex, of the top certificate that the server presents.
	Thumbprints []string
}

// Claims is what a verified token says. It exists only for tokens whose
// signature, times, issuer and audience are right.
type Claims struct {
	Issuer  string
	Subject string
	// Audience is azp if the token has one, else its only aud; this is what the
	// condition key <issuer>:aud means.
	Audience string
	// OriginalAudience is aud as it stands: the condition key <issuer>:oaud.
	OriginalAudience []string
	// AuthorizedParty is azp, empty if the token has none.
	AuthorizedParty string
	AMR             []string
	Email           string
	ID              string // jti
	KeyID           string // the kid of the key that signed
	IssuedAt        time.Time
	Expiry          time.Time
	NotBefore       time.Time // zero if the token has none

	raw *object
}

// Claim returns any claim as it stands in the token.
func (c *Claims) Claim(name string) (json.RawMessage, bool) {
	raw, ok := c.raw.get(name)
	return slices.Clone(raw), ok
}

// Verifier judges tokens and keeps the keys of their issuers. It may be used by
// any number of goroutines.
type Verifier struct {
	client  *http.Client
	dial    func(ctx context.Context, network, address string) (net.Conn, error)
	roots   func(address string) *x509.CertPool
	vouches bool // the transport is the caller's, and vouches for the servers it reaches
	keyTTL  time.Duration
	timeout time.Duration
	maxAge  time.Duration
	now     func() time.Time

	mu      sync.RWMutex
	sources map[string]*source // by issuer URL
}

// NewVerifier returns a verifier that knows no keys yet.
func NewVerifier(config VerifierConfig) *Verifier {
	v := &Verifier{
		dial:    config.Dial,
		roots:   config.Roots,
		vouches: config.Transport != nil,
		keyTTL:  config.KeyTTL,
		timeout: config.FetchTimeout,
		maxAge:  config.MaxAge,
		now:     config.Now,
		sources: make(map[string]*source),
	}
	if v.dial == nil {
		v.dial = new(net.Dialer).DialContext
	}
	if v.roots == nil {
		v.roots = func(string) *x509.CertPool { return nil }
	}
	transport := config.Transport
	if transport == nil {
		transport = &http.Transport{DialTLSContext: v.dialTLS, MaxIdleConnsPerHost: 2, IdleConnTimeout: time.Minute}
	}
	v.client = &http.Client{
		Transport: transport,
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse // the redirect is then refused as a status that is not 200
		},
	}
	if v.timeout <= 0 {
		v.timeout = 5 * time.Second
	}
	if v.now == nil {
		v.now = clock.Now
	}
	return v
}

// Verify judges a token by its provider: issuer and audience, then times, then
// the signature. A refusal is a *RejectedError; any other error means that ctx
// ended first.
func (v *Verifier) Verify(ctx context.Context, token *UnverifiedToken, provider Provider) (*Claims, error) {
	issuer := provider.URL
	if !strings.Contains(issuer, "://") {
		issuer = "https://" + issuer
	}
	if token.issuer != issuer {
		return nil, &RejectedError{Reason: WrongIssuer, Claim: "iss", Issuer: token.issuer, ProviderURL: issuer}
	}
	claims := &Claims{Issuer: token.issuer, Subject: token.subject, OriginalAudience: slices.Clone(token.aud), raw: token.claims}
	if err := claims.readAudience(token, provider); err != nil {
		return nil, err
	}
	if err := claims.readTimes(token, v.now().Unix(), int64(v.maxAge/time.Second)); err != nil {
		return nil, err
	}
	signer, err := v.signer(ctx, token, provider)
	if err != nil {
		return nil, err
	}
	claims.KeyID = signer.kid
	claims.readOptional()
	return claims, nil
}

// signer returns the key that signed the token.
func (v *Verifier) signer(ctx context.Context, token *UnverifiedToken, provider Provider) (*verificationKey, error) {
	s := v.source(token.issuer)
	found, err := v.findKey(ctx, s, token, provider)
	if err != nil {
		return nil, err
	}
	if err := found.key.verify(token); err != nil {
		var none error
		if found, none = v.replacement(ctx, s, token, provider); none != nil || found.key.verify(token) != nil {
			return nil, err
		}
	}
	s.reward(found.from)
	return found.key, nil
}

// Forget drops the keys of an issuer, so that the next token fetches them.
func (v *Verifier) Forget(issuer string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.sources, issuer)
}

// Reset drops the keys of all issuers and the connections to them, as if the
// verifier were new.
func (v *Verifier) Reset() {
	v.mu.Lock()
	clear(v.sources)
	v.mu.Unlock()
	v.client.CloseIdleConnections()
}

// readAudience applies the rules for azp and aud.
//
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html
func (c *Claims) readAudience(token *UnverifiedToken, provider Provider) error {
	claim := "aud"
	if raw, ok := token.claims.get("azp"); ok && !isNull(raw) {
		claim = "azp"
		if !readString(raw, &c.AuthorizedParty) {
			return &RejectedError{Reason: InvalidClaim, Claim: claim, Issuer: token.issuer}
		}
		c.Audience = c.AuthorizedParty
	} else {
		if len(token.aud) > 1 {
			return &RejectedError{Reason: MultipleAudiences, Claim: claim, Issuer: token.issuer, Audiences: slices.Clone(token.aud), ClientIDs: slices.Clone(provider.ClientIDs)}
		}
		c.Audience = token.aud[0]
	}
	if c.Audience == "" || !slices.Contains(provider.ClientIDs, c.Audience) {
		return &RejectedError{
			Reason: WrongAudience, Claim: claim, Issuer: token.issuer,
			Audience: c.Audience, Audiences: slices.Clone(token.aud), ClientIDs: slices.Clone(provider.ClientIDs),
		}
	}
	return nil
}

// readTimes applies the rules for iat, exp and nbf with STS's tolerance.
func (c *Claims) readTimes(token *UnverifiedToken, now, maxAge int64) error {
	var issued, expiry, notBefore int64
	for _, stamp := range [...]struct {
		name string
		into *int64
	}{{"iat", &issued}, {"exp", &expiry}, {"nbf", &notBefore}} {
		raw, ok := token.claims.get(stamp.name)
		if !ok && stamp.name == "nbf" {
			continue
		}
		if !readSeconds(raw, stamp.into) {
			return &RejectedError{Reason: InvalidTimestamp, Claim: stamp.name, Issuer: token.issuer}
		}
	}
	_, hasNotBefore := token.claims.get("nbf")
	reject := func(reason Reason, claim string, now, bound int64) error {
		return &RejectedError{Reason: reason, Claim: claim, Now: now, Bound: bound, Issuer: token.issuer}
	}
	switch {
	case issued > now+tolerance:
		return reject(IssuedInFuture, "iat", now+tolerance, issued)
	case now-tolerance >= expiry:
		return reject(Expired, "exp", now-tolerance, expiry)
	case hasNotBefore && notBefore > now+tolerance:
		return reject(NotYetValid, "nbf", now+tolerance, notBefore)
	case maxAge > 0 && now-issued > maxAge:
		return reject(TooOld, "iat", now, issued)
	}
	c.IssuedAt, c.Expiry = time.Unix(issued, 0).UTC(), time.Unix(expiry, 0).UTC()
	if hasNotBefore {
		c.NotBefore = time.Unix(notBefore, 0).UTC()
	}
	return nil
}

// readOptional takes the claims that may be absent, or be something else than
// their names promise.
func (c *Claims) readOptional() {
	readString(c.raw.value("email"), &c.Email)
	readString(c.raw.value("jti"), &c.ID)
	readStrings(c.raw.value("amr"), &c.AMR)
}
