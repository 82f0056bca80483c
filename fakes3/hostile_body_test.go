package fakes3_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/irsatz/irsatz/internal/sigv4"
)

// raw sends bytes as they are and returns the answer; its status is 0 if there
// is none.
func (w *world) raw(request string) result {
	w.t.Helper()
	conn, err := net.Dial("tcp", w.http.Listener.Addr().String())
	if err != nil {
		w.t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	fmt.Fprint(conn, request)
	_ = conn.(*net.TCPConn).CloseWrite()
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return result{}
	}
	defer response.Body.Close()
	body, _ := io.ReadAll(response.Body)
	return result{status: response.StatusCode, header: response.Header, body: string(body)}
}

// head returns the start line and headers of a signed request, without what
// says how long its body is.
func (w *world) head(method, target, payload string, header ...string) string {
	r := w.request(method, target, "")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w.signer(w.root()).Sign(received(r), payload, w.clock.Now())
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n", method, target, r.Host)
	_ = r.Header.Write(&b)
	return b.String()
}

// TestHostileLengths says of bodies that they are as long as they are not.
func TestHostileLengths(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.object("data", "k", "before")
	before := w.fingerprint()
	streamed := func(decoded, length, body string) string {
		return w.head("PUT", "/data/k", sigv4.StreamingUnsignedTrailer, "X-Amz-Decoded-Content-Length", decoded, "X-Amz-Trailer", "x-amz-checksum-crc32", "Content-Encoding", "aws-chunked") +
			length + "\r\n\r\n" + body
	}
	const chunks = "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:" + crc32Hello + "\r\n\r\n"
	whole := fmt.Sprintf("Content-Length: %d", len(chunks))
	plain := func(length string) string {
		return w.head("PUT", "/data/k", sigv4.UnsignedPayload) + length + "\r\n\r\nhello"
	}
	for name, request := range map[string]string{
		"negative":                 plain("Content-Length: -5"),
		"plus":                     plain("Content-Length: +5"),
		"hex":                      plain("Content-Length: 0x5"),
		"fraction":                 plain("Content-Length: 5.0"),
		"huge":                     plain("Content-Length: 99999999999999999999"),
		"more than S3 takes":       plain("Content-Length: 5368709121"),
		"longer than sent":         plain("Content-Length: 500"),
		"two":                      plain("Content-Length: 5\r\nContent-Length: 4"),
		"length and chunks":        plain("Content-Length: 5\r\nTransfer-Encoding: chunked"),
		"odd transfer encoding":    plain("Transfer-Encoding: gzip"),
		"two transfer encodings":   plain("Transfer-Encoding: chunked, identity"),
		"none":                     plain("X-Nothing: 1"),
		"decoded negative":         streamed("-5", whole, chunks),
		"decoded plus":             streamed("+5", whole, chunks),
		"decoded hex":              streamed("0x5", whole, chunks),
		"decoded empty":            streamed("", whole, chunks),
		"decoded huge":             streamed("99999999999999999999", whole, chunks),
		"decoded too large":        streamed("5368709121", whole, chunks),
		"decoded longer":           streamed("6", whole, chunks),
		"decoded shorter":          streamed("4", whole, chunks),
		"decoded two":              streamed("5, 4", whole, chunks),
		"chunk negative":           streamed("5", "Content-Length: 20", "-5\r\nhello\r\n0\r\n\r\n\r\n\r\n"),
		"chunk plus":               streamed("5", "Content-Length: 20", "+5\r\nhello\r\n0\r\n\r\n\r\n\r\n"),
		"chunk huge":               streamed("5", "Content-Length: 34", "ffffffffffffffff\r\nhello\r\n0\r\n\r\n\r\n\r\n"),
		"chunk longer than a name": streamed("5", "Content-Length: 500", strings.Repeat("0", 490)+"5\r\nhello\r\n"),
		"chunk with extension":     streamed("5", "Content-Length: 70", "5;chunk-signature=00\r\nhello\r\n0\r\nx-amz-checksum-crc32:"+crc32Hello+"\r\n\r\n    "),
		"no end":                   streamed("5", "Content-Length: 10", "5\r\nhello\r\n"),
		"no line break":            streamed("5", whole, strings.Replace(chunks, "hello\r\n", "hello  ", 1)),
		"data after the end":       streamed("5", fmt.Sprintf("Content-Length: %d", len(chunks)+4), chunks+"evil"),
		"two ends":                 streamed("5", fmt.Sprintf("Content-Length: %d", len(chunks)+5), strings.Replace(chunks, "0\r\n", "0\r\n0\r\n\r\n", 1)),
		"trailer twice":            streamed("5", "Transfer-Encoding: chunked", transferred(strings.Replace(chunks, "x-amz", "x-amz-checksum-crc32:"+crc32Hello+"\r\nx-amz", 1))),
		"trailer of another name":  streamed("5", "Transfer-Encoding: chunked", transferred(strings.Replace(chunks, "crc32:", "crc32c:", 1))),
		"trailer that is a header": streamed("5", "Transfer-Encoding: chunked", transferred(strings.Replace(chunks, "x-amz-checksum-crc32:"+crc32Hello, "x-amz-acl:public-read", 1))),
	} {
		got := w.raw(request)
		if got.status < 400 || got.status >= 500 && got.status != 501 {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
		if now := w.fingerprint(); now != before {
			t.Fatalf("%s changed something: %s", name, w.get("data", "k"))
		}
	}
	// The same, as it should be.
	for name, request := range map[string]string{"length": streamed("5", whole, chunks), "chunks": streamed("5", "Transfer-Encoding: chunked", transferred(chunks))} {
		if got := w.raw(request); got.status != 200 || w.get("data", "k") != "hello" {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
		w.object("data", "k", "before")
	}
}

// transferred is the body in the transfer encoding "chunked".
func transferred(body string) string { return fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(body), body) }

// TestHostileChunks tampers with a body whose chunks are signed.
func TestHostileChunks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.object("data", "k", "before")
	first, second, third := strings.Repeat("a", 8192), strings.Repeat("b", 8192), "end"
	chunk := func(body, data string) string { // with its head
		i := strings.Index(body, "\r\n"+data+"\r\n")
		return body[strings.LastIndex(body[:i], "\n")+1 : i+len(data)+4]
	}
	signature := func(chunk string) string {
		_, rest, _ := strings.Cut(chunk, "chunk-signature=")
		return rest[:64]
	}
	for _, tt := range []struct {
		name, code string // "" for any code
		change     func(string) string
	}{
		{"reordered", "SignatureDoesNotMatch", func(s string) string {
			a, b := chunk(s, first), chunk(s, second)
			return strings.Replace(s, a+b, b+a, 1)
		}},
		{"repeated", "", func(s string) string { a := chunk(s, second); return strings.Replace(s, a, a+a, 1) }},
		{"left out", "", func(s string) string { return strings.Replace(s, chunk(s, second), "", 1) }},
		{"last left out", "", func(s string) string { return strings.Replace(s, chunk(s, third), "", 1) }},
		{"end left out", "IncompleteBody", func(s string) string { return s[:strings.Index(s, "0;chunk-signature=")] }},
		{"cut in a chunk", "IncompleteBody", func(s string) string { return s[:9000] }},
		{"cut in a signature", "", func(s string) string { return s[:strings.LastIndex(s, "-signature=")+30] }},
		{"byte changed", "SignatureDoesNotMatch", func(s string) string { return strings.Replace(s, "\r\nend", "\r\nenD", 1) }},
		{"signatures swapped", "SignatureDoesNotMatch", func(s string) string {
			a, b := signature(chunk(s, first)), signature(chunk(s, second))
			return strings.NewReplacer(a, b, b, a).Replace(s)
		}},
		{"signature missing", "InvalidRequest", func(s string) string {
			return strings.Replace(s, ";chunk-signature="+signature(chunk(s, first)), "", 1)
		}},
		{"signature of zeros", "SignatureDoesNotMatch", func(s string) string {
			return strings.Replace(s, signature(chunk(s, third)), strings.Repeat("0", 64), 1)
		}},
		{"unsigned chunk more", "InvalidRequest", func(s string) string { return "4\r\nevil\r\n" + s }},
		{"split", "SignatureDoesNotMatch", func(s string) string {
			return strings.Replace(s, chunk(s, third), "1;chunk-signature="+signature(chunk(s, third))+"\r\ne\r\n2;chunk-signature="+signature(chunk(s, third))+"\r\nnd\r\n", 1)
		}},
	} {
		for _, kind := range []string{sigv4.StreamingSigned, sigv4.StreamingSignedTrailer} {
			got := w.stream(kind, tt.change, first, second, third)
			if got.status != 403 && got.status != 400 || tt.code != "" && got.err.Code != tt.code || w.get("data", "k") != "before" {
				t.Errorf("%s %s: %d %s", tt.name, kind, got.status, got.body)
			}
		}
	}
	if got := w.stream(sigv4.StreamingSigned, nil, "small", second); got.err.Code != "InvalidChunkSizeError" || got.err.get("Chunk") != "1" || got.err.get("BadChunkSize") != "5" {
		t.Errorf("small chunk: %s", got.body)
	}
	if got := w.stream(sigv4.StreamingSigned, nil, first, second, third); got.status != 200 || w.get("data", "k") != first+second+third {
		t.Errorf("untouched: %d %s", got.status, got.body)
	}
}

// stream puts signed chunks, changed on the way.
func (w *world) stream(kind string, change func(string) string, chunks ...string) result {
	w.t.Helper()
	r := w.request(http.MethodPut, "/data/k", "")
	r.Header.Set("Content-Encoding", "aws-chunked")
	r.Header.Set("X-Amz-Decoded-Content-Length", fmt.Sprint(len(strings.Join(chunks, ""))))
	trailer := ""
	if kind == sigv4.StreamingSignedTrailer {
		trailer = "x-amz-checksum-crc32:AAAAAA=="
		r.Header.Set("X-Amz-Trailer", "x-amz-checksum-crc32")
	}
	a := w.signer(w.root()).Sign(received(r), kind, w.clock.Now())
	body := w.signedChunks(a, trailer, chunks...)
	if change != nil {
		changed := change(body)
		if changed == body {
			w.t.Fatal("nothing is changed")
		}
		body = changed
	}
	r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
	return w.send(r)
}
