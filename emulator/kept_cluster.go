package emulator

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/irsatz/irsatz/internal/datadir"
	"github.com/irsatz/irsatz/manifest"
)

// The keys of clusters and of issuers that are no clusters begin with these.
const (
	clusterPrefix = "cluster/"
	issuerPrefix  = "issuer/"
)

// keptCluster is a cluster as it is kept.
type keptCluster struct {
	Order           int                  `json:"order"` // the first one is the default
	Name            string               `json:"name"`
	Account         string               `json:"account"`
	Region          string               `json:"region"`
	Issuer          string               `json:"issuer"`
	ServiceAccounts []keptServiceAccount `json:"serviceAccounts,omitempty"`
}

type keptServiceAccount struct {
	Namespace   string            `json:"namespace"`
	Name        string            `json:"name"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

// keptIssuer is an issuer that is no cluster, as it is kept.
type keptIssuer struct {
	Order  int             `json:"order"`
	Name   string          `json:"name"`
	URL    string          `json:"url"`
	Preset string          `json:"preset"`
	Claims json.RawMessage `json:"claims"`
}

// records are what to keep of the clusters.
func (s *clusterSet) records() (map[string][]byte, error) {
	records := map[string][]byte{}
	if s.untouched() {
		return records, nil
	}
	for n, k := range s.order {
		if k.attached != nil {
			continue // it is kept where it is
		}
		kept := keptCluster{Order: n, Name: k.name, Account: k.account, Region: k.region, Issuer: k.issuer.URL()}
		for _, key := range slices.Sorted(maps.Keys(k.serviceAccounts)) {
			sa := k.serviceAccounts[key]
			kept.ServiceAccounts = append(kept.ServiceAccounts, keptServiceAccount{sa.namespace, sa.name, sa.annotations})
		}
		if err := encode(records, clusterPrefix+k.name, kept); err != nil {
			return nil, err
		}
	}
	for n, o := range s.others {
		claims, err := json.Marshal(o.claims)
		if err != nil {
			return nil, fmt.Errorf("keep issuer %s: %w", o.name, err)
		}
		kept := keptIssuer{Order: n, Name: o.name, URL: o.issuer.URL(), Preset: o.preset.Name, Claims: claims}
		if err := encode(records, issuerPrefix+o.name, kept); err != nil {
			return nil, err
		}
	}
	return records, nil
}

func encode(records map[string][]byte, key string, value any) (err error) {
	if records[key], err = json.Marshal(value); err != nil {
		return fmt.Errorf("keep %s: %w", key, err)
	}
	return nil
}

// untouched reports whether there is only the cluster that is there when nobody
// asked for any. It is not kept, to make way when somebody does.
func (s *clusterSet) untouched() bool {
	return len(s.others) == 0 && len(s.order) == 1 && s.order[0].name == DefaultCluster && len(s.order[0].serviceAccounts) == 0
}

// keptClusters reads the clusters of an earlier run, as a manifest would have
// them.
func keptClusters(records *datadir.Records) (*manifest.State, error) {
	var clusters []keptCluster
	var issuers []keptIssuer
	err := errors.Join(decodeAll(records, clusterPrefix, &clusters), decodeAll(records, issuerPrefix, &issuers))
	if err != nil {
		return nil, err
	}
	slices.SortFunc(clusters, func(a, b keptCluster) int { return cmp.Compare(a.Order, b.Order) })
	slices.SortFunc(issuers, func(a, b keptIssuer) int { return cmp.Compare(a.Order, b.Order) })
	state := &manifest.State{}
	for _, k := range clusters {
		state.Clusters = append(state.Clusters, manifest.Cluster{Name: k.Name, AccountID: k.Account, Region: k.Region, OIDCIssuer: k.Issuer})
		for _, sa := range k.ServiceAccounts {
			state.ServiceAccounts = append(state.ServiceAccounts, manifest.ServiceAccount{
				Cluster: k.Name, Namespace: sa.Namespace, Name: sa.Name, Annotations: sa.Annotations,
			})
		}
	}
	for _, o := range issuers {
		state.Issuers = append(state.Issuers, manifest.Issuer{Name: o.Name, URL: o.URL, Preset: o.Preset, Claims: o.Claims})
	}
	return state, nil
}

// decodeAll reads the records whose keys begin with prefix.
func decodeAll[T any](records *datadir.Records, prefix string, into *[]T) error {
	return records.Load(prefix, func(key string, text []byte) error {
		d := json.NewDecoder(bytes.NewReader(text))
		d.DisallowUnknownFields()
		var one T
		if err := d.Decode(&one); err != nil {
			return fmt.Errorf("read what is kept as %s: %w", key, err)
		}
		*into = append(*into, one)
		return nil
	})
}

// clusterChanges are the records to keep when one set takes the place of another.
func clusterChanges(old, new *clusterSet) (map[string][]byte, error) {
	was, err := old.records()
	if err != nil {
		return nil, err
	}
	now, err := new.records()
	return differences(was, now), err
}

// differences are the changes that lead from one set of records to another.
func differences(was, now map[string][]byte) map[string][]byte {
	changes := map[string][]byte{}
	for key := range was {
		if _, ok := now[key]; !ok {
			changes[key] = nil
		}
	}
	for key, value := range now {
		if old, ok := was[key]; !ok || !bytes.Equal(old, value) {
			changes[key] = value
		}
	}
	return changes
}
