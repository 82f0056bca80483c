package fakests_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/irsatz/irsatz/fakests"
	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/oidc"
)

// Every kind of broken token, in both eras.
func TestBrokenTokens(t *testing.T) {
	t.Parallel()
	now := begin.Unix()
	const length = "1 validation error detected: Value at 'webIdentityToken' failed to satisfy constraint: Member must have length less than or equal to 20000"
	type text struct{ current, legacy string }
	both := func(s string) text { return text{s, s} }
	noProvider := func(issuer string) text {
		return text{textGeneric, "No OpenIDConnect provider found in your account for https://" + issuer}
	}
	want := map[string]struct {
		status int
		code   string
		text   text
	}{
		"expired":          {400, "ExpiredTokenException", both(fmt.Sprintf("Token expired: current date/time %d must be before the expiration date/time %d", now-300, now-3600))},
		"not-yet-valid":    {400, "InvalidIdentityToken", both(fmt.Sprintf("Token not yet valid: current date/time %d must be after or equal to the not-before date/time %d", now+300, now+3600))},
		"issued-in-future": {400, "InvalidIdentityToken", both(fmt.Sprintf("Token issued in the future: %d", now+3600))},
		"fractional-exp":   {400, "InvalidIdentityToken", both("Invalid timestamp in token claims.")},
		"text-iat":         {400, "InvalidIdentityToken", both("Invalid timestamp in token claims.")},
		"wrong-audience":   {400, "InvalidIdentityToken", text{textGeneric, "Incorrect token audience"}},
		"multi-audience":   {400, "InvalidIdentityToken", both("Token audience contains more than one audience while authorized party is not present")},
		"wrong-azp":        {400, "InvalidIdentityToken", text{textGeneric, "Incorrect token audience"}},
		"empty-aud":        {400, "InvalidIdentityToken", both("Claim is not allowed to be empty: aud")},
		"wrong-issuer":     {400, "InvalidIdentityToken", noProvider(host + "-other")},
		"issuer-slash":     {400, "InvalidIdentityToken", noProvider(host + "/")},
		"no-iss":           {400, "InvalidIdentityToken", both("Missing a required claim: iss")},
		"no-sub":           {400, "InvalidIdentityToken", both("Missing a required claim: sub")},
		"null-sub":         {500, "InternalFailure", both("Unknown error validating third-party token")},
		"no-aud":           {400, "InvalidIdentityToken", both("Missing a required claim: aud")},
		"no-iat":           {400, "InvalidIdentityToken", both("Missing a required claim: iat")},
		"no-exp":           {400, "InvalidIdentityToken", both("Missing a required claim: exp")},
		"huge":             {400, "ValidationError", both(length)},
		"unknown-kid":      {400, "InvalidIdentityToken", both(textNoKey)},
		"bad-signature":    {400, "InvalidIdentityToken", both(textGeneric)},
		"tampered-payload": {400, "InvalidIdentityToken", both(textGeneric)},
		"foreign-key":      {400, "InvalidIdentityToken", both(textGeneric)},
		"alg-none":         {400, "InvalidIdentityToken", both(textNotJWT)},
		"hmac":             {400, "InvalidIdentityToken", both(textNotJWT)},
		"crit-header":      {400, "InvalidIdentityToken", both(textNotJWT)},
		"not-a-jwt":        {400, "InvalidIdentityToken", both(textNotJWT)},
	}
	current, old := newWorld(t), newWorld(t, legacy)
	current.reissue("p256")
	old.reissue("p256")
	for _, kind := range oidc.BrokenKinds() {
		t.Run(kind.Name, func(t *testing.T) {
			w, ok := want[kind.Name]
			if !ok {
				t.Fatal("this test does not know it")
			}
			for _, era := range []struct {
				world       *world
				text, other string
			}{{current, w.text.current, w.text.legacy}, {old, w.text.legacy, w.text.current}} {
				token, err := era.world.issuer.MintBroken(t.Context(), kind.Name, request())
				if err != nil {
					t.Fatal(err)
				}
				a := era.world.assume(token)
				era.world.wantRefusal(a, w.status, w.code, era.text)
				if era.text == era.other {
					era.other = ""
				}
				if a.record.OtherText != era.other { // A132
					t.Errorf("the trail has as the other era's text %q, want %q", a.record.OtherText, era.other)
				}
				if w.code != "ValidationError" && (a.record.Token == nil || a.record.Token.Rejected == "" || a.record.Token.Verified) {
					t.Errorf("the trail has of the token: %+v", a.record.Token)
				}
			}
		})
		delete(want, kind.Name)
	}
	if len(want) > 0 {
		t.Errorf("kinds that are none: %v", want)
	}
}

// A39–A44, A47–A49, A57: what the claims may be.
func TestA39_A57_Claims(t *testing.T) {
	t.Parallel()
	now := begin.Unix()
	w := newWorld(t)
	w.retrust(trust(`{"Effect":"Allow","Principal":{"Federated":"` + provider + `"},"Action":"sts:AssumeRoleWithWebIdentity"}`))
	type claims = map[string]any
	expired := func(exp int64) refusal {
		return refusal{400, "ExpiredTokenException", fmt.Sprintf("Token expired: current date/time %d must be before the expiration date/time %d", now-300, exp)}
	}
	invalid := func(text string) refusal { return refusal{400, "InvalidIdentityToken", text} }
	for name, test := range map[string]struct {
		changes claims
		subject string // of a success
		aud     string
		want    refusal
	}{
		"A39 iss first":                  {changes: claims{"iss": absent{}, "exp": absent{}}, want: invalid("Missing a required claim: iss")},
		"A39 exp last":                   {changes: claims{"exp": absent{}}, want: invalid("Missing a required claim: exp")},
		"A40 sub numeric":                {changes: claims{"sub": 123}, subject: "123"},
		"A40 sub empty":                  {changes: claims{"sub": ""}, subject: ""},
		"A40 sub of 300 characters":      {changes: claims{"sub": strings.Repeat("s", 300)}, subject: strings.Repeat("s", 300)},
		"A40 sub null":                   {changes: claims{"sub": nil}, want: refusal{500, "InternalFailure", "Unknown error validating third-party token"}},
		"A41 aud string":                 {changes: claims{"aud": audience}, subject: subject},
		"A41 two registered aud, no azp": {changes: claims{"aud": []string{audience, audience}}, want: invalid("Token audience contains more than one audience while authorized party is not present")},
		"A42 azp decides":                {changes: claims{"aud": []string{"x", "y"}, "azp": audience}, subject: subject},
		"A43 azp unregistered":           {changes: claims{"azp": "x"}, want: invalid(textGeneric)},
		"A43 azp empty":                  {changes: claims{"azp": ""}, want: invalid(textGeneric)},
		"A44 aud empty list":             {changes: claims{"aud": []string{}}, want: invalid("Claim is not allowed to be empty: aud")},
		"aud empty string":               {changes: claims{"aud": ""}, want: invalid(textGeneric)},
		"A47 exp a second past":          {changes: claims{"exp": now - 1}, subject: subject},
		"A47 exp 299 s past":             {changes: claims{"exp": now - 299}, subject: subject},
		"A47 exp 300 s past":             {changes: claims{"exp": now - 300}, want: expired(now - 300)},
		"A47 exp an hour past":           {changes: claims{"exp": now - 3600}, want: expired(now - 3600)},
		"A48 iat 300 s ahead":            {changes: claims{"iat": now + 300}, subject: subject},
		"A48 iat 301 s ahead":            {changes: claims{"iat": now + 301}, want: invalid(fmt.Sprintf("Token issued in the future: %d", now+301))},
		"A48 nbf 300 s ahead":            {changes: claims{"nbf": now + 300}, subject: subject},
		"A48 nbf an hour ahead":          {changes: claims{"nbf": now + 3600}, want: invalid(fmt.Sprintf("Token not yet valid: current date/time %d must be after or equal to the not-before date/time %d", now+300, now+3600))},
		"A49 integer strings":            {changes: claims{"iat": fmt.Sprint(now), "exp": fmt.Sprint(now + 60)}, subject: subject},
		"A49 exp fractional":             {changes: claims{"exp": float64(now) + 60.5}, want: invalid("Invalid timestamp in token claims.")},
		"A49 iat null":                   {changes: claims{"iat": nil}, want: invalid("Invalid timestamp in token claims.")},
	} {
		t.Run(name, func(t *testing.T) {
			a := w.assume(w.forge("rsa2048", "RS256", nil, w.claims(test.changes)))
			if test.want.Code != "" {
				w.wantRefusal(a, test.want.Status, test.want.Code, test.want.Message)
				return
			}
			if s := w.wantSession(a); s.Subject != test.subject || s.Audience != audience {
				t.Errorf("subject %q, audience %q", s.Subject, s.Audience)
			}
			if !strings.Contains(a.Body.String(), "<SubjectFromWebIdentityToken>") {
				t.Error("the answer has no subject")
			}
		})
	}
	t.Run("A41 two aud, both registered", func(t *testing.T) {
		w := newWorld(t)
		w.update(func(d *iam.Draft) error {
			_, err := d.UpdateProvider(account, host, func(p *iam.Provider) error { p.ClientIDs = append(p.ClientIDs, "second"); return nil })
			return err
		})
		w.generous()
		w.wantSession(w.assume(w.mint(map[string]any{"aud": []string{"second"}})))
		w.wantRefusal(w.assume(w.mint(map[string]any{"aud": []string{audience, "second"}})), 400, "InvalidIdentityToken", "Token audience contains more than one audience while authorized party is not present")
	})
	t.Run("A57 the last duplicate wins", func(t *testing.T) {
		payload := fmt.Sprintf(`{"iss":"https://%s","sub":"first","aud":"x","iat":%d,"exp":%d,"sub":"last","aud":"%s"}`, host, now, now+60, audience)
		if s := w.wantSession(w.assume(w.forge("rsa2048", "RS256", nil, payload))); s.Subject != "last" {
			t.Errorf("subject %q", s.Subject)
		}
	})
}

// A45, A46, A60, A62, A82: which provider a token belongs to.
func TestA45_A46_A60_A62_A82_Provider(t *testing.T) {
	t.Parallel()
	foreign := "arn:aws:iam::" + stranger + ":role/theirs"
	for name, test := range map[string]struct {
		role   string
		issuer string
	}{
		"A45 another issuer":                    {roleARN, "https://" + host + "x"},
		"A45 another case":                      {roleARN, "https://" + strings.ToUpper(host[:4]) + host[4:]},
		"A46 A82 registered in another account": {foreign, "https://" + host},
		"A60 http":                              {roleARN, "http://" + host},
		"A60 no scheme":                         {roleARN, host},
		"A60 no URL":                            {roleARN, "kubernetes/serviceaccount"},
		"A62 a trailing slash":                  {roleARN, "https://" + host + "/"},
		"another host behind the issuer":        {roleARN, "https://" + host + "@evil.example"},
		"a user at the issuer":                  {roleARN, "https://evil@" + host},
		"a query":                               {roleARN, "https://" + host + "?x"},
		"a fragment":                            {roleARN, "https://" + host + "#x"},
		"a port":                                {roleARN, "https://" + strings.Replace(host, "/", ":443/", 1)},
		"two schemes":                           {roleARN, "https://https://" + host},
		"a blank":                               {roleARN, "https://" + host + " "},
		"the role's existence does not show here": {"arn:aws:iam::" + stranger + ":role/none-at-all", "https://" + host},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, o := range []option{func(*fakests.Config) {}, legacy} {
				w := newWorld(t, o)
				w.update(func(d *iam.Draft) error {
					_, err := d.CreateRole(iam.Role{AccountID: stranger, Name: "theirs", Trust: trusting("")})
					return err
				})
				w.serveFunc(func(_ http.ResponseWriter, r *http.Request) { t.Errorf("%s asked for %s", r.Host, r.URL) })
				a := w.assume(w.forge("rsa2048", "RS256", nil, w.claims(map[string]any{"iss": test.issuer})), "RoleArn", test.role)
				want := textGeneric
				if a.record.OtherText == textGeneric {
					want = "No OpenIDConnect provider found in your account for " + test.issuer
				}
				w.wantRefusal(a, 400, "InvalidIdentityToken", want)
				if !strings.Contains(a.record.Cause, "no OIDC provider for the issuer "+test.issuer) || a.record.Fix == "" {
					t.Errorf("cause %q, fix %q", a.record.Cause, a.record.Fix)
				}
			}
		})
	}
}

// A62: an issuer with a trailing slash has a provider and condition keys with
// one.
func TestA62_TrailingSlash(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.update(func(d *iam.Draft) error {
		p, err := d.CreateProvider(iam.Provider{AccountID: account, URL: "https://" + host + "/", ClientIDs: []string{audience}})
		if err != nil {
			return err
		}
		_, err = d.CreateRole(iam.Role{AccountID: account, Name: "slash", Trust: trust(`{"Effect":"Allow","Principal":{"Federated":"` + p.ARN + `"},
			"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"` + host + `/:sub":"` + subject + `"}}}`)})
		return err
	})
	slash, err := oidc.NewIssuer(oidc.Config{URL: "https://" + host + "/", Keys: []*oidc.Key{w.key("rsa2048")}, Now: w.now})
	if err != nil {
		t.Fatal(err)
	}
	w.serve(slash)
	token, err := slash.Mint(t.Context(), request())
	if err != nil {
		t.Fatal(err)
	}
	if s := w.wantSession(w.assume(token, "RoleArn", "arn:aws:iam::"+account+":role/slash")); s.Provider != provider+"/" {
		t.Errorf("provider %s", s.Provider)
	}
}

// A50, A51: algorithms.
func TestA50_A51_Algorithms(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.reissue("rsa2048", "p256", "p384", "p521")
	for alg, key := range map[string]string{"RS256": "rsa2048", "RS384": "rsa2048", "RS512": "rsa2048", "ES256": "p256", "ES384": "p384", "ES512": "p521"} {
		w.wantSession(w.assume(w.forge(key, alg, nil, w.claims(nil))))
	}
	for _, alg := range []string{"PS256", "HS256", "EdDSA", "none", "rs256", ""} {
		w.wantRefusal(w.assume(w.forge("rsa2048", "RS256", map[string]any{"alg": alg}, w.claims(nil))), 400, "InvalidIdentityToken", textNotJWT)
	}
	w.wantRefusal(w.assume(w.forge("rsa2048", "RS256", map[string]any{"crit": []string{"exp"}}, w.claims(nil))), 400, "InvalidIdentityToken", textNotJWT)
	for _, garbage := range []string{"/var/run/secrets/eks.amazonaws.com/serviceaccount/token", `{"a":1}`, "aa.bb", "a.b.c.d", "....", "eyJ.e30."} {
		w.wantRefusal(w.assume(garbage), 400, "InvalidIdentityToken", textNotJWT)
	}
}

// A52, A53: key ids.
func TestA52_A53_KeyID(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	bare := w.forge("rsa2048", "RS256", map[string]any{"kid": absent{}}, w.claims(nil))
	w.wantSession(w.assume(bare))
	w.wantRefusal(w.assume(w.forge("rsa2048", "RS256", map[string]any{"kid": "unknown"}, w.claims(nil))), 400, "InvalidIdentityToken", textNoKey)
	two := newWorld(t)
	two.reissue("rsa2048", "other")
	two.wantRefusal(two.assume(bare), 400, "InvalidIdentityToken", textNoKey)
}

// A56: what the issuer may fail at.
func TestA56_Issuer(t *testing.T) {
	t.Parallel()
	for name, handler := range map[string]http.HandlerFunc{
		"not found": http.NotFound,
		"error":     func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) },
		"no JSON":   func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) },
		"too little": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = fmt.Fprintf(w, `{"issuer":"https://%s","jwks_uri":"https://%s/keys"}`, host, host)
		},
		"other issuer": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(`{"issuer":"https://example.com","jwks_uri":"https://example.com/keys","response_types_supported":["id_token"],"subject_types_supported":["public"],"id_token_signing_alg_values_supported":["RS256"]}`))
		},
		"a redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://example.com/", http.StatusFound)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.serveFunc(handler)
			a := w.assume(w.mint(nil))
			w.wantRefusal(a, 400, "InvalidIdentityToken", textNoKey)
			if !strings.Contains(a.record.Cause, host) {
				t.Errorf("the cause does not name the issuer: %s", a.record.Cause)
			}
		})
	}
}

// A58: a key that the issuer has just begun to sign with works at once, and one
// that it withdrew no longer does.
func TestA58_Rotation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rotate := func(keys ...string) string {
		w.reissue(keys...)
		issuer := w.issuer
		w.serveFunc(func(rw http.ResponseWriter, r *http.Request) {
			answer := httptest.NewRecorder()
			issuer.ServeHTTP(answer, r)
			rw.Header().Set("Cache-Control", "no-cache")
			rw.WriteHeader(answer.Code)
			_, _ = rw.Write(answer.Body.Bytes())
		})
		return w.mint(nil)
	}
	old := rotate("rsa2048")
	w.wantSession(w.assume(old))
	w.wantSession(w.assume(rotate("other", "rsa2048")))
	w.wantSession(w.assume(old))
	w.wantSession(w.assume(rotate("other")))
	w.wantRefusal(w.assume(old), 400, "InvalidIdentityToken", textNoKey)
}

// The kubelet's token lives on while the clock goes, and no longer.
func TestTokenAges(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.mint(nil)
	w.advance(time.Hour + 299*time.Second)
	a := w.assume(token)
	w.wantSession(a)
	if want := begin.Add(time.Hour); !a.record.Token.Expiry.Equal(want) || a.record.Token.ID == "" || !a.record.Token.Verified {
		t.Errorf("on record: %+v", a.record.Token)
	}
	w.advance(time.Second)
	w.wantRefusal(w.assume(token), 400, "ExpiredTokenException", fmt.Sprintf("Token expired: current date/time %d must be before the expiration date/time %d", w.now().Unix()-300, begin.Unix()+3600))
}
