package fakes3

import (
	"encoding/base64"
	"encoding/xml"
	"net/http"
	"net/url"
	"strconv"
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
	q := storage.Query{Prefix: prefix, Delimiter: delimiter, After: after, Limit: most}
	switch {
	case !v2:
		q.After, _ = param(x.params, "marker")
		q = behindPrefix(q)
	case after == "":
		q.After, _ = param(x.params, "start-after")
	}
	page, lerr := x.store.Objects(x.bucket.Bucket, q)
	if lerr != nil {
		return failed(lerr, x.name, "")
	}
	// Written by hand, since encoding/xml takes longer than all the rest.
	var out strings.Builder
	out.Grow(512 + 384*len(page.Entries))
	out.WriteString(xml.Header + `<ListBucketResult xmlns="` + xmlNamespace + `">`)
	element(&out, "Name", x.name)
	element(&out, "Prefix", encode(prefix))
	if v2 {
		x.listedFrom(&out, page, encode)
	} else {
		x.listedBehind(&out, page, encode)
	}
	element(&out, "MaxKeys", itoa(most))
	optional(&out, "Delimiter", encode(delimiter))
	optional(&out, "EncodingType", kind)
	element(&out, "IsTruncated", strconv.FormatBool(page.Truncated))
	x.listed(&out, page, encode)
	out.WriteString("</ListBucketResult>")
	x.answer(http.StatusOK, []byte(out.String()))
	return nil
}

// listedFrom says what ListObjectsV2 has of where a page begins and ends.
func (x *exchange) listedFrom(out *strings.Builder, page storage.Page, encode func(string) string) {
	token, _ := param(x.params, "continuation-token")
	optional(out, "ContinuationToken", token)
	if page.Truncated {
		element(out, "NextContinuationToken", seal(page.Last()))
	}
	if token == "" {
		start, _ := param(x.params, "start-after")
		optional(out, "StartAfter", encode(start))
	}
	element(out, "KeyCount", itoa(len(page.Entries)))
}

// listedBehind says what ListObjects has of it.
func (x *exchange) listedBehind(out *strings.Builder, page storage.Page, encode func(string) string) {
	marker, _ := param(x.params, "marker")
	element(out, "Marker", encode(marker))
	if delimiter, _ := param(x.params, "delimiter"); page.Truncated && delimiter != "" {
		optional(out, "NextMarker", encode(page.Last()))
	}
}

// listed writes what is listed: objects, and then common prefixes.
func (x *exchange) listed(out *strings.Builder, page storage.Page, encode func(string) string) {
	var who *owner
	if fetch, _ := param(x.params, "fetch-owner"); x.op.variant != listV2 || fetch == "true" {
		who = canonicalUser(x.bucket.Owner)
	}
	for _, e := range page.Entries {
		if e.Prefix != "" {
			continue
		}
		o := e.Object
		out.WriteString("<Contents>")
		element(out, "Key", encode(o.Key))
		element(out, "LastModified", o.Modified.Format(listTime))
		element(out, "ETag", o.ETag)
		sum := summedBy(o.Checksum)
		optional(out, "ChecksumAlgorithm", sum.Algorithm)
		optional(out, "ChecksumType", sum.Kind)
		element(out, "Size", strconv.FormatInt(o.Size(), 10))
		if who != nil {
			out.WriteString("<Owner>")
			element(out, "ID", who.ID)
			out.WriteString("</Owner>")
		}
		element(out, "StorageClass", className(o))
		if status := x.statusOf(o); status != nil {
			out.WriteString("<RestoreStatus>")
			element(out, "IsRestoreInProgress", strconv.FormatBool(status.Ongoing))
			element(out, "RestoreExpiryDate", status.Expires)
			out.WriteString("</RestoreStatus>")
		}
		out.WriteString("</Contents>")
	}
	for _, e := range page.Entries {
		if e.Prefix != "" {
			out.WriteString("<CommonPrefixes>")
			element(out, "Prefix", encode(e.Prefix))
			out.WriteString("</CommonPrefixes>")
		}
	}
}
