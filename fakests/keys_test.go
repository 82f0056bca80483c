package fakests_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// A54, A55: what a key set may be, and what STS says to it. The many cases of
// keys are oidc's own tests.
func TestA54_A55_Keys(t *testing.T) {
	t.Parallel()
	type m = map[string]any
	w := newWorld(t)
	good := jwkOf(t, w, "rsa2048")
	wrong := jwkOf(t, w, "other")
	with := func(key m, changes m) m {
		key = maps.Clone(key)
		maps.Copy(key, changes)
		maps.DeleteFunc(key, func(_ string, v any) bool { return v == absent{} })
		return key
	}
	discovery := httptest.NewRecorder()
	w.issuer.ServeHTTP(discovery, httptest.NewRequest(http.MethodGet, "https://"+host+"/.well-known/openid-configuration", nil))
	for name, test := range map[string]struct {
		keys []m
		want string // "" succeeds
	}{
		"one key":                    {[]m{good}, ""},
		"A54 without kid":            {[]m{with(good, m{"kid": absent{}})}, textNoKey},
		"A54 kid twice, last good":   {[]m{with(wrong, m{"kid": good["kid"]}), good}, ""},
		"A54 kid twice, last wrong":  {[]m{good, with(wrong, m{"kid": good["kid"]})}, textGeneric},
		"A55 alg of another":         {[]m{with(good, m{"alg": "ES256"})}, ""},
		"A55 for encryption":         {[]m{with(good, m{"use": "enc"})}, textNoKey},
		"A55 key_ops":                {[]m{with(good, m{"key_ops": []string{"verify"}})}, textGeneric},
		"A55 certificate of another": {[]m{with(good, m{"x5c": []string{certificate(t, w, "other")}})}, textNoKey},
		"A55 matching certificate":   {[]m{with(good, m{"x5c": []string{certificate(t, w, "rsa2048")}})}, ""},
		"A55 certificate alone":      {[]m{with(good, m{"x5c": []string{certificate(t, w, "rsa2048")}, "n": absent{}, "e": absent{}})}, textNoKey},
	} {
		t.Run(name, func(t *testing.T) {
			w.serveFunc(func(rw http.ResponseWriter, r *http.Request) {
				rw.Header().Set("Cache-Control", "no-cache")
				if strings.HasSuffix(r.URL.Path, "/keys") {
					_, _ = rw.Write([]byte(w.json(m{"keys": test.keys})))
					return
				}
				_, _ = rw.Write(discovery.Body.Bytes())
			})
			a := w.assume(w.mint(nil))
			if test.want == "" {
				w.wantSession(a)
				return
			}
			w.wantRefusal(a, 400, "InvalidIdentityToken", test.want)
		})
	}
}

// jwkOf is a key of testdata as issuers publish it.
func jwkOf(t *testing.T, w *world, name string) map[string]any {
	t.Helper()
	key := w.private(name).Public().(*rsa.PublicKey)
	encode := base64.RawURLEncoding.EncodeToString
	return map[string]any{
		"kty": "RSA", "use": "sig", "alg": "RS256", "kid": w.key(name).ID(),
		"n": encode(key.N.Bytes()), "e": encode(big.NewInt(int64(key.E)).Bytes()),
	}
}

// certificate is one for a key of testdata, as in x5c.
func certificate(t *testing.T, w *world, name string) string {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: begin, NotAfter: begin.Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, w.private(name).Public(), w.private(name))
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(der)
}
