package manifest_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/irsatz/irsatz/manifest"
)

func TestIssuers(t *testing.T) {
	t.Parallel()
	state, err := manifest.Parse("m.yaml", []byte(`apiVersion: irsatz/v1
issuers:
  - preset: github
  - name: keycloak
    preset: oidc
    url: https://id.example.com/realms/main
    claims: {sub: ci, level: 7, account: 000000000001, groups: [a, b], none: null}
`))
	if err != nil {
		t.Fatal(err)
	}
	want := []manifest.Issuer{
		{Pos: manifest.Pos{File: "m.yaml", Line: 3, Field: "issuers[0]"}, Name: "github", Preset: "github"},
		{
			Pos:  manifest.Pos{File: "m.yaml", Line: 4, Field: "issuers[1]"},
			Name: "keycloak", Preset: "oidc", URL: "https://id.example.com/realms/main",
			Claims: []byte(`{"sub":"ci","level":7,"account":"000000000001","groups":["a","b"],"none":null}`),
		},
	}
	if diff := cmp.Diff(want, state.Issuers); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for text, want := range map[string]string{
		`[{preset: github}, {preset: github}]`:     "issuer github is given twice",
		`[{name: github, claims: {}}]`:             "preset: missing",
		`[{preset: github, claim: {}}]`:            "did you mean claims?",
		`[{preset: github, url: "http://a.b"}]`:    "https://",
		`[{preset: github, claims: sub}]`:          "expected a mapping, found text",
		`[{preset: github, claims: {n: .inf}}]`:    "cannot be written in JSON",
		`[{preset: github, name: "a b"}]`:          "expected a name of up to 100",
		`[{preset: github, claims: {a: 1, a: 2}}]`: "a",
	} {
		if _, err := manifest.Parse("m.yaml", []byte("apiVersion: irsatz/v1\nissuers: "+text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", text, err, want)
		}
	}
}
