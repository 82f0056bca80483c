package fakes3_test

import (
	"net/http"
	"strings"
	"testing"
)

const (
	sse, sseKeyID = "X-Amz-Server-Side-Encryption", "X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id"
	bucketKey     = "X-Amz-Server-Side-Encryption-Bucket-Key-Enabled"
	kmsKey        = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
	theirKey      = "arn:aws:kms:eu-west-1:444455556666:key/1234abcd-12ab-34cd-56ef-1234567890ab"
)

// TestEncryptionHeaders: what a client asks for is echoed, stored and answered.
func TestEncryptionHeaders(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	root := w.root()
	for _, tt := range []struct {
		name   string
		header []string
		want   string // the algorithm and the key, or an error
	}{
		{"nothing", nil, "AES256 "},
		{"SSE-S3", []string{sse, "AES256"}, "AES256 "},
		{"KMS with a key", []string{sse, "aws:kms", sseKeyID, kmsKey}, "aws:kms " + kmsKey},
		{"KMS with an id", []string{sse, "aws:kms", sseKeyID, "1234abcd-12ab-34cd-56ef-1234567890ab"}, "aws:kms " + kmsKey},
		{"KMS with an alias", []string{sse, "aws:kms", sseKeyID, "alias/mine"}, "aws:kms arn:aws:kms:eu-west-1:111122223333:alias/mine"},
		{"dual", []string{sse, "aws:kms:dsse", sseKeyID, kmsKey}, "aws:kms:dsse " + kmsKey},
		{"unknown", []string{sse, "KMS"}, "InvalidArgument The encryption method specified is not supported"},
		{"key without KMS", []string{sse, "AES256", sseKeyID, kmsKey}, "InvalidArgument Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms"},
		{"key alone", []string{sseKeyID, kmsKey}, "InvalidArgument Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms"},
	} {
		got := w.with(root, http.MethodPut, "/data/k", "x", tt.header...)
		if got.status != 200 {
			if got.err.Code+" "+got.err.Message != tt.want {
				t.Errorf("%s: %d %s", tt.name, got.status, got.body)
			}
			continue
		}
		for _, h := range []http.Header{got.header, w.call(root, http.MethodGet, "/data/k").header, w.call(root, http.MethodHead, "/data/k").header} {
			if seen := h.Get(sse) + " " + h.Get(sseKeyID); seen != tt.want {
				t.Errorf("%s: %q, want %q", tt.name, seen, tt.want)
			}
		}
	}
	got := w.with(root, http.MethodPut, "/data/k", "x", sse, "aws:kms")
	managed := got.header.Get(sseKeyID)
	if !strings.HasPrefix(managed, "arn:aws:kms:eu-west-1:111122223333:key/") || managed == kmsKey {
		t.Errorf("managed key %q", managed)
	}
	w.do(root, w.request(http.MethodPut, "/data?encryption", "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>"+kmsKey+"</KMSMasterKeyID></ApplyServerSideEncryptionByDefault><BucketKeyEnabled>true</BucketKeyEnabled></Rule></ServerSideEncryptionConfiguration>"))
	for name, tt := range map[string]struct {
		header []string
		want   string
	}{"default": {nil, "aws:kms " + kmsKey + " true"}, "overridden": {[]string{sse, "AES256"}, "AES256  "}, "key of the default": {[]string{sse, "aws:kms"}, "aws:kms " + kmsKey + " true"},
		"default without bucket key": {[]string{bucketKey, "false"}, "aws:kms " + kmsKey + " "}, "KMS without bucket key": {[]string{sse, "aws:kms", bucketKey, "false"}, "aws:kms " + kmsKey + " "}} {
		h := w.with(root, http.MethodPut, "/data/k", "x", tt.header...).header
		if seen := h.Get(sse) + " " + h.Get(sseKeyID) + " " + h.Get(bucketKey); seen != tt.want {
			t.Errorf("%s of the bucket: %q, want %q", name, seen, tt.want)
		}
	}
	// A default is not in the request, so it is no condition key (K156).
	c := w.role("sse", `{"Effect":"Allow","Action":["s3:PutObject","kms:*"],"Resource":"*","Condition":{"StringEqualsIfExists":{"s3:x-amz-server-side-encryption":"AES256"}}}`)
	if got := w.do(c, w.request(http.MethodPut, "/data/k", "x")); got.status != 200 || got.header.Get(sse) != "aws:kms" {
		t.Errorf("default: %d %v", got.status, got.header)
	}
}

// TestKeysAreAuthorized: an object under a key of KMS is for who may use the key
// too.
func TestKeysAreAuthorized(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	root := w.root()
	if got := w.with(root, http.MethodPut, "/data/k", "secret", sse, "aws:kms", sseKeyID, kmsKey); got.status != 200 {
		t.Fatal(got.body)
	}
	w.with(root, http.MethodPut, "/data/managed", "managed", sse, "aws:kms")
	plain := w.role("plain", allow("s3:*"))
	via := w.role("via", allow("s3:*"), `{"Effect":"Allow","Action":["kms:Decrypt","kms:GenerateDataKey"],"Resource":"`+kmsKey+`","Condition":{"Bool":{"aws:ViaAWSService":"true"},"StringEquals":{"kms:ViaService":"s3.eu-west-1.amazonaws.com","kms:CallerAccount":"`+account+`"},"ForAnyValue:StringEquals":{"kms:EncryptionContextKeys":"aws:s3:arn"},"StringLike":{"kms:EncryptionContext:aws:s3:arn":"arn:aws:s3:::data/*"}}}`)
	writer := w.role("writer", allow("s3:*"), on("Allow", []string{kmsKey}, "kms:GenerateDataKey"))
	reader := w.role("reader", allow("s3:*"), on("Allow", []string{kmsKey}, "kms:Decrypt"))
	const decrypt = `is not authorized to perform: kms:Decrypt on resource: ` + kmsKey + ` because no identity-based policy allows the kms:Decrypt action`
	const generate = `is not authorized to perform: kms:GenerateDataKey on resource: ` + kmsKey + ` because no identity-based policy allows the kms:GenerateDataKey action`
	for _, tt := range []struct {
		name, method, target string
		c                    creds
		header               []string
		denial               string
	}{
		{"get", "GET", "/data/k", plain, nil, decrypt},
		{"get with the key", "GET", "/data/k", reader, nil, ""},
		{"get by way of S3", "GET", "/data/k", via, nil, ""},
		{"get of a managed key", "GET", "/data/managed", plain, nil, ""},
		{"put", "PUT", "/data/new", plain, []string{sse, "aws:kms", sseKeyID, kmsKey}, generate},
		{"put by a reader", "PUT", "/data/new", reader, []string{sse, "aws:kms", sseKeyID, kmsKey}, generate},
		{"put by way of S3", "PUT", "/data/new", via, []string{sse, "aws:kms", sseKeyID, kmsKey}, ""},
		{"copy", "PUT", "/data/copy", plain, []string{"X-Amz-Copy-Source", "data/k"}, decrypt},
		{"copy with the key", "PUT", "/data/copy", reader, []string{"X-Amz-Copy-Source", "data/k"}, ""},
		{"put by a writer", "PUT", "/data/new", writer, []string{sse, "aws:kms", sseKeyID, kmsKey}, ""},
		{"upload", "POST", "/data/multi?uploads", reader, []string{sse, "aws:kms", sseKeyID, kmsKey}, generate},
		{"upload by a writer", "POST", "/data/multi?uploads", writer, []string{sse, "aws:kms", sseKeyID, kmsKey}, decrypt},
		{"tags", "GET", "/data/k?tagging", plain, []string{"X-Amz-Checksum-Mode", "ENABLED"}, ""},
		{"another account's key", "PUT", "/data/new", w.role("any", allow("*")), []string{sse, "aws:kms", sseKeyID, theirKey}, "Access Denied"},
	} {
		got := w.with(tt.c, tt.method, tt.target, "", tt.header...)
		if tt.denial == "" && got.status != 200 || tt.denial != "" && (got.status != 403 || got.err.Code != "AccessDenied" || !strings.HasSuffix(got.err.Message, tt.denial)) {
			t.Errorf("%s: %d %s", tt.name, got.status, got.body)
		}
	}
	if a, b := w.call(plain, http.MethodHead, "/data/k"), w.with(plain, http.MethodHead, "/data/k", "", "X-Amz-Checksum-Mode", "ENABLED"); a.status != 200 || b.status != 403 {
		t.Errorf("head: %d, with checksum %d", a.status, b.status)
	}
	// Parts are under the key that the upload was begun with.
	id := all(w.with(root, http.MethodPost, "/data/multi?uploads", "", sse, "aws:kms", sseKeyID, kmsKey).body, "UploadId")[0]
	if got := w.with(plain, http.MethodPut, "/data/multi?partNumber=1&uploadId="+id, "x"); !strings.HasSuffix(got.err.Message, generate) {
		t.Errorf("part: %d %s", got.status, got.body)
	}
	part := w.with(via, http.MethodPut, "/data/multi?partNumber=1&uploadId="+id, "x")
	if part.status != 200 || part.header.Get(sseKeyID) != kmsKey {
		t.Errorf("part by way of S3: %d %v", part.status, part.header)
	}
	whole := complete(part.header.Get("ETag"), "")
	if got := w.with(writer, http.MethodPut, "/data/multi?partNumber=1&uploadId="+id, "x"); !strings.HasSuffix(got.err.Message, decrypt) {
		t.Errorf("part by a writer: %d %s", got.status, got.body)
	}
	if got := w.with(writer, http.MethodPost, "/data/multi?uploadId="+id, whole); !strings.HasSuffix(got.err.Message, decrypt) {
		t.Errorf("complete by a writer: %d %s", got.status, got.body)
	}
	if got := w.with(reader, http.MethodPost, "/data/multi?uploadId="+id, whole); got.status != 200 {
		t.Errorf("complete by a reader: %d %s", got.status, got.body)
	}
	id = all(w.with(root, http.MethodPost, "/data/multi?uploads", "", sse, "aws:kms", sseKeyID, kmsKey).body, "UploadId")[0]
	if got := w.call(plain, http.MethodDelete, "/data/multi?uploadId="+id); got.status != 204 {
		t.Errorf("abort needs no key: %d %s", got.status, got.body)
	}
}

// TestKeyOfSource: the source of a copy is decrypted in the context of its own
// bucket, not of the one it is copied to.
func TestKeyOfSource(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.bucket("mine", account)
	w.with(w.root(), http.MethodPut, "/data/k", "secret", sse, "aws:kms", sseKeyID, kmsKey, "X-Amz-Server-Side-Encryption-Bucket-Key-Enabled", "true")
	w.with(w.root(), http.MethodPut, "/data/managed", "managed", sse, "aws:kms")
	for bucket, want := range map[string]int{"mine": 403, "data": 200} {
		c := w.role("of-"+bucket, allow("s3:*"), `{"Effect":"Allow","Action":"kms:*","Resource":"*","Condition":{"StringEquals":{"kms:EncryptionContext:aws:s3:arn":"arn:aws:s3:::`+bucket+`"}}}`)
		if got := w.with(c, http.MethodPut, "/mine/copy", "", "X-Amz-Copy-Source", "data/k"); got.status != want {
			t.Errorf("key of %s: %d %s", bucket, got.status, got.body)
		}
	}
	// The managed key is that of the source's owner, for the owner's account alone.
	w.bucket("theirs", other)
	w.policy("data", everybody("Allow", "data", "s3:*"))
	stranger := creds{"other", "other", ""}
	theirs := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"` + account + `"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::theirs/*"}}`
	if got := w.with(stranger, http.MethodPut, "/theirs?policy", theirs); got.status != 204 {
		t.Fatal(got.body)
	}
	for _, tt := range []struct {
		name, method, target string
		c                    creds
		header               []string
		want                 int
	}{
		{"copy to another account", "PUT", "/theirs/copy", w.role("plain", allow("s3:*")), []string{"X-Amz-Copy-Source", "data/managed"}, 200},
		{"copy by another account", "PUT", "/theirs/copy", stranger, []string{"X-Amz-Copy-Source", "data/managed"}, 403},
		{"get by another account", "GET", "/data/managed", stranger, nil, 403},
		{"get by nobody", "GET", "/data/managed", creds{}, nil, 403},
		{"put by another account", "PUT", "/data/managed", stranger, []string{sse, "aws:kms"}, 403},
	} {
		if got := w.with(tt.c, tt.method, tt.target, "", tt.header...); got.status != tt.want {
			t.Errorf("%s: %d %s", tt.name, got.status, got.body)
		}
	}
}

// TestCustomerKeys: keys of customers (SSE-C) are refused, as by every new bucket.
func TestCustomerKeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const algorithm = "X-Amz-Server-Side-Encryption-Customer-Algorithm"
	if got := w.with(w.root(), http.MethodPut, "/data/k", "x", algorithm, "AES256"); got.status != 403 || got.err.Code != "AccessDenied" {
		t.Errorf("blocked: %d %s", got.status, got.body)
	}
	if got := w.with(w.root(), http.MethodGet, "/data/public/a.txt", "", algorithm, "AES256"); got.status != 400 || got.err.Message != "The encryption parameters are not applicable to this object." {
		t.Errorf("read: %d %s", got.status, got.body)
	}
	w.do(w.root(), w.request(http.MethodPut, "/data?encryption", "<ServerSideEncryptionConfiguration><Rule><BlockedEncryptionTypes><EncryptionType>NONE</EncryptionType></BlockedEncryptionTypes></Rule></ServerSideEncryptionConfiguration>"))
	if got := w.with(w.root(), http.MethodPut, "/data/k", "x", algorithm, "AES256"); got.status != 501 || w.get("data", "k") != "!NoSuchKey" {
		t.Errorf("not blocked: %d %s", got.status, got.body)
	}
}
