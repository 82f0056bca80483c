package oidc

import (
	"context"
	"encoding/json"
	"math"
	"net/http"
	"slices"
	"strconv"
)

const (
	discoveryPath = "/.well-known/openid-configuration"
	never         = math.MaxInt64
)

// publishedKey is a key in the JWKS. Issuer.mu guards it.
type publishedKey struct {
	*Key
	lastExpiry int64 // the latest exp of the tokens it signed
	keptExpiry int64 // what is kept of that, which may be later
	dropAt     int64 // when to stop publishing it
}

// publication is what the issuer shows at one time. It is immutable.
type publication struct {
	keys      []*Key
	discovery []byte
	jwks      []byte
	until     int64 // when a retired key falls out
}

// discoveryDocument is OpenID Provider Metadata, its members in the order of
// kube-apiserver with EKS's additions at their places.
type discoveryDocument struct {
	Issuer                string   `json:"issuer"`
	JWKSURI               string   `json:"jwks_uri"`
	AuthorizationEndpoint string   `json:"authorization_endpoint,omitempty"`
	ResponseTypes         []string `json:"response_types_supported"`
	SubjectTypes          []string `json:"subject_types_supported"`
	Claims                []string `json:"claims_supported,omitempty"`
	Algorithms            []string `json:"id_token_signing_alg_values_supported"`
}

func (s Style) keysPath() string {
	switch s {
	case StyleKubernetes:
		return "/openid/v1/jwks"
	case StyleSelfHosted:
		return "/keys.json"
	}
	return "/keys"
}

// publish renders the documents for the keys that are not yet to be dropped.
// Issuer.mu is held.
func (i *Issuer) publish() error {
	now := i.now().Unix()
	i.keys = slices.DeleteFunc(i.keys, func(k *publishedKey) bool { return k.dropAt <= now })
	p := &publication{until: never, jwks: []byte(`{"keys":[`)}
	doc := discoveryDocument{
		Issuer:        i.url,
		JWKSURI:       i.jwksURI,
		ResponseTypes: []string{"id_token"},
		SubjectTypes:  []string{"public"},
	}
	if i.style != StyleKubernetes {
		doc.AuthorizationEndpoint = "urn:kubernetes:programmatic_authorization"
		doc.Claims = []string{"sub", "iss"}
	}
	for n, k := range i.keys {
		if n > 0 {
			p.jwks = append(p.jwks, ',')
		}
		p.jwks = append(p.jwks, k.jwk...)
		p.keys = append(p.keys, k.Key)
		p.until = min(p.until, k.dropAt)
		doc.Algorithms = append(doc.Algorithms, string(k.alg))
	}
	p.jwks = append(p.jwks, "]}"...)
	slices.Sort(doc.Algorithms)
	doc.Algorithms = slices.Compact(doc.Algorithms)
	var err error
	if p.discovery, err = json.Marshal(doc); err != nil {
		return err
	}
	i.snapshot.Store(p)
	return nil
}

// current returns what is to be shown now.
func (i *Issuer) current(ctx context.Context) (*publication, error) {
	if err := i.Ready(ctx); err != nil {
		return nil, err
	}
	p := i.snapshot.Load()
	if i.now().Unix() < p.until {
		return p, nil
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if err := i.publish(); err != nil {
		return nil, err
	}
	return i.snapshot.Load(), nil
}

// Discovery returns the discovery document.
func (i *Issuer) Discovery(ctx context.Context) ([]byte, error) {
	p, err := i.current(ctx)
	if err != nil {
		return nil, err
	}
	return slices.Clone(p.discovery), nil
}

// JWKS returns the key set document.
func (i *Issuer) JWKS(ctx context.Context) ([]byte, error) {
	p, err := i.current(ctx)
	if err != nil {
		return nil, err
	}
	return slices.Clone(p.jwks), nil
}

// ServeHTTP serves the discovery document and the keys below the issuer's own
// path, as at the issuer's own host.
func (i *Issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) { i.serve(w, r, i.path) }

// HandlerAt returns a handler that serves them below another path, such as
// /id/NAME, for an issuer that is hosted elsewhere than its URL says.
func (i *Issuer) HandlerAt(prefix string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { i.serve(w, r, prefix) })
}

func (i *Issuer) serve(w http.ResponseWriter, r *http.Request, prefix string) {
	discovery := false
	switch r.URL.Path {
	case prefix + discoveryPath:
		discovery = true
	case prefix + "/keys", prefix + i.style.keysPath():
	default:
		http.NotFound(w, r)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	p, err := i.current(r.Context())
	if err != nil {
		http.Error(w, "signing key not available", http.StatusServiceUnavailable)
		return
	}
	body, contentType := p.jwks, "application/jwk-set+json"
	if discovery {
		body, contentType = p.discovery, "application/json"
	}
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Cache-Control", "public, max-age=3600") // kube-apiserver's
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method == http.MethodGet {
		_, _ = w.Write(body) // a client that went away is no concern of ours
	}
}
