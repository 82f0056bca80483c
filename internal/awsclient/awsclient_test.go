package awsclient_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/irsatz/irsatz/internal/awsclient"
	"github.com/irsatz/irsatz/internal/sigv4"
)

const secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

// begin is the clients' time.
var begin = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

// seen is what a server saw of a request.
type seen struct {
	method, uri, service, body, problem string
	form                                map[string][]string
}

// endpoint answers every request in the same way and keeps what it saw.
type endpoint struct {
	*httptest.Server
	status int
	body   string
	seen   []seen
}

func serve(t *testing.T, status int, body string) *endpoint {
	t.Helper()
	e := &endpoint{status: status, body: body}
	e.Server = httptest.NewServer(e)
	t.Cleanup(e.Close)
	return e
}

func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	s := seen{method: r.Method, uri: r.RequestURI, body: string(body)}
	if err != nil {
		s.problem = err.Error()
	}
	if r.Header.Get("Authorization") != "" {
		s.verify(r)
	} else {
		r.Body = io.NopCloser(strings.NewReader(s.body))
		_ = r.ParseForm()
		s.form = r.PostForm
	}
	e.seen = append(e.seen, s)
	w.Header().Set("X-Amz-Request-Id", "ID")
	w.WriteHeader(e.status)
	_, _ = io.WriteString(w, e.body)
}

// verify checks the signature.
func (s *seen) verify(r *http.Request) {
	a, err := sigv4.Parse(r)
	if err != nil {
		s.problem = err.Error()
		return
	}
	s.service = a.Scope.Service
	style := sigv4.Standard
	if s.service == "s3" {
		style = sigv4.S3
	}
	sum := sha256.Sum256([]byte(s.body))
	if err := a.Verify(r, style, secret, hex.EncodeToString(sum[:])); err != nil {
		s.problem = err.Error()
	}
}

func (e *endpoint) client() *awsclient.Client {
	return &awsclient.Client{
		Endpoint: e.URL, Region: "eu-west-1", Now: func() time.Time { return begin },
		Credentials: &awsclient.Credentials{AccessKeyID: "ASIAEXAMPLE", Secret: secret, SessionToken: "token"},
	}
}

// TestKeys: every key arrives as it is, and signed so.
func TestKeys(t *testing.T) {
	t.Parallel()
	for key, path := range map[string]string{
		"a.txt":      "/b/a.txt",
		"a b":        "/b/a%20b",
		"a+b":        "/b/a+b",
		"a%2Fb":      "/b/a%252Fb",
		"100%":       "/b/100%25",
		"ü/Ⅸ/😀":      "/b/%C3%BC/%E2%85%A8/%F0%9F%98%80",
		"a//b":       "/b/a//b",
		"/a":         "/b//a",
		"a/../b/./c": "/b/a/../b/./c",
		"a?b#c":      "/b/a%3Fb%23c",
		"a&b=c":      "/b/a&b=c",
		"a/":         "/b/a/",
		`a"b\c<>`:    "/b/a%22b%5Cc%3C%3E",
	} {
		e := serve(t, http.StatusOK, "body")
		c := e.client()
		got, err := c.Get(t.Context(), "b", key)
		if err != nil || string(got) != "body" {
			t.Errorf("get %q: %q, %v", key, got, err)
		}
		if err := c.Put(t.Context(), "b", key, []byte("new")); err != nil {
			t.Errorf("put %q: %v", key, err)
		}
		if err := c.Delete(t.Context(), "b", key); err != nil {
			t.Errorf("delete %q: %v", key, err)
		}
		want := []seen{
			{method: "GET", uri: path, service: "s3"}, {method: "PUT", uri: path, service: "s3", body: "new"}, {method: "DELETE", uri: path, service: "s3"},
		}
		if diff := cmp.Diff(want, e.seen, cmp.AllowUnexported(seen{})); diff != "" {
			t.Errorf("%q (-want +got):\n%s", key, diff)
		}
	}
}

func TestLists(t *testing.T) {
	t.Parallel()
	e := serve(t, http.StatusOK, `<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Contents><Key>a &amp; b</Key></Contents><Contents><Key>c</Key></Contents></ListBucketResult>`)
	keys, err := e.client().Objects(t.Context(), "b", "p/ü +&")
	if err != nil || strings.Join(keys, "|") != "a & b|c" {
		t.Errorf("objects %q, %v", keys, err)
	}
	if s := e.seen[0]; s.uri != "/b?list-type=2&prefix=p%2F%C3%BC+%2B%26" || s.problem != "" {
		t.Errorf("asked %+v", s)
	}
	e = serve(t, http.StatusOK, `<ListAllMyBucketsResult><Buckets><Bucket><Name>x</Name></Bucket><Bucket><Name>y</Name></Bucket></Buckets></ListAllMyBucketsResult>`)
	if names, err := e.client().Buckets(t.Context()); err != nil || strings.Join(names, "|") != "x|y" || e.seen[0].problem != "" {
		t.Errorf("buckets %q, %v, %+v", names, err, e.seen)
	}
	e = serve(t, http.StatusOK, "no XML")
	if _, err := e.client().Buckets(t.Context()); err == nil || !strings.Contains(err.Error(), "S3") {
		t.Errorf("no XML: %v", err)
	}
}

const assumed = `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult><Credentials>
<AccessKeyId>ASIANEW</AccessKeyId><SecretAccessKey>` + secret + `</SecretAccessKey><SessionToken>session</SessionToken><Expiration>2026-11-23T09:00:00Z</Expiration>
</Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`

// TestAssume: the token is read anew each time, and bought credentials are kept.
func TestAssume(t *testing.T) {
	t.Parallel()
	sts, s3 := serve(t, http.StatusOK, assumed), serve(t, http.StatusOK, "body")
	c := s3.client()
	c.Credentials, c.STSEndpoint, c.RoleARN, c.TokenFile = nil, sts.URL, "arn:aws:iam::111122223333:role/app", filepath.Join(t.TempDir(), "token")
	if _, err := c.Get(t.Context(), "b", "k"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no token: %v", err)
	}
	for _, token := range []string{"first", "second+&="} {
		if err := os.WriteFile(c.TokenFile, []byte(token), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := c.Assume(t.Context())
		want := &awsclient.Credentials{AccessKeyID: "ASIANEW", Secret: secret, SessionToken: "session", Expires: begin.Add(time.Hour)}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
		form := sts.seen[len(sts.seen)-1].form
		if diff := cmp.Diff(map[string][]string{
			"Action": {"AssumeRoleWithWebIdentity"}, "Version": {"2011-06-15"}, "RoleArn": {c.RoleARN},
			"RoleSessionName": {"irsatz-session-1795420800"}, "WebIdentityToken": {token},
		}, form); diff != "" {
			t.Errorf("form (-want +got):\n%s", diff)
		}
	}
	for range 2 {
		if _, err := c.Get(t.Context(), "b", "k"); err != nil {
			t.Error(err)
		}
	}
	if len(sts.seen) != 3 || len(s3.seen) != 2 || s3.seen[1].problem != "" {
		t.Errorf("STS saw %+v\nS3 saw %+v", sts.seen, s3.seen)
	}
}

func TestCallerIdentity(t *testing.T) {
	t.Parallel()
	e := serve(t, http.StatusOK, `<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn</Arn><UserId>id</UserId><Account>1</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`)
	account, arn, id, err := e.client().CallerIdentity(t.Context())
	if account != "1" || arn != "arn" || id != "id" || err != nil || e.seen[0].service != "sts" || e.seen[0].problem != "" {
		t.Errorf("%s, %s, %s, %v, %+v", account, arn, id, err, e.seen)
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		body   string
		want   string
	}{
		"S3":         {403, "<Error><Code>AccessDenied</Code><Message>no &amp; no</Message></Error>", "AccessDenied (HTTP 403): no & no"},
		"STS":        {400, `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>ExpiredTokenException</Code><Message>Token expired</Message></Error><RequestId>x</RequestId></ErrorResponse>`, "ExpiredTokenException (HTTP 400): Token expired"},
		"no body":    {404, "", "NotFound (HTTP 404)"},
		"no XML":     {502, "bad gateway", "BadGateway (HTTP 502)"},
		"other XML":  {500, "<html/>", "InternalServerError (HTTP 500)"},
		"no message": {409, "<Error><Code>Conflict</Code></Error>", "Conflict (HTTP 409)"},
	} {
		_, err := serve(t, c.status, c.body).client().Get(t.Context(), "b", "k")
		refused, ok := errors.AsType[*awsclient.Error](err)
		if !ok || refused.Error() != c.want || refused.Status != c.status || refused.RequestID != "ID" {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}

func TestFromEnvironment(t *testing.T) {
	t.Parallel()
	const here = "http://127.0.0.1:4566"
	pod := map[string]string{
		"AWS_ENDPOINT_URL": here, "AWS_REGION": "eu-west-1", "AWS_ROLE_ARN": "arn", "AWS_WEB_IDENTITY_TOKEN_FILE": "/token",
	}
	with := func(pairs ...string) map[string]string {
		env := map[string]string{}
		for k, v := range pod {
			env[k] = v
		}
		for i := 0; i < len(pairs); i += 2 {
			env[pairs[i]] = pairs[i+1]
		}
		return env
	}
	identity := func(change func(*awsclient.Client)) *awsclient.Client {
		c := &awsclient.Client{Endpoint: here, STSEndpoint: here, Region: "eu-west-1", RoleARN: "arn", TokenFile: "/token"}
		change(c)
		return c
	}
	for name, c := range map[string]struct {
		env  map[string]string
		want *awsclient.Client
		err  string
	}{
		"pod":            {env: pod, want: identity(func(*awsclient.Client) {})},
		"session name":   {env: with("AWS_ROLE_SESSION_NAME", "n"), want: identity(func(c *awsclient.Client) { c.SessionName = "n" })},
		"S3's endpoint":  {env: with("AWS_ENDPOINT_URL_S3", "http://s3"), want: identity(func(c *awsclient.Client) { c.Endpoint = "http://s3" })},
		"STS's endpoint": {env: with("AWS_ENDPOINT_URL_STS", "http://sts"), want: identity(func(c *awsclient.Client) { c.STSEndpoint = "http://sts" })},
		"default region": {env: with("AWS_REGION", "", "AWS_DEFAULT_REGION", "us-west-2"), want: identity(func(c *awsclient.Client) { c.Region = "us-west-2" })},
		"two regions":    {env: with("AWS_DEFAULT_REGION", "us-west-2"), want: identity(func(*awsclient.Client) {})},
		"static keys win": {env: with("AWS_ACCESS_KEY_ID", "k", "AWS_SECRET_ACCESS_KEY", "s", "AWS_SESSION_TOKEN", "t"), want: identity(func(c *awsclient.Client) {
			c.Credentials = &awsclient.Credentials{AccessKeyID: "k", Secret: "s", SessionToken: "t"}
		})},
		"key alone":    {env: with("AWS_ACCESS_KEY_ID", "k"), err: "AWS_ACCESS_KEY_ID is set without AWS_SECRET_ACCESS_KEY"},
		"secret alone": {env: with("AWS_SECRET_ACCESS_KEY", "s"), want: identity(func(*awsclient.Client) {})},
		"no endpoint":  {env: with("AWS_ENDPOINT_URL", ""), err: "AWS_ENDPOINT_URL is not set"},
		"no region":    {env: with("AWS_REGION", ""), err: "AWS_REGION is not set"},
		"no role":      {env: with("AWS_ROLE_ARN", ""), err: "needed both"},
		"no token":     {env: with("AWS_WEB_IDENTITY_TOKEN_FILE", ""), err: "needed both"},
		"nothing":      {env: with("AWS_ROLE_ARN", "", "AWS_WEB_IDENTITY_TOKEN_FILE", ""), err: "no credentials"},
	} {
		got, err := awsclient.FromEnvironment(func(name string) string { return c.env[name] })
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%s: %v, want %s", name, err, c.err)
			}
			continue
		}
		if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
}
