package awsapi_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/policy"
	"github.com/irsatz/irsatz/internal/awsapi"
	"github.com/irsatz/irsatz/internal/sigv4"
	"github.com/irsatz/irsatz/trail"
)

func storeOf(t testing.TB) *iam.Store {
	t.Helper()
	store, err := iam.NewStore(iam.Config{Now: now, Rand: seeded(3)})
	if err != nil {
		t.Fatal(err)
	}
	return store
}

const whoami = "Action=Whoami&Version=2011-06-15"

func signed(at time.Time, host, region, service string) *http.Request {
	r := posted(whoami)
	r.Host = host
	hash := sha256.Sum256([]byte(whoami))
	sigv4.Signer{AccessKeyID: "test", SecretAccessKey: "test", Region: region, Service: service}.Sign(r, hex.EncodeToString(hash[:]), at)
	return r
}

// §6.5: the scope.
func TestScope(t *testing.T) {
	t.Parallel()
	const region, service = "Credential should be scoped to a valid region. ", "Credential should be scoped to correct service: 'sts'. "
	h := newHarness(t)
	for name, test := range map[string]struct{ host, region, service, want string }{
		"global":                     {"sts.amazonaws.com", "us-east-1", "sts", ""},
		"global, port":               {"sts.amazonaws.com:443", "us-east-1", "sts", ""},
		"global, other region":       {"sts.amazonaws.com", "eu-west-1", "sts", region},
		"regional":                   {"sts.eu-west-1.amazonaws.com", "eu-west-1", "sts", ""},
		"regional, other region":     {"STS.eu-west-1.amazonaws.com", "us-east-1", "sts", region},
		"loopback, any region":       {"127.0.0.1:4566", "ap-southeast-2", "sts", ""},
		"loopback, GovCloud":         {"localhost:4566", "us-gov-east-1", "sts", ""},
		"loopback, no region at all": {"127.0.0.1:4566", "nowhere", "sts", region},
		"loopback, upper case":       {"127.0.0.1:4566", "EU-WEST-1", "sts", region},
		"loopback, without number":   {"127.0.0.1:4566", "eu-west-x", "sts", region},
		"loopback, empty part":       {"127.0.0.1:4566", "eu--1", "sts", region},
		"wrong service":              {"127.0.0.1:4566", "eu-west-1", "iam", service},
		"both":                       {"127.0.0.1:4566", "x", "iam", region + service},
	} {
		t.Run(name, func(t *testing.T) {
			a := h.do(signed(begin, test.host, test.region, test.service))
			if a.message() != test.want || (a.Code == 200) != (test.want == "") || test.want != "" && (a.Code != 403 || a.record.Code != "SignatureDoesNotMatch") {
				t.Errorf("%d %s %q, want %q", a.Code, a.record.Code, a.message(), test.want)
			}
		})
	}
	r := signed(begin, "127.0.0.1", "eu-west-1", "sts")
	r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), "aws4_request", "aws3_request", 1))
	if a := h.do(r); a.message() != "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws3_request'. " {
		t.Errorf("terminator: %q", a.message())
	}
}

// §6.5: what cannot be read.
func TestIncompleteSignature(t *testing.T) {
	t.Parallel()
	const (
		credential = "Credential=test/20261123/eu-west-1/sts/aws4_request"
		headers    = "SignedHeaders=host;x-amz-date"
	)
	h := newHarness(t)
	for name, test := range map[string]struct {
		header, date, code, want string
	}{
		"nothing":       {"", "", "MissingAuthenticationToken", "Request is missing Authentication Token"},
		"only the name": {"AWS4-HMAC-SHA256", "20261123T080000Z", "IncompleteSignature", "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. Authorization=AWS4-HMAC-SHA256"},
		"no signature":  {"AWS4-HMAC-SHA256 " + credential + ", " + headers, "20261123T080000Z", "IncompleteSignature", "Authorization header requires 'Signature' parameter. Authorization=AWS4-HMAC-SHA256 " + credential + ", " + headers},
		"no date":       {"AWS4-HMAC-SHA256 " + credential + ", " + headers + ", Signature=cafe", "", "IncompleteSignature", "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. Authorization=AWS4-HMAC-SHA256 " + credential + ", " + headers + ", "},
		"short scope":   {"AWS4-HMAC-SHA256 Credential=test/x, " + headers + ", Signature=cafe", "20261123T080000Z", "IncompleteSignature", "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got 'test/x'"},
		"other date":    {"AWS4-HMAC-SHA256 " + credential + ", " + headers + ", Signature=cafe", "20261122T080000Z", "SignatureDoesNotMatch", "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20261123' != '20261122', from '20261122T080000Z'."},
	} {
		t.Run(name, func(t *testing.T) {
			r := posted(whoami)
			if test.header != "" {
				r.Header.Set("Authorization", test.header)
			}
			if test.date != "" {
				r.Header.Set("X-Amz-Date", test.date)
			}
			a := h.do(r)
			if a.record.Code != test.code || a.message() != test.want || a.record.Cause == "" {
				t.Errorf("%s %q\nwant %s %q", a.record.Code, a.message(), test.code, test.want)
			}
		})
	}
	r := posted(whoami)
	r.Header.Set("Authorization", "Bearer hunter2")
	if a := h.do(r); a.Code != 400 || strings.Contains(a.Body.String(), "hunter2") || strings.Contains(a.record.Cause, "hunter2") {
		t.Errorf("a bearer token: %d %s", a.Code, a.Body)
	}
}

// Signed dates are compared with the clients' clock, at both edges.
func TestClientClock(t *testing.T) {
	t.Parallel()
	client := begin.Add(48 * time.Hour)
	h := newHarness(t, func(c *awsapi.Config) { c.ClientNow = func() time.Time { return client } })
	for offset, want := range map[time.Duration]int{
		-15*time.Minute - time.Second: 403, -15 * time.Minute: 200, 0: 200, 15 * time.Minute: 200, 15*time.Minute + time.Second: 403,
	} {
		if a := h.do(signed(client.Add(offset), "127.0.0.1", "eu-west-1", "sts")); a.Code != want {
			t.Errorf("%s: %d, want %d: %s", offset, a.Code, want, a.message())
		}
	}
}

// The keys that every service's requests have.
func TestContext(t *testing.T) {
	t.Parallel()
	config := awsapi.Config{Store: storeOf(t), Now: now, Region: "eu-west-1"}.WithDefaults()
	r := httptest.NewRequest(http.MethodGet, "https://example.com/", nil)
	r.Header.Set("User-Agent", "agent")
	r.Header.Set("Referer", "https://from.example")
	r.Header.Set("X-Forwarded-For", "203.0.113.9")
	r.RemoteAddr = "[2001:db8::1]:1234"
	ctx := awsapi.NewCall(&config, "sts", "id", r).Context()
	for key, want := range map[string]string{
		"aws:CurrentTime": "2026-11-23T08:00:00Z", "aws:EpochTime": "1795420800", "aws:SourceIp": "2001:db8::1", "aws:SecureTransport": "true",
		"aws:RequestedRegion": "eu-west-1", "aws:UserAgent": "agent", "aws:Referer": "https://from.example", "aws:PrincipalType": "Anonymous",
	} {
		if values, multi, ok := ctx.Lookup(key); !ok || multi || values[0] != want {
			t.Errorf("%s: %q, want %q", key, values, want)
		}
	}
	plain := awsapi.NewCall(&config, "sts", "id", &http.Request{RemoteAddr: "pipe"}).Context()
	for _, key := range []string{"aws:UserAgent", "aws:Referer"} {
		if _, _, ok := plain.Lookup(key); ok {
			t.Errorf("%s is there without its header", key)
		}
	}
	if values, _, _ := plain.Lookup("aws:SecureTransport"); values[0] != "false" {
		t.Error("plain HTTP counts as secure")
	}
}

// Authorize denies, records and explains; in audit mode it lets pass.
func TestAuthorize(t *testing.T) {
	t.Parallel()
	for _, audit := range []bool{false, true} {
		log := trail.NewLog(0)
		config := awsapi.Config{Store: storeOf(t), Trail: log, Now: now, Audit: audit}.WithDefaults()
		call := awsapi.NewCall(&config, "s3", "id", httptest.NewRequest(http.MethodGet, "/", nil))
		decision, pass := call.Authorize(&iam.Question{Action: "s3:GetObject", Resource: "arn:aws:s3:::b/k", ResourceAccount: "111122223333", Context: call.Context()})
		if decision.Outcome != policy.ImplicitDeny || pass != audit || decision.Explanation == nil {
			t.Errorf("audit %v: %+v, pass %v", audit, decision, pass)
		}
		call.Finish(200, nil)
		if record, ok := log.LastDenied(); !ok || record.Checks[0].Audited != audit {
			t.Errorf("audit %v: %+v", audit, record)
		}
	}
}

// handSigned signs only these headers, as no honest client does.
func handSigned(names ...string) *http.Request {
	mac := func(key []byte, text string) []byte {
		h := hmac.New(sha256.New, key)
		h.Write([]byte(text))
		return h.Sum(nil)
	}
	hash := func(text string) string {
		sum := sha256.Sum256([]byte(text))
		return hex.EncodeToString(sum[:])
	}
	const stamp, scope = "20261123T080000Z", "20261123/eu-west-1/sts/aws4_request"
	r := posted(whoami)
	r.Host = "127.0.0.1"
	r.Header.Set("X-Amz-Date", stamp)
	canonical := "POST\n/\n\n"
	for _, name := range names {
		value := r.Header.Get(name)
		if name == "host" {
			value = r.Host
		}
		canonical += name + ":" + value + "\n"
	}
	canonical += "\n" + strings.Join(names, ";") + "\n" + hash(whoami)
	key := []byte("AWS4test")
	for part := range strings.SplitSeq(scope, "/") {
		key = mac(key, part)
	}
	signature := hex.EncodeToString(mac(key, "AWS4-HMAC-SHA256\n"+stamp+"\n"+scope+"\n"+hash(canonical)))
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/"+scope+", SignedHeaders="+strings.Join(names, ";")+", Signature="+signature)
	return r
}

// The host must be signed: a signature without it would be good anywhere.
func TestHostMustBeSigned(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	if a := h.do(handSigned("host", "x-amz-date")); a.Code != 200 {
		t.Fatalf("with host: %d %s", a.Code, a.message())
	}
	if a := h.do(handSigned("x-amz-date")); a.Code != 403 || a.record.Code != "SignatureDoesNotMatch" {
		t.Errorf("without host: %d %s", a.Code, a.record.Code)
	}
}
