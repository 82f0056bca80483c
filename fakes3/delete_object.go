package fakes3

import (
	"encoding/xml"
	"net/http"
	"strconv"

	"github.com/irsatz/irsatz/fakes3/storage"
	"github.com/irsatz/irsatz/iam/arn"
	"github.com/irsatz/irsatz/internal/awsapi"
)

func (x *exchange) deleteObject() *awsapi.Error {
	if err := x.checkBypass(); err != nil {
		return err
	}
	if x.version != "" {
		if err := x.checkUnlocked(x.object); err != nil {
			return err
		}
	}
	if want := x.header.Get("If-Match"); want != "" && (x.object == nil || !etagsMatch(want, x.object.ETag)) {
		return preconditionFailed("If-Match")
	}
	b := &backend{x: x}
	if _, err := b.run("", make(http.Header)); err != nil {
		return err
	}
	h := x.w.Header()
	if b.gone.VersionID != "" {
		h["X-Amz-Version-Id"] = []string{b.gone.VersionID}
	}
	if b.gone.Marker {
		h["X-Amz-Delete-Marker"] = []string{"true"}
	}
	return x.done(http.StatusNoContent)
}

const maxDeletes = 1000

type deleteRequest struct {
	XMLName xml.Name       `xml:"Delete"`
	Objects []deleteObject `xml:"Object"`
	Quiet   bool           `xml:"Quiet"`
}

type deleteObject struct {
	Key       string  `xml:"Key"`
	VersionID *string `xml:"VersionId"`
	ETag      string  `xml:"ETag"`
	Modified  string  `xml:"LastModifiedTime"`
	Size      string  `xml:"Size"`
}

type deleteResult struct {
	XMLName xml.Name      `xml:"DeleteResult"`
	Xmlns   string        `xml:"xmlns,attr"`
	Deleted []deletedItem `xml:"Deleted"`
	Errors  []deleteError `xml:"Error"`
}

type deletedItem struct {
	Key           string `xml:"Key"`
	VersionID     string `xml:"VersionId,omitempty"`
	Marker        string `xml:"DeleteMarker,omitempty"`
	MarkerVersion string `xml:"DeleteMarkerVersionId,omitempty"`
}

type deleteError struct {
	Key       string `xml:"Key"`
	VersionID string `xml:"VersionId,omitempty"`
	Code      string `xml:"Code"`
	Message   string `xml:"Message"`
}

// decodeDelete reads the keys, which are what the request is authorized by.
func (x *exchange) decodeDelete() *awsapi.Error {
	sum, err := sentChecksum(x.header, nil)
	if err != nil {
		return err
	}
	if sum == nil && x.header.Get("Content-Md5") == "" && x.header.Get("X-Amz-Trailer") == "" {
		return invalidRequest("Missing required header for this request: Content-MD5 OR x-amz-checksum-*")
	}
	var in deleteRequest
	if err := x.readInto(&in); err != nil {
		return err
	}
	if len(in.Objects) == 0 || len(in.Objects) > maxDeletes {
		return malformedXML()
	}
	for _, o := range in.Objects {
		switch {
		case o.Key == "":
			return malformedXML()
		case o.ETag != "" || o.Modified != "" || o.Size != "":
			return notImplemented("A condition in DeleteObjects")
		}
	}
	x.early = &in
	return nil
}

// deleteObjects authorizes and deletes key by key: some may be denied and the
// others go.
func (x *exchange) deleteObjects() *awsapi.Error {
	if err := x.checkBypass(); err != nil {
		return err
	}
	in := x.early.(*deleteRequest) //nolint:errcheck // set by decodeDelete
	out := deleteResult{Xmlns: xmlNamespace}
	for _, o := range in.Objects {
		gone, id, err := x.deleteOne(&o)
		switch {
		case err != nil:
			out.Errors = append(out.Errors, deleteError{o.Key, id, err.Code, err.Message})
		case !in.Quiet:
			out.Deleted = append(out.Deleted, deleted(o.Key, id, gone))
		}
	}
	return x.answerXML(out)
}

// deleteOne authorizes and deletes one of the objects of DeleteObjects.
func (x *exchange) deleteOne(o *deleteObject) (gone storage.Deletion, id string, _ *awsapi.Error) {
	action := "DeleteObject"
	ctx := x.context(action)
	if o.VersionID != nil && *o.VersionID != "" {
		action, id = "DeleteObjectVersion", *o.VersionID
		ctx.Set("s3:versionid", id)
	}
	if err := x.ask(x.bucket, action, arn.Object(x.name, o.Key).String(), ctx); err != nil {
		return gone, id, err
	}
	if id != "" {
		version, err := x.store.find(x.bucket, o.Key, id)
		if err != nil {
			return gone, id, err
		}
		if err := x.checkUnlocked(version); err != nil {
			return gone, id, err
		}
	}
	gone, err := x.store.delete(x.bucket, o.Key, id)
	return gone, id, err
}

func deleted(key, id string, d storage.Deletion) deletedItem {
	item := deletedItem{Key: key, VersionID: id}
	if d.Marker {
		item.Marker, item.MarkerVersion = strconv.FormatBool(true), d.VersionID
	}
	return item
}

// decodeEarly reads the body of an operation that is authorized by it.
func (x *exchange) decodeEarly() *awsapi.Error {
	switch x.op.name {
	case "DeleteObjects":
		return x.decodeDelete()
	case "CreateBucket":
		return x.decodeCreateBucket()
	case "PutObjectTagging":
		return x.decodeTags()
	}
	of := configurations[x.op.sub]
	switch x.op.sub {
	case "retention":
		of = &configuration{shape: retentionShape}
	case "legal-hold":
		of = &configuration{shape: holdShape}
	}
	e, err := x.readShape(of.shape)
	x.early = e
	return err
}

// readInto reads a small XML body into v, whose XMLName is required.
func (x *exchange) readInto(v any) *awsapi.Error {
	body, err := x.readSmall()
	if err != nil {
		return err
	}
	if err := xml.Unmarshal(body, v); err != nil {
		return malformedXML()
	}
	return nil
}
