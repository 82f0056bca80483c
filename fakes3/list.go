package fakes3

import (
	"encoding/base64"
	"encoding/xml"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/irsatz/irsatz/internal/awsapi"
)

const maxList = 1000

// number returns a numeric query parameter, most if it is absent or larger.
func (x *exchange) number(name string, most int) (int, *awsapi.Error) {
	raw, ok := param(x.params, name)
	if !ok || raw == "" {
		return most, nil
	}
	n, err := strconv.Atoi(raw)
	if err != nil || n < 0 {
		return 0, invalidArgument("Provided "+name+" not an integer or within integer range", name, raw)
	}
	return min(n, most), nil
}

// seal makes a continuation token of the last name listed.
func seal(name string) string { return base64.URLEncoding.EncodeToString([]byte("1" + name)) }

// token returns the name that the continuation token stands for.
func (x *exchange) token() (string, *awsapi.Error) {
	raw, ok := param(x.params, "continuation-token")
	if !ok {
		return "", nil
	}
	name, err := base64.URLEncoding.DecodeString(raw)
	if err != nil || len(name) < 2 || name[0] != '1' {
		return "", invalidArgument("The continuation token provided is incorrect", "continuation-token", raw)
	}
	return string(name[1:]), nil
}

// encoding returns how names are written in the answer.
func (x *exchange) encoding() (kind string, encode func(string) string, _ *awsapi.Error) {
	kind, ok := param(x.params, "encoding-type")
	switch {
	case !ok:
		return "", func(s string) string { return s }, nil
	case kind != "url":
		return "", nil, invalidArgument("Invalid Encoding Method specified in Request", "encoding-type", kind)
	}
	return kind, func(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "%2F", "/") }, nil
}

// walk visits the keys after marker that begin with prefix, in order, and for
// each the common prefix it is rolled into, if any. visit returns false to stop.
func (b *bucket) walk(prefix, delimiter, marker string, visit func(key, common string) bool) {
	start := max(prefix, marker)
	i, _ := slices.BinarySearch(b.keys, start)
	for last := ""; i < len(b.keys) && strings.HasPrefix(b.keys[i], prefix); i++ {
		key, common := b.keys[i], ""
		if delimiter != "" {
			if j := strings.Index(key[len(prefix):], delimiter); j >= 0 {
				common = key[:len(prefix)+j+len(delimiter)]
			}
		}
		if common != "" && (common == last || common == marker) {
			continue
		}
		last = common
		if !visit(key, common) {
			return
		}
	}
}

type listResult struct {
	XMLName    xml.Name   `xml:"ListBucketResult"`
	Xmlns      string     `xml:"xmlns,attr"`
	Name       string     `xml:"Name"`
	Prefix     string     `xml:"Prefix"`
	Marker     *string    `xml:"Marker"`
	NextMarker string     `xml:"NextMarker,omitempty"`
	Token      string     `xml:"ContinuationToken,omitempty"`
	NextToken  string     `xml:"NextContinuationToken,omitempty"`
	StartAfter string     `xml:"StartAfter,omitempty"`
	KeyCount   *int       `xml:"KeyCount"`
	MaxKeys    int        `xml:"MaxKeys"`
	Delimiter  string     `xml:"Delimiter,omitempty"`
	Encoding   string     `xml:"EncodingType,omitempty"`
	Truncated  bool       `xml:"IsTruncated"`
	Contents   []listItem `xml:"Contents"`
	Common     []common   `xml:"CommonPrefixes"`
}

type listItem struct {
	Key      string `xml:"Key"`
	Modified string `xml:"LastModified"`
	ETag     string `xml:"ETag"`
	Size     int    `xml:"Size"`
	Owner    *owner `xml:"Owner"`
	Class    string `xml:"StorageClass"`
}

type common struct {
	Prefix string `xml:"Prefix"`
}

func className(o *object) string {
	if o.class == "" {
		return "STANDARD"
	}
	return o.class
}

// listObjects serves ListObjects and ListObjectsV2.
func (x *exchange) listObjects() *awsapi.Error {
	most, err := x.number("max-keys", maxList)
	if err != nil {
		return err
	}
	kind, encode, err := x.encoding()
	if err != nil {
		return err
	}
	after, err := x.token()
	if err != nil {
		return err
	}
	v2 := x.op.variant == listV2
	prefix, _ := param(x.params, "prefix")
	delimiter, _ := param(x.params, "delimiter")
	out := listResult{Xmlns: xmlNamespace, Name: x.name, Prefix: encode(prefix), Delimiter: encode(delimiter), MaxKeys: most, Encoding: kind}
	fetch, _ := param(x.params, "fetch-owner")
	if v2 {
		out.Token, _ = param(x.params, "continuation-token")
		startAfter, _ := param(x.params, "start-after")
		out.StartAfter = encode(startAfter)
		if after == "" {
			after = startAfter
		}
	} else {
		after, _ = param(x.params, "marker")
		marker := encode(after)
		out.Marker = &marker
	}
	next := x.collect(&out, listing{prefix, delimiter, after, most, encode, !v2 || fetch == "true"})
	switch {
	case v2:
		n := len(out.Contents) + len(out.Common)
		out.KeyCount = &n
		if out.Truncated {
			out.NextToken = seal(next)
		}
	case out.Truncated && delimiter != "":
		out.NextMarker = encode(next)
	}
	return x.answerXML(out)
}

type listing struct {
	prefix, delimiter, after string
	most                     int
	encode                   func(string) string
	owners                   bool
}

// collect fills in what is listed, and returns the last name.
func (x *exchange) collect(out *listResult, l listing) (last string) {
	x.store.mu.RLock()
	defer x.store.mu.RUnlock()
	x.bucket.walk(l.prefix, l.delimiter, l.after, func(key, prefix string) bool {
		o := x.bucket.current(key)
		switch {
		case prefix == "" && (o.marker || key <= l.after && l.after != ""):
			return true
		case prefix != "" && !x.bucket.lives(key, prefix):
			return true
		case len(out.Contents)+len(out.Common) == l.most:
			out.Truncated = l.most > 0
			return false
		case prefix != "":
			out.Common, last = append(out.Common, common{l.encode(prefix)}), prefix
			return true
		}
		item := listItem{Key: l.encode(key), Modified: o.modified.Format(listTime), ETag: o.etag, Size: len(o.body), Class: className(o)}
		if l.owners {
			item.Owner = canonicalUser(x.bucket.owner)
		}
		out.Contents, last = append(out.Contents, item), key
		return true
	})
	return last
}

// lives reports whether some key from this one on, with this prefix, is not
// deleted.
func (b *bucket) lives(key, prefix string) bool {
	i, _ := slices.BinarySearch(b.keys, key)
	for ; i < len(b.keys) && strings.HasPrefix(b.keys[i], prefix); i++ {
		if !b.current(b.keys[i]).marker {
			return true
		}
	}
	return false
}
