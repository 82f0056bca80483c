package oidc_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha1"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/irsatz/irsatz/internal/clock"
	"github.com/irsatz/irsatz/oidc"
)

// authority is a CA, or a certificate with its key.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// certify makes a certificate signed by parent, or by itself if that is nil. It
// is a CA's unless change makes it a server's.
func certify(t testing.TB, parent *authority, change func(*x509.Certificate)) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "CA " + serial.String()},
		NotBefore: clock.Now().Add(-time.Hour), NotAfter: clock.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageCertSign, BasicConstraintsValid: true, IsCA: true,
	}
	if change != nil {
		change(template)
	}
	signer := &authority{template, key}
	if parent != nil {
		signer = parent
	}
	der, err := x509.CreateCertificate(rand.Reader, template, signer.cert, key.Public(), signer.key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &authority{cert, key}
}

// serverFor makes a template a server's certificate.
func serverFor(names ...string) func(*x509.Certificate) {
	return func(c *x509.Certificate) {
		c.DNSNames, c.IsCA, c.KeyUsage = names, false, x509.KeyUsageDigitalSignature
		c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	}
}

func (a *authority) thumbprint() string {
	sum := sha1.Sum(a.cert.Raw)
	return hex.EncodeToString(sum[:])
}

// network is servers at names that only it resolves.
type network map[string]string

func (n network) dial(ctx context.Context, network, address string) (net.Conn, error) {
	at, ok := n[address]
	if !ok {
		return nil, errors.New("no route to " + address)
	}
	return new(net.Dialer).DialContext(ctx, network, at)
}

// serve answers at address with these certificates, the server's first.
func (n network) serve(t testing.TB, address string, handler http.HandlerFunc, chain ...*authority) *httptest.Server {
	t.Helper()
	pair := tls.Certificate{PrivateKey: chain[0].key}
	for _, c := range chain {
		pair.Certificate = append(pair.Certificate, c.cert.Raw)
	}
	s := httptest.NewUnstartedServer(handler)
	s.TLS = &tls.Config{Certificates: []tls.Certificate{pair}}
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	n[address] = s.Listener.Addr().String()
	return s
}

// idpHost is the issuer's host in the tests below.
const idpHost = "idp.example.com"

// home is an issuer at idpHost.
func home(t testing.TB, key *oidc.Key) *idp {
	p := &idp{Server: &httptest.Server{URL: "https://" + idpHost}, clock: newClock(), cacheControl: "max-age=3600"}
	p.publish(t, jwk(t, key, nil))
	return p
}

// trusting returns a verifier on the network that trusts public.
func (p *idp) trusting(n network, public *authority) *oidc.Verifier {
	roots := x509.NewCertPool()
	roots.AddCert(public.cert)
	return oidc.NewVerifier(oidc.VerifierConfig{
		Now: p.clock.Now, Dial: n.dial, Roots: func(string) *x509.CertPool { return roots },
	})
}

func (p *idp) pinned(thumbprints ...string) oidc.Provider {
	provider := p.provider()
	provider.Thumbprints = thumbprints
	return provider
}

// A61 and 3.8: thumbprints count only for chains that no trusted CA vouches
// for, and then it is the top of the chain that must be registered.
func TestThumbprints(t *testing.T) {
	t.Parallel()
	key := loadKey(t, "p256")
	public, private := certify(t, nil, nil), certify(t, nil, nil)
	middle := certify(t, private, nil)
	leaf := certify(t, middle, serverFor(idpHost))
	alone := certify(t, nil, serverFor(idpHost))
	past := func(c *x509.Certificate) { c.NotAfter = clock.Now().Add(-time.Minute) }
	publicMiddle := certify(t, public, nil)
	trusted := certify(t, publicMiddle, serverFor(idpHost))
	other := strings.Repeat("0", 40)
	for name, test := range map[string]struct {
		chain       []*authority
		thumbprints []string
		want        oidc.Reason
	}{
		"trusted, none registered":           {[]*authority{trusted, publicMiddle}, nil, 0},
		"trusted, a wrong one registered":    {[]*authority{trusted, publicMiddle}, []string{other}, 0},
		"private, the top registered":        {[]*authority{leaf, middle}, []string{other, middle.thumbprint()}, 0},
		"private, in capitals":               {[]*authority{leaf, middle}, []string{strings.ToUpper(middle.thumbprint())}, 0},
		"private, root presented":            {[]*authority{leaf, middle, private}, []string{private.thumbprint()}, 0},
		"private, root presented, not top":   {[]*authority{leaf, middle, private}, []string{middle.thumbprint()}, oidc.WrongThumbprint},
		"private, root not presented":        {[]*authority{leaf, middle}, []string{private.thumbprint()}, oidc.WrongThumbprint},
		"private, the server's registered":   {[]*authority{leaf, middle}, []string{leaf.thumbprint()}, oidc.WrongThumbprint},
		"private, a wrong one":               {[]*authority{leaf, middle}, []string{other}, oidc.WrongThumbprint},
		"private, none":                      {[]*authority{leaf, middle}, nil, oidc.WrongThumbprint},
		"private, chain incomplete":          {[]*authority{leaf}, []string{leaf.thumbprint()}, 0},
		"self-signed, registered":            {[]*authority{alone}, []string{alone.thumbprint()}, 0},
		"self-signed, not registered":        {[]*authority{alone}, []string{other}, oidc.WrongThumbprint},
		"top registered, did not sign":       {[]*authority{alone, middle}, []string{middle.thumbprint()}, oidc.KeyUnavailable},
		"top registered, signed another one": {[]*authority{certify(t, certify(t, nil, nil), serverFor(idpHost)), leaf, middle}, []string{middle.thumbprint()}, oidc.KeyUnavailable},
		"registered, of another host":        {[]*authority{certify(t, middle, serverFor("other.example.com")), middle}, []string{middle.thumbprint()}, oidc.KeyUnavailable},
		"registered, expired":                {[]*authority{certify(t, middle, func(c *x509.Certificate) { serverFor(idpHost)(c); past(c) }), middle}, []string{middle.thumbprint()}, oidc.KeyUnavailable},
		"registered, top expired":            {[]*authority{leaf, certify(t, nil, past)}, []string{other}, oidc.KeyUnavailable},
		"trusted, of another host":           {[]*authority{certify(t, public, serverFor("other.example.com"))}, nil, oidc.KeyUnavailable},
		"trusted, expired":                   {[]*authority{certify(t, public, func(c *x509.Certificate) { serverFor(idpHost)(c); past(c) })}, nil, oidc.KeyUnavailable},
		"registered, for clients only": {[]*authority{certify(t, middle, func(c *x509.Certificate) {
			serverFor(idpHost)(c)
			c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
		}), middle}, []string{middle.thumbprint()}, oidc.KeyUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n, p := network{}, home(t, key)
			n.serve(t, idpHost+":443", p.serve, test.chain...)
			_, err := judge(t, p.trusting(n, public), sign(t, key, p.claims(nil), nil), p.pinned(test.thumbprints...))
			if got := reason(t, err); got != test.want {
				t.Fatalf("got %v, want %v", err, test.want)
			}
			if test.want != oidc.WrongThumbprint {
				return
			}
			rejected, top := rejection(t, err), test.chain[len(test.chain)-1].thumbprint()
			if rejected.Thumbprint != top || rejected.URL != p.URL+"/.well-known/openid-configuration" || !strings.Contains(err.Error(), top) {
				t.Errorf("got no detail: %v", err)
			}
		})
	}
}

// The keys may live on another host than the discovery document: each of the
// two needs somebody who vouches for it.
func TestThumbprintsOfBothHosts(t *testing.T) {
	t.Parallel()
	const keysHost = "keys.example.com"
	key := loadKey(t, "p256")
	public, a, b := certify(t, nil, nil), certify(t, nil, nil), certify(t, nil, nil)
	for name, test := range map[string]struct {
		discovery, keys *authority
		registered      []string
		want            oidc.Reason
		at              string
	}{
		"both trusted":            {public, public, nil, 0, ""},
		"keys private":            {public, a, []string{a.thumbprint()}, 0, ""},
		"keys private, none":      {public, a, nil, oidc.WrongThumbprint, keysHost},
		"discovery private":       {a, public, []string{a.thumbprint()}, 0, ""},
		"discovery private, none": {a, public, nil, oidc.WrongThumbprint, idpHost},
		"both private":            {a, b, []string{a.thumbprint(), b.thumbprint()}, 0, ""},
		"both private, first":     {a, b, []string{a.thumbprint()}, oidc.WrongThumbprint, keysHost},
		"both private, second":    {a, b, []string{b.thumbprint()}, oidc.WrongThumbprint, idpHost},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n, p := network{}, home(t, key)
			p.discovery = strings.Replace(p.document(), idpHost+"/keys", keysHost+":8443/keys", 1)
			n.serve(t, idpHost+":443", p.serve, certify(t, test.discovery, serverFor(idpHost)), test.discovery)
			n.serve(t, keysHost+":8443", p.serve, certify(t, test.keys, serverFor(keysHost)), test.keys)
			_, err := judge(t, p.trusting(n, public), sign(t, key, p.claims(nil), nil), p.pinned(test.registered...))
			if got := reason(t, err); got != test.want {
				t.Fatalf("got %v, want %v", err, test.want)
			}
			if err != nil && !strings.HasPrefix(rejection(t, err).URL, "https://"+test.at) {
				t.Errorf("got %v, want it to be about %s", err, test.at)
			}
		})
	}
}

// Keys that were fetched for one provider do not serve another that vouches for
// nobody, and a thumbprint that was just registered counts at once.
func TestThumbprintsOfKeptKeys(t *testing.T) {
	t.Parallel()
	key := loadKey(t, "p256")
	public, private, renewed := certify(t, nil, nil), certify(t, nil, nil), certify(t, nil, nil)
	n, p := network{}, home(t, key)
	server := n.serve(t, idpHost+":443", p.serve, certify(t, private, serverFor(idpHost)), private)
	v, token := p.trusting(n, public), sign(t, key, p.claims(nil), nil)
	verify := func(want oidc.Reason, thumbprints ...string) {
		t.Helper()
		if _, err := judge(t, v, token, p.pinned(thumbprints...)); reason(t, err) != want {
			t.Errorf("got %v, want %v", err, want)
		}
	}
	verify(0, private.thumbprint())
	verify(oidc.WrongThumbprint)
	verify(0, private.thumbprint())
	if got := p.hits.Load(); got != 2 {
		t.Errorf("got %d fetches, want the first and one in vain", got)
	}
	server.Close()
	n.serve(t, idpHost+":443", p.serve, certify(t, renewed, serverFor(idpHost)), renewed)
	verify(0, private.thumbprint()) // with what was kept
	verify(0, renewed.thumbprint())
	verify(oidc.WrongThumbprint, private.thumbprint())
}

// A104: the thumbprint for a provider that names none.
func TestVerifierThumbprint(t *testing.T) {
	t.Parallel()
	public, private := certify(t, nil, nil), certify(t, nil, nil)
	middle, alone := certify(t, private, nil), certify(t, nil, serverFor("alone.example.com"))
	n, p := network{}, home(t, loadKey(t, "p256"))
	unasked := func(http.ResponseWriter, *http.Request) { t.Error("something was asked of the server") }
	n.serve(t, idpHost+":443", unasked, certify(t, middle, serverFor(idpHost)), middle)
	n.serve(t, "trusted.example.com:8443", unasked, certify(t, public, serverFor("trusted.example.com")), public)
	n.serve(t, "alone.example.com:443", unasked, alone)
	n.serve(t, "wrong.example.com:443", unasked, alone)
	v := p.trusting(n, public)
	for issuer, want := range map[string]string{
		"https://" + idpHost:                   middle.thumbprint(),
		idpHost:                                middle.thumbprint(),
		idpHost + "/realms/a/":                 middle.thumbprint(),
		"https://trusted.example.com:8443/id/": public.thumbprint(),
		"https://alone.example.com":            alone.thumbprint(),
		"https://wrong.example.com":            "",
		"https://nowhere.example.com":          "",
		"http://" + idpHost:                    "",
		"https://":                             "",
		"":                                     "",
	} {
		got, err := v.Thumbprint(t.Context(), issuer)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: got %q and error %v, want %q", issuer, got, err, want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got, err := v.Thumbprint(ctx, idpHost); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: got %q and error %v", got, err)
	}
}

// A server that takes connections and says nothing costs the fetch's time and
// no more.
func TestSilentServer(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	key := loadKey(t, "p256")
	p := home(t, key)
	v := oidc.NewVerifier(oidc.VerifierConfig{
		Now: p.clock.Now, Dial: network{idpHost + ":443": listener.Addr().String()}.dial, FetchTimeout: 50 * time.Millisecond,
	})
	if _, err := v.Thumbprint(t.Context(), p.URL); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("thumbprint: got %v", err)
	}
	_, err = judge(t, v, sign(t, key, p.claims(nil), nil), p.provider())
	if reason(t, err) != oidc.KeyUnavailable || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("token: got %v", err)
	}
}

// A key that was replaced under its kid is looked for at the issuer, and a
// flood of bad signatures is not.
func TestVerifyReplacedKey(t *testing.T) {
	t.Parallel()
	a, b := loadKey(t, "rsa2048-a"), loadKey(t, "rsa2048-b")
	p := newIDP(t)
	p.set(func(p *idp) { p.cacheControl = "max-age=3600" })
	v := p.verifier()
	kid := map[string]any{"kid": "1"}
	tokenA, tokenB := sign(t, a, p.claims(nil), kid), sign(t, b, p.claims(nil), kid)
	verify := func(token string, want oidc.Reason) {
		t.Helper()
		if _, err := judge(t, v, token, p.provider()); reason(t, err) != want {
			t.Fatalf("got %v, want %v", err, want)
		}
	}
	p.publish(t, jwk(t, a, kid))
	verify(tokenA, 0)
	p.publish(t, jwk(t, b, kid))
	verify(tokenB, 0)
	verify(tokenA, oidc.BadSignature)
	hits := p.hits.Load()
	for range 100 {
		verify(tokenA, oidc.BadSignature)
	}
	if got := p.hits.Load() - hits; got > 10 {
		t.Errorf("got %d fetches for 100 bad signatures", got)
	}
	p.set(func(p *idp) { p.handler = http.NotFound })
	p.clock.Advance(time.Minute)
	verify(tokenA, oidc.BadSignature)
	verify(tokenB, 0)
}
