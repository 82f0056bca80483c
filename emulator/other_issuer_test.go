package emulator_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/irsatz/irsatz/emulator"
	"github.com/irsatz/irsatz/oidc"
)

const githubHost = "token.actions.githubusercontent.com"

// jobSetup is a repository at GitHub, another issuer, and a role for each.
func jobSetup() string {
	role := func(name, issuer, condition string) string {
		return `
  - roleName: ` + name + `
    assumeRolePolicyDocument:
      Version: "2012-10-17"
      Statement:
        - Effect: Allow
          Principal: {Federated: "arn:aws:iam::111122223333:oidc-provider/` + issuer + `"}
          Action: sts:AssumeRoleWithWebIdentity
          Condition: ` + condition + `
    policies: [{policyName: read, policyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "s3:GetObject", Resource: "*"}]}}]`
	}
	return bucketSetup + `
issuers:
  - {preset: github, claims: {repository: acme/shop, aud: sts.amazonaws.com, run_id: 7}}
  - {name: keycloak, preset: oidc, url: "https://id.example.com/realms/main", claims: {sub: ci}}
oidcProviders:
  - {url: "https://` + githubHost + `", clientIdList: [sts.amazonaws.com]}
  - {url: "https://id.example.com/realms/main", clientIdList: [sts.amazonaws.com]}
roles:` + role("github", githubHost, `{StringEquals: {"`+githubHost+`:sub": "repo:acme/shop:environment:prod", "`+githubHost+`:environment": prod}}`) +
		role("keycloak", "id.example.com/realms/main", `{StringEquals: {"id.example.com/realms/main:sub": ci}}`)
}

func payload(t *testing.T, token string) map[string]any {
	t.Helper()
	parsed, err := oidc.ParseToken(token)
	if err != nil {
		t.Fatal(err)
	}
	return members(t, string(parsed.ClaimedPayload()))
}

// An issuer that is no cluster lives here like one: its keys are fetched at its
// own name, and its tokens buy sessions.
func TestOtherIssuers(t *testing.T) {
	t.Parallel()
	s := start(t, jobSetup())
	prod := map[string]any{"environment": "prod"}
	for name, test := range map[string]struct {
		role    string
		request emulator.TokenRequest
		want    string
	}{
		"job":            {"github", emulator.TokenRequest{Issuer: "github", Claims: prod}, ""},
		"job, by URL":    {"github", emulator.TokenRequest{Issuer: "https://" + githubHost, Claims: prod}, ""},
		"other job":      {"github", emulator.TokenRequest{Issuer: "github"}, "AccessDenied"},
		"other audience": {"github", emulator.TokenRequest{Issuer: "github", Claims: prod, Audiences: []string{"x"}}, "InvalidIdentityToken"},
		"two audiences":  {"github", emulator.TokenRequest{Issuer: "github", Claims: prod, Audiences: []string{"sts.amazonaws.com", "x"}}, "InvalidIdentityToken"},
		"other issuer":   {"keycloak", emulator.TokenRequest{Issuer: "github", Claims: prod}, "AccessDenied"},
		"broken":         {"github", emulator.TokenRequest{Issuer: "github", Claims: prod, Broken: "expired"}, "ExpiredTokenException"},
		"keycloak":       {"keycloak", emulator.TokenRequest{Issuer: "keycloak"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			token, err := s.MintToken(t.Context(), test.request)
			if err != nil {
				t.Fatal(err)
			}
			body, err := s.bearer("arn:aws:iam::"+account+":role/"+test.role, token.Token).Get(t.Context(), "data", "a.txt")
			if got := code(t, err); got != test.want || got == "" && string(body) != "hello" {
				t.Errorf("got %q and %v, want %q", body, err, test.want)
			}
		})
	}
	for _, path := range []string{"https://" + githubHost, s.AWSURL() + "/id/github"} {
		if got := members(t, get(t, s.https(), path+"/.well-known/openid-configuration")); got["issuer"] != "https://"+githubHost {
			t.Errorf("%s: %v", path, got)
		}
	}
	token, err := s.MintToken(t.Context(), emulator.TokenRequest{Issuer: "github", Duration: time.Minute, Claims: map[string]any{"ref": "refs/heads/x"}})
	if err != nil {
		t.Fatal(err)
	}
	if got := payload(t, token.Token); got["sub"] != "repo:acme/shop:ref:refs/heads/x" || got["run_id"] != 7.0 || got["aud"] != "sts.amazonaws.com" || got["exp"].(float64)-got["iat"].(float64) != 60 {
		t.Errorf("claims %v", got)
	}
}

// What an issuer is asked for that it cannot give.
func TestOtherIssuersRefuse(t *testing.T) {
	t.Parallel()
	s := start(t, jobSetup())
	for body, want := range map[string]string{
		`{"issuer":"github","namespace":"prod","serviceAccount":"app"}`: "is no cluster",
		`{"issuer":"github","pod":"a"}`:                                 "is no cluster",
		`{"issuer":"githb"}`:                                            "did you mean github?",
		`{"issuer":"github","cluster":"irsatz"}`:                        "exclude each other",
		`{"issuer":"github","claims":{"exp":1}}`:                        "exp is the issuer's to set",
		`{"issuer":"github","duration":-1}`:                             "less than",
		`{"issuer":"irsatz","namespace":"default"}`:                     "the name of a ServiceAccount is missing",
		`{"issuer":"irsatz","namespace":"a","serviceAccount":"b"}`:      `serviceaccounts \"a/b\" not found`,
		`{"cluster":"github","namespace":"a","serviceAccount":"b"}`:     `clusters \"github\" not found`,
	} {
		if got := s.send(http.MethodPost, "/v1/tokens", body); got.status < 400 || !strings.Contains(got.body, want) {
			t.Errorf("%s: %d %s, want %q", body, got.status, got.body, want)
		}
	}
	const document = "apiVersion: irsatz/v1\nissuers: "
	for load, want := range map[string]string{
		`[{preset: githb}]`: "did you mean github?",
		`[{preset: oidc}]`:  "need a url",
		`[{preset: gitlab, url: "https://` + githubHost + `"}]`: "issuer github and issuer gitlab have the same issuer",
		`[{preset: gitlab, claims: {iat: 1}}]`:                  "iat is the issuer's to set",
		`[{preset: github, url: "https://ghe.example.com"}]`:    "is there already",
		`[{name: github, preset: gitlab}]`:                      "is there already",
		`[{name: github, preset: github-immutable}]`:            "is there already",
		`[{preset: gitlab}, {preset: gitlab}]`:                  "given twice",
		`[{preset: gitlab, claims: [sub]}]`:                     "expected a mapping",
		`[{url: "https://a.example.com"}]`:                      "missing",
	} {
		if got := s.send(http.MethodPost, "/v1/state", document+load); got.status != http.StatusUnprocessableEntity && got.status != http.StatusNotFound || !strings.Contains(got.body, want) {
			t.Errorf("%s: %d %s, want %q", load, got.status, got.body, want)
		}
	}
	if got := s.send(http.MethodPost, "/v1/state", document+`[{preset: github, claims: {repository: acme/other}}, {preset: gitlab}]`); got.status != http.StatusNoContent {
		t.Fatalf("%d %s", got.status, got.body)
	}
	token, err := s.MintToken(t.Context(), emulator.TokenRequest{Issuer: "github"})
	if err != nil || payload(t, token.Token)["sub"] != "repo:acme/other:ref:refs/heads/main" {
		t.Errorf("%v, %v", token, err)
	}
	if _, err := s.MintToken(t.Context(), emulator.TokenRequest{Issuer: "gitlab"}); err != nil {
		t.Error(err)
	}
}

// fetch asks a token endpoint as GitHub's tools do, which add to its URL.
func (s *server) fetch(endpoint emulator.TokenEndpoint, more, authorization string) answer {
	s.Helper()
	r, err := http.NewRequestWithContext(s.Context(), http.MethodGet, endpoint.URL+more, nil)
	if err != nil {
		s.Fatal(err)
	}
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		s.Fatal(err)
	}
	return read(s, response)
}

// Tools that fetch a GitHub token find one.
func TestTokenEndpoint(t *testing.T) {
	t.Parallel()
	s := start(t, jobSetup(), withToken)
	endpoint, err := s.control().TokenEndpoint(t.Context(), "github")
	if err != nil {
		t.Fatal(err)
	}
	for more, audience := range map[string]string{"": "sts.amazonaws.com", "&audience=api%3A%2F%2Fx": "api://x"} {
		for _, scheme := range []string{"Bearer ", "bearer "} {
			a := s.fetch(endpoint, more, scheme+endpoint.Token)
			var got struct {
				Count int
				Value string
			}
			if err := json.Unmarshal([]byte(a.body), &got); err != nil || a.status != http.StatusOK || a.header.Get("Cache-Control") != "no-store" {
				t.Fatalf("%d %s: %v", a.status, a.body, err)
			}
			if claims := payload(t, got.Value); got.Count != len(got.Value) || claims["aud"] != audience || claims["repository"] != "acme/shop" {
				t.Errorf("count %d, claims %v", got.Count, claims)
			}
		}
	}
}

// The request token opens its issuer's endpoint and nothing else, and nothing
// else opens that.
func TestTokenEndpointIsGuarded(t *testing.T) {
	t.Parallel()
	setup := jobSetup() + "\n---\napiVersion: irsatz/v1\nissuers: [{name: enterprise, preset: github, url: \"https://" + githubHost + "/acme\"}]"
	open, closed := start(t, setup), start(t, setup, withToken)
	for _, s := range []*server{open, closed} {
		endpoint, err := s.TokenEndpoint("github")
		if err != nil {
			t.Fatal(err)
		}
		enterprise, err := s.TokenEndpoint("enterprise")
		if err != nil {
			t.Fatal(err)
		}
		at := func(issuer string) emulator.TokenEndpoint {
			return emulator.TokenEndpoint{URL: strings.Replace(endpoint.URL, "/github", "/"+issuer, 1)}
		}
		for _, authorization := range []string{
			"", "Bearer ", "Bearer s3cret", "Basic " + endpoint.Token, endpoint.Token, "Bearer " + endpoint.Token[1:], "Bearer " + enterprise.Token,
		} {
			if a := s.fetch(endpoint, "", authorization); a.status != http.StatusUnauthorized || strings.Contains(a.body, "value") {
				t.Errorf("%q: %d %s", authorization, a.status, a.body)
			}
		}
		for _, issuer := range []string{"keycloak", "irsatz", "none", "", "github/", "github/.."} {
			if a := s.fetch(at(issuer), "", "Bearer "+endpoint.Token); a.status != http.StatusUnauthorized {
				t.Errorf("issuer %q: %d %s", issuer, a.status, a.body)
			}
		}
		for header, want := range map[string]int{"Origin: http://evil.example": 403, "Sec-Fetch-Site: cross-site": 403, "X: y": 200} {
			path := strings.TrimPrefix(endpoint.URL, s.ControlURL())
			if a := s.send(http.MethodGet, path, "", "Authorization: Bearer "+endpoint.Token, header); a.status != want {
				t.Errorf("%s: %d %s", header, a.status, a.body)
			}
		}
	}
	endpoint, err := closed.TokenEndpoint("github")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/v1/info", "/v1/token-endpoint?issuer=github", "/v1/trail"} {
		if a := closed.send(http.MethodGet, path, "", "Authorization: Bearer "+endpoint.Token); a.status != http.StatusUnauthorized {
			t.Errorf("%s with the request token: %d %s", path, a.status, a.body)
		}
	}
	if a := open.send(http.MethodGet, strings.TrimPrefix(endpoint.URL, closed.ControlURL()), "", "Host: evil.example", "Authorization: Bearer "+endpoint.Token); a.status != http.StatusForbidden {
		t.Errorf("rebound name: %d %s", a.status, a.body)
	}
	for _, issuer := range []string{"keycloak", "irsatz", "none"} {
		if _, err := open.TokenEndpoint(issuer); err == nil {
			t.Errorf("%s has a token endpoint", issuer)
		}
	}
}
