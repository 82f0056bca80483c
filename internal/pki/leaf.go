package pki

import (
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"
)

const (
	// leafValidity is within the 398 days that Apple's clients accept at most;
	// CA/Browser Forum Baseline Requirements section 6.3.2 advises 397.
	leafValidity = 397 * day

	// renewBefore is how long before its end a cached leaf is made anew.
	renewBefore = 7 * day
)

// ErrInvalidName says that a client asked for a certificate for something that
// is no DNS host name.
var ErrInvalidName = errors.New("not a DNS host name")

// TLSConfig returns the server side of TLS: a leaf for whatever name the client
// asks for, TLS 1.2 or later, and HTTP/1.1 as the only protocol, because that is
// what the AWS endpoints offer.
func (ca *CA) TLSConfig() *tls.Config {
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		NextProtos:     []string{"http/1.1"},
		GetCertificate: ca.certificate,
	}
}

// certificate chooses the leaf of one handshake. A client that connects to an
// address sends no name (RFC 6066 section 3 forbids address literals there), so
// it gets a leaf for the address that it reached.
func (ca *CA) certificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	name := strings.ToLower(strings.TrimSuffix(hello.ServerName, "."))
	if addr, err := netip.ParseAddr(name); name == "" || name == "localhost" || err == nil {
		return ca.local(hello.Conn, addr)
	}
	if !isHostName(name) {
		return nil, fmt.Errorf("issue certificate for %q: %w", hello.ServerName, ErrInvalidName)
	}
	return ca.leaves.get(name, ca.now, func() (*tls.Certificate, error) {
		return ca.issue(&x509.Certificate{Subject: subject(name), DNSNames: []string{name}})
	})
}

// local returns the leaf for loopback and the connection's own address. An
// address literal sent as a name is believed only when it is that address.
func (ca *CA) local(conn net.Conn, asked netip.Addr) (*tls.Certificate, error) {
	own := localAddr(conn)
	if asked.IsValid() && asked.Unmap() != own && !asked.Unmap().IsLoopback() {
		return nil, fmt.Errorf("issue certificate for %q: %w", asked, ErrInvalidName)
	}
	return ca.leaves.get("/"+own.String(), ca.now, func() (*tls.Certificate, error) {
		addresses := []net.IP{net.IPv4(127, 0, 0, 1).To4(), net.IPv6loopback}
		if own.IsValid() && own != netip.AddrFrom4([4]byte{127, 0, 0, 1}) && own != netip.IPv6Loopback() {
			addresses = append(addresses, own.AsSlice())
		}
		return ca.issue(&x509.Certificate{
			Subject:     subject("localhost"),
			DNSNames:    []string{"localhost", "*.localhost"},
			IPAddresses: addresses,
		})
	})
}

func (ca *CA) issue(template *x509.Certificate) (*tls.Certificate, error) {
	serial, err := ca.serial()
	if err != nil {
		return nil, err
	}
	template.SerialNumber = serial
	template.NotBefore = ca.now().Add(-backdate).UTC().Truncate(time.Second)
	// RFC 5280 counts the last second as valid too.
	template.NotAfter = template.NotBefore.Add(leafValidity - time.Second)
	if template.NotAfter.After(ca.cert.NotAfter) {
		template.NotAfter = ca.cert.NotAfter
	}
	template.KeyUsage = x509.KeyUsageDigitalSignature
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	template.BasicConstraintsValid = true
	der, err := x509.CreateCertificate(ca.rand, template, ca.cert, ca.leafKey.Public(), ca.signer)
	if err != nil {
		return nil, fmt.Errorf("issue certificate: %w", err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("issue certificate: %w", err)
	}
	return &tls.Certificate{Certificate: [][]byte{der, ca.cert.Raw}, PrivateKey: ca.leafKey, Leaf: leaf}, nil
}

// subject leaves the common name out where the name is longer than the 64
// characters that RFC 5280 appendix A allows; clients read the SAN anyway.
func subject(name string) pkix.Name {
	s := pkix.Name{Organization: []string{"irsatz"}}
	if len(name) <= 64 {
		s.CommonName = name
	}
	return s
}

func localAddr(conn net.Conn) netip.Addr {
	if conn == nil {
		return netip.Addr{}
	}
	tcp, ok := conn.LocalAddr().(*net.TCPAddr)
	if !ok {
		return netip.Addr{}
	}
	addr, _ := netip.AddrFromSlice(tcp.IP)
	return addr.Unmap().WithZone("")
}

// isHostName reports whether name is a host name by RFC 1123 section 2.1, in
// lower case. Underscores are allowed besides, since old bucket names have them;
// a wildcard is not, so no client can make a leaf that covers other names.
func isHostName(name string) bool {
	if len(name) > 253 {
		return false
	}
	last := ""
	for label := range strings.SplitSeq(name, ".") {
		if !isLabel(label) {
			return false
		}
		last = label
	}
	// A last label of digits makes an address, as in 127.1 or 2130706433.
	return strings.Trim(last, "0123456789") != ""
}

func isLabel(label string) bool {
	if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
		return false
	}
	for i := range len(label) {
		c := label[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return false
		}
	}
	return true
}
