package fakes3_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// assembled uploads the parts, which all but the last are large.
func (w *world) assembled(target, algorithm string, parts ...string) {
	w.t.Helper()
	header := ""
	if algorithm != "" {
		header = "X-Amz-Checksum-Algorithm: " + algorithm
	}
	id, _ := w.begin(target, header)
	var list [][3]string
	for i, part := range parts {
		element, sent := "", ""
		if algorithm != "" {
			sum := b64sum(algorithm, part)
			sent, element = "X-Amz-Checksum-"+algorithm+": "+sum, "<Checksum"+algorithm+">"+sum+"</Checksum"+algorithm+">"
		}
		got := w.with(w.root(), http.MethodPut, fmt.Sprintf("%s?partNumber=%d&uploadId=%s", target, i+1, id), part, pairs(sent)...)
		list = append(list, [3]string{strconv.Itoa(i + 1), got.header.Get("Etag"), element})
	}
	if got := w.do(w.root(), w.request(http.MethodPost, target+"?uploadId="+id, pieces(list...))); got.status != 200 {
		w.t.Fatalf("completed: %s", got.body)
	}
}

// TestGetPart reads objects part by part.
func TestGetPart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	large := partial(1)[0]
	w.assembled("/data/sums", "CRC32C", large, "the end")
	w.assembled("/data/plain", "", large, "the end")
	w.assembled("/data/empty-end", "", large, "")
	w.do(w.root(), w.request(http.MethodPut, "/data/one", "test-123"))
	w.do(w.root(), w.request(http.MethodPut, "/data/nothing", ""))
	for _, tt := range []struct {
		target, span, body, count, sum string
		status                         int
	}{
		{"/data/sums?partNumber=2", "bytes 5242880-5242886/5242887", "the end", "2", b64sum("CRC32C", "the end"), 206},
		{"/data/sums?partNumber=1", "bytes 0-5242879/5242887", large, "2", b64sum("CRC32C", large), 206},
		{"/data/plain?partNumber=2", "bytes 5242880-5242886/5242887", "the end", "2", "", 206},
		{"/data/empty-end?partNumber=2", "", "", "2", "", 206}, {"/data/empty-end?partNumber=1", "bytes 0-5242879/5242880", large, "2", "", 206},
		{"/data/one?partNumber=1", "bytes 0-7/8", "test-123", "", b64sum("CRC64NVME", "test-123"), 206}, {"/data/nothing?partNumber=1", "", "", "", b64sum("CRC64NVME", ""), 200},
	} {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			got := w.with(w.root(), method, tt.target, "", "X-Amz-Checksum-Mode", "ENABLED")
			sum := got.header.Get("X-Amz-Checksum-Crc32c") + got.header.Get("X-Amz-Checksum-Crc64nvme")
			want, body := []string{tt.span, tt.count, tt.sum, strconv.Itoa(len(tt.body))}, tt.body
			if method == http.MethodHead {
				body = ""
			}
			have := []string{got.header.Get("Content-Range"), got.header.Get("X-Amz-Mp-Parts-Count"), sum, got.header.Get("Content-Length")}
			if diff := cmp.Diff(want, have); diff != "" || got.status != tt.status || got.body != body {
				t.Errorf("%s %s: %d, %d bytes (-want +got):\n%s", method, tt.target, got.status, len(got.body), diff)
			}
		}
	}
	for _, tt := range []struct{ target, header, code, details string }{
		{"/data/sums?partNumber=3", "", "InvalidPartNumber", "3 of 2"}, {"/data/one?partNumber=2", "", "InvalidPartNumber", "2 of 1"},
		{"/data/one?partNumber=0", "", "InvalidArgument", " of "}, {"/data/one?partNumber=x", "", "InvalidArgument", " of "}, {"/data/one?partNumber=10001", "", "InvalidArgument", " of "},
		{"/data/one?partNumber=1", "Range: bytes=0-1", "InvalidRequest", " of "}, {"/data/one?partNumber=9", `If-Match: "x"`, "PreconditionFailed", " of "},
	} {
		got := w.with(w.root(), http.MethodGet, tt.target, "", pairs(tt.header)...)
		if got.err.Code != tt.code || got.err.get("PartNumberRequested")+" of "+got.err.get("ActualPartCount") != tt.details {
			t.Errorf("%s: %d %s", tt.target, got.status, got.body)
		}
	}
}

// TestGetObjectAttributes: what is asked for is answered, in S3's order.
func TestGetObjectAttributes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	large := partial(1)[0]
	w.assembled("/data/composite", "CRC32", large, large, "the end")
	w.assembled("/data/plain", "", "all")
	const every = "StorageClass,ETag, ObjectSize,ObjectParts,Checksum"
	one := w.with(w.root(), http.MethodGet, "/data/public/a.txt?attributes", "", "X-Amz-Object-Attributes", every)
	want := xmlHead + `<GetObjectAttributesResponse` + ns + `><ETag>5d41402abc4b2a76b9719d911017c592</ETag>` +
		`<Checksum><ChecksumCRC64NVME>` + b64sum("CRC64NVME", "hello") + `</ChecksumCRC64NVME><ChecksumType>FULL_OBJECT</ChecksumType></Checksum>` +
		`<StorageClass>STANDARD</StorageClass><ObjectSize>5</ObjectSize></GetObjectAttributesResponse>`
	if one.body != want || one.header.Get("Last-Modified") == "" {
		t.Errorf("%s\nwant %s", one.body, want)
	}
	r := w.request(http.MethodGet, "/data/public/a.txt?attributes", "")
	r.Header["X-Amz-Object-Attributes"] = []string{"ETag", "ObjectSize"} // as the SDK for Go sends them
	if got := w.do(w.root(), r); all(got.body, "ObjectSize")[0] != "5" || all(got.body, "ETag") == nil || strings.Contains(got.body, "Checksum") {
		t.Errorf("list of headers: %s", got.body)
	}
	plain := w.with(w.root(), http.MethodGet, "/data/plain?attributes", "", "X-Amz-Object-Attributes", "ObjectParts")
	if !strings.Contains(plain.body, "<ObjectParts><PartsCount>1</PartsCount></ObjectParts>") {
		t.Errorf("parts without checksums: %s", plain.body)
	}
	parts := func(header ...string) result {
		return w.with(w.root(), http.MethodGet, "/data/composite?attributes", "", append(header, "X-Amz-Object-Attributes", "ObjectParts,Checksum")...)
	}
	for _, tt := range []struct {
		header []string
		want   string // numbers, next, truncated
	}{
		{nil, "1 2 3; 3 false"}, {[]string{"X-Amz-Max-Parts", "2"}, "1 2; 2 true"}, {[]string{"X-Amz-Part-Number-Marker", "2"}, "3; 3 false"},
		{[]string{"X-Amz-Max-Parts", "0"}, "; 0 false"}, {[]string{"X-Amz-Part-Number-Marker", "1", "X-Amz-Max-Parts", "1"}, "2; 2 true"},
	} {
		got := parts(tt.header...)
		if have := strings.Join(all(got.body, "PartNumber"), " ") + "; " + all(got.body, "NextPartNumberMarker")[0] + " " + all(got.body, "IsTruncated")[0]; have != tt.want {
			t.Errorf("%q: %q, want %q", tt.header, have, tt.want)
		}
		if all(got.body, "PartsCount")[0] != "3" || strings.Contains(all(got.body, "ChecksumCRC32")[0], "-") {
			t.Errorf("%s", got.body)
		}
	}
	for _, tt := range []struct{ attributes, header, message string }{
		{"", "", "The x-amz-object-attributes header specifying the attributes to be retrieved is either missing or empty"},
		{" , ", "", "The x-amz-object-attributes header specifying the attributes to be retrieved is either missing or empty"},
		{"ETag,Colour", "", "Invalid attribute name specified."}, {"ObjectParts", "X-Amz-Max-Parts: -1", "Provided x-amz-max-parts not an integer or within integer range"},
	} {
		got := w.with(w.root(), http.MethodGet, "/data/composite?attributes", "", pairs("X-Amz-Object-Attributes: "+tt.attributes, tt.header)...)
		if got.status != 400 || got.err.Message != tt.message {
			t.Errorf("%+v: %d %s", tt, got.status, got.body)
		}
	}
	if got := w.with(w.role("reader", allow("s3:GetObject")), http.MethodGet, "/data/plain?attributes", "", "X-Amz-Object-Attributes", "ETag"); got.status != 403 {
		t.Errorf("without s3:GetObjectAttributes: %d", got.status)
	}
}

// TestCopyAnswer: a copy is in one piece, and says its checksum.
func TestCopyAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	large := partial(1)[0]
	w.assembled("/data/composite", "CRC32", large, "the end")
	got := w.with(w.root(), http.MethodPut, "/data/copy", "", "X-Amz-Copy-Source", "data/composite")
	if diff := cmp.Diff([][]string{{b64sum("CRC32", large+"the end")}, {"FULL_OBJECT"}}, [][]string{all(got.body, "ChecksumCRC32"), all(got.body, "ChecksumType")}); diff != "" || all(got.body, "LastModified") == nil {
		t.Errorf("%s\n%s", diff, got.body)
	}
	if got := w.call(w.root(), http.MethodGet, "/data/copy?partNumber=2"); got.err.Code != "InvalidPartNumber" {
		t.Errorf("a copy has parts: %d", got.status)
	}
}
