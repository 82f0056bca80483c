package emulator_test

import (
	"context"
	"crypto/sha1"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/irsatz/irsatz/emulator"
	"github.com/irsatz/irsatz/internal/awsclient"
	"github.com/irsatz/irsatz/internal/pki"
	"github.com/irsatz/irsatz/oidc"
)

// testIssuers: every hosted issuer is served below /id/ and at its own name, by
// http and https, and its tokens buy sessions: the verifier finds it by name.
func testIssuers(t *testing.T, s *server) {
	client := s.https()
	for name, issuer := range issuers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			id := name
			if name == "sandbox" {
				id = eksID
			}
			home := strings.TrimSuffix(issuer, "/")
			atHTTP := strings.Replace(home, "https://", "http://", 1)
			var keys string
			for _, base := range []string{s.AWSURL() + "/id/" + id, s.AWSTLSURL() + "/id/" + id, home, atHTTP} {
				document := get(t, client, base+"/.well-known/openid-configuration")
				if got := members(t, document); got["issuer"] != issuer || got["jwks_uri"] != home+"/keys" {
					t.Errorf("at %s: %s", base, document)
				}
				k := get(t, client, base+"/keys")
				if keys != "" && k != keys {
					t.Errorf("at %s other keys: %s", base, k)
				}
				keys = k
			}
			if got := get(t, client, home+"/keys"); got != keys {
				t.Errorf("other keys at home: %s", got)
			}
			pod := s.pod(name)
			if body, err := pod.Get(t.Context(), "data", "a.txt"); err != nil || string(body) != "hello" {
				t.Errorf("session: %q, %v", body, err)
			}
			for other := range issuers {
				if other == name {
					continue
				}
				_, err := s.bearer("arn:aws:iam::"+account+":role/"+other, s.mint(emulator.TokenRequest{Cluster: name})).Assume(t.Context())
				if got := code(t, err); got != "AccessDenied" {
					t.Errorf("token of %s for the role of %s: %v", name, other, err)
				}
			}
		})
	}
}

func get(t *testing.T, client *http.Client, url string) string {
	t.Helper()
	response, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	a := read(t, response)
	if a.status != http.StatusOK {
		t.Fatalf("%s: %d %s", url, a.status, a.body)
	}
	return a.body
}

// TestMissingIssuer: what is not there is 404, not S3's NoSuchBucket.
func TestMissingIssuer(t *testing.T) {
	t.Parallel()
	s := start(t, standardSetup())
	for _, path := range []string{"/id/NONE/keys", "/id/" + eksID, "/id/" + eksID + "/", "/id//keys", "/id/", "/id/" + strings.ToLower(eksID) + "/keys"} {
		response, err := s.https().Get(s.AWSTLSURL() + path)
		if err != nil {
			t.Fatal(err)
		}
		if a := read(t, response); a.status != http.StatusNotFound || strings.Contains(a.body, "<") {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
	response, err := s.https().Post(s.AWSTLSURL()+"/id/"+eksID+"/keys", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	if a := read(t, response); a.status != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d %s", a.status, a.body)
	}
}

// foreign is an issuer of its own on the network, at a name that only dial
// knows. Its CA is its own.
type foreign struct {
	*oidc.Issuer
	*httptest.Server
	asked       atomic.Int64 // documents
	certificate []byte       // the CA's
}

const foreignHost = "keycloak.example.org:8443"

func newForeign(t *testing.T) *foreign {
	issuer, err := oidc.NewIssuer(oidc.Config{URL: "https://" + foreignHost + "/realms/main", KeyKind: oidc.P256})
	if err != nil {
		t.Fatal(err)
	}
	ca, err := pki.New(pki.Config{})
	if err != nil {
		t.Fatal(err)
	}
	f := &foreign{Issuer: issuer}
	f.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.asked.Add(1)
		issuer.ServeHTTP(w, r)
	}))
	f.Config.ErrorLog = log.New(io.Discard, "", 0)
	f.TLS = ca.TLSConfig()
	f.StartTLS()
	t.Cleanup(f.Close)
	f.certificate = ca.CertificatePEM()
	return f
}

// dial is a network in which this is the only server.
func (f *foreign) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if address != foreignHost {
		return nil, fmt.Errorf("no route to %s", address)
	}
	return new(net.Dialer).DialContext(ctx, network, f.Listener.Addr().String())
}

func (f *foreign) roots() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(f.certificate)
	return pool
}

func (f *foreign) thumbprint(t *testing.T) string {
	block, _ := pem.Decode(f.certificate)
	return fmt.Sprintf("%x", sha1.Sum(block.Bytes))
}

// setup registers the issuer with these thumbprints, and does not host it.
func (f *foreign) setup(thumbprints ...string) string {
	setup := clusterSetup("foreign", f.Issuer.URL()) + bucketSetup
	from, to := strings.Index(setup, "clusters:"), strings.Index(setup, "oidcProviders:")
	setup = setup[:from] + setup[to:]
	return strings.Replace(setup, "clientIdList:", "thumbprintList: ["+strings.Join(thumbprints, ", ")+"], clientIdList:", 1)
}

// pod is a client with a token of the foreign issuer's.
func (f *foreign) pod(s *server) *awsclient.Client {
	s.Helper()
	token, err := f.Mint(s.Context(), oidc.TokenRequest{Namespace: "prod", ServiceAccount: "app", Audiences: []string{"sts.amazonaws.com"}})
	if err != nil {
		s.Fatal(err)
	}
	return s.bearer("arn:aws:iam::"+account+":role/foreign", token)
}

// A61 and 3.8: an issuer that does not live here is asked on the network. Its
// keys count if a public CA vouches for its server, whatever thumbprints are
// registered, or else if one of these is its CA's.
func TestForeignIssuer(t *testing.T) {
	t.Parallel()
	const other = "0123456789012345678901234567890123456789"
	for name, test := range map[string]struct {
		public      bool
		thumbprints func(*foreign) []string
		want        string // "" is success
	}{
		"public CA":                    {true, func(*foreign) []string { return nil }, ""},
		"public CA, wrong thumbprint":  {true, func(*foreign) []string { return []string{other} }, ""},
		"private CA":                   {false, func(f *foreign) []string { return []string{other, f.thumbprint(t)} }, ""},
		"private CA, wrong thumbprint": {false, func(*foreign) []string { return []string{other} }, other},
		"private CA, no thumbprint":    {false, func(*foreign) []string { return nil }, "none"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newForeign(t)
			s := start(t, f.setup(test.thumbprints(f)...), func(c *emulator.Config) {
				if c.IssuerDial = f.dial; test.public {
					c.IssuerRoots = f.roots()
				}
			})
			body, err := f.pod(s).Get(t.Context(), "data", "a.txt")
			if test.want == "" {
				if err != nil || string(body) != "hello" {
					t.Fatalf("got %q and error %v", body, err)
				}
				// The issuer lets its keys serve for an hour.
				if _, err := f.pod(s).Assume(t.Context()); err != nil || f.asked.Load() != 2 {
					t.Errorf("error %v, %d documents, want 2", err, f.asked.Load())
				}
				return
			}
			if got := code(t, err); got != "InvalidIdentityToken" || !strings.Contains(err.Error(), "OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint") {
				t.Errorf("refused with %v", err)
			}
			record, _ := s.Trail().LastDenied()
			why := record.Explanation()
			for _, part := range []string{test.want, f.Issuer.URL() + "/.well-known/openid-configuration", "--thumbprint-list " + f.thumbprint(t)} {
				if !strings.Contains(why, part) {
					t.Errorf("why does not say %q:\n%s", part, why)
				}
			}
		})
	}
}

// An issuer that cannot be reached is not this one's fault alone: AWS's text says
// so little that the trail must name what was tried.
func TestUnreachableIssuer(t *testing.T) {
	t.Parallel()
	f := newForeign(t)
	s := start(t, f.setup(), func(c *emulator.Config) {
		c.IssuerDial = func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("no route to host") }
	})
	_, err := f.pod(s).Assume(t.Context())
	if got := code(t, err); got != "InvalidIdentityToken" || !strings.Contains(err.Error(), "Couldn't retrieve verification key from your identity provider,  please") {
		t.Errorf("refused with %v", err)
	}
	record, _ := s.Trail().LastDenied()
	if why := record.Explanation(); !strings.Contains(why, "no route to host") || !strings.Contains(why, f.Issuer.URL()+"/.well-known/openid-configuration") {
		t.Errorf("no cause:\n%s", why)
	}
}

// An issuer that begins to live here is no longer asked on the network, and its
// keys of before are forgotten.
func TestForeignIssuerMovesIn(t *testing.T) {
	t.Parallel()
	f := newForeign(t)
	s := start(t, f.setup(f.thumbprint(t)), func(c *emulator.Config) { c.IssuerDial = f.dial })
	if _, err := f.pod(s).Assume(t.Context()); err != nil {
		t.Fatal(err)
	}
	before := f.asked.Load()
	load := "apiVersion: irsatz/v1\nclusters: [{name: c, oidcIssuer: \"" + f.Issuer.URL() + "\", serviceAccounts: [{namespace: prod, name: app}]}]"
	if a := s.send(http.MethodPost, "/v1/state", load); a.status != http.StatusNoContent {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if _, err := f.pod(s).Assume(t.Context()); code(t, err) != "InvalidIdentityToken" {
		t.Errorf("a token of the issuer on the network: %v", err)
	}
	if _, err := s.bearer("arn:aws:iam::"+account+":role/foreign", s.mint(emulator.TokenRequest{Cluster: "c"})).Assume(t.Context()); err != nil {
		t.Errorf("a token of the issuer here: %v", err)
	}
	if got := f.asked.Load(); got != before {
		t.Errorf("the network was asked %d times", got-before)
	}
}

// A104: the thumbprint that is registered for a provider that names none is, for
// an issuer that lives here, that of irsatz's CA.
func TestThumbprint(t *testing.T) {
	t.Parallel()
	f := newForeign(t)
	s := start(t, standardSetup(), func(c *emulator.Config) { c.IssuerDial = f.dial })
	block, _ := pem.Decode(s.CAPEM())
	for issuer, want := range map[string]string{
		issuers["sandbox"]:          fmt.Sprintf("%x", sha1.Sum(block.Bytes)),
		f.Issuer.URL():              f.thumbprint(t),
		"https://idp.example.test/": "",
	} {
		if got, err := s.Verifier().Thumbprint(t.Context(), issuer); got != want || (err == nil) != (want != "") {
			t.Errorf("%s: got %q and error %v, want %q", issuer, got, err, want)
		}
	}
}

// TestDefaultCluster: a cluster of which nothing is said has an issuer that
// follows from its name, so that trust policies stay good.
func TestDefaultCluster(t *testing.T) {
	t.Parallel()
	issuer := func(s *server, cluster string) string {
		raw := s.mint(emulator.TokenRequest{Cluster: cluster})
		token, err := oidc.ParseToken(raw)
		if err != nil {
			t.Fatal(err)
		}
		return token.ClaimedIssuer()
	}
	const pod = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {namespace: prod, name: app}\n"
	first, second := start(t, pod), start(t, pod)
	const want = "https://oidc.eks.us-east-1.amazonaws.com/id/"
	got := issuer(first, "")
	if !strings.HasPrefix(got, want) || len(got) != len(want)+32 || got != issuer(second, emulator.DefaultCluster) {
		t.Errorf("issuers %s and %s", got, issuer(second, ""))
	}
	if issuer(second, got) != got {
		t.Error("the cluster is not found by its issuer")
	}
	named := start(t, "apiVersion: irsatz/v1\nregion: eu-west-1\nclusters: [{name: other, serviceAccounts: [{namespace: prod, name: app}]}]")
	if other := issuer(named, "other"); other == got || !strings.Contains(other, ".eu-west-1.") {
		t.Errorf("issuer %s", other)
	}
}
