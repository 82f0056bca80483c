package emulator

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
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
)

// cluster is an issuer of service account tokens, and the service accounts
// known in it.
type cluster struct {
	name            string
	id              string // last part of /id/… on the AWS port
	authority, path string // of the issuer URL, see authority; no slash at the end
	issuer          *oidc.Issuer
	handler         http.Handler // serves discovery and keys below /id/<id>
	serviceAccounts map[string]*serviceAccount
}

// serviceAccount is a Kubernetes ServiceAccount as far as it matters here.
type serviceAccount struct {
	namespace, name string
	annotations     map[string]string
}

func (s *serviceAccount) key() string { return s.namespace + "/" + s.name }

// clusterSet is the clusters at one instant. It never changes.
type clusterSet struct {
	byName     map[string]*cluster
	byID       map[string]*cluster
	byDocument map[string]*cluster // by authority and path of discovery and keys
	hosts      map[string]bool     // authorities of issuers
	order      []*cluster
}

func newClusterSet(all []*cluster) *clusterSet {
	s := &clusterSet{
		byName: map[string]*cluster{}, byID: map[string]*cluster{}, byDocument: map[string]*cluster{}, hosts: map[string]bool{}, order: all,
	}
	for _, k := range all {
		s.byName[k.name], s.byID[k.id] = k, k
		s.hosts[k.authority] = true
		for _, d := range issuerDocuments {
			s.byDocument[k.authority+k.path+d] = k
		}
	}
	return s
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

// defaultIssuer is shaped like EKS's. It follows from the cluster's name, so
// that a trust policy written for it stays good.
func defaultIssuer(region, name string) string {
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
	for _, m := range state.Clusters {
		if err := p.load(m); err != nil {
			return nil, fmt.Errorf("%s: %w", m.Pos, err)
		}
	}
	if len(p.order) == 0 {
		if err := p.load(manifest.Cluster{Name: DefaultCluster}); err != nil {
			return nil, err
		}
	}
	for _, sa := range state.ServiceAccounts {
		k, ok := p.byName[first(sa.Cluster, p.order[0].name)]
		if !ok {
			return nil, fmt.Errorf("%s: there is no cluster %s", sa.Pos, sa.Cluster)
		}
		s := &serviceAccount{namespace: sa.Namespace, name: sa.Name, annotations: sa.Annotations}
		k.serviceAccounts[s.key()] = s
	}
	return newClusterSet(p.order), nil
}

// clusterPlan is clusters that are not to be seen yet.
type clusterPlan struct {
	emulator *Emulator
	byName   map[string]*cluster
	order    []*cluster
}

func (p *clusterPlan) add(k *cluster) {
	p.byName[k.name] = k
	p.order = append(p.order, k)
}

// load adds a cluster. One that is there already may be named again, without an
// issuer or with the same.
func (p *clusterPlan) load(m manifest.Cluster) error {
	if old, ok := p.byName[m.Name]; ok {
		if m.OIDCIssuer != "" && m.OIDCIssuer != old.issuer.URL() {
			return fmt.Errorf("cluster %s already has the issuer %s", m.Name, old.issuer.URL())
		}
		return nil
	}
	region := first(m.Region, p.emulator.config.Region)
	k, err := p.emulator.open(m.Name, first(m.OIDCIssuer, defaultIssuer(region, m.Name)))
	if err != nil {
		return err
	}
	for _, other := range p.order {
		switch {
		case other.issuer.URL() == k.issuer.URL():
			return fmt.Errorf("clusters %s and %s have the same issuer %s", other.name, k.name, k.issuer.URL())
		case other.authority == k.authority && other.path == k.path:
			return fmt.Errorf("the issuers of clusters %s and %s have the same discovery document", other.name, k.name)
		case other.id == k.id:
			return fmt.Errorf("clusters %s and %s would both be served at /id/%s", other.name, k.name, k.id)
		}
	}
	p.add(k)
	return nil
}

// open makes a cluster. An issuer that was there before, be it before a reset,
// keeps its keys.
func (e *Emulator) open(name, issuerURL string) (*cluster, error) {
	issuer, ok := e.issuers[issuerURL]
	if !ok {
		var err error
		issuer, err = oidc.NewIssuer(oidc.Config{URL: issuerURL, Now: e.config.Clock.Now, Rand: e.config.Rand})
		if err != nil {
			return nil, fmt.Errorf("cluster %s: %w", name, err)
		}
		e.issuers[issuerURL] = issuer
	}
	u, err := url.Parse(issuerURL)
	if err != nil {
		return nil, fmt.Errorf("cluster %s: %w", name, err)
	}
	id := name
	if i := strings.LastIndex(u.Path, "/id/"); i >= 0 && !strings.Contains(u.Path[i+4:], "/") && u.Path[i+4:] != "" {
		id = u.Path[i+4:]
	}
	return &cluster{
		name: name, id: id, authority: authority(u.Host), path: strings.TrimSuffix(u.Path, "/"),
		issuer: issuer, handler: issuer.HandlerAt("/id/" + id), serviceAccounts: map[string]*serviceAccount{},
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
	if s, ok := k.serviceAccounts[namespace+"/"+name]; ok {
		return s, nil
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
		if k.issuer.Ready(ctx) != nil {
			return
		}
	}
}
