package fakes3_test

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// demanding is a statement that allows s3:PutObject where the condition holds.
func demanding(operator, key, value string) string {
	return `{"Effect":"Allow","Action":"s3:PutObject","Resource":"*","Condition":{"` + operator + `":{"` + key + `":"` + value + `"}}}`
}

// TestUploadsKeepHeaders: what a policy demands of every s3:PutObject is satisfied
// by parts and their end where the upload was begun with it, and only there.
func TestUploadsKeepHeaders(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.lockedBucket("locked")
	w.object("data", "source", "x")
	date := w.clock.Now().Add(36 * time.Hour).UTC().Format(time.RFC3339)
	extra := allow("s3:PutObjectAcl", "s3:PutObjectRetention", "s3:PutObjectLegalHold", "s3:GetObject")
	const acl, class = "X-Amz-Acl", "X-Amz-Storage-Class"
	for name, tt := range map[string]struct {
		demand string
		header []string
	}{
		"acl":      {demanding("StringEquals", "s3:x-amz-acl", "bucket-owner-full-control"), []string{acl, "bucket-owner-full-control"}},
		"class":    {demanding("StringEquals", "s3:x-amz-storage-class", "ONEZONE_IA"), []string{class, "ONEZONE_IA"}},
		"standard": {demanding("StringEquals", "s3:x-amz-storage-class", "STANDARD"), []string{class, "STANDARD"}},
		"redirect": {demanding("StringLike", "s3:x-amz-website-redirect-location", "/here/*"), []string{"X-Amz-Website-Redirect-Location", "/here/k"}},
		"sse":      {demanding("StringEquals", "s3:x-amz-server-side-encryption", "AES256"), []string{sse, "AES256"}},
		"mode":     {demanding("StringEquals", "s3:object-lock-mode", "COMPLIANCE"), []string{mode, "COMPLIANCE", until, date}},
		"until":    {demanding("DateEquals", "s3:object-lock-retain-until-date", date), []string{mode, "GOVERNANCE", until, date}},
		"days":     {demanding("NumericEquals", "s3:object-lock-remaining-retention-days", "2"), []string{mode, "GOVERNANCE", until, date}},
		"hold":     {demanding("StringEquals", "s3:object-lock-legal-hold", "ON"), []string{hold, "ON"}},
	} {
		c := w.role(name, tt.demand, extra)
		target := "/locked/" + name
		begin := func(c creds, header ...string) string {
			return w.with(c, http.MethodPost, target+"?uploads", "", header...).body
		}
		if got := begin(c); !strings.Contains(got, "AccessDenied") {
			t.Errorf("%s: begun without: %s", name, got)
		}
		for by, begun := range map[string]string{"itself": begin(c, tt.header...), "others, without": begin(w.root())} {
			id, want := all(begun, "UploadId"), map[bool]int{true: 200, false: 403}[by == "itself"]
			if len(id) != 1 {
				t.Fatalf("%s: %s", name, begun)
			}
			part := target + "?partNumber=1&uploadId=" + id[0]
			etag := `"9dd4e461268c8034f5c8564e155c67a6"`
			steps := map[string]result{
				"part":   w.do(c, w.md5(w.request(http.MethodPut, part, "x"))),
				"copied": w.with(c, http.MethodPut, part, "", "X-Amz-Copy-Source", "data/source"),
			}
			if by != "itself" { // and what is claimed later is of no effect
				w.do(w.root(), w.md5(w.request(http.MethodPut, part, "x")))
				steps["claimed by the part"] = w.with(c, http.MethodPut, part, "x", tt.header...)
				steps["claimed by the copy"] = w.with(c, http.MethodPut, part, "", append(tt.header, "X-Amz-Copy-Source", "data/source")...)
				steps["claimed at the end"] = w.with(c, http.MethodPost, target+"?uploadId="+id[0], complete(etag, ""), tt.header...)
			}
			steps["end"] = w.with(c, http.MethodPost, target+"?uploadId="+id[0], complete(etag, ""))
			for step, got := range steps {
				if got.status != want {
					t.Errorf("%s, begun by %s: %s: %d %s", name, by, step, got.status, got.body)
				}
			}
		}
	}
	head := w.call(w.root(), http.MethodHead, "/locked/mode").header
	if head.Get(mode) != "COMPLIANCE" || !strings.HasPrefix(head.Get(until), strings.TrimSuffix(date, "Z")) {
		t.Errorf("stored: %v", head)
	}
}

// TestUploadsKeepNoTags: S3 was seen to deny the parts where a policy demands tags
// of every s3:PutObject, though the upload was begun with them.
func TestUploadsKeepNoTags(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.role("tagger", demanding("ForAnyValue:StringEquals", "s3:RequestObjectTagKeys", "team"), allow("s3:PutObjectTagging"))
	got := w.with(c, http.MethodPost, "/data/k?uploads", "", "X-Amz-Tagging", "team=red")
	if got.status != 200 {
		t.Fatal(got.body)
	}
	target := "/data/k?partNumber=1&uploadId=" + all(got.body, "UploadId")[0]
	for _, header := range [][]string{nil, {"X-Amz-Tagging", "team=red"}} {
		if got := w.with(c, http.MethodPut, target, "x", header...); got.status != 403 {
			t.Errorf("%q: %d %s", header, got.status, got.body)
		}
	}
}

// TestUploadsDefaultRetention: the default of the bucket is that of the moment at
// which the object is there, and is in no condition.
func TestUploadsDefaultRetention(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.lockedBucket("locked")
	rule := func(mode, days string) {
		got := w.with(w.root(), http.MethodPut, "/locked?object-lock", "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention><Mode>"+mode+
			"</Mode><Days>"+days+"</Days></DefaultRetention></Rule></ObjectLockConfiguration>")
		if got.status != 200 {
			t.Fatal(got.body)
		}
	}
	rule("GOVERNANCE", "1")
	id := w.start("/locked/k")
	c := w.role("unlocked", demanding("Null", "s3:object-lock-mode", "true"))
	part := w.do(c, w.md5(w.request(http.MethodPut, "/locked/k?partNumber=1&uploadId="+id, "x")))
	rule("COMPLIANCE", "10")
	w.clock.Advance(48 * time.Hour)
	if got := w.do(w.role("later", demanding("Null", "s3:object-lock-mode", "true")), w.request(http.MethodPost, "/locked/k?uploadId="+id, complete(part.header.Get("Etag"), ""))); got.status != 200 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	head := w.call(w.root(), http.MethodHead, "/locked/k").header
	if kept, err := time.Parse(time.RFC3339, head.Get(until)); head.Get(mode) != "COMPLIANCE" || err != nil || kept.Sub(w.clock.Now().AddDate(0, 0, 10)).Abs() > time.Minute {
		t.Errorf("retention: %v", head)
	}
}

// TestUploadsKeepTheirKey: an upload is encrypted as it was begun, whatever becomes
// the default of the bucket and whoever goes on with it.
func TestUploadsKeepTheirKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.policy("data", everybody("Allow", "data", "s3:PutObject"))
	stranger := creds{"other", "other", ""}
	begun := w.with(stranger, http.MethodPost, "/data/k?uploads", "", sse, "aws:kms", sseKeyID, "abc")
	const key = "arn:aws:kms:eu-west-1:" + other + ":key/abc"
	if got := begun.header.Get(sseKeyID); begun.status != 200 || got != key {
		t.Fatalf("%d %q %s", begun.status, got, begun.body)
	}
	target := "/data/k?uploadId=" + all(begun.body, "UploadId")[0]
	if got := w.with(w.root(), http.MethodPut, target+"&partNumber=1", "x"); got.status != 403 || got.err.Code != "AccessDenied" {
		t.Errorf("part of somebody who may not use the key: %d %s", got.status, got.body)
	}
	part := w.with(stranger, http.MethodPut, target+"&partNumber=1", "x")
	if got := part.header.Get(sseKeyID); part.status != 200 || got != key {
		t.Errorf("part: %d %q %s", part.status, got, part.body)
	}
	id := w.start("/data/plain")
	w.with(w.root(), http.MethodPut, "/data?encryption", "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>")
	w.with(w.root(), http.MethodPut, "/data/plain?partNumber=1&uploadId="+id, "x")
	done := w.with(w.root(), http.MethodPost, "/data/plain?uploadId="+id, complete(part.header.Get("Etag"), ""))
	if got := w.call(w.root(), http.MethodHead, "/data/plain").header; done.status != 200 || done.header.Get(sse) != "AES256" || got.Get(sse) != "AES256" {
		t.Errorf("default set meanwhile: %d %v %v", done.status, done.header, got)
	}
}

// TestMisplacedHeaders: S3's answers to headers that say how an object is to be
// stored, where nothing of that is decided.
func TestMisplacedHeaders(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.start("/data/k")
	const (
		context = "The specified header is not valid in this context"
		reading = "x-amz-server-side-encryption header is not supported for this operation."
		part    = "/data/k?partNumber=1&uploadId="
	)
	for _, tt := range []struct {
		method, target string
		header         []string
		text           string
	}{
		{"PUT", part, []string{"X-Amz-Acl", "private"}, context},
		{"PUT", part, []string{"X-Amz-Tagging", "a=b"}, context},
		{"PUT", part, []string{sse, "AES256"}, reading},
		{"PUT", part, []string{"X-Amz-Acl", "private", "X-Amz-Copy-Source", "data/public/a.txt"}, context},
		{"PUT", part, []string{"X-Amz-Storage-Class", "GLACIER"}, ""},
		{"GET", "/data/public/a.txt", []string{sse, "AES256"}, reading},
		{"GET", "/data/public/a.txt", []string{"X-Amz-Acl", "private"}, ""},
	} {
		target := tt.target
		if target == part {
			target += id
		}
		got := w.with(w.root(), tt.method, target, "", tt.header...)
		if got.err.Message != tt.text || tt.text != "" && (got.status != 400 || got.err.Code != "InvalidArgument" || got.err.get("ArgumentName") != strings.ToLower(tt.header[0]) || got.err.get("ArgumentValue") != tt.header[1]) {
			t.Errorf("%s %s %q: %d %s", tt.method, target, tt.header, got.status, got.body)
		}
	}
	if got := w.with(w.root(), http.MethodHead, "/data/public/a.txt", "", sse, "AES256"); got.status != 400 {
		t.Errorf("head: %d", got.status)
	}
	// Who may not is told so first.
	if got := w.with(w.role("none"), http.MethodPut, part+id, "", "X-Amz-Acl", "private"); got.status != 403 {
		t.Errorf("denied: %d %s", got.status, got.body)
	}
}
