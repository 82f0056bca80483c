package sigv4_test

import (
	"bufio"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/irsatz/irsatz/internal/sigv4"
)

const docSecret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

// read parses a request as a server receives it.
func read(t testing.TB, raw string) *http.Request {
	t.Helper()
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(strings.ReplaceAll(raw, "\n", "\r\n") + "\r\n\r\n")))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func header(region, service, date, signed, signature string) string {
	return "Authorization: AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/" + date + "/" + region + "/" + service +
		"/aws4_request,SignedHeaders=" + signed + ",Signature=" + signature
}

// The examples of
// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html,
// sigv4-query-string-auth.html and of the IAM guide's signing walkthrough.
func TestDocumentedSignatures(t *testing.T) {
	t.Parallel()
	const s3 = "host;x-amz-content-sha256;x-amz-date"
	empty := "\nx-amz-content-sha256: " + sigv4.EmptyPayload + "\nx-amz-date: 20130524T000000Z\n"
	tests := []struct {
		name, raw, payload string
		style              sigv4.Style
	}{
		{"get with range", "GET /test.txt HTTP/1.1\nHost: examplebucket.s3.amazonaws.com\nRange: bytes=0-9" + empty +
			header("us-east-1", "s3", "20130524", "host;range;x-amz-content-sha256;x-amz-date", "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"),
			sigv4.EmptyPayload, sigv4.S3},
		{"put with dollar in key", "PUT /test$file.text HTTP/1.1\nHost: examplebucket.s3.amazonaws.com\nDate: Fri, 24 May 2013 00:00:00 GMT\nx-amz-storage-class: REDUCED_REDUNDANCY" +
			"\nx-amz-content-sha256: 44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072\nx-amz-date: 20130524T000000Z\n" +
			header("us-east-1", "s3", "20130524", "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class", "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"),
			"44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072", sigv4.S3},
		{"V227 sub-resource without value", "GET /?lifecycle HTTP/1.1\nHost: examplebucket.s3.amazonaws.com" + empty +
			header("us-east-1", "s3", "20130524", s3, "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"), sigv4.EmptyPayload, sigv4.S3},
		{"list with unsorted query", "GET /?prefix=J&max-keys=2 HTTP/1.1\nHost: examplebucket.s3.amazonaws.com" + empty +
			header("us-east-1", "s3", "20130524", s3, "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"), sigv4.EmptyPayload, sigv4.S3},
		{"V237 presigned get", "GET /test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404 HTTP/1.1\nHost: examplebucket.s3.amazonaws.com",
			sigv4.UnsignedPayload, sigv4.S3},
		{"iam list users", "GET /?Action=ListUsers&Version=2010-05-08 HTTP/1.1\nHost: iam.amazonaws.com\nContent-Type: application/x-www-form-urlencoded; charset=utf-8\nX-Amz-Date: 20150830T123600Z\n" +
			strings.Replace(header("us-east-1", "iam", "20150830", "content-type;host;x-amz-date", "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"), "AKIAIOSFODNN7EXAMPLE", "AKIDEXAMPLE", 1),
			sigv4.EmptyPayload, sigv4.Standard},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := read(t, tt.raw)
			a, err := sigv4.Parse(r)
			if err != nil {
				t.Fatal(err)
			}
			secret := docSecret
			if a.AccessKeyID == "AKIDEXAMPLE" {
				secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
			}
			if err := a.Verify(r, tt.style, secret, tt.payload); err != nil {
				var m *sigv4.MismatchError
				errors.As(err, &m)
				t.Errorf("documented signature refused; canonical request:\n%s\nstring to sign:\n%s", m.CanonicalRequest, m.StringToSign)
			}
			if err := a.Verify(r, tt.style, secret+"x", tt.payload); err == nil {
				t.Error("another secret accepted")
			}
			if err := a.Verify(r, tt.style, secret, strings.Repeat("0", 64)); err == nil {
				t.Error("another payload hash accepted")
			}
		})
	}
}

const (
	streamHead = "PUT /examplebucket/chunkObject.txt HTTP/1.1\nHost: s3.amazonaws.com\nx-amz-date: 20130524T000000Z\nx-amz-storage-class: REDUCED_REDUNDANCY\n" +
		"Content-Encoding: aws-chunked\nx-amz-decoded-content-length: 66560\n"
	chunk1   = "10000;chunk-signature="
	chunk2   = "400;chunk-signature="
	chunkEnd = "0;chunk-signature="
)

func stream(s1, s2, s3, tail string) string {
	return chunk1 + s1 + "\r\n" + strings.Repeat("a", 65536) + "\r\n" + chunk2 + s2 + "\r\n" + strings.Repeat("a", 1024) + "\r\n" + chunkEnd + s3 + "\r\n" + tail
}

func signedStream() (string, string) {
	return streamHead + "Content-Length: 66824\nx-amz-content-sha256: " + sigv4.StreamingSigned + "\n" +
			header("us-east-1", "s3", "20130524", "content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class",
				"4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"),
		stream("ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648", "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
			"b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9", "\r\n")
}

func trailerStream(tail string) (string, string) {
	return streamHead + "x-amz-trailer: x-amz-checksum-crc32c\nx-amz-content-sha256: " + sigv4.StreamingSignedTrailer + "\n" +
			header("us-east-1", "s3", "20130524", "content-encoding;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class;x-amz-trailer",
				"106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e"),
		stream("b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2", "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
			"2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992", tail)
}

func open(t testing.TB, head, body, kind string) (*sigv4.ChunkReader, error) {
	r := read(t, head)
	a, err := sigv4.Parse(r)
	if err != nil {
		t.Fatal(err)
	}
	var v = sigv4.Verifier{Style: sigv4.S3}
	if err := v.Verify(r, a, docSecret, kind); err != nil {
		return nil, err
	}
	cfg := sigv4.Chunked{Kind: kind, Auth: a, Key: v.Key(docSecret, a.Scope), Length: 66560}
	if n := r.Header.Get("X-Amz-Trailer"); n != "" {
		cfg.Trailers = []string{n}
	}
	return sigv4.NewChunkReader(strings.NewReader(body), cfg), nil
}

// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
func TestV230DocumentedStream(t *testing.T) {
	t.Parallel()
	head, body := signedStream()
	c, err := open(t, head, body, sigv4.StreamingSigned)
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(c)
	if err != nil || string(got) != strings.Repeat("a", 66560) {
		t.Fatalf("read %d bytes, %v", len(got), err)
	}
	for name, broken := range map[string]string{
		"flipped byte in first chunk":  strings.Replace(body, "aaaa\r\n400", "aaab\r\n400", 1),
		"flipped byte in second chunk": strings.Replace(body, "aaaa\r\n0;", "aaba\r\n0;", 1),
		"final signature altered":      strings.Replace(body, "b6c6ea", "b6c6eb", 1),
	} {
		c, err := open(t, head, broken, sigv4.StreamingSigned)
		if err != nil {
			t.Fatal(err)
		}
		_, err = io.ReadAll(c)
		var ce *sigv4.ChunkError
		if !errors.As(err, &ce) || ce.Reason != sigv4.ChunkSignature {
			t.Errorf("%s: error %v, want a signature mismatch", name, err)
		}
	}
}

// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
func TestV231DocumentedTrailer(t *testing.T) {
	t.Parallel()
	const sig = "x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435"
	for name, tail := range map[string]string{
		"as documented": "x-amz-checksum-crc32c:sOO8/Q==\n\r\n" + sig + "\r\n\r\n",
		"as SDKs send":  "x-amz-checksum-crc32c:sOO8/Q==\r\n" + sig + "\r\n\r\n",
	} {
		head, body := trailerStream(tail)
		c, err := open(t, head, body, sigv4.StreamingSignedTrailer)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(c); err != nil || len(got) != 66560 {
			t.Fatalf("%s: read %d bytes, %v", name, len(got), err)
		}
		if diff := cmp.Diff(http.Header{"X-Amz-Checksum-Crc32c": {"sOO8/Q=="}}, c.Trailer()); diff != "" {
			t.Errorf("%s: trailer (-want +got):\n%s", name, diff)
		}
	}
	bad := map[string]struct {
		tail string
		want sigv4.ChunkReason
	}{
		"checksum altered":    {"x-amz-checksum-crc32c:sOO8/A==\r\n" + sig + "\r\n\r\n", sigv4.ChunkSignature},
		"signature missing":   {"x-amz-checksum-crc32c:sOO8/Q==\r\n\r\n", sigv4.ChunkTruncated},
		"checksum missing":    {sig + "\r\n\r\n", sigv4.ChunkTrailer},
		"another name":        {"x-amz-checksum-crc32:sOO8/Q==\r\n" + sig + "\r\n\r\n", sigv4.ChunkTrailer},
		"repeated":            {"x-amz-checksum-crc32c:sOO8/Q==\r\nx-amz-checksum-crc32c:sOO8/Q==\r\n" + sig + "\r\n\r\n", sigv4.ChunkTrailer},
		"no colon":            {"x-amz-checksum-crc32c\r\n" + sig + "\r\n\r\n", sigv4.ChunkTrailer},
		"endless line":        {"x-amz-checksum-crc32c:" + strings.Repeat("A", 100000), sigv4.ChunkTrailer},
		"data after the end":  {"x-amz-checksum-crc32c:sOO8/Q==\r\n" + sig + "\r\n\r\nmore", sigv4.ChunkMalformed},
		"line after the sig.": {"x-amz-checksum-crc32c:sOO8/Q==\r\n" + sig + "\r\nx-amz-checksum-crc32c:sOO8/Q==\r\n\r\n", sigv4.ChunkTrailer},
	}
	for name, tt := range bad {
		head, body := trailerStream(tt.tail)
		c, err := open(t, head, body, sigv4.StreamingSignedTrailer)
		if err != nil {
			t.Fatal(err)
		}
		_, err = io.ReadAll(c)
		var ce *sigv4.ChunkError
		if !errors.As(err, &ce) || ce.Reason != tt.want {
			t.Errorf("%s: error %v, want reason %d", name, err, tt.want)
		}
		if c.Trailer() != nil {
			t.Errorf("%s: trailer handed out", name)
		}
	}
}
