package emulator_test

import (
	"crypto/tls"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/irsatz/irsatz/emulator"
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

// TestForeignIssuer: an issuer that does not live here is dialled on the
// network, with the system's CAs, which do not vouch for a test server.
func TestForeignIssuer(t *testing.T) {
	t.Parallel()
	hello := make(chan struct{}, 100)
	foreign := httptest.NewUnstartedServer(http.NotFoundHandler())
	foreign.Config.ErrorLog = log.New(io.Discard, "", 0)
	foreign.TLS = &tls.Config{GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
		hello <- struct{}{}
		return nil, nil
	}}
	foreign.StartTLS()
	t.Cleanup(foreign.Close)
	// The provider is registered here, the cluster is not.
	setup := clusterSetup("foreign", foreign.URL)
	at := strings.Index(setup, "clusters:")
	s := start(t, setup[:at]+setup[strings.Index(setup, "oidcProviders:"):])

	issuer, err := oidc.NewIssuer(oidc.Config{URL: foreign.URL, KeyKind: oidc.P256})
	if err != nil {
		t.Fatal(err)
	}
	token, err := issuer.Mint(t.Context(), oidc.TokenRequest{Namespace: "prod", ServiceAccount: "app", Audiences: []string{"sts.amazonaws.com"}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.bearer("arn:aws:iam::"+account+":role/foreign", token).Assume(t.Context())
	if got := code(t, err); got != "InvalidIdentityToken" || !strings.Contains(err.Error(), "Couldn't retrieve verification key") {
		t.Errorf("refused with %v", err)
	}
	select {
	case <-hello:
	default:
		t.Error("the issuer was not dialled")
	}
	record, _ := s.Trail().LastDenied()
	if why := record.Explanation(); !strings.Contains(why, "unknown authority") || !strings.Contains(why, foreign.URL+"/.well-known/openid-configuration") {
		t.Errorf("no cause:\n%s", why)
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
