package emulator

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"encoding/base32"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/irsatz/irsatz/fakests"
	"github.com/irsatz/irsatz/internal/clock"
	"github.com/irsatz/irsatz/manifest"
)

// The defaults, which are those of LocalStack where it has the same thing, so
// that existing settings keep working.
const (
	DefaultListen  = "127.0.0.1:4566"
	DefaultControl = "127.0.0.1:4567"
	DefaultAccount = "000000000000"
	DefaultRegion  = "us-east-1"
	DefaultCluster = "irsatz"

	defaultRootKey = "test" // with the same word as secret
)

// Config says what to start. The zero Config works.
type Config struct {
	Listen  string // the AWS port; "" means DefaultListen, ":0" any free port
	Control string // the control port; "" means DefaultControl

	// ControlToken is the bearer token that the control port demands. "" means
	// none, which only a control port on loopback may have.
	ControlToken string

	Account string // "" means the manifest's, then the last run's, then DefaultAccount
	Region  string // "" means the manifest's, then the last run's, then DefaultRegion

	// State is what to begin with; nil means nothing. A data directory that has
	// a state already takes from it what is new or was changed.
	State *manifest.State

	// DataDir is the folder that keeps the state, made if there is none. Only
	// one process at a time can have it. "" means memory only.
	DataDir string

	// MaxMemory bounds the bytes of all objects together where they are kept in
	// memory; what would be more is refused with S3's SlowDown. Zero means no
	// bound.
	MaxMemory int64

	// Root are the root credentials as "KEYID:SECRET". "" means test:test, or
	// random ones when the AWS port is bound beyond loopback.
	Root string

	Audit      bool               // serve what policies deny, and record it
	ErrorTexts fakests.ErrorTexts // zero means today's

	// CA issues the certificates of the AWS port. Zero means one of the data
	// directory, or without one, of this run.
	CA Authority

	// PodEndpoint is the URL at which the pods of real clusters reach the AWS
	// port; the webhook gives it to them. "" means that it gives none.
	PodEndpoint string

	// Attached are real clusters; the first one is the default cluster. Nil
	// means none.
	Attached []Attached

	// IAMPropagation is how long STS does not know of a new role, by the
	// emulator's clock. Zero means that it knows at once; AWS takes about ten
	// seconds.
	IAMPropagation time.Duration

	// STSDisabledRegions are those in which no account has activated STS.
	STSDisabledRegions []string

	// UnknownPrincipals lets policies that are written through IAM and S3 trust users
	// and roles that are not there; OpenSharedIssuers lets trust policies trust
	// everybody at an issuer that many organizations share. AWS refuses both.
	UnknownPrincipals, OpenSharedIssuers bool

	// IssuerDial and IssuerRoots reach the issuers that do not live here, to fetch
	// their keys: how a host is dialled, and which CAs are taken for public ones.
	// Nil means the network, and the system's CAs.
	IssuerDial  func(ctx context.Context, network, address string) (net.Conn, error)
	IssuerRoots *x509.CertPool

	Clock *clock.Clock // nil means one that runs with the wall clock
	Rand  io.Reader    // ids and secrets; nil means crypto/rand
	Log   *slog.Logger // nil means no log
}

// Authority is a certificate authority that others have made, in PEM.
type Authority struct{ Certificate, Key []byte }

var (
	accountShape = regexp.MustCompile(`^[0-9]{12}$`)
	keyShape     = regexp.MustCompile(`^\w+$`)
	regionShape  = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-[0-9]+$`)
)

// resolved is the config with its defaults settled.
type resolved struct {
	Config
	rootKey, rootSecret string
	rootGenerated       bool
}

func (c Config) resolve(l lasting) (*resolved, error) {
	if c.State == nil {
		c.State = &manifest.State{}
	}
	was, err := l.home()
	if err != nil {
		return nil, err
	}
	c.Listen, c.Control = first(c.Listen, DefaultListen), first(c.Control, DefaultControl)
	c.Account = first(c.Account, c.State.Account, was.Account, DefaultAccount)
	c.Region = first(c.Region, c.State.Region, was.Region, DefaultRegion)
	if c.Clock == nil {
		c.Clock = new(clock.Clock)
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if !accountShape.MatchString(c.Account) {
		return nil, fmt.Errorf("account %q: want 12 digits", c.Account)
	}
	if !regionShape.MatchString(c.Region) {
		return nil, fmt.Errorf("region %q: want a region such as eu-west-1", c.Region)
	}
	for _, region := range c.STSDisabledRegions {
		if !regionShape.MatchString(region) {
			return nil, fmt.Errorf("region %q, where STS is disabled: want a region such as eu-west-1", region)
		}
	}
	if c.IAMPropagation < 0 {
		return nil, fmt.Errorf("IAM propagation %s: want a duration such as 10s", c.IAMPropagation)
	}
	if c.MaxMemory < 0 {
		return nil, fmt.Errorf("most memory for objects %d: want a number of bytes", c.MaxMemory)
	}
	if !loopback(c.Control) && c.ControlToken == "" {
		return nil, fmt.Errorf("control port %s: a control port beyond loopback needs a control token", c.Control)
	}
	if c.Rand != nil {
		c.Rand = &sharedReader{r: c.Rand}
	}
	r := &resolved{Config: c}
	if err := r.resolveRoot(); err != nil {
		return nil, err
	}
	return r, l.settle(r, was)
}

func (r *resolved) resolveRoot() error {
	if r.Root != "" {
		key, secret, ok := strings.Cut(r.Root, ":")
		if !ok || len(key) > 128 || !keyShape.MatchString(key) || secret == "" {
			return errors.New("root credentials: want KEYID:SECRET")
		}
		r.rootKey, r.rootSecret = key, secret
		return nil
	}
	// Well-known credentials are for those who could do anything here
	// anyway.
	if loopback(r.Listen) {
		r.rootKey, r.rootSecret = defaultRootKey, defaultRootKey
		return nil
	}
	key, err := r.random(10)
	if err != nil {
		return err
	}
	secret, err := r.random(30)
	if err != nil {
		return err
	}
	r.rootKey, r.rootSecret = "AKIA"+base32.StdEncoding.EncodeToString(key), base64.StdEncoding.EncodeToString(secret)
	r.rootGenerated = true
	return nil
}

// random returns random bytes.
func (r *resolved) random(n int) ([]byte, error) {
	source := r.Rand
	if source == nil {
		source = rand.Reader
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(source, b); err != nil {
		return nil, fmt.Errorf("random source: %w", err)
	}
	return b, nil
}

// sharedReader lets many goroutines read a random source that is made for one.
type sharedReader struct {
	mu sync.Mutex
	r  io.Reader
}

// Read reads from the source.
func (s *sharedReader) Read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.r.Read(p)
}

// loopback reports whether the address is bound to loopback only.
func loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// first returns the first string that is not empty.
func first(candidates ...string) string {
	for _, s := range candidates {
		if s != "" {
			return s
		}
	}
	return ""
}
