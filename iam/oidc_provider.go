package iam

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Provider is an OIDC provider registered in an account.
type Provider struct {
	AccountID   string
	URL         string // without https://, a trailing slash kept
	ARN         string
	ClientIDs   []string
	Thumbprints []string // SHA-1 of CA certificates, in lower case; they count where no public CA vouches for the server
	Created     time.Time
	Tags        []Tag
}

// own gives the provider slices of its own.
func (p *Provider) own() {
	p.ClientIDs, p.Thumbprints, p.Tags = slices.Clone(p.ClientIDs), slices.Clone(p.Thumbprints), slices.Clone(p.Tags)
}

// Provider returns the account's OIDC provider for the issuer URL, which may
// carry its https:// or not. The match is exact: case, path and trailing slash
// count.
func (s *Snapshot) Provider(accountID, issuer string) (*Provider, bool) {
	p, ok := s.account(accountID).providers[strings.TrimPrefix(issuer, "https://")]
	return p, ok
}

// Providers returns all OIDC providers of the account, in no order.
func (s *Snapshot) Providers(accountID string) []*Provider {
	return slices.Collect(maps.Values(s.account(accountID).providers))
}

// ProviderURL returns an issuer's URL as a provider has it: without https:// and
// port 443. Everything else counts, a slash at the end too. The error is
// ErrInvalidInput.
func ProviderURL(issuer string) (string, error) {
	address := strings.TrimPrefix(issuer, "https://")
	host, path, slash := strings.Cut(address, "/")
	host = strings.TrimSuffix(host, ":443")
	if host == "" || strings.ContainsAny(address, "?#@ ") || strings.Contains(address, "://") {
		return "", fmt.Errorf("issuer %q: %w", issuer, ErrInvalidInput)
	}
	if !slash {
		return host, nil
	}
	return host + "/" + path, nil
}

// CreateProvider registers an OIDC provider. AccountID and URL are required;
// the URL may carry its https://, which is dropped, and port 443, likewise.
// Created is set here unless it is given.
func (d *Draft) CreateProvider(p Provider) (*Provider, error) {
	address, err := ProviderURL(p.URL)
	if err != nil || !validAccount(p.AccountID) {
		return nil, fmt.Errorf("provider with url %q in account %q: %w", p.URL, p.AccountID, ErrInvalidInput)
	}
	p.URL = address
	a := d.account(p.AccountID)
	if _, ok := a.providers[p.URL]; ok {
		return nil, fmt.Errorf("provider with url https://%s: %w", p.URL, ErrEntityAlreadyExists)
	}
	p.ARN = iamARN(p.AccountID, "oidc-provider/"+p.URL)
	d.date(&p.Created)
	p.own()
	a.providers[p.URL] = &p
	return &p, nil
}

// UpdateProvider replaces the provider for the issuer URL by what change makes
// of a copy. The URL cannot be changed.
func (d *Draft) UpdateProvider(accountID, url string, change func(*Provider) error) (*Provider, error) {
	old, ok := d.next.Provider(accountID, url)
	if !ok {
		return nil, fmt.Errorf("provider with url %s: %w", url, ErrNoSuchEntity)
	}
	p := *old
	p.own()
	if err := change(&p); err != nil {
		return nil, err
	}
	p.AccountID, p.URL, p.ARN, p.Created = old.AccountID, old.URL, old.ARN, old.Created
	d.account(accountID).providers[p.URL] = &p
	return &p, nil
}

// DeleteProvider removes the provider for the issuer URL. Sessions that it
// vouched for go on.
func (d *Draft) DeleteProvider(accountID, url string) error {
	p, ok := d.next.Provider(accountID, url)
	if !ok {
		return fmt.Errorf("provider with url %s: %w", url, ErrNoSuchEntity)
	}
	delete(d.account(accountID).providers, p.URL)
	return nil
}
