package fakes3_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/irsatz/irsatz/fakes3"
	"github.com/irsatz/irsatz/iam"
)

func public(statements ...string) string {
	return `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
}

func switches(on ...string) string {
	var b strings.Builder
	for _, name := range on {
		b.WriteString("<" + name + ">true</" + name + ">")
	}
	return "<PublicAccessBlockConfiguration>" + b.String() + "</PublicAccessBlockConfiguration>"
}

// TestNewBuckets is S195: nothing of a new bucket is public.
func TestNewBuckets(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const location = "<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>"
	if got := w.do(w.root(), w.request(http.MethodPut, "/created", location)); got.status != 200 {
		t.Fatal(got.body)
	}
	for _, bucket := range []string{"created", "data"} { // data is seeded
		block := w.call(w.root(), http.MethodGet, "/"+bucket+"?publicAccessBlock").body
		for _, name := range []string{"BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"} {
			if !strings.Contains(block, "<"+name+">true</"+name+">") {
				t.Errorf("S195 %s: %s", bucket, block)
			}
		}
		if owner := w.call(w.root(), http.MethodGet, "/"+bucket+"?ownershipControls").body; !strings.Contains(owner, "<ObjectOwnership>BucketOwnerEnforced</ObjectOwnership>") {
			t.Errorf("S195 %s: %s", bucket, owner)
		}
		if sse := w.call(w.root(), http.MethodGet, "/"+bucket+"?encryption").body; !strings.Contains(sse, "<SSEAlgorithm>AES256</SSEAlgorithm>") || !strings.Contains(sse, "<EncryptionType>SSE-C</EncryptionType>") {
			t.Errorf("%s: %s", bucket, sse)
		}
	}
}

// TestBlockPublicPolicy is S197.
func TestBlockPublicPolicy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	admin := w.role("admin", allow("s3:*"))
	put := func(statement string) result {
		return w.do(admin, w.request(http.MethodPut, "/data?policy", public(statement)))
	}
	everyone := everybody("Allow", "data", "s3:GetObject")
	limited := func(condition string) string {
		return strings.TrimSuffix(everyone, "}") + `,"Condition":` + condition + `}`
	}
	got := put(everyone)
	const want = `User: arn:aws:sts::111122223333:assumed-role/admin/session is not authorized to perform: s3:PutBucketPolicy on resource: "arn:aws:s3:::data" because public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access.`
	if got.status != 403 || got.err.Code != "AccessDenied" || got.err.Message != want {
		t.Errorf("S197 public policy: %d %s", got.status, got.body)
	}
	if record, _ := w.trail.Get(got.err.RequestID); record == nil || !strings.Contains(record.Fix, "PutPublicAccessBlock") {
		t.Errorf("no fix: %+v", record)
	}
	if got := w.call(admin, http.MethodGet, "/data?policy"); got.status != 404 {
		t.Errorf("S197 stored: %s", got.body)
	}
	if got := w.call(admin, http.MethodGet, "/data?policyStatus"); got.status != 404 || got.err.Code != "NoSuchBucketPolicy" {
		t.Errorf("status of no policy: %d %s", got.status, got.body)
	}
	for name, tt := range map[string]struct {
		statement string
		want      int
	}{
		"organization": {limited(`{"StringEquals":{"aws:PrincipalOrgID":"o-abc"}}`), 204},
		"24 bits":      {limited(`{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}`), 204},
		"everywhere":   {limited(`{"IpAddress":{"aws:SourceIp":"0.0.0.0/1"}}`), 403},
		"account":      {strings.Replace(everyone, `"*"`, `{"AWS":"444455556666"}`, 1), 204},
	} {
		if got := put(tt.statement); got.status != tt.want {
			t.Errorf("S197 %s: %d %s", name, got.status, got.body)
		}
		if got := w.call(admin, http.MethodGet, "/data?policyStatus"); tt.want == 204 && !strings.Contains(got.body, "<IsPublic>false</IsPublic>") {
			t.Errorf("status of %s: %s", name, got.body)
		}
	}
	if got := w.do(admin, w.request(http.MethodPut, "/data?publicAccessBlock", switches("RestrictPublicBuckets"))); got.status != 200 {
		t.Fatal(got.body)
	}
	if got := put(everyone); got.status != 204 {
		t.Errorf("with BlockPublicPolicy off: %d %s", got.status, got.body)
	}
	if got := w.call(admin, http.MethodGet, "/data?policyStatus"); !strings.Contains(got.body, "<IsPublic>true</IsPublic>") {
		t.Errorf("status: %s", got.body)
	}
	if got := put(`{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::data"}`); got.err.Code != "MalformedPolicy" || got.err.Message != "Action does not apply to any resource(s) in statement" {
		t.Errorf("a policy S3 refuses: %d %s", got.status, got.body)
	}
}

// TestRestrictPublicBuckets is S198.
func TestRestrictPublicBuckets(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.policy("data", everybody("Allow", "data", "s3:GetObject", "s3:PutObject"))
	callers := map[string]creds{
		"nobody": {}, "stranger": w.roleIn(other, "stranger", iam.Session{Name: "s"}, allow("s3:*")), "owner's role": w.role("mine"), "owner": w.root(),
	}
	for _, restricted := range []bool{false, true} {
		if restricted {
			w.do(w.root(), w.request(http.MethodPut, "/data?publicAccessBlock", switches("RestrictPublicBuckets")))
		}
		for name, c := range callers {
			want := 200
			if restricted && (name == "nobody" || name == "stranger") {
				want = 403
			}
			got := w.call(c, http.MethodGet, "/data/public/a.txt")
			if got.status != want || want == 403 && got.err.Message != "Access Denied" {
				t.Errorf("S198 restricted %t, %s: %d %s", restricted, name, got.status, got.body)
			}
			if want == 200 {
				continue
			}
			record, _ := w.trail.Get(got.err.RequestID)
			e := record.Checks[0].Decision.Explanation
			if e == nil || len(e.Policies) == 0 || e.Policies[0].Statements[0].Sid != "RestrictPublicBuckets" || !e.Policies[0].Statements[0].Deciding {
				t.Errorf("S198 %s: not explained: %+v", name, e)
			}
		}
	}
	// The owner's account, named, and a stranger who is named alone are not what is
	// restricted: the policy is not public then.
	w.do(w.root(), w.request(http.MethodPut, "/data?policy", public(strings.Replace(everybody("Allow", "data", "s3:GetObject"), `"*"`, `{"AWS":"444455556666"}`, 1))))
	if got := w.call(callers["stranger"], http.MethodGet, "/data/public/a.txt"); got.status != 200 {
		t.Errorf("S198 a policy for one account: %d %s", got.status, got.body)
	}
	if got := w.call(callers["nobody"], http.MethodGet, "/data/public/a.txt"); got.status != 403 {
		t.Errorf("nobody: %d", got.status)
	}
}

// TestACLs is S196: where ACLs are off, none but the owner's is taken; where they
// are on, none is taken that lets others in.
func TestACLs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.bucket("acls", account)
	admin := w.role("admin", allow("s3:*"))
	if got := w.do(admin, w.request(http.MethodPut, "/acls?ownershipControls", configs[11].document)); got.status != 200 {
		t.Fatal(got.body)
	}
	w.bucket("open", account)
	w.do(admin, w.request(http.MethodPut, "/open?ownershipControls", configs[11].document))
	w.call(admin, http.MethodDelete, "/open?publicAccessBlock")
	who := all(w.call(admin, http.MethodGet, "/acls?acl").body, "ID")[0]
	body := func(id, permission string) string {
		return `<AccessControlPolicy xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Owner><ID>` + who + `</ID></Owner><AccessControlList><Grant>` +
			`<Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser"><ID>` + id + `</ID></Grantee><Permission>` + permission + `</Permission></Grant></AccessControlList></AccessControlPolicy>`
	}
	group := strings.Replace(body("", "READ"), `"CanonicalUser"><ID></ID>`, `"Group"><URI>http://acs.amazonaws.com/groups/global/AllUsers</URI>`, 1)
	for _, tt := range []struct{ name, target, headers, body, code string }{
		{"S196 public", "/data/k", "X-Amz-Acl: public-read", "", "AccessControlListNotSupported"},
		{"S196 private", "/data/k", "X-Amz-Acl: private", "", "AccessControlListNotSupported"},
		{"S196 empty", "/data/k", "X-Amz-Acl: ", "", "AccessControlListNotSupported"},
		{"S196 bucket-owner-full-control", "/data/k", "X-Amz-Acl: bucket-owner-full-control", "", ""},
		{"S196 both", "/data/k", "X-Amz-Acl: bucket-owner-full-control|X-Amz-Grant-Read: id=1", "", "AccessControlListNotSupported"},
		{"S196 grant", "/data/k", "X-Amz-Grant-Read: id=1", "", "AccessControlListNotSupported"},
		{"S196 PutBucketAcl", "/data?acl", "X-Amz-Acl: private", "", "AccessControlListNotSupported"},
		{"S196 PutObjectAcl", "/data/public/a.txt?acl", "X-Amz-Acl: bucket-owner-full-control", "", "AccessControlListNotSupported"},
		{"on, private", "/acls/k", "X-Amz-Acl: private", "", ""},
		{"on, unknown", "/acls/k", "X-Amz-Acl: public", "", "InvalidArgument"},
		{"on, public", "/acls/k", "X-Amz-Acl: public-read", "", "AccessDenied"},
		{"on, public, not blocked", "/open/k", "X-Amz-Acl: public-read", "", "NotImplemented"},
		{"on, grant", "/acls/k", "X-Amz-Grant-Read: id=1", "", "NotImplemented"},
		{"on, bucket private", "/acls?acl", "X-Amz-Acl: private", "", ""},
		{"on, bucket public", "/acls?acl", "X-Amz-Acl: public-read", "", "AccessDenied"},
		{"on, nothing", "/acls?acl", "", "", "MissingSecurityHeader"},
		{"on, bucket grant", "/acls?acl", "X-Amz-Grant-Read: id=1", "", "NotImplemented"},
		{"on, two kinds of an object", "/acls/k", "X-Amz-Acl: private|X-Amz-Grant-Read: id=1", "", "InvalidRequest"},
		{"on, grant and body", "/acls?acl", "X-Amz-Grant-Read: id=1", body(who, "FULL_CONTROL"), "UnexpectedContent"},
		{"on, another body", "/acls?acl", "Content-Md5: AAAAAAAAAAAAAAAAAAAAAA==", body(who, "FULL_CONTROL"), "BadDigest"},
		{"on, two kinds", "/acls?acl", "X-Amz-Acl: private|X-Amz-Grant-Read: id=1", "", "InvalidRequest"},
		{"on, header and body", "/acls?acl", "X-Amz-Acl: private", body(who, "FULL_CONTROL"), "UnexpectedContent"},
		{"on, the owner", "/acls?acl", "", body(who, "FULL_CONTROL"), ""},
		{"on, the owner reads", "/acls?acl", "", body(who, "READ"), "NotImplemented"},
		{"on, another", "/acls?acl", "", body(strings.Repeat("a", 64), "FULL_CONTROL"), "NotImplemented"},
		{"on, another owner", "/acls?acl", "", strings.Replace(body(who, "READ"), who, "x", 1), "InvalidArgument"},
		{"on, everybody", "/acls?acl", "", group, "AccessDenied"},
		{"on, everybody, not blocked", "/open?acl", "", strings.ReplaceAll(group, "/acls", "/open"), "NotImplemented"},
		{"on, malformed", "/acls?acl", "", "<AccessControlPolicy/>", "MalformedACLError"},
	} {
		r := w.request(http.MethodPut, tt.target, tt.body)
		for h := range strings.SplitSeq(tt.headers, "|") {
			if name, value, ok := strings.Cut(h, ": "); ok {
				r.Header[name] = []string{value}
			}
		}
		got := w.do(admin, r)
		record, ok := w.trail.Get(got.header.Get("X-Amz-Request-Id"))
		if got.err.Code != tt.code || !ok || tt.code == "MalformedACLError" && record.Cause == "" {
			t.Errorf("%s: %d %s %+v", tt.name, got.status, got.body, record)
		}
	}
	if got := w.with(admin, http.MethodPut, "/acls?acl", "", "X-Amz-Acl", "public-read"); !strings.Contains(got.err.Message, `s3:PutBucketAcl on resource: "arn:aws:s3:::acls" because public ACLs`) {
		t.Errorf("BlockPublicAcls of a bucket: %s", got.body)
	}
	r := w.request(http.MethodPut, "/acls/k", "")
	r.Header.Set("X-Amz-Acl", "public-read")
	const want = `User: arn:aws:sts::111122223333:assumed-role/admin/session is not authorized to perform: s3:PutObjectAcl on resource: "arn:aws:s3:::acls/k" because public ACLs are prevented by the BlockPublicAcls setting in S3 Block Public Access.`
	if got := w.do(admin, r); got.err.Message != want {
		t.Errorf("BlockPublicAcls: %s", got.body)
	}
	// A stranger is told less, as of every denial.
	w.policy("acls", everybody("Allow", "acls", "s3:PutObject", "s3:PutObjectAcl"))
	w.do(admin, w.request(http.MethodPut, "/acls?publicAccessBlock", switches("BlockPublicAcls")))
	if got := w.with(creds{"other", "other", ""}, http.MethodPut, "/acls/k", "", "X-Amz-Acl", "public-read"); got.status != 403 || got.err.Message != "Access Denied" {
		t.Errorf("BlockPublicAcls for a stranger: %d %s", got.status, got.body)
	}
	w.object("acls", "there", "x")
	if got := w.do(admin, w.request(http.MethodPut, "/acls/there?acl", body(who, "FULL_CONTROL"))); got.status != 200 {
		t.Errorf("object ACL: %d %s", got.status, got.body)
	}
	w.with(w.root(), http.MethodPut, "/acls?versioning", "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>")
	if got := w.do(admin, w.request(http.MethodPut, "/acls/there?acl", body(who, "FULL_CONTROL"))); got.header.Get("X-Amz-Version-Id") != "null" {
		t.Errorf("object ACL: %v", got.header)
	}
	if got := w.do(admin, w.request(http.MethodPut, "/acls/missing?acl", body(who, "FULL_CONTROL"))); got.status != 404 {
		t.Errorf("ACL of a missing object: %d %s", got.status, got.body)
	}
}

// TestSeededPublicAccess: a bucket that is described with a public policy is open
// only where it is described as public too.
func TestSeededPublicAccess(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	open := []byte(`{"Version":"2012-10-17","Statement":` + everybody("Allow", "data", "s3:GetObject") + `}`)
	for _, tt := range []struct {
		public bool
		status int
	}{{false, 403}, {true, 200}, {false, 403}} {
		if err := w.s3.SetBucket(fakes3.Bucket{Name: "data", AccountID: account, Policy: open, Public: tt.public}); err != nil {
			t.Fatal(err)
		}
		if got := w.call(creds{}, http.MethodGet, "/data/public/a.txt"); got.status != tt.status || w.buckets()[0].Public != tt.public {
			t.Errorf("public %t: %d %s", tt.public, got.status, got.body)
		}
	}
	block := func(setting string) {
		w.with(w.root(), http.MethodPut, "/data?publicAccessBlock", "<PublicAccessBlockConfiguration><"+setting+">true</"+setting+"></PublicAccessBlockConfiguration>")
	}
	// Neither holds for a policy that is there.
	for _, setting := range []string{"BlockPublicAcls", "BlockPublicPolicy"} {
		block(setting)
		if got := w.call(creds{}, http.MethodGet, "/data/public/a.txt"); got.status != 200 {
			t.Errorf("%s: %d %s", setting, got.status, got.body)
		}
		if err := w.s3.SetBucket(fakes3.Bucket{Name: "data", AccountID: account, Policy: open}); err != nil {
			t.Fatal(err)
		}
		if got := w.call(creds{}, http.MethodGet, "/data/public/a.txt"); got.status != 403 || w.buckets()[0].Public {
			t.Errorf("%s, then described as not public: %d %s", setting, got.status, got.body)
		}
	}
	block("RestrictPublicBuckets")
	if w.buckets()[0].Public {
		t.Error("what is restricted is said to be public")
	}
	if err := w.s3.CreateBucket(fakes3.Bucket{Name: "open", AccountID: account, Policy: []byte(strings.ReplaceAll(string(open), "data", "open")), Public: true}); err != nil {
		t.Fatal(err)
	}
	w.object("open", "a", "x")
	if got := w.call(creds{}, http.MethodGet, "/open/a"); got.status != 200 {
		t.Errorf("made public: %d %s", got.status, got.body)
	}
}
