package sigv4_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"testing"

	"github.com/irsatz/irsatz/internal/sigv4"
)

// chunkWriter frames and signs chunks, written apart from the reader.
type chunkWriter struct {
	a        *sigv4.Authorization
	key      [32]byte
	previous string
	out      bytes.Buffer
}

func (w *chunkWriter) chunk(data string) {
	sum := sha256.Sum256([]byte(data))
	mac := hmac.New(sha256.New, w.key[:])
	fmt.Fprintf(mac, "AWS4-HMAC-SHA256-PAYLOAD\n%s\n%s\n%s\n%x\n%x", w.a.Time.Format(sigv4.TimeFormat), w.a.Scope, w.previous, sha256.Sum256(nil), sum)
	w.previous = hex.EncodeToString(mac.Sum(nil))
	fmt.Fprintf(&w.out, "%x;chunk-signature=%s\r\n%s\r\n", len(data), w.previous, data)
}

// FuzzCanonical signs a request for any path, query and header, sends it over
// the wire and expects it to verify, and no other query to.
func FuzzCanonical(f *testing.F) {
	f.Add("/b/k", "a=1&acl", "v")
	f.Add("/b//..//%2e/ä", "p=%20+x", "  a   b ")
	f.Fuzz(func(t *testing.T, path, query, value string) {
		u, err := url.ParseRequestURI("/" + path + "?" + query)
		if err != nil || u.Host != "" {
			return
		}
		u.Scheme, u.Host = "http", "localhost:4566"
		r, err := http.NewRequest(http.MethodGet, u.String(), nil)
		if err != nil {
			return
		}
		r.URL = u
		r.Header.Set("X-Amz-Meta-A", value)
		signer().Sign(r, sigv4.UnsignedPayload, at)
		if err := r.Write(io.Discard); err != nil {
			return
		}
		a, err := sigv4.Parse(r)
		if err != nil {
			return // the query itself may claim to be signed, or not parse
		}
		err = a.Verify(r, sigv4.S3, "secret", sigv4.UnsignedPayload)
		if _, unreadable := sigv4.ParseQuery(r.URL.RawQuery); (err == nil) != (unreadable == nil) {
			t.Fatalf("verify: %v; query: %v", err, unreadable)
		}
		r.URL.RawQuery += "&added"
		if a.Verify(r, sigv4.S3, "secret", sigv4.UnsignedPayload) == nil {
			t.Fatal("another query has the same signature")
		}
	})
}

// FuzzChunkReader feeds any body to the reader: it must end, typed, and must
// not reach io.EOF for a signed stream that was not signed.
func FuzzChunkReader(f *testing.F) {
	_, body := signedStream()
	f.Add([]byte(body[len(body)-2000:]), true)
	f.Add([]byte("5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n"), false)
	r, _ := http.NewRequest(http.MethodPut, "http://localhost/b/k", nil)
	a := signer().Sign(r, sigv4.StreamingSigned, at)
	f.Fuzz(func(t *testing.T, body []byte, signed bool) {
		cfg := sigv4.Chunked{Kind: sigv4.StreamingUnsignedTrailer, Length: -1, Trailers: []string{"x-amz-checksum-crc32"}}
		if signed {
			cfg = sigv4.Chunked{Kind: sigv4.StreamingSigned, Auth: a, Length: -1} // the zero key signs nothing
		}
		got, err := io.ReadAll(sigv4.NewChunkReader(bytes.NewReader(body), cfg))
		var ce *sigv4.ChunkError
		if err != nil && !errors.As(err, &ce) {
			t.Fatalf("untyped error %v", err)
		}
		if err == nil && signed {
			t.Fatal("unsigned stream accepted")
		}
		if len(got) > len(body) {
			t.Fatal("more out than in")
		}
	})
}
