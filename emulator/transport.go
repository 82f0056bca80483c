package emulator

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"time"
)

// issuerTransport fetches discovery documents and keys. The hosts of issuers
// that live here are dialled on our own AWS port, as AWS would reach them at
// their names; all others on the network.
func (e *Emulator) issuerTransport() *http.Transport {
	ours := x509.NewCertPool()
	ours.AppendCertsFromPEM(e.ca.CertificatePEM())
	dialer := &net.Dialer{Timeout: 5 * time.Second}
	return &http.Transport{
		MaxIdleConnsPerHost: 2, IdleConnTimeout: time.Minute, ForceAttemptHTTP2: true,
		DialTLSContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			host, port, err := net.SplitHostPort(address)
			if err != nil {
				return nil, err
			}
			config := &tls.Config{ServerName: host, NextProtos: []string{"http/1.1"}}
			if e.hosts(host, port) {
				network, address, config.RootCAs = "tcp", e.AWSAddr(), ours
			}
			return (&tls.Dialer{NetDialer: dialer, Config: config}).DialContext(ctx, network, address)
		},
	}
}

// hosts reports whether an issuer at this host lives here.
func (e *Emulator) hosts(host, port string) bool {
	return e.clusters().hosts[authority(net.JoinHostPort(host, port))]
}
