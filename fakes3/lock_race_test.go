package fakes3_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/irsatz/irsatz/fakes3"
	"github.com/irsatz/irsatz/fakes3/storage"
)

// overtaken is a storage in which another request comes before the next update.
type overtaken struct {
	fakes3.Storage
	by func()
}

func (s *overtaken) let() {
	if by := s.by; by != nil {
		s.by = nil
		by()
	}
}

func (s *overtaken) DeleteObject(b *storage.Bucket, key, version string, c storage.Conditions) (storage.Deletion, error) {
	s.let()
	return s.Storage.DeleteObject(b, key, version, c)
}

func (s *overtaken) AmendObject(b *storage.Bucket, o *storage.Object, amend func(*storage.Object) error) error {
	s.let()
	return s.Storage.AmendObject(b, o, amend)
}

func (s *overtaken) ConfigureBucket(b *storage.Bucket, set func(*storage.Bucket) error) error {
	s.let()
	return s.Storage.ConfigureBucket(b, set)
}

// TestObjectLockOvertaken: what a request may do is decided by the lock at the
// moment that it does it, not by the one that it found.
func TestObjectLockOvertaken(t *testing.T) {
	t.Parallel()
	s := &overtaken{Storage: storage.NewMemory(storage.Config{})}
	w := newWorld(t, func(c *fakes3.Config) { c.Storage = s })
	w.lockedBucket("vault")
	w.bucket("later", account)
	w.bucket("other", account)
	root, now := w.root(), w.clock.Now()
	version := w.with(root, http.MethodPut, "/vault/k", "x").header.Get("X-Amz-Version-Id")
	const (
		on        = "<LegalHold><Status>ON</Status></LegalHold>"
		off       = "<LegalHold><Status>OFF</Status></LegalHold>"
		enabled   = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
		suspended = "<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>"
		locks     = "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled></ObjectLockConfiguration>"
	)
	for _, name := range []string{"/later", "/other"} {
		w.with(root, http.MethodPut, name+"?versioning", enabled)
	}
	type request struct{ method, target, body string }
	multi := "<Delete><Object><Key>k</Key><VersionId>" + version + "</VersionId></Object></Delete>"
	for _, tt := range []struct {
		name         string
		first, later request // first comes between later's judgement and its update
		code         string
	}{
		{"delete, hold", request{"PUT", "/vault/k?legal-hold", on}, request{"DELETE", "/vault/k?versionId=" + version, ""}, "AccessDenied"},
		{"release", request{}, request{"PUT", "/vault/k?legal-hold", off}, ""},
		{"delete many, hold", request{"PUT", "/vault/k?legal-hold", on}, request{"POST", "/vault?delete", multi}, "AccessDenied"},
		{"released", request{}, request{"PUT", "/vault/k?legal-hold", off}, ""},
		{"retention", request{"PUT", "/vault/k?retention", retention("COMPLIANCE", now.AddDate(10, 0, 0))}, request{"PUT", "/vault/k?retention", retention("GOVERNANCE", now.AddDate(0, 0, 1))}, "AccessDenied"},
		{"suspend", request{"PUT", "/later?object-lock", locks}, request{"PUT", "/later?versioning", suspended}, "InvalidBucketState"},
		{"lock", request{"PUT", "/other?versioning", suspended}, request{"PUT", "/other?object-lock", locks}, "InvalidBucketState"},
	} {
		if tt.first.method != "" {
			s.by = func() {
				if got := w.do(root, w.md5(w.request(tt.first.method, tt.first.target, tt.first.body))); got.status != 200 {
					t.Errorf("%s: first: %d %s", tt.name, got.status, got.body)
				}
			}
		}
		got := w.do(root, w.md5(w.request(tt.later.method, tt.later.target, tt.later.body)))
		if got.status < 300 != (tt.code == "" || tt.later.method == "POST") || tt.code != "" && !strings.Contains(got.body, "<Code>"+tt.code+"</Code>") {
			t.Errorf("%s: %d %s", tt.name, got.status, got.body)
		}
	}
	if got := w.get("vault", "k"); got != "x" {
		t.Errorf("the version is %q", got)
	}
	// A bypass is of the mode that the retention has by then.
	w.object("vault", "strict", "x")
	year := now.AddDate(1, 0, 0)
	w.with(root, http.MethodPut, "/vault/strict?retention", retention("GOVERNANCE", year))
	s.by = func() {
		w.with(root, http.MethodPut, "/vault/strict?retention", retention("COMPLIANCE", year), bypass, "true")
	}
	if got := w.with(root, http.MethodPut, "/vault/strict?retention", retention("GOVERNANCE", now.AddDate(0, 0, 1)), bypass, "true"); got.err.Code != "AccessDenied" {
		t.Errorf("bypass of compliance: %d %s", got.status, got.body)
	}
	// What was unlocked in between goes.
	free := w.with(root, http.MethodPut, "/vault/free", "x").header.Get("X-Amz-Version-Id")
	s.by = func() { w.with(root, http.MethodPut, "/vault/free?legal-hold", off) }
	if got := w.call(root, http.MethodDelete, "/vault/free?versionId="+free); got.status != 204 {
		t.Errorf("judged again: %d %s", got.status, got.body)
	}
	if got := w.call(root, http.MethodGet, "/vault/free"); got.status != 404 {
		t.Errorf("after: %d", got.status)
	}
}

// TestSettingsOvertaken: what a request may do is decided by what is set at the
// moment that it does it.
func TestSettingsOvertaken(t *testing.T) {
	t.Parallel()
	s := &overtaken{Storage: storage.NewMemory(storage.Config{})}
	w := newWorld(t, func(c *fakes3.Config) { c.Storage = s })
	root := w.root()
	w.call(root, http.MethodDelete, "/data?publicAccessBlock")
	s.by = func() { w.with(root, http.MethodPut, "/data?publicAccessBlock", switches("BlockPublicPolicy")) }
	if got := w.with(root, http.MethodPut, "/data?policy", public(everybody("Allow", "data", "s3:GetObject"))); got.err.Code != "AccessDenied" {
		t.Errorf("public policy: %d %s", got.status, got.body)
	}
	if got := w.call(root, http.MethodGet, "/data?policy"); got.err.Code != "NoSuchBucketPolicy" {
		t.Errorf("stored: %s", got.body)
	}
	const tags = "<Tagging><TagSet><Tag><Key>team</Key><Value>red</Value></Tag></TagSet></Tagging>"
	s.by = func() {
		w.with(root, http.MethodPut, "/data?abac", "<AbacStatus><Status>Enabled</Status></AbacStatus>")
	}
	if got := w.do(root, w.md5(w.request(http.MethodPut, "/data?tagging", tags))); got.status != 400 {
		t.Errorf("tags of the bucket: %d %s", got.status, got.body)
	}
}

// TestTagsOvertaken: who may change an object by its tags may not do so by those that
// it had, nor lose the right by those that it has no more.
func TestTagsOvertaken(t *testing.T) {
	t.Parallel()
	s := &overtaken{Storage: storage.NewMemory(storage.Config{})}
	w := newWorld(t, func(c *fakes3.Config) { c.Storage = s })
	set := func(c creds, team string) result {
		return w.do(c, w.md5(w.request(http.MethodPut, "/data/public/a.txt?tagging", "<Tagging><TagSet><Tag><Key>team</Key><Value>"+team+"</Value></Tag></TagSet></Tagging>")))
	}
	red := w.role("red", `{"Effect":"Allow","Action":["s3:PutObjectTagging","s3:DeleteObjectTagging"],"Resource":"*","Condition":{"StringEquals":{"s3:ExistingObjectTag/team":["red","pink"]}}}`)
	for _, tt := range []struct {
		meanwhile string
		put, del  int
	}{{"blue", 403, 403}, {"pink", 200, 204}} {
		for kind, want := range map[string]int{"put": tt.put, "delete": tt.del} {
			set(w.root(), "red")
			s.by = func() { set(w.root(), tt.meanwhile) }
			var got result
			if kind == "put" {
				got = set(red, "red")
			} else {
				got = w.call(red, http.MethodDelete, "/data/public/a.txt?tagging")
			}
			if got.status != want {
				t.Errorf("%s, meanwhile %s: %d %s", kind, tt.meanwhile, got.status, got.body)
			}
			if now := w.call(w.root(), http.MethodGet, "/data/public/a.txt?tagging").body; want == 403 && !strings.Contains(now, "<Value>blue</Value>") {
				t.Errorf("%s: %s", kind, now)
			}
		}
	}
}
