package fakes3

import (
	"encoding/base64"
	"encoding/xml"
	"net/url"
	"strings"

	"github.com/irsatz/irsatz/fakes3/storage"
	"github.com/irsatz/irsatz/internal/awsapi"
)

const maxList = 1000

// number returns a numeric query parameter, most if it is absent or larger.
func (x *exchange) number(name string, most int) (int, *awsapi.Error) {
	raw, ok := param(x.params, name)
	if !ok || raw == "" {
		return most, nil
	}
	n, ok := digits(raw)
	if !ok || n > 1<<31-1 {
		return 0, invalidArgument("Provided "+name+" not an integer or within integer range", name, raw)
	}
	return min(int(n), most), nil
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
		return "", badRequest("InvalidArgument", "The continuation token provided is incorrect", detail("ArgumentName", "continuation-token"))
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

// behindPrefix moves a marker that lies within a common prefix to that prefix,
// which is then not listed once more. S3 does so in all listings but
// ListObjectsV2.
func behindPrefix(q storage.Query) storage.Query {
	rest, ok := strings.CutPrefix(q.After, q.Prefix)
	if i := strings.Index(rest, q.Delimiter); ok && q.Delimiter != "" && i >= 0 {
		q.After, q.AfterID = q.After[:len(q.Prefix)+i+len(q.Delimiter)], ""
	}
	return q
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
	summed
	Size    int64          `xml:"Size"`
	Owner   *owner         `xml:"Owner"`
	Class   string         `xml:"StorageClass"`
	Restore *restoreStatus `xml:"RestoreStatus"`
}

// summed says which checksum something listed has.
type summed struct {
	Algorithm string `xml:"ChecksumAlgorithm,omitempty"`
	Kind      string `xml:"ChecksumType,omitempty"`
}

func summedBy(c storage.Checksum) summed {
	if c.Algorithm == "" {
		return summed{}
	}
	return summed{c.Algorithm, kindOf(c)}
}

type common struct {
	Prefix string `xml:"Prefix"`
}

func className(o *storage.Object) string {
	if o.Class == "" {
		return "STANDARD"
	}
	return o.Class
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
		if after == "" {
			after, _ = param(x.params, "start-after")
			out.StartAfter = encode(after)
		}
	} else {
		after, _ = param(x.params, "marker")
		marker := encode(after)
		out.Marker = &marker
	}
	q := storage.Query{Prefix: prefix, Delimiter: delimiter, After: after, Limit: most}
	if !v2 {
		q = behindPrefix(q)
	}
	page, lerr := x.store.Objects(x.bucket.Bucket, q)
	if lerr != nil {
		return failed(lerr, x.name, "")
	}
	var who *owner
	if !v2 || fetch == "true" {
		who = canonicalUser(x.bucket.Owner)
	}
	out.Truncated = page.Truncated
	next := out.add(page, encode, func(item *listItem, o *storage.Object) { item.Owner, item.Restore = who, x.statusOf(o) })
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

// add fills in what is listed, and returns the last name.
func (r *listResult) add(page storage.Page, encode func(string) string, more func(*listItem, *storage.Object)) (last string) {
	for _, e := range page.Entries {
		if e.Prefix != "" {
			r.Common, last = append(r.Common, common{encode(e.Prefix)}), e.Prefix
			continue
		}
		o := e.Object
		item := listItem{Key: encode(o.Key), Modified: o.Modified.Format(listTime), ETag: o.ETag, summed: summedBy(o.Checksum), Size: o.Size(), Class: className(o)}
		more(&item, o)
		r.Contents, last = append(r.Contents, item), o.Key
	}
	return last
}
