package emulator

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/irsatz/irsatz/internal/nearest"
	"github.com/irsatz/irsatz/manifest"
	"github.com/irsatz/irsatz/oidc"
	"github.com/irsatz/irsatz/webhook"
)

// hosted is an issuer that lives here.
type hosted struct {
	name            string
	id              string // last part of /id/… on the AWS port
	authority, path string // of the issuer URL, see authority; no slash at the end
	issuer          *oidc.Issuer
	handler         http.Handler // serves discovery and keys below /id/<id>
	home            http.Handler // serves them at the issuer's own host name
}

// cluster is an issuer of service account tokens, and the service accounts
// known in it.
type cluster struct {
	hosted
	account, region string
	serviceAccounts map[string]*serviceAccount
	webhook         *webhook.Webhook // over the service accounts
	attached        *Attached        // the real cluster that it is; nil: none
}

// serviceAccount is a Kubernetes ServiceAccount as far as it matters here.
type serviceAccount struct {
	namespace, name string
	annotations     map[string]string
}

func (s *serviceAccount) key() string { return s.namespace + "/" + s.name }

// clusterSet is the clusters, and the issuers that are no clusters, at one
// instant. It never changes.
type clusterSet struct {
	byName     map[string]*cluster
	byID       map[string]*hosted
	byDocument map[string]*hosted // by authority and path of discovery and keys
	hosts      map[string]bool    // authorities of issuers
	order      []*cluster
	others     []*otherIssuer
}

func newClusterSet(all []*cluster, others []*otherIssuer) *clusterSet {
	s := &clusterSet{
		byName: map[string]*cluster{}, byID: map[string]*hosted{}, byDocument: map[string]*hosted{}, hosts: map[string]bool{},
		order: all, others: others,
	}
	for _, k := range all {
		s.byName[k.name] = k
		s.host(&k.hosted)
	}
	for _, o := range others {
		s.host(&o.hosted)
	}
	return s
}

func (s *clusterSet) host(h *hosted) {
	s.byID[h.id] = h
	s.hosts[h.authority] = true
	for _, d := range issuerDocuments {
		s.byDocument[h.authority+h.path+d] = h
	}
}

// issuerDocuments are what an issuer serves, below its path.
var issuerDocuments = [...]string{"/.well-known/openid-configuration", "/keys"}

// authority is a Host header or a URL's host in the one form that is compared:
// in lower case, without final dot and port 443.
func authority(hostport string) string {
	u := url.URL{Host: strings.ToLower(hostport)}
	host := strings.TrimSuffix(u.Hostname(), ".")
	if port := u.Port(); port != "" && port != "443" {
		return net.JoinHostPort(host, port)
	}
	return host
}

// DefaultIssuer is the issuer of a cluster that was given none. It is shaped like
// EKS's and follows from the cluster's name, so that a trust policy written for
// it stays good.
func DefaultIssuer(region, name string) string {
	sum := sha256.Sum256([]byte("irsatz cluster " + name))
	return "https://oidc.eks." + region + ".amazonaws.com/id/" + strings.ToUpper(hex.EncodeToString(sum[:16]))
}

// plan returns the clusters after loading the state over those there, without
// making them so. The caller holds stateMu.
func (e *Emulator) plan(there *clusterSet, state *manifest.State) (*clusterSet, error) {
	p := &clusterPlan{emulator: e, byName: map[string]*cluster{}}
	for _, k := range there.order {
		twin := *k
		twin.serviceAccounts = maps.Clone(k.serviceAccounts)
		p.add(&twin)
	}
	p.others = slices.Clone(there.others)
	for i := range e.config.Attached {
		if err := p.attach(&e.config.Attached[i]); err != nil {
			return nil, err
		}
	}
	var wrong []error
	fail := func(at manifest.Pos, err error) { wrong = append(wrong, fmt.Errorf("%s: %w", at, err)) }
	for _, m := range state.Clusters {
		if err := p.load(m); err != nil {
			fail(m.Pos, err)
		}
	}
	if len(p.order) == 0 {
		if err := p.load(manifest.Cluster{Name: DefaultCluster}); err != nil {
			return nil, err
		}
	}
	for _, m := range state.Issuers {
		if err := p.loadOther(m); err != nil {
			fail(m.Pos, err)
		}
	}
	if len(wrong) > 0 { // what is in these clusters would be wrong as well
		return nil, errors.Join(wrong...)
	}
	for _, sa := range state.ServiceAccounts {
		k, ok := p.byName[first(sa.Cluster, p.order[0].name)]
		if !ok {
			fail(sa.Pos, fmt.Errorf("there is no cluster %s", sa.Cluster))
			continue
		}
		s := &serviceAccount{namespace: sa.Namespace, name: sa.Name, annotations: sa.Annotations}
		k.serviceAccounts[s.key()] = s
	}
	for _, k := range p.order {
		k.hook(e.hookConfig())
	}
	if len(wrong) > 0 {
		return nil, errors.Join(wrong...)
	}
	return newClusterSet(p.order, p.others), nil
}

// clusterPlan is clusters that are not to be seen yet.
type clusterPlan struct {
	emulator *Emulator
	byName   map[string]*cluster
	order    []*cluster
	others   []*otherIssuer
}

func (p *clusterPlan) add(k *cluster) {
	p.byName[k.name] = k
	p.order = append(p.order, k)
}

// load adds a cluster. One that is there already may be named again, without an
// issuer or with the same: a real cluster, too, which the files describe.
func (p *clusterPlan) load(m manifest.Cluster) error {
	if old, ok := p.byName[m.Name]; ok {
		if m.OIDCIssuer != "" && m.OIDCIssuer != old.issuer.URL() {
			return fmt.Errorf("cluster %s already has the issuer %s", m.Name, old.issuer.URL())
		}
		return nil
	}
	region := first(m.Region, p.emulator.config.Region)
	h, err := p.open("cluster "+m.Name, m.Name, first(m.OIDCIssuer, DefaultIssuer(region, m.Name)))
	if err != nil {
		return err
	}
	p.add(&cluster{
		hosted: h, account: first(m.AccountID, p.emulator.config.Account), region: region,
		serviceAccounts: map[string]*serviceAccount{},
	})
	return nil
}

// open makes an issuer that is in nobody's way; what names it in errors.
func (p *clusterPlan) open(what, name, issuerURL string) (hosted, error) {
	h, err := p.emulator.open(name, issuerURL)
	if err != nil {
		return h, fmt.Errorf("%s: %w", what, err)
	}
	for _, k := range p.order {
		if err := h.apartFrom(&k.hosted, what, "cluster "+k.name); err != nil {
			return h, err
		}
	}
	for _, o := range p.others {
		if err := h.apartFrom(&o.hosted, what, "issuer "+o.name); err != nil {
			return h, err
		}
	}
	return h, nil
}

// apartFrom reports what two issuers, named in errors by what they are, would
// both be.
func (h *hosted) apartFrom(other *hosted, what, otherWhat string) error {
	switch {
	case other.issuer.URL() == h.issuer.URL():
		return fmt.Errorf("%s and %s have the same issuer %s", otherWhat, what, h.issuer.URL())
	case other.authority == h.authority && other.path == h.path:
		return fmt.Errorf("the issuers of %s and %s have the same discovery document", otherWhat, what)
	case other.id == h.id:
		return fmt.Errorf("%s and %s would both be served at /id/%s", otherWhat, what, h.id)
	}
	return nil
}

// open makes an issuer. One that was there before, be it before a reset, keeps
// its keys.
func (e *Emulator) open(name, issuerURL string) (hosted, error) {
	issuer, ok := e.issuers[issuerURL]
	if !ok {
		var err error
		issuer, err = e.lasting.issuer(oidc.Config{URL: issuerURL, Now: e.config.Clock.Now, Rand: e.config.Rand})
		if err != nil {
			return hosted{}, err
		}
		e.issuers[issuerURL] = issuer
	}
	u, err := url.Parse(issuerURL)
	if err != nil {
		return hosted{}, err
	}
	id := name
	if i := strings.LastIndex(u.Path, "/id/"); i >= 0 && !strings.Contains(u.Path[i+4:], "/") && u.Path[i+4:] != "" {
		id = u.Path[i+4:]
	}
	return hosted{
		name: name, id: id, authority: authority(u.Host), path: strings.TrimSuffix(u.Path, "/"),
		issuer: issuer, handler: issuer.HandlerAt("/id/" + id), home: issuer,
	}, nil
}

// find returns the cluster named, by its name or its issuer URL; "" means the
// first one.
func (s *clusterSet) find(name string) (*cluster, error) {
	if name == "" && len(s.order) > 0 {
		return s.order[0], nil
	}
	if k, ok := s.byName[name]; ok {
		return k, nil
	}
	var names []string
	for _, k := range s.order {
		if k.issuer.URL() == name {
			return k, nil
		}
		names = append(names, k.name)
	}
	return nil, notFound("clusters", name, names)
}

// serviceAccount returns the service account, or an error that says which one
// was probably meant.
func (k *cluster) serviceAccount(namespace, name string) (*serviceAccount, error) {
	if annotations, ok := k.annotations(namespace, name); ok {
		return &serviceAccount{namespace: namespace, name: name, annotations: annotations}, nil
	}
	return nil, notFound("serviceaccounts", namespace+"/"+name, slices.Sorted(maps.Keys(k.serviceAccounts)))
}

// notFoundError is an unknown name, worded as Kubernetes does.
type notFoundError struct {
	kind, name, hint string
}

// Error is Kubernetes' text.
func (e *notFoundError) Error() string { return fmt.Sprintf("%s %q not found", e.kind, e.name) }

func notFound(kind, name string, known []string) error {
	e := &notFoundError{kind: kind, name: name, hint: "there are none"}
	if len(known) > 0 {
		e.hint = "there are " + strings.Join(known[:min(len(known), 10)], ", ")
	}
	if near, ok := nearest.Of(name, known); ok {
		e.hint = "did you mean " + near + "? " + e.hint
	}
	return e
}

// warmUp makes the keys of all issuers, one after another so that a core is
// left for the first requests, and no request has to wait for them.
func (s *clusterSet) warmUp(ctx context.Context) {
	for _, k := range s.order {
		if k.attached == nil && k.issuer.Ready(ctx) != nil {
			return
		}
	}
	for _, o := range s.others {
		if o.issuer.Ready(ctx) != nil {
			return
		}
	}
}
