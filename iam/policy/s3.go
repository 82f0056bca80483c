package policy

import (
	"slices"
	"strings"

	"github.com/irsatz/irsatz/iam/catalogue"
)

// level is the sort of resource an S3 action acts on.
type level uint8

const (
	accountLevel level = iota // none: its policies name "*"
	bucketLevel
	objectLevel
	otherLevel // access points, jobs, storage lenses
)

// levelOf is the level of an S3 action.
func levelOf(a catalogue.ActionInfo) level {
	switch {
	case a.On("object"):
		return objectLevel
	case a.On("bucket"):
		return bucketLevel
	case len(a.Resources) > 0:
		return otherLevel
	}
	return accountLevel
}

// lookupS3 finds the level of an S3 action by its full name, such as
// "s3:GetObject".
func lookupS3(action string) (level, bool) {
	if !isS3(action) {
		return accountLevel, false
	}
	a, ok := catalogue.Action(action)
	return levelOf(a), ok
}

// isS3 reports whether an action, or a condition key, is one of S3.
func isS3(name string) bool { return len(name) > 3 && strings.EqualFold(name[:3], "s3:") }

// bucketActions returns the actions that fit a pattern such as "s3:Get*" and
// that a bucket policy can govern: a bucket that does not exist yet has none.
func bucketActions(pattern string) []catalogue.ActionInfo {
	var found []catalogue.ActionInfo
	if pattern == "*" {
		pattern = "s3:*"
	}
	for a := range catalogue.ActionsMatching(pattern) {
		if l := levelOf(a); (l == bucketLevel || l == objectLevel) && a.Name != "s3:CreateBucket" {
			found = append(found, a)
		}
	}
	return found
}

// commonS3Keys are condition keys that S3 takes in a bucket policy for every
// action, and prefixes of such, though not every request has them.
var commonS3Keys = []string{
	"s3:accessgrantsinstancearn", "s3:accesspointnetworkorigin", "s3:accesspointtag/", "s3:authtype", "s3:buckettag/",
	"s3:dataaccesspointaccount", "s3:dataaccesspointarn", "s3:resourceaccount", "s3:signatureage", "s3:signatureversion",
	"s3:tlsversion", "s3:x-amz-content-sha256",
}

// takesKey reports whether a bucket policy may ask for a condition key beside an
// action. Keys of other services, such as aws:SourceIp, are no affair of S3.
func takesKey(a catalogue.ActionInfo, key string) bool {
	return !isS3(key) || slices.ContainsFunc(commonS3Keys, func(k string) bool { return sameKey(strings.ToLower(key), k) }) ||
		catalogue.Takes(a.Name, key)
}

// sameKey compares a key's name with a known one.
func sameKey(name, known string) bool {
	return name == known || strings.HasSuffix(known, "/") && strings.HasPrefix(name, known)
}
