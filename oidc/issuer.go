package oidc

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/irsatz/irsatz/internal/clock"
)

// Style says whose discovery document an issuer imitates.
type Style uint8

// The styles of issuers.
const (
	StyleEKS        Style = iota // authorization_endpoint and claims_supported; keys at /keys
	StyleKubernetes              // kube-apiserver's bytes; keys at /openid/v1/jwks
	StyleSelfHosted              // as EKS; keys at /keys.json, as in a bucket
)

// Config configures an Issuer.
type Config struct {
	// URL is the issuer, kept byte for byte. It must be https and have a host,
	// and no user, query or fragment. A trailing slash makes another issuer.
	URL string
	// AllowHTTP accepts an http URL too. AWS and Kubernetes serve https issuers only.
	AllowHTTP bool
	// Style is the discovery document's style; the zero value is EKS's.
	Style Style
	// JWKSURI is the jwks_uri to announce; empty means the style's path below URL.
	JWKSURI string
	// Keys are the keys to publish, in this order; the first one signs. With
	// none, a key of KeyKind is generated when it is first needed.
	Keys []*Key
	// Outstanding is how long tokens may still be good that the first of Keys
	// signed in an earlier run; rotation waits for them. Zero means there are none.
	Outstanding time.Duration
	// Kept are the keys that Keep had last in an earlier run. With any, Keys and
	// Outstanding are of no use.
	Kept []KeptKey
	// Keep is given all keys before a change of them is seen, and must have
	// made them durable when it returns: if it fails, nothing changes. Nil
	// means that the keys end with the issuer.
	Keep func([]KeptKey) error
	// KeyKind is the kind of generated keys; zero is RSA with 2048 bits. With
	// Keys given, rotation makes keys of the first one's kind instead.
	KeyKind KeyKind
	// Now is the time; nil means clock.Now.
	Now func() time.Time
	// Rand is the source of token ids; nil means crypto/rand.
	Rand io.Reader
}

// Issuer signs tokens and publishes the keys to verify them with. It may be
// used by any number of goroutines.
type Issuer struct {
	url      string
	path     string // the URL's path without a trailing slash
	jwksURI  string
	style    Style
	kind     KeyKind
	now      func() time.Time
	firstKey sync.Once     // starts the making of the first key, if none was given
	ready    chan struct{} // closed once the first key exists, or cannot
	startErr error         // why it cannot; read after ready
	snapshot atomic.Pointer[publication]

	keep     func([]KeptKey) error
	rotating chan struct{} // holds one token: a rotation at a time

	mu      sync.Mutex
	keys    []*publishedKey // the first one signs
	foreign *Key            // signs the tokens of the foreign-key fault
	rand    io.Reader
}

// NewIssuer returns an issuer. It does not wait for a key to be generated:
// minting and publishing do.
func NewIssuer(config Config) (*Issuer, error) {
	parsed, err := parseIssuerURL(config.URL, config.AllowHTTP)
	if err != nil {
		return nil, err
	}
	i := &Issuer{
		url:      config.URL,
		path:     strings.TrimSuffix(parsed.Path, "/"),
		jwksURI:  config.JWKSURI,
		style:    config.Style,
		kind:     config.KeyKind,
		now:      config.Now,
		rand:     config.Rand,
		ready:    make(chan struct{}),
		rotating: make(chan struct{}, 1),
	}
	if i.now == nil {
		i.now = clock.Now
	}
	if i.rand == nil {
		i.rand = rand.Reader
	}
	if config.Style > StyleSelfHosted || config.KeyKind > P521 {
		return nil, fmt.Errorf("issuer %s: unknown style %d or key kind %d", config.URL, config.Style, config.KeyKind)
	}
	if i.jwksURI == "" {
		i.jwksURI = strings.TrimSuffix(config.URL, "/") + config.Style.keysPath()
	}
	if err := i.begin(config); err != nil {
		return nil, fmt.Errorf("issuer %s: %w", config.URL, err)
	}
	return i, nil
}

// begin makes the keys known that the issuer was given, if any.
func (i *Issuer) begin(config Config) error {
	keys := config.Kept
	if len(keys) == 0 {
		i.keep, keys = config.Keep, givenKeys(config.Keys, i.now().Add(config.Outstanding))
	}
	if len(keys) == 0 {
		return nil
	}
	if err := i.adopt(keys); err != nil {
		return err
	}
	i.keep = config.Keep
	i.firstKey.Do(func() {})
	close(i.ready)
	return nil
}

// generateFirst does not end with the context of whoever needed the key first.
func (i *Issuer) generateFirst() {
	defer close(i.ready)
	k, err := GenerateKey(i.kind)
	if err == nil {
		err = i.adopt([]KeptKey{{Key: k}})
	}
	i.startErr = err
}

// adopt makes the issuer's first keys known.
func (i *Issuer) adopt(keys []KeptKey) error {
	seen := make(map[string]bool, len(keys))
	var first []*publishedKey
	for n, k := range keys {
		if k.Key == nil {
			return errors.New("a nil key")
		}
		if n == 0 && !k.DropAt.IsZero() {
			return fmt.Errorf("key %s signs and is to be dropped", k.Key.id)
		}
		if seen[k.Key.id] {
			return fmt.Errorf("key %s given twice", k.Key.id)
		}
		seen[k.Key.id] = true
		first = append(first, k.published())
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.kind = keys[0].Key.kind
	return i.change(first)
}

// parseIssuerURL applies the rules for issuers.
//
// https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata
func parseIssuerURL(text string, allowHTTP bool) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("issuer URL: %w", err)
	}
	// kube-apiserver's texts, as far as it has them.
	switch {
	case u.Scheme != "https" && !(allowHTTP && u.Scheme == "http"):
		return nil, fmt.Errorf("issuer URL must use https scheme, got: %s", text)
	case u.Host == "" || u.Hostname() == "":
		return nil, fmt.Errorf("issuer URL must have a host, got: %s", text)
	case u.User != nil:
		return nil, fmt.Errorf("issuer URL may not include a user, got: %s", u.Redacted())
	case u.RawQuery != "" || u.ForceQuery:
		return nil, fmt.Errorf("issuer URL may not include a query, got: %s", text)
	case strings.Contains(text, "#"):
		return nil, fmt.Errorf("issuer URL may not include a fragment, got: %s", text)
	}
	return u, nil
}

// URL returns the issuer as it stands in the iss claim.
func (i *Issuer) URL() string { return i.url }

// Ready waits until the issuer has a signing key, which it has made if none was
// given. Making one takes a tenth of a second of a whole core, so NewIssuer
// does not begin with it: call Ready when there is time.
func (i *Issuer) Ready(ctx context.Context) error {
	i.firstKey.Do(func() { go i.generateFirst() })
	select {
	case <-i.ready:
		return i.startErr
	default:
	}
	select {
	case <-i.ready:
		return i.startErr
	case <-ctx.Done():
		return fmt.Errorf("wait for signing key: %w", ctx.Err())
	}
}

// Keys returns the published keys; the first one signs. It is for keeping them
// across restarts.
func (i *Issuer) Keys(ctx context.Context) ([]*Key, error) {
	s, err := i.current(ctx)
	if err != nil {
		return nil, err
	}
	return append([]*Key(nil), s.keys...), nil
}
