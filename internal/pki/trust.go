package pki

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"os"

	"software.sslmate.com/src/go-pkcs12"
)

// SystemRoots returns the host's root certificates as PEM, from the first of the
// well-known files that exists, or nil where there is none (as on Windows). It is
// what BundlePEM and TrustStorePKCS12 are given by a caller that wants a process
// to trust the CA besides, and not instead of, the public ones.
func SystemRoots() []byte {
	// The files that crypto/x509 reads on Linux, the BSDs and macOS.
	for _, path := range []string{
		"/etc/ssl/certs/ca-certificates.crt",
		"/etc/pki/tls/certs/ca-bundle.crt",
		"/etc/ssl/ca-bundle.pem",
		"/etc/pki/tls/cacert.pem",
		"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
		"/etc/ssl/cert.pem",
		"/usr/local/etc/ssl/cert.pem",
	} {
		if roots, err := os.ReadFile(path); err == nil {
			return roots
		}
	}
	return nil
}

// BundlePEM returns the CA's certificate, given as PEM, after the roots that
// systemRoots gives (nil means none): what AWS_CA_BUNDLE, SSL_CERT_FILE and
// REQUESTS_CA_BUNDLE name, each of which replaces a runtime's own roots.
func BundlePEM(caPEM []byte, systemRoots func() []byte) []byte {
	bundle := rootsPEM(systemRoots)
	if len(bundle) > 0 && bundle[len(bundle)-1] != '\n' {
		bundle = append(bundle, '\n')
	}
	return append(bundle, caPEM...)
}

// TrustStorePKCS12 returns a Java trust store of the CA, given as PEM, and of the
// roots that systemRoots gives (nil means none), since javax.net.ssl.trustStore
// replaces the runtime's own. Its encryption is the old one that Java 8 reads, which protects
// nothing: the store holds only public certificates.
func TrustStorePKCS12(caPEM []byte, password string, systemRoots func() []byte) ([]byte, error) {
	if password == "" {
		return nil, errors.New("make trust store: its password is empty")
	}
	block, _ := pem.Decode(caPEM)
	if block == nil {
		return nil, errors.New("make trust store: the CA's certificate is not PEM")
	}
	ca, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("make trust store: %w", err)
	}
	entries := []pkcs12.TrustStoreEntry{{Cert: ca, FriendlyName: "irsatz"}}
	rest := rootsPEM(systemRoots)
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		root, err := x509.ParseCertificate(block.Bytes)
		if block.Type != "CERTIFICATE" || err != nil {
			continue // a host's bundle may hold what this parser refuses
		}
		// Java takes entries of one alias for one entry, and subjects do repeat.
		sum := sha256.Sum256(root.Raw)
		entries = append(entries, pkcs12.TrustStoreEntry{Cert: root, FriendlyName: "root-" + hex.EncodeToString(sum[:8])})
	}
	store, err := pkcs12.LegacyDES.EncodeTrustStoreEntries(entries, password)
	if err != nil {
		return nil, fmt.Errorf("make trust store: %w", err)
	}
	return store, nil
}

func rootsPEM(systemRoots func() []byte) []byte {
	if systemRoots == nil {
		return nil
	}
	return append([]byte(nil), systemRoots()...)
}
