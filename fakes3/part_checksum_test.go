package fakes3_test

import (
	"encoding/base64"
	digest "hash"
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

// TestMultipartChecksumsSDK: a composite checksum is that of the checksums of the
// parts, a full one that of the whole, as the SDK verifies when it reads.
func TestMultipartChecksumsSDK(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	client := w.client(w.root(), w.http, false)
	sum := func(h digest.Hash, pieces ...string) string {
		for _, p := range pieces {
			h.Write([]byte(p))
		}
		return base64.StdEncoding.EncodeToString(h.Sum(nil))
	}
	castagnoli := func() digest.Hash { return crc32.New(crc32.MakeTable(crc32.Castagnoli)) }
	nvme := func() digest.Hash { return crc64.New(crc64.MakeTable(0x9a6c9329ac4bc9b5)) }
	raw := func(h digest.Hash, piece string) string { h.Write([]byte(piece)); return string(h.Sum(nil)) }
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
