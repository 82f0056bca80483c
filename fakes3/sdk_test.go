package fakes3_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/google/go-cmp/cmp"
)

// TestSDK drives a bucket's life with the SDK, over http and https, in path
// style and in virtual-hosted style (V232, V235, V238, V239).
func TestSDK(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	all := w.role("all", allow("s3:*"))
	for name, tt := range map[string]struct {
		server *httptest.Server
		hosted bool
	}{"http path": {w.http, false}, "http hosted": {w.http, true}, "https path": {w.tls, false}, "https hosted": {w.tls, true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lifecycle(t, w.client(all, tt.server, tt.hosted), "life-"+strings.ReplaceAll(name, " ", "-"))
		})
	}
}

func lifecycle(t *testing.T, c *s3.Client, bucket string) {
	ctx := t.Context()
	must := func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(c.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &bucket, CreateBucketConfiguration: &types.CreateBucketConfiguration{LocationConstraint: region}}))
	must(c.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &bucket}))
	location, err := c.GetBucketLocation(ctx, &s3.GetBucketLocationInput{Bucket: &bucket})
	must(location, err)
	if location.LocationConstraint != region {
		t.Errorf("location %q", location.LocationConstraint)
	}
	keys := []string{"a b+c%d~é", "a//b", "x/../y", "z?q=1&r", "plain", "dir/", "quote\"'<&>"}
	for _, key := range keys {
		must(c.PutObject(ctx, &s3.PutObjectInput{
			Bucket: &bucket, Key: &key, Body: strings.NewReader("body of " + key), ContentType: aws.String("text/x"),
			CacheControl: aws.String("no-cache"), ContentLanguage: aws.String("de"), Metadata: map[string]string{"Note": "n " + key[:1]},
		}))
		got, err := c.GetObject(ctx, &s3.GetObjectInput{Bucket: &bucket, Key: &key})
		must(got, err)
		if body := readAll(t, got.Body); body != "body of "+key || *got.ContentType != "text/x" || *got.CacheControl != "no-cache" ||
			*got.ContentLanguage != "de" || got.Metadata["note"] != "n "+key[:1] || got.ServerSideEncryption != "AES256" || *got.ContentLength != int64(len(body)) {
			t.Errorf("%q: %q %v %v", key, body, got.Metadata, *got.ContentType)
		}
		head, err := c.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &bucket, Key: &key, ChecksumMode: types.ChecksumModeEnabled})
		must(head, err)
		if *head.ETag != *got.ETag || *head.ContentLength != *got.ContentLength || head.ChecksumCRC32 == nil {
			t.Errorf("%q: head %s %d %v", key, *head.ETag, *head.ContentLength, head.ChecksumCRC32)
		}
	}
	ranged, err := c.GetObject(ctx, &s3.GetObjectInput{Bucket: &bucket, Key: &keys[4], Range: aws.String("bytes=0-3")})
	must(ranged, err)
	if body := readAll(t, ranged.Body); body != "body" || *ranged.ContentRange != "bytes 0-3/13" {
		t.Errorf("range: %q %v", body, *ranged.ContentRange)
	}
	must(c.CopyObject(ctx, &s3.CopyObjectInput{Bucket: &bucket, Key: aws.String("copy"), CopySource: aws.String(bucket + "/plain")}))
	copied, err := c.GetObject(ctx, &s3.GetObjectInput{Bucket: &bucket, Key: aws.String("copy")})
	must(copied, err)
	if body := readAll(t, copied.Body); body != "body of plain" || copied.Metadata["note"] != "n p" {
		t.Errorf("copy: %q %v", body, copied.Metadata)
	}
	upload(t, c, bucket)
	listAndDelete(t, c, bucket)
	must(c.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: &bucket}))
	_, err = c.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &bucket})
	if missing := (*types.NotFound)(nil); !errors.As(err, &missing) {
		t.Errorf("head of a deleted bucket: %v", err)
	}
}

func upload(t *testing.T, c *s3.Client, bucket string) {
	ctx, key := t.Context(), aws.String("multi")
	created, err := c.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: &bucket, Key: key, ContentType: aws.String("text/m")})
	if err != nil {
		t.Fatal(err)
	}
	first := bytes.Repeat([]byte("0123456789abcdef"), 5<<20/16)
	var parts []types.CompletedPart
	for i, body := range [][]byte{first, []byte("tail")} {
		n := aws.Int32(int32(i + 1))
		p, err := c.UploadPart(ctx, &s3.UploadPartInput{Bucket: &bucket, Key: key, UploadId: created.UploadId, PartNumber: n, Body: bytes.NewReader(body)})
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, types.CompletedPart{ETag: p.ETag, PartNumber: n})
	}
	listed, err := c.ListParts(ctx, &s3.ListPartsInput{Bucket: &bucket, Key: key, UploadId: created.UploadId})
	if err != nil || len(listed.Parts) != 2 || *listed.Parts[0].Size != int64(len(first)) {
		t.Fatalf("parts %+v, %v", listed, err)
	}
	uploads, err := c.ListMultipartUploads(ctx, &s3.ListMultipartUploadsInput{Bucket: &bucket})
	if err != nil || len(uploads.Uploads) != 1 || *uploads.Uploads[0].Key != "multi" {
		t.Fatalf("uploads %+v, %v", uploads, err)
	}
	done, err := c.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{Bucket: &bucket, Key: key, UploadId: created.UploadId, MultipartUpload: &types.CompletedMultipartUpload{Parts: parts}})
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.GetObject(ctx, &s3.GetObjectInput{Bucket: &bucket, Key: key})
	if err != nil {
		t.Fatal(err)
	}
	if body := readAll(t, got.Body); body != string(first)+"tail" || *got.ETag != *done.ETag || !strings.HasSuffix(*got.ETag, `-2"`) || *got.ContentType != "text/m" {
		t.Errorf("multipart object: %d bytes, %s, %s", len(body), *got.ETag, *done.ETag)
	}
	again, err := c.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: &bucket, Key: key})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: &bucket, Key: key, UploadId: again.UploadId}); err != nil {
		t.Fatal(err)
	}
	_, err = c.ListParts(ctx, &s3.ListPartsInput{Bucket: &bucket, Key: key, UploadId: again.UploadId})
	if code(err) != "NoSuchUpload" {
		t.Errorf("parts of an aborted upload: %v", err)
	}
}

func listAndDelete(t *testing.T, c *s3.Client, bucket string) {
	ctx := t.Context()
	var keys []string
	pages := s3.NewListObjectsV2Paginator(c, &s3.ListObjectsV2Input{Bucket: &bucket, MaxKeys: aws.Int32(2)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range page.Contents {
			keys = append(keys, *o.Key)
		}
	}
	want := []string{"a b+c%d~é", "a//b", "copy", "dir/", "multi", "plain", "quote\"'<&>", "x/../y", "z?q=1&r"}
	if diff := cmp.Diff(want, keys); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
	var ids []types.ObjectIdentifier
	for _, k := range keys {
		ids = append(ids, types.ObjectIdentifier{Key: &k})
	}
	out, err := c.DeleteObjects(ctx, &s3.DeleteObjectsInput{Bucket: &bucket, Delete: &types.Delete{Objects: ids}})
	if err != nil || len(out.Deleted) != len(keys) || len(out.Errors) != 0 {
		t.Errorf("delete: %+v, %v", out, err)
	}
}

// TestPresignedSDK has the SDK presign, with hoisted headers (S201, S202).
func TestPresignedSDK(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := s3.NewPresignClient(w.client(w.role("rw", allow("s3:GetObject", "s3:PutObject")), w.http, false))
	get, err := c.PresignGetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("data"), Key: aws.String("public/a.txt")}, s3.WithPresignExpires(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	fetch := func(method, url string, signed http.Header) (int, string) {
		r := httptest.NewRequest(method, url, nil)
		r.RequestURI = ""
		for name, values := range signed {
			if name != "Host" && name != "Content-Length" {
				r.Header[name] = values
			}
		}
		response, err := w.http.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		b, _ := io.ReadAll(response.Body)
		response.Body.Close()
		return response.StatusCode, string(b)
	}
	if status, body := fetch("GET", get.URL, nil); status != 200 || body != "hello" {
		t.Errorf("presigned get: %d %s", status, body)
	}
	put, err := c.PresignPutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("data"), Key: aws.String("up"), ACL: types.ObjectCannedACLPublicRead})
	if err != nil {
		t.Fatal(err)
	}
	// Whether the SDK moves the ACL into the query or signs it as a header, it
	// needs a permission of its own.
	if status, body := fetch("PUT", put.URL, put.SignedHeader); status != 403 || !strings.Contains(body, "s3:PutObjectAcl") || w.get("data", "up") != "!NoSuchKey" {
		t.Errorf("hoisted ACL: %d %s", status, body)
	}
	w.clock.Advance(2 * time.Minute)
	if status, body := fetch("GET", get.URL, nil); status != 403 || !strings.Contains(body, "<Message>Request has expired</Message>") || !strings.Contains(body, "<X-Amz-Expires>60</X-Amz-Expires>") {
		t.Errorf("X220 expired: %d %s", status, body)
	}
}
