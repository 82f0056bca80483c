package fakes3

import (
	"encoding/xml"
	"maps"
	"slices"
	"strings"

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
	Size     *int   `xml:"Size"`
	Owner    *owner `xml:"Owner"`
	Class    string `xml:"StorageClass,omitempty"`
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
	x.store.mu.RLock()
	x.bucket.walk(prefix, delimiter, keyMarker, func(key, prefix string) bool {
		if prefix != "" {
			if len(out.Items)+len(out.Common) == most {
				out.Truncated = most > 0
				return false
			}
			out.Common = append(out.Common, common{encode(prefix)})
			out.NextKey, out.NextVersion = encode(prefix), ""
			return true
		}
		skip := key == keyMarker
		for i, o := range x.bucket.objects[key] {
			if skip {
				skip = idMarker == "" || o.versionID != idMarker
				continue
			}
			if len(out.Items)+len(out.Common) == most {
				out.Truncated = most > 0
				return false
			}
			out.Items = append(out.Items, x.versionItem(o, encode(key), i == 0))
			out.NextKey, out.NextVersion = encode(key), o.versionID
		}
		return true
	})
	x.store.mu.RUnlock()
	if !out.Truncated {
		out.NextKey, out.NextVersion = "", ""
	}
	return x.answerXML(out)
}

func (x *exchange) versionItem(o *object, key string, latest bool) versionItem {
	item := versionItem{
		XMLName: xml.Name{Local: "DeleteMarker"}, Key: key, ID: o.versionID, Latest: latest,
		Modified: o.modified.Format(listTime), Owner: canonicalUser(x.bucket.owner),
	}
	if !o.marker {
		size := len(o.body)
		item.XMLName.Local, item.ETag, item.Size, item.Class = "Version", o.etag, &size, className(o)
	}
	return item
}

type uploadsResult struct {
	XMLName    xml.Name     `xml:"ListMultipartUploadsResult"`
	Xmlns      string       `xml:"xmlns,attr"`
	Bucket     string       `xml:"Bucket"`
	KeyMarker  string       `xml:"KeyMarker"`
	IDMarker   string       `xml:"UploadIdMarker"`
	NextKey    string       `xml:"NextKeyMarker,omitempty"`
	NextUpload string       `xml:"NextUploadIdMarker,omitempty"`
	Prefix     string       `xml:"Prefix,omitempty"`
	Delimiter  string       `xml:"Delimiter,omitempty"`
	Encoding   string       `xml:"EncodingType,omitempty"`
	Max        int          `xml:"MaxUploads"`
	Truncated  bool         `xml:"IsTruncated"`
	Uploads    []uploadItem `xml:"Upload"`
	Common     []common     `xml:"CommonPrefixes"`
}

type uploadItem struct {
	Key       string `xml:"Key"`
	ID        string `xml:"UploadId"`
	Initiator *owner `xml:"Initiator"`
	Owner     *owner `xml:"Owner"`
	Class     string `xml:"StorageClass"`
	Initiated string `xml:"Initiated"`
}

// listUploads lists uploads by key, then by the time they were begun.
func (x *exchange) listUploads() *awsapi.Error {
	most, err := x.number("max-uploads", maxList)
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
	idMarker, _ := param(x.params, "upload-id-marker")
	out := uploadsResult{
		Xmlns: xmlNamespace, Bucket: x.name, KeyMarker: encode(keyMarker), IDMarker: idMarker, Prefix: encode(prefix),
		Delimiter: encode(delimiter), Max: most, Encoding: kind,
	}
	who, last, passed := canonicalUser(x.bucket.owner), "", false
	for _, u := range x.store.uploads(x.bucket) {
		switch {
		case !strings.HasPrefix(u.key, prefix) || keyMarker != "" && u.key < keyMarker:
			continue
		case keyMarker != "" && u.key == keyMarker && !passed:
			passed = idMarker != "" && u.id == idMarker
			continue
		}
		rolled := ""
		if i := strings.Index(u.key[len(prefix):], delimiter); delimiter != "" && i >= 0 {
			rolled = u.key[:len(prefix)+i+len(delimiter)]
		}
		if rolled != "" && (rolled == last || rolled == keyMarker) {
			continue
		}
		if len(out.Uploads)+len(out.Common) == most {
			out.Truncated = most > 0
			break
		}
		last, out.NextKey, out.NextUpload = rolled, encode(u.key), u.id
		if rolled != "" {
			out.Common, out.NextKey, out.NextUpload = append(out.Common, common{encode(rolled)}), encode(rolled), ""
			continue
		}
		out.Uploads = append(out.Uploads, uploadItem{encode(u.key), u.id, who, who, className(&u.draft), u.initiated.Format(listTime)})
	}
	if !out.Truncated {
		out.NextKey, out.NextUpload = "", ""
	}
	return x.answerXML(out)
}

// uploads returns the bucket's uploads in the order of listing.
func (s *store) uploads(b *bucket) []*upload {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.SortedFunc(maps.Values(b.uploads), func(u, v *upload) int {
		if c := strings.Compare(u.key, v.key); c != 0 {
			return c
		}
		if c := u.initiated.Compare(v.initiated); c != 0 {
			return c
		}
		return strings.Compare(u.id, v.id)
	})
}
