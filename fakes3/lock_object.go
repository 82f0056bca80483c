package fakes3

import (
	"net/http"
	"time"

	"github.com/irsatz/irsatz/fakes3/storage"
	"github.com/irsatz/irsatz/internal/awsapi"
	"github.com/irsatz/irsatz/internal/shape"
)

const lockTime = "2006-01-02T15:04:05.000Z"

// checkLocks refuses to speak of locks where the bucket has none.
func (x *exchange) checkLocks() *awsapi.Error {
	if !x.settings.locks {
		return invalidRequest("Bucket is missing Object Lock Configuration")
	}
	return nil
}

func noLock() *awsapi.Error {
	return fail(http.StatusNotFound, "NoSuchObjectLockConfiguration", "The specified object does not have a ObjectLock configuration")
}

func (x *exchange) getRetention() *awsapi.Error {
	if err := x.checkLocks(); err != nil {
		return err
	}
	l := x.object.Lock
	if l.Mode == "" {
		return noLock()
	}
	x.answer(http.StatusOK, document("Retention", "<Mode>"+l.Mode+"</Mode><RetainUntilDate>"+l.Until.Format(lockTime)+"</RetainUntilDate>"))
	return nil
}

// putRetention changes until when a version is kept. A retention can be made
// longer; anything else, also another mode, takes the bypass, and in compliance mode
// there is none.
//
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-managing.html
func (x *exchange) putRetention() *awsapi.Error {
	if err := x.checkLocks(); err != nil {
		return err
	}
	e := x.early.(*shape.Element) //nolint:errcheck // set by decodeEarly
	next := storage.Lock{Mode: e.Get("Mode")}
	if (next.Mode == "") != (e.Get("RetainUntilDate") == "") {
		return malformedXML()
	}
	if next.Mode != "" {
		t, err := shape.ParseDate(e.Get("RetainUntilDate"))
		if err != nil {
			return malformedXML()
		}
		if !t.After(x.call.Time) {
			return invalidArgument("The retain until date must be in the future!", "RetainUntilDate", e.Get("RetainUntilDate"))
		}
		next.Until = t.Truncate(time.Millisecond) // as it is read
	}
	refusal := protected()
	if x.object.Lock.Mode == governance {
		refusal = x.bypass(x.key)
	}
	return x.amend(func(o *storage.Object) error {
		now := o.Lock
		longer := next.Mode == now.Mode && !next.Until.Before(now.Until)
		switch {
		case longer || !x.call.Time.Before(now.Until):
		case now.Mode == compliance:
			return protected()
		case refusal != nil:
			return refusal
		}
		o.Lock.Mode, o.Lock.Until = next.Mode, next.Until
		return nil
	})
}

func (x *exchange) getLegalHold() *awsapi.Error {
	if err := x.checkLocks(); err != nil {
		return err
	}
	if x.object.Lock.Hold == "" {
		return noLock()
	}
	x.answer(http.StatusOK, document("LegalHold", "<Status>"+x.object.Lock.Hold+"</Status>"))
	return nil
}

func (x *exchange) putLegalHold() *awsapi.Error {
	if err := x.checkLocks(); err != nil {
		return err
	}
	hold := x.early.(*shape.Element).Get("Status") //nolint:errcheck // set by decodeEarly
	return x.amend(func(o *storage.Object) error { o.Lock.Hold = hold; return nil })
}

// amend changes the version that was found, which f judges as it is then.
func (x *exchange) amend(f func(*storage.Object) error) *awsapi.Error {
	if err := x.store.AmendObject(x.bucket.Bucket, x.object, f); err != nil {
		return failed(err, x.name, x.key)
	}
	return x.done(http.StatusOK)
}

// describeLock sets the headers of a version's lock, of which who may not read
// them is told nothing.
func (x *exchange) describeLock(h http.Header, l storage.Lock) {
	if l.Mode != "" && x.mayRead("GetObjectRetention") {
		h.Set(lockMode, l.Mode)
		h.Set(lockUntil, l.Until.Format(lockTime))
	}
	if l.Hold != "" && x.mayRead("GetObjectLegalHold") {
		h.Set(lockHold, l.Hold)
	}
}
