package fakes3_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/irsatz/irsatz/fakes3"
	"github.com/irsatz/irsatz/iam"
)

// fingerprint is everything that is stored, as the SDK-independent listing of
// versions shows it.
func (w *world) fingerprint() string {
	var b strings.Builder
	for _, bucket := range w.buckets() {
		b.WriteString(bucket.Name + string(bucket.Policy))
		for _, t := range bucket.Tags {
			b.WriteString(t.Key + "=" + t.Value)
		}
		c := creds{"test", "test", ""}
		if bucket.AccountID == other {
			c = creds{"other", "other", ""}
		}
		for _, sub := range append([]string{"versions", "versioning", "uploads"}, configured...) {
			b.WriteString(variable.ReplaceAllString(w.call(c, http.MethodGet, "/"+bucket.Name+"?"+sub).body, ""))
		}
	}
	return b.String()
}

// variable is what differs between two answers to the same request.
var variable = regexp.MustCompile("<(RequestId|HostId)>[^<]*")

// configured are the sub-resources of a bucket that are documents.
var configured = []string{
	"abac", "accelerate", "analytics", "cors", "encryption", "intelligent-tiering", "inventory", "lifecycle", "logging", "metrics", "notification",
	"object-lock", "ownershipControls", "publicAccessBlock", "replication", "requestPayment", "website",
}

var subResources = []string{
	"policy", "cors", "tagging", "lifecycle", "website", "acl", "encryption", "logging", "notification", "replication", "requestPayment",
	"accelerate", "analytics", "analytics&id=1", "inventory", "inventory&id=1", "metrics", "metrics&id=1", "intelligent-tiering", "ownershipControls", "publicAccessBlock",
	"object-lock", "policyStatus", "abac", "metadataConfiguration", "metadataTable", "session", "retention", "legal-hold", "attributes", "torrent",
	"restore", "select&select-type=2", "renameObject", "location", "versioning", "versions", "uploads", "delete",
}

// Hazard 1: gofakes3 ignores sub-resources that it does not know, so that
// "DELETE /b?cors" would delete the bucket (F240, S205).
func TestHazard1SubResourcesNeverFallThrough(t *testing.T) {
	t.Parallel()
	served := map[string]bool{
		"GET /data?acl": true, "GET /data/public/a.txt?acl": true, "GET /data?encryption": true, "GET /data?ownershipControls": true,
		"GET /data?requestPayment": true, "GET /data?logging": true, "GET /data?accelerate": true, "GET /data?notification": true,
		"GET /data?policy": true, "DELETE /data?policy": true, "GET /data?tagging": true, "DELETE /data?tagging": true, "GET /data?location": true,
		"GET /data?versioning": true, "GET /data?versions": true, "GET /data?uploads": true, "POST /data/public/a.txt?uploads": true,
		"GET /data/public/a.txt?tagging": true, "DELETE /data/public/a.txt?tagging": true, "GET /data?policyStatus": true,
	}
	for _, sub := range configured { // TestConfigurations
		for _, method := range []string{"GET", "DELETE"} {
			served[method+" /data?"+sub], served[method+" /data?"+sub+"&id=1"] = true, true
		}
	}
	for _, method := range []string{"GET", "HEAD", "PUT", "POST", "DELETE", "PATCH", "OPTIONS"} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			before := w.fingerprint()
			for _, sub := range subResources {
				for _, path := range []string{"/data", "/data/public/a.txt"} {
					target := path + "?" + sub
					if served[method+" "+target] {
						continue
					}
					got := w.do(w.root(), w.request(method, target, "<Body/>"))
					switch got.status {
					case 405, 501:
					case 400: // a served operation that refuses this body
						switch got.err.Code {
						case "MalformedXML", "MalformedPolicy", "InvalidRequest", "AccessControlListNotSupported":
						default:
							if method != http.MethodOptions {
								t.Errorf("%s %s: %s", method, target, got.body)
							}
						}
					default:
						t.Errorf("%s %s: %d %s", method, target, got.status, got.body)
					}
					if strings.Contains(got.body, "hello") {
						t.Errorf("%s %s read the object", method, target)
					}
				}
			}
			if w.fingerprint() != before {
				t.Errorf("%s changed something", method)
			}
		})
	}
}

// Hazard 2: uploadId wins over everything in gofakes3, and POST /b is an
// unsigned upload there (F241).
func TestHazard2AmbiguousRequests(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	before := w.fingerprint()
	for _, target := range []string{
		"PUT /data/k?uploadId=1&partNumber=1&acl", "DELETE /data/k?uploadId=1&tagging", "GET /data?policy&acl", "GET /data/public/a.txt?acl&tagging",
		"DELETE /data?policy&uploads", "POST /data?delete&uploads", "GET /data?versions&versioning", "DELETE /data/k?uploadId=",
	} {
		method, path, _ := strings.Cut(target, " ")
		if got := w.call(w.root(), method, path); got.status < 400 {
			t.Errorf("%s: %d %s", target, got.status, got.body)
		}
	}
	form := "--x\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\nevil\r\n--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\nevil\r\n--x--\r\n"
	for _, c := range []creds{{}, w.root()} {
		r := w.request(http.MethodPost, "/data", form)
		r.Header.Set("Content-Type", "multipart/form-data; boundary=x")
		if got := w.do(c, r); got.status != 403 && got.status != 400 {
			t.Errorf("F241: %d %s", got.status, got.body)
		}
	}
	if w.fingerprint() != before {
		t.Error("something changed")
	}
}

// Hazard 3: gofakes3 drops the version of a copy's source, decodes "+" as a
// blank, authorizes nothing, and takes UploadPartCopy for UploadPart (F244, F245).
func TestHazard3Copies(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.call(w.root(), http.MethodPut, "/data?versioning")
	w.do(w.root(), w.request(http.MethodPut, "/data?versioning", "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"))
	w.do(w.root(), w.request(http.MethodPut, "/data/v", "old"))
	old := w.call(w.root(), http.MethodHead, "/data/v").header.Get("X-Amz-Version-Id")
	w.do(w.root(), w.request(http.MethodPut, "/data/v", "new"))
	for _, key := range []string{"a+b", "a b", "a%2Fb", "sl/ash", "q?x"} {
		w.object("data", key, "body of "+key)
	}
	copied := func(c creds, source string) string {
		r := w.request(http.MethodPut, "/data/copy", "")
		r.Header.Set("X-Amz-Copy-Source", source)
		if got := w.do(c, r); got.status != 200 {
			return "!" + got.err.Code
		}
		return w.get("data", "copy")
	}
	for source, want := range map[string]string{
		"data/v": "new", "/data/v": "new", "data/v?versionId=" + old: "old", "data/v?versionId=nope": "!InvalidArgument", "data/v?versionId=" + strings.Repeat("0", 32): "!NoSuchVersion",
		"data/a+b": "body of a+b", "data/a%2Bb": "body of a+b", "data/a%20b": "body of a b", "data/a%252Fb": "body of a%2Fb",
		"data%2Fsl%2Fash": "body of sl/ash", "data/q%3Fx": "body of q?x", "data/q?x": "!InvalidArgument", "data": "!InvalidArgument", "/": "!InvalidArgument",
		"data/v?versionId=": "!InvalidArgument", "data/v?versionId=1&versionId=2": "!InvalidArgument", "data/%zz": "!InvalidArgument", "//data/v": "!InvalidArgument",
		"none-such/v": "!NoSuchBucket", "data/none": "!NoSuchKey", "arn:aws:s3:eu-west-1:1:accesspoint/x/object/k": "!InvalidArgument", "data/../data/v": "!NoSuchKey",
	} {
		if got := copied(w.root(), source); got != want {
			t.Errorf("copy of %s: %q, want %q", source, got, want)
		}
	}
	w.object("data", "secret/x", "secret")
	limited := w.role("limited", allow("s3:PutObject"), on("Allow", []string{"arn:aws:s3:::data/public/*"}, "s3:GetObject"))
	if got := copied(limited, "data/secret/x"); got != "!AccessDenied" {
		t.Errorf("copied what may not be read: %s", got)
	}
	if got := copied(limited, "data/public%2F..%2Fsecret%2Fx"); got != "!AccessDenied" {
		t.Errorf("dot segments in the source: %s", got)
	}
	created := w.call(w.root(), http.MethodPost, "/data/multi?uploads").body
	id := regexp.MustCompile("<UploadId>(.*)</UploadId>").FindStringSubmatch(created)[1]
	r := w.request(http.MethodPut, "/data/multi?partNumber=1&uploadId="+id, "")
	r.Header.Set("X-Amz-Copy-Source", "data/sl/ash")
	r.Header.Set("X-Amz-Copy-Source-Range", "bytes=8-9")
	if got := w.do(w.root(), r); got.status != 200 || !strings.Contains(got.body, "<CopyPartResult") {
		t.Errorf("F245: %d %s", got.status, got.body)
	}
	etag := regexp.MustCompile("<ETag>(.*)</ETag>").FindStringSubmatch(w.call(w.root(), http.MethodGet, "/data/multi?uploadId="+id).body)[1]
	w.do(w.root(), w.request(http.MethodPost, "/data/multi?uploadId="+id, "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>"+etag+"</ETag></Part></CompleteMultipartUpload>"))
	if got := w.get("data", "multi"); got != "sl" {
		t.Errorf("F245: part copied is %q", got)
	}
}

// Hazard 4 is TestSignedStreams and TestWrongBodies.

// Hazard 5: gofakes3 stores every X-Amz- header and answers it (F242).
func TestHazard5HeadersDoNotLeak(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	app := w.role("app", allow("s3:*"))
	r := w.request(http.MethodPut, "/data/k", "x")
	r.Header.Set("X-Amz-Meta-Kept", "yes")
	r.Header.Set("X-Custom", "no")
	if got := w.do(app, r); got.status != 200 {
		t.Fatal(got.body)
	}
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		got := w.call(w.root(), method, "/data/k")
		want := map[string]bool{
			"X-Amz-Meta-Kept": true, "X-Amz-Request-Id": true, "X-Amz-Id-2": true, "X-Amz-Server-Side-Encryption": true, "Etag": true, "Last-Modified": true,
			"Content-Type": true, "Content-Length": true, "Accept-Ranges": true, "Date": true, "Server": true,
		}
		for name := range got.header {
			if !want[name] {
				t.Errorf("%s answers %s: %v", method, name, got.header[name])
			}
			delete(want, name)
		}
		if len(want) > 0 {
			t.Errorf("%s does not answer %v", method, want)
		}
	}
	w.do(app, w.request(http.MethodPut, "/data/k", "y"))
	if got := w.call(w.root(), http.MethodHead, "/data/k"); got.header.Get("X-Amz-Meta-Kept") != "" {
		t.Error("metadata of the object that was overwritten")
	}
}

// Hazard 6: versionId=null and an empty versionId are unversioned in gofakes3.
func TestHazard6NullVersions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	plain := w.role("plain", allow("s3:GetObject", "s3:DeleteObject", "s3:ListBucket"))
	versions := w.role("versions", allow("s3:GetObjectVersion", "s3:DeleteObjectVersion", "s3:ListBucket"))
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodDelete} {
		if got := w.call(plain, method, "/data/public/a.txt?versionId=null"); got.status != 403 {
			t.Errorf("%s null version with the plain action: %d", method, got.status)
		}
		for _, q := range []string{"versionId=", "versionId"} {
			if got := w.call(plain, method, "/data/public/a.txt?"+q); got.status != 400 {
				t.Errorf("%s ?%s: %d", method, q, got.status)
			}
		}
	}
	if got := w.call(versions, http.MethodGet, "/data/public/a.txt?versionId=null"); got.body != "hello" {
		t.Errorf("null version: %d %s", got.status, got.body)
	}
	if got := w.call(versions, http.MethodGet, "/data/public/a.txt"); got.status != 403 {
		t.Errorf("current version with the version action: %d", got.status)
	}
	if got := w.call(versions, http.MethodDelete, "/data/public/a.txt?versionId=null"); got.status != 204 || w.get("data", "public/a.txt") != "!NoSuchKey" {
		t.Errorf("delete of the null version: %d", got.status)
	}
}

// Hazard 7: the bucket of the host is decided once (V238).
func TestHazard7VirtualHosts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.bucket("other", account)
	w.object("other", "k", "other's")
	w.object("data", "other/k", "data's")
	only := w.role("only", on("Allow", []string{"arn:aws:s3:::data/*"}, "s3:GetObject"))
	for _, tt := range []struct{ host, path, want string }{
		{"data.s3.eu-west-1.amazonaws.com", "/other/k", "data's"},
		{"data.s3.amazonaws.com", "/other/k", "data's"},
		{"data.s3.localhost:4566", "/other/k", "data's"},
		{"data.localhost", "/other/k", "data's"},
		{"DATA.S3.localhost", "/other/k", "data's"},
		{"data.s3.amazonaws.com.", "/other/k", "data's"},
		{"data.s3.dualstack.eu-west-1.amazonaws.com", "/other/k", "data's"},
		{"data.s3-eu-west-1.amazonaws.com", "/other/k", "data's"},
		{"s3-eu-west-1.amazonaws.com", "/data/other/k", "data's"},
		{"s3.dualstack.eu-west-1.amazonaws.com", "/data/other/k", "data's"},
		{"s3.localhost", "/data/other/k", "data's"},
		{"s3.eu-west-1.amazonaws.com", "/data/other/k", "data's"},
		{"localhost:4566", "/data/other/k", "data's"},
		{"irsatz.svc", "/data/other/k", "data's"},
		{"other.s3.localhost", "/k", "!AccessDenied"},
		{"other.localhost", "/k", "!AccessDenied"},
		{"other.s3.amazonaws.com", "/data/other/k", "!AccessDenied"},
		{"data.s3.localhost", "/k?x-id=other", "!AccessDenied"},
		{"data.sts.amazonaws.com", "/other/k", "!InvalidRequest"},
		{"data.s3.a.b.amazonaws.com", "/other/k", "!InvalidRequest"},
		{"-.s3.localhost", "/k", "!InvalidBucketName"},
		{"data_.localhost", "/k", "!InvalidBucketName"},
	} {
		r := w.request(http.MethodGet, tt.path, "")
		r.Host = tt.host
		got := w.do(only, r)
		if got.status != 200 {
			got.body = "!" + got.err.Code
		}
		if got.body != tt.want {
			t.Errorf("%s%s: %s, want %s", tt.host, tt.path, got.body, tt.want)
		}
	}
}

// Hazard 8: the key that is authorized is the key that is stored (F247).
func TestHazard8Keys(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	root := w.root()
	for _, tt := range []struct{ path, key string }{
		{"/data/a%20b", "a b"}, {"/data/a+b", "a+b"}, {"/data//lead", "/lead"}, {"/data/a//b", "a//b"}, {"/data/../data/x", "../data/x"}, {"/data/./y", "./y"},
		{"/data/%2e%2e/z", "../z"}, {"/data/a%2Fb", "a/b"}, {"/data/%252e", "%2e"}, {"/data/dir/", "dir/"}, {"/data/%C3%A4", "ä"}, {"/data/a%3Fpolicy", "a?policy"},
		{"/data/x%00y", "x\x00y"}, {"/data/..", ".."}, {"/data/;a=b", ";a=b"}, {"/data/a%26b", "a&b"},
	} {
		got := w.do(root, w.request(http.MethodPut, tt.path, "k:"+tt.key))
		if got.status != 200 {
			t.Errorf("%s: %d %s", tt.path, got.status, got.body)
			continue
		}
		record := w.trail.Records(1)[0]
		if record.Checks[0].Resource != "arn:aws:s3:::data/"+tt.key {
			t.Errorf("%s was authorized as %s", tt.path, record.Checks[0].Resource)
		}
		if got := w.call(root, http.MethodGet, tt.path); got.body != "k:"+tt.key {
			t.Errorf("%s reads %q", tt.path, got.body)
		}
	}
	for _, path := range []string{"//data/k", "/data/%zz", "/data/%ff", "/da%2Fta/k", "/da%00ta/k", "/Data/k", "/..", "/../data/k", "/%2e%2e/data/k", "/data%2Fpublic%2Fa.txt", "/data/" + strings.Repeat("k", 1025)} {
		if got := w.do(root, w.request(http.MethodPut, path, "x")); got.status != 400 {
			t.Errorf("%.40s: %d %s", path, got.status, got.body)
		}
	}
}

// Hazard 9 is TestDeleteObjects.

// Hazard 10: what the policy sees of a listing is what is listed (F246).
func TestHazard10RepeatedParameters(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.object("data", "secret/s", "x")
	c := w.role("list", `{"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::data","Condition":{"StringEquals":{"s3:prefix":"public/"}}}`, allow("s3:GetObjectVersion"))
	if got := w.call(c, http.MethodGet, "/data?prefix=public/"); got.status != 200 || !strings.Contains(got.body, "public/a.txt") {
		t.Errorf("own prefix: %d %s", got.status, got.body)
	}
	for _, q := range []string{
		"prefix=public/&prefix=secret/", "prefix=secret/&prefix=public/", "prefix=public/&Prefix=", "list-type=2&prefix=public/&prefix=", "prefix=public/&list-type=2&list-type=1",
		"prefix=public/&list-type=3", "prefix=public%2F&%70refix=secret/", "prefix=public/&foo", "prefix=public/&max-keys=1&max-keys=2", "prefix=public/&max-keys=x",
	} {
		if got := w.call(c, http.MethodGet, "/data?"+q); got.status != 400 && got.status != 405 {
			t.Errorf("?%s: %d %s", q, got.status, got.body)
		}
	}
	if got := w.call(c, http.MethodGet, "/data/public/a.txt?versionId=null&versionId=x"); got.status != 400 {
		t.Errorf("F246: %d", got.status)
	}
}

// Hazard 11: errors are in AWS's envelope, also those that gofakes3 finds.
func TestHazard11Envelope(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	created := w.call(w.root(), http.MethodPost, "/data/multi?uploads").body
	id := regexp.MustCompile("<UploadId>(.*)</UploadId>").FindStringSubmatch(created)[1]
	for _, tt := range []struct{ target, body, want string }{
		{"POST /data/multi?uploadId=" + id, "<Complete", "MalformedXML"},
		{"POST /data/multi?uploadId=" + id, "<CompleteMultipartUpload/>", "InvalidRequest"},
		{"POST /data/multi?uploadId=" + id, "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>x</ETag></Part></CompleteMultipartUpload>", "InvalidPart"},
		{"POST /data/multi?uploadId=nope", "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>x</ETag></Part></CompleteMultipartUpload>", "NoSuchUpload"},
		{"GET /data/multi?uploadId=nope", "", "NoSuchUpload"},
		{"GET /data/else?uploadId=" + id, "", "NoSuchUpload"},
		{"GET /data/multi?max-parts=x&uploadId=" + id, "", "InvalidArgument"},
		{"DELETE /data/multi?uploadId=nope", "", "NoSuchUpload"},
		{"PUT /data/multi?partNumber=0&uploadId=" + id, "x", "InvalidArgument"},
		{"PUT /data/multi?partNumber=10001&uploadId=" + id, "x", "InvalidArgument"},
		{"PUT /data/multi?partNumber=1&uploadId=nope", "x", "NoSuchUpload"},
		{"PUT /data/multi?uploadId=" + id, "x", "InvalidArgument"},
		{"DELETE /data", "", "BucketNotEmpty"},
		{"PUT /data", "<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>", "BucketAlreadyOwnedByYou"},
		{"PUT /fresh-bucket", "<CreateBucketConfiguration><LocationConstraint>us-west-2</LocationConstraint></CreateBucketConfiguration>", "IllegalLocationConstraintException"},
		{"PUT /fresh-bucket", "", "IllegalLocationConstraintException"},
		{"PUT /fresh-bucket", "<Nonsense/>", "MalformedXML"},
		{"PUT /Fresh", "", "InvalidBucketName"},
		{"PUT /data?versioning", "<VersioningConfiguration/>", "IllegalVersioningConfigurationException"},
		{"PUT /data?versioning", strings.Repeat("x", 2<<20), "MaxMessageLengthExceeded"},
		{"POST /data/k", "", "MethodNotAllowed"},
		{"PATCH /data/k", "", "MethodNotAllowed"},
	} {
		method, path, _ := strings.Cut(tt.target, " ")
		got := w.do(w.root(), w.request(method, path, tt.body))
		if got.err.Code != tt.want || got.err.Message == "" || got.err.RequestID != got.header.Get("X-Amz-Request-Id") || len(got.err.RequestID) != 16 || got.header.Get("Content-Type") != "application/xml" {
			t.Errorf("%s: %d %s", tt.target, got.status, got.body)
		}
	}
}

// Hazard 12, gofakes3's own skew check, is TestExpiryAndSkew: the server's
// clock is hours from the wall clock there and requests are served by it.
func TestHazard12OneClock(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.clock.Advance(1000 * 3600 * 1e9)
	w.do(w.root(), w.request(http.MethodPut, "/data/k", "x"))
	got := w.call(w.root(), http.MethodGet, "/data/k")
	modified, _ := http.ParseTime(got.header.Get("Last-Modified"))
	if got.body != "x" || w.clock.Now().Sub(modified).Abs() > 5e9 {
		t.Errorf("%d %s, modified %v", got.status, got.body, modified)
	}
}

// Hazard 13: gofakes3 sends CORS headers to everybody, and lists everybody's
// buckets.
func TestHazard13NoCORS(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, method := range []string{http.MethodGet, http.MethodOptions} {
		r := w.request(method, "/data/public/a.txt", "")
		r.Header.Set("Origin", "https://evil.example")
		r.Header.Set("Access-Control-Request-Method", "GET")
		got := w.do(w.root(), r)
		for name := range got.header {
			if strings.HasPrefix(name, "Access-Control-") {
				t.Errorf("%s answers %s", method, name)
			}
		}
		if method == http.MethodOptions && got.status != http.StatusForbidden {
			t.Errorf("preflight: %d %v %s", got.status, got.header, got.body)
		}
	}
	got := w.call(w.root(), http.MethodPatch, "/data/public/a.txt")
	if got.status != 405 || got.header.Get("Allow") != "DELETE, GET, HEAD, PUT" || got.err.get("Method") != "PATCH" || got.err.get("ResourceType") != "OBJECT" {
		t.Errorf("method: %d %v %s", got.status, got.header, got.body)
	}
}

// Hazard 14: tags are kept here, and conditions follow them (K157).
func TestHazard14Tags(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if err := w.s3.PutObject(fakes3.Object{Bucket: "data", Key: "tagged", Body: []byte("x"), Tags: []iam.Tag{{Key: "stage", Value: "prod"}}}); err != nil {
		t.Fatal(err)
	}
	c := w.role("prod", `{"Effect":"Allow","Action":["s3:GetObject","s3:DeleteObject"],"Resource":"*","Condition":{"StringEquals":{"s3:ExistingObjectTag/stage":"prod"}}}`,
		`{"Effect":"Allow","Action":["s3:PutObject","s3:PutObjectTagging"],"Resource":"*","Condition":{"ForAllValues:StringEquals":{"s3:RequestObjectTagKeys":["stage","team"]},"StringEquals":{"s3:RequestObjectTag/stage":"dev"}}}`)
	if a, b := w.call(c, http.MethodGet, "/data/tagged"), w.call(c, http.MethodGet, "/data/public/a.txt"); a.status != 200 || b.status != 403 || a.header.Get("X-Amz-Tagging-Count") != "" {
		t.Errorf("K157: %d %d %v", a.status, b.status, a.header)
	}
	if got := w.call(w.root(), http.MethodHead, "/data/tagged"); got.header.Get("X-Amz-Tagging-Count") != "1" {
		t.Errorf("tag count: %v", got.header)
	}
	if got := w.call(c, http.MethodDelete, "/data/tagged"); got.status != 403 {
		t.Errorf("ExistingObjectTag is no key of DeleteObject: %d", got.status)
	}
	for tagging, want := range map[string]int{"stage=dev": 200, "stage=dev&team=x": 200, "stage=prod": 403, "stage=dev&other=x": 403, "": 403, "stage=dev&stage=dev": 400, "%zz": 400} {
		r := w.request(http.MethodPut, "/data/new", "x")
		if tagging != "" {
			r.Header.Set("X-Amz-Tagging", tagging)
		}
		if got := w.do(c, r); got.status != want {
			t.Errorf("K158 %s: %d %s", tagging, got.status, got.body)
		}
	}
	if got := w.call(w.root(), http.MethodGet, "/data/new?tagging"); !strings.Contains(got.body, "<Key>stage</Key><Value>dev</Value>") {
		t.Errorf("stored tags: %s", got.body)
	}
	w.do(w.root(), w.request(http.MethodPut, "/data/new?tagging", "<Tagging><TagSet><Tag><Key>stage</Key><Value>prod</Value></Tag></TagSet></Tagging>"))
	if got := w.call(c, http.MethodGet, "/data/new"); got.status != 200 {
		t.Errorf("after retagging: %d", got.status)
	}
	w.call(w.root(), http.MethodDelete, "/data/new?tagging")
	if got := w.call(c, http.MethodGet, "/data/new"); got.status != 403 {
		t.Errorf("after untagging: %d", got.status)
	}
}

// TestIdleParameters: a page may add a parameter to get an object past a cache,
// but none that S3 knows in another spelling.
func TestIdleParameters(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for target, want := range map[string]int{
		"GET /data/public/a.txt?v=1": 200, "HEAD /data/public/a.txt?utm_source=x&utm_medium=y": 200, "GET /data/public/a.txt?v": 200,
		"GET /data/public/a.txt?v=1&v=2": 400, "GET /data/public/a.txt?ACL": 400, "GET /data/public/a.txt?Prefix=a": 400, "GET /data/public/a.txt?VersionId=null": 400,
		"GET /data/public/a.txt?response-status=200": 400, "GET /data/public/a.txt?x-amz-v=1": 501, "GET /data/public/a.txt?tagging&v=1": 400,
		"PUT /data/public/a.txt?v=1": 400, "DELETE /data/public/a.txt?v=1": 400, "GET /data?v=1": 400, "GET /?v=1": 400,
	} {
		method, target, _ := strings.Cut(target, " ")
		if got := w.call(w.root(), method, target); got.status != want {
			t.Errorf("%s %s: %d, want %d %s", method, target, got.status, want, got.body)
		}
	}
	if got := w.call(w.role("none"), http.MethodGet, "/data/public/a.txt?v=1"); got.status != 403 {
		t.Errorf("denied: %d", got.status)
	}
}
