package fakes3_test

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	"github.com/irsatz/irsatz/fakes3"
	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/policy"
	"github.com/irsatz/irsatz/internal/awsapi"
	"github.com/irsatz/irsatz/internal/clock"
	"github.com/irsatz/irsatz/internal/sigv4"
	"github.com/irsatz/irsatz/trail"
)

const (
	account = "111122223333"
	other   = "444455556666"
	region  = "eu-west-1"
	trust   = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"sts:AssumeRole"}]}`
)

// world is one server with its iam store and trail.
type world struct {
	t     testing.TB
	clock *clock.Clock
	store *iam.Store
	trail *trail.Log
	s3    *fakes3.Server
	http  *httptest.Server
	tls   *httptest.Server
}

func newWorld(t testing.TB, options ...func(*fakes3.Config)) *world {
	t.Helper()
	w := &world{t: t, clock: new(clock.Clock), trail: trail.NewLog(0)}
	var err error
	w.store, err = iam.NewStore(iam.Config{Now: w.clock.Now, Root: []iam.RootCredentials{
		{AccountID: account, AccessKeyID: "test", Secret: "test"}, {AccountID: other, AccessKeyID: "other", Secret: "other"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	config := fakes3.Config{Config: awsapi.Config{Store: w.store, Trail: w.trail, Now: w.clock.Now, Region: region}}
	for _, o := range options {
		o(&config)
	}
	if w.s3, err = fakes3.New(config); err != nil {
		t.Fatal(err)
	}
	w.http, w.tls = httptest.NewServer(w.s3), httptest.NewTLSServer(w.s3)
	w.http.Client().Transport.(*http.Transport).DisableCompression = true
	t.Cleanup(w.http.Close)
	t.Cleanup(w.tls.Close)
	w.bucket("data", account)
	w.object("data", "public/a.txt", "hello")
	return w
}

func audit(c *fakes3.Config) { c.Audit = true }

func (w *world) bucket(name, owner string) {
	w.t.Helper()
	if err := w.s3.CreateBucket(fakes3.Bucket{Name: name, AccountID: owner}); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) object(bucket, key, body string) {
	w.t.Helper()
	if err := w.s3.PutObject(fakes3.Object{Bucket: bucket, Key: key, Body: []byte(body), ContentType: "text/plain"}); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) buckets() []fakes3.Bucket {
	w.t.Helper()
	all, err := w.s3.Buckets()
	if err != nil {
		w.t.Fatal(err)
	}
	return all
}

// policy sets a bucket policy as the owner's root. It may be public.
func (w *world) policy(bucket, statements string) {
	w.t.Helper()
	w.call(w.root(), http.MethodDelete, "/"+bucket+"?publicAccessBlock")
	r := w.request(http.MethodPut, "/"+bucket+"?policy", `{"Version":"2012-10-17","Statement":[`+statements+`]}`)
	if got := w.do(w.root(), r); got.status != http.StatusNoContent {
		w.t.Fatalf("put bucket policy: %s", got.body)
	}
}

// creds are credentials to sign with; the zero value signs nothing.
type creds struct{ id, secret, token string }

func (w *world) root() creds { return creds{"test", "test", ""} }

// role opens a session of a new role with these statements as its policy.
func (w *world) role(name string, statements ...string) creds {
	return w.roleIn(account, name, iam.Session{Name: "session"}, statements...)
}

func (w *world) roleIn(accountID, name string, session iam.Session, statements ...string) creds {
	w.t.Helper()
	role := iam.Role{AccountID: accountID, Name: name, Path: "/team/", Trust: policy.Policy{Document: policy.MustParse(policy.Trust, trust)}}
	if len(statements) > 0 {
		role.Inline = []policy.Policy{{Name: "inline", Document: policy.MustParse(policy.Identity, `{"Version":"2012-10-17","Statement":[`+strings.Join(statements, ",")+`]}`)}}
	}
	if err := w.store.Update(func(d *iam.Draft) error { _, err := d.CreateRole(role); return err }); err != nil {
		w.t.Fatal(err)
	}
	made, _ := w.store.Snapshot().Role(accountID, name)
	c, _, err := w.store.Issue(made, session, time.Hour)
	if err != nil {
		w.t.Fatal(err)
	}
	return creds{c.AccessKeyID, c.Secret, c.SessionToken}
}

// allow is a statement that allows actions on everything.
func allow(actions ...string) string { return on("Allow", []string{"*"}, actions...) }

func on(effect string, resources []string, actions ...string) string {
	return `{"Effect":"` + effect + `","Action":["` + strings.Join(actions, `","`) + `"],"Resource":["` + strings.Join(resources, `","`) + `"]}`
}

// everybody is a bucket policy statement for all principals.
func everybody(effect, bucket string, actions ...string) string {
	return `{"Effect":"` + effect + `","Principal":"*","Action":["` + strings.Join(actions, `","`) + `"],"Resource":["arn:aws:s3:::` + bucket + `/*"]}`
}

// request makes a request whose path and query go over the wire as written.
func (w *world) request(method, target, body string) *http.Request {
	w.t.Helper()
	r, err := http.NewRequest(method, w.http.URL, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	path, query, _ := strings.Cut(target, "?")
	r.URL.Opaque, r.URL.RawQuery = path, query
	if strings.HasPrefix(path, "//") {
		r.URL.Opaque = "//" + r.URL.Host + path // which goes out in absolute form
	}
	r.Host = r.URL.Host
	return r
}

type result struct {
	status int
	header http.Header
	body   string
	err    xmlError
}

type xmlError struct {
	XMLName   xml.Name
	Code      string
	Message   string
	RequestID string `xml:"RequestId"`
	HostID    string `xml:"HostId"`
	Extra     []struct {
		XMLName xml.Name
		Value   string `xml:",chardata"`
	} `xml:",any"`
}

func (e xmlError) get(name string) string {
	for _, x := range e.Extra {
		if x.XMLName.Local == name {
			return x.Value
		}
	}
	return ""
}

// sign signs r as an S3 client does, over the path as it will be received.
func (w *world) sign(c creds, r *http.Request) *sigv4.Authorization {
	body := []byte(nil)
	if r.GetBody != nil {
		b, _ := r.GetBody()
		body, _ = io.ReadAll(b)
	}
	hash := sha256.Sum256(body)
	return w.signer(c).Sign(received(r), hex.EncodeToString(hash[:]), w.clock.Now())
}

// received shares its header with r but has the URL that the server will see.
func received(r *http.Request) *http.Request {
	seen := *r
	u, err := url.ParseRequestURI(strings.TrimPrefix(r.URL.Opaque, "//"+r.URL.Host))
	if err != nil {
		u = &url.URL{Path: "/"}
	}
	u.RawQuery = r.URL.RawQuery
	seen.URL = u
	return &seen
}

func (w *world) signer(c creds) sigv4.Signer {
	return sigv4.Signer{Style: sigv4.S3, AccessKeyID: c.id, SecretAccessKey: c.secret, SessionToken: c.token, Region: region, Service: "s3"}
}

// do signs and sends a request; without credentials it is anonymous.
func (w *world) do(c creds, r *http.Request) result {
	w.t.Helper()
	if c.id != "" {
		w.sign(c, r)
	}
	return w.send(r)
}

func (w *world) send(r *http.Request) result {
	w.t.Helper()
	response, err := w.http.Client().Transport.RoundTrip(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	got := result{status: response.StatusCode, header: response.Header, body: string(body)}
	if response.StatusCode >= 300 && strings.HasPrefix(got.body, "<") { // net/http refuses some requests itself
		if err := xml.Unmarshal(body, &got.err); err != nil {
			w.t.Fatalf("error body %q: %v", body, err)
		}
	}
	return got
}

func (w *world) call(c creds, method, target string) result {
	w.t.Helper()
	return w.do(c, w.request(method, target, ""))
}

// get returns an object's body as root sees it, or its error code.
func (w *world) get(bucket, key string) string {
	w.t.Helper()
	got := w.call(w.root(), http.MethodGet, "/"+bucket+"/"+key)
	if got.status != http.StatusOK {
		return "!" + got.err.Code
	}
	return got.body
}

// client returns an SDK client; virtual-hosted clients reach the server by any
// host name.
func (w *world) client(c creds, server *httptest.Server, hosted bool) *s3.Client {
	transport := server.Client().Transport.(*http.Transport).Clone()
	var dialer net.Dialer
	address := server.Listener.Addr().String()
	if hosted {
		transport.TLSClientConfig = &tls.Config{InsecureSkipVerify: true} // the name is not the test server's
	}
	transport.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return dialer.DialContext(ctx, network, address)
	}
	endpoint := server.URL
	if hosted {
		u, _ := url.Parse(server.URL)
		endpoint = u.Scheme + "://s3." + region + ".amazonaws.com"
	}
	return s3.New(s3.Options{
		Region: region, BaseEndpoint: aws.String(endpoint), UsePathStyle: !hosted,
		Credentials: credentials.NewStaticCredentialsProvider(c.id, c.secret, c.token),
		HTTPClient:  &http.Client{Transport: transport}, RetryMaxAttempts: 1,
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenSupported, ResponseChecksumValidation: aws.ResponseChecksumValidationWhenSupported,
	})
}

// code returns the error code of an SDK error, "" for success.
func code(err error) string {
	if err == nil {
		return ""
	}
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return err.Error()
}

func readAll(t testing.TB, r io.ReadCloser) string {
	t.Helper()
	defer r.Close()
	var b bytes.Buffer
	if _, err := b.ReadFrom(r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// md5 adds the Content-MD5 of the body.
func (w *world) md5(r *http.Request) *http.Request {
	body := []byte(nil)
	if r.GetBody != nil {
		b, _ := r.GetBody()
		body, _ = io.ReadAll(b)
	}
	sum := md5.Sum(body)
	r.Header.Set("Content-Md5", base64.StdEncoding.EncodeToString(sum[:]))
	return r
}
