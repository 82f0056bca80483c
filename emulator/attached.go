package emulator

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/irsatz/irsatz/webhook"
)

// Attached is a real cluster, whose API server signs its tokens and knows its
// service accounts. What it publishes is hosted here in its place: STS takes
// its tokens although nobody else can reach its issuer, as that of a kind
// cluster, whose discovery document is for those with credentials.
type Attached struct {
	Name   string // of the cluster here
	Issuer string // https URL
	// Keys fetches the keys as they are now, a JWKS. When it cannot, the keys
	// of the last time stand.
	Keys func(context.Context) ([]byte, error)
	// ServiceAccounts and Mappings are where the cluster's webhook looks.
	ServiceAccounts webhook.ServiceAccounts
	Mappings        *webhook.Mappings // nil means none
}

// attach adds a real cluster, unless it is there.
func (p *clusterPlan) attach(a *Attached) error {
	if _, ok := p.byName[a.Name]; ok {
		return nil
	}
	if a.Name == "" || a.Keys == nil || a.ServiceAccounts == nil {
		return errors.New("attached cluster: Name, Keys and ServiceAccounts are required")
	}
	h, err := p.open("cluster "+a.Name, a.Name, a.Issuer)
	if err != nil {
		return err
	}
	documents := &documents{attached: a, keys: p.emulator.attachedKeys(a)}
	h.home, h.handler = documents, documents
	p.add(&cluster{hosted: h, serviceAccounts: map[string]*serviceAccount{}, attached: a})
	return nil
}

// attachedKeys is where the last keys of a cluster are kept over resets.
func (e *Emulator) attachedKeys(a *Attached) *atomic.Pointer[[]byte] {
	keys, ok := e.fetchedKeys[a.Issuer]
	if !ok {
		keys = new(atomic.Pointer[[]byte])
		e.fetchedKeys[a.Issuer] = keys
	}
	return keys
}

// documents serves what an attached cluster publishes, at EKS's paths.
type documents struct {
	attached *Attached
	keys     *atomic.Pointer[[]byte] // of the last time
}

// fetchTime is how long a cluster may take to give its keys. STS gives up on an
// issuer after five seconds.
const fetchTime = 3 * time.Second

// ServeHTTP answers with the discovery document or the keys.
func (d *documents) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !strings.HasSuffix(r.URL.Path, issuerDocuments[1]) {
		w.Header().Set("Cache-Control", "public, max-age=3600")
		writeJSON(w, map[string]any{
			"issuer": d.attached.Issuer, "jwks_uri": strings.TrimSuffix(d.attached.Issuer, "/") + issuerDocuments[1],
			"response_types_supported": []string{"id_token"}, "subject_types_supported": []string{"public"},
			"id_token_signing_alg_values_supported": []string{"RS256"},
		})
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), fetchTime)
	defer cancel()
	keys, err := d.attached.Keys(ctx)
	if err == nil && !json.Valid(keys) {
		err = errors.New("they are no JSON")
	}
	switch last := d.keys.Load(); {
	case err == nil:
		d.keys.Store(&keys)
	case last != nil:
		keys = *last
	default:
		writeError(w, http.StatusBadGateway, fmt.Sprintf("keys of cluster %s: %v", d.attached.Name, err), "")
		return
	}
	w.Header().Set("Content-Type", "application/jwk-set+json")
	_, _ = w.Write(keys)
}

// mints is an error for a cluster whose keys are not here.
func (k *cluster) mints() error {
	if k.attached == nil {
		return nil
	}
	return fmt.Errorf("cluster %s signs its own tokens: kubectl create token …", k.name)
}

// annotations returns those of a service account, wherever it lives.
func (k *cluster) annotations(namespace, name string) (map[string]string, bool) {
	if k.attached != nil {
		return k.attached.ServiceAccounts.Lookup(namespace, name)
	}
	return accounts(k.serviceAccounts).Lookup(namespace, name)
}

// SigningKey returns the key that a cluster's tokens are signed with now, as an
// API server is given it: the private half and the public one, PEM. Clusters
// that sign for themselves have none here.
func (e *Emulator) SigningKey(ctx context.Context, clusterName string) (SigningKey, error) {
	k, err := e.clusters().find(clusterName)
	if err == nil {
		err = k.mints()
	}
	if err != nil {
		return SigningKey{}, err
	}
	keys, err := k.issuer.Keys(ctx)
	if err != nil {
		return SigningKey{}, err
	}
	private, err := keys[0].PEM()
	return SigningKey{Cluster: k.name, Issuer: k.issuer.URL(), Private: string(private), Public: string(keys[0].PublicPEM())}, err
}

// SigningKey is a key for --service-account-signing-key-file and
// --service-account-key-file of an API server.
type SigningKey struct {
	Cluster string `json:"cluster"`
	Issuer  string `json:"oidcIssuer"`
	Private string `json:"privateKey"`
	Public  string `json:"publicKey"`
}

// controlSigningKey gives away no more than the control port does anyway, which
// mints any token.
func (e *Emulator) controlSigningKey(w http.ResponseWriter, r *http.Request) {
	key, err := e.SigningKey(r.Context(), r.URL.Query().Get("cluster"))
	if err != nil {
		refuse(w, err)
		return
	}
	writeJSON(w, key)
}
