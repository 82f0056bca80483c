package fakes3_test

import (
	"encoding/base64"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/policy"
	"github.com/irsatz/irsatz/internal/sigv4"
)

// TestS164_BucketActions: listing and HeadBucket are asked of the bucket, not of
// what is in it.
func TestS164_BucketActions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	bucket, objects := w.role("bucket", on("Allow", []string{"arn:aws:s3:::data"}, "s3:ListBucket")), w.role("objects", on("Allow", []string{"arn:aws:s3:::data/*"}, "s3:ListBucket"))
	for _, target := range []string{"GET /data", "GET /data?list-type=2", "HEAD /data"} {
		method, path, _ := strings.Cut(target, " ")
		if a, b := w.call(bucket, method, path), w.call(objects, method, path); a.status != 200 || b.status != 403 {
			t.Errorf("%s: %d by the bucket's ARN, %d by that of its objects", target, a.status, b.status)
		}
	}
}

// TestS192_HeadBucketRegion: the region is told to whoever asks, allowed or not.
func TestS192_HeadBucketRegion(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for status, c := range map[int]creds{200: w.role("list", allow("s3:ListBucket")), 403: w.role("none")} {
		if got := w.call(c, http.MethodHead, "/data"); got.status != status || got.header.Get("X-Amz-Bucket-Region") != region {
			t.Errorf("%d %v, want %d", got.status, got.header, status)
		}
	}
}

// TestS201_PresignedLater: what was presigned counts under the permissions that
// the signer has when it is used.
func TestS201_PresignedLater(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	app := w.role("app", allow("s3:GetObject"))
	use := func() result {
		t.Helper()
		r := w.request(http.MethodGet, "/data/public/a.txt", "")
		seen := received(r)
		w.signer(app).Presign(seen, time.Hour, w.clock.Now())
		r.URL.RawQuery = seen.URL.RawQuery
		if got := w.send(r); got.body != "hello" {
			t.Fatalf("before: %d %s", got.status, got.body)
		}
		if err := w.store.Update(func(d *iam.Draft) error {
			_, err := d.UpdateRole(account, "app", func(r *iam.Role) error { r.Inline = nil; return nil })
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return w.send(r)
	}
	if got := use(); got.status != 403 || !strings.Contains(got.err.Message, "s3:GetObject") {
		t.Errorf("the same URL: %d %s", got.status, got.body)
	}
}

// TestX209_WhoDenies: the text names the kind of policy that denies.
func TestX209_WhoDenies(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	deny := `{"Version":"2012-10-17","Statement":[` + allow("s3:*") + `,` + on("Deny", []string{"*"}, "s3:GetObject") + `]}`
	session := w.roleIn(account, "narrow", iam.Session{Name: "session", PolicyPassed: true, Policy: deny}, allow("s3:*"))
	bounded := w.role("bounded", allow("s3:*"))
	const boundary = "arn:aws:iam::" + account + ":policy/boundary"
	if err := w.store.Update(func(d *iam.Draft) error {
		p := iam.ManagedPolicy{AccountID: account, Name: "boundary", Document: policy.MustParse(policy.Identity, deny)}
		if _, err := d.CreatePolicy(p); err != nil {
			return err
		}
		_, err := d.UpdateRole(account, "bounded", func(r *iam.Role) error { r.BoundaryARN = boundary; return nil })
		return err
	}); err != nil {
		t.Fatal(err)
	}
	for kind, c := range map[string]creds{
		"an identity-based policy": w.role("denied", allow("s3:*"), on("Deny", []string{"*"}, "s3:GetObject")), "a session policy": session, "a permissions boundary": bounded,
	} {
		if got := w.call(c, http.MethodGet, "/data/public/a.txt"); got.status != 403 || !strings.HasSuffix(got.err.Message, `on resource: "arn:aws:s3:::data/public/a.txt" with an explicit deny in `+kind) {
			t.Errorf("%s: %s", kind, got.err.Message)
		}
	}
}

// TestX220_ExpiredURL says when the URL ended, and what time it is.
func TestX220_ExpiredURL(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.request(http.MethodGet, "/data/public/a.txt", "")
	seen, begin := received(r), w.clock.Now().UTC()
	w.signer(w.root()).Presign(seen, time.Minute, begin)
	r.URL.RawQuery = seen.URL.RawQuery
	w.clock.Advance(time.Hour)
	got := w.send(r)
	now, err := time.Parse(time.RFC3339, got.err.get("ServerTime"))
	if got.status != 403 || got.err.Code != "AccessDenied" || got.err.Message != "Request has expired" || got.err.get("X-Amz-Expires") != "60" ||
		got.err.get("Expires") != begin.Add(time.Minute).Format("2006-01-02T15:04:05Z") || err != nil || w.clock.Now().Sub(now).Abs() > 5*time.Second {
		t.Errorf("%d %s", got.status, got.body)
	}
}

// TestX224_WrongRegion names the right one in an element and a header.
func TestX224_WrongRegion(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.request(http.MethodGet, "/data/public/a.txt", "")
	s := w.signer(w.root())
	s.Region = "us-west-2"
	s.Sign(received(r), sigv4.EmptyPayload, w.clock.Now())
	if got := w.send(r); got.status != 400 || got.err.Code != "AuthorizationHeaderMalformed" || got.err.get("Region") != region || got.header.Get("X-Amz-Bucket-Region") != region {
		t.Errorf("%d %v %s", got.status, got.header, got.body)
	}
}

// TestV229_UnsignedPayload: a body that is not signed is taken in clear text and
// over TLS.
func TestV229_UnsignedPayload(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for scheme, server := range map[string]string{"http": w.http.URL, "https": w.tls.URL} {
		r, err := http.NewRequest(http.MethodPut, server+"/data/"+scheme, strings.NewReader("body"))
		if err != nil {
			t.Fatal(err)
		}
		w.signer(w.root()).Sign(r, sigv4.UnsignedPayload, w.clock.Now())
		response, err := w.tls.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if read := readAll(t, response.Body); response.StatusCode != 200 || w.get("data", scheme) != "body" {
			t.Errorf("%s: %d %s", scheme, response.StatusCode, read)
		}
	}
}

// TestV231_SignedTrailer: the signature and the checksum in a trailer are both
// verified.
func TestV231_SignedTrailer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	sum := crc32.ChecksumIEEE([]byte("hello"))
	right := base64.StdEncoding.EncodeToString([]byte{byte(sum >> 24), byte(sum >> 16), byte(sum >> 8), byte(sum)})
	for name, tt := range map[string]struct {
		change func(string) string
		code   string
	}{
		"right":            {func(s string) string { return s }, ""},
		"another checksum": {func(s string) string { return strings.Replace(s, right, "AAAAAA==", 1) }, "SignatureDoesNotMatch"},
		"another signature": {func(s string) string {
			i := strings.Index(s, "x-amz-trailer-signature:") + len("x-amz-trailer-signature:")
			return s[:i] + strings.Repeat("0", 64) + s[i+64:]
		}, "SignatureDoesNotMatch"},
	} {
		r := w.request(http.MethodPut, "/data/"+strings.ReplaceAll(name, " ", "-"), "")
		r.Header.Set("X-Amz-Decoded-Content-Length", "5")
		r.Header.Set("X-Amz-Trailer", "x-amz-checksum-crc32")
		a := w.signer(w.root()).Sign(received(r), sigv4.StreamingSignedTrailer, w.clock.Now())
		body := tt.change(w.signedChunks(a, "x-amz-checksum-crc32:"+right, "hello"))
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
		got := w.send(r)
		stored := w.get("data", strings.ReplaceAll(name, " ", "-"))
		if got.err.Code != tt.code || (stored == "hello") != (tt.code == "") {
			t.Errorf("%s: %d %s; stored %q", name, got.status, got.body, stored)
		}
	}
}

// TestF240_SubResources: what is said of an object or bucket does not touch it.
func TestF240_SubResources(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.policy("data", everybody("Deny", "data", "s3:DeleteObject"))
	tags := fmt.Sprintf("<Tagging><TagSet><Tag><Key>%s</Key><Value>v</Value></Tag></TagSet></Tagging>", "k")
	if got := w.do(w.root(), w.md5(w.request(http.MethodPut, "/data/public/a.txt?tagging", tags))); got.status != 200 {
		t.Fatal(got.body)
	}
	if got := w.call(w.root(), http.MethodDelete, "/data?policy"); got.status != 204 {
		t.Fatal(got.body)
	}
	if got := w.get("data", "public/a.txt"); got != "hello" {
		t.Errorf("the object is %q", got)
	}
}
