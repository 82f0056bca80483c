package fakes3

import (
	"encoding/xml"

	"github.com/irsatz/irsatz/fakes3/storage"
	"github.com/irsatz/irsatz/internal/awsapi"
)

type versionsResult struct {
	XMLName     xml.Name `xml:"ListVersionsResult"`
	Xmlns       string   `xml:"xmlns,attr"`
	Name        string   `xml:"Name"`
	Prefix      string   `xml:"Prefix"`
	KeyMarker   string   `xml:"KeyMarker"`
	IDMarker    string   `xml:"VersionIdMarker"`
	NextKey     string   `xml:"NextKeyMarker,omitempty"`
	NextVersion string   `xml:"NextVersionIdMarker,omitempty"`
	MaxKeys     int      `xml:"MaxKeys"`
	Delimiter   string   `xml:"Delimiter,omitempty"`
	Encoding    string   `xml:"EncodingType,omitempty"`
	Truncated   bool     `xml:"IsTruncated"`
	Items       []any
	Common      []common `xml:"CommonPrefixes"`
}

type versionItem struct {
	XMLName  xml.Name
	Key      string `xml:"Key"`
	ID       string `xml:"VersionId"`
	Latest   bool   `xml:"IsLatest"`
	Modified string `xml:"LastModified"`
	ETag     string `xml:"ETag,omitempty"`
	summed
	Size  *int64 `xml:"Size"`
	Owner *owner `xml:"Owner"`
	Class string `xml:"StorageClass,omitempty"`

	Restore *restoreStatus `xml:"RestoreStatus"`
}

func (x *exchange) listObjectVersions() *awsapi.Error {
	most, err := x.number("max-keys", maxList)
	if err != nil {
		return err
	}
	kind, encode, err := x.encoding()
	if err != nil {
		return err
	}
	prefix, _ := param(x.params, "prefix")
	delimiter, _ := param(x.params, "delimiter")
	keyMarker, _ := param(x.params, "key-marker")
	idMarker, hasID := param(x.params, "version-id-marker")
	if hasID && (idMarker == "" || keyMarker == "") {
		return invalidArgument("A version-id marker cannot be specified without a key marker.", "version-id-marker", idMarker)
	}
	out := versionsResult{
		Xmlns: xmlNamespace, Name: x.name, Prefix: encode(prefix), Delimiter: encode(delimiter), KeyMarker: encode(keyMarker),
		IDMarker: idMarker, MaxKeys: most, Encoding: kind,
	}
	q := behindPrefix(storage.Query{Prefix: prefix, Delimiter: delimiter, After: keyMarker, AfterID: idMarker, Limit: most})
	page, lerr := x.store.Versions(x.bucket.Bucket, q)
	if lerr != nil {
		return failed(lerr, x.name, "")
	}
	out.Truncated = page.Truncated
	for _, e := range page.Entries {
		if e.Prefix != "" {
			out.Common = append(out.Common, common{encode(e.Prefix)})
			out.NextKey, out.NextVersion = encode(e.Prefix), ""
			continue
		}
		out.Items = append(out.Items, x.versionItem(e.Object, encode(e.Object.Key), e.Latest))
		out.NextKey, out.NextVersion = encode(e.Object.Key), e.Object.VersionID
	}
	if !out.Truncated {
		out.NextKey, out.NextVersion = "", ""
	}
	return x.answerXML(out)
}

func (x *exchange) versionItem(o *storage.Object, key string, latest bool) versionItem {
	item := versionItem{
		XMLName: xml.Name{Local: "DeleteMarker"}, Key: key, ID: o.VersionID, Latest: latest,
		Modified: o.Modified.Format(listTime), Owner: canonicalUser(x.bucket.Owner),
	}
	if !o.Marker {
		size := o.Size()
		item.XMLName.Local, item.ETag, item.summed, item.Size, item.Class = "Version", o.ETag, summedBy(o.Checksum), &size, className(o)
		item.Restore = x.statusOf(o)
	}
	return item
}
