// Package kindcluster is a kind cluster wired to our issuer and webhook.
//
// It makes the cluster as kind does, with kind's own code, and puts irsatz into
// it: an image that is written here and loaded without a registry, and the
// manifests of package deploy. A container engine is needed to bring a cluster
// up; Config, Manifests and Image say without one what would be done.
package kindcluster

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
)

// Mode says how the cluster comes by its issuer and its keys.
type Mode string

// The modes.
const (
	// ModeIssuer gives the cluster an issuer like one of EKS; it signs with keys
	// of its own.
	ModeIssuer Mode = "issuer"
	// ModePlain leaves the cluster as kind makes it.
	ModePlain Mode = "plain"
	// ModeKeys gives it an issuer and irsatz's keys: irsatz can mint the same
	// tokens.
	ModeKeys Mode = "keys"
)

// ParseMode reads a mode.
func ParseMode(s string) (Mode, error) {
	switch m := Mode(s); m {
	case ModeIssuer, ModePlain, ModeKeys:
		return m, nil
	}
	return "", fmt.Errorf("mode %q: want %s, %s or %s", s, ModeIssuer, ModePlain, ModeKeys)
}

const (
	// DefaultName is what a cluster is called.
	DefaultName = "irsatz"
	// DefaultRegion is the region of pods, and of the issuer.
	DefaultRegion = "us-east-1"
	// Namespace is where irsatz is in the cluster.
	Namespace = "irsatz"
	// Service is what pods reach irsatz by, in Namespace.
	Service = "irsatz"
	// Endpoint is the URL that pods are given for AWS.
	Endpoint = "http://" + Service + "." + Namespace + ".svc"

	// plainIssuer is kubeadm's issuer, with kind's DNS domain.
	plainIssuer = "https://kubernetes.default.svc.cluster.local"
	// nodePort is where each node has irsatz's AWS port, for the host.
	nodePort = 30566
)

// Options say what cluster is wanted. The zero Options work.
type Options struct {
	Name   string // empty means DefaultName
	Mode   Mode   // empty means ModeIssuer
	Issuer string // https URL; empty means kubeadm's in ModePlain, else one like EKS's that follows from Name and Region
	Region string // of pods; empty means DefaultRegion
	// KeyDir is a folder of this machine for the keys of ModeKeys, which are
	// mounted from there and must stay while the cluster is there.
	KeyDir string
	// Kind is the user's own kind config, to which ours is added; nil means none.
	Kind []byte

	Image string // of irsatz, as the nodes have it; empty means irsatz:dev
	// Setup is what irsatz loads; nil means the kustomize base's, with the issuer:
	// a role for the service account default/app, which is made, and a bucket.
	Setup []File
	// Cluster is what Setup calls this cluster, if it describes it; empty means
	// that it does not.
	Cluster string
	// Accounts are service accounts to make in the cluster.
	Accounts []ServiceAccount
	// Root is KEYID:SECRET of the account's root; empty means random ones that
	// irsatz shows in its log.
	Root string
	// Port is this machine's port that leads to irsatz in the cluster; 0 means
	// none.
	Port int
	// AWSNames has AWS's own names lead to irsatz, for SDKs that are told of no
	// endpoint: it signs irsatz's certificates, and pods are told of it. Nil means
	// that they lead to AWS.
	AWSNames *Authority
	// Host is where irsatz listens as seen from the nodes, if it is not to run in
	// the cluster but on this machine.
	Host netip.AddrPort
}

// File is a file that irsatz loads.
type File struct {
	Name    string
	Content []byte
}

// ServiceAccount is a service account of the cluster.
type ServiceAccount struct {
	Namespace, Name string
	Annotations     map[string]string
}

// defaults fills in what is not said.
func (o Options) defaults() Options {
	o.Name = cmp.Or(o.Name, DefaultName)
	o.Mode = cmp.Or(o.Mode, ModeIssuer)
	o.Region = cmp.Or(o.Region, DefaultRegion)
	o.Image = cmp.Or(o.Image, "irsatz:dev")
	switch {
	case o.Issuer != "":
	case o.Mode == ModePlain:
		o.Issuer = plainIssuer
	default:
		sum := sha256.Sum256([]byte("kind cluster " + o.Name))
		o.Issuer = "https://oidc.eks." + o.Region + ".amazonaws.com/id/" + strings.ToUpper(hex.EncodeToString(sum[:16]))
	}
	return o
}

// IssuerURL returns the issuer of the cluster's tokens.
func (o Options) IssuerURL() string { return o.defaults().Issuer }

// check refuses what no cluster can be made of.
func (o Options) check() error {
	if _, err := ParseMode(string(o.Mode)); err != nil {
		return err
	}
	// The API server shows no discovery document of others, and STS takes no
	// other: kubernetes/pkg/serviceaccount/openidmetadata.go.
	if u, err := url.Parse(o.Issuer); err != nil || u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return fmt.Errorf("issuer %q: want an https URL without query", o.Issuer)
	}
	if o.AWSNames != nil && o.Host.IsValid() {
		return errors.New("AWS's names lead to irsatz only where it runs in the cluster")
	}
	if o.Mode == ModeKeys && o.KeyDir == "" {
		return errors.New("the keys are missing")
	}
	return nil
}
