package oidc_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/irsatz/irsatz/oidc"
)

// D01, D03, D04, D06: whole discovery documents.
func TestDiscoveryGolden(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		config oidc.Config
		want   string
	}{
		"kubernetes": {
			oidc.Config{URL: eksURL, Style: oidc.StyleKubernetes, JWKSURI: "https://127.0.0.1:16443/openid/v1/jwks", Keys: []*oidc.Key{loadKey(t, "rsa2048-a")}},
			`{"issuer":"` + eksURL + `","jwks_uri":"https://127.0.0.1:16443/openid/v1/jwks","response_types_supported":["id_token"],"subject_types_supported":["public"],"id_token_signing_alg_values_supported":["RS256"]}`,
		},
		"kubernetes, several keys": {
			oidc.Config{URL: "https://k.example.com", Style: oidc.StyleKubernetes, Keys: []*oidc.Key{loadKey(t, "rsa2048-a"), loadKey(t, "p256"), loadKey(t, "rsa4096")}},
			`{"issuer":"https://k.example.com","jwks_uri":"https://k.example.com/openid/v1/jwks","response_types_supported":["id_token"],"subject_types_supported":["public"],"id_token_signing_alg_values_supported":["ES256","RS256"]}`,
		},
		"eks": {
			oidc.Config{URL: eksURL, Keys: []*oidc.Key{loadKey(t, "rsa2048-a")}},
			`{"issuer":"` + eksURL + `","jwks_uri":"` + eksURL + `/keys","authorization_endpoint":"urn:kubernetes:programmatic_authorization","response_types_supported":["id_token"],"subject_types_supported":["public"],"claims_supported":["sub","iss"],"id_token_signing_alg_values_supported":["RS256"]}`,
		},
		"self-hosted, trailing slash": {
			oidc.Config{URL: "https://b.example.com/x/", Style: oidc.StyleSelfHosted, Keys: []*oidc.Key{loadKey(t, "p384")}},
			`{"issuer":"https://b.example.com/x/","jwks_uri":"https://b.example.com/x/keys.json","authorization_endpoint":"urn:kubernetes:programmatic_authorization","response_types_supported":["id_token"],"subject_types_supported":["public"],"claims_supported":["sub","iss"],"id_token_signing_alg_values_supported":["ES384"]}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := newIssuer(t, test.config).Discovery(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, string(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// D05: every key, in configuration order, members in kube-apiserver's order.
func TestJWKSGolden(t *testing.T) {
	t.Parallel()
	a, b := loadKey(t, "rsa2048-a"), loadKey(t, "p256")
	got, err := newIssuer(t, oidc.Config{URL: eksURL, Keys: []*oidc.Key{b, a}}).JWKS(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := regexp.MustCompile(`^\{"keys":\[\{"use":"sig","kty":"EC","kid":"` + b.ID() + `","crv":"P-256","alg":"ES256","x":"[\w-]{43}","y":"[\w-]{43}"\},` +
		`\{"use":"sig","kty":"RSA","kid":"` + a.ID() + `","alg":"RS256","n":"[\w-]{342}","e":"AQAB"\}\]\}$`)
	if !want.Match(got) {
		t.Errorf("got %s", got)
	}
}

// D02, D08: paths, content types and methods.
func TestIssuerServes(t *testing.T) {
	t.Parallel()
	keys := []*oidc.Key{loadKey(t, "rsa2048-a")}
	eks := newIssuer(t, oidc.Config{URL: eksURL, Keys: keys})
	kubernetes := newIssuer(t, oidc.Config{URL: "https://k.example.com/", Style: oidc.StyleKubernetes, Keys: keys})
	const id = "/id/EXAMPLED539D4633E53DE1B71EXAMPLE"
	const jwkSet = "application/jwk-set+json"
	for name, test := range map[string]struct {
		handler      http.Handler
		method, path string
		status       int
		contentType  string
	}{
		"discovery":            {eks, "GET", id + "/.well-known/openid-configuration", 200, "application/json"},
		"keys":                 {eks, "GET", id + "/keys", 200, jwkSet},
		"head":                 {eks, "HEAD", id + "/keys", 200, jwkSet},
		"post":                 {eks, "POST", id + "/keys", 405, ""},
		"host root":            {eks, "GET", "/.well-known/openid-configuration", 404, ""},
		"eks has no jwks path": {eks, "GET", id + "/openid/v1/jwks", 404, ""},
		"case matters":         {eks, "GET", strings.ToLower(id) + "/keys", 404, ""},
		"kubernetes discovery": {kubernetes, "GET", "/.well-known/openid-configuration", 200, "application/json"},
		"kubernetes keys":      {kubernetes, "GET", "/openid/v1/jwks", 200, jwkSet},
		"kubernetes, /keys":    {kubernetes, "GET", "/keys", 200, jwkSet},
		"hosted elsewhere":     {kubernetes.HandlerAt("/id/K"), "GET", "/id/K/openid/v1/jwks", 200, jwkSet},
		"not at its own path":  {kubernetes.HandlerAt("/id/K"), "GET", "/openid/v1/jwks", 404, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := httptest.NewRecorder()
			test.handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), test.method, test.path, nil))
			if w.Code != test.status {
				t.Fatalf("got status %d, want %d", w.Code, test.status)
			}
			if test.status == 405 && w.Header().Get("Allow") != "GET, HEAD" {
				t.Errorf("got Allow %q", w.Header().Get("Allow"))
			}
			if test.status != 200 {
				return
			}
			if got := w.Header().Get("Content-Type"); got != test.contentType {
				t.Errorf("got content type %s, want %s", got, test.contentType)
			}
			if got := w.Header().Get("Cache-Control"); got != "public, max-age=3600" {
				t.Errorf("got cache control %s", got)
			}
			if (w.Body.Len() == 0) != (test.method == "HEAD") {
				t.Errorf("got a body of %d bytes", w.Body.Len())
			}
		})
	}
}

// D09, D10, D11: which URLs may be issuers.
func TestIssuerURL(t *testing.T) {
	t.Parallel()
	keys := []*oidc.Key{loadKey(t, "p256")}
	for url, want := range map[string]string{
		"https://a.example.com":       "",
		"https://a.example.com/":      "",
		"https://a.example.com:8443/": "",
		"https://127.0.0.1/id/A":      "",
		"http://a.example.com":        "issuer URL must use https scheme, got: http://a.example.com",
		"kubernetes.default.svc":      "issuer URL must use https scheme, got: kubernetes.default.svc",
		"":                            "issuer URL must use https scheme, got: ",
		"https:///id":                 "issuer URL must have a host, got: https:///id",
		"https://a.example.com/?x=1":  "issuer URL may not include a query, got: https://a.example.com/?x=1",
		"https://a.example.com?":      "issuer URL may not include a query, got: https://a.example.com?",
		"https://a.example.com/#f":    "issuer URL may not include a fragment, got: https://a.example.com/#f",
		"https://u:p@a.example.com":   "issuer URL may not include a user, got: https://u:xxxxx@a.example.com",
	} {
		issuer, err := oidc.NewIssuer(oidc.Config{URL: url, Keys: keys})
		if err != nil {
			if err.Error() != want {
				t.Errorf("%s: got %v, want %s", url, err, want)
			}
			continue
		}
		if want != "" || issuer.URL() != url {
			t.Errorf("%s: got issuer %s, want %q", url, issuer.URL(), want)
		}
	}
	if _, err := oidc.NewIssuer(oidc.Config{URL: "http://a.example.com", AllowHTTP: true, Keys: keys}); err != nil {
		t.Errorf("http is not accepted where it is allowed: %v", err)
	}
	if _, err := oidc.NewIssuer(oidc.Config{URL: eksURL, Keys: []*oidc.Key{keys[0], keys[0]}}); err == nil {
		t.Error("the same key is accepted twice")
	}
	if _, err := oidc.NewIssuer(oidc.Config{URL: eksURL, Style: 9, Keys: keys}); err == nil {
		t.Error("an unknown style is accepted")
	}
}

// NewIssuer does not wait for the key; whoever needs it does, as long as it
// likes.
func TestIssuerGeneratesKey(t *testing.T) {
	t.Parallel()
	issuer := newIssuer(t, oidc.Config{URL: eksURL})
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if err := issuer.Ready(cancelled); err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's error", err)
	}
	token, err := issuer.Mint(t.Context(), app())
	if err != nil {
		t.Fatal(err)
	}
	keys, err := issuer.Keys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"alg":"RS256","kid":"` + keys[0].ID() + `"}`; len(keys) != 1 || part(t, token, 0) != want {
		t.Errorf("got header %s, want %s", part(t, token, 0), want)
	}
}
