package fakes3_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestConditionalWrites: AWS's texts for conditions that do not hold, and for
// those that S3 does not have.
func TestConditionalWrites(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.object("data", "source", "source")
	w.clock.Advance(2 * time.Second)
	etag, now := w.call(w.root(), http.MethodHead, "/data/public/a.txt").header.Get("Etag"), w.clock.Now().UTC().Format(http.TimeFormat)
	const past, future = "Mon, 02 Jan 2006 15:04:05 GMT", "Mon, 02 Jan 2105 15:04:05 GMT"
	for _, tt := range []struct {
		target string
		header []string
		status int
		want   string // condition, or header and more
	}{
		{"PUT /data/public/a.txt", []string{`If-Match: "x"`}, 412, "If-Match"}, {"PUT /data/none", []string{`If-Match: "x"`}, 404, ""},
		{"PUT /data/public/a.txt", []string{"If-None-Match: *"}, 412, "If-None-Match"},
		{"PUT /data/public/a.txt", []string{"If-Match: *"}, 501, "If-Match: We don't accept the provided value of If-Match header for this API"},
		{"PUT /data/public/a.txt", []string{"If-None-Match: " + etag}, 501, "If-None-Match: We don't accept the provided value of If-None-Match header for this API"},
		{"PUT /data/public/a.txt", []string{"If-None-Match: *", "If-Match: " + etag}, 501, "If-Match,If-None-Match: Multiple conditional request headers present in the request"},
		{"COPY /data/public/a.txt", []string{`If-Match: "x"`}, 412, "If-Match"}, {"COPY /data/public/a.txt", []string{"If-None-Match: *"}, 412, "If-None-Match"},
		{"COPY /data/none", []string{`If-Match: "x"`}, 404, ""}, {"COPY /data/none", []string{"If-Match: *"}, 501, "If-Match: We don't accept the provided value of If-Match header for this API"},
		{"COPY /data/none", []string{`X-Amz-Copy-Source-If-Match: "x"`}, 412, "x-amz-copy-source-If-Match"},
		{"COPY /data/none", []string{"X-Amz-Copy-Source-If-None-Match: *"}, 412, "x-amz-copy-source-If-None-Match"},
		{"COPY /data/none", []string{"X-Amz-Copy-Source-If-Unmodified-Since: " + past}, 412, "x-amz-copy-source-If-Unmodified-Since"},
		{"COPY /data/none", []string{"X-Amz-Copy-Source-If-Modified-Since: " + now}, 412, "x-amz-copy-source-If-Modified-Since"},
		{"COPY /data/new", []string{"X-Amz-Copy-Source-If-Modified-Since: " + future}, 200, ""}, // no date yet
		{"DELETE /data/public/a.txt", []string{`If-Match: "x"`}, 412, "If-Match"}, {"DELETE /data/none", []string{"If-Match: *"}, 412, "If-Match"},
		{"DELETE /data/public/a.txt?versionId=null", []string{"If-Match: " + etag}, 501, "If-Match: " + etag},
		{"DELETE /data/public/a.txt?versionId=null", []string{"If-Match: *"}, 501, "If-Match: *"},
		{"DELETE /data/public/a.txt", []string{"X-Amz-If-Match-Size: 5"}, 501, "x-amz-if-match-size"},
		{"COPY /data/public/a.txt", []string{"If-Match: " + etag}, 200, ""}, {"PUT /data/public/a.txt", []string{`If-Match: "36cd38f49b9afa08222c0dc9ebfe35eb"`}, 200, ""},
		{"DELETE /data/public/a.txt", []string{"If-Match: *"}, 204, ""},
	} {
		method, target, _ := strings.Cut(tt.target, " ")
		header := tt.header
		if method == "COPY" {
			method, header = http.MethodPut, append([]string{"X-Amz-Copy-Source: data/source"}, header...)
		}
		got := w.with(w.root(), method, target, "", pairs(header...)...)
		said := got.err.get("Condition") + got.err.get("Header")
		if more := got.err.get("additionalMessage"); more != "" {
			said += ": " + more
		}
		if got.status != tt.status || said != tt.want {
			t.Errorf("%s %q: %d %q %s", tt.target, tt.header, got.status, said, got.body)
		}
	}
}

// TestConditionsNeedGetObject: whoever makes a write or deletion depend on an
// ETag could find it out that way.
func TestConditionsNeedGetObject(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, key := range []string{"a", "b", "c", "d", "e"} {
		w.object("data", key, "x")
	}
	const etag = `"9dd4e461268c8034f5c8564e155c67a6"`
	blind, seeing := w.role("blind", allow("s3:PutObject", "s3:DeleteObject")), w.role("seeing", allow("s3:PutObject", "s3:DeleteObject", "s3:GetObject"))
	id, _ := w.begin("/data/e")
	part := w.do(w.root(), w.request(http.MethodPut, "/data/e?partNumber=1&uploadId="+id, "x")).header.Get("Etag")
	batch := func(etag string) string {
		return "<Delete><Object><Key>c</Key><ETag>" + etag + "</ETag></Object></Delete>"
	}
	for _, tt := range []struct {
		method, target, body string
		header               []string
	}{
		{"PUT", "/data/a", "x", []string{"If-Match", etag}},
		{"POST", "/data/e?uploadId=" + id, pieces([3]string{"1", part}), []string{"If-Match", etag}},
		{"DELETE", "/data/b", "", []string{"If-Match", etag}},
		{"POST", "/data?delete", batch(etag), []string{"X-Amz-Checksum-Crc32", b64sum("CRC32", batch(etag))}},
	} {
		for who, c := range map[string]creds{"blind": blind, "seeing": seeing} {
			got := w.with(c, tt.method, tt.target, tt.body, tt.header...)
			if denied := strings.Contains(got.body, "s3:GetObject on"); denied != (who == "blind") || !denied && got.status >= 300 {
				t.Errorf("%s %s %s: %d %s", who, tt.method, tt.target, got.status, got.body)
			}
		}
	}
	w.object("data", "c", "x")
	if got := w.with(blind, http.MethodDelete, "/data/d", "", "If-Match", "*"); got.status != 204 {
		t.Errorf("any: %d %s", got.status, got.body)
	}
	if got := w.do(blind, w.md5(w.request(http.MethodPost, "/data?delete", batch("*")))); !strings.Contains(got.body, "<Deleted><Key>c</Key></Deleted>") {
		t.Errorf("any of many: %d %s", got.status, got.body)
	}
}

// TestDeleteObjectsConditions: every object has a condition of its own, which is
// s3:if-match.
func TestDeleteObjectsConditions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, key := range []string{"a", "b", "c"} {
		w.object("data", key, "x")
	}
	const body = `<Delete><Object><Key>a</Key><ETag>"9dd4e461268c8034f5c8564e155c67a6"</ETag></Object><Object><Key>b</Key><ETag>"x"</ETag></Object>` +
		`<Object><Key>none</Key><ETag>*</ETag></Object><Object><Key>c</Key></Object><Object><Key>c</Key><VersionId>nope</VersionId></Object></Delete>`
	careful := w.role("careful", allow("s3:GetObject", "s3:DeleteObjectVersion"), `{"Effect":"Allow","Action":"s3:DeleteObject","Resource":"*","Condition":{"Null":{"s3:if-match":"false"}}}`)
	r := w.md5(w.request(http.MethodPost, "/data?delete", body))
	r.Header.Set("If-Match", "*") // of no meaning here
	got := w.do(careful, r)
	if diff := cmp.Diff([]string{"PreconditionFailed", "PreconditionFailed", "AccessDenied", "NoSuchVersion"}, all(got.body, "Code")); diff != "" || strings.Count(got.body, "<Deleted>") != 1 {
		t.Errorf("codes (-want +got):\n%s\n%s", diff, got.body)
	}
	for key, want := range map[string]string{"a": "!NoSuchKey", "b": "x", "c": "x"} {
		if got := w.get("data", key); got != want {
			t.Errorf("%s: %q, want %q", key, got, want)
		}
	}
	for _, bad := range []string{"<Delete/>", "<Delete><Object/></Delete>", "<Delete><Object><Key></Key></Object></Delete>", "<Delete><Object><Key>a</Key><Key>b</Key></Object></Delete>",
		"<Delete><Object><Key>a</Key></Object><Quiet>perhaps</Quiet></Delete>", "<Delete><Object><Key>a</Key><Name>b</Name></Object></Delete>"} {
		if got := w.do(w.root(), w.md5(w.request(http.MethodPost, "/data?delete", bad))); got.err.Code != "MalformedXML" {
			t.Errorf("%s: %d %s", bad, got.status, got.body)
		}
	}
}

// TestDeleteOfMarkers: a deletion that depends on an ETag finds nothing to delete
// below a delete marker, which S3 was seen to word as a read would be.
func TestDeleteOfMarkers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.with(w.root(), http.MethodPut, "/data?versioning", "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>")
	w.call(w.root(), http.MethodDelete, "/data/gone")
	for target, want := range map[string]string{"/data/gone": "NoSuchKey", "/data/never": "PreconditionFailed"} {
		if got := w.with(w.root(), http.MethodDelete, target, "", "If-Match", "*"); got.err.Code != want {
			t.Errorf("%s: %d %s", target, got.status, got.body)
		}
	}
	const body = "<Delete><Object><Key>gone</Key><ETag>*</ETag></Object><Object><Key>never</Key><ETag>*</ETag></Object></Delete>"
	got := w.do(w.root(), w.md5(w.request(http.MethodPost, "/data?delete", body)))
	if diff := cmp.Diff([]string{"NoSuchKey", "PreconditionFailed"}, all(got.body, "Code")); diff != "" {
		t.Errorf("(-want +got):\n%s%s", diff, got.body)
	}
}

// TestVersionIds: an id that no version can have is an invalid argument.
func TestVersionIds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.do(w.root(), w.request(http.MethodPut, "/data?versioning", "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"))
	marker := w.call(w.root(), http.MethodDelete, "/data/gone").header.Get("X-Amz-Version-Id")
	for target, want := range map[string]string{
		"DELETE /data/k?versionId=nope": "Invalid version id specified", "GET /data/k?versionId=HPniJFCxqTsMuIH9KX8K8wEjNUgmABCD": "Invalid version id specified",
		"DELETE /data/k?versionId=" + strings.Repeat("0", 32): "", "GET /data/k?versionId=": "Version id cannot be the empty string",
		"GET /data/gone?versionId=" + marker: "The specified method is not allowed against this resource.",
	} {
		method, target, _ := strings.Cut(target, " ")
		if got := w.call(w.root(), method, target); got.err.Message != want {
			t.Errorf("%s %s: %d %s", method, target, got.status, got.body)
		}
	}
	never := strings.Repeat("0", 32)
	for _, key := range []string{"gone", "never", "public/a.txt"} {
		if got := w.call(w.root(), http.MethodDelete, "/data/"+key+"?versionId="+never); got.status != 204 || got.header.Get("X-Amz-Version-Id") != never || got.header.Get("X-Amz-Delete-Marker") != "" {
			t.Errorf("%s: a version that never was: %d %v", key, got.status, got.header)
		}
		body := "<Delete><Object><Key>" + key + "</Key><VersionId>" + never + "</VersionId></Object></Delete>"
		if got := w.do(w.root(), w.md5(w.request(http.MethodPost, "/data?delete", body))); !strings.Contains(got.body, "<Deleted><Key>"+key+"</Key><VersionId>"+never+"</VersionId></Deleted>") {
			t.Errorf("%s: one of many: %s", key, got.body)
		}
	}
	got := w.with(w.root(), http.MethodPut, "/data/copy", "", "X-Amz-Copy-Source", "data/gone?versionId="+marker)
	if got.status != 400 || got.err.Message != "The source of a copy request may not specifically refer to a delete marker by version id." {
		t.Errorf("copy of a delete marker: %d %s", got.status, got.body)
	}
}
