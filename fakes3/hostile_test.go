package fakes3_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestHostileRequests sends, under a session that may do nothing but read
// public/, what has confused S3 fronts before. Nothing secret may come back and
// nothing may change.
func TestHostileRequests(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.object("data", "secret/s", "TOP-SECRET")
	c := w.role("reader", on("Allow", []string{"arn:aws:s3:::data/public/*"}, "s3:GetObject"))
	before := w.fingerprint()
	type header = [2]string
	for _, tt := range []struct {
		method, target string
		headers        []header
	}{
		{"GET", "/data/public/../secret/s", nil},
		{"GET", "/data/public/%2e%2e/secret/s", nil},
		{"GET", "/data/public/..%2Fsecret/s", nil},
		{"GET", "/data/public%2F..%2Fsecret%2Fs", nil},
		{"GET", "/data//secret/s", nil},
		{"GET", "//data/secret/s", nil},
		{"GET", "/./data/secret/s", nil},
		{"GET", "/public/../data/secret/s", nil},
		{"GET", "/data/secret/s?x-id=GetObject", nil},
		{"GET", "/data/secret/s?x-amz-acl=private", nil},
		{"GET", "/data/public/a.txt;/secret/s", nil},
		{"GET", "/data/secret/s", []header{{"X-Original-Url", "/data/public/a.txt"}, {"X-Rewrite-Url", "/data/public/a.txt"}}},
		{"GET", "/data/public/a.txt", []header{{"X-HTTP-Method-Override", "DELETE"}, {"X-Method-Override", "DELETE"}}},
		{"GET", "/data/public/a.txt", []header{{"X-Amz-Copy-Source", "data/secret/s"}}},
		{"PUT", "/data/public/new", []header{{"X-Amz-Copy-Source", "data/secret/s"}}},
		{"GET", "/data?Policy", nil}, {"DELETE", "/data?CORS", nil}, {"DELETE", "/data?Policy", nil}, {"DELETE", "/data?%70olicy", nil},
		{"DELETE", "/data/public/a.txt?Tagging", nil}, {"PUT", "/data/public/a.txt?ACL", nil}, {"DELETE", "/data", []header{{"X-Minio-Force-Delete", "true"}}},
		{"GET", "/data?location&policy", nil}, {"GET", "/data/?policy", nil}, {"DELETE", "/data/", nil},
		{"POST", "/data", nil}, {"POST", "/data/public/a.txt", nil}, {"POST", "/data?delete", nil},
		{"GET", "/data/public/a.txt?uploadId=1", nil}, {"GET", "/data/public/a.txt?versionId=x&versionid=y", nil},
		{"GET", "/data/public/a.txt?response-content-type=a&response-content-type=b", nil},
		{"GET", "/data/public/a.txt?partNumber=1", nil},
		{"CONNECT", "/data/secret/s", nil}, {"TRACE", "/data/secret/s", nil}, {"get", "/data/secret/s", nil}, {"BREW", "/data/secret/s", nil},
		{"GET", "/data/secret/s", []header{{"X-Amz-Unknown", "1"}}}, {"GET", "/data/secret/s", []header{{"X-Amz-Meta-", "1"}}},
		{"PUT", "/data/public/a.txt", []header{{"X-Amz-Write-Offset-Bytes", "0"}}},
		{"PUT", "/data/public/a.txt?uploadId=1&partNumber=1", []header{{"X-Amz-Copy-Source", "data/secret/s"}}},
	} {
		t.Run(tt.method+" "+tt.target, func(t *testing.T) {
			r := w.request(tt.method, tt.target, "")
			for _, h := range tt.headers {
				r.Header.Set(h[0], h[1])
			}
			got := w.do(c, r)
			if strings.Contains(got.body, "TOP-SECRET") || tt.method != "GET" && got.status < 400 {
				t.Errorf("%d %s", got.status, got.body)
			}
		})
	}
	if w.fingerprint() != before {
		t.Error("something changed")
	}
}

// TestRepeatedHeaders sends headers twice, which Go's client cannot do with
// Host and Content-Length.
func TestRepeatedHeaders(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, name := range []string{"Range", "X-Amz-Acl", "X-Amz-Copy-Source", "X-Amz-Tagging", "If-Match", "Content-Type", "X-Amz-Date", "X-Amz-Content-Sha256", "X-Amz-Expected-Bucket-Owner"} {
		r := w.request(http.MethodGet, "/data/public/a.txt", "")
		w.sign(w.root(), r)
		r.Header.Add(name, "a")
		r.Header.Add(name, "b")
		if got := w.send(r); got.status != 400 {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	for _, raw := range []string{
		"GET /data/public/a.txt HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
		"PUT /data/k HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxy",
		"PUT /data/k HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"GET data/public/a.txt HTTP/1.1\r\nHost: a\r\n\r\n",
		"GET * HTTP/1.1\r\nHost: a\r\n\r\n",
		"GET http://data.s3.localhost/public/a.txt HTTP/1.1\r\nHost: other.s3.localhost\r\n\r\n",
	} {
		conn, err := net.Dial("tcp", w.http.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.SetDeadline(w.clock.Now().Add(5 * time.Second))
		fmt.Fprint(conn, raw)
		line, _ := bufio.NewReader(conn).ReadString('\n')
		if !strings.Contains(line, " 4") && !strings.Contains(line, " 5") {
			t.Errorf("%q: %q", raw, line)
		}
		conn.Close()
	}
}

// FuzzDenied sends any request under a session that may do nothing, and without
// any: nothing is read, nothing is changed, and every request is answered and
// recorded.
func FuzzDenied(f *testing.F) {
	for _, seed := range []string{
		"GET /data/secret/s", "DELETE /data?policy", "PUT /data/k?uploadId=1&partNumber=1", "POST /data?delete", "GET /data?versions&prefix=a", "PUT /data/k?x-amz-copy-source=data/secret/s",
		"HEAD /data//../secret/s", "GET /?list-type=2", "POST /data/k?uploads", "PUT /data?versioning", "PUT /data/secret/s?tagging", "GET /data?X-Amz-Signature=1",
	} {
		method, target, _ := strings.Cut(seed, " ")
		f.Add(method, target, "X-Amz-Copy-Source", "data/secret/s", "<Delete><Object><Key>secret/s</Key></Object></Delete>", true)
	}
	w := newWorld(f)
	w.object("data", "secret/s", "TOP-SECRET")
	w.policy("data", everybody("Deny", "data", "s3:GetObject"))
	none := w.role("none")
	before := w.fingerprint()
	f.Fuzz(func(t *testing.T, method, target, name, value, body string, signed bool) {
		w := *w
		w.t = t
		r, err := http.NewRequest(method, w.http.URL, strings.NewReader(body))
		if err != nil || !strings.HasPrefix(target, "/") || strings.HasPrefix(target, "//") || strings.ContainsAny(target, " #\r\n\x00") {
			return
		}
		path, query, _ := strings.Cut(target, "?")
		r.URL.Opaque, r.URL.RawQuery = path, query
		r.Header.Set(name, value)
		r.Header.Del("Authorization")
		if signed {
			w.md5(r)
			w.sign(none, r)
		}
		response, err := w.http.Client().Transport.RoundTrip(r)
		if err != nil {
			return // not a request that can be sent
		}
		defer response.Body.Close()
		var b strings.Builder
		_, _ = bufio.NewReader(response.Body).WriteTo(&b)
		if strings.Contains(b.String(), "TOP-SECRET") {
			t.Fatalf("read: %d %s", response.StatusCode, b.String())
		}
		if response.StatusCode >= 500 && response.StatusCode != 501 {
			t.Fatalf("%d %s", response.StatusCode, b.String())
		}
		if id := response.Header.Get("X-Amz-Request-Id"); id != "" {
			if record, ok := w.trail.Get(id); !ok || record.Status != response.StatusCode {
				t.Fatalf("no record of %s", id)
			}
		}
		if response.StatusCode < 300 && !strings.Contains(b.String(), "<DeleteResult") {
			t.Fatalf("served: %d %s", response.StatusCode, b.String())
		}
		if now := w.fingerprint(); now != before {
			t.Fatalf("changed:\n%s\n%s", before, now)
		}
	})
}
