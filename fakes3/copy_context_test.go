package fakes3_test

import (
	"net/http"
	"testing"
	"time"
)

// TestCopySourceOfCopiesAlone: a policy that allows nothing but copies lets nobody
// store bytes of their own, whatever the request says of a source.
func TestCopySourceOfCopiesAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const source = "x-amz-copy-source"
	c := w.role("copier", allow("s3:GetObject"), `{"Effect":"Allow","Action":"s3:PutObject","Resource":"*","Condition":{"StringLike":{"s3:x-amz-copy-source":"data/public/*"}}}`)
	if got := w.with(c, http.MethodPut, "/data/copy", "", source, "data/public/a.txt"); got.status != 200 {
		t.Errorf("copy: %d %s", got.status, got.body)
	}
	if got := w.with(c, http.MethodPost, "/data/own?uploads", "", source, "data/public/a.txt"); got.status != 403 {
		t.Errorf("upload: %d %s", got.status, got.body)
	}
	for name, tt := range map[string]struct {
		c    creds
		want int
	}{"copier": {c, 501}, "root": {w.root(), 501}} {
		u := &formUpload{fields: [][2]string{{"key", "own"}, {source, "data/public/a.txt"}}, file: "own", name: "f"}
		w.signForm(tt.c, u, time.Minute, `{"bucket":"data"}`, anyKey)
		if got := w.post("data", u); got.status != tt.want || w.get("data", "own") != "!NoSuchKey" {
			t.Errorf("form of %s: %d %s", name, got.status, got.body)
		}
	}
	id := w.start("/data/own")
	if got := w.with(c, http.MethodPut, "/data/own?partNumber=1&uploadId="+id, "own"); got.status != 403 {
		t.Errorf("part: %d %s", got.status, got.body)
	}
	if got := w.with(c, http.MethodPut, "/data/own?partNumber=1&uploadId="+id, "", source, "data/public/a.txt"); got.status != 200 {
		t.Errorf("copied part: %d %s", got.status, got.body)
	}
}

// TestCopiedTagsAreNotRequested: the tags of the header are those of the request
// only where they are stored.
func TestCopiedTagsAreNotRequested(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.with(w.root(), http.MethodPut, "/data/tagged", "x", "X-Amz-Tagging", "team=b")
	w.with(w.root(), http.MethodPut, "/data/bare", "x")
	only := w.role("only", allow("s3:GetObject", "s3:GetObjectTagging"),
		`{"Effect":"Allow","Action":["s3:PutObject","s3:PutObjectTagging"],"Resource":"*","Condition":{"StringEquals":{"s3:RequestObjectTag/team":"a"}}}`)
	untagged := w.role("untagged", allow("s3:GetObject", "s3:PutObject"))
	for _, tt := range []struct {
		name   string
		c      creds
		source string
		header []string
		want   int
	}{
		{"tags of the source", only, "data/tagged", []string{"X-Amz-Tagging", "team=a"}, 403},
		{"no tags of the source", only, "data/bare", []string{"X-Amz-Tagging", "team=a"}, 403},
		{"said to be copied", only, "data/bare", []string{"X-Amz-Tagging", "team=a", "X-Amz-Tagging-Directive", "COPY"}, 403},
		{"replaced", only, "data/tagged", []string{"X-Amz-Tagging", "team=a", "X-Amz-Tagging-Directive", "REPLACE"}, 200},
		{"replaced by others", only, "data/tagged", []string{"X-Amz-Tagging", "team=b", "X-Amz-Tagging-Directive", "REPLACE"}, 403},
		{"a header without effect", untagged, "data/bare", []string{"X-Amz-Tagging", "team=a"}, 200},
		{"a malformed header", untagged, "data/bare", []string{"X-Amz-Tagging", "team=a=b"}, 400},
	} {
		if got := w.with(tt.c, http.MethodPut, "/data/dst", "", append(tt.header, "X-Amz-Copy-Source", tt.source)...); got.status != tt.want {
			t.Errorf("%s: %d %s", tt.name, got.status, got.body)
		}
	}
}

// TestUploadKeepsItsContext: parts and their end are judged by what the upload was
// begun with, which is what is stored.
func TestUploadKeepsItsContext(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const class = "X-Amz-Storage-Class"
	c := w.role("strict", allow("s3:PutObject"), `{"Effect":"Deny","Action":"s3:PutObject","Resource":"*","Condition":{"Bool":{"s3:ObjectCreationOperation":"true"},"StringNotEquals":{"s3:x-amz-storage-class":"GLACIER_IR"}}}`,
		`{"Effect":"Deny","Action":"s3:PutObject","Resource":"*","Condition":{"Bool":{"s3:ObjectCreationOperation":"true"},"StringNotEquals":{"s3:x-amz-server-side-encryption":"aws:kms"}}}`)
	claims := []string{class, "GLACIER_IR", sse, "aws:kms"}
	for _, tt := range []struct {
		name         string
		begun, ended []string
		want         int
	}{
		{"nothing", nil, nil, 403},
		{"claimed at the end", nil, claims, 403},
		{"claimed in part", claims[:2], claims, 403},
		{"begun with", claims, nil, 200},
		{"begun with and denied later", claims, []string{class, "STANDARD", sse, "AES256"}, 200},
	} {
		id := all(w.with(w.root(), http.MethodPost, "/data/m?uploads", "", tt.begun...).body, "UploadId")[0]
		part := w.with(c, http.MethodPut, "/data/m?partNumber=1&uploadId="+id, "x")
		body := complete(part.header.Get("Etag"), "")
		if got := w.with(c, http.MethodPost, "/data/m?uploadId="+id, body, tt.ended...); got.status != tt.want {
			t.Errorf("%s: %d %s", tt.name, got.status, got.body)
		}
	}
}

// TestDeleteUnlessThere: a delete has no such condition, which would tell who may
// only delete whether there is an object.
func TestDeleteUnlessThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.role("deleter", allow("s3:DeleteObject"))
	for _, target := range []string{"/data/public/a.txt", "/data/none"} {
		if got := w.with(c, http.MethodDelete, target, "", "If-None-Match", "*"); got.status != 501 || got.err.Code != "NotImplemented" {
			t.Errorf("%s: %d %s", target, got.status, got.body)
		}
	}
	if got := w.get("data", "public/a.txt"); got == "!NoSuchKey" {
		t.Error("it was deleted")
	}
}

// TestFormKeyIsText: a key is UTF-8, also in a form.
func TestFormKeyIsText(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := &formUpload{fields: [][2]string{{"key", "a\xff"}}, file: "x", name: "f"}
	w.signForm(w.root(), u, time.Minute, `{"bucket":"data"}`, anyKey)
	if got := w.post("data", u); got.status != 400 || got.err.Code != "InvalidArgument" {
		t.Errorf("%d %s", got.status, got.body)
	}
}
