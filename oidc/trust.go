package oidc

import (
	"context"
	"crypto/sha1"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// IAM believes a server whose chain a trusted CA vouches for, whatever
// thumbprints are registered. Only for others it compares thumbprints.
//
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html

// pin is a server that no trusted CA vouches for, and the thumbprint by which a
// provider may vouch for it.
type pin struct {
	url        string // of the document that it served
	thumbprint string
}

// registered reports whether the pin is among thumbprints.
func (p pin) registered(thumbprints []string) bool {
	return slices.ContainsFunc(thumbprints, func(t string) bool { return strings.EqualFold(t, p.thumbprint) })
}

// Thumbprint connects to the server of an issuer and returns the SHA-1, in
// lower-case hex, of the top certificate of the chain that it presents: what
// IAM registers where CreateOpenIDConnectProvider names no thumbprint. The URL
// may lack its https://. Any error means that the server could not be reached,
// or showed no certificate that is good for its name and time.
//
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc_verify-thumbprint.html
func (v *Verifier) Thumbprint(ctx context.Context, issuer string) (string, error) {
	if !strings.Contains(issuer, "://") {
		issuer = "https://" + issuer
	}
	u, err := parseIssuerURL(issuer, false)
	if err != nil {
		return "", fmt.Errorf("thumbprint: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, v.timeout)
	defer cancel()
	conn, err := v.dialTLS(ctx, "tcp", addressOf(u))
	if err != nil {
		return "", fmt.Errorf("thumbprint of %s: %w", issuer, err)
	}
	defer conn.Close()
	chain := conn.(*tls.Conn).ConnectionState().PeerCertificates
	return thumbprint(chain[len(chain)-1]), nil
}

// dialTLS connects to host:port. What the handshake cannot know is whether a
// chain that ends in an unknown CA is one that a provider has registered: the
// documents of such a server bear a pin.
func (v *Verifier) dialTLS(ctx context.Context, network, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	raw, err := v.dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	conn := tls.Client(raw, &tls.Config{
		ServerName: host, NextProtos: []string{"http/1.1"},
		// VerifyConnection takes its place, and leaves out nothing but that the
		// top of the chain be a known CA.
		InsecureSkipVerify: true,
		VerifyConnection: func(state tls.ConnectionState) error {
			_, err := vouch(state.PeerCertificates, host, v.roots(address))
			return err
		},
	})
	if err := conn.HandshakeContext(ctx); err != nil {
		_ = raw.Close()
		return nil, err
	}
	return conn, nil
}

// pinsOf returns the pin of the server that answered, none if it is trusted
// without.
func (v *Verifier) pinsOf(response *http.Response, u *url.URL) ([]pin, error) {
	if v.vouches {
		return nil, nil
	}
	if response.TLS == nil {
		return nil, errors.New("the answer did not come over TLS")
	}
	top, err := vouch(response.TLS.PeerCertificates, u.Hostname(), v.roots(addressOf(u)))
	if err != nil || top == "" {
		return nil, err
	}
	return []pin{{u.String(), top}}, nil
}

// vouch checks a chain for a host. If a CA among roots vouches for it, the
// thumbprint is empty; if the chain is sound but for an unknown CA, it is that
// of the top certificate, which has to be registered.
func vouch(chain []*x509.Certificate, host string, roots *x509.CertPool) (top string, err error) {
	if len(chain) == 0 {
		return "", errors.New("the server presents no certificate")
	}
	options := x509.VerifyOptions{DNSName: host, Roots: roots, Intermediates: x509.NewCertPool()}
	for _, c := range chain[1:] {
		options.Intermediates.AddCert(c)
	}
	if _, err = chain[0].Verify(options); err == nil || !unknownCA(err) {
		return "", err
	}
	last := chain[len(chain)-1]
	options.Roots = x509.NewCertPool()
	options.Roots.AddCert(last)
	if _, err = chain[0].Verify(options); err != nil {
		return "", err
	}
	return thumbprint(last), nil
}

func unknownCA(err error) bool {
	_, unknown := errors.AsType[x509.UnknownAuthorityError](err)
	_, none := errors.AsType[x509.SystemRootsError](err)
	return unknown || none
}

// thumbprint is SHA-1 because IAM's are.
func thumbprint(c *x509.Certificate) string {
	sum := sha1.Sum(c.Raw)
	return hex.EncodeToString(sum[:])
}

// addressOf returns host:port of an https URL.
func addressOf(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = "443"
	}
	return net.JoinHostPort(u.Hostname(), port)
}
