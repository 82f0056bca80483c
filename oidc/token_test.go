package oidc_test

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"github.com/irsatz/irsatz/oidc"
)

func encode(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

const goodPayload = `{"iss":"https://idp.example.com","sub":"s","aud":"a","iat":1,"exp":2}`

func TestParseTokenForm(t *testing.T) {
	t.Parallel()
	const header = `{"alg":"RS256","kid":"k"}`
	whole := func(header, payload string) string { return encode(header) + "." + encode(payload) + ".c2ln" }
	for name, test := range map[string]struct {
		raw  string
		want oidc.Reason
	}{
		"good":                        {whole(header, goodPayload), 0},
		"newline after it":            {whole(header, goodPayload) + "\n", 0},
		"empty signature":             {encode(header) + "." + encode(goodPayload) + ".", 0}, // refused by Verify
		"empty":                       {"", oidc.NotJWT},
		"dots":                        {"..", oidc.NotJWT},
		"opaque":                      {"ya29.a0AfH6SMB", oidc.NotJWT},
		"two parts":                   {encode(header) + "." + encode(goodPayload), oidc.NotJWT},
		"four parts":                  {whole(header, goodPayload) + ".x", oidc.NotJWT},
		"five parts, as encrypted":    {"a.b.c.d.e", oidc.NotJWT},
		"newline inside":              {strings.Replace(whole(header, goodPayload), ".", ".\n", 1), oidc.NotJWT},
		"padding":                     {encode(header) + "." + encode(goodPayload) + ".c2lnbg==", oidc.NotJWT},
		"standard base64":             {encode(header) + "." + encode(goodPayload) + ".+/+/", oidc.NotJWT},
		"unused bits, two characters": {encode(header) + "." + encode(goodPayload) + ".AB", oidc.NotJWT},
		"unused bits, three":          {encode(header) + "." + encode(goodPayload) + ".AAB", oidc.NotJWT},
		"one character":               {encode(header) + "." + encode(goodPayload) + ".A", oidc.NotJWT},
		"header not JSON":             {whole(`alg`, goodPayload), oidc.NotJWT},
		"header null":                 {whole(`null`, goodPayload), oidc.NotJWT},
		"header list":                 {whole(`[]`, goodPayload), oidc.NotJWT},
		"no alg":                      {whole(`{"kid":"k"}`, goodPayload), oidc.NotJWT},
		"alg in upper case member":    {whole(`{"ALG":"RS256"}`, goodPayload), oidc.NotJWT},
		"alg not a string":            {whole(`{"alg":256}`, goodPayload), oidc.NotJWT},
		"alg twice":                   {whole(`{"alg":"none","alg":"RS256"}`, goodPayload), oidc.NotJWT},
		"kid not a string":            {whole(`{"alg":"RS256","kid":1}`, goodPayload), oidc.NotJWT},
		"b64":                         {whole(`{"alg":"RS256","b64":false}`, goodPayload), oidc.NotJWT},
		"crit":                        {whole(`{"alg":"RS256","crit":["exp"]}`, goodPayload), oidc.CriticalHeader},
		"crit empty":                  {whole(`{"alg":"RS256","crit":[]}`, goodPayload), oidc.CriticalHeader},
		"crit null":                   {whole(`{"alg":"RS256","crit":null}`, goodPayload), oidc.CriticalHeader},
		"kid twice":                   {whole(`{"alg":"RS256","kid":"a","kid":"b"}`, goodPayload), oidc.NotJWT},
		"typ twice":                   {whole(`{"alg":"RS256","typ":"JWT","typ":"JWT"}`, goodPayload), oidc.NotJWT},
		"typ and cty":                 {whole(`{"alg":"RS256","typ":"JWT","cty":"JWT","x5t":"a","x5t#S256":"b"}`, goodPayload), 0},
		"something else":              {whole(`{"alg":"RS256","x":{"y":1}}`, goodPayload), 0},
		"twice in something else":     {whole(`{"alg":"RS256","x":{"y":1,"y":2}}`, goodPayload), oidc.NotJWT},
		"jwk that is none":            {whole(`{"alg":"RS256","jwk":1}`, goodPayload), oidc.NotJWT},
		"x5c that is none":            {whole(`{"alg":"RS256","x5c":["AA"]}`, goodPayload), oidc.NotJWT},
		"nonce not a string":          {whole(`{"alg":"RS256","nonce":1}`, goodPayload), oidc.NotJWT},
		"payload not JSON":            {whole(header, `hello`), oidc.NotJWT},
		"payload null":                {whole(header, `null`), oidc.NotJWT},
		"payload list":                {whole(header, `[]`), oidc.NotJWT},
		"payload empty":               {encode(header) + "..c2ln", oidc.NotJWT},
		"payload and more":            {whole(header, goodPayload+"{}"), oidc.NotJWT},
		"20001 characters":            {strings.Repeat("a", 20001), oidc.NotJWT},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			token, err := oidc.ParseToken(test.raw)
			if got := reason(t, err); got != test.want {
				t.Errorf("got %v, want %v", err, test.want)
			}
			if (token == nil) != (err != nil) {
				t.Errorf("got token %v with error %v", token, err)
			}
		})
	}
}

// A50: six algorithms and no other.
func TestParseTokenAlgorithms(t *testing.T) {
	t.Parallel()
	for _, alg := range []string{"RS256", "RS384", "RS512", "ES256", "ES384", "ES512"} {
		token, err := oidc.ParseToken(encode(`{"alg":"`+alg+`"}`) + "." + encode(goodPayload) + ".c2ln")
		if err != nil || token.Algorithm() != alg {
			t.Errorf("%s: %v", alg, err)
		}
	}
	for _, alg := range []string{"none", "None", "NONE", "", "HS256", "HS384", "HS512", "PS256", "PS384", "PS512", "EdDSA", "ES256K", "rs256", "RS256 ", "ML-DSA-44"} {
		_, err := oidc.ParseToken(encode(`{"alg":"`+alg+`"}`) + "." + encode(goodPayload) + ".c2ln")
		if rejected := rejection(t, err); rejected.Reason != oidc.UnsupportedAlgorithm || rejected.Algorithm != alg {
			t.Errorf("%q: got %v", alg, rejected)
		}
	}
}

// A39, A40, A44, A57: required claims, in their order.
func TestParseTokenClaims(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		payload string
		want    oidc.Reason
		claim   string
	}{
		"nothing":                  {`{}`, oidc.MissingClaim, "iss"},
		"only iss":                 {`{"iss":"i"}`, oidc.MissingClaim, "sub"},
		"iss and sub":              {`{"iss":"i","sub":"s"}`, oidc.MissingClaim, "aud"},
		"no iat and no exp":        {`{"iss":"i","sub":"s","aud":"a"}`, oidc.MissingClaim, "iat"},
		"no exp":                   {`{"iss":"i","sub":"s","aud":"a","iat":1}`, oidc.MissingClaim, "exp"},
		"names have a case":        {`{"ISS":"i","sub":"s","aud":"a","iat":1,"exp":2}`, oidc.MissingClaim, "iss"},
		"iss null":                 {`{"iss":null,"sub":"s","aud":"a","iat":1,"exp":2}`, oidc.MissingClaim, "iss"},
		"aud null":                 {`{"iss":"i","sub":"s","aud":null,"iat":1,"exp":2}`, oidc.MissingClaim, "aud"},
		"iss number":               {`{"iss":1,"sub":"s","aud":"a","iat":1,"exp":2}`, oidc.InvalidClaim, "iss"},
		"sub null":                 {`{"iss":"i","sub":null,"aud":"a","iat":1,"exp":2}`, oidc.NullSubject, "sub"},
		"sub list":                 {`{"iss":"i","sub":["s"],"aud":"a","iat":1,"exp":2}`, oidc.InvalidClaim, "sub"},
		"sub bool":                 {`{"iss":"i","sub":true,"aud":"a","iat":1,"exp":2}`, oidc.InvalidClaim, "sub"},
		"aud empty":                {`{"iss":"i","sub":"s","aud":[],"iat":1,"exp":2}`, oidc.EmptyClaim, "aud"},
		"aud number":               {`{"iss":"i","sub":"s","aud":1,"iat":1,"exp":2}`, oidc.InvalidClaim, "aud"},
		"aud with a number":        {`{"iss":"i","sub":"s","aud":["a",1],"iat":1,"exp":2}`, oidc.InvalidClaim, "aud"},
		"aud object":               {`{"iss":"i","sub":"s","aud":{"a":1},"iat":1,"exp":2}`, oidc.InvalidClaim, "aud"},
		"sub twice, last one null": {`{"iss":"i","sub":"s","sub":null,"aud":"a","iat":1,"exp":2}`, oidc.NullSubject, "sub"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := oidc.ParseToken(encode(`{"alg":"RS256"}`) + "." + encode(test.payload) + ".c2ln")
			if rejected := rejection(t, err); rejected.Reason != test.want || rejected.Claim != test.claim {
				t.Errorf("got %v, want %v of %s", rejected, test.want, test.claim)
			}
		})
	}
}

func TestUnverifiedToken(t *testing.T) {
	t.Parallel()
	payload := `{"iss":"first","iss":"i","sub":12345678901234567890,"aud":["a","b"],"iat":1,"exp":2}`
	token, err := oidc.ParseToken(" " + encode(`{"kid":"k","alg":"ES384","typ":"JWT"}`) + "." + encode(payload) + ".c2ln\r\n")
	if err != nil {
		t.Fatal(err)
	}
	if token.ClaimedIssuer() != "i" || token.ClaimedSubject() != "12345678901234567890" || token.KeyID() != "k" ||
		token.Algorithm() != "ES384" || !token.HasSurroundingSpace() {
		t.Errorf("got issuer %q, subject %q, kid %q, algorithm %q, space %t", token.ClaimedIssuer(), token.ClaimedSubject(), token.KeyID(), token.Algorithm(), token.HasSurroundingSpace())
	}
	if diff := cmp.Diff([]string{"a", "b"}, token.ClaimedAudiences()); diff != "" {
		t.Error(diff)
	}
	if string(token.ClaimedPayload()) != payload {
		t.Errorf("got payload %s", token.ClaimedPayload())
	}
}

// Whatever the input, ParseToken does not panic, and what it lets through has
// one of the six algorithms and every required claim.
func FuzzParseToken(f *testing.F) {
	text, err := os.ReadFile("testdata/p256.pem")
	if err != nil {
		f.Fatal(err)
	}
	issuer := newIssuer(f, oidc.Config{URL: eksURL, Keys: []*oidc.Key{oidc.MustParseKey(text)}})
	for _, kind := range oidc.BrokenKinds() {
		if kind.Name == "huge" {
			continue
		}
		token, err := issuer.MintBroken(f.Context(), kind.Name, app())
		if err != nil {
			f.Fatal(err)
		}
		f.Add(token)
	}
	f.Add(encode(`{"alg":"RS256","crit":[]}`) + "." + encode(goodPayload) + ".c2ln")
	f.Add("a.b.c\n")
	allowed := map[string]bool{"RS256": true, "RS384": true, "RS512": true, "ES256": true, "ES384": true, "ES512": true}
	f.Fuzz(func(t *testing.T, raw string) {
		token, err := oidc.ParseToken(raw)
		if err != nil {
			if rejection(t, err).Error() == "" || token != nil {
				t.Errorf("refused without a word, or with a token: %v", token)
			}
			return
		}
		reference, err := jose.ParseSignedCompact(strings.TrimSpace(raw), []jose.SignatureAlgorithm{jose.SignatureAlgorithm(token.Algorithm())})
		if err != nil || string(reference.UnsafePayloadWithoutVerification()) != string(token.ClaimedPayload()) {
			t.Errorf("go-jose reads another token, or none: %v", err)
		}
		var header, payload map[string]any
		if err := json.Unmarshal([]byte(part(t, strings.TrimSpace(raw), 0)), &header); err != nil {
			t.Fatal(err)
		}
		if !allowed[token.Algorithm()] || header["alg"] != token.Algorithm() {
			t.Errorf("a token with header %v came through as %s", header, token.Algorithm())
		}
		if _, ok := header["crit"]; ok {
			t.Errorf("a token with header %v came through", header)
		}
		if err := json.Unmarshal(token.ClaimedPayload(), &payload); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"iss", "sub", "aud", "iat", "exp"} {
			if _, ok := payload[name]; !ok {
				t.Errorf("a token without %s came through", name)
			}
		}
	})
}
