package oidc_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"

	"github.com/irsatz/irsatz/oidc"
)

// A cluster's issuer signs a token; a verifier fetches the issuer's keys and
// judges it.
func Example() {
	ctx := context.Background()
	text, err := os.ReadFile("testdata/rsa2048-a.pem")
	if err != nil {
		fmt.Println(err)
		return
	}
	server := httptest.NewUnstartedServer(nil)
	issuer, err := oidc.NewIssuer(oidc.Config{
		URL:  "https://" + server.Listener.Addr().String(),
		Keys: []*oidc.Key{oidc.MustParseKey(text)},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	server.Config.Handler = issuer
	server.StartTLS()
	defer server.Close()

	verifier := oidc.NewVerifier(oidc.VerifierConfig{Transport: server.Client().Transport})
	provider := oidc.Provider{URL: issuer.URL(), ClientIDs: []string{"sts.amazonaws.com"}}
	for _, audience := range []string{"sts.amazonaws.com", "openshift"} {
		raw, err := issuer.Mint(ctx, oidc.TokenRequest{Namespace: "irsa", ServiceAccount: "app", Audiences: []string{audience}})
		if err != nil {
			fmt.Println(err)
			return
		}
		token, err := oidc.ParseToken(raw)
		if err != nil {
			fmt.Println(err)
			return
		}
		claims, err := verifier.Verify(ctx, token, provider)
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(claims.Subject, claims.Audience)
	}
	// Output:
	// system:serviceaccount:irsa:app sts.amazonaws.com
	// token rejected: wrong audience: aud: "openshift" is not among ["sts.amazonaws.com"]
}
