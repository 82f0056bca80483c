package fakes3

import (
	"encoding/xml"
	"strings"

	"github.com/irsatz/irsatz/fakes3/storage"
	"github.com/irsatz/irsatz/internal/awsapi"
)

type partsResult struct {
	XMLName   xml.Name `xml:"ListPartsResult"`
	Xmlns     string   `xml:"xmlns,attr"`
	Bucket    string   `xml:"Bucket"`
	Key       string   `xml:"Key"`
	ID        string   `xml:"UploadId"`
	Initiator *owner   `xml:"Initiator"`
	Owner     *owner   `xml:"Owner"`
	Class     string   `xml:"StorageClass"`
	Marker    int      `xml:"PartNumberMarker"`
	Next      int      `xml:"NextPartNumberMarker"`
	Max       int      `xml:"MaxParts"`
	Truncated bool     `xml:"IsTruncated"`
	Algorithm string   `xml:"ChecksumAlgorithm,omitempty"`
	Kind      string   `xml:"ChecksumType,omitempty"`
	Parts     []any
}

type partItem struct {
	XMLName  xml.Name `xml:"Part"`
	Number   int      `xml:"PartNumber"`
	Modified string   `xml:"LastModified"`
	ETag     string   `xml:"ETag"`
	Size     int64    `xml:"Size"`
	Checksum *checksumItem
}

type checksumItem struct {
	XMLName xml.Name
	Value   string `xml:",chardata"`
}

func (x *exchange) listParts() *awsapi.Error {
	u, err := x.upload()
	if err != nil {
		return err
	}
	most, err := x.number("max-parts", maxList)
	if err != nil {
		return err
	}
	marker := 0
	if raw, ok := param(x.params, "part-number-marker"); ok && raw != "" {
		n, ok := digits(raw)
		if !ok || n > 1<<31-1 {
			return invalidArgument("Provided part-number-marker not an integer or within integer range", "part-number-marker", raw)
		}
		marker = int(n)
	}
	parts, perr := x.store.Parts(x.bucket.Bucket, u, marker, most+1)
	if perr != nil {
		return x.uploadFailed(perr)
	}
	out := partsResult{
		Xmlns: xmlNamespace, Bucket: x.name, Key: x.key, ID: u.ID, Initiator: initiator(u), Owner: canonicalUser(x.bucket.Owner),
		Class: className(&u.Draft), Marker: marker, Max: most, Truncated: len(parts) > most && most > 0,
	}
	if u.Algorithm != "" {
		out.Algorithm, out.Kind = u.Algorithm, kindOfUpload(u)
	}
	for _, p := range parts[:min(len(parts), most)] {
		item := partItem{Number: p.Number, Modified: p.Modified.Format(listTime), ETag: p.ETag, Size: p.Size}
		if u.Algorithm != "" {
			item.Checksum = &checksumItem{xml.Name{Local: "Checksum" + p.Checksum.Algorithm}, p.Checksum.Value}
		}
		out.Parts, out.Next = append(out.Parts, item), p.Number
	}
	return x.answerXML(out)
}

// initiator is who began an upload: of an account that is no canonical user, by
// its ARN.
func initiator(u *storage.Upload) *owner {
	return &owner{ID: u.Initiator, DisplayName: u.Initiator[strings.LastIndexAny(u.Initiator, ":/")+1:]}
}
