package fakes3_test

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// dice makes random requests.
type dice struct{ *rand.Rand }

func (d dice) word(letters string, least, most int) string {
	all := []rune(letters)
	out := make([]rune, least+d.IntN(most-least+1))
	for i := range out {
		out[i] = all[d.IntN(len(all))]
	}
	return string(out)
}

func (d dice) body() []byte {
	out := make([]byte, d.IntN([]int{1, 10, 100, 70 << 10, 200 << 10}[d.IntN(5)]))
	for i := range out {
		out[i] = byte(d.Uint32())
	}
	return out
}

// TestRandomSDK has the SDK sign random requests in every way that it has: keys,
// metadata, tags and bodies of all kinds, in headers, in the query and chunk by
// chunk, over http and https, by path and by host name. All are understood.
func TestRandomSDK(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	session := w.role("all", allow("s3:*"))
	clients := []*s3.Client{w.client(session, w.http, false), w.client(session, w.http, true), w.client(session, w.tls, false), w.client(w.root(), w.tls, true)}
	w.bucket("random", account)
	d := dice{rand.New(rand.NewPCG(7, 11))}
	stored := map[string][]byte{}
	for i := range 150 {
		c := clients[d.IntN(len(clients))]
		o := d.object()
		name := fmt.Sprintf("%d: key %q, %d bytes, %s", i, *o.Key, len(stored[*o.Key]), o.ChecksumAlgorithm)
		body := d.body()
		o.Body = bytes.NewReader(body)
		if d.IntN(3) == 0 {
			o.ContentLength, o.Body = aws.Int64(int64(len(body))), io.NopCloser(bytes.NewReader(body)) // cannot be read twice: it is streamed
		}
		put, err := c.PutObject(t.Context(), o)
		if err != nil && strings.Contains(err.Error(), "unseekable stream is not supported without TLS") {
			continue // of the SDK
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		stored[*o.Key] = body
		got, err := clients[d.IntN(len(clients))].GetObject(t.Context(), &s3.GetObjectInput{Bucket: o.Bucket, Key: o.Key, ChecksumMode: types.ChecksumModeEnabled})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if read := readAll(t, got.Body); read != string(body) || *got.ETag != *put.ETag || !maps.Equal(got.Metadata, o.Metadata) || aws.ToString(got.ContentType) != *o.ContentType {
			t.Fatalf("%s: %d bytes, %v %v", name, len(read), got.Metadata, aws.ToString(got.ContentType))
		}
		tags, err := c.GetObjectTagging(t.Context(), &s3.GetObjectTaggingInput{Bucket: o.Bucket, Key: o.Key})
		want, _ := url.ParseQuery(aws.ToString(o.Tagging))
		if err != nil || len(tags.TagSet) != len(want) {
			t.Fatalf("%s: tags %v, %v, want %v", name, tags, err, want)
		}
		for _, tag := range tags.TagSet {
			if want.Get(*tag.Key) != *tag.Value {
				t.Fatalf("%s: tag %s is %q", name, *tag.Key, *tag.Value)
			}
		}
		if d.IntN(4) == 0 {
			target := d.object().Key
			if _, err := c.CopyObject(t.Context(), &s3.CopyObjectInput{Bucket: o.Bucket, Key: target, CopySource: aws.String(*o.Bucket + "/" + sourceEscape(*o.Key))}); err != nil {
				t.Fatalf("%s: copy to %q: %v", name, *target, err)
			}
			stored[*target] = body
		}
		if d.IntN(2) == 0 {
			w.presigned(d, c, o, body)
		}
	}
	listed := w.listed(clients[0])
	keys := slices.Sorted(maps.Keys(stored))
	if !slices.Equal(listed, keys) {
		t.Errorf("listed %q\nwant %q", listed, keys)
	}
}

// sourceEscape encodes a key as CopySource wants it.
func sourceEscape(key string) string {
	return strings.ReplaceAll(strings.ReplaceAll(url.QueryEscape(key), "+", "%20"), "%2F", "/")
}

// object describes an object that there may be.
func (d dice) object() *s3.PutObjectInput {
	o := &s3.PutObjectInput{
		Bucket: aws.String("random"), Key: aws.String(d.word("abcXYZ019-._~ +%$&=@:;,!'()*\"<>\\^`{}|#?[]äé€😀/", 1, 30)),
		ContentType: aws.String("text/" + d.word("abc-.+", 1, 8)), Metadata: map[string]string{},
		ChecksumAlgorithm: []types.ChecksumAlgorithm{"", "CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"}[d.IntN(6)],
	}
	for range d.IntN(4) {
		o.Metadata[d.word("abcdef-", 1, 8)] = strings.TrimSpace("v" + d.word("abc \t!\"#$%&'()*+,-./:;<=>?@", 0, 20) + "v")
	}
	tags := url.Values{}
	for range d.IntN(3) {
		tags.Set(d.word("abc+-=._:/@ ", 1, 8), d.word("äxyz+-=._:/@ ", 0, 10))
	}
	if len(tags) > 0 {
		o.Tagging = aws.String(tags.Encode())
	}
	return o
}

// presigned replaces an object, reads it and deletes a copy of it with URLs that
// the SDK presigns.
func (w *world) presigned(d dice, c *s3.Client, o *s3.PutObjectInput, body []byte) {
	w.t.Helper()
	p := s3.NewPresignClient(c, s3.WithPresignExpires(time.Duration(1+d.IntN(600))*time.Second))
	put, err := p.PresignPutObject(w.t.Context(), &s3.PutObjectInput{Bucket: o.Bucket, Key: o.Key, Metadata: o.Metadata, ContentType: o.ContentType})
	if err != nil {
		w.t.Fatal(err)
	}
	get, err := p.PresignGetObject(w.t.Context(), &s3.GetObjectInput{Bucket: o.Bucket, Key: o.Key, ResponseContentType: aws.String("text/other"), Range: aws.String("bytes=0-9")})
	if err != nil {
		w.t.Fatal(err)
	}
	head, err := p.PresignHeadObject(w.t.Context(), &s3.HeadObjectInput{Bucket: o.Bucket, Key: o.Key})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, step := range []struct {
		method, url string
		header      http.Header
		send, want  []byte
		status      int
	}{
		{put.Method, put.URL, put.SignedHeader, body, nil, 200}, {get.Method, get.URL, get.SignedHeader, nil, body[:min(10, len(body))], 206},
		{head.Method, head.URL, head.SignedHeader, nil, nil, 200},
	} {
		if step.status == 206 && len(body) == 0 {
			continue // nothing has no range
		}
		r, err := http.NewRequest(step.method, step.url, bytes.NewReader(step.send))
		if err != nil {
			w.t.Fatal(err)
		}
		r.Header = step.header
		response, err := w.reach(r).Do(r)
		if err != nil {
			w.t.Fatal(err)
		}
		read := readAll(w.t, response.Body)
		if response.StatusCode != step.status || step.want != nil && read != string(step.want) || step.want != nil && response.Header.Get("Content-Type") != "text/other" {
			w.t.Fatalf("%s %s: %d %.300s", step.method, step.url, response.StatusCode, read)
		}
	}
}

// reach returns a client that reaches the server by whatever name the URL has.
func (w *world) reach(r *http.Request) *http.Client {
	server := map[string]*httptest.Server{"http": w.http, "https": w.tls}[r.URL.Scheme]
	return w.client(w.root(), server, true).Options().HTTPClient.(*http.Client)
}

// listed returns all keys, by pages.
func (w *world) listed(c *s3.Client) (keys []string) {
	w.t.Helper()
	pages := s3.NewListObjectsV2Paginator(c, &s3.ListObjectsV2Input{Bucket: aws.String("random"), MaxKeys: aws.Int32(17)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(w.t.Context())
		if err != nil {
			w.t.Fatal(err)
		}
		for _, o := range page.Contents {
			keys = append(keys, *o.Key)
		}
	}
	return keys
}
