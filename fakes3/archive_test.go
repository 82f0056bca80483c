package fakes3_test

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestArchivedObjects: what is in an archive is read only once it is restored,
// and as long as that was asked for.
func TestArchivedObjects(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, class := range []string{"GLACIER", "DEEP_ARCHIVE", "GLACIER_IR"} {
		w.with(w.root(), http.MethodPut, "/data/"+class, "cold", "X-Amz-Storage-Class", class)
	}
	id, _ := w.begin("/data/parts")
	refused := func(want string, statuses [3]int) {
		t.Helper()
		get, head := w.call(w.root(), http.MethodGet, "/data/"+want), w.call(w.root(), http.MethodHead, "/data/"+want)
		copied := w.with(w.root(), http.MethodPut, "/data/copy", "", "X-Amz-Copy-Source", "data/"+want)
		part := w.with(w.root(), http.MethodPut, "/data/parts?partNumber=1&uploadId="+id, "", "X-Amz-Copy-Source", "data/"+want)
		if got := [3]int{get.status, head.status, copied.status}; got != statuses || part.status != copied.status {
			t.Errorf("%s: GET, HEAD, copy answer %v, want %v; part %d", want, got, statuses, part.status)
		}
		if get.status != 200 && (get.err.Message != "The operation is not valid for the object's storage class" || get.err.get("StorageClass") != want || copied.err.Code != "InvalidObjectState") {
			t.Errorf("%s\n%s", get.body, copied.body)
		}
	}
	refused("GLACIER", [3]int{403, 200, 403})
	refused("DEEP_ARCHIVE", [3]int{403, 200, 403})
	refused("GLACIER_IR", [3]int{200, 200, 200})
	const two = "<RestoreRequest><Days>2</Days><GlacierJobParameters><Tier>Bulk</Tier></GlacierJobParameters></RestoreRequest>"
	restore := func(c creds, key, body string) result {
		return w.do(c, w.request(http.MethodPost, "/data/"+key+"?restore", body))
	}
	for _, tt := range []struct {
		key, body, code string
		status          int
	}{
		{"GLACIER", two, "", 202}, {"GLACIER", two, "", 200}, {"GLACIER_IR", two, "InvalidObjectState", 403}, {"public/a.txt", two, "InvalidObjectState", 403}, {"none", two, "NoSuchKey", 404},
		{"DEEP_ARCHIVE", "<RestoreRequest/>", "MalformedXML", 400}, {"DEEP_ARCHIVE", "<RestoreRequest><Days>0</Days></RestoreRequest>", "MalformedXML", 400},
		{"DEEP_ARCHIVE", "<RestoreRequest><Type>SELECT</Type></RestoreRequest>", "MalformedXML", 400},
	} {
		if got := restore(w.root(), tt.key, tt.body); got.status != tt.status || got.err.Code != tt.code {
			t.Errorf("%s %s: %d %s", tt.key, tt.body, got.status, got.body)
		}
	}
	if got := restore(w.role("reader", allow("s3:GetObject", "s3:PutObject")), "DEEP_ARCHIVE", two); got.status != 403 {
		t.Errorf("restored without s3:RestoreObject: %d", got.status)
	}
	refused("GLACIER", [3]int{200, 200, 200})
	refused("DEEP_ARCHIVE", [3]int{403, 200, 403})
	until := w.clock.Now().UTC().AddDate(0, 0, 3).Truncate(24 * time.Hour)
	if got := w.call(w.root(), http.MethodHead, "/data/GLACIER").header.Get("X-Amz-Restore"); got != `ongoing-request="false", expiry-date="`+until.Format(http.TimeFormat)+`"` {
		t.Errorf("x-amz-restore: %q", got)
	}
	if got := w.call(w.root(), http.MethodHead, "/data/copy").header.Get("X-Amz-Restore"); got != "" {
		t.Errorf("a copy is restored: %q", got)
	}
	for _, target := range []string{"/data?prefix=GLA", "/data?list-type=2&prefix=GLA", "/data?versions&prefix=GLA"} {
		with := w.with(w.root(), http.MethodGet, target, "", "X-Amz-Optional-Object-Attributes", "RestoreStatus").body
		without := w.call(w.root(), http.MethodGet, target).body
		if strings.Count(with, "<RestoreStatus>") != 1 || said(with, "RestoreExpiryDate") != until.Format("2006-01-02T15:04:05.000Z") || strings.Contains(without, "RestoreStatus") {
			t.Errorf("%s: %s", target, with)
		}
	}
	w.clock.Advance(72 * time.Hour)
	refused("GLACIER", [3]int{403, 200, 403})
	if got := w.call(w.root(), http.MethodHead, "/data/GLACIER").header.Get("X-Amz-Restore"); got != "" {
		t.Errorf("still restored: %q", got)
	}
}

// TestCopyInPlace: an object can be copied onto itself only with a change.
func TestCopyInPlace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.with(w.root(), http.MethodPut, "/data/k", "x", "X-Amz-Website-Redirect-Location", "/other", "X-Amz-Meta-A", "1")
	if got := w.with(w.root(), http.MethodPut, "/data/public/a.txt", "", "X-Amz-Copy-Source", "data/public/a.txt"); got.status != 400 {
		t.Errorf("a seeded object: %d", got.status)
	}
	onto := func(header ...string) result {
		return w.with(w.root(), http.MethodPut, "/data/k", "", append([]string{"X-Amz-Copy-Source", "data/k"}, header...)...)
	}
	if got := onto(); got.status != 400 || !strings.HasPrefix(got.err.Message, "This copy request is illegal because it is trying to copy an object to itself") {
		t.Errorf("no change: %d %s", got.status, got.body)
	}
	if got := onto("X-Amz-Website-Redirect-Location", "/new"); got.status != 200 {
		t.Errorf("redirect: %s", got.body)
	}
	if h := w.call(w.root(), http.MethodHead, "/data/k").header; h.Get("X-Amz-Website-Redirect-Location") != "/new" || h.Get("X-Amz-Meta-A") != "1" {
		t.Errorf("%v", h)
	}
	if got := onto("X-Amz-Storage-Class", "STANDARD"); got.status != 200 {
		t.Errorf("class: %s", got.body)
	}
	if h := w.call(w.root(), http.MethodHead, "/data/k").header; h.Get("X-Amz-Website-Redirect-Location") != "" {
		t.Errorf("the redirect was copied: %v", h)
	}
	w.do(w.root(), w.request(http.MethodPut, "/data?versioning", "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"))
	old := w.do(w.root(), w.request(http.MethodPut, "/data/k", "old")).header.Get("X-Amz-Version-Id")
	w.do(w.root(), w.request(http.MethodPut, "/data/k", "new"))
	if got := w.with(w.root(), http.MethodPut, "/data/k", "", "X-Amz-Copy-Source", "data/k?versionId="+old); got.status != 200 || w.get("data", "k") != "old" {
		t.Errorf("an old version brought back: %d %s", got.status, got.body)
	}
	key := "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>"
	w.do(w.root(), w.md5(w.request(http.MethodPut, "/data?encryption", key)))
	if got := onto(); got.status != 200 || got.header.Get("X-Amz-Server-Side-Encryption") != "aws:kms" {
		t.Errorf("another default: %d %s", got.status, got.body)
	}
}
