package fakes3_test

import (
	"bufio"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/irsatz/irsatz/internal/sigv4"
)

const crc32Hello = "NhCmhg==" // of "hello"

// put sends a signed PutObject with this body and payload hash.
func (w *world) put(target, body, payload string, header ...string) result {
	r := w.request(http.MethodPut, target, body)
	for _, h := range header {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	w.signer(w.root()).Sign(received(r), payload, w.clock.Now())
	return w.send(r)
}

func hash(s string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(s))) }

// TestWrongBodies sends bodies that are not what was said of them: each is
// refused and leaves what was stored.
func TestWrongBodies(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	unsigned := "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:%s\r\n\r\n"
	stream := []string{"X-Amz-Trailer: x-amz-checksum-crc32", "X-Amz-Decoded-Content-Length: 5", "Content-Encoding: aws-chunked"}
	tests := []struct {
		name, body, payload string
		header              []string
		status              int
		code, message       string
	}{
		{"V229 unsigned", "hello", sigv4.UnsignedPayload, nil, 200, "", ""},
		{"hash", "hello", hash("hello"), nil, 200, "", ""},
		{"X225 wrong hash", "hello", hash("other"), nil, 400, "XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed."},
		{"empty hash for a body", "hello", sigv4.EmptyPayload, nil, 400, "XAmzContentSHA256Mismatch", ""},
		{"md5", "hello", hash("hello"), []string{"Content-Md5: XUFAKrxLKna5cZ2REBfFkg=="}, 200, "", ""},
		{"wrong md5", "other", hash("other"), []string{"Content-Md5: XUFAKrxLKna5cZ2REBfFkg=="}, 400, "BadDigest", "The Content-MD5 you specified did not match what we received."},
		{"bad md5", "hello", hash("hello"), []string{"Content-Md5: x"}, 400, "InvalidDigest", "The Content-MD5 you specified was invalid."},
		{"V235 crc32", "hello", hash("hello"), []string{"X-Amz-Checksum-Crc32: " + crc32Hello}, 200, "", ""},
		{"wrong crc32", "other", hash("other"), []string{"X-Amz-Checksum-Crc32: " + crc32Hello}, 400, "BadDigest", "The CRC32 you specified did not match the calculated checksum."},
		{"crc32c", "hello", hash("hello"), []string{"X-Amz-Checksum-Crc32c: mnG7TA=="}, 200, "", ""},
		{"wrong crc32c", "hello", hash("hello"), []string{"X-Amz-Checksum-Crc32c: mnG7TQ=="}, 400, "BadDigest", ""},
		{"crc64nvme", "hello", hash("hello"), []string{"X-Amz-Checksum-Crc64nvme: M3eFcAZSQlc="}, 200, "", ""},
		{"wrong crc64nvme", "hello", hash("hello"), []string{"X-Amz-Checksum-Crc64nvme: M3eFcAZSQlg="}, 400, "BadDigest", ""},
		{"sha1", "hello", hash("hello"), []string{"X-Amz-Checksum-Sha1: qvTGHdzF6KLavt4PO0gs2a6pQ00="}, 200, "", ""},
		{"wrong sha256", "hello", hash("hello"), []string{"X-Amz-Checksum-Sha256: 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="}, 400, "BadDigest", "The SHA256 you specified did not match the calculated checksum."},
		{"malformed crc32", "hello", hash("hello"), []string{"X-Amz-Checksum-Crc32: x"}, 400, "InvalidRequest", "Value for x-amz-checksum-crc32 header is invalid."},
		{"two checksums", "hello", hash("hello"), []string{"X-Amz-Checksum-Crc32: " + crc32Hello, "X-Amz-Checksum-Crc32c: mnG7TA=="}, 400, "InvalidRequest", "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed."},
		{"V232 trailer", fmt.Sprintf(unsigned, crc32Hello), sigv4.StreamingUnsignedTrailer, stream, 200, "", ""},
		{"V232 wrong trailer", fmt.Sprintf(unsigned, "AAAAAA=="), sigv4.StreamingUnsignedTrailer, stream, 400, "BadDigest", ""},
		{"other trailer", "5\r\nhello\r\n0\r\nx-amz-checksum-crc32c:mnG7TA==\r\n\r\n", sigv4.StreamingUnsignedTrailer, stream, 400, "MalformedTrailerError", "The request contained trailing data that was not well-formed or did not conform to our published schema."},
		{"no trailer", "5\r\nhello\r\n0\r\n\r\n", sigv4.StreamingUnsignedTrailer, stream, 400, "MalformedTrailerError", ""},
		{"unknown trailer", fmt.Sprintf(unsigned, crc32Hello), sigv4.StreamingUnsignedTrailer, []string{"X-Amz-Trailer: x-amz-meta-a", stream[1], stream[2]}, 400, "MalformedTrailerError", ""},
		{"no decoded length", fmt.Sprintf(unsigned, crc32Hello), sigv4.StreamingUnsignedTrailer, stream[:1], 411, "MissingContentLength", "You must provide the Content-Length HTTP header."},
		{"shorter than said", "4\r\nhell\r\n0\r\nx-amz-checksum-crc32:" + crc32Hello + "\r\n\r\n", sigv4.StreamingUnsignedTrailer, stream, 400, "IncompleteBody", ""},
		{"not chunked", "hello\r\n", sigv4.StreamingUnsignedTrailer, stream, 400, "InvalidRequest", ""},
		{"chunked without saying", "hello", hash("hello"), stream[2:], 400, "InvalidRequest", ""},
		{"huge", "hello", hash("hello"), []string{"X-Amz-Decoded-Content-Length: 99999999999999"}, 200, "", ""},
		{"too large", fmt.Sprintf(unsigned, crc32Hello), sigv4.StreamingUnsignedTrailer, []string{stream[0], "X-Amz-Decoded-Content-Length: 5368709121"}, 400, "EntityTooLarge", ""},
		{"asymmetric", "hello", "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD", nil, 501, "NotImplemented", ""},
	}
	for i, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			key := fmt.Sprintf("k%d", i)
			w.object("data", key, "before")
			got := w.put("/data/"+key, tt.body, tt.payload, tt.header...)
			want := "before"
			if tt.status == 200 {
				want = "hello"
			}
			if got.status != tt.status || got.err.Code != tt.code || tt.message != "" && got.err.Message != tt.message || w.get("data", key) != want {
				t.Errorf("%d %s; stored %q", got.status, got.body, w.get("data", key))
			}
			if tt.code == "XAmzContentSHA256Mismatch" && (got.err.get("ClientComputedContentSHA256") != tt.payload || got.err.get("S3ComputedContentSHA256") != hash("hello")) {
				t.Errorf("X225: %s", got.body)
			}
		})
	}
}

// signedChunks frames chunks, each signed in the chain that begins with seed.
func (w *world) signedChunks(a *sigv4.Authorization, trailer string, chunks ...string) string {
	var v sigv4.Verifier
	key := v.Key(w.root().secret, a.Scope)
	previous, out := a.Signature, ""
	link := func(algorithm, digest string) string {
		mac := hmac.New(sha256.New, key[:])
		fmt.Fprintf(mac, "%s\n%s\n%s\n%s\n%s", algorithm, a.SentTime, a.Scope, previous, digest)
		previous = hex.EncodeToString(mac.Sum(nil))
		return previous
	}
	for i, c := range append(chunks, "") {
		out += fmt.Sprintf("%x;chunk-signature=%s\r\n", len(c), link("AWS4-HMAC-SHA256-PAYLOAD", hash("")+"\n"+hash(c)))
		if i < len(chunks) {
			out += c + "\r\n"
		}
	}
	if trailer != "" {
		out += trailer + "\r\nx-amz-trailer-signature:" + link("AWS4-HMAC-SHA256-TRAILER", hash(trailer+"\n")) + "\r\n"
	}
	return out + "\r\n"
}

// TestSignedStreams is V230, V231, V233 and F243.
func TestSignedStreams(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	created := w.call(w.root(), http.MethodPost, "/data/multi?uploads").body
	_, rest, _ := strings.Cut(created, "<UploadId>")
	id, _, _ := strings.Cut(rest, "</UploadId>")
	first := strings.Repeat("a", 8192)
	for _, kind := range []string{sigv4.StreamingSigned, sigv4.StreamingSignedTrailer} {
		for name, change := range map[string]func(string) string{
			"good":    func(s string) string { return s },
			"flipped": func(s string) string { return strings.Replace(s, "\r\nhello", "\r\njello", 1) },
			"cut":     func(s string) string { return s[:len(s)-200] },
		} {
			for _, target := range []string{"/data/stream-" + name, "/data/multi?uploadId=" + id + "&partNumber=1"} {
				r := w.request(http.MethodPut, target, "")
				r.Header.Set("Content-Encoding", "aws-chunked,gzip")
				r.Header.Set("X-Amz-Decoded-Content-Length", fmt.Sprint(len(first)+5))
				trailer := ""
				if kind == sigv4.StreamingSignedTrailer {
					trailer = "x-amz-checksum-sha256:" + "B" + strings.Repeat("A", 42) + "="
					r.Header.Set("X-Amz-Trailer", "x-amz-checksum-sha256")
				}
				a := w.signer(w.root()).Sign(received(r), kind, w.clock.Now())
				body := change(w.signedChunks(a, trailer, first, "hello"))
				r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
				got := w.send(r)
				switch {
				case name == "flipped" && (got.status != 403 || got.err.Code != "SignatureDoesNotMatch"):
					t.Errorf("V230 %s %s: %d %s", kind, target, got.status, got.body)
				case name == "cut" && got.status != 400:
					t.Errorf("%s %s: %d %s", kind, target, got.status, got.body)
				case name == "good" && trailer != "" && got.err.Code != "BadDigest":
					t.Errorf("V231: a signed but wrong checksum: %d %s", got.status, got.body)
				case name == "good" && trailer == "" && got.status != 200:
					t.Errorf("%s: %d %s", target, got.status, got.body)
				}
			}
		}
	}
	got := w.call(w.root(), http.MethodGet, "/data/stream-good")
	if got.body != first+"hello" || got.header.Get("Content-Encoding") != "gzip" {
		t.Errorf("V233: %d bytes, encoding %q", len(got.body), got.header.Get("Content-Encoding"))
	}
	for _, name := range []string{"stream-flipped", "stream-cut"} {
		if w.get("data", name) != "!NoSuchKey" {
			t.Errorf("%s was stored", name)
		}
	}
	if got := w.call(w.root(), http.MethodGet, "/data/multi?uploadId="+id); !strings.Contains(got.body, "<Size>8197</Size>") || strings.Count(got.body, "<Part>") != 1 {
		t.Errorf("F243: %s", got.body)
	}
}

// TestChunkedTransfer is V234: botocore over https sends no Content-Length.
func TestChunkedTransfer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.request(http.MethodPut, "/data/k", "")
	r.Header.Set("X-Amz-Trailer", "x-amz-checksum-crc32")
	r.Header.Set("X-Amz-Decoded-Content-Length", "5")
	w.signer(w.root()).Sign(received(r), sigv4.StreamingUnsignedTrailer, w.clock.Now())
	r.Body, r.ContentLength = io.NopCloser(strings.NewReader("5\r\nhello\r\n0\r\nx-amz-checksum-crc32:"+crc32Hello+"\r\n\r\n")), -1
	if got := w.send(r); got.status != 200 || w.get("data", "k") != "hello" {
		t.Errorf("%d %s", got.status, got.body)
	}
	r = w.request(http.MethodPut, "/data/k", "")
	w.signer(w.root()).Sign(received(r), sigv4.UnsignedPayload, w.clock.Now())
	r.Body, r.ContentLength = io.NopCloser(strings.NewReader("other")), -1
	if got := w.send(r); got.status != 411 || w.get("data", "k") != "hello" {
		t.Errorf("without any length: %d %s", got.status, got.body)
	}
}

// TestExpectContinue is V236: a denied upload is answered without asking for
// its body, and a cut one stores nothing.
func TestExpectContinue(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, c := range map[string]creds{"denied": w.role("none"), "allowed": w.root()} {
		r := w.request(http.MethodPut, "/data/expect", "")
		w.signer(c).Sign(received(r), sigv4.UnsignedPayload, w.clock.Now())
		conn, err := net.Dial("tcp", w.http.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_ = conn.SetDeadline(w.clock.Now().Add(5 * time.Second))
		fmt.Fprintf(conn, "PUT /data/expect HTTP/1.1\r\nHost: %s\r\nExpect: 100-continue\r\nContent-Length: 5\r\n", r.Host)
		_ = r.Header.Write(conn)
		fmt.Fprint(conn, "\r\n")
		in := bufio.NewReader(conn)
		line, err := in.ReadString('\n')
		want := map[string]string{"denied": "HTTP/1.1 403", "allowed": "HTTP/1.1 100"}[name]
		if err != nil || !strings.HasPrefix(line, want) {
			t.Errorf("%s: %q, %v", name, line, err)
		}
		if name == "allowed" {
			fmt.Fprint(conn, "hel")
			conn.Close()
		}
	}
	if w.get("data", "expect") != "!NoSuchKey" {
		t.Error("stored")
	}
}

func TestPayloadOfBodylessRequests(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.request(http.MethodDelete, "/data/public/a.txt", "")
	w.signer(w.root()).Sign(received(r), hash("other"), w.clock.Now())
	if got := w.send(r); got.err.Code != "XAmzContentSHA256Mismatch" || w.get("data", "public/a.txt") != "hello" {
		t.Errorf("%d %s", got.status, got.body)
	}
}
