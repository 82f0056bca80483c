package oidc_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/irsatz/irsatz/oidc"
)

// A40–A43, A47–A49, A57, A62: what claims may say.
func TestVerifyClaims(t *testing.T) {
	t.Parallel()
	key := loadKey(t, "p256")
	p := newIDP(t)
	p.publish(t, jwk(t, key, nil))
	v := p.verifier()
	type claims = map[string]any
	for name, test := range map[string]struct {
		changes claims
		want    oidc.RejectedError
	}{
		"good":                         {nil, oidc.RejectedError{}},
		"no nbf, no jti":               {claims{"nbf": absent{}, "jti": absent{}}, oidc.RejectedError{}},
		"sub empty":                    {claims{"sub": ""}, oidc.RejectedError{}},
		"sub of 300 characters":        {claims{"sub": strings.Repeat("s", 300)}, oidc.RejectedError{}},
		"sub number":                   {claims{"sub": 9}, oidc.RejectedError{}},
		"aud string":                   {claims{"aud": sts}, oidc.RejectedError{}},
		"aud unregistered":             {claims{"aud": "x"}, oidc.RejectedError{Reason: oidc.WrongAudience, Claim: "aud", Audience: "x"}},
		"aud in another case":          {claims{"aud": "STS.amazonaws.com"}, oidc.RejectedError{Reason: oidc.WrongAudience, Claim: "aud", Audience: "STS.amazonaws.com"}},
		"aud empty string":             {claims{"aud": ""}, oidc.RejectedError{Reason: oidc.WrongAudience, Claim: "aud"}},
		"two aud, one registered":      {claims{"aud": []string{sts, "x"}}, oidc.RejectedError{Reason: oidc.MultipleAudiences, Claim: "aud"}},
		"two aud, both registered":     {claims{"aud": []string{sts, sts}}, oidc.RejectedError{Reason: oidc.MultipleAudiences, Claim: "aud"}},
		"two aud and azp":              {claims{"aud": []string{"y", "x"}, "azp": sts}, oidc.RejectedError{}},
		"azp registered, aud not":      {claims{"aud": "x", "azp": sts}, oidc.RejectedError{}},
		"azp unregistered, aud is":     {claims{"azp": "x"}, oidc.RejectedError{Reason: oidc.WrongAudience, Claim: "azp", Audience: "x"}},
		"azp empty":                    {claims{"azp": ""}, oidc.RejectedError{Reason: oidc.WrongAudience, Claim: "azp"}},
		"azp null is none":             {claims{"azp": nil}, oidc.RejectedError{}},
		"azp null, two aud":            {claims{"azp": nil, "aud": []string{sts, "x"}}, oidc.RejectedError{Reason: oidc.MultipleAudiences, Claim: "aud"}},
		"azp number":                   {claims{"azp": 1}, oidc.RejectedError{Reason: oidc.InvalidClaim, Claim: "azp"}},
		"times as strings":             {claims{"iat": "1795348132", "exp": "1795351732", "nbf": "1795348132"}, oidc.RejectedError{}},
		"exp fraction":                 {claims{"exp": start + 60.5}, oidc.RejectedError{Reason: oidc.InvalidTimestamp, Claim: "exp"}},
		"exp fraction of zero":         {claims{"exp": json.RawMessage("1795351732.0")}, oidc.RejectedError{Reason: oidc.InvalidTimestamp, Claim: "exp"}},
		"exp with exponent":            {claims{"exp": json.RawMessage("1e12")}, oidc.RejectedError{Reason: oidc.InvalidTimestamp, Claim: "exp"}},
		"exp too large":                {claims{"exp": json.RawMessage("99999999999999999999")}, oidc.RejectedError{Reason: oidc.InvalidTimestamp, Claim: "exp"}},
		"exp null":                     {claims{"exp": nil}, oidc.RejectedError{Reason: oidc.InvalidTimestamp, Claim: "exp"}},
		"exp bool":                     {claims{"exp": true}, oidc.RejectedError{Reason: oidc.InvalidTimestamp, Claim: "exp"}},
		"exp with a plus":              {claims{"exp": "+1795351732"}, oidc.RejectedError{Reason: oidc.InvalidTimestamp, Claim: "exp"}},
		"exp with underscores":         {claims{"exp": "1_795_351_732"}, oidc.RejectedError{Reason: oidc.InvalidTimestamp, Claim: "exp"}},
		"iat word":                     {claims{"iat": "now"}, oidc.RejectedError{Reason: oidc.InvalidTimestamp, Claim: "iat"}},
		"iat empty":                    {claims{"iat": ""}, oidc.RejectedError{Reason: oidc.InvalidTimestamp, Claim: "iat"}},
		"nbf null":                     {claims{"nbf": nil}, oidc.RejectedError{Reason: oidc.InvalidTimestamp, Claim: "nbf"}},
		"exp 299 s past":               {claims{"exp": start - 299}, oidc.RejectedError{}},
		"exp 300 s past":               {claims{"exp": start - 300}, oidc.RejectedError{Reason: oidc.Expired, Claim: "exp", Now: start - 300, Bound: start - 300}},
		"exp an hour past":             {claims{"exp": start - 3600}, oidc.RejectedError{Reason: oidc.Expired, Claim: "exp", Now: start - 300, Bound: start - 3600}},
		"exp negative":                 {claims{"exp": -1}, oidc.RejectedError{Reason: oidc.Expired, Claim: "exp", Now: start - 300, Bound: -1}},
		"iat 300 s ahead":              {claims{"iat": start + 300}, oidc.RejectedError{}},
		"iat 301 s ahead":              {claims{"iat": start + 301}, oidc.RejectedError{Reason: oidc.IssuedInFuture, Claim: "iat", Now: start + 300, Bound: start + 301}},
		"nbf 300 s ahead":              {claims{"nbf": start + 300}, oidc.RejectedError{}},
		"nbf 301 s ahead":              {claims{"nbf": start + 301}, oidc.RejectedError{Reason: oidc.NotYetValid, Claim: "nbf", Now: start + 300, Bound: start + 301}},
		"iat years ago":                {claims{"iat": 1}, oidc.RejectedError{}},
		"audience before time":         {claims{"aud": "x", "exp": 1}, oidc.RejectedError{Reason: oidc.WrongAudience, Claim: "aud", Audience: "x"}},
		"iss of another":               {claims{"iss": "https://other.example.com"}, oidc.RejectedError{Reason: oidc.WrongIssuer, Claim: "iss"}},
		"iss with a slash too many":    {claims{"iss": p.URL + "/"}, oidc.RejectedError{Reason: oidc.WrongIssuer, Claim: "iss"}},
		"iss empty":                    {claims{"iss": ""}, oidc.RejectedError{Reason: oidc.WrongIssuer, Claim: "iss"}},
		"optional claims of odd types": {claims{"jti": 1, "email": []string{}, "amr": 7}, oidc.RejectedError{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			provider := oidc.Provider{URL: p.URL, ClientIDs: []string{"", sts}} // an empty one is none
			_, err := judge(t, v, sign(t, key, p.claims(test.changes), nil), provider)
			if err == nil {
				err = &oidc.RejectedError{}
			}
			only := cmpopts.IgnoreFields(oidc.RejectedError{}, "Issuer", "ProviderURL", "Audiences", "ClientIDs")
			if diff := cmp.Diff(test.want, *rejection(t, err), only); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestVerifyMaxAge(t *testing.T) {
	t.Parallel()
	key := loadKey(t, "p256")
	p := newIDP(t)
	p.publish(t, jwk(t, key, nil))
	v := p.verifier(func(c *oidc.VerifierConfig) { c.MaxAge = 24 * time.Hour })
	for age, want := range map[int64]oidc.Reason{86400: 0, 86401: oidc.TooOld} {
		_, err := judge(t, v, sign(t, key, p.claims(map[string]any{"iat": start - age}), nil), p.provider())
		if got := reason(t, err); got != want {
			t.Errorf("age %d: got %v, want %v", age, err, want)
		}
	}
}

func TestClaims(t *testing.T) {
	t.Parallel()
	key := loadKey(t, "rsa2048-a")
	p := newIDP(t)
	p.publish(t, jwk(t, key, nil))
	provider := oidc.Provider{URL: strings.TrimPrefix(p.URL, "https://"), ClientIDs: []string{"other", "client"}}
	payload, err := json.Marshal(p.claims(map[string]any{
		"aud": []string{"x", "y"}, "azp": "client", "amr": []string{"mfa", "pwd"}, "email": "a@example.com",
		"https://aws.amazon.com/roles": []string{"arn:aws:iam::111122223333:role/app"},
	}))
	if err != nil {
		t.Fatal(err)
	}
	// A57: the last of two members counts.
	payload = []byte(strings.Replace(string(payload), `{`, `{"sub":"first","azp":"other",`, 1))
	got, err := judge(t, p.verifier(), sign(t, key, payload, nil), provider)
	if err != nil {
		t.Fatal(err)
	}
	want := &oidc.Claims{
		Issuer: p.URL, Subject: "system:serviceaccount:irsa:app", Audience: "client", OriginalAudience: []string{"x", "y"},
		AuthorizedParty: "client", AMR: []string{"mfa", "pwd"}, Email: "a@example.com",
		ID: "6584065c-efb6-4518-9043-9789565c5263", KeyID: key.ID(),
		IssuedAt: time.Unix(start, 0).UTC(), Expiry: time.Unix(start+3600, 0).UTC(), NotBefore: time.Unix(start, 0).UTC(),
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(oidc.Claims{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if raw, ok := got.Claim("https://aws.amazon.com/roles"); !ok || string(raw) != `["arn:aws:iam::111122223333:role/app"]` {
		t.Errorf("got claim %s, %t", raw, ok)
	}
	names := slices.Sorted(got.Names(""))
	if diff := cmp.Diff([]string{"amr", "aud", "azp", "email", "exp", "https://aws.amazon.com/roles", "iat", "iss", "jti", "nbf", "sub"}, names); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"amr", "aud", "azp"}, slices.Sorted(got.Names("a"))); diff != "" {
		t.Errorf("names that begin with a (-want +got):\n%s", diff)
	}
	if raw, ok := got.Claim("https://aws.amazon.com/tags"); ok || raw != nil {
		t.Errorf("got claim %s, %t, want none", raw, ok)
	}
}

// A50: every algorithm that STS takes verifies with a key that fits it, and
// with no other.
func TestVerifyAlgorithms(t *testing.T) {
	t.Parallel()
	p := newIDP(t)
	rsaKey, p256, p384, p521 := loadKey(t, "rsa2048-a"), loadKey(t, "p256"), loadKey(t, "p384"), loadKey(t, "p521")
	p.publish(t, jwk(t, rsaKey, nil), jwk(t, p256, nil), jwk(t, p384, nil), jwk(t, p521, nil))
	v := p.verifier()
	for alg, key := range map[string]*oidc.Key{
		"RS256": rsaKey, "RS384": rsaKey, "RS512": rsaKey, "ES256": p256, "ES384": p384, "ES512": p521,
	} {
		if _, err := judge(t, v, sign(t, key, p.claims(nil), map[string]any{"alg": alg}), p.provider()); err != nil {
			t.Errorf("%s: %v", alg, err)
		}
		for _, other := range []*oidc.Key{rsaKey, p256, p384, p521} {
			if other == key {
				continue
			}
			token := sign(t, key, p.claims(nil), map[string]any{"alg": alg, "kid": other.ID()})
			if _, err := judge(t, v, token, p.provider()); reason(t, err) != oidc.KeyUnavailable {
				t.Errorf("%s with a key for %s: got %v", alg, other.Algorithm(), err)
			}
		}
	}
}

// A key in the token's own header is no key of the issuer's.
func TestVerifyIgnoresHeaderKey(t *testing.T) {
	t.Parallel()
	key, foreign := loadKey(t, "p256"), loadKey(t, "rsa2048-b")
	p := newIDP(t)
	p.publish(t, jwk(t, key, nil), jwk(t, loadKey(t, "rsa2048-a"), nil))
	for name, header := range map[string]map[string]any{
		"with its own kid":   {"jwk": jwk(t, foreign, nil)},
		"under a known kid":  {"jwk": jwk(t, foreign, nil), "kid": loadKey(t, "rsa2048-a").ID()},
		"without kid":        {"jwk": jwk(t, foreign, nil), "kid": absent{}},
		"at another address": {"jku": p.URL + "/keys", "kid": absent{}},
	} {
		_, err := judge(t, p.verifier(), sign(t, foreign, p.claims(nil), header), p.provider())
		if got := reason(t, err); got != oidc.KeyUnavailable && got != oidc.BadSignature {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// A62: the issuer with a slash at the end is another one, and its documents are
// where the one without a slash has them.
func TestVerifyTrailingSlash(t *testing.T) {
	t.Parallel()
	p := newIDP(t)
	issuer := newIssuer(t, oidc.Config{URL: p.URL + "/", Keys: []*oidc.Key{loadKey(t, "p256")}, Now: p.clock.Now})
	p.set(func(p *idp) { p.handler = issuer.ServeHTTP })
	token, err := issuer.Mint(t.Context(), app())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := judge(t, p.verifier(), token, oidc.Provider{URL: p.URL + "/", ClientIDs: []string{sts}}); err != nil {
		t.Error(err)
	}
	if _, err := judge(t, p.verifier(), token, p.provider()); reason(t, err) != oidc.WrongIssuer {
		t.Errorf("without the slash: got %v", err)
	}
	if token, err = issuer.MintBroken(t.Context(), "issuer-slash", app()); err != nil {
		t.Fatal(err)
	}
	parsed, err := oidc.ParseToken(token)
	if err != nil || parsed.ClaimedIssuer() != p.URL {
		t.Errorf("got issuer %q and error %v, want it without the slash", parsed.ClaimedIssuer(), err)
	}
}
