package fakes3_test

import (
	"crypto/md5"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// lockedBucket makes a bucket with object lock.
func (w *world) lockedBucket(name string) {
	w.t.Helper()
	r := w.request(http.MethodPut, "/"+name, "<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>")
	r.Header.Set("X-Amz-Bucket-Object-Lock-Enabled", "true")
	if got := w.do(w.root(), r); got.status != 200 {
		w.t.Fatal(got.body)
	}
}

// with sends a request with these headers.
func (w *world) with(c creds, method, target, body string, header ...string) result {
	w.t.Helper()
	r := w.request(method, target, body)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return w.do(c, r)
}

const (
	mode, until, hold = "X-Amz-Object-Lock-Mode", "X-Amz-Object-Lock-Retain-Until-Date", "X-Amz-Object-Lock-Legal-Hold"
	bypass            = "X-Amz-Bypass-Governance-Retention"
)

func retention(mode string, until time.Time) string {
	return "<Retention><Mode>" + mode + "</Mode><RetainUntilDate>" + until.UTC().Format("2006-01-02T15:04:05.000Z") + "</RetainUntilDate></Retention>"
}

// TestS179_Bypass: to delete a version that is locked takes the header and
// s3:BypassGovernanceRetention.
func TestS179_Bypass(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.lockedBucket("locked")
	later := w.clock.Now().Add(24 * time.Hour)
	deleter := w.role("deleter", allow("s3:DeleteObject", "s3:DeleteObjectVersion"))
	boss := w.role("boss", allow("s3:DeleteObject", "s3:DeleteObjectVersion", "s3:BypassGovernanceRetention"))
	put := func(as string, header ...string) string {
		t.Helper()
		got := w.with(w.root(), http.MethodPut, "/locked/"+as, "x", append(header, "X-Amz-Checksum-Crc32", b64sum("CRC32", "x"))...)
		if got.status != 200 {
			t.Fatal(got.body)
		}
		return "/locked/" + as + "?versionId=" + got.header.Get("X-Amz-Version-Id")
	}
	date := later.UTC().Format(time.RFC3339)
	both := put("b", mode, "GOVERNANCE", until, date, hold, "ON")
	governed, complied, held := put("g", mode, "GOVERNANCE", until, date), put("c", mode, "COMPLIANCE", until, date), put("h", hold, "ON")
	denied := w.role("denied", allow("s3:*"), on("Deny", []string{"*"}, "s3:BypassGovernanceRetention"))
	const (
		want = "Access Denied because object protected by object lock."
		may  = ` is not authorized to perform: s3:BypassGovernanceRetention on resource: "arn:aws:s3:::locked/g" `
	)
	for _, tt := range []struct {
		name   string
		c      creds
		target string
		header []string
		status int
	}{
		{"no header", boss, governed, nil, 403},
		{"header false", boss, governed, []string{bypass, "false"}, 403},
		{"no permission", deleter, governed, []string{bypass, "true"}, 403},
		{"denied permission", denied, governed, []string{bypass, "true"}, 403},
		{"compliance", boss, complied, []string{bypass, "true"}, 403},
		{"compliance, root", w.root(), complied, []string{bypass, "true"}, 403},
		{"legal hold", boss, held, []string{bypass, "true"}, 403},
		{"legal hold and governance", boss, both, []string{bypass, "true"}, 403},
		{"a marker is no deletion", deleter, "/locked/g", nil, 204},
		{"both", boss, governed, []string{bypass, "true"}, 204},
	} {
		got := w.with(tt.c, http.MethodDelete, tt.target, "", tt.header...)
		message := want
		switch tt.name {
		case "no permission":
			message = "User: arn:aws:sts::111122223333:assumed-role/deleter/session" + may + "because no identity-based policy allows the s3:BypassGovernanceRetention action"
		case "denied permission":
			message = "User: arn:aws:sts::111122223333:assumed-role/denied/session" + may + "with an explicit deny in an identity-based policy"
		}
		if got.status != tt.status || tt.status == 403 && (got.err.Code != "AccessDenied" || got.err.Message != message) {
			t.Errorf("S179 %s: %d %s", tt.name, got.status, got.body)
		}
		record, ok := w.trail.Get(got.header.Get("X-Amz-Request-Id"))
		if explained := ok && record.Cause == "the version is under object lock" && strings.Contains(record.Fix, "s3:BypassGovernanceRetention"); explained != (tt.status == 403) {
			t.Errorf("S179 %s: not explained: %+v", tt.name, record)
		}
	}
	// DeleteObjects is asked key by key.
	governed = put("g", mode, "GOVERNANCE", until, date)
	_, id, _ := strings.Cut(governed, "versionId=")
	body := "<Delete><Object><Key>g</Key><VersionId>" + id + "</VersionId></Object></Delete>"
	for _, tt := range []struct {
		c    creds
		want string
	}{{deleter, "s3:BypassGovernanceRetention"}, {boss, "<Deleted>"}} {
		r := w.md5(w.request(http.MethodPost, "/locked?delete", body))
		r.Header.Set(bypass, "true")
		if got := w.do(tt.c, r); !strings.Contains(got.body, tt.want) {
			t.Errorf("S179 DeleteObjects: %d %s", got.status, got.body)
		}
	}
	if got := w.with(w.root(), http.MethodDelete, "/data/public/a.txt", "", bypass, "true"); got.status != 400 || got.err.Message != "x-amz-bypass-governance-retention is only applicable to Object Lock enabled buckets." {
		t.Errorf("bucket without lock: %d %s", got.status, got.body)
	}
	w.clock.Advance(25 * time.Hour)
	if got := w.call(w.root(), http.MethodDelete, complied); got.status != 204 {
		t.Errorf("after the retention: %d %s", got.status, got.body)
	}
	if got := w.call(w.root(), http.MethodDelete, held); got.status != 403 {
		t.Errorf("a hold does not end: %d", got.status)
	}
}

func TestObjectLock(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.lockedBucket("locked")
	root, now := w.root(), w.clock.Now()
	if got := w.call(root, http.MethodGet, "/locked?object-lock"); got.body != xmlHead+"<ObjectLockConfiguration"+ns+"><ObjectLockEnabled>Enabled</ObjectLockEnabled></ObjectLockConfiguration>" {
		t.Errorf("new bucket: %s", got.body)
	}
	if got := w.call(root, http.MethodGet, "/locked?versioning"); !strings.Contains(got.body, "<Status>Enabled</Status>") {
		t.Errorf("versioning: %s", got.body)
	}
	rule := func(period string) string {
		return "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention><Mode>GOVERNANCE</Mode>" + period + "</DefaultRetention></Rule></ObjectLockConfiguration>"
	}
	date := now.Add(48 * time.Hour).UTC().Format(time.RFC3339)
	for _, tt := range []struct {
		name, target, body string
		header             []string
		code, message      string
	}{
		{"two periods", "/locked?object-lock", rule("<Days>1</Days><Years>1</Years>"), nil, "MalformedXML", ""},
		{"no period", "/locked?object-lock", rule(""), nil, "MalformedXML", ""},
		{"no days", "/locked?object-lock", rule("<Days>0</Days>"), nil, "InvalidArgument", "Default retention period must be a positive integer value."},
		{"no years", "/locked?object-lock", rule("<Years>00</Years>"), nil, "InvalidArgument", "Default retention period must be a positive integer value."},
		{"years ago", "/locked?object-lock", rule("<Years>-1</Years>"), nil, "InvalidArgument", "Default retention period must be a positive integer value."},
		{"signed days", "/locked?object-lock", rule("<Days>+1</Days>"), nil, "MalformedXML", ""},
		{"some days", "/locked?object-lock", rule("<Days/>"), nil, "MalformedXML", ""},
		{"too many days", "/locked?object-lock", rule("<Days>36501</Days>"), nil, "InvalidArgument", ""},
		{"too many years", "/locked?object-lock", rule("<Years>9223372036854775807</Years>"), nil, "InvalidArgument", ""},
		{"no versions", "/data?object-lock", rule("<Days>1</Days>"), nil, "InvalidBucketState", "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration"},
		{"suspend", "/locked?versioning", "<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>", nil, "InvalidBucketState", "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed."},
		{"bucket without lock", "/data/k", "", []string{mode, "GOVERNANCE", until, date}, "InvalidRequest", "Bucket is missing Object Lock Configuration"},
		{"hold on a bucket without lock", "/data/public/a.txt?legal-hold", "<LegalHold><Status>ON</Status></LegalHold>", nil, "InvalidRequest", "Bucket is missing Object Lock Configuration"},
		{"retention on a bucket without lock", "/data/public/a.txt?retention", retention("GOVERNANCE", now.Add(time.Hour)), nil, "InvalidRequest", "Bucket is missing Object Lock Configuration"},
		{"no date", "/locked/k", "", []string{mode, "GOVERNANCE"}, "InvalidArgument", "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied"},
		{"no mode", "/locked/k", "", []string{until, date}, "InvalidArgument", "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied"},
		{"mode", "/locked/k", "", []string{mode, "SOFT", until, date}, "InvalidArgument", "Unknown wormMode directive."},
		{"date", "/locked/k", "", []string{mode, "GOVERNANCE", until, "soon"}, "InvalidArgument", "The retain until date must be provided in ISO 8601 format"},
		{"past date", "/locked/k", "", []string{mode, "GOVERNANCE", until, "2001-01-01T00:00:00Z"}, "InvalidArgument", "The retain until date must be in the future!"},
		{"hold", "/locked/k", "", []string{hold, "YES"}, "InvalidArgument", "Legal Hold must be either of 'ON' or 'OFF'"},
	} {
		if got := w.with(root, http.MethodPut, tt.target, tt.body, tt.header...); got.err.Code != tt.code || tt.message != "" && got.err.Message != tt.message {
			t.Errorf("%s: %d %s", tt.name, got.status, got.body)
		}
	}
	if w.get("locked", "k") != "!NoSuchKey" {
		t.Error("something was stored")
	}
	if got := w.with(root, http.MethodPut, "/locked?object-lock", rule("<Days>10</Days>")); got.status != 200 {
		t.Fatal(got.body)
	}
	w.do(root, w.md5(w.request(http.MethodPut, "/locked/k", "x")))
	head := w.call(root, http.MethodHead, "/locked/k").header
	if kept, err := time.Parse(time.RFC3339, head.Get(until)); head.Get(mode) != "GOVERNANCE" || err != nil || kept.Sub(now.AddDate(0, 0, 10)).Abs() > time.Minute || head.Get(hold) != "" {
		t.Errorf("default retention: %v", head)
	}
	w.with(root, http.MethodPut, "/locked/own", "x", mode, "COMPLIANCE", until, date, "X-Amz-Checksum-Crc32", b64sum("CRC32", "x"))
	if head := w.call(root, http.MethodHead, "/locked/own").header; head.Get(mode) != "COMPLIANCE" || !strings.HasPrefix(head.Get(until), strings.TrimSuffix(date, "Z")) {
		t.Errorf("its own retention: %v", head)
	}
	reader := w.role("reader", allow("s3:GetObject"))
	if got := w.call(reader, http.MethodGet, "/locked/k"); got.status != 200 || got.header.Get(mode) != "" {
		t.Errorf("without s3:GetObjectRetention: %d %v", got.status, got.header)
	}
	w.do(root, w.request(http.MethodPut, "/locked/k?legal-hold", "<LegalHold><Status>ON</Status></LegalHold>"))
	if got := w.call(reader, http.MethodGet, "/locked/k"); got.status != 200 || got.header.Get(hold) != "" {
		t.Errorf("without s3:GetObjectLegalHold: %d %v", got.status, got.header)
	}
	holder := w.role("holder", allow("s3:GetObject", "s3:GetObjectLegalHold"))
	if got := w.call(holder, http.MethodGet, "/locked/k"); got.header.Get(hold) != "ON" || got.header.Get(mode) != "" {
		t.Errorf("with s3:GetObjectLegalHold: %d %v", got.status, got.header)
	}
}

// TestLockedBodiesAreChecked: what is to be locked comes with something to check it
// by, whoever wants it locked.
func TestLockedBodiesAreChecked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.lockedBucket("locked")
	w.lockedBucket("ruled")
	w.object("locked", "source", "x")
	root, date := w.root(), w.clock.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	w.with(root, http.MethodPut, "/ruled?object-lock", "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention><Mode>GOVERNANCE</Mode><Days>1</Days></DefaultRetention></Rule></ObjectLockConfiguration>")
	begin := func(target string, header ...string) string {
		return target + "?partNumber=1&uploadId=" + all(w.with(root, http.MethodPost, target+"?uploads", "", header...).body, "UploadId")[0]
	}
	const put, part = "Put Object", "Put Part"
	for _, tt := range []struct {
		name, target, what string // what is refused, "" for nothing
		header             []string
	}{
		{"mode", "/locked/k", put, []string{mode, "GOVERNANCE", until, date}},
		{"hold", "/locked/k", put, []string{hold, "ON"}},
		{"no hold", "/locked/k", "", []string{hold, "OFF"}},
		{"nothing", "/locked/k", "", nil},
		{"default", "/ruled/k", put, nil},
		{"copy", "/ruled/k", "", []string{"X-Amz-Copy-Source", "locked/source"}},
		{"part", begin("/locked/k"), "", nil},
		{"locked part", begin("/locked/k", hold, "ON"), part, nil},
		{"part with default", begin("/ruled/k"), part, nil},
		{"copied part", begin("/ruled/k"), "", []string{"X-Amz-Copy-Source", "locked/source"}},
	} {
		body := map[bool]string{true: "x"}[len(tt.header) == 0 || tt.header[0] != "X-Amz-Copy-Source"]
		got := w.with(root, http.MethodPut, tt.target, body, tt.header...)
		want := "Content-MD5 OR x-amz-checksum- HTTP header is required for " + tt.what + " requests with Object Lock parameters"
		if tt.what == "" && got.status != 200 || tt.what != "" && (got.err.Code != "InvalidRequest" || got.err.Message != want) {
			t.Errorf("%s: %d %s", tt.name, got.status, got.body)
		}
		if tt.what == "" {
			continue
		}
		if got := w.with(root, http.MethodPut, tt.target, "x", append(tt.header, "X-Amz-Checksum-Crc32", b64sum("CRC32", "x"))...); got.status != 200 {
			t.Errorf("%s with a checksum: %d %s", tt.name, got.status, got.body)
		}
		sum := md5.Sum([]byte("x"))
		if got := w.with(root, http.MethodPut, tt.target, "x", append(tt.header, "Content-Md5", base64.StdEncoding.EncodeToString(sum[:]))...); got.status != 200 {
			t.Errorf("%s with MD5: %d %s", tt.name, got.status, got.body)
		}
	}
}

// TestRetentionChanges makes retentions longer, shorter and none.
func TestRetentionChanges(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.lockedBucket("locked")
	root, now := w.root(), w.clock.Now()
	w.object("locked", "k", "x")
	change := func(body string, header ...string) string {
		return w.with(root, http.MethodPut, "/locked/k?retention", body, header...).err.Code
	}
	if got := w.call(root, http.MethodGet, "/locked/k?retention"); got.status != 404 || got.err.Code != "NoSuchObjectLockConfiguration" || got.err.Message != "The specified object does not have a ObjectLock configuration" {
		t.Errorf("none: %d %s", got.status, got.body)
	}
	if got := w.call(root, http.MethodGet, "/locked/k?legal-hold"); got.err.Code != "NoSuchObjectLockConfiguration" {
		t.Errorf("no hold: %s", got.body)
	}
	day, week := now.Add(24*time.Hour), now.Add(7*24*time.Hour)
	for _, tt := range []struct {
		name, body, code string
		header           []string
	}{
		{"half", "<Retention><Mode>GOVERNANCE</Mode></Retention>", "MalformedXML", nil},
		{"other half", "<Retention><RetainUntilDate>2106-01-01T00:00:00Z</RetainUntilDate></Retention>", "MalformedXML", nil},
		{"mode", retention("SOFT", day), "MalformedXML", nil},
		{"past", retention("GOVERNANCE", now.Add(-time.Hour)), "InvalidArgument", nil},
		{"set", retention("GOVERNANCE", day), "", nil},
		{"longer", retention("GOVERNANCE", week), "", nil},
		{"shorter", retention("GOVERNANCE", day), "AccessDenied", nil},
		{"none", "<Retention/>", "AccessDenied", nil},
		{"shorter, bypassed", retention("GOVERNANCE", day), "", []string{bypass, "true"}},
		{"none, bypassed", "<Retention/>", "", []string{bypass, "true"}},
		{"set again", retention("GOVERNANCE", day), "", nil},
		{"to compliance", retention("COMPLIANCE", day), "AccessDenied", nil},
		{"to compliance, longer", retention("COMPLIANCE", week), "AccessDenied", nil},
		{"to compliance, bypassed", retention("COMPLIANCE", day), "", []string{bypass, "true"}},
		{"compliance, longer", retention("COMPLIANCE", week), "", nil},
		{"compliance, shorter", retention("COMPLIANCE", day), "AccessDenied", []string{bypass, "true"}},
		{"compliance to governance", retention("GOVERNANCE", week.Add(time.Hour)), "AccessDenied", []string{bypass, "true"}},
		{"compliance, none", "<Retention/>", "AccessDenied", []string{bypass, "true"}},
	} {
		if got := change(tt.body, tt.header...); got != tt.code {
			t.Errorf("%s: %q", tt.name, got)
		}
	}
	if got := w.call(root, http.MethodGet, "/locked/k?retention"); !strings.Contains(got.body, "<Mode>COMPLIANCE</Mode><RetainUntilDate>"+week.UTC().Format("2006-01-02T15:04:05")) {
		t.Errorf("kept: %s", got.body)
	}
	if got := w.with(root, http.MethodPut, "/locked/none?retention", retention("GOVERNANCE", day)); got.status != 404 {
		t.Errorf("missing object: %d", got.status)
	}
	// What is read can be written, to the millisecond: it is not shorter.
	w.object("locked", "exact", "x")
	exact := "<Retention><Mode>GOVERNANCE</Mode><RetainUntilDate>" + day.UTC().Format("2006-01-02T15:04:05") + ".123456Z</RetainUntilDate></Retention>"
	if got := w.with(root, http.MethodPut, "/locked/exact?retention", exact); got.status != 200 {
		t.Error(got.body)
	}
	_, read, _ := strings.Cut(w.call(root, http.MethodGet, "/locked/exact?retention").body, "?>")
	if got := w.with(root, http.MethodPut, "/locked/exact?retention", read); got.status != 200 || !strings.Contains(read, ".123Z<") {
		t.Errorf("%s: %d %s", read, got.status, got.body)
	}
	// Condition keys come from the body, and nothing is read of an object's tags.
	limited := w.role("limited", `{"Effect":"Allow","Action":"s3:PutObjectRetention","Resource":"*","Condition":{"NumericLessThanEquals":{"s3:object-lock-remaining-retention-days":"10"},"StringEquals":{"s3:object-lock-mode":"COMPLIANCE"}}}`)
	for body, want := range map[string]int{retention("COMPLIANCE", now.Add(9*24*time.Hour)): 200, retention("COMPLIANCE", now.Add(20*24*time.Hour)): 403, retention("GOVERNANCE", now.Add(9*24*time.Hour)): 403} {
		if got := w.with(limited, http.MethodPut, "/locked/k?retention", body); got.status != want {
			t.Errorf("condition on %s: %d %s", body, got.status, got.body)
		}
	}
	w.clock.Advance(9*24*time.Hour + time.Minute)
	if got := change("<Retention/>"); got != "" {
		t.Errorf("none, after its end: %q", got)
	}
}

// TestLocksAreJudgedByTheBody: what PutObjectRetention and PutObjectLegalHold set is
// what the body says; a header beside it opens nothing.
func TestLocksAreJudgedByTheBody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.lockedBucket("locked")
	w.object("locked", "k", "x")
	date := w.clock.Now().Add(time.Hour)
	on := w.role("on", `{"Effect":"Allow","Action":"s3:PutObjectLegalHold","Resource":"*","Condition":{"StringEquals":{"s3:object-lock-legal-hold":"ON"}}}`,
		`{"Effect":"Allow","Action":"s3:PutObjectRetention","Resource":"*","Condition":{"StringEquals":{"s3:object-lock-mode":"GOVERNANCE"}}}`)
	for _, tt := range []struct {
		target, body string
		header       []string
		want         int
	}{
		{"?legal-hold", "<LegalHold><Status>ON</Status></LegalHold>", nil, 200},
		{"?legal-hold", "<LegalHold><Status>OFF</Status></LegalHold>", nil, 403},
		{"?legal-hold", "<LegalHold><Status>OFF</Status></LegalHold>", []string{hold, "ON"}, 403},
		{"?retention", retention("GOVERNANCE", date), nil, 200},
		{"?retention", retention("COMPLIANCE", date), []string{mode, "GOVERNANCE"}, 403},
		{"?retention", "<Retention/>", []string{mode, "GOVERNANCE", bypass, "true"}, 403},
	} {
		if got := w.with(on, http.MethodPut, "/locked/k"+tt.target, tt.body, tt.header...); got.status != tt.want || got.header.Get("X-Amz-Request-Id") == "" {
			t.Errorf("%s %s %q: %d %s", tt.target, tt.body, tt.header, got.status, got.body)
		}
	}
}

// TestObjectLockBySDK has the SDK set and read locks.
func TestObjectLockBySDK(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.lockedBucket("locked")
	c, bucket, key, ctx := w.client(w.role("all", allow("s3:*")), w.http, false), aws.String("locked"), aws.String("k"), t.Context()
	later := w.clock.Now().Add(time.Hour).UTC().Truncate(time.Second)
	_, err := c.PutObject(ctx, &s3.PutObjectInput{Bucket: bucket, Key: key, Body: strings.NewReader("x"), ObjectLockMode: types.ObjectLockModeCompliance, ObjectLockRetainUntilDate: &later, ObjectLockLegalHoldStatus: types.ObjectLockLegalHoldStatusOn})
	if err != nil {
		t.Fatal(err)
	}
	read, err := c.GetObjectRetention(ctx, &s3.GetObjectRetentionInput{Bucket: bucket, Key: key})
	if err != nil || read.Retention.Mode != types.ObjectLockRetentionModeCompliance || !read.Retention.RetainUntilDate.Equal(later) {
		t.Errorf("retention %+v, %v", read, err)
	}
	if _, err := c.PutObjectLegalHold(ctx, &s3.PutObjectLegalHoldInput{Bucket: bucket, Key: key, LegalHold: &types.ObjectLockLegalHold{Status: types.ObjectLockLegalHoldStatusOff}}); err != nil {
		t.Error(err)
	}
	held, err := c.GetObjectLegalHold(ctx, &s3.GetObjectLegalHoldInput{Bucket: bucket, Key: key})
	if err != nil || held.LegalHold.Status != types.ObjectLockLegalHoldStatusOff {
		t.Errorf("hold %+v, %v", held, err)
	}
	config, err := c.GetObjectLockConfiguration(ctx, &s3.GetObjectLockConfigurationInput{Bucket: bucket})
	if err != nil || config.ObjectLockConfiguration.ObjectLockEnabled != types.ObjectLockEnabledEnabled {
		t.Errorf("configuration %+v, %v", config, err)
	}
}
