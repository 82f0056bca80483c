package manifest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"io"

	"github.com/irsatz/irsatz/internal/syntax"
)

// WriteNative writes the state in the native form, a document for each account,
// so that it reads the same again. What that form does not have, or what was
// made into something else, is left out: workloads, ClusterConfigs, notes and
// objects of buckets.
func WriteNative(w io.Writer, s *State) error {
	n := nativeWriter{state: s}
	n.document(s.Account, s.Region)
	n.clusters()
	n.entities()
	n.buckets()
	for i, d := range n.documents {
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		if err := e.Encode(d); err != nil {
			return err
		}
		text, err := syntax.FormatYAML(b.Bytes())
		if err != nil {
			return err
		}
		if i > 0 {
			text = append([]byte("---\n"), text...)
		}
		if _, err := w.Write(text); err != nil {
			return err
		}
	}
	return nil
}

// nativeDocument and the types below are the native form, in the order in which
// it is written.
type nativeDocument struct {
	APIVersion       string           `json:"apiVersion"`
	Account          string           `json:"account,omitempty"`
	AccountAlias     string           `json:"accountAlias,omitempty"`
	Region           string           `json:"region,omitempty"`
	Clusters         []nativeCluster  `json:"clusters,omitempty"`
	Issuers          []nativeIssuer   `json:"issuers,omitempty"`
	OIDCProviders    []nativeProvider `json:"oidcProviders,omitempty"`
	Policies         []nativePolicy   `json:"policies,omitempty"`
	AWSPolicies      []nativePolicy   `json:"awsPolicies,omitempty"`
	Roles            []nativeRole     `json:"roles,omitempty"`
	Groups           []nativeGroup    `json:"groups,omitempty"`
	Users            []nativeUser     `json:"users,omitempty"`
	InstanceProfiles []nativeProfile  `json:"instanceProfiles,omitempty"`
	Buckets          []nativeBucket   `json:"buckets,omitempty"`
}

type nativeCluster struct {
	Name            string                 `json:"name"`
	Account         string                 `json:"account,omitempty"`
	Region          string                 `json:"region,omitempty"`
	OIDCIssuer      string                 `json:"oidcIssuer,omitempty"`
	ServiceAccounts []nativeServiceAccount `json:"serviceAccounts,omitempty"`
}

type nativeServiceAccount struct {
	Namespace   string            `json:"namespace"`
	Name        string            `json:"name"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

type nativeIssuer struct {
	Name   string          `json:"name"`
	Preset string          `json:"preset"`
	URL    string          `json:"url,omitempty"`
	Claims json.RawMessage `json:"claims,omitempty"`
}

type nativeBucket struct {
	BucketName string          `json:"bucketName"`
	Versioning bool            `json:"versioning,omitempty"`
	Block      *bool           `json:"blockPublicAccess,omitempty"` // true if it is not said
	Policy     json.RawMessage `json:"policy,omitempty"`
	Tags       []nativeTag     `json:"tags,omitempty"`
}

type nativeTag struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// nativeWriter gathers the documents, that of the default account first.
type nativeWriter struct {
	state     *State
	documents []*nativeDocument
}

// document returns the document of the account and the region.
func (n *nativeWriter) document(account, region string) *nativeDocument {
	account, region = cmp.Or(account, n.state.Account), cmp.Or(region, n.state.Region)
	for _, d := range n.documents {
		if d.Account == account && d.Region == region {
			return d
		}
	}
	d := &nativeDocument{APIVersion: nativeVersion, Account: account, Region: region}
	n.documents = append(n.documents, d)
	return d
}

// clusters writes all clusters into the first document, since their order
// counts: the first is the default one.
func (n *nativeWriter) clusters() {
	s, d := n.state, n.documents[0]
	for _, c := range s.Clusters {
		out := nativeCluster{Name: c.Name, OIDCIssuer: c.OIDCIssuer}
		if c.AccountID != s.Account {
			out.Account = c.AccountID
		}
		if c.Region != s.Region {
			out.Region = c.Region
		}
		for _, sa := range s.ServiceAccounts {
			if sa.Cluster == c.Name {
				out.ServiceAccounts = append(out.ServiceAccounts, nativeServiceAccount{sa.Namespace, sa.Name, sa.Annotations})
			}
		}
		d.Clusters = append(d.Clusters, out)
	}
	for _, i := range s.Issuers {
		d.Issuers = append(d.Issuers, nativeIssuer{i.Name, i.Preset, i.URL, json.RawMessage(i.Claims)})
	}
}

func (n *nativeWriter) buckets() {
	for _, b := range n.state.Buckets {
		out := nativeBucket{BucketName: b.Name, Versioning: b.Versioning, Tags: nativeTags(b.Tags)}
		if b.Public {
			out.Block = new(bool)
		}
		if b.Policy != nil {
			out.Policy = nativeText(*b.Policy)
		}
		d := n.document(b.AccountID, b.Region)
		d.Buckets = append(d.Buckets, out)
	}
}

func nativeTags(tags []Tag) []nativeTag {
	var all []nativeTag
	for _, t := range tags {
		all = append(all, nativeTag(t))
	}
	return all
}

// nativeText is a policy document: as a mapping, or where that would not give
// its very text back, as text.
func nativeText(d Document) json.RawMessage {
	if len(d.JSON) == 0 {
		return nil
	}
	if syntax.Canonical(d.JSON) {
		return d.JSON
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(string(d.JSON)) != nil { // a string always encodes
		return nil
	}
	return b.Bytes()
}
