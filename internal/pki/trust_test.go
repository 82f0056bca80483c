package pki_test

import (
	"crypto/x509"
	"encoding/pem"
	"testing"

	"github.com/google/go-cmp/cmp"
	"software.sslmate.com/src/go-pkcs12"

	"github.com/irsatz/irsatz/internal/pki"
)

func TestBundlePEM(t *testing.T) {
	t.Parallel()
	ca, root := newCA(t, pki.Config{}), newCA(t, pki.Config{})
	unended := root.CertificatePEM()
	unended = unended[:len(unended)-1]
	tests := []struct {
		name  string
		roots func() []byte
		want  []*pki.CA
	}{
		{"the CA alone", nil, []*pki.CA{ca}},
		{"no roots on the host", func() []byte { return nil }, []*pki.CA{ca}},
		{"roots first", root.CertificatePEM, []*pki.CA{root, ca}},
		{"roots without a last newline", func() []byte { return unended }, []*pki.CA{root, ca}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			rest := pki.BundlePEM(ca.CertificatePEM(), test.roots)
			var got, want []string
			for block, more := pem.Decode(rest); block != nil; block, more = pem.Decode(more) {
				got = append(got, string(block.Bytes))
			}
			for _, authority := range test.want {
				want = append(want, string(parseCertificate(t, authority.CertificatePEM()).Raw))
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("certificates (-want +got):\n%s", diff)
			}
		})
	}
}

func TestBundleLeavesTheCallersRootsAlone(t *testing.T) {
	t.Parallel()
	roots := make([]byte, 4, 4096)
	copy(roots, "abc\n")
	pki.BundlePEM(newCA(t, pki.Config{}).CertificatePEM(), func() []byte { return roots })
	if got := roots[:5][4]; got != 0 {
		t.Errorf("wrote %q behind the caller's roots", got)
	}
}

func TestTrustStoreRoundTrip(t *testing.T) {
	t.Parallel()
	ca, root := newCA(t, pki.Config{}), newCA(t, pki.Config{})
	withGarbage := func() []byte {
		garbage := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("not DER")})
		return append(garbage, root.CertificatePEM()...)
	}
	store, err := pki.TrustStorePKCS12(ca.CertificatePEM(), "changeit", withGarbage)
	if err != nil {
		t.Fatal(err)
	}
	got, err := pkcs12.DecodeTrustStore(store, "changeit")
	if err != nil {
		t.Fatal(err)
	}
	want := []*x509.Certificate{parseCertificate(t, ca.CertificatePEM()), parseCertificate(t, root.CertificatePEM())}
	if len(got) != 2 || !got[0].Equal(want[0]) || !got[1].Equal(want[1]) {
		t.Errorf("got %d certificates, want the CA and one root", len(got))
	}
	if _, err := pkcs12.DecodeTrustStore(store, "wrong"); err == nil {
		t.Error("a wrong password opens the store")
	}
}

func TestTrustStoreNeedsAPassword(t *testing.T) {
	t.Parallel()
	if _, err := pki.TrustStorePKCS12(newCA(t, pki.Config{}).CertificatePEM(), "", nil); err == nil {
		t.Error("made a store without a password")
	}
}
