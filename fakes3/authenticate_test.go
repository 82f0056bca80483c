package fakes3_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/internal/sigv4"
)

// swap replaces text in the Authorization header of a signed request.
func swap(from, to string) func(*http.Request) {
	return func(r *http.Request) {
		r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), from, to, 1))
	}
}

// TestSignatureErrors breaks a good request in every way and compares the
// answer. None may be served.
func TestSignatureErrors(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	app := w.role("app", allow("s3:*"))
	ci := creds{"AKIACI", "ci-secret", ""}
	if err := w.store.Update(func(d *iam.Draft) error {
		_, err := d.CreateUser(iam.User{AccountID: account, Name: "ci", AccessKeys: []iam.AccessKey{{ID: ci.id, Secret: ci.secret}}})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	another := w.role("another", allow("s3:*"))
	day := w.clock.Now().UTC().Format("20060102")
	tests := []struct {
		name    string
		c       creds
		change  func(*http.Request)
		status  int
		code    string
		message string
		details []string
	}{
		{"none", app, func(*http.Request) {}, 200, "", "", nil},
		{"X214 malformed token", creds{app.id, app.secret, "nonsense"}, nil, 400, "InvalidToken", "The provided token is malformed or otherwise invalid.", []string{"Token-0=nonsense"}},
		{"X215 missing token", creds{app.id, app.secret, ""}, nil, 403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.", []string{"AWSAccessKeyId=" + app.id}},
		{"X216 another session's token", creds{app.id, app.secret, another.token}, nil, 403, "InvalidAccessKeyId", "", nil},
		{"X217 unknown key", creds{"AKIANOBODY", "x", ""}, nil, 403, "InvalidAccessKeyId", "", []string{"AWSAccessKeyId=AKIANOBODY"}},
		{"long-term key with a token", creds{ci.id, ci.secret, app.token}, nil, 400, "InvalidToken", "", nil},
		{"the same, wrong secret", creds{ci.id, "wrong", app.token}, nil, 403, "SignatureDoesNotMatch", "", nil},
		{"X218 wrong secret", creds{app.id, "wrong", app.token}, nil, 403, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided. Check your key and signing method.", []string{"AWSAccessKeyId=" + app.id}},
		{"method changed", app, func(r *http.Request) { r.Method = "HEAD" }, 403, "", "", nil},
		{"path changed", app, func(r *http.Request) { r.URL.Opaque += "x" }, 403, "SignatureDoesNotMatch", "", nil},
		{"query added", app, func(r *http.Request) { r.URL.RawQuery = "versionId=null" }, 403, "SignatureDoesNotMatch", "", nil},
		{"host changed", app, func(r *http.Request) { r.Host = "other.example" }, 403, "SignatureDoesNotMatch", "", nil},
		{"signed header changed", app, func(r *http.Request) {
			r.Header.Set("X-Amz-Date", w.clock.Now().Add(time.Second).UTC().Format(sigv4.TimeFormat))
		}, 403, "SignatureDoesNotMatch", "", nil},
		{"signature altered", app, swap("Signature=", "Signature=f"), 403, "SignatureDoesNotMatch", "", nil},
		{"X222 unsigned header", app, func(r *http.Request) { r.Header.Set("X-Amz-Acl", "private") }, 403, "AccessDenied", "There were headers present in the request which were not signed", []string{"HeadersNotSigned=x-amz-acl"}},
		{"host not signed", app, swap("SignedHeaders=host;", "SignedHeaders="), 403, "AccessDenied", "", []string{"HeadersNotSigned=host"}},
		{"token not signed", app, swap(";x-amz-security-token", ""), 403, "AccessDenied", "", []string{"HeadersNotSigned=x-amz-security-token"}},
		{"X224 region", app, swap("/"+region+"/", "/us-west-2/"), 400, "AuthorizationHeaderMalformed", "The authorization header is malformed; the region 'us-west-2' is wrong; expecting 'eu-west-1'", []string{"Region=" + region}},
		{"region and service", app, swap("/"+region+"/s3/", "/us-west-2/sts/"), 400, "AuthorizationHeaderMalformed", "The authorization header is malformed; the region 'us-west-2' is wrong; expecting 'eu-west-1'", nil},
		{"service", app, swap("/s3/", "/sts/"), 400, "AuthorizationHeaderMalformed", `The authorization header is malformed; incorrect service "sts". This endpoint belongs to "s3".`, nil},
		{"terminator", app, swap("aws4_request", "x"), 400, "AuthorizationHeaderMalformed", `The authorization header is malformed; incorrect terminal "x". This endpoint uses "aws4_request".`, nil},
		{"scope date", app, swap("/"+day+"/", "/20200101/"), 400, "AuthorizationHeaderMalformed", "The authorization header is malformed; Invalid credential date. Date is not the same as X-Amz-Date.", nil},
		{"scope date form", app, swap("/"+day+"/", "/x/"), 400, "AuthorizationHeaderMalformed", `The authorization header is malformed; incorrect date format "x". This date in the credential must be in the format "yyyyMMdd".`, nil},
		{"credential", app, swap("/aws4_request", ""), 400, "AuthorizationHeaderMalformed", `The authorization header is malformed; the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".`, nil},
		{"no signature", app, swap(", Signature=", "; "), 400, "AuthorizationHeaderMalformed", "", nil},
		{"no date", app, func(r *http.Request) { r.Header.Del("X-Amz-Date") }, 403, "AccessDenied", "AWS authentication requires a valid Date or x-amz-date header", nil},
		{"no payload hash", app, func(r *http.Request) { r.Header.Del("X-Amz-Content-Sha256") }, 400, "InvalidRequest", "Missing required header for this request: x-amz-content-sha256", nil},
		{"bad payload hash", app, func(r *http.Request) { r.Header.Set("X-Amz-Content-Sha256", "abc") }, 400, "InvalidArgument", "", []string{"ArgumentName=x-amz-content-sha256", "ArgumentValue=abc"}},
		{"two headers", app, func(r *http.Request) { r.Header.Add("Authorization", r.Header.Get("Authorization")) }, 501, "NotImplemented", "A header you provided implies functionality that is not implemented", []string{"Header=Authorization"}},
		{"bearer", app, func(r *http.Request) { r.Header.Set("Authorization", "Bearer x") }, 400, "InvalidArgument", "Unsupported Authorization Type", []string{"ArgumentName=Authorization"}},
		{"sigv2", app, func(r *http.Request) { r.Header.Set("Authorization", "AWS AK:x") }, 400, "InvalidRequest", "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.", nil},
		{"sigv2 query", app, func(r *http.Request) {
			r.Header.Del("Authorization")
			r.URL.RawQuery = "AWSAccessKeyId=a&Signature=b&Expires=1"
		}, 400, "InvalidRequest", "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.", nil},
		{"sigv4a", app, swap("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"), 501, "NotImplemented", "", nil},
		{"header and query", app, func(r *http.Request) { r.URL.RawQuery = "X-Amz-Algorithm=AWS4-HMAC-SHA256" }, 400, "InvalidArgument", "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified", nil},
		{"two tokens", app, func(r *http.Request) { r.Header.Add("X-Amz-Security-Token", another.token) }, 403, "", "", nil},
		{"presigned, a parameter missing", app, func(r *http.Request) { r.Header.Del("Authorization"); r.URL.RawQuery = "X-Amz-Signature=00" }, 400, "AuthorizationQueryParametersError", "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := w.request(http.MethodGet, "/data/public/a.txt", "")
			w.sign(tt.c, r)
			if tt.change != nil {
				tt.change(r)
			}
			got := w.send(r)
			if tt.name == "two tokens" {
				if got.status == 200 {
					t.Error("served")
				}
				return
			}
			if got.status != tt.status || got.err.Code != tt.code || tt.message != "" && got.err.Message != tt.message {
				t.Errorf("%d %s %q", got.status, got.err.Code, got.err.Message)
			}
			for _, d := range tt.details {
				name, value, _ := strings.Cut(d, "=")
				if got.err.get(name) != value {
					t.Errorf("%s is %q, want %q", name, got.err.get(name), value)
				}
			}
			if tt.code == "SignatureDoesNotMatch" && (!strings.HasPrefix(got.err.get("StringToSign"), "AWS4-HMAC-SHA256\n") || !strings.Contains(got.err.get("CanonicalRequest"), "\nhost:") ||
				got.err.get("StringToSignBytes")[:5] != "41 57" || got.err.get("SignatureProvided") == "") {
				t.Errorf("what was signed is not shown: %s", got.body)
			}
			if strings.HasPrefix(tt.name, "sigv2") {
				if record, _ := w.trail.Get(got.err.RequestID); record == nil || !strings.Contains(record.Fix, "s3v4") {
					t.Errorf("no fix: %+v", record)
				}
			}
			if tt.status != 200 && strings.Contains(got.body, "hello") {
				t.Error("the object leaked")
			}
		})
	}
}

func TestExpiryAndSkew(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	app := w.role("app", allow("s3:*"))
	r := w.request(http.MethodGet, "/data/public/a.txt", "")
	w.sign(app, r)
	sent := r.Header.Get("X-Amz-Date")
	elsewhere := w.request(http.MethodGet, "/data/public/a.txt", "")
	signer := w.signer(app)
	signer.Region = "us-west-2"
	signer.Sign(received(elsewhere), hash(""), w.clock.Now())
	w.clock.Advance(15*time.Minute + 2*time.Second)
	if got := w.send(elsewhere); got.err.Code != "RequestTimeTooSkewed" { // of two faults this one is told
		t.Errorf("late for another region: %d %s", got.status, got.body)
	}
	got := w.send(r)
	if got.status != 403 || got.err.Code != "RequestTimeTooSkewed" || got.err.Message != "The difference between the request time and the current time is too large." ||
		got.err.get("RequestTime") != sent || got.err.get("ServerTime") == "" || got.err.get("MaxAllowedSkewMilliseconds") != "900000" {
		t.Errorf("X223: %s", got.body)
	}
	if date, _ := http.ParseTime(got.header.Get("Date")); w.clock.Now().Sub(date).Abs() > 5*time.Second {
		t.Errorf("Date %v is not of the server's clock", date)
	}
	w.clock.Advance(time.Hour)
	got = w.call(app, http.MethodGet, "/data/public/a.txt")
	if got.status != 400 || got.err.Code != "ExpiredToken" || got.err.Message != "The provided token has expired." || got.err.get("Token-0") != app.token {
		t.Errorf("X213: %d %s", got.status, got.body)
	}
	app.secret = "wrong"
	if got := w.call(app, http.MethodGet, "/data/public/a.txt"); got.err.Code != "ExpiredToken" {
		t.Errorf("X219: %s", got.body)
	}
}

func TestPresigned(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	app := w.role("app", allow("s3:GetObject"))
	fetch := func(change func(*http.Request), query string, expires time.Duration) result {
		r := w.request(http.MethodGet, "/data/public/a.txt?"+query, "")
		seen := received(r)
		w.signer(app).Presign(seen, expires, w.clock.Now())
		r.URL.RawQuery = seen.URL.RawQuery
		if change != nil {
			change(r)
		}
		return w.send(r)
	}
	query := func(from, to string) func(*http.Request) {
		return func(r *http.Request) { r.URL.RawQuery = strings.Replace(r.URL.RawQuery, from, to, 1) }
	}
	if got := fetch(nil, "", time.Minute); got.body != "hello" {
		t.Fatalf("presigned: %d %s", got.status, got.body)
	}
	if got := fetch(nil, "response-content-type=text%2Fx", time.Minute); got.header.Get("Content-Type") != "text/x" {
		t.Errorf("override: %v", got.header)
	}
	tests := []struct {
		name          string
		change        func(*http.Request)
		status        int
		code, message string
	}{
		{"X221 too long", query("X-Amz-Expires=60", "X-Amz-Expires=604801"), 400, "AuthorizationQueryParametersError", "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds"},
		{"negative", query("X-Amz-Expires=60", "X-Amz-Expires=-1"), 400, "AuthorizationQueryParametersError", "X-Amz-Expires must be non-negative"},
		{"text", query("X-Amz-Expires=60", "X-Amz-Expires=x"), 400, "AuthorizationQueryParametersError", "X-Amz-Expires should be a number"},
		{"longer", query("X-Amz-Expires=60", "X-Amz-Expires=600"), 403, "SignatureDoesNotMatch", ""},
		{"algorithm", query("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA512"), 400, "AuthorizationQueryParametersError", `X-Amz-Algorithm only supports "AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256"`},
		{"region", query(region, "us-west-2"), 400, "AuthorizationQueryParametersError", "Error parsing the X-Amz-Credential parameter; the region 'us-west-2' is wrong; expecting 'eu-west-1'"},
		{"token gone", func(r *http.Request) {
			kept := []string{}
			for _, p := range strings.Split(r.URL.RawQuery, "&") {
				if !strings.HasPrefix(p, "X-Amz-Security-Token") {
					kept = append(kept, p)
				}
			}
			r.URL.RawQuery = strings.Join(kept, "&")
		}, 403, "InvalidAccessKeyId", ""},
		{"unsigned header", func(r *http.Request) { r.Header.Set("X-Amz-Date", "20260101T000000Z") }, 403, "AccessDenied", "There were headers present in the request which were not signed"},
		{"parameter twice", func(r *http.Request) { r.URL.RawQuery += "&X-Amz-Expires=60" }, 400, "AuthorizationQueryParametersError", ""},
		{"parameter added", func(r *http.Request) { r.URL.RawQuery += "&x-id=GetObject" }, 403, "SignatureDoesNotMatch", ""},
		{"lower-case algorithm", query("X-Amz-Algorithm", "x-amz-algorithm"), 501, "NotImplemented", ""},
	}
	for _, tt := range tests {
		got := fetch(tt.change, "", time.Minute)
		if got.status != tt.status || got.err.Code != tt.code || tt.message != "" && got.err.Message != tt.message {
			t.Errorf("%s: %d %s", tt.name, got.status, got.body)
		}
	}
	early := w.request(http.MethodGet, "/data/public/a.txt", "")
	seen := received(early)
	w.signer(app).Presign(seen, time.Hour, w.clock.Now().Add(20*time.Minute))
	early.URL.RawQuery = seen.URL.RawQuery
	if got := w.send(early); got.err.Message != "Request is not valid yet" {
		t.Errorf("future: %s", got.body)
	}
	if err := w.store.Update(func(d *iam.Draft) error {
		_, err := d.UpdateRole(account, "app", func(r *iam.Role) error { r.Inline = nil; return nil })
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if got := fetch(nil, "", time.Minute); got.status != 403 || !strings.Contains(got.err.Message, "s3:GetObject") {
		t.Errorf("S201: %d %s", got.status, got.body)
	}
}
