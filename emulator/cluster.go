package emulator

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/irsatz/irsatz/internal/nearest"
	"github.com/irsatz/irsatz/manifest"
	"github.com/irsatz/irsatz/oidc"
)

// cluster is an issuer of service account tokens, and the service accounts
// known in it.
type cluster struct {
	name            string
	id              string // last part of /id/… on the AWS port
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
	byName map[string]*cluster
	byID   map[string]*cluster
	byHost map[string][]*cluster // by host of the issuer URL, lower case
	order  []*cluster
}

// clusters holds all clusters. Readers work on a set, writers replace it.
type clusters struct {
	emulator *Emulator
	mu       sync.Mutex
	current  atomic.Pointer[clusterSet]
}

func newClusters(e *Emulator) *clusters {
	c := &clusters{emulator: e}
	c.current.Store(newClusterSet(nil))
	return c
}

func (c *clusters) set() *clusterSet { return c.current.Load() }

func newClusterSet(all []*cluster) *clusterSet {
	s := &clusterSet{byName: map[string]*cluster{}, byID: map[string]*cluster{}, byHost: map[string][]*cluster{}, order: all}
	for _, k := range all {
		s.byName[k.name], s.byID[k.id] = k, k
		host := issuerHost(k.issuer.URL())
		s.byHost[host] = append(s.byHost[host], k)
	}
	return s
}

// issuerHost is the host of an issuer URL, in lower case and without port 443.
func issuerHost(issuer string) string {
	u, err := url.Parse(issuer)
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(strings.ToLower(u.Host), ":443")
}

// defaultIssuer is shaped like EKS's. It follows from the cluster's name, so
// that a trust policy written for it stays good.
func defaultIssuer(region, name string) string {
	sum := sha256.Sum256([]byte("irsatz cluster " + name))
	return "https://oidc.eks." + region + ".amazonaws.com/id/" + strings.ToUpper(hex.EncodeToString(sum[:16]))
}

// plan returns the clusters after loading the state, without making them so.
// Issuers that are there already keep their keys.
func (c *clusters) plan(state *manifest.State) (*clusterSet, error) {
	config := c.emulator.config
	all := map[string]*cluster{}
	var order []string
	add := func(name, issuer string, at manifest.Pos) error {
		if _, ok := all[name]; ok {
			return nil
		}
		k, err := c.open(name, issuer)
		if err != nil {
			return fmt.Errorf("%s: %w", at, err)
		}
		all[name] = k
		order = append(order, name)
		return nil
	}
	for _, k := range c.set().order {
		twin := *k
		twin.serviceAccounts = maps.Clone(k.serviceAccounts)
		all[k.name] = &twin
		order = append(order, k.name)
	}
	for _, m := range state.Clusters {
		issuer := first(m.OIDCIssuer, defaultIssuer(first(m.Region, config.Region), m.Name))
		if old, ok := all[m.Name]; ok && old.issuer.URL() != issuer {
			return nil, fmt.Errorf("%s: cluster %s already has the issuer %s", m.Pos, m.Name, old.issuer.URL())
		}
		if err := add(m.Name, issuer, m.Pos); err != nil {
			return nil, err
		}
	}
	if len(order) == 0 {
		if err := add(DefaultCluster, defaultIssuer(config.Region, DefaultCluster), manifest.Pos{}); err != nil {
			return nil, err
		}
	}
	for _, sa := range state.ServiceAccounts {
		k, ok := all[first(sa.Cluster, order[0])]
		if !ok {
			return nil, fmt.Errorf("%s: there is no cluster %s", sa.Pos, sa.Cluster)
		}
		s := &serviceAccount{namespace: sa.Namespace, name: sa.Name, annotations: sa.Annotations}
		k.serviceAccounts[s.key()] = s
	}
	list := make([]*cluster, len(order))
	issuers := map[string]string{}
	for i, name := range order {
		list[i] = all[name]
		u := list[i].issuer.URL()
		if other, taken := issuers[u]; taken {
			return nil, fmt.Errorf("clusters %s and %s have the same issuer %s", other, name, u)
		}
		issuers[u] = name
	}
	return newClusterSet(list), nil
}

func (c *clusters) open(name, issuerURL string) (*cluster, error) {
	issuer, err := oidc.NewIssuer(oidc.Config{URL: issuerURL, Now: c.emulator.config.Clock.Now, Rand: c.emulator.config.Rand})
	if err != nil {
		return nil, fmt.Errorf("cluster %s: %w", name, err)
	}
	id := name
	if i := strings.LastIndex(issuerURL, "/id/"); i >= 0 && !strings.Contains(issuerURL[i+4:], "/") && issuerURL[i+4:] != "" {
		id = issuerURL[i+4:]
	}
	return &cluster{
		name: name, id: id, issuer: issuer, handler: issuer.HandlerAt("/id/" + id),
		serviceAccounts: map[string]*serviceAccount{},
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

// warmUp waits for the keys of all issuers, so that the first token does not.
func (s *clusterSet) warmUp(ctx context.Context) {
	for _, k := range s.order {
		if k.issuer.Ready(ctx) != nil {
			return
		}
	}
}

// withoutServiceAccounts returns the same clusters, emptied.
func (s *clusterSet) withoutServiceAccounts() *clusterSet {
	var all []*cluster
	for _, k := range s.order {
		twin := *k
		twin.serviceAccounts = map[string]*serviceAccount{}
		all = append(all, &twin)
	}
	return newClusterSet(all)
}
