package fakes3_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// crossOrigin sends a request as a browser sends it.
func (w *world) crossOrigin(c creds, method, target string, header ...string) result {
	w.t.Helper()
	r := w.request(method, target, "")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return w.do(c, r)
}

// granted is what the answer lets a page do.
func (r result) granted() map[string]string {
	out := map[string]string{}
	for name, values := range r.header {
		if rest, ok := strings.CutPrefix(name, "Access-Control-"); ok || name == "Vary" {
			out[rest] = values[0]
		}
	}
	return out
}

func TestCORS(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const origin, ask, headers = "Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers"
	const vary = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"
	preflight := func(target string, header ...string) result {
		return w.crossOrigin(creds{}, http.MethodOptions, target, header...)
	}
	for _, tt := range []struct {
		target  string
		header  []string
		status  int
		code    string
		message string
		method  string
	}{
		{"/data/k", nil, 400, "BadRequest", "Insufficient information. Origin request header needed.", ""},
		{"/none-such/k", []string{origin, "https://a.example"}, 403, "AccessForbidden", "CORSResponse: Bucket not found", "OPTIONS"},
		{"/data/k", []string{origin, "https://a.example", ask, "PUT"}, 403, "AccessForbidden", "CORSResponse: CORS is not enabled for this bucket.", "PUT"},
	} {
		got := preflight(tt.target, tt.header...)
		if got.status != tt.status || got.err.Code != tt.code || got.err.Message != tt.message || got.err.get("Method") != tt.method || tt.method != "" && got.err.get("ResourceType") != "BUCKET" {
			t.Errorf("%s %v: %d %s", tt.target, tt.header, got.status, got.body)
		}
	}
	const rules = "<CORSConfiguration><CORSRule><AllowedMethod>GET</AllowedMethod><AllowedMethod>PUT</AllowedMethod><AllowedOrigin>https://a.example</AllowedOrigin><AllowedOrigin>https://*.b.example</AllowedOrigin>" +
		"<AllowedHeader>X-Amz-*</AllowedHeader><AllowedHeader>content-type</AllowedHeader><ExposeHeader>ETag</ExposeHeader><ExposeHeader>x-amz-id-2</ExposeHeader><MaxAgeSeconds>3000</MaxAgeSeconds></CORSRule>" +
		"<CORSRule><AllowedMethod>HEAD</AllowedMethod><AllowedOrigin>*</AllowedOrigin></CORSRule></CORSConfiguration>"
	if got := w.do(w.root(), w.request(http.MethodPut, "/data?cors", rules)); got.status != 200 {
		t.Fatal(got.body)
	}
	full := func(from string) map[string]string {
		return map[string]string{"Allow-Credentials": "true", "Allow-Methods": "GET, PUT", "Allow-Origin": from, "Expose-Headers": "ETag, x-amz-id-2", "Max-Age": "3000", "Vary": vary}
	}
	with := func(m map[string]string, name, value string) map[string]string { m[name] = value; return m }
	for _, tt := range []struct {
		name   string
		header []string
		want   map[string]string // nil: refused
	}{
		{"exact", []string{origin, "https://a.example", ask, "GET"}, full("https://a.example")},
		{"wildcard", []string{origin, "https://x.b.example", ask, "PUT"}, full("https://x.b.example")},
		{"headers", []string{origin, "https://a.example", ask, "PUT", headers, "x-amz-date, Content-Type"}, with(full("https://a.example"), "Allow-Headers", "x-amz-date, content-type")},
		{"any origin", []string{origin, "null", ask, "HEAD"}, map[string]string{"Allow-Methods": "HEAD", "Allow-Origin": "*", "Vary": vary}},
		{"other header", []string{origin, "https://a.example", ask, "PUT", headers, "x-amz-date, authorization"}, nil},
		{"other method", []string{origin, "https://a.example", ask, "DELETE"}, nil},
		{"no method", []string{origin, "https://a.example"}, nil},
		{"other origin", []string{origin, "https://a.example.org", ask, "GET"}, nil},
		{"other scheme", []string{origin, "http://a.example", ask, "GET"}, nil},
		{"case", []string{origin, "https://A.example", ask, "GET"}, nil},
	} {
		got := preflight("/data/secret", tt.header...)
		if tt.want == nil {
			if got.status != 403 || got.err.Code != "AccessForbidden" || !strings.HasPrefix(got.err.Message, "CORSResponse: This CORS request is not allowed.") || got.err.get("ResourceType") != "OBJECT" || len(got.granted()) > 0 {
				t.Errorf("%s: %d %v %s", tt.name, got.status, got.header, got.body)
			}
			continue
		}
		if diff := cmp.Diff(tt.want, got.granted()); got.status != 200 || got.body != "" || diff != "" {
			t.Errorf("%s: %d (-want +got):\n%s", tt.name, got.status, diff)
		}
	}
	// Requests of pages are signed and authorized as any, and what is refused may
	// be read by the page too.
	if got := w.crossOrigin(w.root(), http.MethodGet, "/data/public/a.txt", origin, "https://a.example"); got.body != "hello" || cmp.Diff(full("https://a.example"), got.granted()) != "" {
		t.Errorf("get: %d %v", got.status, got.header)
	}
	for name, c := range map[string]creds{"denied": w.role("none"), "anonymous": {}, "bad signature": {"test", "wrong", ""}} {
		if got := w.crossOrigin(c, http.MethodGet, "/data/public/a.txt", origin, "https://a.example"); got.status != 403 || cmp.Diff(full("https://a.example"), got.granted()) != "" {
			t.Errorf("%s: %d %v", name, got.status, got.header)
		}
	}
	if got := w.crossOrigin(w.root(), http.MethodGet, "/data/public/a.txt", origin, "https://evil.example"); got.body != "hello" || len(got.granted()) > 0 {
		t.Errorf("other origin: %d %v", got.status, got.header)
	}
	if record := w.trail.Records(1)[0]; record.Operation != "GetObject" {
		t.Errorf("record %+v", record)
	}
}
