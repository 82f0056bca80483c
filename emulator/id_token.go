package emulator

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/gorilla/mux"
)

// TokenEndpoint is where a job of GitHub's fetches its tokens: the variables
// ACTIONS_ID_TOKEN_REQUEST_URL and ACTIONS_ID_TOKEN_REQUEST_TOKEN.
//
// https://docs.github.com/en/actions/reference/security/oidc
type TokenEndpoint struct {
	URL   string `json:"url"` // to which tools add "&audience=…"
	Token string `json:"token"`
}

// TokenEndpoint returns the token endpoint of an issuer, by its name or its URL.
func (e *Emulator) TokenEndpoint(issuer string) (TokenEndpoint, error) {
	o, cluster, err := e.clusters().issuerNamed(issuer)
	switch {
	case err != nil:
		return TokenEndpoint{}, err
	case cluster != nil:
		return TokenEndpoint{}, fmt.Errorf("cluster %s has no token endpoint: its tokens are projected into pods", cluster.name)
	case !o.preset.TokenEndpoint:
		return TokenEndpoint{}, fmt.Errorf("issuer %s has no token endpoint: preset %s has none", o.name, o.preset.Name)
	}
	return TokenEndpoint{URL: e.ControlURL() + idTokenPath + url.PathEscape(o.name) + "?api-version=2.0", Token: e.requestToken(o)}, nil
}

const idTokenPath = "/v1/id-token/"

// requestToken lets its bearer fetch tokens of this issuer, and do nothing else.
func (e *Emulator) requestToken(o *otherIssuer) string {
	mac := hmac.New(sha256.New, e.sealingKey)
	mac.Write([]byte("id token request\x00" + o.issuer.URL()))
	return hex.EncodeToString(mac.Sum(nil))
}

// requestTokenAllowed is the guard of the token endpoints. Their clients know
// but one bearer token, so it stands in place of the control token.
func (e *Emulator) requestTokenAllowed(r *http.Request) bool {
	o, ok := e.clusters().other(strings.TrimPrefix(r.URL.Path, idTokenPath))
	scheme, got, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return ok && o.preset.TokenEndpoint && strings.EqualFold(scheme, "bearer") &&
		subtle.ConstantTimeCompare([]byte(got), []byte(e.requestToken(o))) == 1
}

func (e *Emulator) controlTokenEndpoint(w http.ResponseWriter, r *http.Request) {
	endpoint, err := e.TokenEndpoint(r.URL.Query().Get("issuer"))
	if err != nil {
		refuse(w, err)
		return
	}
	writeJSON(w, endpoint)
}

// controlIDToken answers as GitHub's token endpoint does.
func (e *Emulator) controlIDToken(w http.ResponseWriter, r *http.Request) {
	request := TokenRequest{Issuer: mux.Vars(r)["issuer"]}
	if audience := r.URL.Query().Get("audience"); audience != "" {
		request.Audiences = []string{audience}
	}
	token, err := e.MintToken(r.Context(), request)
	if err != nil {
		refuse(w, err)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	writeJSON(w, struct {
		Count int    `json:"count"`
		Value string `json:"value"`
	}{len(token.Token), token.Token})
}
