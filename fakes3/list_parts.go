package fakes3

import (
	"encoding/xml"

	"github.com/irsatz/irsatz/internal/awsapi"
)

type partsResult struct {
	XMLName   xml.Name   `xml:"ListPartsResult"`
	Xmlns     string     `xml:"xmlns,attr"`
	Bucket    string     `xml:"Bucket"`
	Key       string     `xml:"Key"`
	UploadID  string     `xml:"UploadId"`
	Initiator *owner     `xml:"Initiator"`
	Owner     *owner     `xml:"Owner"`
	Class     string     `xml:"StorageClass"`
	Marker    int        `xml:"PartNumberMarker"`
	Next      int        `xml:"NextPartNumberMarker"`
	Max       int        `xml:"MaxParts"`
	Truncated bool       `xml:"IsTruncated"`
	Algorithm string     `xml:"ChecksumAlgorithm,omitempty"`
	Kind      string     `xml:"ChecksumType,omitempty"`
	Parts     []partItem `xml:"Part"`
}

type partItem struct {
	Number   int    `xml:"PartNumber"`
	Modified string `xml:"LastModified"`
	ETag     string `xml:"ETag"`
	Size     int64  `xml:"Size"`
	Checksum checksumElement
}

// listParts lists the parts of an upload by number.
func (x *exchange) listParts() *awsapi.Error {
	most, err := x.number("max-parts", maxList)
	if err != nil {
		return err
	}
	after := 0
	if _, ok := param(x.params, "part-number-marker"); ok {
		if after, err = x.number("part-number-marker", maxPart); err != nil {
			return err
		}
	}
	u, err := x.upload()
	if err != nil {
		return err
	}
	parts, lerr := x.store.Parts(x.bucket.Bucket, u, after, most+1)
	if lerr != nil {
		return x.uploadFailed(lerr)
	}
	who := canonicalUser(x.bucket.Owner)
	out := partsResult{
		Xmlns: xmlNamespace, Bucket: x.name, Key: x.key, UploadID: u.ID, Initiator: who, Owner: who, Class: className(&u.Draft),
		Marker: after, Max: most, Truncated: most > 0 && len(parts) > most, Algorithm: u.Algorithm,
	}
	if u.Algorithm != "" {
		out.Kind = kindOf(u)
	}
	for _, p := range parts[:min(len(parts), most)] {
		item := partItem{Number: p.Number, Modified: p.Modified.Format(listTime), ETag: p.ETag, Size: p.Size}
		if u.Algorithm != "" {
			item.Checksum = checksumElement(p.Checksum)
		}
		out.Parts, out.Next = append(out.Parts, item), p.Number
	}
	return x.answerXML(out)
}
