package fakests_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"encoding/xml"
	"maps"
	randv2 "math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/irsatz/irsatz/fakests"
	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/policy"
	"github.com/irsatz/irsatz/internal/awsapi"
	"github.com/irsatz/irsatz/oidc"
	"github.com/irsatz/irsatz/trail"
)

const (
	account  = "111122223333"
	stranger = "444455556666" // another account
	audience = "sts.amazonaws.com"
	host     = "oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE"
	provider = "arn:aws:iam::" + account + ":oidc-provider/" + host
	roleARN  = "arn:aws:iam::" + account + ":role/team/app"
	subject  = "system:serviceaccount:prod:app"

	textGeneric = "The web identity token provided could not be validated. See the AssumeRoleWithWebIdentity documentation for requirements."
	textNoKey   = "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements"
	textNotJWT  = "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"
	textDenied  = "Not authorized to perform sts:AssumeRoleWithWebIdentity"
)

// begin is when the tests' clocks begin.
var begin = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

// world is an issuer on loopback, an account that trusts it, and an STS.
type world struct {
	testing.TB
	offset atomic.Int64 // seconds since begin
	issuer *oidc.Issuer
	web    atomic.Pointer[http.Handler] // what the issuer's host serves
	store  *iam.Store
	trail  *trail.Log
	sts    *fakests.Server
}

// option changes the configuration of the STS.
type option func(*fakests.Config)

func legacy(c *fakests.Config) { c.ErrorTexts = fakests.Legacy }
func audit(c *fakests.Config)  { c.Audit = true }

func newWorld(t testing.TB, options ...option) *world {
	t.Helper()
	w := &world{TB: t, trail: trail.NewLog(0)}
	w.reissue("rsa2048")
	var err error
	if w.store, err = iam.NewStore(iam.Config{Now: w.now, Rand: seeded(2), Root: []iam.RootCredentials{{AccountID: account, AccessKeyID: "test", Secret: "test"}}}); err != nil {
		t.Fatal(err)
	}
	w.update(func(d *iam.Draft) error {
		if _, err := d.CreateProvider(iam.Provider{AccountID: account, URL: "https://" + host, ClientIDs: []string{audience}}); err != nil {
			return err
		}
		_, err := d.CreateRole(iam.Role{AccountID: account, Name: "app", Path: "/team/", Trust: trusting("")})
		return err
	})
	config := fakests.Config{
		Config:   awsapi.Config{Store: w.store, Trail: w.trail, Now: w.now, Rand: seeded(3)},
		Verifier: oidc.NewVerifier(oidc.VerifierConfig{Transport: w.transport(), Now: w.now}),
	}
	for _, o := range options {
		o(&config)
	}
	if w.sts, err = fakests.New(config); err != nil {
		t.Fatal(err)
	}
	return w
}

// reissue gives the issuer these keys, of which the first signs, and no others.
func (w *world) reissue(keys ...string) {
	w.Helper()
	config := oidc.Config{URL: "https://" + host, Now: w.now, Rand: seeded(1)}
	for _, k := range keys {
		config.Keys = append(config.Keys, w.key(k))
	}
	issuer, err := oidc.NewIssuer(config)
	if err != nil {
		w.Fatal(err)
	}
	w.issuer = issuer
	w.serve(issuer)
}

func seeded(n byte) *randv2.ChaCha8 { return randv2.NewChaCha8([32]byte{n}) }

func (w *world) now() time.Time               { return begin.Add(time.Duration(w.offset.Load()) * time.Second) }
func (w *world) advance(d time.Duration)      { w.offset.Add(int64(d / time.Second)) }
func (w *world) serve(h http.Handler)         { w.web.Store(&h) }
func (w *world) serveFunc(h http.HandlerFunc) { w.serve(h) }

// transport dials the world's own server, whatever the host.
func (w *world) transport() http.RoundTripper {
	server := httptest.NewTLSServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { (*w.web.Load()).ServeHTTP(rw, r) }))
	w.Cleanup(server.Close)
	transport := server.Client().Transport.(*http.Transport).Clone()
	transport.TLSClientConfig.ServerName = "example.com"
	transport.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, server.Listener.Addr().String())
	}
	return transport
}

func (w *world) update(change func(*iam.Draft) error) {
	w.Helper()
	if err := w.store.Update(change); err != nil {
		w.Fatal(err)
	}
}

// trusting is a trust policy for the issuer; condition is a Condition
// element's contents, "" for the usual one.
func trusting(condition string) policy.Policy {
	if condition == "" {
		condition = `"StringEquals":{"` + host + `:sub":"` + subject + `","` + host + `:aud":"` + audience + `"}`
	}
	return trust(`{"Effect":"Allow","Principal":{"Federated":"` + provider + `"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{` + condition + `}}`)
}

// trust is a trust policy of these statements.
func trust(statements string) policy.Policy {
	return policy.Policy{Document: policy.MustParse(policy.Trust, `{"Version":"2012-10-17","Statement":[`+statements+`]}`)}
}

// retrust gives the role another trust policy.
func (w *world) retrust(p policy.Policy) {
	w.Helper()
	w.update(func(d *iam.Draft) error {
		_, err := d.UpdateRole(account, "app", func(r *iam.Role) error { r.Trust = p; return nil })
		return err
	})
}

func (w *world) key(name string) *oidc.Key {
	w.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name+".pem"))
	if err != nil {
		w.Fatal(err)
	}
	key, err := oidc.ParseKey(text)
	if err != nil {
		w.Fatal(err)
	}
	return key
}

// request asks for a token as the kubelet does.
func request() oidc.TokenRequest {
	return oidc.TokenRequest{Namespace: "prod", ServiceAccount: "app", Audiences: []string{audience}}
}

// mint makes a good token with these claims laid over it.
func (w *world) mint(claims map[string]any) string {
	w.Helper()
	r := request()
	r.Claims = claims
	token, err := w.issuer.Mint(w.Context(), r)
	if err != nil {
		w.Fatal(err)
	}
	return token
}

// claims are those of a good token, for forge.
func (w *world) claims(changes map[string]any) map[string]any {
	now := w.now().Unix()
	c := map[string]any{"iss": "https://" + host, "sub": subject, "aud": []string{audience}, "iat": now, "nbf": now, "exp": now + 3600, "jti": "one"}
	maps.Copy(c, changes)
	maps.DeleteFunc(c, func(_ string, v any) bool { return v == absent{} })
	return c
}

type absent struct{}

// forge signs any payload with a key of testdata, with the standard library
// alone, so that nothing keeps it from being nonsense.
func (w *world) forge(key, alg string, header map[string]any, payload any) string {
	w.Helper()
	h := map[string]any{"alg": alg, "kid": w.key(key).ID()}
	maps.Copy(h, header)
	maps.DeleteFunc(h, func(_ string, v any) bool { return v == absent{} })
	text, ok := payload.(string)
	if !ok {
		text = w.json(payload)
	}
	encode := base64.RawURLEncoding.EncodeToString
	signed := encode([]byte(w.json(h))) + "." + encode([]byte(text))
	hash := map[string]crypto.Hash{"256": crypto.SHA256, "384": crypto.SHA384, "512": crypto.SHA512}[alg[2:]]
	digest := hash.New()
	digest.Write([]byte(signed))
	return signed + "." + encode(w.signature(key, hash, digest.Sum(nil)))
}

// private is a key of testdata for the standard library.
func (w *world) private(key string) crypto.Signer {
	w.Helper()
	text, err := w.key(key).PEM()
	if err != nil {
		w.Fatal(err)
	}
	block, _ := pem.Decode(text)
	private, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		w.Fatal(err)
	}
	return private.(crypto.Signer)
}

func (w *world) signature(key string, hash crypto.Hash, digest []byte) []byte {
	w.Helper()
	switch k := w.private(key).(type) {
	case *rsa.PrivateKey:
		signature, err := rsa.SignPKCS1v15(nil, k, hash, digest)
		if err != nil {
			w.Fatal(err)
		}
		return signature
	case *ecdsa.PrivateKey:
		r, s, err := ecdsa.Sign(rand.Reader, k, digest)
		if err != nil {
			w.Fatal(err)
		}
		size := (k.Params().BitSize + 7) / 8
		return append(r.FillBytes(make([]byte, size)), s.FillBytes(make([]byte, size))...)
	}
	w.Fatalf("no key %s", key)
	return nil
}

func (w *world) json(v any) string {
	w.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		w.Fatal(err)
	}
	return string(text)
}

// form is the parameters of a good request, with changes as pairs of name and
// value.
func form(token string, changes ...string) url.Values {
	v := url.Values{
		"Action": {"AssumeRoleWithWebIdentity"}, "Version": {"2011-06-15"},
		"RoleArn": {roleARN}, "RoleSessionName": {"session"}, "WebIdentityToken": {token},
	}
	for i := 0; i+1 < len(changes); i += 2 {
		v.Set(changes[i], changes[i+1])
	}
	return v
}

// answer is what STS answered.
type answer struct {
	*httptest.ResponseRecorder
	record *trail.Record
}

// do sends the request.
func (w *world) do(r *http.Request) answer {
	w.Helper()
	a := answer{ResponseRecorder: httptest.NewRecorder()}
	w.sts.ServeHTTP(a, r)
	record, ok := w.trail.Get(a.Header().Get("X-Amzn-Requestid"))
	if !ok {
		w.Fatal("the request left no record")
	}
	a.record = record
	return a
}

// post sends a form.
func (w *world) post(v url.Values) answer {
	w.Helper()
	return w.do(posted(v.Encode()))
}

func posted(body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "https://sts.eu-west-1.amazonaws.com/", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

// assume sends a good request but for the changes.
func (w *world) assume(token string, changes ...string) answer {
	w.Helper()
	return w.post(form(token, changes...))
}

// refusal is an error on the wire.
type refusal struct {
	Status  int    `xml:"-"`
	Code    string `xml:"Error>Code"`
	Message string `xml:"Error>Message"`
}

// wantRefusal checks an error, and that the trail knows its cause.
func (w *world) wantRefusal(a answer, status int, code, message string) {
	w.Helper()
	got := refusal{Status: a.Code}
	if err := xml.Unmarshal(a.Body.Bytes(), &got); err != nil {
		w.Fatalf("%v\n%s", err, a.Body)
	}
	if want := (refusal{status, code, message}); got != want {
		w.Errorf("got  %+v\nwant %+v\ncause: %s", got, want, a.record.Cause)
	}
	if a.record.Cause == "" || !a.record.Denied() || a.record.Code != code {
		w.Errorf("the trail says code %q, cause %q, denied %v", a.record.Code, a.record.Cause, a.record.Denied())
	}
}

// session is what a client keeps of a success.
type session struct {
	Audience     string `xml:"AssumeRoleWithWebIdentityResult>Audience"`
	RoleID       string `xml:"AssumeRoleWithWebIdentityResult>AssumedRoleUser>AssumedRoleId"`
	ARN          string `xml:"AssumeRoleWithWebIdentityResult>AssumedRoleUser>Arn"`
	Provider     string `xml:"AssumeRoleWithWebIdentityResult>Provider"`
	AccessKeyID  string `xml:"AssumeRoleWithWebIdentityResult>Credentials>AccessKeyId"`
	Secret       string `xml:"AssumeRoleWithWebIdentityResult>Credentials>SecretAccessKey"`
	SessionToken string `xml:"AssumeRoleWithWebIdentityResult>Credentials>SessionToken"`
	Expiration   string `xml:"AssumeRoleWithWebIdentityResult>Credentials>Expiration"`
	Subject      string `xml:"AssumeRoleWithWebIdentityResult>SubjectFromWebIdentityToken"`
	Identity     string `xml:"AssumeRoleWithWebIdentityResult>SourceIdentity"`
	Packed       string `xml:"AssumeRoleWithWebIdentityResult>PackedPolicySize"`
	Size         int    `xml:"AssumeRoleWithWebIdentityResult>SessionTokenSize"`
}

// wantSession checks a success.
func (w *world) wantSession(a answer) session {
	w.Helper()
	var s session
	if a.Code != http.StatusOK {
		w.Fatalf("status %d, cause %q\n%s", a.Code, a.record.Cause, a.Body)
	}
	if err := xml.Unmarshal(a.Body.Bytes(), &s); err != nil {
		w.Fatal(err)
	}
	if s.AccessKeyID == "" || a.record.Denied() {
		w.Fatalf("no credentials, or a denial on record: %s", a.Body)
	}
	return s
}

// opened is the session that STS made, as the store sees it.
func (w *world) opened(s session) *iam.Caller {
	w.Helper()
	caller, _, err := w.store.Authenticate(s.AccessKeyID, s.SessionToken)
	if err != nil {
		w.Fatal(err)
	}
	return caller
}
