package fakes3_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/catalogue"
)

// keys returns the context of the last denial.
func (w *world) keys() map[string]string {
	w.t.Helper()
	record, ok := w.trail.LastDenied()
	if !ok || len(record.Checks) == 0 {
		w.t.Fatalf("no denial with a context: %+v", record)
	}
	out := map[string]string{}
	for key, values := range record.Checks[len(record.Checks)-1].Decision.Explanation.Request.Context.All() {
		out[strings.ToLower(key)] = strings.Join(values, "|")
	}
	return out
}

// TestConditionKeys compares the keys that a denied request had.
func TestConditionKeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const absent = "(absent)"
	none := w.roleIn(account, "none", iam.Session{
		Name: "session", ProviderARN: "arn:aws:iam::111122223333:oidc-provider/issuer.example/id/1", Issuer: "issuer.example/id/1",
		Subject: "system:serviceaccount:prod:app", Audience: "sts.amazonaws.com", Tags: []iam.Tag{{Key: "team", Value: "red"}},
	})
	tests := []struct {
		name, method, target, header string
		want                         map[string]string
	}{
		{"session", "GET", "/data/public/a.txt", "Referer: r", map[string]string{
			"aws:PrincipalArn": "arn:aws:iam::111122223333:role/team/none", "aws:username": absent, "aws:PrincipalType": "AssumedRole", "aws:PrincipalTag/team": "red",
			"issuer.example/id/1:sub": "system:serviceaccount:prod:app", "issuer.example/id/1:aud": "sts.amazonaws.com", "sts:RoleSessionName": absent,
			"aws:MultiFactorAuthPresent": "false", "aws:MultiFactorAuthAge": absent, "aws:SecureTransport": "false", "aws:SourceIp": "127.0.0.1", "aws:RequestedRegion": region,
			"aws:ResourceAccount": account, "s3:ResourceAccount": account, "aws:Referer": "r", "aws:SourceVpce": absent, "aws:CalledVia": absent, "aws:SourceArn": absent,
			"aws:PrincipalServiceName": absent, "aws:ViaAWSService": "false", "aws:PrincipalIsAWSService": "false", "s3:authType": "REST-HEADER", "s3:signatureAge": absent,
			"s3:signatureversion": "AWS4-HMAC-SHA256", "s3:TlsVersion": absent, "aws:ResourceTag/stage": absent, "s3:x-amz-content-sha256": hash(""), "s3:prefix": absent,
		}},
		{"K139 forwarded", "GET", "/data/public/a.txt", "X-Forwarded-For: 203.0.113.9", map[string]string{"aws:SourceIp": "127.0.0.1", "aws:Referer": absent}},
		{"K150 no prefix", "GET", "/data", "", map[string]string{"s3:prefix": absent, "s3:max-keys": absent, "s3:delimiter": absent}},
		{"K150 empty prefix", "GET", "/data?prefix=&delimiter=%2F", "", map[string]string{"s3:prefix": "", "s3:delimiter": "/"}},
		{"K151 max-keys", "GET", "/data?list-type=2&max-keys=5", "", map[string]string{"s3:max-keys": "5"}},
		{"K154 copy source raw", "PUT", "/data/k", "X-Amz-Copy-Source: /data/p%75blic/a.txt", map[string]string{"s3:x-amz-copy-source": "/data/p%75blic/a.txt", "s3:x-amz-metadata-directive": absent}},
		{"K155 directive", "PUT", "/data/k", "X-Amz-Metadata-Directive: REPLACE", map[string]string{"s3:x-amz-metadata-directive": absent}},
		{"K156 encryption", "PUT", "/data/k", "", map[string]string{"s3:x-amz-server-side-encryption": absent, "s3:ObjectCreationOperation": "true", "s3:x-amz-acl": absent}},
		{"no lock", "PUT", "/data/k", "", map[string]string{"s3:object-lock-mode": absent, "s3:object-lock-retain-until-date": absent, "s3:object-lock-remaining-retention-days": absent, "s3:object-lock-legal-hold": absent}},
		{"no date", "PUT", "/data/k", "X-Amz-Object-Lock-Retain-Until-Date: soon", map[string]string{"s3:object-lock-retain-until-date": "soon", "s3:object-lock-remaining-retention-days": absent}},
		{"encryption given", "PUT", "/data/k", "X-Amz-Server-Side-Encryption: aws:kms", map[string]string{"s3:x-amz-server-side-encryption": "aws:kms"}},
		{"K159 part", "PUT", "/data/k?uploadId=1&partNumber=1", "", map[string]string{"s3:ObjectCreationOperation": "false", "s3:if-none-match": absent}},
		{"K159 create upload", "POST", "/data/k?uploads", "", map[string]string{"s3:ObjectCreationOperation": "false"}},
		{"K159 complete", "POST", "/data/k?uploadId=1", "If-None-Match: *", map[string]string{"s3:ObjectCreationOperation": "true", "s3:if-none-match": "*"}},
		{"K160 version", "GET", "/data/public/a.txt?versionId=null", "", map[string]string{"s3:versionid": "null"}},
		{"no version of a hold", "GET", "/data/public/a.txt?legal-hold&versionId=null", "", map[string]string{"s3:versionid": absent}},
		{"acl of a bucket", "PUT", "/data?acl", "X-Amz-Acl: public-read", map[string]string{"s3:x-amz-acl": "public-read"}},
		{"acl of a new bucket", "PUT", "/new-bucket", "X-Amz-Grant-Read: id=x", map[string]string{"s3:x-amz-grant-read": "id=x"}},
		{"acl of an object", "PUT", "/data/public/a.txt?acl&versionId=null", "X-Amz-Acl: public-read", map[string]string{"s3:x-amz-acl": "public-read", "s3:versionid": "null"}},
		{"acl", "PUT", "/data/k", "X-Amz-Acl: public-read", map[string]string{"s3:x-amz-acl": "public-read"}},
		{"hoisted acl", "PUT", "/data/k?x-amz-acl=public-read", "", map[string]string{"s3:x-amz-acl": "public-read"}},
		{"storage class", "PUT", "/data/k", "X-Amz-Storage-Class: STANDARD_IA", map[string]string{"s3:x-amz-storage-class": "STANDARD_IA"}},
		{"ownership", "PUT", "/new-bucket", "X-Amz-Object-Ownership: ObjectWriter", map[string]string{"s3:x-amz-object-ownership": "ObjectWriter", "s3:locationconstraint": absent}},
		{"uploads prefix", "GET", "/data?uploads&prefix=x", "", map[string]string{"s3:prefix": absent}},
	}
	for _, tt := range tests {
		r := w.request(tt.method, tt.target, "")
		if name, value, ok := strings.Cut(tt.header, ": "); ok {
			r.Header.Set(name, value)
		}
		if got := w.do(none, r); got.status != 403 {
			t.Errorf("%s: %d %s", tt.name, got.status, got.body)
			continue
		}
		keys, got := w.keys(), map[string]string{}
		for name := range tt.want {
			value, ok := keys[strings.ToLower(name)]
			if !ok {
				value = absent
			}
			got[name] = value
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

// TestAccountOfResource: a resource is of the account that owns the bucket,
// whoever asks; where there is no bucket, it is the caller's.
func TestAccountOfResource(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stranger := w.roleIn(other, "none", iam.Session{Name: "session"})
	for _, tt := range []struct {
		name, target string
		c            creds
		want         string
	}{
		{"another account", "/data/k", stranger, account},
		{"no bucket", "/", stranger, other},
		{"nobody", "/data/k", creds{}, account},
	} {
		if got := w.call(tt.c, http.MethodGet, tt.target); got.status != 403 {
			t.Errorf("%s: %d %s", tt.name, got.status, got.body)
		}
		if keys := w.keys(); keys["aws:resourceaccount"] != tt.want || keys["s3:resourceaccount"] != tt.want {
			t.Errorf("%s: %v", tt.name, keys)
		}
	}
	if payload, ok := w.keys()["s3:x-amz-content-sha256"]; ok {
		t.Errorf("nobody signs %q", payload)
	}
}

// TestTLSKeys is K138 and K162 over https, and K152 and K153 for a presigned
// URL that ages.
func TestTLSKeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	none := w.role("none")
	r := w.request(http.MethodGet, "/data/public/a.txt", "")
	seen := received(r)
	w.signer(none).Presign(seen, 600e9, w.clock.Now())
	w.clock.Advance(90e9)
	r.URL.Scheme, r.URL.RawQuery = "https", seen.URL.RawQuery
	r.URL.Host = w.tls.Listener.Addr().String()
	response, err := w.tls.Client().Transport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	keys := w.keys()
	if keys["aws:securetransport"] != "true" || keys["s3:tlsversion"] != "1.3" || keys["s3:authtype"] != "REST-QUERY-STRING" || len(keys["s3:signatureage"]) != 5 {
		t.Errorf("%d %v", response.StatusCode, keys)
	}
}

// TestCreateBucketBody has the body of CreateBucket in its context.
func TestCreateBucketBody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	body := "<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint><Tags><Tag><Key>a</Key><Value>b</Value></Tag></Tags></CreateBucketConfiguration>"
	w.do(w.role("none"), w.request(http.MethodPut, "/new-bucket", body))
	if keys := w.keys(); keys["s3:locationconstraint"] != region || keys["aws:requesttag/a"] != "b" || keys["aws:tagkeys"] != "a" {
		t.Errorf("%v", keys)
	}
	if got := w.do(w.role("half", allow("s3:CreateBucket")), w.request(http.MethodPut, "/new-bucket", body)); got.status != 403 || !strings.Contains(got.err.Message, "s3:TagResource") {
		t.Errorf("tags without TagResource: %d %s", got.status, got.body)
	}
	if got := w.do(w.role("all", allow("s3:*")), w.request(http.MethodPut, "/new-bucket", body)); got.status != 200 || got.header.Get("Location") != "http://new-bucket.s3.amazonaws.com/" {
		t.Errorf("%d %s", got.status, got.body)
	}
	if got := w.call(w.root(), http.MethodGet, "/new-bucket?tagging"); !strings.Contains(got.body, "<Key>a</Key><Value>b</Value>") {
		t.Errorf("tags: %s", got.body)
	}
}

// TestUploadPartInherits: a policy that wants encryption is satisfied by the
// parts of an upload that was started with it.
func TestUploadPartInherits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.role("sse", `{"Effect":"Allow","Action":"s3:PutObject","Resource":"*","Condition":{"StringEquals":{"s3:x-amz-server-side-encryption":"AES256"}}}`)
	if got := w.do(c, w.request(http.MethodPut, "/data/k", "x")); got.status != 403 {
		t.Errorf("without the header: %d", got.status)
	}
	r := w.request(http.MethodPost, "/data/k?uploads", "")
	r.Header.Set("X-Amz-Server-Side-Encryption", "AES256")
	_, rest, _ := strings.Cut(w.do(c, r).body, "<UploadId>")
	id, _, _ := strings.Cut(rest, "</UploadId>")
	if got := w.do(c, w.request(http.MethodPut, "/data/k?partNumber=1&uploadId="+id, "x")); got.status != 200 {
		t.Errorf("part: %d %s", got.status, got.body)
	}
	if got := w.do(c, w.request(http.MethodPut, "/data/other?partNumber=1&uploadId="+id, "x")); got.status != 403 {
		t.Errorf("part of another key: %d %s", got.status, got.body)
	}
}

// TestKeysOfActions: an action has no condition key of S3 but those that the
// service authorization reference lists for it, whatever the request says.
func TestKeysOfActions(t *testing.T) {
	t.Parallel()
	w := newWorld(t, audit)
	w.do(w.root(), w.md5(w.request(http.MethodPut, "/data?tagging", "<Tagging><TagSet><Tag><Key>team</Key><Value>red</Value></Tag></TagSet></Tagging>")))
	w.do(w.root(), w.md5(w.request(http.MethodPut, "/data?abac", "<AbacStatus><Status>Enabled</Status></AbacStatus>")))
	w.do(w.root(), w.md5(w.request(http.MethodPut, "/data/public/a.txt?tagging", "<Tagging><TagSet><Tag><Key>color</Key><Value>blue</Value></Tag></TagSet></Tagging>")))
	id := w.start("/data/public/a.txt")
	none := w.role("none")
	headers := pairs("X-Amz-Acl: private", "X-Amz-Tagging: stage=prod", "X-Amz-Storage-Class: STANDARD_IA", "X-Amz-Server-Side-Encryption: aws:kms", "If-Match: x",
		"X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id: k", "X-Amz-Website-Redirect-Location: /x", "X-Amz-Object-Lock-Mode: GOVERNANCE", "X-Amz-Object-Lock-Legal-Hold: ON",
		"X-Amz-Object-Lock-Retain-Until-Date: 2106-01-01T00:00:00Z", "X-Amz-Metadata-Directive: REPLACE", "X-Amz-Object-Ownership: ObjectWriter")
	targets := []string{"/", "/data", "/new-bucket", "/data?list-type=2&prefix=a&delimiter=/&max-keys=1", "/data?versions&prefix=a&max-keys=1", "/data?uploads&prefix=a", "/data?delete", "/data/public/a.txt?versionId=null"}
	targets = append(targets, "/data/public/a.txt?uploads", "/data/public/a.txt?uploadId="+id, "/data/public/a.txt?partNumber=1&uploadId="+id, "/data/public/a.txt?restore", "/data/public/a.txt")
	for _, sub := range subResources {
		targets = append(targets, "/data?"+sub, "/data/public/a.txt?"+sub, "/data/public/a.txt?versionId=null&"+sub)
	}
	asked := map[string]bool{}
	for _, target := range targets {
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPut, http.MethodPost, http.MethodDelete} {
			for _, source := range []string{"", "X-Amz-Copy-Source: data/public/a.txt", "X-Amz-Copy-Source: data/public/a.txt?versionId=null"} {
				r := w.request(method, target, "")
				for header := append(pairs(source), headers...); len(header) > 0; header = header[2:] {
					r.Header.Set(header[0], header[1])
				}
				got := w.do(none, w.md5(r))
				record, ok := w.trail.Get(got.header.Get("X-Amz-Request-Id"))
				if !ok {
					t.Fatalf("%s %s: no record", method, target)
				}
				for _, check := range record.Checks {
					request := check.Decision.Explanation.Request
					asked[request.Action] = true
					for key := range request.Context.All() {
						service := strings.HasPrefix(key, "s3:") || strings.HasPrefix(key, "aws:ResourceTag/") || strings.HasPrefix(key, "aws:RequestTag/") || key == "aws:TagKeys"
						if service && strings.HasPrefix(request.Action, "s3:") && !catalogue.Takes(request.Action, key) {
							t.Errorf("%s %s: %s has %s", method, target, request.Action, key)
						}
					}
				}
			}
		}
	}
	if len(asked) < 80 {
		t.Errorf("only %d actions were asked", len(asked))
	}
}
