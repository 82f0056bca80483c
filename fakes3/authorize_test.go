package fakes3_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/irsatz/irsatz/fakes3"
	"github.com/irsatz/irsatz/iam"
)

// TestActions checks which action each operation takes: with every other
// action it is denied and with these it is not.
func TestActions(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, method, target, header, want string }{
		{"S163 HeadObject", "HEAD", "/data/public/a.txt", "", "s3:GetObject"},
		{"GetObject", "GET", "/data/public/a.txt", "", "s3:GetObject"},
		{"S164 ListObjects", "GET", "/data", "", "s3:ListBucket"},
		{"S164 ListObjectsV2", "GET", "/data?list-type=2", "", "s3:ListBucket"},
		{"S164 HeadBucket", "HEAD", "/data", "", "s3:ListBucket"},
		{"S165 ListObjectVersions", "GET", "/data?versions", "", "s3:ListBucketVersions"},
		{"S166 ListMultipartUploads", "GET", "/data?uploads", "", "s3:ListBucketMultipartUploads"},
		{"S166 ListParts", "GET", "/data/k?uploadId=x", "", "s3:ListMultipartUploadParts"},
		{"S167 ListBuckets", "GET", "/", "", "s3:ListAllMyBuckets"},
		{"S169 CreateMultipartUpload", "POST", "/data/k?uploads", "", "s3:PutObject"},
		{"S169 UploadPart", "PUT", "/data/k?uploadId=x&partNumber=1", "", "s3:PutObject"},
		{"S169 CompleteMultipartUpload", "POST", "/data/k?uploadId=x", "", "s3:PutObject"},
		{"S170 AbortMultipartUpload", "DELETE", "/data/k?uploadId=x", "", "s3:AbortMultipartUpload"},
		{"S171 GetObject of a version", "GET", "/data/public/a.txt?versionId=null", "", "s3:GetObjectVersion"},
		{"S172 DeleteObject of a version", "DELETE", "/data/k?versionId=null", "", "s3:DeleteObjectVersion"},
		{"S173 CopyObject", "PUT", "/data/k", "x-amz-copy-source: data/public/a.txt", "s3:PutObject s3:GetObject"},
		{"S174 CopyObject of a version", "PUT", "/data/k", "x-amz-copy-source: data/public/a.txt?versionId=null", "s3:PutObject s3:GetObjectVersion"},
		{"S175 UploadPartCopy", "PUT", "/data/k?uploadId=x&partNumber=1", "x-amz-copy-source: data/public/a.txt", "s3:PutObject s3:GetObject"},
		{"S176 PutObject with an ACL", "PUT", "/data/k", "x-amz-acl: private", "s3:PutObject s3:PutObjectAcl"},
		{"S176 PutObject with a grant", "PUT", "/data/k", "x-amz-grant-read: id=1", "s3:PutObject s3:PutObjectAcl"},
		{"S177 PutObject with tags", "PUT", "/data/k", "x-amz-tagging: a=b", "s3:PutObject s3:PutObjectTagging"},
		{"S178 PutObject with retention", "PUT", "/data/k", "x-amz-object-lock-mode: GOVERNANCE", "s3:PutObject s3:PutObjectRetention"},
		{"S178 PutObject with a hold", "PUT", "/data/k", "x-amz-object-lock-legal-hold: ON", "s3:PutObject s3:PutObjectLegalHold"},
		{"CreateMultipartUpload with an ACL", "POST", "/data/k?uploads", "x-amz-acl: private", "s3:PutObject s3:PutObjectAcl"},
		{"S182 DeleteBucketCors", "DELETE", "/data?cors", "", "s3:PutBucketCORS"},
		{"S182 DeleteBucketTagging", "DELETE", "/data?tagging", "", "s3:PutBucketTagging"},
		{"S182 DeleteBucketEncryption", "DELETE", "/data?encryption", "", "s3:PutEncryptionConfiguration"},
		{"S182 DeleteBucketLifecycle", "DELETE", "/data?lifecycle", "", "s3:PutLifecycleConfiguration"},
		{"S182 DeletePublicAccessBlock", "DELETE", "/data?publicAccessBlock", "", "s3:PutBucketPublicAccessBlock"},
		{"S182 DeleteBucketReplication", "DELETE", "/data?replication", "", "s3:PutReplicationConfiguration"},
		{"S183 DeleteBucketPolicy", "DELETE", "/data?policy", "", "s3:DeleteBucketPolicy"},
		{"S183 DeleteBucketWebsite", "DELETE", "/data?website", "", "s3:DeleteBucketWebsite"},
		{"S184 GetBucketLifecycleConfiguration", "GET", "/data?lifecycle", "", "s3:GetLifecycleConfiguration"},
		{"S184 GetObjectLockConfiguration", "GET", "/data?object-lock", "", "s3:GetBucketObjectLockConfiguration"},
		{"S184 GetBucketEncryption", "GET", "/data?encryption", "", "s3:GetEncryptionConfiguration"},
		{"S185 GetObjectTagging of a version", "GET", "/data/public/a.txt?tagging&versionId=null", "", "s3:GetObjectVersionTagging"},
		{"S186 PutObjectAcl of a version", "PUT", "/data/public/a.txt?acl&versionId=null", "", "s3:PutObjectVersionAcl"},
		{"GetObjectAttributes", "GET", "/data/public/a.txt?attributes", "", "s3:GetObject s3:GetObjectAttributes"},
		{"S193 CreateBucket with an ACL", "PUT", "/new-bucket", "x-amz-acl: public-read", "s3:CreateBucket s3:PutBucketAcl"},
		{"S193 CreateBucket, private", "PUT", "/new-bucket", "x-amz-acl: private", "s3:CreateBucket"},
		{"S194 CreateBucket with object lock", "PUT", "/new-bucket", "x-amz-bucket-object-lock-enabled: true", "s3:CreateBucket s3:PutBucketObjectLockConfiguration s3:PutBucketVersioning"},
		{"GetBucketVersioning", "GET", "/data?versioning", "", "s3:GetBucketVersioning"},
		{"DeleteBucket", "DELETE", "/data", "", "s3:DeleteBucket"},
		{"GetBucketLocation", "GET", "/data?location", "", "s3:GetBucketLocation"},
		{"GetBucketPolicy", "GET", "/data?policy", "", "s3:GetBucketPolicy"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			call := func(c creds) result {
				r := w.request(tt.method, tt.target, "")
				if name, value, ok := strings.Cut(tt.header, ": "); ok {
					r.Header.Set(name, value)
				}
				return w.do(c, r)
			}
			want := strings.Fields(tt.want)
			for i, missing := range want {
				others := append(append([]string{}, want[:i]...), want[i+1:]...)
				statements := []string{`{"Effect":"Allow","NotAction":["` + strings.Join(append(others, missing), `","`) + `","s3:ListBucket"],"Resource":"*"}`}
				if len(others) > 0 {
					statements = append(statements, allow(others...))
				}
				got := call(w.role("lacks"+string(rune('a'+i)), statements...))
				if got.status != http.StatusForbidden {
					t.Errorf("served without %s: %d %s", missing, got.status, got.body)
				}
				if tt.method != "HEAD" && !strings.Contains(got.err.Message, "is not authorized to perform: "+missing+" ") {
					t.Errorf("denial does not name %s: %s", missing, got.err.Message)
				}
			}
			if got := call(w.role("has", allow(append(want, "s3:ListBucket")...))); got.status == http.StatusForbidden {
				t.Errorf("denied with %s: %s", tt.want, got.body)
			}
		})
	}
}

// TestNamesThatAreNoActions grants what looks like an action and is none.
func TestNamesThatAreNoActions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.role("names", allow("s3:HeadObject", "s3:HeadBucket", "s3:ListObjects", "s3:ListObjectsV2", "s3:CopyObject", "s3:DeleteObjects", "s3:ListBuckets", "s3:UploadPart", "s3:CreateMultipartUpload"))
	for _, target := range []string{"GET /", "GET /data", "HEAD /data", "HEAD /data/public/a.txt", "PUT /data/k", "POST /data/k?uploads", "PUT /data/k?uploadId=1&partNumber=1"} {
		method, path, _ := strings.Cut(target, " ")
		if got := w.call(c, method, path); got.status != http.StatusForbidden {
			t.Errorf("%s: %d", target, got.status)
		}
	}
}

// TestDenialTexts is X206, X207, X208, X209, X210, X211 and F248.
func TestDenialTexts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.bucket("theirs", other)
	w.object("theirs", "k", "secret")
	const who = "User: arn:aws:sts::111122223333:assumed-role/app/session is not authorized to perform: "
	app := w.role("app", on("Allow", []string{"arn:aws:s3:::data/public/*", "arn:aws:s3:::theirs/*"}, "s3:GetObject"), on("Deny", []string{"arn:aws:s3:::data/secret/*"}, "s3:GetObject"))
	w.object("data", "secret/b", "x")
	w.object("data", "other", "x")
	tests := []struct{ name, target, want string }{
		{"X206 nothing allows", "/data/other", who + `s3:GetObject on resource: "arn:aws:s3:::data/other" because no identity-based policy allows the s3:GetObject action`},
		{"X207 no resource clause", "/", who + "s3:ListAllMyBuckets because no identity-based policy allows the s3:ListAllMyBuckets action"},
		{"X209 denied by the role", "/data/secret/b", who + `s3:GetObject on resource: "arn:aws:s3:::data/secret/b" with an explicit deny in an identity-based policy`},
		{"X210 cross-account", "/theirs/k", "Access Denied"},
		{"S188 missing key, no ListBucket", "/data/public/none", who + `s3:ListBucket on resource: "arn:aws:s3:::data" because no identity-based policy allows the s3:ListBucket action`},
		{"missing key, no GetObject", "/data/none", who + `s3:GetObject on resource: "arn:aws:s3:::data/none" because no identity-based policy allows the s3:GetObject action`},
	}
	for _, tt := range tests {
		got := w.call(app, http.MethodGet, tt.target)
		if got.status != 403 || got.err.Code != "AccessDenied" || got.err.Message != tt.want {
			t.Errorf("%s: %d %s\n got %s\nwant %s", tt.name, got.status, got.err.Code, got.err.Message, tt.want)
		}
		if got.err.RequestID == "" || got.err.RequestID != got.header.Get("X-Amz-Request-Id") || got.err.HostID == "" || got.err.HostID != got.header.Get("X-Amz-Id-2") {
			t.Errorf("%s: X211, F248 ids %q %q %v", tt.name, got.err.RequestID, got.err.HostID, got.header)
		}
		if got.err.XMLName.Space != "" || got.header.Get("Content-Type") != "application/xml" || got.header.Get("Server") != "AmazonS3" {
			t.Errorf("%s: X211 envelope %q %v", tt.name, got.err.XMLName.Space, got.header)
		}
		record, ok := w.trail.Get(got.err.RequestID)
		if !ok || len(record.Checks) == 0 || record.Checks[len(record.Checks)-1].Decision.Explanation == nil || record.Status != 403 || record.Operation == "" {
			t.Errorf("%s: no record that explains the denial: %+v", tt.name, record)
		}
	}
	w.policy("data", everybody("Deny", "data", "s3:GetObject"))
	if got := w.call(app, http.MethodGet, "/data/public/a.txt"); got.err.Message != who+`s3:GetObject on resource: "arn:aws:s3:::data/public/a.txt" with an explicit deny in a resource-based policy` {
		t.Errorf("X208: %s", got.err.Message)
	}
	if got := w.call(creds{}, http.MethodGet, "/data/public/a.txt"); got.status != 403 || got.err.Message != "Access Denied" {
		t.Errorf("X210 anonymous: %d %s", got.status, got.err.Message)
	}
	session := w.roleIn(account, "narrow", iam.Session{Name: "session", PolicyPassed: true, Policy: `{"Version":"2012-10-17","Statement":[` + allow("s3:ListBucket") + `]}`}, allow("s3:*"))
	w.call(w.root(), http.MethodDelete, "/data?policy")
	if got := w.call(session, http.MethodGet, "/data/other"); !strings.HasSuffix(got.err.Message, "because no session policy allows the s3:GetObject action") {
		t.Errorf("X209 session policy: %s", got.err.Message)
	}
}

func TestMissingObjects(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	both := w.role("both", allow("s3:GetObject", "s3:ListBucket"))
	got := w.call(both, http.MethodGet, "/data/none")
	if got.status != 404 || got.err.Code != "NoSuchKey" || got.err.Message != "The specified key does not exist." || got.err.get("Key") != "none" {
		t.Errorf("S187, X212: %d %s", got.status, got.body)
	}
	for _, status := range []struct {
		c      creds
		target string
		want   int
	}{
		{both, "/data/none", 404}, {w.role("read", allow("s3:GetObject")), "/data/none", 403}, {w.role("none"), "/data/public/a.txt", 403},
		{both, "/data/public/a.txt", 200}, {both, "/missing-bucket/k", 404}, {w.role("none2"), "/missing-bucket", 404},
	} {
		if got := w.call(status.c, http.MethodHead, status.target); got.status != status.want || got.body != "" {
			t.Errorf("S190 HEAD %s: %d %q, want %d", status.target, got.status, got.body, status.want)
		}
	}
	got = w.call(w.role("none3"), http.MethodGet, "/missing-bucket/k")
	if got.status != 404 || got.err.Code != "NoSuchBucket" || got.err.Message != "The specified bucket does not exist" || got.err.get("BucketName") != "missing-bucket" {
		t.Errorf("X212 bucket: %s", got.body)
	}
	prefixed := w.role("prefixed", allow("s3:GetObject"), `{"Effect":"Allow","Action":"s3:ListBucket","Resource":"*","Condition":{"StringLike":{"s3:prefix":"mine/*"}}}`)
	if a, b := w.call(prefixed, http.MethodGet, "/data/mine/x"), w.call(prefixed, http.MethodGet, "/data/yours/x"); a.status != 404 || b.status != 403 {
		t.Errorf("S189: %d, %d", a.status, b.status)
	}
	if a, b := w.call(w.role("del", allow("s3:DeleteObject")), http.MethodDelete, "/data/none"), w.call(w.role("nodel"), http.MethodDelete, "/data/none"); a.status != 204 || b.status != 403 {
		t.Errorf("S191: %d, %d", a.status, b.status)
	}
	for _, c := range []creds{both, w.role("none4")} {
		if got := w.call(c, http.MethodHead, "/data"); got.header.Get("X-Amz-Bucket-Region") != region {
			t.Errorf("S192: %d %v", got.status, got.header)
		}
	}
	if got := w.call(both, http.MethodGet, "/data/public/a.txt?versionId=nope"); got.status != 403 {
		t.Errorf("version needs its own action: %s", got.body)
	}
	missing := strings.Repeat("0", 32)
	if got := w.call(w.root(), http.MethodGet, "/data/public/a.txt?versionId="+missing); got.status != 404 || got.err.Code != "NoSuchVersion" || got.err.get("VersionId") != missing {
		t.Errorf("missing version: %s", got.body)
	}
	if got := w.call(w.root(), http.MethodGet, "/data/public/a.txt?versionId=nope"); got.status != 400 || got.err.Message != "Invalid version id specified" {
		t.Errorf("no version: %s", got.body)
	}
}

// TestDeleteObjects is S180 and S181.
func TestDeleteObjects(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, k := range []string{"mine/1", "mine/2", "yours/1"} {
		w.object("data", k, k)
	}
	c := w.role("mine", on("Allow", []string{"arn:aws:s3:::data/mine/*"}, "s3:DeleteObject"))
	body := `<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Object><Key>mine/1</Key></Object><Object><Key>yours/1</Key></Object><Object><Key>mine/2</Key><VersionId>null</VersionId></Object></Delete>`
	got := w.do(c, w.md5(w.request(http.MethodPost, "/data?delete", body)))
	if got.status != 200 || strings.Count(got.body, "<Deleted>") != 1 || strings.Count(got.body, "<Error>") != 2 ||
		!strings.Contains(got.body, "perform: s3:DeleteObject on") || !strings.Contains(got.body, "perform: s3:DeleteObjectVersion on") {
		t.Errorf("%d %s", got.status, got.body)
	}
	if a, b, c := w.get("data", "mine/1"), w.get("data", "yours/1"), w.get("data", "mine/2"); a != "!NoSuchKey" || b != "yours/1" || c != "mine/2" {
		t.Errorf("left: %s %s %s", a, b, c)
	}
	if got := w.do(w.root(), w.request(http.MethodPost, "/data?delete", body)); got.err.Code != "InvalidRequest" || got.err.Message != "Missing required header for this request: Content-MD5 OR x-amz-checksum-*" {
		t.Errorf("without digest: %s", got.body)
	}
	many := "<Delete>" + strings.Repeat("<Object><Key>k</Key></Object>", 1001) + "</Delete>"
	for _, bad := range []string{"", "<Delete></Delete>", "<Other/>", many, "<Delete><Object><Key></Key></Object></Delete>", "<Delete>"} {
		if got := w.do(w.root(), w.md5(w.request(http.MethodPost, "/data?delete", bad))); got.err.Code != "MalformedXML" {
			t.Errorf("%.40q: %s", bad, got.body)
		}
	}
}

func TestListBuckets(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.bucket("theirs", other)
	w.bucket("another", account)
	got := w.call(w.role("list", on("Allow", []string{"arn:aws:s3:::*"}, "s3:ListAllMyBuckets")), http.MethodGet, "/")
	if !strings.Contains(got.body, "<Name>another</Name>") || !strings.Contains(got.body, "<Name>data</Name>") || strings.Contains(got.body, "theirs") {
		t.Errorf("S168: %s", got.body)
	}
	if got := w.call(w.role("one", on("Allow", []string{"arn:aws:s3:::data"}, "s3:ListAllMyBuckets")), http.MethodGet, "/"); got.status != 403 {
		t.Errorf("S167: %d", got.status)
	}
	if got := w.call(creds{}, http.MethodGet, "/"); got.status != 307 || got.header.Get("Location") == "" {
		t.Errorf("anonymous: %d %s", got.status, got.body)
	}
}

func TestCrossAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	theirs := w.roleIn(other, "visitor", iam.Session{Name: "s"}, allow("s3:*"))
	if got := w.call(theirs, http.MethodGet, "/data/public/a.txt"); got.status != 403 || got.err.Message != "Access Denied" {
		t.Errorf("without bucket policy: %d %s", got.status, got.body)
	}
	w.policy("data", `{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::444455556666:role/team/visitor"},"Action":["s3:GetObject","s3:GetBucketPolicy","s3:PutBucketPolicy"],"Resource":["arn:aws:s3:::data","arn:aws:s3:::data/*"]}`)
	if got := w.call(theirs, http.MethodGet, "/data/public/a.txt"); got.status != 200 || got.body != "hello" {
		t.Errorf("with bucket policy: %d %s", got.status, got.body)
	}
	if got := w.call(theirs, http.MethodGet, "/data?policy"); got.status != 405 || got.err.Code != "MethodNotAllowed" {
		t.Errorf("S204 get: %d %s", got.status, got.body)
	}
	if got := w.do(theirs, w.request(http.MethodPut, "/data?policy", `{}`)); got.status != 405 {
		t.Errorf("S204 put: %d %s", got.status, got.body)
	}
}

func TestExpectedOwner(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for owner, want := range map[string]string{account: "", other: "AccessDenied", "12": "InvalidBucketOwnerAWSAccountID", "11112222333x": "InvalidBucketOwnerAWSAccountID"} {
		r := w.request(http.MethodGet, "/data/public/a.txt", "")
		r.Header.Set("X-Amz-Expected-Bucket-Owner", owner)
		got := w.do(w.root(), r)
		if got.err.Code != want || want == "AccessDenied" && got.err.Message != "Access Denied" {
			t.Errorf("S200 %s: %s", owner, got.body)
		}
	}
}

func TestAnonymous(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	nobody := creds{}
	if got := w.call(nobody, http.MethodGet, "/data/public/a.txt"); got.status != 403 {
		t.Fatalf("private bucket: %d", got.status)
	}
	w.policy("data", `{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::data","arn:aws:s3:::data/*"]}`)
	if got := w.call(nobody, http.MethodGet, "/data/public/a.txt"); got.body != "hello" {
		t.Errorf("public bucket: %d %s", got.status, got.body)
	}
	record := w.trail.Records(1)[0]
	if record.Caller != "anonymous" || record.Operation != "GetObject" {
		t.Errorf("record %+v", record)
	}
	tests := []struct{ name, method, target, header, status, message string }{
		{"copy", "PUT", "/data/k", "X-Amz-Copy-Source: data/public/a.txt", "403", "Anonymous users cannot copy objects.  Please authenticate."},
		{"upload", "POST", "/data/k?uploads", "", "403", "Anonymous users cannot initiate multipart uploads.  Please authenticate."},
		{"policy", "PUT", "/data?policy", "", "403", "Anonymous users cannot invoke this API. Please authenticate."},
		{"ownership", "PUT", "/data?ownershipControls", "", "403", "s3:PutBucketOwnershipControls does not support Anonymous requests!"},
		{"create", "PUT", "/new-bucket", "", "403", "Anonymous users cannot invoke this API. Please authenticate."},
		{"overrides", "GET", "/data/public/a.txt?response-content-type=x", "", "400", "Request specific response headers cannot be used for anonymous GET requests."},
		{"payload", "PUT", "/data/k", "X-Amz-Content-Sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "400", "Anonymous requests don't support this x-amz-content-sha256 value. Please use UNSIGNED-PAYLOAD or STREAMING-UNSIGNED-PAYLOAD-TRAILER."},
	}
	for _, tt := range tests {
		r := w.request(tt.method, tt.target, "")
		if name, value, ok := strings.Cut(tt.header, ": "); ok {
			r.Header.Set(name, value)
		}
		if got := w.send(r); tt.message != got.err.Message || tt.status != fmt.Sprint(got.status) {
			t.Errorf("S199 %s: %d %s", tt.name, got.status, got.body)
		}
	}
	if w.get("data", "k") != "!NoSuchKey" {
		t.Error("something was stored")
	}
}

func TestAudit(t *testing.T) {
	t.Parallel()
	w := newWorld(t, audit)
	none := w.role("none")
	if got := w.call(none, http.MethodGet, "/data/public/a.txt"); got.body != "hello" {
		t.Errorf("audit does not serve: %d %s", got.status, got.body)
	}
	if checks := w.trail.Records(1)[0].Checks; len(checks) != 1 || !checks[0].Audited || checks[0].Decision.Allowed() {
		t.Errorf("audit does not record: %+v", checks)
	}
	none.secret += "x"
	if got := w.call(none, http.MethodGet, "/data/public/a.txt"); got.err.Code != "SignatureDoesNotMatch" {
		t.Errorf("audit accepts any signature: %d %s", got.status, got.body)
	}
	if got := w.call(creds{"AKIANOBODY", "x", ""}, http.MethodGet, "/data/public/a.txt"); got.err.Code != "InvalidAccessKeyId" {
		t.Errorf("audit accepts any key: %d %s", got.status, got.body)
	}
}

func TestPoliciesChangeAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.role("app", allow("s3:GetObject"))
	if got := w.call(c, http.MethodGet, "/data/public/a.txt"); got.status != 200 {
		t.Fatal(got.body)
	}
	if err := w.store.Update(func(d *iam.Draft) error {
		_, err := d.UpdateRole(account, "app", func(r *iam.Role) error { r.Inline = nil; return nil })
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if got := w.call(c, http.MethodGet, "/data/public/a.txt"); got.status != 403 {
		t.Errorf("old policy still counts: %d", got.status)
	}
	if err := w.store.Update(func(d *iam.Draft) error { return d.DeleteRole(account, "app") }); err != nil {
		t.Fatal(err)
	}
	if got := w.call(c, http.MethodGet, "/data/public/a.txt"); got.err.Code != "InvalidAccessKeyId" {
		t.Errorf("session of a deleted role: %s", got.body)
	}
}

func TestBucketPolicyLifecycle(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if got := w.call(w.root(), http.MethodGet, "/data?policy"); got.status != 404 || got.err.Code != "NoSuchBucketPolicy" || got.err.get("BucketName") != "data" {
		t.Errorf("none: %s", got.body)
	}
	w.call(w.root(), http.MethodDelete, "/data?publicAccessBlock")
	source := `{ "Version":"2012-10-17", "Statement":[` + everybody("Allow", "data", "s3:GetObject") + `] }`
	w.do(w.root(), w.request(http.MethodPut, "/data?policy", source))
	if got := w.call(w.root(), http.MethodGet, "/data?policy"); got.body != source || got.header.Get("Content-Type") != "application/json" {
		t.Errorf("not byte for byte: %s %v", got.body, got.header)
	}
	for name, bad := range map[string]string{
		"empty":          "",
		"not json":       "{",
		"other bucket":   strings.ReplaceAll(source, ":::data/", ":::date/"),
		"bucket prefix":  strings.ReplaceAll(source, ":::data/", ":::data2/"),
		"star":           strings.ReplaceAll(source, "arn:aws:s3:::data/*", "*"),
		"wild bucket":    strings.ReplaceAll(source, ":::data/", ":::dat*/"),
		"bad action":     strings.ReplaceAll(source, "s3:GetObject", "s3:HeadObject"),
		"no principal":   strings.ReplaceAll(source, `"Principal":"*",`, ""),
		"other resource": strings.ReplaceAll(source, "arn:aws:s3:::data", "arn:aws:sqs:::data"),
	} {
		got := w.do(w.root(), w.request(http.MethodPut, "/data?policy", bad))
		if got.status != 400 || got.err.Code != "MalformedPolicy" || got.err.Message == "" {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	w.policy("data", `{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::data","arn:aws:s3:::data/*"]}`)
	if got := w.call(w.root(), http.MethodGet, "/data"); got.status != 403 {
		t.Errorf("root is denied other actions: %d", got.status)
	}
	if got := w.call(w.root(), http.MethodDelete, "/data?policy"); got.status != 204 {
		t.Errorf("the owner's root is locked out: %s", got.body)
	}
}

func TestSeedErrors(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, err := range map[string]error{
		"name":      w.s3.CreateBucket(fakes3.Bucket{Name: "Bad_Name", AccountID: account}),
		"account":   w.s3.CreateBucket(fakes3.Bucket{Name: "good"}),
		"twice":     w.s3.CreateBucket(fakes3.Bucket{Name: "data", AccountID: account}),
		"policy":    w.s3.CreateBucket(fakes3.Bucket{Name: "good", AccountID: account, Policy: []byte("{")}),
		"set name":  w.s3.SetBucket(fakes3.Bucket{Name: "Bad_Name", AccountID: account}),
		"others":    w.s3.SetBucket(fakes3.Bucket{Name: "data", AccountID: "999988887777"}),
		"no bucket": w.s3.PutObject(fakes3.Object{Bucket: "none", Key: "k"}),
		"no key":    w.s3.PutObject(fakes3.Object{Bucket: "data"}),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if got := w.buckets(); len(got) != 1 || got[0].Name != "data" || got[0].AccountID != account {
		t.Errorf("buckets %+v", got)
	}
}

// TestSetBucket: a bucket becomes what it is described as, with its objects and
// all other settings left as they are.
func TestSetBucket(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	bucketPolicy := []byte(`{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*","Action":"s3:PutObject","Resource":"arn:aws:s3:::data/*"}}`)
	set := func(in fakes3.Bucket) fakes3.Bucket {
		t.Helper()
		in.AccountID = account
		if err := w.s3.SetBucket(in); err != nil {
			t.Fatal(err)
		}
		for _, b := range w.buckets() {
			if b.Name == in.Name {
				return b
			}
		}
		t.Fatalf("no bucket %s", in.Name)
		return in
	}
	if b := set(fakes3.Bucket{Name: "new", Versioned: true}); !b.Versioned {
		t.Errorf("new bucket %+v", b)
	}
	b := set(fakes3.Bucket{Name: "data", Policy: bucketPolicy, Versioned: true, Tags: []iam.Tag{{Key: "k", Value: "v"}}})
	if string(b.Policy) != string(bucketPolicy) || !b.Versioned || len(b.Tags) != 1 {
		t.Errorf("bucket %+v", b)
	}
	if got := w.call(w.root(), http.MethodGet, "/data/public/a.txt"); got.status != 200 || got.body != "hello" {
		t.Errorf("its object: %d %s", got.status, got.body)
	}
	if b := set(fakes3.Bucket{Name: "data"}); b.Policy != nil || b.Versioned || len(b.Tags) != 0 {
		t.Errorf("bucket %+v", b)
	}
	if got := w.call(w.root(), http.MethodGet, "/data?versioning"); !strings.Contains(got.body, "Suspended") {
		t.Errorf("versioning %s", got.body)
	}
	w.lockedBucket("locked") // whose versions object lock needs
	if b := set(fakes3.Bucket{Name: "locked"}); !b.Versioned {
		t.Errorf("bucket with object lock %+v", b)
	}
}
