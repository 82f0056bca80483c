package fakes3_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"strings"
	"testing"
	"time"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/internal/sigv4"
)

// formUpload is a form: fields in their order, and the file.
type formUpload struct {
	fields [][2]string
	name   string // of the file
	file   string
	after  [][2]string
	noFile bool
	kind   string // Content-Type of the request
	header http.Header
	query  string
}

func (u *formUpload) set(name, value string) {
	for i := range u.fields {
		if u.fields[i][0] == name {
			u.fields[i][1] = value
			return
		}
	}
	u.fields = append(u.fields, [2]string{name, value})
}

func (u *formUpload) drop(name string) {
	kept := u.fields[:0:0]
	for _, f := range u.fields {
		if f[0] != name {
			kept = append(kept, f)
		}
	}
	u.fields = kept
}

// signForm gives the form a policy with these conditions, signed by c.
func (w *world) signForm(c creds, u *formUpload, expires time.Duration, conditions ...string) {
	now := w.clock.Now().UTC()
	stamp := now.Format(sigv4.TimeFormat)
	scope := sigv4.Scope{Date: stamp[:8], Region: region, Service: "s3", Terminator: sigv4.Terminator}
	u.set("x-amz-algorithm", "AWS4-HMAC-SHA256")
	u.set("x-amz-credential", c.id+"/"+scope.String())
	u.set("x-amz-date", stamp)
	if c.token != "" {
		u.set("x-amz-security-token", c.token)
	}
	for _, f := range u.fields {
		if strings.HasPrefix(f[0], "x-amz-") && f[0] != "x-amz-signature" {
			conditions = append(conditions, fmt.Sprintf(`{%q:%q}`, f[0], f[1]))
		}
	}
	document := `{"expiration":"` + now.Add(expires).Format("2006-01-02T15:04:05.000Z") + `","conditions":[` + strings.Join(conditions, ",") + `]}`
	w.signPolicy(c, u, scope, document)
}

func (w *world) signPolicy(c creds, u *formUpload, scope sigv4.Scope, document string) {
	policy := base64.StdEncoding.EncodeToString([]byte(document))
	var v sigv4.Verifier
	key := v.Key(c.secret, scope)
	mac := hmac.New(sha256.New, key[:])
	mac.Write([]byte(policy))
	u.set("policy", policy)
	u.set("x-amz-signature", hex.EncodeToString(mac.Sum(nil)))
}

func (w *world) post(bucket string, u *formUpload) result {
	w.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	write := func(fields [][2]string) {
		for _, f := range fields {
			if err := form.WriteField(f[0], f[1]); err != nil {
				w.t.Fatal(err)
			}
		}
	}
	write(u.fields)
	if !u.noFile {
		h := textproto.MIMEHeader{"Content-Disposition": {`form-data; name="file"`}, "Content-Type": {"text/of-the-part"}}
		if u.name != "" {
			h.Set("Content-Disposition", `form-data; name="file"; filename="`+u.name+`"`)
		}
		part, err := form.CreatePart(h)
		if err != nil {
			w.t.Fatal(err)
		}
		fmt.Fprint(part, u.file)
	}
	write(u.after)
	form.Close()
	r := w.request(http.MethodPost, "/"+bucket+u.query, body.String())
	for name, values := range u.header {
		r.Header[name] = values
	}
	r.Header.Set("Content-Type", form.FormDataContentType())
	if u.kind != "" {
		r.Header.Set("Content-Type", u.kind)
	}
	return w.send(r)
}

const anyKey = `["starts-with","$key",""]`

// TestPostObject is S203: a browser upload is a PutObject of its key.
func TestPostObject(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	app := w.role("app", on("Allow", []string{"arn:aws:s3:::data/up/*"}, "s3:PutObject", "s3:PutObjectTagging"))
	form := func(key string) *formUpload {
		return &formUpload{fields: [][2]string{{"key", key}}, name: "photo.txt", file: "content"}
	}
	u := form("up/a.txt")
	u.set("Content-Type", "text/x")
	u.set("x-amz-meta-note", "n")
	u.set("x-amz-storage-class", "STANDARD_IA")
	u.set("tagging", "<Tagging><TagSet><Tag><Key>a b</Key><Value>c=d</Value></Tag></TagSet></Tagging>")
	u.set("x-ignore-this", "whatever")
	u.after = [][2]string{{"key", "up/evil"}, {"submit", "Upload"}}
	w.signForm(app, u, time.Hour, anyKey, `{"content-type":"text/x"}`, `["starts-with","$tagging",""]`, `{"bucket":"data"}`)
	got := w.post("data", u)
	if got.status != 204 || got.body != "" || got.header.Get("Etag") == "" || !strings.HasSuffix(got.header.Get("Location"), "/data/up%2Fa.txt") {
		t.Fatalf("S203: %d %v %s", got.status, got.header, got.body)
	}
	read := w.call(w.root(), http.MethodGet, "/data/up/a.txt")
	if read.body != "content" || read.header.Get("Content-Type") != "text/x" || read.header.Get("X-Amz-Meta-Note") != "n" || read.header.Get("X-Amz-Storage-Class") != "STANDARD_IA" || read.header.Get("X-Amz-Tagging-Count") != "1" {
		t.Errorf("stored: %q %v", read.body, read.header)
	}
	if tags := w.call(w.root(), http.MethodGet, "/data/up/a.txt?tagging").body; !strings.Contains(tags, "<Key>a b</Key><Value>c=d</Value>") {
		t.Errorf("tags: %s", tags)
	}
	if w.get("data", "up/evil") != "!NoSuchKey" {
		t.Error("a field after the file counts")
	}
	// The final key is what is authorized.
	for key, want := range map[string]int{"up/${filename}": 204, "${filename}": 403, "other": 403, "up/../other": 204} {
		u := form(key)
		u.name = `C:\folder\up\photo.txt`
		w.signForm(app, u, time.Hour, anyKey)
		got := w.post("data", u)
		if got.status != want {
			t.Errorf("S203 %s: %d %s", key, got.status, got.body)
		}
	}
	if w.get("data", "up/photo.txt") != "content" {
		t.Error("the file name is not in the key")
	}
	u = form("denied")
	w.signForm(w.roleIn(account, "none", iam.Session{Name: "session"}), u, time.Hour, anyKey)
	if got := w.post("data", u); got.status != 403 || got.err.Message != `User: arn:aws:sts::111122223333:assumed-role/none/session is not authorized to perform: s3:PutObject on resource: "arn:aws:s3:::data/denied" because no identity-based policy allows the s3:PutObject action` {
		t.Errorf("S203 denied: %s", got.body)
	}
	keys := w.keys()
	if _, there := keys["s3:objectcreationoperation"]; there || keys["s3:authtype"] != "POST" || keys["s3:signatureversion"] != "AWS4-HMAC-SHA256" || keys["s3:signatureage"] == "" {
		t.Errorf("S203 keys: %v", keys)
	}
	if record := w.trail.Records(1)[0]; record.Operation != "PostObject" {
		t.Errorf("record %+v", record)
	}
	u = form("up/acl")
	u.set("acl", "bucket-owner-full-control")
	w.signForm(app, u, time.Hour, anyKey, `["starts-with","$acl",""]`)
	if got := w.post("data", u); got.status != 403 || !strings.Contains(got.err.Message, "s3:PutObjectAcl") {
		t.Errorf("S203 acl: %d %s", got.status, got.body)
	}
}

func TestPostObjectAnswers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	post := func(field, value string) result {
		u := &formUpload{fields: [][2]string{{"key", "k ä/1"}, {field, value}}, file: "x"}
		w.signForm(w.root(), u, time.Hour, anyKey, `["starts-with","$`+field+`",""]`)
		return w.post("data", u)
	}
	if got := post("success_action_status", "200"); got.status != 200 || got.body != "" {
		t.Errorf("200: %d %s", got.status, got.body)
	}
	if got := post("success_action_status", "202"); got.status != 204 {
		t.Errorf("202: %d", got.status)
	}
	got := post("success_action_status", "201")
	if got.status != 201 || !strings.Contains(got.body, "<PostResponse><Location>"+w.http.URL+"/data/k%20%C3%A4%2F1</Location><Bucket>data</Bucket><Key>k ä/1</Key><ETag>") || got.header.Get("Content-Type") != "application/xml" {
		t.Errorf("201: %d %s", got.status, got.body)
	}
	for _, field := range []string{"success_action_redirect", "redirect"} {
		got = post(field, "https://a.example/done?x=1")
		if got.status != 303 || got.header.Get("Location") != `https://a.example/done?bucket=data&etag=%229dd4e461268c8034f5c8564e155c67a6%22&key=k+%C3%A4%2F1&x=1` {
			t.Errorf("%s: %d %v", field, got.status, got.header)
		}
	}
	if got := post("success_action_redirect", "nowhere"); got.status != 204 {
		t.Errorf("no URL: %d %v", got.status, got.header)
	}
}

// TestPostObjectRefused breaks a good form in every way. Nothing may be stored.
func TestPostObjectRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	app := w.role("app", allow("s3:*"))
	scope := sigv4.Scope{Date: w.clock.Now().UTC().Format("20060102"), Region: region, Service: "s3", Terminator: sigv4.Terminator}
	before := w.fingerprint()
	soon := w.clock.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	conditions := func(list string) func(*formUpload) {
		return func(u *formUpload) {
			w.signPolicy(app, u, scope, `{"expiration":"`+soon+`","conditions":[`+list+`]}`)
		}
	}
	const missing = "Bucket POST must contain a field named '%s'.  If it is specified, please check the order of the fields."
	for _, tt := range []struct {
		name    string
		change  func(*formUpload)
		status  int
		code    string
		message string
	}{
		{"no key", func(u *formUpload) { u.drop("key") }, 400, "InvalidArgument", fmt.Sprintf(missing, "key")},
		{"long key", func(u *formUpload) { u.set("key", strings.Repeat("k", 1025)) }, 400, "KeyTooLongError", ""},
		{"no file", func(u *formUpload) { u.noFile = true }, 400, "InvalidArgument", "POST requires exactly one file upload per request."},
		{"not a form", func(u *formUpload) { u.kind = "application/x-www-form-urlencoded" }, 412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold"},
		{"no boundary", func(u *formUpload) { u.kind = "multipart/form-data" }, 400, "MalformedPOSTRequest", ""},
		{"other boundary", func(u *formUpload) { u.kind = "multipart/form-data; boundary=x" }, 400, "", ""},
		{"field twice", func(u *formUpload) { u.fields = append(u.fields, [2]string{"KEY", "evil"}) }, 400, "InvalidArgument", "The form has the field more than once."},
		{"long fields", func(u *formUpload) { u.set("x-amz-meta-a", strings.Repeat("a", 21<<10)) }, 400, "MaxPostPreDataLengthExceededError", ""},
		{"endless fields", func(u *formUpload) { u.set("x-amz-meta-a", strings.Repeat("a", 1<<20)) }, 400, "MaxPostPreDataLengthExceededError", ""},
		{"no signature", func(u *formUpload) { u.drop("x-amz-signature") }, 400, "InvalidArgument", fmt.Sprintf(missing, "X-Amz-Signature")},
		{"no algorithm", func(u *formUpload) { u.drop("x-amz-algorithm") }, 400, "InvalidArgument", fmt.Sprintf(missing, "X-Amz-Algorithm")},
		{"no policy", func(u *formUpload) { u.drop("policy") }, 400, "InvalidArgument", fmt.Sprintf(missing, "Policy")},
		{"policy alone", func(u *formUpload) {
			for _, f := range []string{"x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature"} {
				u.drop(f)
			}
		}, 403, "AccessDenied", "Access Denied"},
		{"sigv2", func(u *formUpload) {
			u.fields = [][2]string{{"key", "k"}, {"AWSAccessKeyId", "a"}, {"signature", "b"}, {"policy", "e30="}}
		}, 400, "InvalidRequest", "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256."},
		{"other algorithm", func(u *formUpload) { u.set("x-amz-algorithm", "AWS4-ECDSA-P256-SHA256") }, 400, "InvalidArgument", ""},
		{"credential", func(u *formUpload) { u.set("x-amz-credential", "a/b") }, 400, "InvalidArgument", `Error parsing the X-Amz-Credential parameter; the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".`},
		{"region", func(u *formUpload) { u.set("x-amz-credential", app.id+"/"+scope.Date+"/us-west-2/s3/aws4_request") }, 400, "InvalidArgument", "Error parsing the X-Amz-Credential parameter; the region 'us-west-2' is wrong; expecting 'eu-west-1'"},
		{"service", func(u *formUpload) { u.set("x-amz-credential", app.id+"/"+scope.Date+"/"+region+"/sts/aws4_request") }, 400, "InvalidArgument", `Error parsing the X-Amz-Credential parameter; incorrect service "sts". This endpoint belongs to "s3".`},
		{"scope date", func(u *formUpload) { u.set("x-amz-credential", app.id+"/x/"+region+"/s3/aws4_request") }, 400, "InvalidArgument", ""},
		{"date", func(u *formUpload) { u.set("x-amz-date", "20200101T000000Z") }, 400, "InvalidArgument", ""},
		{"malformed date", func(u *formUpload) { u.set("x-amz-date", "x") }, 400, "InvalidArgument", ""},
		{"unknown key", func(u *formUpload) {
			u.set("x-amz-credential", "AKIANOBODY/"+scope.String())
			u.drop("x-amz-security-token")
		}, 403, "InvalidAccessKeyId", ""},
		{"no token", func(u *formUpload) { u.drop("x-amz-security-token") }, 403, "InvalidAccessKeyId", ""},
		{"malformed token", func(u *formUpload) { u.set("x-amz-security-token", "x") }, 400, "InvalidToken", ""},
		{"signature", func(u *formUpload) { u.set("x-amz-signature", strings.Repeat("0", 64)) }, 403, "SignatureDoesNotMatch", ""},
		{"policy changed", func(u *formUpload) { u.set("policy", base64.StdEncoding.EncodeToString([]byte(`{}`))) }, 403, "SignatureDoesNotMatch", ""},
		{"expired", func(u *formUpload) { w.signForm(app, u, -time.Second, anyKey) }, 403, "AccessDenied", "Invalid according to Policy: Policy expired."},
		{"another key", func(u *formUpload) { u.set("key", "evil") }, 403, "AccessDenied", `Invalid according to Policy: Policy Condition failed: ["eq", "$key", "k"]`},
		{"key that begins alike", func(u *formUpload) { u.set("key", "kk") }, 403, "AccessDenied", `Invalid according to Policy: Policy Condition failed: ["eq", "$key", "k"]`},
		{"one type of a list", func(u *formUpload) {
			u.set("content-type", "image/png, text/html")
			w.signForm(app, u, time.Hour, anyKey, `["starts-with","$Content-Type","image/"]`)
		}, 403, "AccessDenied", `Invalid according to Policy: Policy Condition failed: ["starts-with", "$Content-Type", "image/"]`},
		{"a list that is no type", func(u *formUpload) {
			u.set("x-amz-meta-a", "image/png, text/html")
			u.set("x-amz-checksum-crc32", "AAAAAA==") // which is seen when the policy was met
			w.signForm(app, u, time.Hour, anyKey, `["starts-with","$x-amz-meta-a","image/"]`)
		}, 400, "BadDigest", ""},
		{"extra field", func(u *formUpload) { u.set("acl", "public-read") }, 403, "AccessDenied", "Invalid according to Policy: Extra input fields: acl"},
		{"extra header", func(u *formUpload) { u.set("X-Amz-Meta-Evil", "1") }, 403, "AccessDenied", "Invalid according to Policy: Extra input fields: x-amz-meta-evil"},
		{"unknown x-amz- field", func(u *formUpload) { u.set("x-amz-unknown", "1") }, 501, "NotImplemented", ""},
		{"token not in the policy", func(u *formUpload) {
			conditions(`{"key":"k"},["starts-with","$x-amz-credential",""],["starts-with","$x-amz-date",""],{"x-amz-algorithm":"AWS4-HMAC-SHA256"}`)(u)
		}, 403, "AccessDenied", "Invalid according to Policy: Extra input fields: x-amz-security-token"},
		{"other bucket", conditions(`{"bucket":"other"}`), 403, "AccessDenied", `Invalid according to Policy: Policy Condition failed: ["eq", "$bucket", "other"]`},
		{"no dollar", conditions(`["eq","key","k"]`), 403, "AccessDenied", `Invalid according to Policy: Policy Condition failed: ["eq", "key", "k"]`},
		{"starts-with", conditions(`["starts-with","$key","user/"]`), 403, "AccessDenied", `Invalid according to Policy: Policy Condition failed: ["starts-with", "$key", "user/"]`},
		{"two properties", conditions(`{"key":"k","acl":"x"}`), 400, "InvalidPolicyDocument", "Invalid Policy: Invalid Simple-Condition: Simple-Conditions must have exactly one property specified."},
		{"number", conditions(`{"key":1}`), 400, "InvalidPolicyDocument", ""},
		{"two words", conditions(`["eq","$key"]`), 400, "InvalidPolicyDocument", ""},
		{"list in a list", conditions(`["eq","$key",[]]`), 400, "InvalidPolicyDocument", ""},
		{"operator", conditions(`["like","$key","k"]`), 400, "InvalidPolicyDocument", ""},
		{"length is text", conditions(`["content-length-range","test",10]`), 403, "AccessDenied", `Invalid according to Policy: Policy Condition failed: ["content-length-range", "test", "10"]`},
		{"not base64", func(u *formUpload) { w.signPolicy(app, u, scope, `{"expiration":`) }, 400, "InvalidPolicyDocument", "Invalid Policy: Invalid JSON."},
		{"no expiration", func(u *formUpload) { w.signPolicy(app, u, scope, `{"conditions":[]}`) }, 400, "InvalidPolicyDocument", "Invalid Policy: Policy missing expiration."},
		{"no conditions", func(u *formUpload) { w.signPolicy(app, u, scope, `{"expiration":"`+soon+`"}`) }, 400, "InvalidPolicyDocument", ""},
		{"odd expiration", func(u *formUpload) { w.signPolicy(app, u, scope, `{"expiration":"tomorrow","conditions":[]}`) }, 400, "InvalidPolicyDocument", ""},
		{"too large", func(u *formUpload) { w.signForm(app, u, time.Hour, anyKey, `["content-length-range",1,3]`) }, 400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size"},
		{"two ranges", func(u *formUpload) {
			w.signForm(app, u, time.Hour, anyKey, `["content-length-range",1,3]`, `["content-length-range",0,100]`)
		}, 400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size"},
		{"two other ranges", func(u *formUpload) {
			w.signForm(app, u, time.Hour, anyKey, `["content-length-range",8,100]`, `["content-length-range",0,100]`)
		}, 400, "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size"},
		{"too small", func(u *formUpload) { w.signForm(app, u, time.Hour, anyKey, `["content-length-range",8,10]`) }, 400, "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size"},
		{"storage class", func(u *formUpload) { u.set("x-amz-storage-class", "X"); w.signForm(app, u, time.Hour, anyKey) }, 400, "InvalidStorageClass", ""},
		{"tags are no XML", func(u *formUpload) { u.set("tagging", "a=b") }, 400, "MalformedXML", ""},
		{"tags twice", func(u *formUpload) {
			u.set("tagging", "<Tagging><TagSet><Tag><Key>a</Key><Value/></Tag><Tag><Key>a</Key><Value/></Tag></TagSet></Tagging>")
		}, 400, "InvalidTag", ""},
		{"checksum", func(u *formUpload) { u.set("x-amz-checksum-crc32", "AAAAAA=="); w.signForm(app, u, time.Hour, anyKey) }, 400, "BadDigest", ""},
		{"token header", func(u *formUpload) { u.header = http.Header{"X-Amz-Security-Token": {app.token}} }, 403, "AccessDenied", "No AWSAccessKey was presented."},
		{"acl header", func(u *formUpload) { u.header = http.Header{"X-Amz-Acl": {"public-read"}} }, 403, "AccessDenied", "There were headers present in the request which were not signed"},
		{"authorization header", func(u *formUpload) { u.header = http.Header{"Authorization": {"AWS4-HMAC-SHA256 x"}} }, 400, "InvalidArgument", ""},
		{"presigned", func(u *formUpload) { u.query = "?X-Amz-Signature=1" }, 400, "InvalidArgument", ""},
		{"acl in the query", func(u *formUpload) { u.query = "?x-amz-acl=public-read" }, 400, "InvalidRequest", ""},
		{"sub-resource", func(u *formUpload) { u.query = "?policy" }, 405, "MethodNotAllowed", ""},
	} {
		u := &formUpload{fields: [][2]string{{"key", "k"}}, name: "f", file: "content"}
		w.signForm(app, u, time.Hour, `{"key":"k"}`)
		tt.change(u)
		got := w.post("data", u)
		if got.status != tt.status || tt.code != "" && got.err.Code != tt.code || tt.message != "" && got.err.Message != tt.message {
			t.Errorf("%s: %d %s", tt.name, got.status, got.body)
		}
		switch tt.name {
		case "not a form":
			if got.err.get("Condition") != "Bucket POST must be of the enclosure-type multipart/form-data" {
				t.Errorf("%s: %s", tt.name, got.body)
			}
		case "signature":
			if got.err.get("StringToSign") == "" || got.err.get("CanonicalRequest") != "" {
				t.Errorf("%s: %s", tt.name, got.body)
			}
		case "too large":
			if got.err.get("ProposedSize") != "7" || got.err.get("MaxSizeAllowed") != "3" {
				t.Errorf("%s: %s", tt.name, got.body)
			}
		case "too small":
			if got.err.get("ProposedSize") != "7" || got.err.get("MinSizeAllowed") != "8" {
				t.Errorf("%s: %s", tt.name, got.body)
			}
		}
		if now := w.fingerprint(); now != before {
			t.Fatalf("%s changed something:\n%s", tt.name, now)
		}
	}
}

// TestPostObjectCut sends a form whose file ends early.
func TestPostObjectCut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := &formUpload{fields: [][2]string{{"key", "k"}}}
	w.signForm(w.root(), u, time.Hour, anyKey)
	var body strings.Builder
	for _, f := range u.fields {
		fmt.Fprintf(&body, "--x\r\nContent-Disposition: form-data; name=%q\r\n\r\n%s\r\n", f[0], f[1])
	}
	body.WriteString("--x\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nhalf of")
	r := w.request(http.MethodPost, "/data", body.String())
	r.Header.Set("Content-Type", "multipart/form-data; boundary=x")
	if got := w.send(r); got.status != 400 || got.err.Code != "IncompleteBody" || w.get("data", "k") != "!NoSuchKey" {
		t.Errorf("%d %s", got.status, got.body)
	}
}

// TestF241_AnonymousForms: without fields that authenticate it a form is
// anybody's, and only a bucket policy lets it in.
func TestF241_AnonymousForms(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	form := func() *formUpload {
		return &formUpload{fields: [][2]string{{"key", "drop/${filename}"}}, name: "f", file: "x"}
	}
	if got := w.post("data", form()); got.status != 403 || got.err.Message != "Access Denied" {
		t.Errorf("F241 private bucket: %d %s", got.status, got.body)
	}
	w.policy("data", `{"Effect":"Allow","Principal":"*","Action":"s3:PutObject","Resource":"arn:aws:s3:::data/drop/*"}`)
	if got := w.post("data", form()); got.status != 204 || w.get("data", "drop/f") != "x" {
		t.Errorf("F241 public bucket: %d %s", got.status, got.body)
	}
	u := form()
	u.set("key", "other")
	got := w.post("data", u)
	if got.status != 403 || w.get("data", "other") != "!NoSuchKey" {
		t.Errorf("F241 another key: %d %s", got.status, got.body)
	}
	if record, _ := w.trail.Get(got.err.RequestID); record == nil || record.Caller != "anonymous" {
		t.Errorf("record %+v", record)
	}
}
