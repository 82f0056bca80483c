package emulator_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/irsatz/irsatz/emulator"
	"github.com/irsatz/irsatz/internal/pki"
)

// TestGivenCA: certificates come from a CA that others have made, for every name
// as from one of our own; the one of the data directory stays for another time.
func TestGivenCA(t *testing.T) {
	t.Parallel()
	ca, err := pki.New(pki.Config{})
	if err != nil {
		t.Fatal(err)
	}
	given := emulator.Authority{Certificate: ca.CertificatePEM(), Key: ca.KeyPEM()}
	dir := t.TempDir()
	own := start(t, standardSetup(), func(c *emulator.Config) { c.DataDir = dir })
	ownCA := own.CAPEM()
	own.close()
	for name, change := range map[string]func(*emulator.Config){
		"in memory": func(c *emulator.Config) { c.CA = given },
		"kept":      func(c *emulator.Config) { c.CA, c.DataDir = given, dir },
	} {
		s := start(t, standardSetup(), change)
		if !bytes.Equal(s.CAPEM(), given.Certificate) {
			t.Errorf("%s: another CA", name)
		}
		response, err := s.https().Get("https://sts.eu-west-1.amazonaws.com/_irsatz/health")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		_ = response.Body.Close()
		s.close()
	}
	if again := start(t, standardSetup(), func(c *emulator.Config) { c.DataDir = dir }); !bytes.Equal(again.CAPEM(), ownCA) {
		t.Error("the data directory's CA is another one")
	}
}

// TestGivenCARefused: what cannot sign is an error at the start.
func TestGivenCARefused(t *testing.T) {
	t.Parallel()
	one, err := pki.New(pki.Config{})
	if err != nil {
		t.Fatal(err)
	}
	other, err := pki.New(pki.Config{})
	if err != nil {
		t.Fatal(err)
	}
	for name, ca := range map[string]emulator.Authority{
		"another's key":  {Certificate: one.CertificatePEM(), Key: other.KeyPEM()},
		"no key":         {Certificate: one.CertificatePEM()},
		"no certificate": {Key: one.KeyPEM()},
	} {
		if _, err := emulator.Start(emulator.Config{Listen: "127.0.0.1:0", Control: "127.0.0.1:0", CA: ca}); !errors.Is(err, pki.ErrInvalidCA) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
