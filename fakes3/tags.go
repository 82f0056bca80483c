package fakes3

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/policy"
	"github.com/irsatz/irsatz/internal/awsapi"
)

const (
	maxTags     = 10 // of an object
	bucketTags  = 50
	maxTagKey   = 128
	maxTagValue = 256
)

// parseTagging reads the header form of tags, a URL-encoded query string.
func parseTagging(raw string) ([]iam.Tag, *awsapi.Error) {
	if raw == "" {
		return nil, nil
	}
	bad := invalidArgument("The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.", "x-amz-tagging", raw)
	var tags []iam.Tag
	for piece := range strings.SplitSeq(raw, "&") {
		k, v, _ := strings.Cut(piece, "=")
		if strings.Contains(v, "=") {
			return nil, bad
		}
		key, err := url.QueryUnescape(k)
		value, err2 := url.QueryUnescape(v)
		if err != nil || err2 != nil || key == "" {
			return nil, bad
		}
		for _, t := range tags {
			if t.Key == key {
				return nil, bad
			}
		}
		tags = append(tags, iam.Tag{Key: key, Value: value})
	}
	return tags, checkTags(tags, maxTags)
}

// checkTags refuses what a tag set cannot be; most says whose it is.
//
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html
func checkTags(tags []iam.Tag, most int) *awsapi.Error {
	if len(tags) > most {
		if most == bucketTags {
			return badRequest("BadRequest", "Bucket tag count cannot be greater than 50")
		}
		return badRequest("BadRequest", "Object tags cannot be greater than "+itoa(most))
	}
	system := "Your TagKey cannot be prefixed with aws:"
	if most == bucketTags {
		system = "System tags cannot be added/updated by requester"
	}
	seen := make(map[string]bool, len(tags))
	for _, t := range tags {
		switch {
		case !taggable(t.Key, maxTagKey) || t.Key == "":
			return badRequest("InvalidTag", "The TagKey you have provided is invalid", detail("TagKey", t.Key))
		case !taggable(t.Value, maxTagValue):
			return badRequest("InvalidTag", "The TagValue you have provided is invalid", detail("TagKey", t.Key), detail("TagValue", t.Value))
		case strings.HasPrefix(strings.ToLower(t.Key), "aws:"):
			return badRequest("InvalidTag", system, detail("TagKey", t.Key))
		case seen[t.Key]:
			return badRequest("InvalidTag", "Cannot provide multiple Tags with the same key", detail("TagKey", t.Key))
		}
		seen[t.Key] = true
	}
	return nil
}

// taggable reports whether s can be a key or a value of a tag: letters, digits,
// blanks and + - = . _ : / @.
func taggable(s string, most int) bool {
	return utf8.RuneCountInString(s) <= most && !strings.ContainsFunc(s, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsSpace(r) && !strings.ContainsRune("+-=._:/@", r)
	})
}

func fillObjectTags(ctx *policy.Context, tags []iam.Tag) {
	if len(tags) == 0 {
		return
	}
	keys := make([]string, len(tags))
	for i, t := range tags {
		keys[i] = t.Key
		ctx.Set("s3:RequestObjectTag/"+t.Key, t.Value)
	}
	ctx.SetValues("s3:RequestObjectTagKeys", keys...)
}
