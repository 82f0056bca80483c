package fakes3_test

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	digest "hash"
	"hash/crc32"
	"hash/crc64"
	"html"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// partSize is the least that a part may have which is not the last.
const partSize = 5 << 20

// hashes are the checksums of S3, made anew.
var hashes = map[string]func() digest.Hash{
	"CRC32":     func() digest.Hash { return crc32.NewIEEE() },
	"CRC32C":    func() digest.Hash { return crc32.New(crc32.MakeTable(crc32.Castagnoli)) },
	"CRC64NVME": func() digest.Hash { return crc64.New(crc64.MakeTable(0x9a6c9329ac4bc9b5)) },
	"SHA256":    sha256.New,
}

func b64sum(algorithm, body string) string {
	h := hashes[algorithm]()
	h.Write([]byte(body))
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}

// partial returns bodies of parts: large ones, and a small last one.
func partial(large int) (parts []string) {
	random := rand.New(rand.NewPCG(1, 2))
	for i := range large + 1 {
		b := make([]byte, partSize+i)
		if i == large {
			b = b[:17]
		}
		for i := range b {
			b[i] = byte(random.Uint32())
		}
		parts = append(parts, string(b))
	}
	return parts
}

// pairs cuts "Name: value" in two, and leaves out what has no value.
func pairs(lines ...string) (pairs []string) {
	for _, line := range lines {
		if name, value, _ := strings.Cut(line, ": "); value != "" {
			pairs = append(pairs, name, value)
		}
	}
	return pairs
}

// begin opens an upload with these headers.
func (w *world) begin(target string, header ...string) (id string, got result) {
	w.t.Helper()
	got = w.with(w.root(), http.MethodPost, target+"?uploads", "", pairs(header...)...)
	if got.status == http.StatusOK {
		id = all(got.body, "UploadId")[0]
	}
	return id, got
}

// pieces is a CompleteMultipartUpload document; every part is its number, its
// ETag and elements.
func pieces(parts ...[3]string) string {
	var b strings.Builder
	b.WriteString("<CompleteMultipartUpload>")
	for _, p := range parts {
		fmt.Fprintf(&b, "<Part><PartNumber>%s</PartNumber><ETag>%s</ETag>%s</Part>", p[0], p[1], p[2])
	}
	return b.String() + "</CompleteMultipartUpload>"
}

// TestMultipartChecksums uploads in parts, and compares the object's ETag and
// checksum with those of the same bytes hashed whole.
func TestMultipartChecksums(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	parts := partial(2)
	body := strings.Join(parts, "")
	for _, tt := range []struct{ algorithm, asked, kind string }{
		{"CRC32", "", "COMPOSITE"}, {"CRC32C", "COMPOSITE", "COMPOSITE"}, {"SHA256", "", "COMPOSITE"},
		{"CRC32", "FULL_OBJECT", "FULL_OBJECT"}, {"CRC32C", "FULL_OBJECT", "FULL_OBJECT"}, {"CRC64NVME", "", "FULL_OBJECT"}, {"", "", "FULL_OBJECT"},
	} {
		t.Run(tt.algorithm+"/"+tt.asked, func(t *testing.T) {
			target := "/data/sum-" + tt.algorithm + tt.asked
			id, begun := w.begin(target, "X-Amz-Checksum-Algorithm: "+tt.algorithm, "X-Amz-Checksum-Type: "+tt.asked)
			kind := tt.kind
			if tt.algorithm == "" {
				kind = "" // the upload has none of its own
			}
			if begun.header.Get("X-Amz-Checksum-Algorithm") != tt.algorithm || begun.header.Get("X-Amz-Checksum-Type") != kind {
				t.Errorf("begun: %v", begun.header)
			}
			algorithm := tt.algorithm
			if algorithm == "" {
				algorithm = "CRC64NVME"
			}
			etags, composite := md5.New(), hashes[algorithm]()
			var list [][3]string
			for i, part := range parts {
				sum, header := b64sum(algorithm, part), ""
				if tt.algorithm != "" {
					header = "X-Amz-Checksum-" + tt.algorithm + ": " + sum
				}
				got := w.with(w.root(), http.MethodPut, fmt.Sprintf("%s?partNumber=%d&uploadId=%s", target, i+1, id), part, pairs(header)...)
				own := md5.Sum([]byte(part))
				if got.status != 200 || got.header.Get("Etag") != `"`+hex.EncodeToString(own[:])+`"` || tt.algorithm != "" && got.header.Get("X-Amz-Checksum-"+tt.algorithm) != sum {
					t.Fatalf("part %d: %d %v %s", i+1, got.status, got.header, got.body)
				}
				etags.Write(own[:])
				raw, _ := base64.StdEncoding.DecodeString(sum)
				composite.Write(raw)
				element := ""
				if tt.algorithm != "" {
					element = "<Checksum" + tt.algorithm + ">" + sum + "</Checksum" + tt.algorithm + ">"
				}
				list = append(list, [3]string{fmt.Sprint(i + 1), got.header.Get("Etag"), element})
			}
			want := b64sum(algorithm, body)
			if tt.kind == "COMPOSITE" {
				want = base64.StdEncoding.EncodeToString(composite.Sum(nil)) + "-3"
			}
			done := w.do(w.root(), w.request(http.MethodPost, target+"?uploadId="+id, pieces(list...)))
			etag := `"` + hex.EncodeToString(etags.Sum(nil)) + `-3"`
			if diff := cmp.Diff([][]string{{etag}, {want}, {tt.kind}}, [][]string{all(done.body, "ETag"), all(done.body, "Checksum"+algorithm), all(done.body, "ChecksumType")}); diff != "" {
				t.Fatalf("completed (-want +got):\n%s\n%s", diff, done.body)
			}
			got := w.with(w.root(), http.MethodHead, target, "", "X-Amz-Checksum-Mode", "ENABLED")
			if got.header.Get("Etag") != etag || got.header.Get("X-Amz-Checksum-"+algorithm) != want || got.header.Get("X-Amz-Checksum-Type") != tt.kind || got.header.Get("Content-Length") != fmt.Sprint(len(body)) {
				t.Errorf("head: %v", got.header)
			}
		})
	}
}

// TestMultipartChecksumRefusals: AWS's texts for checksums that do not fit.
func TestMultipartChecksumRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, tt := range []struct{ algorithm, kind, text string }{
		{"", "COMPOSITE", "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header."},
		{"CRC64NVME", "COMPOSITE", "The COMPOSITE checksum type cannot be used with the crc64nvme checksum algorithm."},
		{"SHA1", "FULL_OBJECT", "The FULL_OBJECT checksum type cannot be used with the sha1 checksum algorithm."},
		{"CRC32", "HALF", "Value for x-amz-checksum-type header is invalid."},
		{"CRC16", "", "Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]"},
	} {
		_, got := w.begin("/data/m", "X-Amz-Checksum-Algorithm: "+tt.algorithm, "X-Amz-Checksum-Type: "+tt.kind)
		if got.err.Code != "InvalidRequest" || got.err.Message != tt.text {
			t.Errorf("%+v: %s", tt, got.body)
		}
	}
	sum, wrong := b64sum("CRC32C", "abc"), b64sum("CRC32C", "abd")
	uploads := map[string]string{}
	for kind, header := range map[string]string{"none": "", "composite": "X-Amz-Checksum-Algorithm: CRC32C", "full": "X-Amz-Checksum-Type: FULL_OBJECT"} {
		id, _ := w.begin("/data/"+kind, header, map[bool]string{true: "X-Amz-Checksum-Algorithm: CRC32C"}[kind == "full"])
		uploads[kind] = "/data/" + kind + "?uploadId=" + id
	}
	for _, tt := range []struct{ upload, header, text string }{
		{"composite", "X-Amz-Checksum-Crc32: " + b64sum("CRC32", "abc"), "Checksum Type mismatch occurred, expected checksum Type: crc32c, actual checksum Type: crc32"},
		{"composite", "", "Checksum Type mismatch occurred, expected checksum Type: crc32c, actual checksum Type: null"},
		{"full", "X-Amz-Checksum-Crc32: " + b64sum("CRC32", "abc"), "Checksum Type mismatch occurred, expected checksum Type: crc32c, actual checksum Type: crc32"},
		{"full", "X-Amz-Checksum-Crc32c: " + wrong, "The CRC32C you specified did not match the calculated checksum."},
		{"composite", "X-Amz-Checksum-Crc32c: " + sum, ""}, {"full", "X-Amz-Checksum-Crc32c: " + sum, ""}, {"full", "", ""}, {"none", "X-Amz-Checksum-Crc32c: " + sum, ""},
	} {
		got := w.with(w.root(), http.MethodPut, uploads[tt.upload]+"&partNumber=1", "abc", pairs(tt.header)...)
		if got.err.Message != tt.text || tt.text == "" && got.header.Get("X-Amz-Checksum-Crc32c") != sum {
			t.Errorf("%+v: %v %s", tt, got.header, got.body)
		}
	}
	own := md5.Sum([]byte("abc"))
	etag, right := hex.EncodeToString(own[:]), "<ChecksumCRC32C>"+sum+"</ChecksumCRC32C>"
	const (
		missing  = "The upload was created using a crc32c checksum. The complete request must include the checksum for each part. It was missing for part 1 in the request."
		notFound = "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag."
		mismatch = "The crc32c you specified did not match the calculated checksum."
	)
	for _, tt := range []struct{ upload, header, element, text string }{
		{"composite", "", "", missing}, {"composite", "", "<ChecksumCRC32C>" + wrong + "</ChecksumCRC32C>", notFound}, {"none", "", right, notFound},
		{"composite", "", "<ChecksumSHA1>x</ChecksumSHA1>", "The sha1 you specified for part 1 did not match what we received."},
		{"composite", "X-Amz-Checksum-Type: FULL_OBJECT", right, "The upload was created using the COMPOSITE checksum mode. The complete request must use the same checksum mode."},
		{"none", "X-Amz-Checksum-Type: FULL_OBJECT", "", "The upload was created using the null checksum mode. The complete request must use the same checksum mode."},
		{"full", "X-Amz-Checksum-Crc32c: " + sum, right, mismatch}, {"full", "X-Amz-Checksum-Crc64nvme: " + b64sum("CRC64NVME", "abc"), right, mismatch},
		{"composite", "X-Amz-Checksum-Crc32c: " + sum, right, mismatch},
		{"none", "X-Amz-Mp-Object-Size: 4", "", "The provided 'x-amz-mp-object-size' header value 4 does not match what was computed: 3"},
		{"none", "X-Amz-Mp-Object-Size: 3", "", ""}, {"full", "", "", ""}, {"composite", "X-Amz-Checksum-Type: COMPOSITE", right, ""},
	} {
		got := w.with(w.root(), http.MethodPost, uploads[tt.upload], pieces([3]string{"1", etag, tt.element}), pairs(tt.header)...)
		if got.err.Message != tt.text || (tt.text == "") != (w.get("data", tt.upload) == "abc") {
			t.Errorf("%+v: %s", tt, got.body)
		}
	}
}

// TestMultipartErrorDetails: AWS says which part it means.
func TestMultipartErrorDetails(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id, _ := w.begin("/data/m")
	for _, n := range []string{"1", "2"} {
		w.do(w.root(), w.request(http.MethodPut, "/data/m?partNumber="+n+"&uploadId="+id, "x"))
	}
	complete := func(parts ...[3]string) result {
		return w.do(w.root(), w.request(http.MethodPost, "/data/m?uploadId="+id, pieces(parts...)))
	}
	const etag = "9dd4e461268c8034f5c8564e155c67a6"
	almost := w.do(w.root(), w.request(http.MethodPut, "/data/m?partNumber=3&uploadId="+id, partial(1)[0][1:])).header.Get("Etag")
	if got := complete([3]string{"3", almost}, [3]string{"4", almost}); got.err.Code != "InvalidPart" {
		t.Errorf("%s", got.body)
	}
	w.do(w.root(), w.request(http.MethodPut, "/data/m?partNumber=4&uploadId="+id, "x"))
	if got := complete([3]string{"3", almost}, [3]string{"4", etag}); got.err.Code != "EntityTooSmall" || got.err.get("ProposedSize") != "5242879" {
		t.Errorf("%s", got.body)
	}
	if got := complete([3]string{"1", etag}, [3]string{"2", `"nope"`}); got.err.get("PartNumber") != "2" || got.err.get("ETag") != "nope" || got.err.get("UploadId") != id {
		t.Errorf("%s", got.body)
	}
	if got := complete([3]string{"2", etag}, [3]string{"1", etag}); got.err.get("UploadId") != id {
		t.Errorf("%s", got.body)
	}
	if got := complete([3]string{"1", etag}, [3]string{"2", etag}); got.err.get("ETag") != etag || got.err.get("ProposedSize") != "1" || got.err.get("MinSizeAllowed") != "5242880" || got.err.get("PartNumber") != "1" {
		t.Errorf("%s", got.body)
	}
}

// TestMultipartConflict: what was written while the upload was under way is not
// what the client meant to replace.
func TestMultipartConflict(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.object("data", "m", "old")
	w.clock.Advance(time.Minute)
	id, _ := w.begin("/data/m")
	etag := w.do(w.root(), w.request(http.MethodPut, "/data/m?partNumber=1&uploadId="+id, "x")).header.Get("Etag")
	complete := func(header string) result {
		return w.with(w.root(), http.MethodPost, "/data/m?uploadId="+id, pieces([3]string{"1", etag}), pairs(header)...)
	}
	if got := complete("If-None-Match: *"); got.status != 412 || got.err.get("Condition") != "If-None-Match" {
		t.Errorf("exists: %d %s", got.status, got.body)
	}
	w.clock.Advance(time.Minute)
	put := w.do(w.root(), w.request(http.MethodPut, "/data/m", "new"))
	if got := complete("If-Match: " + put.header.Get("Etag")); got.status != 409 || got.err.Code != "ConditionalRequestConflict" || got.err.get("Condition") != "If-Match" || got.err.get("Key") != "m" {
		t.Errorf("written meanwhile: %d %s", got.status, got.body)
	}
	if got := complete(`If-Match: "else"`); got.status != 412 || w.get("data", "m") != "new" {
		t.Errorf("another: %d %s", got.status, got.body)
	}
	w.call(w.root(), http.MethodDelete, "/data/m")
	if got := complete("If-None-Match: *"); got.status != 409 || got.err.Code != "ConditionalRequestConflict" || got.err.get("Condition") != "If-None-Match" || w.get("data", "m") != "!NoSuchKey" {
		t.Errorf("deleted meanwhile: %d %s", got.status, got.body)
	}
	if got := complete(""); got.status != 200 || w.get("data", "m") != "x" {
		t.Errorf("unconditionally: %d %s", got.status, got.body)
	}
}

// TestUploadPartCopyRange: the texts for ranges, and what is copied.
func TestUploadPartCopyRange(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.object("data", "source", "0123456789")
	id, _ := w.begin("/data/m", "X-Amz-Checksum-Algorithm: CRC32")
	const form = "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy"
	for span, want := range map[string]string{
		"0-8": form, "bytes=-": form, "bytes=-0": form, "bytes=-2": form, "bytes=-1-": form, "bytes=0--1": form, "bytes=0-1,3-4": form, "bytes=1-": form, "bytes=1-0": form, "bytes=+1-2": form,
		"bytes=0-10": "Range specified is not valid for source object of size: 10", "bytes=10-10": "The specified copy range is invalid for the source object size",
		"bytes=0-100": "Range specified is not valid for source object of size: 10", "bytes=100-200": "The specified copy range is invalid for the source object size",
		"bytes=3-5": "", "bytes=0-9": "", "": "",
	} {
		got := w.with(w.root(), http.MethodPut, "/data/m?partNumber=1&uploadId="+id, "", pairs("X-Amz-Copy-Source: data/source", "X-Amz-Copy-Source-Range: "+span)...)
		if got.err.Message != want {
			t.Errorf("%q: %d %s", span, got.status, got.body)
		}
	}
	got := w.with(w.root(), http.MethodPut, "/data/m?partNumber=1&uploadId="+id, "", "X-Amz-Copy-Source", "data/source", "X-Amz-Copy-Source-Range", "bytes=3-5")
	sum := b64sum("CRC32", "345")
	if diff := cmp.Diff([]string{sum}, all(got.body, "ChecksumCRC32")); diff != "" {
		t.Errorf("%s", got.body)
	}
	listed := w.call(w.root(), http.MethodGet, "/data/m?uploadId="+id)
	own := md5.Sum([]byte("345"))
	listed.body = html.UnescapeString(listed.body)
	for element, want := range map[string][]string{
		"PartNumber": {"1"}, "Size": {"3"}, "ETag": {`"` + hex.EncodeToString(own[:]) + `"`}, "ChecksumCRC32": {sum}, "ChecksumAlgorithm": {"CRC32"}, "ChecksumType": {"COMPOSITE"},
		"MaxParts": {"1000"}, "PartNumberMarker": {"0"}, "NextPartNumberMarker": {"1"}, "IsTruncated": {"false"}, "StorageClass": {"STANDARD"}, "Bucket": {"data"}, "Key": {"m"}, "UploadId": {id},
	} {
		if diff := cmp.Diff(want, all(listed.body, element)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", element, diff)
		}
	}
	done := w.do(w.root(), w.request(http.MethodPost, "/data/m?uploadId="+id, pieces([3]string{"1", hex.EncodeToString(own[:]), "<ChecksumCRC32>" + sum + "</ChecksumCRC32>"})))
	if done.status != 200 || w.get("data", "m") != "345" {
		t.Errorf("%s", done.body)
	}
}

// TestListPartsPages walks through the parts of an upload.
func TestListPartsPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id, _ := w.begin("/data/m")
	for _, n := range []string{"3", "7", "10000"} {
		w.do(w.root(), w.request(http.MethodPut, "/data/m?partNumber="+n+"&uploadId="+id, "x"))
	}
	for query, want := range map[string][3]string{
		"": {"3 7 10000", "10000", "false"}, "&max-parts=2": {"3 7", "7", "true"}, "&part-number-marker=7": {"10000", "10000", "false"},
		"&part-number-marker=10000": {"", "0", "false"}, "&max-parts=3": {"3 7 10000", "10000", "false"}, "&max-parts=0": {"", "0", "false"},
	} {
		body := w.call(w.root(), http.MethodGet, "/data/m?uploadId="+id+query).body
		got := [3]string{strings.Join(all(body, "PartNumber"), " "), strings.Join(all(body, "NextPartNumberMarker"), " "), strings.Join(all(body, "IsTruncated"), " ")}
		if got != want {
			t.Errorf("%q: %q, want %q", query, got, want)
		}
	}
	for _, query := range []string{"&part-number-marker=-1", "&part-number-marker=x", "&part-number-marker=2147483648", "&max-parts=-1", "&max-parts=x"} {
		if got := w.call(w.root(), http.MethodGet, "/data/m?uploadId="+id+query); got.err.Code != "InvalidArgument" {
			t.Errorf("%s: %d %s", query, got.status, got.body)
		}
	}
}

// TestWholeChecksums: what CompleteMultipartUpload is told of the whole object is
// compared with what it is, if the upload has such a checksum.
func TestWholeChecksums(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const crc32c, nvme = "X-Amz-Checksum-Crc32c: ", "X-Amz-Checksum-Crc64nvme: "
	sum, full := b64sum("CRC32C", "abc"), b64sum("CRC64NVME", "abc")
	raw, _ := base64.StdEncoding.DecodeString(sum)
	of, own := b64sum("CRC32C", string(raw)), md5.Sum([]byte("abc"))
	begun := map[string][]string{
		"none": nil, "composite": {"X-Amz-Checksum-Algorithm: CRC32C"}, "nvme": {"X-Amz-Checksum-Algorithm: CRC64NVME"},
		"full": {"X-Amz-Checksum-Algorithm: CRC32C", "X-Amz-Checksum-Type: FULL_OBJECT"},
	}
	for _, tt := range []struct {
		kind   string
		header []string
		ok     bool
	}{
		{"none", []string{nvme + full}, true}, {"none", []string{nvme + b64sum("CRC64NVME", "abd")}, false}, {"none", []string{crc32c + of}, true}, // which it does not have
		{"nvme", []string{nvme + full}, true}, {"nvme", []string{nvme + b64sum("CRC64NVME", "abd")}, false}, {"nvme", []string{crc32c + sum}, false},
		{"composite", []string{crc32c + of}, true}, {"composite", []string{crc32c + of + "-1"}, true}, {"composite", []string{crc32c + of + "-2"}, false}, {"composite", []string{crc32c + sum}, false},
		{"composite", []string{crc32c + of, "X-Amz-Checksum-Type: COMPOSITE"}, true},
		{"full", []string{crc32c + sum, "X-Amz-Checksum-Type: FULL_OBJECT"}, true}, {"full", []string{crc32c + of, "X-Amz-Checksum-Type: FULL_OBJECT"}, false},
		{"full", []string{nvme + full, "X-Amz-Checksum-Type: FULL_OBJECT"}, false},
	} {
		id, _ := w.begin("/data/whole", begun[tt.kind]...)
		element, header := "", []string(nil)
		if tt.kind == "composite" {
			element, header = "<ChecksumCRC32C>"+sum+"</ChecksumCRC32C>", []string{crc32c + sum}
		}
		w.with(w.root(), http.MethodPut, "/data/whole?partNumber=1&uploadId="+id, "abc", pairs(header...)...)
		got := w.with(w.root(), http.MethodPost, "/data/whole?uploadId="+id, pieces([3]string{"1", hex.EncodeToString(own[:]), element}), pairs(tt.header...)...)
		if tt.ok && got.status != 200 || !tt.ok && got.err.Code != "BadDigest" {
			t.Errorf("%s %q: %d %s", tt.kind, tt.header, got.status, got.body)
		}
	}
}
