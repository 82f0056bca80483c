package emulator

import (
	"context"
	"crypto/x509"
	"net"
	"time"

	"github.com/irsatz/irsatz/oidc"
)

// newVerifier returns the verifier of web identity tokens. The hosts of issuers
// that live here are dialled on our own AWS port, as AWS would reach them at
// their names, and our CA stands for the public one that vouches for them; all
// others are on the network.
func (e *Emulator) newVerifier() *oidc.Verifier {
	ours := x509.NewCertPool()
	ours.AppendCertsFromPEM(e.ca.CertificatePEM())
	dial := e.config.IssuerDial
	if dial == nil {
		dial = (&net.Dialer{Timeout: 5 * time.Second}).DialContext
	}
	return oidc.NewVerifier(oidc.VerifierConfig{
		Now: e.config.Clock.Now,
		Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			if e.hosts(address) {
				return new(net.Dialer).DialContext(ctx, "tcp", e.AWSAddr())
			}
			return dial(ctx, network, address)
		},
		Roots: func(address string) *x509.CertPool {
			if e.hosts(address) {
				return ours
			}
			return e.config.IssuerRoots
		},
	})
}

// hosts reports whether an issuer at this host and port lives here.
func (e *Emulator) hosts(address string) bool { return e.clusters().hosts[authority(address)] }
