package fakes3

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/irsatz/irsatz/fakes3/storage"
	"github.com/irsatz/irsatz/internal/awsapi"
	"github.com/irsatz/irsatz/internal/shape"
)

const (
	restoreHeader  = "X-Amz-Restore"
	redirectHeader = "X-Amz-Website-Redirect-Location"
	restoredPrefix = `ongoing-request="false", expiry-date="`
)

// archived reports whether the object is of a class that cannot be read before it
// is restored.
func archived(o *storage.Object) bool { return o.Class == "GLACIER" || o.Class == "DEEP_ARCHIVE" }

// restoredUntil returns how long the object can be read, if it was restored.
func (x *exchange) restoredUntil(o *storage.Object) (until time.Time, ok bool) {
	for _, p := range o.Headers {
		if p.Name == restoreHeader {
			date := strings.TrimSuffix(strings.TrimPrefix(p.Value, restoredPrefix), `"`)
			until, err := http.ParseTime(date)
			return until, err == nil && x.call.Time.Before(until)
		}
	}
	return until, false
}

// checkActive refuses to read what is archived.
func (x *exchange) checkActive(o *storage.Object, message string) *awsapi.Error {
	if _, restored := x.restoredUntil(o); restored || !archived(o) {
		return nil
	}
	return invalidState(o, message)
}

func invalidState(o *storage.Object, message string) *awsapi.Error {
	return fail(http.StatusForbidden, "InvalidObjectState", message, detail("StorageClass", className(o)))
}

var restoreShape = shape.MustParse("RestoreRequest { Days:int Description? Tier?:Standard|Bulk|Expedited GlacierJobParameters? { Tier:Standard|Bulk|Expedited } }")

// restoreObject makes an archived object readable for some days.
//
// DIVERGES: a restoration takes AWS minutes to hours, in which x-amz-restore says
// ongoing-request="true". Here it is there at once.
func (x *exchange) restoreObject() *awsapi.Error {
	in, err := x.readShape(restoreShape)
	if err != nil {
		return err
	}
	days, derr := strconv.Atoi(in.Get("Days"))
	if derr != nil || days < 1 || days > 1<<15 {
		return malformedXML()
	}
	o := x.object
	if !archived(o) {
		return invalidState(o, "Restore is not allowed for the object's current storage class")
	}
	status := http.StatusAccepted
	if _, restored := x.restoredUntil(o); restored {
		status = http.StatusOK
	}
	// The copy is removed at the midnight that follows.
	until := x.call.Time.UTC().AddDate(0, 0, days+1).Truncate(24 * time.Hour)
	header := storage.Pair{Name: restoreHeader, Value: restoredPrefix + until.Format(http.TimeFormat) + `"`}
	serr := x.store.AmendObject(x.bucket.Bucket, o, func(o *storage.Object) error {
		o.Headers = append(without(o.Headers, restoreHeader), header)
		sortHeaders(o.Headers)
		return nil
	})
	if serr != nil {
		return failed(serr, x.name, x.key)
	}
	return x.done(status)
}

// without returns the headers other than these.
func without(headers []storage.Pair, names ...string) (rest []storage.Pair) {
	for _, p := range headers {
		if !slices.Contains(names, p.Name) {
			rest = append(rest, p)
		}
	}
	return rest
}

// restoreStatus is what listings say of a restored object.
type restoreStatus struct {
	Ongoing bool   `xml:"IsRestoreInProgress"`
	Expires string `xml:"RestoreExpiryDate"`
}

// statusOf returns the status of a restored object, if the client asked for it.
func (x *exchange) statusOf(o *storage.Object) *restoreStatus {
	until, restored := x.restoredUntil(o)
	if !restored || !slices.Contains(x.header["X-Amz-Optional-Object-Attributes"], "RestoreStatus") {
		return nil
	}
	return &restoreStatus{Expires: until.UTC().Format(listTime)}
}
