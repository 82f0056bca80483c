package emulator_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/irsatz/irsatz/emulator"
	"github.com/irsatz/irsatz/internal/awsclient"
	"github.com/irsatz/irsatz/internal/clock"
	"github.com/irsatz/irsatz/internal/sigv4"
)

// creation is the text of a request to make a user, signed in the query as
// everybody can who has the credentials.
func creation(t *testing.T, user, host string, c awsclient.Credentials, headers ...string) string {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, "http://"+host+"/?Action=CreateUser&Version=2010-05-08&UserName="+user, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	signer := sigv4.Signer{AccessKeyID: c.AccessKeyID, SecretAccessKey: c.Secret, SessionToken: c.SessionToken, Region: "us-east-1", Service: "iam"}
	signer.Presign(r, time.Minute, clock.Now())
	return request(http.MethodGet, r.URL.RequestURI(), host, "", headers...)
}

// TestRootOfPages: no web page of another site is root because it knows the
// credentials that everybody knows; everybody else with them is.
func TestRootOfPages(t *testing.T) {
	t.Parallel()
	s := start(t, "")
	everybodys := awsclient.Credentials{AccessKeyID: "test", Secret: "test"}
	const local, browser = "127.0.0.1:4566", "User-Agent: Mozilla/5.0 (X11; Linux x86_64)"
	for _, c := range []struct {
		name, host string
		headers    []string
		denied     bool
	}{
		{"image", local, []string{browser, "Sec-Fetch-Site: cross-site"}, true},
		{"image of the same site", local, []string{browser, "Sec-Fetch-Site: same-site"}, true},
		{"unknown kind of site", local, []string{"Sec-Fetch-Site: any"}, true},
		{"script", local, []string{"Origin: https://evil.example"}, true},
		{"script of a sandbox", local, []string{"Origin: null"}, true},
		{"script that seems local", local, []string{"Origin: http://localhost.evil.example"}, true},
		{"image where browsers say no site", "0.0.0.0:4566", []string{browser}, true},
		{"image at LocalStack's name", "iam.localhost.localstack.cloud:4566", []string{browser}, true},
		{"rebound name", "evil.example:4566", []string{browser, "Sec-Fetch-Site: same-origin"}, true},
		{"rebound name and its origin", "evil.example:4566", []string{"Origin: http://evil.example:4566"}, true},
		{"rebound name like an address", "127.0.0.1.evil.example", nil, true},
		{"rebound name like AWS's", "iam.amazonaws.com.evil.example", nil, true},
		{"rebound name that ends like AWS's", "evilamazonaws.com", nil, true},
		{"rebound name like a cluster's", "irsatz.svc.evil.example", nil, true},

		{"SDK", local, nil, false},
		{"SDK at an IPv6 address", "[::1]:4566", nil, false},
		{"SDK at AWS's name", "iam.amazonaws.com", nil, false},
		{"SDK at LocalStack's name", "iam.localhost.localstack.cloud:4566", nil, false},
		{"SDK in a container", "host.docker.internal:4566", nil, false},
		{"SDK beside a container", "irsatz:4566", nil, false},
		{"SDK in a cluster", "irsatz.irsatz.svc.cluster.local", nil, false},
		{"SDK at a name for tests", "irsatz.test", nil, false},
		{"address bar", local, []string{browser, "Sec-Fetch-Site: none"}, false},
		{"own page", local, []string{browser, "Sec-Fetch-Site: same-origin"}, false},
		{"page of a local server", local, []string{browser, "Sec-Fetch-Site: cross-site", "Origin: http://localhost:3000"}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			user := strings.NewReplacer(" ", "-", "'", "").Replace(c.name) // one for each case
			got := raw(t, s.AWSAddr(), creation(t, user, c.host, everybodys, c.headers...))
			made := raw(t, s.AWSAddr(), creation(t, user, local, everybodys))
			if !c.denied {
				if got.status != http.StatusOK || made.status != http.StatusConflict {
					t.Errorf("%d %s, then %d", got.status, got.body, made.status)
				}
				return
			}
			if got.status != http.StatusForbidden || !strings.Contains(got.body, "<Code>AccessDenied</Code>") || made.status != http.StatusOK {
				t.Errorf("%d %s, then %d", got.status, got.body, made.status)
			}
			record, ok := s.Trail().Get(got.header.Get("X-Amzn-Requestid"))
			if !ok || record.Service != "iam" || record.AccessKeyID != "test" || !strings.Contains(record.Cause, "everybody knows") || !strings.Contains(record.Fix, "--root-credentials") {
				t.Errorf("record %+v", record)
			}
		})
	}
}

// TestUnusualSignaturesOfPages: a page is not root either in a form that one of the
// services alone reads, or none.
func TestUnusualSignaturesOfPages(t *testing.T) {
	t.Parallel()
	s := start(t, "")
	signed := creation(t, "mallory", "127.0.0.1", awsclient.Credentials{AccessKeyID: "test", Secret: "test"})
	// The SDK presigns without X-Amz-Expires, and IAM and STS take that.
	r, err := http.NewRequest(http.MethodGet, "http://127.0.0.1/?Action=CreateUser&Version=2010-05-08&UserName=mallory", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	link, _, err := v4.NewSigner().PresignHTTP(t.Context(), aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, r, sigv4.EmptyPayload, "iam", "us-east-1", clock.Now())
	if err != nil || strings.Contains(link, "X-Amz-Expires") {
		t.Fatalf("signed with a life: %s, %v", link, err)
	}
	lifeless := strings.TrimPrefix(link, "http://127.0.0.1")
	for name, text := range map[string]string{
		"without life": request(http.MethodGet, lifeless, "127.0.0.1", "", "Sec-Fetch-Site: cross-site"),
		"unreadable":   strings.Replace(strings.Replace(signed, "&X-Amz-Expires=60", "&X-Amz-Expires=x", 1), "\r\n\r\n", "\r\nSec-Fetch-Site: cross-site\r\n\r\n", 1),
	} {
		got := raw(t, s.AWSAddr(), text)
		record, ok := s.Trail().Get(got.header.Get("X-Amzn-Requestid"))
		if got.status != http.StatusForbidden || !ok || !strings.Contains(record.Cause, "everybody knows") {
			t.Errorf("%s: %d %s, record %+v", name, got.status, got.body, record)
		}
	}
	if got := raw(t, s.AWSAddr(), request(http.MethodGet, lifeless, "127.0.0.1", "")); got.status != http.StatusOK {
		t.Errorf("not from a page: %d %s", got.status, got.body)
	}
}

// TestPagesWithOtherCredentials: what a page cannot know it may use from
// anywhere, and without credentials it is anybody.
func TestPagesWithOtherCredentials(t *testing.T) {
	t.Parallel()
	foreign := []string{"Origin: https://app.example.com", "Sec-Fetch-Site: cross-site", "User-Agent: Mozilla/5.0"}
	t.Run("session", func(t *testing.T) {
		t.Parallel()
		s := start(t, standardSetup())
		session, err := s.pod("sandbox").Assume(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, host := range []string{s.AWSAddr(), "evil.example"} {
			r := s.signed(http.MethodGet, "http://"+host+"/data/a.txt", *session)
			var headers []string
			for name, values := range r.Header {
				headers = append(headers, name+": "+values[0])
			}
			got := raw(t, s.AWSAddr(), request(http.MethodGet, "/data/a.txt", host, "", slices.Concat(headers, foreign)...))
			if got.status != http.StatusOK || got.body != "hello" {
				t.Errorf("%s: %d %s", host, got.status, got.body)
			}
		}
	})
	t.Run("chosen root", func(t *testing.T) {
		t.Parallel()
		s := start(t, "", func(c *emulator.Config) { c.Root = "mine:secret" })
		if got := raw(t, s.AWSAddr(), creation(t, "mallory", "evil.example", awsclient.Credentials{AccessKeyID: "mine", Secret: "secret"}, foreign...)); got.status != http.StatusOK {
			t.Errorf("%d %s", got.status, got.body)
		}
	})
	t.Run("nobody", func(t *testing.T) {
		t.Parallel()
		s := start(t, standardSetup())
		got := raw(t, s.AWSAddr(), request(http.MethodGet, "/data/a.txt", "evil.example", "", foreign...))
		if record, ok := s.Trail().Get(got.header.Get("X-Amz-Request-Id")); !ok || record.Operation != "GetObject" || record.Caller != "anonymous" {
			t.Errorf("%d %s, record %+v", got.status, got.body, record)
		}
	})
	t.Run("form", func(t *testing.T) {
		t.Parallel()
		s := start(t, standardSetup())
		const body = "--x\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\na\r\n--x--\r\n"
		send := func(headers ...string) answer {
			return raw(t, s.AWSAddr(), request(http.MethodPost, "/data", "127.0.0.1", body, slices.Concat(headers, []string{"Content-Type: Multipart/Form-Data; boundary=x"})...))
		}
		const cause = "a web page of another site"
		for want, headers := range map[bool][]string{true: foreign, false: {"Origin: http://localhost:3000"}} {
			got := send(headers...)
			record, ok := s.Trail().Get(got.header.Get("X-Amz-Request-Id"))
			if !ok || strings.Contains(record.Cause, cause) != want || want && got.status != http.StatusForbidden {
				t.Errorf("%q: %d %s, record %+v", headers, got.status, got.body, record)
			}
		}
	})
}
