package fakes3_test

import (
	"encoding/base64"
	hashes "hash"
	"hash/crc32"
	"hash/crc64"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// five is the least that a part of several may have.
var five = strings.Repeat("0123456789abcdef", 5<<20/16)

// uploaded sends two parts with the SDK, and completes the upload.
func uploaded(t *testing.T, client *s3.Client, in *s3.CreateMultipartUploadInput, sums bool) (*s3.CompleteMultipartUploadOutput, error) {
	t.Helper()
	in.Bucket, in.Key = aws.String("data"), aws.String("parts")
	u, err := client.CreateMultipartUpload(t.Context(), in)
	if err != nil {
		return nil, err
	}
	var parts []types.CompletedPart
	for i, body := range []string{five, "the end"} {
		n := aws.Int32(int32(i + 1))
		p, err := client.UploadPart(t.Context(), &s3.UploadPartInput{
			Bucket: in.Bucket, Key: in.Key, UploadId: u.UploadId, PartNumber: n, Body: strings.NewReader(body), ChecksumAlgorithm: in.ChecksumAlgorithm,
		})
		if err != nil {
			return nil, err
		}
		done := types.CompletedPart{PartNumber: n, ETag: p.ETag}
		if sums {
			done.ChecksumCRC32, done.ChecksumCRC32C, done.ChecksumSHA1, done.ChecksumSHA256 = p.ChecksumCRC32, p.ChecksumCRC32C, p.ChecksumSHA1, p.ChecksumSHA256
			done.ChecksumCRC64NVME = p.ChecksumCRC64NVME
		}
		parts = append(parts, done)
	}
	return client.CompleteMultipartUpload(t.Context(), &s3.CompleteMultipartUploadInput{
		Bucket: in.Bucket, Key: in.Key, UploadId: u.UploadId, MultipartUpload: &types.CompletedMultipartUpload{Parts: parts},
	})
}

// TestMultipartChecksums: a composite checksum is that of the checksums of the
// parts, a full one that of the whole, as the SDK verifies when it reads.
func TestMultipartChecksums(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	client := w.client(w.root(), w.http, false)
	sum := func(h hashes.Hash, pieces ...string) string {
		for _, p := range pieces {
			h.Write([]byte(p))
		}
		return base64.StdEncoding.EncodeToString(h.Sum(nil))
	}
	castagnoli := func() hashes.Hash { return crc32.New(crc32.MakeTable(crc32.Castagnoli)) }
	nvme := func() hashes.Hash { return crc64.New(crc64.MakeTable(0x9a6c9329ac4bc9b5)) }
	raw := func(h hashes.Hash, piece string) string { h.Write([]byte(piece)); return string(h.Sum(nil)) }
	for _, tt := range []struct {
		name      string
		algorithm types.ChecksumAlgorithm
		kind      types.ChecksumType
		sums      bool
		want      string
		wantKind  types.ChecksumType
	}{
		{"CRC32 by default composite", types.ChecksumAlgorithmCrc32, "", true, sum(crc32.NewIEEE(), raw(crc32.NewIEEE(), five), raw(crc32.NewIEEE(), "the end")) + "-2", types.ChecksumTypeComposite},
		{"CRC32C composite", types.ChecksumAlgorithmCrc32c, types.ChecksumTypeComposite, true, sum(castagnoli(), raw(castagnoli(), five), raw(castagnoli(), "the end")) + "-2", types.ChecksumTypeComposite},
		{"CRC32 of the whole", types.ChecksumAlgorithmCrc32, types.ChecksumTypeFullObject, false, sum(crc32.NewIEEE(), five, "the end"), types.ChecksumTypeFullObject},
		{"CRC32C of the whole", types.ChecksumAlgorithmCrc32c, types.ChecksumTypeFullObject, true, sum(castagnoli(), five, "the end"), types.ChecksumTypeFullObject},
		{"CRC64NVME", types.ChecksumAlgorithmCrc64nvme, "", true, sum(nvme(), five, "the end"), types.ChecksumTypeFullObject},
	} {
		got, err := uploaded(t, client, &s3.CreateMultipartUploadInput{ChecksumAlgorithm: tt.algorithm, ChecksumType: tt.kind}, tt.sums)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		sums := aws.ToString(got.ChecksumCRC32) + aws.ToString(got.ChecksumCRC32C) + aws.ToString(got.ChecksumCRC64NVME)
		if sums != tt.want || got.ChecksumType != tt.wantKind || !strings.HasSuffix(aws.ToString(got.ETag), `-2"`) {
			t.Errorf("%s: %q %s %s, want %q", tt.name, sums, got.ChecksumType, aws.ToString(got.ETag), tt.want)
		}
		read, err := client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("data"), Key: aws.String("parts"), ChecksumMode: types.ChecksumModeEnabled})
		if err != nil || readAll(t, read.Body) != five+"the end" || read.ChecksumType != tt.wantKind {
			t.Errorf("%s: %v, read %s", tt.name, err, read.ChecksumType)
		}
	}
	// Whoever asked for none is given that of the whole.
	head := func() http.Header {
		t.Helper()
		r := w.request(http.MethodHead, "/data/plain", "")
		r.Header.Set("X-Amz-Checksum-Mode", "ENABLED")
		return w.do(w.root(), r).header
	}
	id := all(w.call(w.root(), http.MethodPost, "/data/plain?uploads").body, "UploadId")[0]
	p := w.do(w.root(), w.request(http.MethodPut, "/data/plain?partNumber=1&uploadId="+id, "all"))
	if p.header.Get("X-Amz-Checksum-Crc64nvme") != "" {
		t.Errorf("a checksum nobody asked for: %v", p.header)
	}
	done := w.do(w.root(), w.request(http.MethodPost, "/data/plain?uploadId="+id, complete(p.header.Get("Etag"), "")))
	if h := head(); done.status != 200 || h.Get("X-Amz-Checksum-Crc64nvme") != sum(nvme(), "all") || h.Get("X-Amz-Checksum-Type") != "FULL_OBJECT" || !strings.Contains(done.body, "<ChecksumCRC64NVME>") {
		t.Errorf("%d %s %v", done.status, done.body, h)
	}
}

// complete names one part, and says this of it too.
func complete(etag, more string) string {
	return "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>" + etag + "</ETag>" + more + "</Part></CompleteMultipartUpload>"
}

func TestMultipartChecksumRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	send := func(method, target, body string, headers ...string) result {
		t.Helper()
		r := w.request(method, target, body)
		for _, h := range headers {
			if name, value, _ := strings.Cut(h, ": "); value != "" {
				r.Header.Set(name, value)
			}
		}
		return w.do(w.root(), r)
	}
	for _, tt := range []struct{ algorithm, kind, want string }{
		{"", "COMPOSITE", "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header."},
		{"CRC9", "", "Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]"},
		{"CRC32", "HALF", "Value for x-amz-checksum-type header is invalid."},
		{"SHA256", "FULL_OBJECT", "The FULL_OBJECT checksum type cannot be used with the sha256 checksum algorithm."},
		{"CRC64NVME", "COMPOSITE", "The COMPOSITE checksum type cannot be used with the crc64nvme checksum algorithm."},
	} {
		if got := send(http.MethodPost, "/data/k?uploads", "", "X-Amz-Checksum-Algorithm: "+tt.algorithm, "X-Amz-Checksum-Type: "+tt.kind); got.err.Code != "InvalidRequest" || got.err.Message != tt.want {
			t.Errorf("%s %s: %d %s", tt.algorithm, tt.kind, got.status, got.body)
		}
	}
	begin := func(headers ...string) string {
		t.Helper()
		return all(send(http.MethodPost, "/data/k?uploads", "", headers...).body, "UploadId")[0]
	}
	const crcOfA = "6Le+Qw==" // CRC32 of "a"
	id := begin("X-Amz-Checksum-Algorithm: CRC32")
	if got := send(http.MethodPut, "/data/k?partNumber=1&uploadId="+id, "a"); got.err.Message != "Checksum Type mismatch occurred, expected checksum Type: crc32, actual checksum Type: null" {
		t.Errorf("no checksum: %d %s", got.status, got.body)
	}
	if got := send(http.MethodPut, "/data/k?partNumber=1&uploadId="+id, "a", "X-Amz-Checksum-Sha1: hvfkN/qlp/zhXR3cuerq6jd2Z7g="); got.err.Message != "Checksum Type mismatch occurred, expected checksum Type: crc32, actual checksum Type: sha1" {
		t.Errorf("another checksum: %d %s", got.status, got.body)
	}
	part := send(http.MethodPut, "/data/k?partNumber=1&uploadId="+id, "a", "X-Amz-Checksum-Crc32: "+crcOfA)
	etag := part.header.Get("Etag")
	if part.status != 200 || part.header.Get("X-Amz-Checksum-Crc32") != crcOfA {
		t.Fatalf("part: %d %s", part.status, part.body)
	}
	if got := send(http.MethodGet, "/data/k?uploadId="+id, ""); !strings.Contains(got.body, "<ChecksumAlgorithm>CRC32</ChecksumAlgorithm><ChecksumType>COMPOSITE</ChecksumType>") || !strings.Contains(got.body, "<ChecksumCRC32>"+crcOfA+"</ChecksumCRC32>") {
		t.Errorf("parts: %s", got.body)
	}
	named := "<ChecksumCRC32>" + crcOfA + "</ChecksumCRC32>"
	for _, tt := range []struct{ more, header, code, message string }{
		{"", "", "InvalidRequest", "The upload was created using a crc32 checksum. The complete request must include the checksum for each part. It was missing for part 1 in the request."},
		{"<ChecksumCRC32>AAAAAA==</ChecksumCRC32>", "", "InvalidPart", ""},
		{"<ChecksumSHA1>hvfkN/qlp/zhXR3cuerq6jd2Z7g=</ChecksumSHA1>", "", "BadDigest", "The sha1 you specified for part 1 did not match what we received."},
		{named, "X-Amz-Checksum-Type: FULL_OBJECT", "InvalidRequest", "The upload was created using the COMPOSITE checksum mode. The complete request must use the same checksum mode."},
		{named, "X-Amz-Checksum-Crc32: " + crcOfA, "BadDigest", "The crc32 you specified did not match the calculated checksum."},
		{named, "X-Amz-Mp-Object-Size: 2", "InvalidRequest", "The provided 'x-amz-mp-object-size' header value 2 does not match what was computed: 1"},
	} {
		if got := send(http.MethodPost, "/data/k?uploadId="+id, complete(etag, tt.more), tt.header); got.err.Code != tt.code || tt.message != "" && got.err.Message != tt.message {
			t.Errorf("%q %q: %d %s", tt.more, tt.header, got.status, got.body)
		}
	}
	if got := send(http.MethodPost, "/data/k?uploadId="+id, complete(etag, named), "X-Amz-Mp-Object-Size: 1"); got.status != 200 {
		t.Errorf("completed: %d %s", got.status, got.body)
	}
	id = begin()
	etag = send(http.MethodPut, "/data/k?partNumber=1&uploadId="+id, "a").header.Get("Etag")
	if got := send(http.MethodPost, "/data/k?uploadId="+id, complete(etag, named)); got.err.Code != "InvalidPart" || got.err.get("PartNumber") != "1" {
		t.Errorf("a checksum of no algorithm: %d %s", got.status, got.body)
	}
}
