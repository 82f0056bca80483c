package fakes3_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// TestMetadataText: metadata is text, and comes back in RFC 2047 where it is not
// ASCII, however it was sent.
func TestMetadataText(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for sent, want := range map[string]string{
		"test_—_file%E2%80%94_é_2?.pdf":                "=?UTF-8?Q?test=5F=E2=80=94=5Ffile%E2%80%94=5F=C3=A9=5F2=3F.pdf?=",
		"=?utf-8?q?=C3=84M=C3=84Z=C3=95=C3=91_S3?=":    "=?UTF-8?Q?=C3=84M=C3=84Z=C3=95=C3=91_S3?=",
		"=?UTF-8?B?AAECAw==?=":                         "=?UTF-8?B?AAECAw==?=",
		"=?UTF-8?Q?actually-ascii?=":                   "actually-ascii",
		"=?UTF-8?B?YWJj?=":                             "abc",
		"ä\tb=c":                                       "=?UTF-8?Q?=C3=A4=09b=3Dc?=",
		"=?UTF-8?B?=GGG?=":                             "=?UTF-8?B?=GGG?=",
		"!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~ \t and so": "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~ \t and so",
	} {
		if got := w.with(w.root(), http.MethodPut, "/data/k", "x", "X-Amz-Meta-A", sent); got.status != 200 {
			t.Fatalf("%q: %s", sent, got.body)
		}
		if got := w.call(w.root(), http.MethodHead, "/data/k").header.Get("X-Amz-Meta-A"); got != want {
			t.Errorf("%q: %q, want %q", sent, got, want)
		}
		if got := w.with(w.root(), http.MethodPut, "/data/copy", "", "X-Amz-Copy-Source", "data/k"); got.status != 200 {
			t.Fatalf("%q: %s", sent, got.body)
		}
		if got := w.call(w.root(), http.MethodHead, "/data/copy").header.Get("X-Amz-Meta-A"); got != want {
			t.Errorf("copy of %q: %q, want %q", sent, got, want)
		}
	}
	for size, status := range map[int]int{2047: 200, 2048: 400} { // with the name
		got := w.with(w.root(), http.MethodPut, "/data/k", "x", "X-Amz-Meta-A", strings.Repeat("v", size))
		if got.status != status || status == 400 && (got.err.Code != "MetadataTooLarge" || got.err.get("Size") != "2049" || got.err.get("MaxSizeAllowed") != "2048") {
			t.Errorf("%d bytes: %d %s", size, got.status, got.body)
		}
	}
}

// TestOverridesAreHeaders: what cannot be sent as a header is no override.
func TestOverridesAreHeaders(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const dash, accent = "a—b", "é"
	got := w.call(w.root(), http.MethodGet, "/data/public/a.txt?response-cache-control="+url.QueryEscape(dash))
	if got.status != 400 || got.err.Message != "Header value cannot be represented using ISO-8859-1." || got.err.get("ArgumentName") != "response-cache-control" || got.err.get("ArgumentValue") != dash {
		t.Errorf("%d %s", got.status, got.body)
	}
	if got := w.call(w.root(), http.MethodGet, "/data/public/a.txt?response-cache-control="+url.QueryEscape(accent)); got.header.Get("Cache-Control") != "\xe9" {
		t.Errorf("%d %q", got.status, got.header.Get("Cache-Control"))
	}
	got = w.call(w.root(), http.MethodGet, "/data/public/a.txt?response-cache-control="+url.QueryEscape("a\r\nX-Injected: 1"))
	if got.header.Get("X-Injected") != "" {
		t.Errorf("a header was smuggled in: %v", got.header)
	}
}

// TestRangeOfAll: a range that is the whole has the checksum of the whole.
func TestRangeOfAll(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.object("data", "k", "0123456789")
	for span, want := range map[string][2]string{
		"bytes=0-8": {"bytes 0-8/10", ""}, "bytes=1-": {"bytes 1-9/10", ""}, "bytes=-2": {"bytes 8-9/10", ""}, "bytes=-15": {"bytes 0-9/10", "sum"}, "bytes=0-100": {"bytes 0-9/10", "sum"},
		"bytes=1-0": {"", "sum"}, "bytes=-1-": {"", "sum"}, "bytes=0--1": {"", "sum"}, "bytes=0-1,3-4": {"", "sum"}, "0-8": {"", "sum"}, "bytes=-": {"", "sum"}, "bytes=+0-8": {"", "sum"},
	} {
		got := w.with(w.root(), http.MethodGet, "/data/k", "", "Range", span, "X-Amz-Checksum-Mode", "ENABLED")
		sum := map[bool]string{true: "sum"}[got.header.Get("X-Amz-Checksum-Crc64nvme") != ""]
		if got.header.Get("Content-Range") != want[0] || sum != want[1] || (got.status == 206) != (want[0] != "") {
			t.Errorf("%s: %d %v", span, got.status, got.header)
		}
	}
	for _, span := range []string{"bytes=-0", "bytes=100-200"} {
		got := w.with(w.root(), http.MethodGet, "/data/k", "", "Range", span)
		if got.status != 416 || got.err.Code != "InvalidRange" || got.err.get("RangeRequested") != span || got.err.get("ActualObjectSize") != "10" || got.header.Get("Content-Range") != "bytes */10" {
			t.Errorf("%s: %d %s", span, got.status, got.body)
		}
	}
}

// TestDeleteMarkersAreNoObjects: of what is deleted nothing can be set.
func TestDeleteMarkersAreNoObjects(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.do(w.root(), w.request(http.MethodPut, "/data?versioning", "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"))
	marker := w.call(w.root(), http.MethodDelete, "/data/public/a.txt").header.Get("X-Amz-Version-Id")
	for target, want := range map[string]string{
		"PUT /data/public/a.txt?acl": "MethodNotAllowed", "GET /data/public/a.txt?acl": "NoSuchKey", "PUT /data/public/a.txt?acl&versionId=" + marker: "MethodNotAllowed",
		"GET /data/public/a.txt?acl&versionId=" + marker: "MethodNotAllowed",
	} {
		method, path, _ := strings.Cut(target, " ")
		r := w.request(method, path, "")
		if method == http.MethodPut {
			r.Header.Set("X-Amz-Acl", "bucket-owner-full-control")
		}
		if got := w.do(w.root(), r); got.err.Code != want || want == "MethodNotAllowed" && (got.err.get("ResourceType") != "DeleteMarker" || got.err.get("Method") != method) {
			t.Errorf("%s: %d %s", target, got.status, got.body)
		}
	}
	if got := w.call(w.root(), http.MethodDelete, "/data"); got.err.Message != "The bucket you tried to delete is not empty. You must delete all versions in the bucket." {
		t.Errorf("%s", got.body)
	}
}
