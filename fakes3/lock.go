package fakes3

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/irsatz/irsatz/fakes3/storage"
	"github.com/irsatz/irsatz/iam/arn"
	"github.com/irsatz/irsatz/iam/policy"
	"github.com/irsatz/irsatz/internal/awsapi"
	"github.com/irsatz/irsatz/internal/shape"
)

// Values of object lock.
const (
	governance = "GOVERNANCE"
	compliance = "COMPLIANCE"
	holdOn     = "ON"
	holdOff    = "OFF"

	bypassHeader = "X-Amz-Bypass-Governance-Retention"
	lockMode     = "X-Amz-Object-Lock-Mode"
	lockUntil    = "X-Amz-Object-Lock-Retain-Until-Date"
	lockHold     = "X-Amz-Object-Lock-Legal-Hold"
)

var (
	lockShape      = shape.MustParse("ObjectLockConfiguration { ObjectLockEnabled:Enabled Rule? { DefaultRetention { Mode:GOVERNANCE|COMPLIANCE Days? Years? } } }")
	retentionShape = shape.MustParse("Retention { Mode?:GOVERNANCE|COMPLIANCE RetainUntilDate?:date }")
	holdShape      = shape.MustParse("LegalHold { Status:ON|OFF }")
)

// lockDocument is the configuration of a bucket that was made with object lock.
func lockDocument() []byte {
	return document("ObjectLockConfiguration", "<ObjectLockEnabled>Enabled</ObjectLockEnabled>")
}

// lockRule is the retention of objects that are stored without a word about it.
//
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html
type lockRule struct {
	mode        string // "" for none
	days, years int
}

func (e *effects) readLock(d *shape.Element) {
	e.locks = true
	by := d.Find("Rule", "DefaultRetention")
	days, _ := digits(by.Get("Days"))
	years, _ := digits(by.Get("Years"))
	e.retention = lockRule{by.Get("Mode"), int(days), int(years)}
}

// wantVersions refuses object lock where versions can be overwritten.
func wantVersions(now *settings) *awsapi.Error {
	if now.versioning != storage.Enabled {
		return fail(http.StatusConflict, "InvalidBucketState", "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration")
	}
	return nil
}

// checkLock wants a period in days or in years, of a century at most.
func checkLock(_ *exchange, e *shape.Element) *awsapi.Error {
	by := e.Find("Rule", "DefaultRetention")
	if by == nil {
		return nil
	}
	unit, most := "Days", int64(36500)
	if by.Find("Days") == nil {
		unit, most = "Years", 100
	}
	if len(by.Children) != 2 { // with the mode
		return malformedXML()
	}
	text := by.Get(unit)
	period, ok := digits(strings.TrimPrefix(text, "-"))
	switch {
	case !ok:
		return malformedXML()
	case period < 1 || text[0] == '-':
		return invalidArgument("Default retention period must be a positive integer value.", unit, text)
	case period > most: // the text is not recorded
		return invalidArgument("Default retention period is too large.", unit, text)
	}
	return nil
}

// lockOf returns the lock that the headers put on a new version.
func (x *exchange) lockOf() (l storage.Lock, _ *awsapi.Error) {
	h := x.header
	mode, until, hold := h.Get(lockMode), h.Get(lockUntil), h.Get(lockHold)
	const both = "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied"
	switch {
	case mode == "" && until == "" && hold == "":
		return l, nil
	case !x.settings.locks:
		return l, invalidRequest("Bucket is missing Object Lock Configuration")
	case mode != "" && until == "":
		return l, badRequest("InvalidArgument", both, detail("ArgumentName", "x-amz-object-lock-retain-until-date"))
	case mode == "" && until != "":
		return l, badRequest("InvalidArgument", both, detail("ArgumentName", "x-amz-object-lock-mode"))
	case mode != "" && mode != governance && mode != compliance:
		return l, invalidArgument("Unknown wormMode directive.", "x-amz-object-lock-mode", mode)
	case hold != "" && hold != holdOn && hold != holdOff:
		return l, invalidArgument("Legal Hold must be either of 'ON' or 'OFF'", "x-amz-object-lock-legal-hold", hold)
	}
	l.Mode, l.Hold = mode, hold
	if until == "" {
		return l, nil
	}
	t, err := shape.ParseDate(until)
	switch {
	case err != nil:
		return l, invalidArgument("The retain until date must be provided in ISO 8601 format", "x-amz-object-lock-retain-until-date", until)
	case !t.After(x.call.Time):
		return l, invalidArgument("The retain until date must be in the future!", "x-amz-object-lock-retain-until-date", until)
	}
	l.Until = t.Truncate(time.Millisecond)
	return l, nil
}

// retained completes a lock with the default of the bucket.
func (x *exchange) retained(l storage.Lock) storage.Lock {
	if rule := x.settings.retention; l.Mode == "" && rule.mode != "" {
		l.Mode, l.Until = rule.mode, x.call.Time.UTC().AddDate(rule.years, 0, rule.days).Truncate(time.Millisecond)
	}
	return l
}

// checkDigest refuses a body that is to be locked and that nothing was said of to
// check it by.
//
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
func checkDigest(p *payload, l storage.Lock, what string) *awsapi.Error {
	if p.md5b64 != "" || p.sum != nil || l.Mode == "" && l.Hold != holdOn {
		return nil
	}
	return invalidRequest("Content-MD5 OR x-amz-checksum- HTTP header is required for " + what + " requests with Object Lock parameters")
}

// locked reports whether the version must not be deleted now.
func (x *exchange) locked(l storage.Lock) bool {
	return l.Hold == holdOn || x.call.Time.Before(l.Until)
}

func protected() *awsapi.Error {
	return accessDenied("Access Denied because object protected by object lock.")
}

// checkBypass refuses the header where there is nothing to bypass.
func (x *exchange) checkBypass() *awsapi.Error {
	if v := x.header.Get(bypassHeader); v != "" && !x.settings.locks {
		return badRequest("InvalidArgument", "x-amz-bypass-governance-retention is only applicable to Object Lock enabled buckets.",
			detail("ArgumentName", "x-amz-bypass-governance-retention"))
	}
	return nil
}

// bypass refuses what a retention in governance mode protects from, unless the
// caller asks to bypass it and may.
func (x *exchange) bypass(key string) *awsapi.Error {
	if v, _ := strconv.ParseBool(x.header.Get(bypassHeader)); !v {
		return protected()
	}
	return x.ask(x.bucket, "BypassGovernanceRetention", arn.Object(x.name, key).String(), x.baseContext(x.bucket))
}

// checkUnlocked refuses to delete a version for good that is locked, and returns
// the lock that it found.
func (x *exchange) checkUnlocked(key, id string) (l storage.Lock, _ *awsapi.Error) {
	o, err := x.store.find(x.bucket, key, id)
	if err != nil {
		return l, err
	}
	if o != nil {
		l = o.Lock
	}
	switch {
	case !x.locked(l):
	case l.Hold != holdOn && l.Mode == governance:
		err = x.bypass(key)
	default:
		err = protected()
	}
	if err == nil {
		return l, nil
	}
	x.call.Explain("the version is under object lock", "wait for the end of its retention and lift its legal hold; a retention in governance mode can be bypassed with s3:BypassGovernanceRetention and x-amz-bypass-governance-retention: true")
	return l, err
}

// fillRetention sets the keys of s3:PutObjectRetention, from the headers or the
// body.
func (x *exchange) fillRetention(ctx *policy.Context, h http.Header) {
	mode, until := h.Get(lockMode), h.Get(lockUntil)
	if e, ok := x.early.(*shape.Element); ok {
		mode, until = e.Get("Mode"), e.Get("RetainUntilDate")
	}
	if mode != "" {
		ctx.Set("s3:object-lock-mode", mode)
	}
	if until == "" {
		return
	}
	ctx.Set("s3:object-lock-retain-until-date", until)
	if t, err := shape.ParseDate(until); err == nil {
		days := (t.Sub(x.call.Time) + 24*time.Hour - 1) / (24 * time.Hour)
		ctx.Set("s3:object-lock-remaining-retention-days", strconv.Itoa(int(days)))
	}
}

// fillHold sets the key of s3:PutObjectLegalHold, from the header or the body.
func (x *exchange) fillHold(ctx *policy.Context, h http.Header) {
	hold := h.Get(lockHold)
	if e, ok := x.early.(*shape.Element); ok {
		hold = e.Get("Status")
	}
	if hold != "" {
		ctx.Set("s3:object-lock-legal-hold", hold)
	}
}
