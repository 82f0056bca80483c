package fakes3_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// all returns the text of every element of this name, escapes undone.
func all(body, name string) []string {
	out := []string{}
	for _, m := range regexp.MustCompile("<"+name+">([^<]*)</"+name+">").FindAllStringSubmatch(body, -1) {
		out = append(out, m[1])
	}
	return out
}

func TestListing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.bucket("list", account)
	for _, k := range []string{"a", "b/1", "b/2", "b/c/3", "d", "e/", "f/x", "/g", "h i+j"} {
		w.object("list", k, k)
	}
	for _, tt := range []struct {
		query          string
		keys, prefixes []string
		truncated      string
	}{
		{"", []string{"/g", "a", "b/1", "b/2", "b/c/3", "d", "e/", "f/x", "h i+j"}, []string{}, "false"},
		{"delimiter=/", []string{"a", "d", "h i+j"}, []string{"/", "b/", "e/", "f/"}, "false"},
		{"prefix=b/&delimiter=/", []string{"b/1", "b/2"}, []string{"b/c/"}, "false"},
		{"prefix=b", []string{"b/1", "b/2", "b/c/3"}, []string{}, "false"},
		{"prefix=zzz", []string{}, []string{}, "false"},
		{"max-keys=2", []string{"/g", "a"}, []string{}, "true"},
		{"max-keys=0", []string{}, []string{}, "false"},
		{"delimiter=/&max-keys=3", []string{"a"}, []string{"/", "b/"}, "true"},
		{"list-type=2&start-after=b/2", []string{"b/c/3", "d", "e/", "f/x", "h i+j"}, []string{}, "false"},
		{"list-type=2&start-after=b/1&delimiter=/", []string{"d", "h i+j"}, []string{"b/", "e/", "f/"}, "false"},
		{"marker=b/&delimiter=/", []string{"d", "h i+j"}, []string{"e/", "f/"}, "false"},
		{"marker=zz", []string{}, []string{}, "false"},
		{"prefix=b/&marker=a", []string{"b/1", "b/2", "b/c/3"}, []string{}, "false"},
		{"encoding-type=url&prefix=h", []string{"h+i%2Bj"}, []string{}, "false"},
	} {
		got := w.call(w.root(), http.MethodGet, "/list?"+tt.query)
		prefixes := all(got.body, "Prefix")
		if len(prefixes) > 0 {
			prefixes = prefixes[1:] // the request's own comes first
		}
		if diff := cmp.Diff([][]string{tt.keys, tt.prefixes, {tt.truncated}}, [][]string{all(got.body, "Key"), prefixes, all(got.body, "IsTruncated")}); diff != "" {
			t.Errorf("?%s (-want +got):\n%s", tt.query, diff)
		}
	}
	for _, delimiter := range []string{"", "&delimiter=/"} {
		var v1, v2 []string
		marker, token := "", ""
		for range 20 {
			got := w.call(w.root(), http.MethodGet, "/list?max-keys=1"+delimiter+marker)
			page := append(all(got.body, "Key"), all(got.body, "Prefix")[1:]...)
			v1 = append(v1, page...)
			if all(got.body, "IsTruncated")[0] != "true" {
				break
			}
			marker = "&marker=" + strings.NewReplacer(" ", "%20", "+", "%2B").Replace(page[0])
		}
		for range 20 {
			got := w.call(w.root(), http.MethodGet, "/list?list-type=2&max-keys=1"+delimiter+token)
			v2 = append(v2, append(all(got.body, "Key"), all(got.body, "Prefix")[1:]...)...)
			next := all(got.body, "NextContinuationToken")
			if len(next) == 0 {
				break
			}
			token = "&continuation-token=" + strings.ReplaceAll(next[0], "=", "%3D")
		}
		want := 9 - 2*len(delimiter)/len("&delimiter=/")
		if diff := cmp.Diff(v1, v2); diff != "" || len(v1) != want {
			t.Errorf("paging %q: %d names\n%s", delimiter, len(v1), diff)
		}
	}
	if got := w.call(w.root(), http.MethodGet, "/list?list-type=2&prefix=zzz"); strings.Join(all(got.body, "KeyCount"), "") != "0" {
		t.Errorf("KeyCount of nothing: %s", got.body)
	}
	for _, bad := range []string{"encoding-type=x", "list-type=2&continuation-token=x", "max-keys=-1"} {
		if got := w.call(w.root(), http.MethodGet, "/list?"+bad); got.err.Code != "InvalidArgument" {
			t.Errorf("?%s: %s", bad, got.body)
		}
	}
}

func TestVersions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	root := w.root()
	set := func(status string) {
		t.Helper()
		if got := w.do(root, w.request(http.MethodPut, "/data?versioning", "<VersioningConfiguration><Status>"+status+"</Status></VersioningConfiguration>")); got.status != 200 {
			t.Fatal(got.body)
		}
	}
	put := func(body string) string {
		return w.do(root, w.request(http.MethodPut, "/data/v", body)).header.Get("X-Amz-Version-Id")
	}
	if id := put("zero"); id != "" {
		t.Errorf("version %q in an unversioned bucket", id)
	}
	set("Enabled")
	one, two := put("one"), put("two")
	if one == "" || one == two {
		t.Fatalf("versions %q, %q", one, two)
	}
	for id, want := range map[string]string{"null": "zero", one: "one", two: "two"} {
		got, head := w.call(root, http.MethodGet, "/data/v?versionId="+id), w.call(root, http.MethodHead, "/data/v?versionId="+id)
		if got.body != want || got.header.Get("X-Amz-Version-Id") != id || head.header.Get("Content-Length") != fmt.Sprint(len(want)) || head.header.Get("Etag") != got.header.Get("Etag") {
			t.Errorf("version %s: %q %v %v", id, got.body, got.header, head.header)
		}
	}
	gone := w.call(root, http.MethodDelete, "/data/v")
	marker := gone.header.Get("X-Amz-Version-Id")
	if gone.header.Get("X-Amz-Delete-Marker") != "true" || marker == "" {
		t.Errorf("delete: %v", gone.header)
	}
	if got := w.call(root, http.MethodGet, "/data/v"); got.status != 404 || got.err.Code != "NoSuchKey" || got.header.Get("X-Amz-Delete-Marker") != "true" {
		t.Errorf("deleted: %d %s %v", got.status, got.body, got.header)
	}
	if got := w.call(root, http.MethodGet, "/data/v?versionId="+marker); got.status != 405 || got.header.Get("Last-Modified") == "" || got.header.Get("Allow") != "DELETE" {
		t.Errorf("marker: %d %s", got.status, got.body)
	}
	if got := w.call(root, http.MethodGet, "/data?list-type=2"); strings.Contains(got.body, "<Key>v</Key>") {
		t.Errorf("listed though deleted: %s", got.body)
	}
	got := w.call(root, http.MethodGet, "/data?versions&prefix=v")
	if diff := cmp.Diff([]string{marker, two, one, "null"}, all(got.body, "VersionId")); diff != "" || strings.Count(got.body, "<DeleteMarker>") != 1 || strings.Count(got.body, "<Version>") != 3 {
		t.Errorf("versions (-want +got):\n%s\n%s", diff, got.body)
	}
	paged := w.call(root, http.MethodGet, "/data?versions&prefix=v&max-keys=2&key-marker=v&version-id-marker="+marker)
	if diff := cmp.Diff([]string{two, one}, all(paged.body, "VersionId")); diff != "" || all(paged.body, "NextVersionIdMarker")[0] != one {
		t.Errorf("page (-want +got):\n%s\n%s", diff, paged.body)
	}
	if got := w.call(root, http.MethodDelete, "/data/v?versionId="+marker); got.status != 204 || got.header.Get("X-Amz-Delete-Marker") != "true" || w.get("data", "v") != "two" {
		t.Errorf("undelete: %d, current %q", got.status, w.get("data", "v"))
	}
	w.call(root, http.MethodDelete, "/data/v?versionId="+two)
	if w.get("data", "v") != "one" {
		t.Errorf("the version before is not current: %q", w.get("data", "v"))
	}
	set("Suspended")
	if id := put("suspended"); id != "null" || w.call(root, http.MethodGet, "/data/v?versionId=null").body != "suspended" || w.call(root, http.MethodGet, "/data/v?versionId="+one).body != "one" {
		t.Errorf("suspended: %q", id)
	}
	w.call(root, http.MethodDelete, "/data/v")
	got = w.call(root, http.MethodGet, "/data?versions&prefix=v")
	if diff := cmp.Diff([]string{"null", one}, all(got.body, "VersionId")); diff != "" {
		t.Errorf("suspended delete (-want +got):\n%s", diff)
	}
}

func TestConditionalRequests(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	head := w.call(w.root(), http.MethodHead, "/data/public/a.txt").header
	etag, modified := head.Get("Etag"), head.Get("Last-Modified")
	const old, future = "Mon, 01 Jan 2001 00:00:00 GMT", "Fri, 01 Jan 2100 00:00:00 GMT"
	for _, tt := range []struct {
		method, target, header string
		want                   int
	}{
		{"GET", "/data/public/a.txt", "If-Match: " + etag, 200}, {"GET", "/data/public/a.txt", "If-Match: \"x\"", 412}, {"GET", "/data/public/a.txt", "If-Match: *", 200},
		{"GET", "/data/public/a.txt", "If-None-Match: " + etag, 304}, {"GET", "/data/public/a.txt", "If-None-Match: \"x\"", 200}, {"HEAD", "/data/public/a.txt", "If-None-Match: " + etag, 304},
		{"GET", "/data/public/a.txt", "If-Modified-Since: " + modified, 304}, {"GET", "/data/public/a.txt", "If-Modified-Since: " + old, 200},
		{"GET", "/data/public/a.txt", "If-Unmodified-Since: " + old, 412}, {"GET", "/data/public/a.txt", "If-Unmodified-Since: " + future, 200},
		{"GET", "/data/public/a.txt", "Range: bytes=1-2", 206}, {"HEAD", "/data/public/a.txt", "Range: bytes=1-2", 206}, {"GET", "/data/public/a.txt", "Range: bytes=9-", 416}, {"GET", "/data/public/a.txt", "Range: bytes=-0", 416},
		{"GET", "/data/public/a.txt", "Range: bytes=0-1,3-4", 200}, {"GET", "/data/public/a.txt", "Range: lines=1", 200}, {"GET", "/data/public/a.txt", "Range: bytes=2-1", 200}, {"GET", "/data/public/a.txt", "Range: bytes=-99", 206},
		{"PUT", "/data/public/a.txt", "If-None-Match: *", 412}, {"PUT", "/data/fresh1", "If-None-Match: *", 200}, {"PUT", "/data/fresh2", "If-None-Match: x", 501},
		{"PUT", "/data/public/a.txt", "If-Match: \"x\"", 412}, {"PUT", "/data/none", "If-Match: \"x\"", 404}, {"DELETE", "/data/public/a.txt", "If-Match: \"x\"", 412},
		{"PUT", "/data/fresh3", "X-Amz-Acl: public-read", 400}, {"PUT", "/data/fresh4", "X-Amz-Acl: bucket-owner-full-control", 200}, {"PUT", "/data/fresh5", "X-Amz-Object-Lock-Mode: GOVERNANCE", 400},
		{"PUT", "/data/fresh6", "X-Amz-Server-Side-Encryption: KMS", 400}, {"PUT", "/data/fresh7", "X-Amz-Server-Side-Encryption: AES256", 200}, {"PUT", "/data/fresh8", "X-Amz-Storage-Class: X", 400},
		{"PUT", "/data/fresh9", "X-Amz-Server-Side-Encryption-Customer-Algorithm: AES256", 403}, {"GET", "/data/public/a.txt", "X-Amz-Server-Side-Encryption-Customer-Algorithm: AES256", 400}, {"DELETE", "/data/public/a.txt", "X-Amz-Bypass-Governance-Retention: true", 400},
		{"PUT", "/data/fresh10", "X-Amz-Grant-Read: id=1", 400},
	} {
		r := w.request(tt.method, tt.target, "")
		name, value, _ := strings.Cut(tt.header, ": ")
		r.Header.Set(name, value)
		got := w.do(w.root(), r)
		if got.status != tt.want || tt.want == 304 && (got.body != "" || got.header.Get("Etag") != etag) {
			t.Errorf("%s %s %s: %d %s, want %d", tt.method, tt.target, tt.header, got.status, got.body, tt.want)
		}
		if tt.want >= 400 && strings.HasPrefix(tt.target, "/data/fresh") && w.get("data", tt.target[6:]) != "!NoSuchKey" {
			t.Errorf("%s %s: stored", tt.target, tt.header)
		}
	}
	if w.get("data", "public/a.txt") != "hello" {
		t.Error("a condition that failed changed the object")
	}
}

// TestConcurrentWrites: one of many conditional writers wins, and readers see
// whole objects.
func TestConcurrentWrites(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var wg sync.WaitGroup
	won := make(chan int, 64)
	for i := range 16 {
		wg.Go(func() {
			r := w.request(http.MethodPut, "/data/race", strings.Repeat(fmt.Sprint(i%10), 10000))
			r.Header.Set("If-None-Match", "*")
			if got := w.do(w.root(), r); got.status == 200 {
				won <- i
			}
			if got := w.call(w.root(), http.MethodGet, "/data/race"); got.status == 200 && strings.Trim(got.body, got.body[:1]) != "" {
				t.Error("a torn read")
			}
			w.call(w.root(), http.MethodGet, "/data?versions")
		})
	}
	wg.Wait()
	if len(won) != 1 {
		t.Errorf("%d writers won", len(won))
	}
}

func TestSelfCopyAndDirectives(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.request(http.MethodPut, "/data/src", "body")
	r.Header.Set("X-Amz-Meta-A", "1")
	r.Header.Set("X-Amz-Tagging", "t=1")
	r.Header.Set("Content-Type", "text/src")
	w.do(w.root(), r)
	for _, tt := range []struct{ target, headers, meta, kind, tags, code string }{
		{"/data/dst", "", "1", "text/src", "1", ""},
		{"/data/dst", "X-Amz-Metadata-Directive: REPLACE|X-Amz-Meta-A: 2|Content-Type: text/new", "2", "text/new", "1", ""},
		{"/data/dst", "X-Amz-Tagging-Directive: REPLACE", "1", "text/src", "", ""},
		{"/data/src", "", "", "", "", "InvalidRequest"},
		{"/data/src", "X-Amz-Metadata-Directive: REPLACE|X-Amz-Meta-A: 3", "3", "binary/octet-stream", "1", ""},
		{"/data/dst", "X-Amz-Metadata-Directive: OTHER", "", "", "", "InvalidArgument"},
		{"/data/dst", "X-Amz-Copy-Source-If-Match: x", "", "", "", "PreconditionFailed"},
		{"/data/dst", "X-Amz-Copy-Source-If-None-Match: *", "", "", "", "PreconditionFailed"},
	} {
		r := w.request(http.MethodPut, tt.target, "")
		r.Header.Set("X-Amz-Copy-Source", "data/src")
		for h := range strings.SplitSeq(tt.headers, "|") {
			if name, value, ok := strings.Cut(h, ": "); ok {
				r.Header.Set(name, value)
			}
		}
		if got := w.do(w.root(), r); got.err.Code != tt.code {
			t.Errorf("%s %s: %d %s", tt.target, tt.headers, got.status, got.body)
		}
		if tt.code != "" {
			continue
		}
		h := w.call(w.root(), http.MethodHead, tt.target).header
		if h.Get("X-Amz-Meta-A") != tt.meta || h.Get("Content-Type") != tt.kind || h.Get("X-Amz-Tagging-Count") != tt.tags {
			t.Errorf("%s %s: %v", tt.target, tt.headers, h)
		}
	}
	c := w.role("notags", allow("s3:GetObject", "s3:PutObject", "s3:ListBucket"))
	r = w.request(http.MethodPut, "/data/dst2", "")
	r.Header.Set("X-Amz-Copy-Source", "data/src")
	if got := w.do(c, r); got.status != 403 || !strings.Contains(got.err.Message, "s3:PutObjectTagging") {
		t.Errorf("tags copied without permission: %d %s", got.status, got.body)
	}
}

// TestOverwrittenWhileRead: what is replaced between being found and being read
// is looked for, and authorized, again.
func TestOverwrittenWhileRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	body := strings.Repeat("x", 100_000)
	w.object("data", "hot", body)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 25 {
				if got := w.do(w.root(), w.request(http.MethodPut, "/data/hot", body)); got.status != 200 {
					t.Errorf("put: %d %s", got.status, got.body)
				}
				if got := w.call(w.root(), http.MethodGet, "/data/hot"); got.status != 200 || got.body != body {
					t.Errorf("get: %d, %d bytes", got.status, len(got.body))
				}
				r := w.request(http.MethodPut, "/data/copy", "")
				r.Header.Set("X-Amz-Copy-Source", "data/hot")
				r.Header.Set("X-Amz-Checksum-Algorithm", "SHA256") // so that the source is read
				if got := w.do(w.root(), r); got.status != 200 {
					t.Errorf("copy: %d %s", got.status, got.body)
				}
			}
		})
	}
	wg.Wait()
}
