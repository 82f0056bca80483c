package fakes3_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"
)

// start opens a multipart upload and returns its id.
func (w *world) start(target string) string {
	w.t.Helper()
	return all(w.call(w.root(), http.MethodPost, target+"?uploads").body, "UploadId")[0]
}

func TestMultipartRules(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.start("/data/m")
	part := func(n, body string) string {
		return w.do(w.root(), w.request(http.MethodPut, "/data/m?partNumber="+n+"&uploadId="+id, body)).header.Get("Etag")
	}
	one, two := part("1", "small"), part("2", "")
	if one == "" || two != `"d41d8cd98f00b204e9800998ecf8427e"` {
		t.Fatalf("parts %q, %q", one, two)
	}
	xml := func(parts ...string) string {
		body := "<CompleteMultipartUpload>"
		for i := 0; i < len(parts); i += 2 {
			body += "<Part><PartNumber>" + parts[i] + "</PartNumber><ETag>" + parts[i+1] + "</ETag></Part>"
		}
		return body + "</CompleteMultipartUpload>"
	}
	for _, tt := range []struct{ body, code string }{
		{xml("2", two, "1", one), "InvalidPartOrder"}, {xml("1", one, "1", one), "InvalidPartOrder"}, {xml("1", one, "2", two), "EntityTooSmall"},
		{xml("3", one), "InvalidPart"}, {xml("1", two), "InvalidPart"}, {xml("-1", one), "InvalidArgument"}, {xml("one", one), "MalformedXML"}, {xml("10001", one), "InvalidPart"},
	} {
		got := w.do(w.root(), w.request(http.MethodPost, "/data/m?uploadId="+id, tt.body))
		if got.err.Code != tt.code || w.get("data", "m") != "!NoSuchKey" {
			t.Errorf("%s: %d %s", tt.body, got.status, got.body)
		}
	}
	r := w.request(http.MethodPost, "/data/m?uploadId="+id, xml("1", one))
	w.signer(w.root()).Sign(received(r), hash("other"), w.clock.Now())
	if got := w.send(r); got.err.Code != "XAmzContentSHA256Mismatch" || w.get("data", "m") != "!NoSuchKey" {
		t.Errorf("completed with a wrong hash: %d %s", got.status, got.body)
	}
	if got := w.do(w.root(), w.request(http.MethodPost, "/data/m?uploadId="+id, xml("1", one, "2", two))); got.err.Code != "EntityTooSmall" {
		t.Errorf("%d %s", got.status, got.body)
	}
	if got := w.do(w.root(), w.request(http.MethodPost, "/data/m?uploadId="+id, xml("1", one))); got.status != 200 || w.get("data", "m") != "small" {
		t.Errorf("%d %s", got.status, got.body)
	}
	if got := w.call(w.root(), http.MethodDelete, "/data/m?uploadId="+id); got.err.Code != "NoSuchUpload" {
		t.Errorf("abort after completion: %s", got.body)
	}
}

func TestUploadListing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.bucket("uploads", account)
	for _, k := range []string{"a", "b/1", "b/2", "c", "c"} {
		w.start("/uploads/" + k)
	}
	for _, tt := range []struct {
		query     string
		keys      []string
		truncated string
	}{
		{"", []string{"a", "b/1", "b/2", "c", "c"}, "false"}, {"&prefix=b", []string{"b/1", "b/2"}, "false"}, {"&delimiter=%2F", []string{"a", "c", "c"}, "false"},
		{"&max-uploads=2", []string{"a", "b/1"}, "true"}, {"&key-marker=b%2F1", []string{"b/2", "c", "c"}, "false"}, {"&encoding-type=url&prefix=b", []string{"b/1", "b/2"}, "false"},
	} {
		got := w.call(w.root(), http.MethodGet, "/uploads?uploads"+tt.query)
		if diff := cmp.Diff([][]string{tt.keys, {tt.truncated}}, [][]string{all(got.body, "Key"), all(got.body, "IsTruncated")}); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.query, diff)
		}
	}
	var paged []string
	marker := ""
	for range 10 {
		got := w.call(w.root(), http.MethodGet, "/uploads?uploads&max-uploads=1"+marker)
		paged = append(paged, all(got.body, "Key")...)
		if all(got.body, "IsTruncated")[0] == "false" {
			break
		}
		marker = "&key-marker=" + strings.ReplaceAll(all(got.body, "NextKeyMarker")[0], "/", "%2F") + "&upload-id-marker=" + all(got.body, "NextUploadIdMarker")[0]
	}
	if diff := cmp.Diff([]string{"a", "b/1", "b/2", "c", "c"}, paged); diff != "" {
		t.Errorf("pages (-want +got):\n%s", diff)
	}
	if got := w.call(w.root(), http.MethodDelete, "/uploads"); got.status != 204 {
		t.Errorf("a bucket with uploads is empty: %s", got.body)
	}
	w.bucket("uploads", account)
	if got := w.call(w.root(), http.MethodGet, "/uploads?uploads"); strings.Contains(got.body, "<Upload>") {
		t.Errorf("uploads outlive their bucket: %s", got.body)
	}
}

func TestBucketTagsAndKinds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if got := w.call(w.root(), http.MethodGet, "/data?tagging"); got.status != 404 || got.err.Code != "NoSuchTagSet" {
		t.Errorf("none: %s", got.body)
	}
	tags := func(pairs ...string) string {
		body := "<Tagging><TagSet>"
		for i := 0; i < len(pairs); i += 2 {
			body += "<Tag><Key>" + pairs[i] + "</Key><Value>" + pairs[i+1] + "</Value></Tag>"
		}
		return body + "</TagSet></Tagging>"
	}
	many := []string{}
	for i := range 11 {
		many = append(many, strings.Repeat("k", i+1), "v")
	}
	for _, tt := range []struct{ target, body, code string }{
		{"/data?tagging", tags("b", "2", "a", "1"), ""}, {"/data?tagging", tags(many...), ""}, {"/data/public/a.txt?tagging", tags(many...), "BadRequest"},
		{"/data?tagging", tags("a", "1", "a", "2"), "InvalidTag"}, {"/data?tagging", tags("aws:a", "1"), "InvalidTag"}, {"/data?tagging", tags("", "1"), "InvalidTag"},
		{"/data?tagging", tags(strings.Repeat("k", 129), "1"), "InvalidTag"}, {"/data?tagging", tags("k", strings.Repeat("v", 257)), "InvalidTag"}, {"/data?tagging", "<X/>", "MalformedXML"},
	} {
		if got := w.do(w.root(), w.request(http.MethodPut, tt.target, tt.body)); got.err.Code != tt.code {
			t.Errorf("%s %.60s: %d %s", tt.target, tt.body, got.status, got.body)
		}
	}
	if got := w.call(w.root(), http.MethodDelete, "/data?tagging"); got.status != 204 || w.call(w.root(), http.MethodGet, "/data?tagging").status != 404 {
		t.Errorf("delete: %d", got.status)
	}
	const location = "<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>"
	w.bucket("theirs", other)
	for _, tt := range []struct{ target, header, body, code string }{
		{"/theirs", "", location, "BucketAlreadyExists"}, {"/new-bucket", "X-Amz-Acl: public-read", location, "InvalidBucketAclWithObjectOwnership"},
		{"/new-bucket", "X-Amz-Object-Ownership: Nobody", location, "InvalidArgument"}, {"/new-bucket", "X-Amz-Grant-Read: id=1", location, "InvalidBucketAclWithObjectOwnership"},
		{"/new-bucket", "", strings.Replace(location, "</Create", "<Bucket><Type>Directory</Type></Bucket></Create", 1), "NotImplemented"},
		{"/new-bucket", "X-Amz-Object-Ownership: BucketOwnerEnforced", location, ""},
	} {
		r := w.request(http.MethodPut, tt.target, tt.body)
		if name, value, ok := strings.Cut(tt.header, ": "); ok {
			r.Header.Set(name, value)
		}
		if got := w.do(w.root(), r); got.err.Code != tt.code {
			t.Errorf("%s %s: %d %s", tt.target, tt.header, got.status, got.body)
		}
	}
	got := w.call(w.root(), http.MethodGet, "/?max-buckets=1")
	next := all(got.body, "ContinuationToken")
	if diff := cmp.Diff([]string{"data"}, all(got.body, "Name")); diff != "" || len(next) != 1 {
		t.Fatalf("page of buckets: %s", got.body)
	}
	rest := w.call(w.root(), http.MethodGet, "/?continuation-token="+strings.ReplaceAll(next[0], "=", "%3D"))
	if diff := cmp.Diff([]string{"new-bucket"}, all(rest.body, "Name")); diff != "" {
		t.Errorf("rest of buckets: %s", rest.body)
	}
}

// TestConfigurations reads, with the SDK, what Terraform reads of every bucket.
func TestConfigurations(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c, bucket, ctx := w.client(w.role("all", allow("s3:Get*")), w.http, false), aws.String("data"), t.Context()
	acl, err := c.GetBucketAcl(ctx, &s3.GetBucketAclInput{Bucket: bucket})
	if err != nil || len(acl.Grants) != 1 || acl.Grants[0].Permission != "FULL_CONTROL" || *acl.Grants[0].Grantee.ID != *acl.Owner.ID || acl.Grants[0].Grantee.Type != "CanonicalUser" {
		t.Errorf("acl: %+v, %v", acl, err)
	}
	encryption, err := c.GetBucketEncryption(ctx, &s3.GetBucketEncryptionInput{Bucket: bucket})
	if err != nil || encryption.ServerSideEncryptionConfiguration.Rules[0].ApplyServerSideEncryptionByDefault.SSEAlgorithm != "AES256" {
		t.Errorf("encryption: %v", err)
	}
	ownership, err := c.GetBucketOwnershipControls(ctx, &s3.GetBucketOwnershipControlsInput{Bucket: bucket})
	if err != nil || ownership.OwnershipControls.Rules[0].ObjectOwnership != "BucketOwnerEnforced" {
		t.Errorf("ownership: %v", err)
	}
	payment, err := c.GetBucketRequestPayment(ctx, &s3.GetBucketRequestPaymentInput{Bucket: bucket})
	if err != nil || payment.Payer != "BucketOwner" {
		t.Errorf("payment: %v", err)
	}
	_, err = c.GetBucketLogging(ctx, &s3.GetBucketLoggingInput{Bucket: bucket})
	_, err2 := c.GetBucketAccelerateConfiguration(ctx, &s3.GetBucketAccelerateConfigurationInput{Bucket: bucket})
	_, err3 := c.GetBucketNotificationConfiguration(ctx, &s3.GetBucketNotificationConfigurationInput{Bucket: bucket})
	if err != nil || err2 != nil || err3 != nil {
		t.Errorf("empty ones: %v, %v, %v", err, err2, err3)
	}
	if a, b := w.call(w.role("acls", allow("s3:GetObjectAcl")), http.MethodGet, "/data/none?acl"), w.call(w.root(), http.MethodGet, "/data/none?acl"); a.status != 403 || b.status != 404 {
		t.Errorf("acl of a missing object: %d, %d", a.status, b.status)
	}
}
