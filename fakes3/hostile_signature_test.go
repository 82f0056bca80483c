package fakes3_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/internal/sigv4"
)

// TestHostileSignatures uses signatures for what they were not made for. Each is
// refused with AWS's code, and what is stored stays as it is.
func TestHostileSignatures(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.object("data", "secret", "TOP-SECRET")
	w.bucket("other", account)
	w.object("other", "public/a.txt", "TOP-SECRET")
	c := w.role("app", allow("s3:*"))
	another := w.role("another", allow("s3:*"))
	before := w.fingerprint()
	for _, tt := range []struct {
		name   string
		change func(*http.Request)
		code   string
	}{
		{"another path", func(r *http.Request) { r.URL.Opaque = "/data/secret" }, "SignatureDoesNotMatch"},
		{"another bucket", func(r *http.Request) { r.URL.Opaque = "/other/public/a.txt" }, "SignatureDoesNotMatch"},
		{"bucket in the host", func(r *http.Request) { r.Host = "other.s3.localhost" }, "SignatureDoesNotMatch"},
		{"path encoded otherwise", func(r *http.Request) { r.URL.Opaque = "/data/public%2Fa.txt" }, "SignatureDoesNotMatch"},
		{"path with dots", func(r *http.Request) { r.URL.Opaque = "/data/public/../secret" }, "SignatureDoesNotMatch"},
		{"slash more", func(r *http.Request) { r.URL.Opaque = "/data//public/a.txt" }, "SignatureDoesNotMatch"},
		{"slash at the end", func(r *http.Request) { r.URL.Opaque = "/data/public/a.txt/" }, "SignatureDoesNotMatch"},
		{"another method", func(r *http.Request) { r.Method = http.MethodDelete }, "SignatureDoesNotMatch"},
		{"sub-resource", func(r *http.Request) { r.URL.RawQuery = "acl" }, "SignatureDoesNotMatch"},
		{"query", func(r *http.Request) { r.URL.RawQuery = "response-content-type=text/html" }, "SignatureDoesNotMatch"},
		{"another date", func(r *http.Request) {
			r.Header.Set("X-Amz-Date", w.clock.Now().Add(time.Minute).UTC().Format(sigv4.TimeFormat))
		}, "SignatureDoesNotMatch"},
		{"another day", func(r *http.Request) {
			r.Header.Set("X-Amz-Date", w.clock.Now().Add(-48*time.Hour).UTC().Format(sigv4.TimeFormat))
		}, "AuthorizationHeaderMalformed"},
		{"another region", swap("/"+region+"/", "/us-east-1/"), "AuthorizationHeaderMalformed"},
		{"another service", swap("/s3/", "/iam/"), "AuthorizationHeaderMalformed"},
		{"another key", swap(c.id, another.id), "InvalidAccessKeyId"},
		{"another key with its token", func(r *http.Request) {
			swap(c.id, another.id)(r)
			r.Header.Set("X-Amz-Security-Token", another.token)
		}, "SignatureDoesNotMatch"},
		{"root's key", func(r *http.Request) { swap(c.id, "test")(r) }, "SignatureDoesNotMatch"},
		{"another hash", func(r *http.Request) { r.Header.Set("X-Amz-Content-Sha256", sigv4.UnsignedPayload) }, "SignatureDoesNotMatch"},
		{"copy source", func(r *http.Request) { r.Header.Set("X-Amz-Copy-Source", "data/secret") }, "AccessDenied"},
		{"fewer signed headers", swap(";x-amz-date", ""), "AccessDenied"},
		{"signed headers reordered", swap("host;x-amz-content-sha256", "x-amz-content-sha256;host"), "SignatureDoesNotMatch"},
		{"signature upper-case", func(r *http.Request) {
			head, signature, _ := strings.Cut(r.Header.Get("Authorization"), "Signature=")
			r.Header.Set("Authorization", head+"Signature="+strings.ToUpper(signature))
		}, "SignatureDoesNotMatch"},
		{"signature cut", func(r *http.Request) {
			a := r.Header.Get("Authorization")
			r.Header.Set("Authorization", a[:len(a)-1])
		}, "SignatureDoesNotMatch"},
		{"no signature", func(r *http.Request) {
			head, _, _ := strings.Cut(r.Header.Get("Authorization"), "Signature=")
			r.Header.Set("Authorization", head+"Signature=")
		}, "AuthorizationHeaderMalformed"},
		{"no authorization", func(r *http.Request) { r.Header.Del("Authorization") }, "AccessDenied"},
		{"scheme in lower case", swap("AWS4-HMAC-SHA256", "aws4-hmac-sha256"), "InvalidArgument"},
		{"SigV4A", swap("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"), "NotImplemented"},
	} {
		r := w.request(http.MethodGet, "/data/public/a.txt", "")
		w.sign(c, r)
		tt.change(r)
		if got := w.send(r); got.status < 400 || got.err.Code != tt.code || strings.Contains(got.body, "TOP-SECRET") || strings.Contains(got.body, "hello") {
			t.Errorf("%s: %d %s", tt.name, got.status, got.body)
		}
	}
	if w.fingerprint() != before {
		t.Error("something changed")
	}
}

// TestHostileReplay sends good requests again, later.
func TestHostileReplay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.role("app", allow("s3:*"))
	gone := w.request(http.MethodDelete, "/data/public/a.txt", "")
	w.sign(c, gone)
	stale := gone.Clone(t.Context())
	url := w.request(http.MethodDelete, "/data/public/a.txt", "")
	seen := received(url)
	w.signer(c).Presign(seen, 10*time.Minute, w.clock.Now())
	url.URL.RawQuery = seen.URL.RawQuery
	before := w.fingerprint()
	for _, later := range []time.Duration{16 * time.Minute, 24 * time.Hour} {
		w.clock.Advance(later)
		for name, r := range map[string]*http.Request{"header": stale, "query": url} {
			got := w.send(r.Clone(t.Context()))
			want := map[string]string{"header": "RequestTimeTooSkewed", "query": "AccessDenied"}[name]
			if got.err.Code != want || name == "query" && got.err.Message != "Request has expired" {
				t.Errorf("%s after %v: %d %s", name, later, got.status, got.body)
			}
		}
	}
	// A date that is signed anew does not help a session that has ended.
	w.clock.Advance(time.Hour)
	if got := w.call(c, http.MethodDelete, "/data/public/a.txt"); got.err.Code != "ExpiredToken" {
		t.Errorf("session: %d %s", got.status, got.body)
	}
	if w.fingerprint() != before {
		t.Error("something changed")
	}
}

// TestHostilePresigned uses a presigned URL for what it is not.
func TestHostilePresigned(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.object("data", "secret", "TOP-SECRET")
	c := w.role("app", allow("s3:*"))
	limited := w.roleIn(account, "limited", iam.Session{Name: "session"}, on("Allow", []string{"arn:aws:s3:::data/public/*"}, "s3:GetObject", "s3:PutObject"))
	before := w.fingerprint()
	presign := func(c creds, method, target string) *http.Request {
		r := w.request(method, target, "")
		seen := received(r)
		w.signer(c).Presign(seen, time.Minute, w.clock.Now())
		r.URL.RawQuery = seen.URL.RawQuery
		return r
	}
	query := func(from, to string) func(*http.Request) {
		return func(r *http.Request) { r.URL.RawQuery = strings.Replace(r.URL.RawQuery, from, to, 1) }
	}
	for _, tt := range []struct {
		name   string
		c      creds
		target string
		change func(*http.Request)
		code   string
	}{
		{"another method", c, "/data/public/a.txt", func(r *http.Request) { r.Method = http.MethodDelete }, "SignatureDoesNotMatch"},
		{"another path", c, "/data/public/a.txt", func(r *http.Request) { r.URL.Opaque = "/data/secret" }, "SignatureDoesNotMatch"},
		{"longer", c, "/data/public/a.txt", query("X-Amz-Expires=60", "X-Amz-Expires=604800"), "SignatureDoesNotMatch"},
		{"another region", c, "/data/public/a.txt", query(region, "us-east-1"), "AuthorizationQueryParametersError"},
		{"another service", c, "/data/public/a.txt", query("%2Fs3%2F", "%2Fiam%2F"), "AuthorizationQueryParametersError"},
		{"another key", c, "/data/public/a.txt", query("X-Amz-Credential="+c.id, "X-Amz-Credential="+limited.id), "InvalidAccessKeyId"},
		{"no token", c, "/data/public/a.txt", query("X-Amz-Security-Token", "X-Ignored"), "InvalidAccessKeyId"},
		{"ACL added", c, "/data/public/a.txt", func(r *http.Request) { r.Method = http.MethodPut; r.URL.RawQuery += "&x-amz-acl=public-read" }, "SignatureDoesNotMatch"},
		{"header added", c, "/data/public/a.txt", func(r *http.Request) { r.Header.Set("X-Amz-Copy-Source", "data/secret") }, "AccessDenied"},
		{"signature twice", c, "/data/public/a.txt", func(r *http.Request) { r.URL.RawQuery += "&X-Amz-Signature=00" }, "AuthorizationQueryParametersError"},
		{"name encoded", c, "/data/public/a.txt", query("X-Amz-Signature", "X%2DAmz%2DSignature"), ""}, // the same name: it may pass
		{"name in lower case", c, "/data/public/a.txt", query("X-Amz-Signature", "x-amz-signature"), "NotImplemented"},
		{"beyond the signer", limited, "/data/secret", nil, "AccessDenied"},
		{"S202 hoisted ACL", limited, "/data/public/new?x-amz-acl=bucket-owner-full-control", func(r *http.Request) {
			*r = *presign(limited, http.MethodPut, "/data/public/new?x-amz-acl=bucket-owner-full-control")
		}, "AccessDenied"},
		{"S202 hoisted tags", limited, "/data/public/new", func(r *http.Request) { *r = *presign(limited, http.MethodPut, "/data/public/new?x-amz-tagging=a%3Db") }, "AccessDenied"},
		{"S202 hoisted copy", limited, "/data/public/new", func(r *http.Request) {
			*r = *presign(limited, http.MethodPut, "/data/public/new?x-amz-copy-source=data%2Fsecret")
		}, "AccessDenied"},
	} {
		r := presign(tt.c, http.MethodGet, tt.target)
		if tt.change != nil {
			tt.change(r)
		}
		got := w.send(r)
		if tt.code != "" && (got.status < 400 || got.err.Code != tt.code) || strings.Contains(got.body, "TOP-SECRET") {
			t.Errorf("%s: %d %s", tt.name, got.status, got.body)
		}
		if strings.HasPrefix(tt.name, "S202") && !strings.Contains(got.err.Message, map[string]string{"ACL": "s3:PutObjectAcl", "tags": "s3:PutObjectTagging", "copy": "s3:GetObject"}[strings.Fields(tt.name)[2]]) {
			t.Errorf("%s: %s", tt.name, got.err.Message)
		}
	}
	if w.fingerprint() != before {
		t.Error("something changed")
	}
}

// TestPresignedWithChecksumOfNothing: the SDK for JavaScript presigns the
// checksum of an empty body, which S3 ignores, since the body comes later.
func TestPresignedWithChecksumOfNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const twin = "x-amz-checksum-crc32=AAAAAA%3D%3D&x-amz-sdk-checksum-algorithm=CRC32&x-amz-meta-a=b&x-id=PutObject"
	for _, tamper := range []bool{false, true} {
		r := w.request(http.MethodPut, "/data/k?"+twin, "body")
		seen := received(r)
		w.signer(w.root()).Presign(seen, time.Minute, w.clock.Now())
		r.URL.RawQuery = seen.URL.RawQuery
		if tamper {
			r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "AAAAAA", "BBBBBB", 1)
		}
		got := w.send(r)
		if tamper != (got.err.Code == "SignatureDoesNotMatch") || !tamper && got.status != 200 {
			t.Errorf("tampered %t: %d %s", tamper, got.status, got.body)
		}
	}
	if got := w.call(w.root(), http.MethodGet, "/data/k"); got.body != "body" || got.header.Get("X-Amz-Meta-A") != "b" {
		t.Errorf("stored %q %v", got.body, got.header)
	}
}
