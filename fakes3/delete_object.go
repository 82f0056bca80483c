package fakes3

import (
	"encoding/xml"
	"errors"
	"net/http"
	"slices"
	"strconv"

	"github.com/irsatz/irsatz/fakes3/storage"
	"github.com/irsatz/irsatz/iam/arn"
	"github.com/irsatz/irsatz/internal/awsapi"
	"github.com/irsatz/irsatz/internal/shape"
)

// deleteObject deletes a key or one of its versions. That a version never was is no
// error, as long as its id could be one.
//
// https://github.com/versity/versitygw/issues/1758
func (x *exchange) deleteObject() *awsapi.Error {
	if err := x.checkBypass(); err != nil {
		return err
	}
	if x.version != "" && !versionNamed(x.version) {
		return invalidVersion(x.version)
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

var deleteShape = shape.MustParse("Delete { Object+ { Key VersionId? ETag? LastModifiedTime? Size? } Quiet?:bool }")

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
	in, err := x.readShape(deleteShape)
	if err != nil {
		return err
	}
	objects := in.All("Object")
	if len(objects) > maxDeletes {
		return malformedXML()
	}
	for _, o := range objects {
		switch {
		case o.Get("Key") == "":
			return malformedXML()
		case o.Get("LastModifiedTime") != "" || o.Get("Size") != "":
			return notImplemented("A condition in DeleteObjects that is not an ETag")
		}
	}
	x.early = in
	return nil
}

// deleteObjects authorizes and deletes key by key: some may be denied and the
// others go.
func (x *exchange) deleteObjects() *awsapi.Error {
	in := x.early.(*shape.Element) //nolint:errcheck // set by decodeDelete
	if err := x.checkBypass(); err != nil && x.mayDeleteAny(in) {
		return err // which tells how the bucket is set up
	}
	quiet := in.Get("Quiet") == "true"
	out := deleteResult{Xmlns: xmlNamespace}
	for _, o := range in.All("Object") {
		t := doomedOf(o)
		gone, err := x.deleteOne(t)
		switch {
		case err != nil:
			out.Errors = append(out.Errors, deleteError{t.key, t.version, err.Code, err.Message})
		case !quiet:
			out.Deleted = append(out.Deleted, deleted(t.key, t.version, gone))
		}
	}
	return x.answerXML(out)
}

// doomed is one of the objects of DeleteObjects.
type doomed struct{ key, version, etag string }

func doomedOf(o *shape.Element) doomed {
	return doomed{o.Get("Key"), o.Get("VersionId"), o.Get("ETag")}
}

// mayDeleteAny reports whether the caller may delete one of the objects at least.
func (x *exchange) mayDeleteAny(in *shape.Element) bool {
	return slices.ContainsFunc(in.All("Object"), func(o *shape.Element) bool { return x.authorizeDelete(doomedOf(o)) == nil })
}

// deleteOne authorizes and deletes one of the objects of DeleteObjects.
func (x *exchange) deleteOne(o doomed) (gone storage.Deletion, _ *awsapi.Error) {
	if len(o.key) > maxKey {
		return gone, keyTooLong(o.key)
	}
	if err := x.authorizeDelete(o); err != nil {
		return gone, err
	}
	if o.version != "" && !versionNamed(o.version) {
		return gone, noSuchVersion(o.key, o.version)
	}
	return x.erase(o.key, o.version, storage.Conditions{Match: o.etag})
}

// erase deletes a version for good if id is given; otherwise the key, which on a
// versioned bucket gets a delete marker. A version goes under the lock by which it
// was judged, or is judged again.
func (x *exchange) erase(key, id string, c storage.Conditions) (storage.Deletion, *awsapi.Error) {
	for {
		if id != "" {
			lock, err := x.checkUnlocked(key, id)
			if err != nil {
				return storage.Deletion{}, err
			}
			c.Lock = &lock
		}
		gone, err := x.store.DeleteObject(x.bucket.Bucket, key, id, c)
		switch {
		case errors.Is(err, storage.ErrRelocked):
			continue
		case errors.Is(err, storage.ErrNoObject):
			return gone, x.nothingToMatch(key)
		}
		return gone, failed(err, x.name, key)
	}
}

// nothingToMatch words why a deletion that depends on an ETag has nothing to delete.
// A key whose newest version is a delete marker was seen to be told apart from one
// that is not there.
func (x *exchange) nothingToMatch(key string) *awsapi.Error {
	if marker, err := x.store.find(x.bucket, key, ""); err == nil && marker != nil {
		return noSuchKey(key)
	}
	return preconditionFailed("If-Match")
}

// authorizeDelete asks for what DeleteObject of one of the objects would ask for.
func (x *exchange) authorizeDelete(o doomed) *awsapi.Error {
	resource, action := arn.Object(x.name, o.key).String(), "DeleteObject"
	ctx := x.context(action)
	if o.version != "" {
		action = "DeleteObjectVersion"
		ctx.Set("s3:versionid", o.version)
	} else if o.etag != "" {
		ctx.Set("s3:if-match", o.etag)
	}
	if err := x.ask(x.bucket, action, resource, ctx); err != nil {
		return err
	}
	if o.etag == "" || o.etag == "*" {
		return nil
	}
	current, err := x.store.find(x.bucket, o.key, "")
	if err != nil {
		return err
	}
	ctx = x.context("GetObject")
	fillExisting(ctx, current)
	return x.ask(x.bucket, "GetObject", resource, ctx)
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
