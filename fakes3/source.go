package fakes3

import (
	"net/http"
	"strings"

	"github.com/irsatz/irsatz/fakes3/storage"
	"github.com/irsatz/irsatz/internal/awsapi"
)

// source is what a copy copies. It is decoded once, and the very version that
// was authorized is the one copied.
type source struct {
	name, key, version string
	bucket             *bucket
	object             *storage.Object
	marker             *storage.Object
}

// parseSource reads x-amz-copy-source: "[/]bucket/key[?versionId=id]", encoded
// as a path, so that "+" is a plus sign.
func parseSource(raw string) (*source, *awsapi.Error) {
	bad := func() *awsapi.Error {
		return invalidArgument("Invalid copy source object key", "x-amz-copy-source", raw)
	}
	path, query, hasQuery := strings.Cut(raw, "?")
	version := ""
	if hasQuery {
		encoded, ok := strings.CutPrefix(query, "versionId=")
		version, ok = decodeIf(ok, encoded)
		if !ok || version == "" || strings.ContainsAny(encoded, "&?") {
			return nil, bad()
		}
	}
	path, ok := decode(path)
	if !ok {
		return nil, bad()
	}
	name, key, ok := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if !ok || key == "" || len(key) > maxKey || !bucketNamed(name) {
		return nil, bad()
	}
	return &source{name: name, key: key, version: version}, nil
}

func decodeIf(ok bool, s string) (string, bool) {
	if !ok {
		return "", false
	}
	return decode(s)
}

// checkSource evaluates the conditions of a copy's source. A date that is yet to come
// was seen to be none.
func (x *exchange) checkSource(o *storage.Object) *awsapi.Error {
	const since = "X-Amz-Copy-Source-If-Modified-Since"
	h := x.header
	if t, err := http.ParseTime(h.Get(since)); err == nil && t.After(x.call.Time) {
		h = h.Clone()
		h.Del(since)
	}
	return checkConditions(h, "X-Amz-Copy-Source-", o)
}

// findSource looks the source up. Whether the caller may know the outcome is
// for authorize to say.
func (x *exchange) findSource() *awsapi.Error {
	src, err := parseSource(x.header.Get("X-Amz-Copy-Source"))
	if err != nil {
		return err
	}
	b, err := x.store.bucket(src.name)
	if err != nil {
		return err
	}
	if err := expectOwner(b, x.header.Get("X-Amz-Source-Expected-Bucket-Owner")); err != nil {
		return err
	}
	src.bucket = b
	if src.object, err = x.store.find(b, src.key, src.version); err != nil {
		return err
	}
	if src.object != nil && src.object.Marker {
		src.object, src.marker = nil, src.object
	}
	x.source = src
	return nil
}
