// Package pki is irsatz's certificate authority: a CA made once, a leaf for
// every name asked for, and the trust material that runtimes read.
package pki

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"sync"
	"time"

	"github.com/irsatz/irsatz/internal/clock"
)

const (
	day = 24 * time.Hour

	// backdate lets a client whose clock is a little behind accept at once.
	backdate = day

	caValidity = 3652 * day // ten years
)

// ErrInvalidCA says that a stored certificate or key cannot serve as the CA.
var ErrInvalidCA = errors.New("invalid CA")

// Config is what a CA is made from. The zero Config works.
type Config struct {
	// Now is the wall clock; nil means clock.Now. It must not be the clock that
	// the control port advances: clients check validity against their own clock,
	// and a certificate dated by an advanced one would not be valid yet.
	Now func() time.Time

	// Rand is read for serial numbers; nil means crypto/rand. Private
	// keys always come from the system, since crypto/ecdsa reads no other source.
	Rand io.Reader
}

// CA is a certificate authority that issues a leaf for each name it is asked
// for. It may be used by any number of goroutines.
type CA struct {
	now     func() time.Time
	rand    io.Reader
	cert    *x509.Certificate
	signer  crypto.Signer
	certPEM []byte
	keyPEM  []byte
	leafKey *ecdsa.PrivateKey
	leaves  leafCache
}

// New makes a CA with a key of its own.
func New(config Config) (*CA, error) {
	ca := newCA(config)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make CA key: %w", err)
	}
	template, err := ca.template()
	if err != nil {
		return nil, fmt.Errorf("make CA: %w", err)
	}
	der, err := x509.CreateCertificate(ca.rand, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("make CA certificate: %w", err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("encode CA key: %w", err)
	}
	ca.keyPEM = pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})
	if err := ca.adopt(der, key); err != nil {
		return nil, err
	}
	return ca, nil
}

// Load returns the CA that CertificatePEM and KeyPEM of an earlier one gave. A
// certificate that may not sign, does not belong to the key, or is outside its
// validity is an error that wraps ErrInvalidCA.
func Load(certPEM, keyPEM []byte) (*CA, error) {
	pair, err := tls.X509KeyPair(certPEM, keyPEM)
	if err != nil {
		return nil, fmt.Errorf("load CA: %w: %w", ErrInvalidCA, err)
	}
	signer, ok := pair.PrivateKey.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("load CA: %w: its key cannot sign", ErrInvalidCA)
	}
	ca := newCA(Config{})
	ca.keyPEM = bytes.Clone(keyPEM)
	if err := ca.adopt(pair.Certificate[0], signer); err != nil {
		return nil, fmt.Errorf("load CA: %w", err)
	}
	if err := ca.check(); err != nil {
		return nil, err
	}
	return ca, nil
}

// CertificatePEM returns the CA's certificate, for clients to trust.
func (ca *CA) CertificatePEM() []byte { return bytes.Clone(ca.certPEM) }

// KeyPEM returns the CA's private key, for Load. It is a secret.
func (ca *CA) KeyPEM() []byte { return bytes.Clone(ca.keyPEM) }

func newCA(config Config) *CA {
	ca := &CA{now: config.Now, rand: rand.Reader}
	if ca.now == nil {
		ca.now = clock.Now
	}
	if config.Rand != nil {
		ca.rand = &lockedReader{reader: config.Rand}
	}
	return ca
}

// adopt sets the CA's certificate and key, and makes the key of all leaves: one
// key for every leaf, so that issuing costs a signature and nothing more.
func (ca *CA) adopt(der []byte, signer crypto.Signer) error {
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return fmt.Errorf("parse CA certificate: %w", err)
	}
	ca.leafKey, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("make leaf key: %w", err)
	}
	ca.cert, ca.signer = cert, signer
	ca.certPEM = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return nil
}

func (ca *CA) check() error {
	now := ca.now()
	switch {
	case !ca.cert.BasicConstraintsValid || !ca.cert.IsCA:
		return fmt.Errorf("load CA: %w: the certificate is not a CA's", ErrInvalidCA)
	case ca.cert.KeyUsage != 0 && ca.cert.KeyUsage&x509.KeyUsageCertSign == 0:
		return fmt.Errorf("load CA: %w: its key usage does not include signing certificates", ErrInvalidCA)
	case now.Before(ca.cert.NotBefore):
		return fmt.Errorf("load CA: %w: not valid before %s", ErrInvalidCA, ca.cert.NotBefore.Format(time.RFC3339))
	case now.After(ca.cert.NotAfter):
		return fmt.Errorf("load CA: %w: expired at %s", ErrInvalidCA, ca.cert.NotAfter.Format(time.RFC3339))
	}
	return nil
}

func (ca *CA) template() (*x509.Certificate, error) {
	serial, err := ca.serial()
	if err != nil {
		return nil, err
	}
	notBefore := ca.now().Add(-backdate).UTC().Truncate(time.Second)
	return &x509.Certificate{
		SerialNumber: serial,
		Subject: pkix.Name{
			Organization: []string{"irsatz"},
			// The serial number tells the CAs of several runs apart in a trust
			// store, where two CAs of one name shadow each other.
			CommonName: "irsatz local CA " + hex.EncodeToString(serial.Bytes()[:4]),
		},
		NotBefore:             notBefore,
		NotAfter:              notBefore.Add(caValidity),
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		BasicConstraintsValid: true,
		IsCA:                  true,
		MaxPathLenZero:        true,
	}, nil
}

// serial returns a positive number of 126 random bits at a fixed length of 16
// bytes: RFC 5280 section 4.1.2.2 allows 20 bytes.
func (ca *CA) serial() (*big.Int, error) {
	var b [16]byte
	if _, err := io.ReadFull(ca.rand, b[:]); err != nil {
		return nil, fmt.Errorf("make serial number: %w", err)
	}
	b[0] = b[0]&0x3f | 0x40
	return new(big.Int).SetBytes(b[:]), nil
}

// lockedReader lets many goroutines issue certificates from one injected source.
type lockedReader struct {
	mu     sync.Mutex
	reader io.Reader
}

func (r *lockedReader) Read(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.reader.Read(p)
}
