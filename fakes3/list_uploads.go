package fakes3

import (
	"encoding/xml"
	"errors"

	"github.com/irsatz/irsatz/fakes3/storage"
	"github.com/irsatz/irsatz/internal/awsapi"
)

type uploadsResult struct {
	XMLName    xml.Name     `xml:"ListMultipartUploadsResult"`
	Xmlns      string       `xml:"xmlns,attr"`
	Bucket     string       `xml:"Bucket"`
	KeyMarker  string       `xml:"KeyMarker"`
	IDMarker   string       `xml:"UploadIdMarker"`
	NextKey    string       `xml:"NextKeyMarker"`
	NextUpload string       `xml:"NextUploadIdMarker"`
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
	summed
}

// listUploads lists uploads by key, then by the time they were begun. Unlike other
// listings this one always says what comes next, which is after the last upload,
// and after no common prefix.
func (x *exchange) listUploads() *awsapi.Error {
	most, err := x.number("max-uploads", maxList)
	if err != nil {
		return err
	}
	kind, encode, err := x.encoding()
	if err != nil {
		return err
	}
	q := storage.Query{Limit: most}
	q.Prefix, _ = param(x.params, "prefix")
	q.Delimiter, _ = param(x.params, "delimiter")
	q.After, _ = param(x.params, "key-marker")
	if id, _ := param(x.params, "upload-id-marker"); q.After != "" { // without a key it is ignored
		q.AfterID = id
	}
	if err := x.checkUploadMarker(q); err != nil {
		return err
	}
	out := uploadsResult{
		Xmlns: xmlNamespace, Bucket: x.name, KeyMarker: encode(q.After), IDMarker: q.AfterID, Prefix: encode(q.Prefix),
		Delimiter: encode(q.Delimiter), Max: most, Encoding: kind,
	}
	page, lerr := x.store.Uploads(x.bucket.Bucket, behindPrefix(q))
	if lerr != nil {
		return failed(lerr, x.name, "")
	}
	out.Truncated = page.Truncated
	for _, e := range page.Entries {
		if e.Prefix != "" {
			out.Common = append(out.Common, common{encode(e.Prefix)})
			continue
		}
		u := e.Upload
		out.Uploads = append(out.Uploads, uploadItem{
			encode(u.Key), u.ID, initiator(u), canonicalUser(x.bucket.Owner), className(&u.Draft), u.Initiated.Format(listTime),
			summedBy(storage.Checksum{Algorithm: u.Algorithm, Composite: u.Composite}),
		})
		out.NextKey, out.NextUpload = encode(u.Key), u.ID
	}
	return x.answerXML(out)
}

// checkUploadMarker refuses to go on after an upload that is not one of the key.
func (x *exchange) checkUploadMarker(q storage.Query) *awsapi.Error {
	if q.AfterID == "" {
		return nil
	}
	_, err := x.store.Upload(x.bucket.Bucket, q.After, q.AfterID)
	if errors.Is(err, storage.ErrNoUpload) {
		return invalidArgument("Invalid uploadId marker", "upload-id-marker", q.AfterID)
	}
	return failed(err, x.name, "")
}
