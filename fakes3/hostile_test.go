package fakes3_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestHostileRequests sends, under a session that may do nothing but read and
// write public/, what has confused S3 fronts before. Each is answered with AWS's
// code for it, nothing secret comes back and nothing changes.
func TestHostileRequests(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, key := range []string{"secret/s", "../secret", "a/../secret/s", "..", "public"} {
		w.object("data", key, "TOP-SECRET")
	}
	w.bucket("other", account)
	w.object("other", "public/a.txt", "TOP-SECRET")
	c := w.role("limited", on("Allow", []string{"arn:aws:s3:::data/public/*"}, "s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:PutObjectTagging", "s3:AbortMultipartUpload"))
	upload := w.start("/data/secret/upload")
	before := w.fingerprint()
	const (
		denied  = "AccessDenied"
		twice   = "InvalidArgument"
		uri     = "InvalidURI"
		argued  = "InvalidArgument"
		unknown = "NotImplemented"
		method  = "MethodNotAllowed"
		bucket  = "InvalidBucketName"
		byHTTP  = "-" // net/http has refused it
	)
	for _, tt := range []struct{ request, headers, code string }{
		// Dots, slashes and their encodings are ordinary characters of a key.
		{"GET /data/public/../secret/s", "", denied}, // of a key that does not exist
		{"GET /data/public/%2e%2e/secret/s", "", denied},
		{"GET /data/public/..%2Fsecret/s", "", denied},
		{"GET /data/public%2F..%2Fsecret%2Fs", "", denied},
		{"GET /data/public/%252e%252e/secret/s", "", denied},
		{"GET /data/public/..%5csecret/s", "", denied},
		{"GET /data/a/../secret/s", "", denied},
		{"GET /data/..", "", denied},
		{"GET /data/%2e%2e", "", denied},
		{"GET /data/./secret/s", "", denied},
		{"GET /data//secret/s", "", denied},
		{"GET /data/%2Fsecret/s", "", denied},
		{"GET /data/secret%2fs", "", denied},
		{"GET /data/secret/s/", "", denied},
		{"GET /data/secret/s%00", "", denied},
		{"GET /data/secret/s%0d%0a", "", denied},
		{"GET /data/public", "", denied},
		{"GET /data/public/a.txt/../../secret/s", "", denied},
		{"GET /data/public/a.txt;/secret/s", "", denied},
		{"GET /data/%E2%80%A5/secret/s", "", denied},
		{"GET /data/public/%c0%ae%c0%ae/secret/s", "", uri}, // overlong dots are not UTF-8
		{"GET /data/%zz", "", byHTTP},
		{"GET /data/%", "", byHTTP},
		{"GET //data/secret/s", "", uri},
		{"GET /%2Fdata/secret/s", "", bucket},
		{"GET /data%2Fsecret%2Fs", "", bucket},
		{"GET /data%00/secret/s", "", bucket},
		{"GET /DATA/secret/s", "", bucket},
		{"GET /./data/secret/s", "", bucket},
		{"GET /../data/secret/s", "", bucket},
		{"GET /%2e%2e/data/secret/s", "", bucket},
		{"GET /public/../data/secret/s", "", "NoSuchBucket"},
		{"GET /data.s3.localhost/secret/s", "", "NoSuchBucket"},
		{"DELETE /data/public/../secret/s", "", ""}, // the key public/../secret/s, of which there is none
		{"PUT /data/secret/../public/a.txt", "", denied},

		// Parameters twice, in another case, of other operations.
		{"GET /data/public/a.txt?versionId=null&versionId=x", "", twice},
		{"GET /data/public/a.txt?versionId=x&versionid=y", "", argued},
		{"GET /data/public/a.txt?VersionId=null", "", argued},
		{"GET /data/public/a.txt?versionId=", "", argued},
		{"GET /data/public/a.txt?response-content-type=a&response-content-type=b", "", twice},
		{"GET /data/public/a.txt?%72esponse-content-type=a&response-content-type=b", "", twice},
		{"GET /data/public/a.txt?partNumber=1&partNumber=2", "", twice},
		{"GET /data/public/a.txt?uploadId=" + upload, "", denied}, // ListParts
		{"GET /data/public/a.txt?acl&tagging", "", argued},
		{"GET /data/public/a.txt?ACL", "", argued},
		{"GET /data/public/a.txt?Acl=", "", argued},
		{"PUT /data/public/a.txt?ACL", "", argued},
		{"PUT /data/public/a.txt?%41CL", "", argued},
		{"PUT /data/public/a.txt?Tagging", "", argued},
		{"DELETE /data/public/a.txt?Tagging", "", argued},
		{"DELETE /data/public/a.txt?tagging=x&tagging=y", "", twice},
		{"DELETE /data/public/a.txt?uploadid=1", "", argued},
		{"DELETE /data/public/a.txt?policy", "", method},
		{"DELETE /data/public/a.txt?uploads", "", method},
		{"PUT /data/public/a.txt?policy", "", method},
		{"PUT /data/public/a.txt?partNumber=1", "", argued},
		{"PUT /data/public/a.txt?partNumber=1&uploadId=" + upload, "", "NoSuchUpload"}, // of another key
		{"POST /data/public/a.txt?uploadId=" + upload, "", "NoSuchUpload"},
		{"DELETE /data/public/a.txt?uploadId=" + upload, "", "NoSuchUpload"},
		{"DELETE /data/secret/upload?uploadId=" + upload, "", denied},
		{"PUT /data/public/a.txt?append", "", argued},
		{"POST /data/public/a.txt", "", method},
		{"POST /data/public/a.txt?delete", "", method},
		{"POST /data/public/a.txt?select&select-type=3", "", method},
		{"GET /data?Policy", "", argued},
		{"DELETE /data?CORS", "", argued},
		{"DELETE /data?%70olicy", "", denied},
		{"DELETE /data?policy&policy", "", twice},
		{"DELETE /data?policy&cors", "", argued},
		{"DELETE /data?x", "", argued},
		{"DELETE /data/", "", denied},
		{"GET /data?location&policy", "", argued},
		{"GET /data/?policy", "", denied},
		{"GET /data?list-type=2&list-type=1", "", twice},
		{"GET /data?list-type=3", "", method},
		{"GET /data?prefix=public/&prefix=secret/", "", twice},
		{"POST /data", "", "PreconditionFailed"},
		{"POST /data?delete", "", "InvalidRequest"},
		{"PUT /data?versioning&x-id=PutObject", "", denied},

		// The name of an operation in x-id decides nothing, nor do other methods.
		{"GET /data/secret/s?x-id=PutObject", "", denied},
		{"DELETE /data/secret/s?x-id=GetObject", "", denied},
		{"GET /data/secret/s?x-amz-acl=private", "", denied},
		{"DELETE /data/secret/s", "X-HTTP-Method-Override: GET|X-Method-Override: GET|X-HTTP-Method: GET", denied},
		{"DELETE /data/secret/s?_method=GET", "", argued},
		{"POST /data/public/a.txt?_method=DELETE", "X-HTTP-Method-Override: DELETE", method},
		{"GET /data/secret/s", "X-Original-Url: /data/public/a.txt|X-Rewrite-Url: /data/public/a.txt|X-Forwarded-Host: other.s3.localhost|X-Forwarded-Prefix: /data/public", denied},
		{"DELETE /data", "X-Minio-Force-Delete: true", denied},
		{"TRACE /data/secret/s", "", method},
		{"get /data/secret/s", "", method},
		{"BREW /data/secret/s", "", method},
		{"PROPFIND /data/secret/s", "", method},

		// Headers that S3 does not have, or that ask for what is not here.
		{"GET /data/public/a.txt", "X-Amz-Unknown: 1", unknown},
		{"PUT /data/public/a.txt", "X-Amz-Meta-: 1", unknown},
		{"PUT /data/public/a.txt", "X-Amz-Write-Offset-Bytes: 0", unknown},
		{"PUT /data/public/a.txt", "X-Amz-Rename-Source: /data/secret/s", unknown},
		{"PUT /data/public/a.txt?renameObject", "X-Amz-Rename-Source: /data/secret/s", denied},
		{"PUT /data/public/a.txt?annotation", "", denied},
		{"PUT /data/public/a.txt", "X-Amz-Expected-Bucket-Owner: " + other, denied},

		// The source of a copy, written in every way.
		{"PUT /data/public/new", "X-Amz-Copy-Source: data/secret/s", denied},
		{"PUT /data/public/new", "X-Amz-Copy-Source: /data/secret/s", denied},
		{"PUT /data/public/new", "X-Amz-Copy-Source: data%2Fsecret%2Fs", denied},
		{"PUT /data/public/new", "X-Amz-Copy-Source: data/%73ecret/s", denied},
		{"PUT /data/public/new", "X-Amz-Copy-Source: data/public/../secret/s", denied},
		{"PUT /data/public/new", "X-Amz-Copy-Source: data/public/%2e%2e/secret/s", denied},
		{"PUT /data/public/new", "X-Amz-Copy-Source: data/public%2F..%2F..%2Fsecret%2Fs", denied},
		{"PUT /data/public/new", "X-Amz-Copy-Source: data/secret/s?versionId=null", denied},
		{"PUT /data/public/new", "X-Amz-Copy-Source: other/public/a.txt", denied},
		{"PUT /data/public/new", "X-Amz-Copy-Source: data//secret/s", denied},
		{"PUT /data/public/new", "X-Amz-Copy-Source: data/public/a.txt?versionId=null&x", argued},
		{"PUT /data/public/new", "X-Amz-Copy-Source: data/public/a.txt?versionid=null", argued},
		{"PUT /data/public/new", "X-Amz-Copy-Source: data/public/a.txt?acl", argued},
		{"PUT /data/public/new", "X-Amz-Copy-Source: data/public/a.txt?", argued},
		{"PUT /data/public/new", "X-Amz-Copy-Source: //data/secret/s", argued},
		{"PUT /data/public/new", "X-Amz-Copy-Source: data", argued},
		{"PUT /data/public/new", "X-Amz-Copy-Source: ../data/secret/s", argued},
		{"PUT /data/public/new", "X-Amz-Copy-Source: http://localhost/data/secret/s", argued},
		{"PUT /data/public/new", "X-Amz-Copy-Source: arn:aws:s3:::data/secret/s", argued},
		{"PUT /data/public/new", "X-Amz-Copy-Source: data/secret/s, data/public/a.txt", denied},
		{"PUT /data/public/new?x-amz-copy-source=data/secret/s", "", denied},
		{"PUT /data/public/new?x-amz-copy-source=data/secret/s", "X-Amz-Copy-Source: data/public/a.txt", "InvalidRequest"},
		{"PUT /data/public/new?x-amz-copy-source=data/public/a.txt&X-Amz-Copy-Source=data/secret/s", "", "InvalidRequest"},
		{"PUT /data/public/new?uploadId=" + upload + "&partNumber=1", "X-Amz-Copy-Source: data/secret/s", denied},
		{"GET /data/secret/s", "X-Amz-Copy-Source: data/public/a.txt", denied},
	} {
		verb, target, _ := strings.Cut(tt.request, " ")
		r := w.request(verb, target, "")
		for h := range strings.SplitSeq(tt.headers, "|") {
			if name, value, ok := strings.Cut(h, ": "); ok {
				r.Header.Set(name, value)
			}
		}
		got := w.do(c, r)
		if tt.code == byHTTP && got.status == 400 && got.err.Code == "" {
			continue
		}
		if strings.Contains(got.body, "TOP-SECRET") || got.err.Code != tt.code || tt.code != "" && got.status < 400 {
			t.Errorf("%s %s: %d %s", tt.request, tt.headers, got.status, got.body)
		}
		if now := w.fingerprint(); now != before {
			t.Fatalf("%s %s changed something", tt.request, tt.headers)
		}
	}
}

// TestRepeatedHeaders sends headers twice, which Go's client cannot do with
// Host and Content-Length.
func TestRepeatedHeaders(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, name := range []string{"Range", "X-Amz-Acl", "X-Amz-Copy-Source", "X-Amz-Tagging", "If-Match", "Content-Type", "X-Amz-Date", "X-Amz-Content-Sha256", "X-Amz-Expected-Bucket-Owner"} {
		r := w.request(http.MethodGet, "/data/public/a.txt", "")
		w.sign(w.root(), r)
		r.Header.Add(name, "a")
		r.Header.Add(name, "b")
		if got := w.send(r); got.status != 400 {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	for _, raw := range []string{
		"GET /data/public/a.txt HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
		"PUT /data/k HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxy",
		"PUT /data/k HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"GET data/public/a.txt HTTP/1.1\r\nHost: a\r\n\r\n",
		"GET * HTTP/1.1\r\nHost: a\r\n\r\n",
		"GET http://data.s3.localhost/public/a.txt HTTP/1.1\r\nHost: other.s3.localhost\r\n\r\n",
	} {
		conn, err := net.Dial("tcp", w.http.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.SetDeadline(w.clock.Now().Add(5 * time.Second))
		fmt.Fprint(conn, raw)
		line, _ := bufio.NewReader(conn).ReadString('\n')
		if !strings.Contains(line, " 4") && !strings.Contains(line, " 5") {
			t.Errorf("%q: %q", raw, line)
		}
		conn.Close()
	}
}
