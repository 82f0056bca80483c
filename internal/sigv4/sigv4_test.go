package sigv4_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/google/go-cmp/cmp"

	"github.com/irsatz/irsatz/internal/sigv4"
)

var at = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

// receive turns a client's request into the one a server gets.
func receive(t testing.TB, r *http.Request) *http.Request {
	t.Helper()
	var b bytes.Buffer
	if err := r.Write(&b); err != nil {
		t.Fatal(err)
	}
	head, _, _ := strings.Cut(b.String(), "\r\n\r\n")
	return read(t, strings.ReplaceAll(head, "\r\n", "\n"))
}

// TestAgainstSDK has the SDK sign random requests, in both styles, by header
// and by query, and expects each to verify after a trip over the wire.
func TestAgainstSDK(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(1, 2))
	creds := aws.Credentials{AccessKeyID: "ASIAEXAMPLE", SecretAccessKey: "sec/ret+", SessionToken: "tok/en=="}
	letters := []rune("abcXYZ019-._~ +%$&=@:;,!'()*ä€/..//")
	word := func(n int) string {
		out := make([]rune, 1+rnd.IntN(n))
		for i := range out {
			out[i] = letters[rnd.IntN(len(letters))]
		}
		return string(out)
	}
	for i := range 400 {
		style, service := sigv4.S3, "s3"
		signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true })
		path := "/b/" + word(20)
		if i%2 == 0 {
			// The SDK does not normalise, so only plain paths compare here.
			style, service, path = sigv4.Standard, "sts", "/"+url.PathEscape(strings.NewReplacer("/", "", ".", "").Replace("x"+word(8)))
			signer = v4.NewSigner()
		}
		u := &url.URL{Scheme: "http", Host: "localhost:4566", Path: path}
		if style == sigv4.Standard {
			u = &url.URL{Scheme: "http", Host: "localhost:4566", Path: strings.TrimPrefix(path, ""), RawPath: ""}
		} else {
			u.RawPath = sdkEscape(path)
		}
		q := url.Values{}
		for range rnd.IntN(4) {
			q.Add("p"+word(3), word(6))
		}
		q.Set("x-id", "GetObject") // V228
		u.RawQuery = strings.ReplaceAll(q.Encode(), "+", "%20")
		r, err := http.NewRequest(http.MethodGet, u.String(), nil)
		if err != nil {
			t.Fatal(err)
		}
		r.URL = u
		r.Header.Set("X-Amz-Meta-Note", "  two  blanks   inside ")
		hash := sigv4.EmptyPayload
		if i%4 < 2 {
			r.Header.Set("X-Amz-Content-Sha256", hash)
			err = signer.SignHTTP(t.Context(), creds, r, hash, service, "eu-west-1", at)
		} else {
			hash = sigv4.UnsignedPayload
			r.URL.RawQuery += "&X-Amz-Expires=60"
			var signed string
			var extra http.Header
			signed, extra, err = signer.PresignHTTP(t.Context(), creds, r, hash, service, "eu-west-1", at)
			if err == nil {
				r.URL, err = url.Parse(signed)
				r.Header = extra
				r.Header.Del("Host")
			}
		}
		if err != nil {
			t.Fatal(err)
		}
		got := receive(t, r)
		a, err := sigv4.Parse(got)
		if err != nil {
			t.Fatalf("%s: %v", r.URL, err)
		}
		if a.SessionToken != creds.SessionToken || a.AccessKeyID != creds.AccessKeyID || !a.Time.Equal(at) {
			t.Fatalf("parsed %+v", a)
		}
		if err := a.Verify(got, style, creds.SecretAccessKey, hash); err != nil {
			t.Fatalf("style %d, %s %s: %v", style, got.Method, got.RequestURI, err)
		}
	}
}

// sdkEscape encodes a path as the SDKs put it on the wire.
func sdkEscape(path string) string {
	var b strings.Builder
	for i := 0; i < len(path); i++ {
		c := path[i]
		if c == '/' || c == '-' || c == '.' || c == '_' || c == '~' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

func signer() sigv4.Signer {
	return sigv4.Signer{Style: sigv4.S3, AccessKeyID: "AKIAEXAMPLE", SecretAccessKey: "secret", Region: "us-east-1", Service: "s3"}
}

func TestV226_KeysVerifyUnnormalised(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/b/a b", "/b/a+b", "/b/a%b", "/b/~x", "/b/ä€", "/b//x", "/b/../c", "/b/./c", "/b/", "//b", "/b/%2e%2e"} {
		r, _ := http.NewRequest(http.MethodPut, "http://localhost:4566/", nil)
		r.URL.Path, r.URL.RawPath = path, sdkEscape(path)
		signer().Sign(r, sigv4.UnsignedPayload, at)
		got := receive(t, r)
		a, err := sigv4.Parse(got)
		if err != nil {
			t.Fatal(err)
		}
		if err := a.Verify(got, sigv4.S3, "secret", sigv4.UnsignedPayload); err != nil {
			t.Errorf("%q: %v", path, err)
		}
		other := got.Clone(t.Context())
		other.URL.Path, other.URL.RawPath = path+"x", ""
		if a.Verify(other, sigv4.S3, "secret", sigv4.UnsignedPayload) == nil {
			t.Errorf("%q: signature good for another key", path)
		}
	}
}

func TestTamperingIsNoticed(t *testing.T) {
	t.Parallel()
	base := func() *http.Request {
		r, _ := http.NewRequest(http.MethodPut, "http://localhost:4566/b/k?acl&x=1", nil)
		r.Header.Set("X-Amz-Meta-A", "1")
		r.Header.Set("Content-Type", "text/plain")
		signer().Sign(r, sigv4.UnsignedPayload, at)
		return receive(t, r)
	}
	var v = &sigv4.Verifier{Style: sigv4.S3}
	for name, change := range map[string]func(*http.Request){
		"nothing":      func(*http.Request) {},
		"method":       func(r *http.Request) { r.Method = "DELETE" },
		"host":         func(r *http.Request) { r.Host = "localhost:4567" },
		"query value":  func(r *http.Request) { r.URL.RawQuery = "acl&x=2" },
		"query added":  func(r *http.Request) { r.URL.RawQuery += "&y" },
		"header value": func(r *http.Request) { r.Header.Set("X-Amz-Meta-A", "2") },
		"header added": func(r *http.Request) { r.Header.Add("X-Amz-Meta-A", "2") },
		"header gone":  func(r *http.Request) { r.Header.Del("X-Amz-Meta-A") },
		"content type": func(r *http.Request) { r.Header.Set("Content-Type", "text/html") },
		"scope region": func(r *http.Request) { edit(r, "us-east-1", "us-east-2") },
		"scope service": func(r *http.Request) {
			edit(r, "/s3/", "/sts/")
		},
		"signature": func(r *http.Request) { edit(r, "Signature=", "Signature=0") },
		"terminator": func(r *http.Request) {
			edit(r, "aws4_request", "aws5_request")
		},
	} {
		r := base()
		change(r)
		a, err := sigv4.Parse(r)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		err = v.Verify(r, a, "secret", sigv4.UnsignedPayload)
		var m *sigv4.MismatchError
		if (err == nil) != (name == "nothing") || err != nil && !errors.As(err, &m) {
			t.Errorf("%s: %v", name, err)
		}
		if m != nil && (m.Provided != a.Signature || !strings.HasPrefix(m.StringToSign, "AWS4-HMAC-SHA256\n")) {
			t.Errorf("%s: mismatch carries %+v", name, m)
		}
	}
}

// TestBrokenQuery: what cannot be parsed must not verify as what is not there.
func TestBrokenQuery(t *testing.T) {
	t.Parallel()
	r, _ := http.NewRequest(http.MethodGet, "http://localhost/", nil)
	signer().Sign(r, sigv4.UnsignedPayload, at)
	a, err := sigv4.Parse(r)
	if err != nil {
		t.Fatal(err)
	}
	r.URL.RawQuery = "%zz"
	if a.Verify(r, sigv4.S3, "secret", sigv4.UnsignedPayload) == nil {
		t.Error("a broken query verifies as an empty one")
	}
}

func edit(r *http.Request, from, to string) {
	r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), from, to, 1))
}

func TestUnsignedHeaders(t *testing.T) {
	t.Parallel()
	r, _ := http.NewRequest(http.MethodGet, "http://localhost/b", nil)
	signer().Sign(r, sigv4.UnsignedPayload, at)
	r.Header.Set("X-Amz-Acl", "public-read")
	r.Header.Set("X-Amz-Meta-Z", "1")
	r.Header.Set("X-Amzn-Trace-Id", "ignored")
	r.Header.Set("User-Agent", "ignored")
	a, err := sigv4.Parse(receive(t, r))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"x-amz-acl", "x-amz-meta-z"}, a.UnsignedHeaders(receive(t, r))); diff != "" {
		t.Error(diff)
	}
	edit(r, "SignedHeaders=host;", "SignedHeaders=")
	if a, err = sigv4.Parse(receive(t, r)); err != nil {
		t.Fatal(err)
	}
	if got := a.UnsignedHeaders(r); len(got) != 3 || got[0] != "host" {
		t.Errorf("unsigned host not reported: %v", got)
	}
}

func TestPresignRoundTrip(t *testing.T) {
	t.Parallel()
	for _, style := range []sigv4.Style{sigv4.S3, sigv4.Standard} {
		s := signer()
		s.Style, s.SessionToken = style, "a/b+c="
		r, _ := http.NewRequest(http.MethodGet, "http://localhost:4566/b/k?versionId=1", nil)
		s.Presign(r, time.Minute, at)
		got := receive(t, r)
		a, err := sigv4.Parse(got)
		if err != nil {
			t.Fatal(err)
		}
		hash := map[sigv4.Style]string{sigv4.S3: sigv4.UnsignedPayload, sigv4.Standard: sigv4.EmptyPayload}[style]
		if err := a.Verify(got, style, "secret", hash); err != nil {
			t.Error(err)
		}
		if !a.Presigned || a.Expires != time.Minute || a.SessionToken != "a/b+c=" {
			t.Errorf("parsed %+v", a)
		}
	}
}

func TestParseErrors(t *testing.T) {
	t.Parallel()
	const good = "AWS4-HMAC-SHA256 Credential=AK/20260304/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=00"
	const query = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AK/20260304/r/s3/aws4_request&X-Amz-Date=20260304T000000Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=00"
	req := func(authorization, query string) *http.Request {
		r, _ := http.NewRequest(http.MethodGet, "http://localhost/?"+query, nil)
		r.Header.Set("X-Amz-Date", "20260304T050607Z")
		if authorization != "" {
			r.Header.Set("Authorization", authorization)
		}
		return r
	}
	swap := func(from, to string) *http.Request { return req(strings.Replace(good, from, to, 1), "") }
	swapQ := func(from, to string) *http.Request { return req("", strings.Replace(query, from, to, 1)) }
	dated := func(values ...string) *http.Request {
		r := req(good, "")
		r.Header["X-Amz-Date"] = values
		return r
	}
	twice := req(good, "")
	twice.Header.Add("Authorization", good)
	tests := []struct {
		name string
		r    *http.Request
		want sigv4.Reason
	}{
		{"good header", req(good, ""), 0},
		{"good query", req("", query), 0},
		{"date header", func() *http.Request {
			r := dated()
			r.Header.Set("Date", "Wed, 04 Mar 2026 05:06:07 GMT")
			return r
		}(), 0},
		{"anonymous", req("", "acl"), sigv4.NotSigned},
		{"both", req(good, query), sigv4.SeveralMechanisms},
		{"header twice", twice, sigv4.DuplicateAuthorization},
		{"bearer", req("Bearer x", ""), sigv4.UnsupportedAlgorithm},
		{"sigv2", req("AWS AK:sig", ""), sigv4.UnsupportedAlgorithm},
		{"sigv2 query", req("", "AWSAccessKeyId=a&Signature=b&Expires=1"), sigv4.UnsupportedAlgorithm},
		{"sigv4a", swap("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"), sigv4.UnsupportedAlgorithm},
		{"sigv4a query", swapQ("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"), sigv4.UnsupportedAlgorithm},
		{"lower case scheme", swap("AWS4-HMAC", "aws4-hmac"), sigv4.UnsupportedAlgorithm},
		{"empty", req("AWS4-HMAC-SHA256", ""), sigv4.MalformedHeader},
		{"no equals", swap("Signature=00", "Signature"), sigv4.MalformedHeader},
		{"unknown component", swap("Signature=00", "Signature=00, X=1"), sigv4.MalformedHeader},
		{"repeated component", swap("Signature=00", "Signature=00, Signature=01"), sigv4.MalformedHeader},
		{"no credential", swap("Credential=AK/20260304/us-east-1/s3/aws4_request, ", ""), sigv4.MissingCredential},
		{"no signed headers", swap("SignedHeaders=host, ", ""), sigv4.MissingSignedHeaders},
		{"no signature", swap(", Signature=00", ""), sigv4.MissingSignature},
		{"short credential", swap("/aws4_request", ""), sigv4.MalformedCredential},
		{"long credential", swap("AK/", "AK/x/"), sigv4.MalformedCredential},
		{"huge credential", swap("AK", strings.Repeat("A", 1000)), sigv4.MalformedCredential},
		{"scope date", swap("20260304", "2026034"), sigv4.MalformedScopeDate},
		{"other date", swap("20260304", "20260305"), sigv4.DateMismatch},
		{"upper case header", swap("=host", "=Host"), sigv4.MalformedSignedHeaders},
		{"repeated header", swap("=host", "=host;host"), sigv4.MalformedSignedHeaders},
		{"no header", swap("=host", "=host;"), sigv4.MalformedSignedHeaders},
		{"many headers", swap("=host", "=host"+strings.Repeat(";h", 200)), sigv4.TooLarge},
		{"huge header", req(good+strings.Repeat(" ", 20000), ""), sigv4.TooLarge},
		{"no date", dated(), sigv4.MissingDate},
		{"two dates", dated("20260304T050607Z", "20260304T050608Z"), sigv4.MalformedDate},
		{"bad date", dated("yesterday"), sigv4.MalformedDate},
		{"query without date", swapQ("X-Amz-Date=20260304T000000Z&", ""), sigv4.MissingParameters},
		{"query without algorithm", swapQ("X-Amz-Algorithm=AWS4-HMAC-SHA256&", ""), sigv4.MissingParameters},
		{"signature only", req("", "X-Amz-Signature=00"), sigv4.MissingParameters},
		{"query twice", req("", query+"&X-Amz-Date=20260304T000000Z"), sigv4.DuplicateParameter},
		{"query algorithm", swapQ("SHA256", "SHA512"), sigv4.UnsupportedAlgorithm},
		{"expires text", swapQ("Expires=60", "Expires=soon"), sigv4.ExpiresNotNumber},
		{"expires negative", swapQ("Expires=60", "Expires=-1"), sigv4.ExpiresNegative},
		{"expires a week", swapQ("Expires=60", "Expires=604800"), 0},
		{"X221 expires too long", swapQ("Expires=60", "Expires=604801"), sigv4.ExpiresTooLong},
		{"broken escape", req("", query+"&%zz"), sigv4.MalformedQuery},
		{"broken escape beside a header", req(good, "%zz"), sigv4.MalformedQuery},
		{"huge query beside a header", req(good, strings.Repeat("a", 70000)), sigv4.MalformedQuery},
		{"v2 and v4 query", req("", query+"&Signature=x"), sigv4.SeveralMechanisms},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a, err := sigv4.Parse(tt.r)
			var perr *sigv4.ParseError
			switch {
			case tt.want == 0 && err != nil:
				t.Errorf("refused: %v", err)
			case tt.want != 0 && (!errors.As(err, &perr) || perr.Reason != tt.want || a != nil):
				t.Errorf("got %v, %v, want %v", a, err, tt.want)
			case perr != nil && (perr.Error() == "" || strings.HasPrefix(perr.Reason.String(), "reason ")):
				t.Errorf("reason %d has no text", perr.Reason)
			}
		})
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	r, _ := http.NewRequest(http.MethodGet, "http://localhost/", nil)
	signer().Sign(r, sigv4.UnsignedPayload, at)
	for _, tt := range []struct {
		sent []string
		want string
	}{{nil, ""}, {[]string{"a"}, "a"}, {[]string{"a", "a"}, "a"}, {[]string{"a", "b"}, "a,b"}, {[]string{"b", "b", "a"}, "b,b,a"}} {
		r.Header["X-Amz-Security-Token"] = tt.sent
		a, err := sigv4.Parse(r)
		if err != nil || a.SessionToken != tt.want || len(a.Tokens) != len(tt.sent) {
			t.Errorf("%v: %q, %v", tt.sent, a.SessionToken, err)
		}
	}
}

func TestUnsignedChunks(t *testing.T) {
	t.Parallel()
	read := func(body string, length int64, trailers ...string) (string, http.Header, error) {
		c := sigv4.NewChunkReader(strings.NewReader(body), sigv4.Chunked{Kind: sigv4.StreamingUnsignedTrailer, Length: length, Trailers: trailers})
		got, err := io.ReadAll(c)
		return string(got), c.Trailer(), err
	}
	for _, body := range []string{
		"5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n",
		"2\r\nhe\r\n3\r\nllo\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n",
		"5\r\nhello\r\n0\r\nx-amz-checksum-crc32: NhCmhg==\r\n",
		"00005\r\nhello\r\n0\r\nX-Amz-Checksum-Crc32:NhCmhg==",
	} {
		got, trailer, err := read(body, 5, "x-amz-checksum-crc32")
		if err != nil || got != "hello" || trailer.Get("x-amz-checksum-crc32") != "NhCmhg==" {
			t.Errorf("%q: %q, %v, %v", body, got, trailer, err)
		}
	}
	for name, tt := range map[string]struct {
		body   string
		length int64
		want   sigv4.ChunkReason
	}{
		"empty":              {"", 5, sigv4.ChunkTruncated},
		"cut in data":        {"5\r\nhel", 5, sigv4.ChunkTruncated},
		"cut after data":     {"5\r\nhello", 5, sigv4.ChunkTruncated},
		"no break":           {"5\r\nhelloXX0\r\n\r\n", 5, sigv4.ChunkMalformed},
		"no number":          {"x\r\nhello\r\n0\r\n\r\n", 5, sigv4.ChunkMalformed},
		"negative":           {"-5\r\nhello\r\n0\r\n\r\n", 5, sigv4.ChunkMalformed},
		"plus":               {"+5\r\nhello\r\n0\r\n\r\n", 5, sigv4.ChunkMalformed},
		"overflow":           {"ffffffffffffffff\r\n", -1, sigv4.ChunkMalformed},
		"huge":               {"7fffffffffffffff\r\n", -1, sigv4.ChunkMalformed},
		"long line":          {strings.Repeat("0", 70000), -1, sigv4.ChunkMalformed},
		"longer":             {"6\r\nhello!\r\n0\r\n\r\n", 5, sigv4.ChunkLength},
		"shorter":            {"4\r\nhell\r\n0\r\n\r\n", 5, sigv4.ChunkLength},
		"signature unwanted": {"5;chunk-signature=00\r\nhello\r\n0\r\n\r\n", 5, sigv4.ChunkMalformed},
		"trailer missing":    {"5\r\nhello\r\n0\r\n\r\n", 5, sigv4.ChunkTrailer},
	} {
		_, _, err := read(tt.body, tt.length, "x-amz-checksum-crc32")
		var ce *sigv4.ChunkError
		if !errors.As(err, &ce) || ce.Reason != tt.want {
			t.Errorf("%s: %v, want reason %d", name, err, tt.want)
		}
	}
}

func TestSmallSignedChunk(t *testing.T) {
	t.Parallel()
	for _, size := range []int{8191, 8192} {
		r, _ := http.NewRequest(http.MethodPut, "http://localhost/b/k", nil)
		a := signer().Sign(r, sigv4.StreamingSigned, at)
		var v sigv4.Verifier
		w := &chunkWriter{a: a, key: v.Key("secret", a.Scope), previous: a.Signature}
		w.chunk(strings.Repeat("x", size))
		w.chunk("y")
		w.chunk("")
		_, err := io.ReadAll(sigv4.NewChunkReader(&w.out, sigv4.Chunked{Kind: sigv4.StreamingSigned, Auth: a, Key: w.key, Length: -1}))
		var ce *sigv4.ChunkError
		if size == 8192 && err != nil || size == 8191 && (!errors.As(err, &ce) || ce.Reason != sigv4.ChunkTooSmall || ce.Size != 8191) {
			t.Errorf("%d: %v", size, err)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	r, _ := http.NewRequest(http.MethodGet, "http://localhost:4566/bucket/a/key?versionId=1", nil)
	signer().Sign(r, sigv4.UnsignedPayload, at)
	v := &sigv4.Verifier{Style: sigv4.S3}
	b.ReportAllocs()
	for b.Loop() {
		a, err := sigv4.Parse(r)
		if err != nil || v.Verify(r, a, "secret", sigv4.UnsignedPayload) != nil {
			b.Fatal("refused")
		}
	}
}
