package oidc_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/irsatz/irsatz/oidc"
)

const eksURL = "https://oidc.eks.us-east-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE"

// fixedIssuer gives the same token for the same request.
func fixedIssuer(t testing.TB, key string) *oidc.Issuer {
	return newIssuer(t, oidc.Config{
		URL: eksURL, Keys: []*oidc.Key{loadKey(t, key)}, Now: newClock().Now,
		Rand: bytes.NewReader(bytes.Repeat([]byte("0123456789abcdef"), 8)),
	})
}

func app(changes ...func(*oidc.TokenRequest)) oidc.TokenRequest {
	request := oidc.TokenRequest{
		Namespace: "irsa", ServiceAccount: "app", UID: "54ea4032-7194-4958-a4dc-79a8c5ba7ff3", Audiences: []string{sts},
	}
	for _, change := range changes {
		change(&request)
	}
	return request
}

// T01, T04–T09, T11–T14: whole tokens, byte for byte.
func TestMintGolden(t *testing.T) {
	t.Parallel()
	const tail = `"iat":1795348132,"iss":"` + eksURL + `","jti":"30313233-3435-4637-b839-616263646566",`
	const account = `"serviceaccount":{"name":"app","uid":"54ea4032-7194-4958-a4dc-79a8c5ba7ff3"}`
	const end = `},"nbf":1795348132,"sub":"system:serviceaccount:irsa:app"}`
	for name, test := range map[string]struct {
		request oidc.TokenRequest
		want    string
	}{
		"unbound": {
			app(),
			`{"aud":["sts.amazonaws.com"],"exp":1795351732,` + tail + `"kubernetes.io":{"namespace":"irsa",` + account + end,
		},
		"3607 seconds are not extended": {
			app(func(r *oidc.TokenRequest) {
				r.Duration, r.Pod = 3607*time.Second, &oidc.ObjectRef{Name: "p1", UID: "u"}
			}),
			`{"aud":["sts.amazonaws.com"],"exp":1795351739,` + tail + `"kubernetes.io":{"namespace":"irsa","pod":{"name":"p1","uid":"u"},` + account + end,
		},
		"bound to a scheduled pod, two audiences": {
			app(func(r *oidc.TokenRequest) {
				r.Audiences = []string{"z", "a"}
				r.Duration = 24 * time.Hour
				r.Pod, r.Node = &oidc.ObjectRef{Name: "p2", UID: "b2b2"}, &oidc.ObjectRef{Name: "node-1", UID: "9797"}
			}),
			`{"aud":["z","a"],"exp":1795434532,` + tail + `"kubernetes.io":{"namespace":"irsa","node":{"name":"node-1","uid":"9797"},"pod":{"name":"p2","uid":"b2b2"},` + account + end,
		},
		"unknown node": {
			app(func(r *oidc.TokenRequest) { r.Node = &oidc.ObjectRef{Name: "n"} }),
			`{"aud":["sts.amazonaws.com"],"exp":1795351732,` + tail + `"kubernetes.io":{"namespace":"irsa","node":{"name":"n"},` + account + end,
		},
		"default audience": {
			app(func(r *oidc.TokenRequest) { r.Audiences = nil }),
			`{"aud":["` + eksURL + `"],"exp":1795351732,` + tail + `"kubernetes.io":{"namespace":"irsa",` + account + end,
		},
		"another kind of issuer": {
			oidc.TokenRequest{
				Subject: "repo:octo-org/octo-repo:ref:refs/heads/main", Audiences: []string{sts}, Duration: 5 * time.Minute,
				Claims: map[string]any{"repository": "octo-org/octo-repo", "aud": sts, "azp": nil},
			},
			`{"aud":"sts.amazonaws.com","azp":null,"exp":1795348432,` + tail + `"nbf":1795348132,"repository":"octo-org/octo-repo","sub":"repo:octo-org/octo-repo:ref:refs/heads/main"}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			token, err := fixedIssuer(t, "rsa2048-a").Mint(t.Context(), test.request)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(`{"alg":"RS256","kid":"`+loadKey(t, "rsa2048-a").ID()+`"}`, part(t, token, 0)); diff != "" {
				t.Errorf("header (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.want, part(t, token, 1)); diff != "" {
				t.Errorf("payload (-want +got):\n%s", diff)
			}
		})
	}
}

// T03: an elliptic curve key signs ES256.
func TestMintElliptic(t *testing.T) {
	t.Parallel()
	token, err := fixedIssuer(t, "p256").Mint(t.Context(), app())
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"alg":"ES256","kid":"` + loadKey(t, "p256").ID() + `"}`; part(t, token, 0) != want {
		t.Errorf("got header %s, want %s", part(t, token, 0), want)
	}
}

// T10: two tokens of the same second differ, and derived UIDs do not.
func TestMintIdentifiers(t *testing.T) {
	t.Parallel()
	issuer := newIssuer(t, oidc.Config{URL: eksURL, Keys: []*oidc.Key{loadKey(t, "p256")}, Now: newClock().Now})
	type payload struct {
		JTI        string
		Kubernetes struct {
			ServiceAccount, Pod struct{ UID string }
		} `json:"kubernetes.io"`
	}
	var tokens [2]payload
	for n := range tokens {
		token, err := issuer.Mint(t.Context(), oidc.TokenRequest{Namespace: "irsa", ServiceAccount: "app", Pod: &oidc.ObjectRef{Name: "p"}})
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(part(t, token, 1)), &tokens[n]); err != nil {
			t.Fatal(err)
		}
		uuid := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[48][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
		for _, id := range []string{tokens[n].JTI, tokens[n].Kubernetes.ServiceAccount.UID, tokens[n].Kubernetes.Pod.UID} {
			if !uuid.MatchString(id) {
				t.Errorf("%q is not a UUID", id)
			}
		}
	}
	if tokens[0].JTI == tokens[1].JTI {
		t.Errorf("both tokens have jti %s", tokens[0].JTI)
	}
	if tokens[0].Kubernetes != tokens[1].Kubernetes {
		t.Errorf("derived UIDs differ: %v and %v", tokens[0].Kubernetes, tokens[1].Kubernetes)
	}
}

// T17–T20: bounds of the duration.
func TestMintDuration(t *testing.T) {
	t.Parallel()
	issuer := newIssuer(t, oidc.Config{URL: eksURL, Keys: []*oidc.Key{loadKey(t, "p256")}})
	for name, test := range map[string]struct {
		seconds int64
		want    string
	}{
		"300":       {300, "spec.expirationSeconds: Invalid value: 300: may not specify a duration less than 10 minutes"},
		"599":       {599, "spec.expirationSeconds: Invalid value: 599: may not specify a duration less than 10 minutes"},
		"600":       {600, ""},
		"2^32":      {1 << 32, ""},
		"2^32 + 1":  {1<<32 + 1, "spec.expirationSeconds: Invalid value: 4294967297: may not specify a duration larger than 2^32 seconds"},
		"minus one": {-1, "spec.expirationSeconds: Invalid value: -1: may not specify a duration less than 10 minutes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := issuer.Mint(t.Context(), app(func(r *oidc.TokenRequest) { r.Duration = time.Duration(test.seconds) * time.Second }))
			if test.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			refused, ok := errors.AsType[*oidc.DurationError](err)
			if !ok || refused.Error() != test.want {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}

func TestMintRefuses(t *testing.T) {
	t.Parallel()
	issuer := newIssuer(t, oidc.Config{URL: eksURL, Keys: []*oidc.Key{loadKey(t, "p256")}})
	for name, request := range map[string]oidc.TokenRequest{
		"nothing":                  {},
		"no namespace":             {ServiceAccount: "app"},
		"no service account":       {Namespace: "irsa"},
		"colon in namespace":       {Namespace: "a:b", ServiceAccount: "app"},
		"dot in namespace":         {Namespace: "a.b", ServiceAccount: "app"},
		"upper case":               {Namespace: "irsa", ServiceAccount: "App"},
		"hyphen last":              {Namespace: "irsa", ServiceAccount: "app-"},
		"long namespace":           {Namespace: strings.Repeat("a", 64), ServiceAccount: "app"},
		"subject and account":      {Subject: "s", Namespace: "irsa", ServiceAccount: "app"},
		"claim iss":                app(func(r *oidc.TokenRequest) { r.Claims = map[string]any{"iss": "https://other.example.com"} }),
		"claim exp":                app(func(r *oidc.TokenRequest) { r.Claims = map[string]any{"exp": 1} }),
		"claim that is no JSON":    app(func(r *oidc.TokenRequest) { r.Claims = map[string]any{"f": func() {}} }),
		"fraction of a second":     {Subject: "s", Duration: time.Millisecond},
		"subject, endless":         {Subject: "s", Duration: oidc.MaxDuration + time.Second},
		"subject, negative":        {Subject: "s", Duration: -time.Second},
		"service account not sane": {Namespace: "irsa", ServiceAccount: "a..b"},
	} {
		if token, err := issuer.Mint(t.Context(), request); err == nil {
			t.Errorf("%s: got token %s, want an error", name, token)
		}
	}
}

// T26: the legacy token, which STS cannot accept.
func TestMintLegacy(t *testing.T) {
	t.Parallel()
	token, err := fixedIssuer(t, "rsa2048-a").MintLegacy(t.Context(), app())
	if err != nil {
		t.Fatal(err)
	}
	want := regexp.MustCompile(`^\{"iss":"kubernetes/serviceaccount","kubernetes.io/serviceaccount/namespace":"irsa",` +
		`"kubernetes.io/serviceaccount/secret.name":"app-token-[0-9a-f]{5}","kubernetes.io/serviceaccount/service-account.name":"app",` +
		`"kubernetes.io/serviceaccount/service-account.uid":"54ea4032-7194-4958-a4dc-79a8c5ba7ff3","sub":"system:serviceaccount:irsa:app"\}$`)
	if !want.MatchString(part(t, token, 1)) {
		t.Errorf("got payload %s", part(t, token, 1))
	}
	_, err = oidc.ParseToken(token)
	if rejected := rejection(t, err); rejected.Reason != oidc.MissingClaim || rejected.Claim != "aud" {
		t.Errorf("got %v, want a missing aud", rejected)
	}
}
