package pki_test

import (
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"testing"
	"time"

	"github.com/irsatz/irsatz/internal/clock"
	"github.com/irsatz/irsatz/internal/pki"
)

const day = 24 * time.Hour

func newCA(t *testing.T, config pki.Config) *pki.CA {
	t.Helper()
	ca, err := pki.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return ca
}

func parseCertificate(t *testing.T, certPEM []byte) *x509.Certificate {
	t.Helper()
	block, rest := pem.Decode(certPEM)
	if block == nil || len(rest) != 0 {
		t.Fatalf("want one PEM block, got %q", certPEM)
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

func TestNewMakesACertificateThatStrictClientsAccept(t *testing.T) {
	t.Parallel()
	cert := parseCertificate(t, newCA(t, pki.Config{}).CertificatePEM())
	now := clock.Now()
	if !cert.IsCA || !cert.BasicConstraintsValid || !cert.MaxPathLenZero {
		t.Error("not a CA that issues leaves only")
	}
	if cert.KeyUsage&x509.KeyUsageCertSign == 0 || len(cert.SubjectKeyId) == 0 {
		t.Error("no key usage or no subject key id")
	}
	if got := now.Sub(cert.NotBefore); got < day || got > day+time.Minute {
		t.Errorf("valid since %v ago, want one day", got)
	}
	if got := cert.NotAfter.Sub(now); got < 9*365*day || got > 3653*day {
		t.Errorf("valid for %v, want ten years", got)
	}
}

func TestNewDatesByItsClock(t *testing.T) {
	t.Parallel()
	now := time.Date(2031, 5, 1, 12, 0, 0, 0, time.UTC)
	cert := parseCertificate(t, newCA(t, pki.Config{Now: func() time.Time { return now }}).CertificatePEM())
	if want := now.Add(-day); !cert.NotBefore.Equal(want) {
		t.Errorf("NotBefore %v, want %v", cert.NotBefore, want)
	}
}

func TestTwoCAsDifferInName(t *testing.T) {
	t.Parallel()
	a := parseCertificate(t, newCA(t, pki.Config{}).CertificatePEM())
	b := parseCertificate(t, newCA(t, pki.Config{}).CertificatePEM())
	if a.Subject.String() == b.Subject.String() {
		t.Errorf("both are %s", a.Subject)
	}
}

func TestNewReportsAFailingRand(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	if _, err := pki.New(pki.Config{Rand: failingReader{broken}}); !errors.Is(err, broken) {
		t.Errorf("got %v, want the reader's error", err)
	}
}

type failingReader struct{ err error }

func (f failingReader) Read([]byte) (int, error) { return 0, f.err }

func TestLoadKeepsTheCA(t *testing.T) {
	t.Parallel()
	first := newCA(t, pki.Config{})
	second, err := pki.Load(first.CertificatePEM(), first.KeyPEM())
	if err != nil {
		t.Fatal(err)
	}
	if string(second.CertificatePEM()) != string(first.CertificatePEM()) || string(second.KeyPEM()) != string(first.KeyPEM()) {
		t.Error("the PEMs changed")
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(first.CertificatePEM())
	leaf := leafFor(t, second, "s3.amazonaws.com")
	if _, err := leaf.Verify(x509.VerifyOptions{Roots: roots, DNSName: "s3.amazonaws.com"}); err != nil {
		t.Error(err)
	}
}

func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	ca, other := newCA(t, pki.Config{}), newCA(t, pki.Config{})
	at := func(d time.Duration) *pki.CA {
		return newCA(t, pki.Config{Now: func() time.Time { return clock.Now().Add(d) }})
	}
	expired, future := at(-20*365*day), at(30*day)
	leaf := leafFor(t, ca, "leaf.example")
	leafPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: leaf.Raw})
	serverPEM := selfSigned(t, ca, &x509.Certificate{})
	crlPEM := selfSigned(t, ca, &x509.Certificate{IsCA: true, KeyUsage: x509.KeyUsageCRLSign})
	tests := []struct {
		name      string
		cert, key []byte
	}{
		{"nothing", nil, nil},
		{"garbage", []byte("x"), ca.KeyPEM()},
		{"no key", ca.CertificatePEM(), nil},
		{"key of another CA", ca.CertificatePEM(), other.KeyPEM()},
		{"expired", expired.CertificatePEM(), expired.KeyPEM()},
		{"not yet valid", future.CertificatePEM(), future.KeyPEM()},
		{"leaf with the wrong key", leafPEM, ca.KeyPEM()},
		{"server certificate", serverPEM, ca.KeyPEM()},
		{"CA that may not sign certificates", crlPEM, ca.KeyPEM()},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got, err := pki.Load(test.cert, test.key); !errors.Is(err, pki.ErrInvalidCA) || got != nil {
				t.Errorf("got a CA: %t, error %v, want ErrInvalidCA", got != nil, err)
			}
		})
	}
}

// selfSigned returns a certificate of the CA's own key that is made from template.
func selfSigned(t *testing.T, ca *pki.CA, template *x509.Certificate) []byte {
	t.Helper()
	block, _ := pem.Decode(ca.KeyPEM())
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	signer := key.(crypto.Signer)
	template.SerialNumber = big.NewInt(1)
	template.NotBefore, template.NotAfter = clock.Now().Add(-day), clock.Now().Add(day)
	template.BasicConstraintsValid = true
	der, err := x509.CreateCertificate(rand.Reader, template, template, signer.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}
