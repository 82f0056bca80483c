package fakeiam

import (
	"slices"
	"strings"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/policy"
	"github.com/irsatz/irsatz/internal/awsapi"
)

// tag is a tag of a request.
type tag struct {
	Key   string `rule:"required,min=1,max=128,pattern=tagkey"`
	Value string `rule:"required,max=256,pattern=tagvalue"`
}

// shownTag is a tag of an answer, whose value is there even if it is empty.
type shownTag struct {
	Key   string
	Value *string
}

// maxTags is how many tags an entity may have
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html).
const maxTags = 50

// sameKey compares tag keys: roles and users do it without regard to case,
// policies, OIDC providers and instance profiles with (observed).
type sameKey func(a, b string) bool

func exact(a, b string) bool { return a == b }

// insensitive ignores the case of keys.
func insensitive(a, b string) bool { return strings.EqualFold(a, b) }

// newTags checks the tags of an entity that is being made.
func newTags(tags []tag, same sameKey) ([]iam.Tag, error) {
	return addTags(nil, tags, same)
}

// putTags is what the operations called Tag… do. A list that was sent empty is an
// error there (observed; the text is not recorded).
func putTags(old []iam.Tag, tags []tag, same sameKey) ([]iam.Tag, error) {
	if len(tags) == 0 {
		return nil, invalidInput("The list of tags must contain at least one entry.")
	}
	return addTags(old, tags, same)
}

// addTags puts tags over those that are there. One whose key is there already
// takes its place, in the new spelling (observed).
func addTags(old []iam.Tag, tags []tag, same sameKey) ([]iam.Tag, error) {
	all := slices.Clone(old)
	for i, t := range tags {
		if slices.ContainsFunc(tags[:i], func(other tag) bool { return same(other.Key, t.Key) }) {
			return nil, errDuplicateTags
		}
		if strings.HasPrefix(strings.ToLower(t.Key), "aws:") {
			return nil, errReservedTag
		}
		at := slices.IndexFunc(all, func(other iam.Tag) bool { return same(other.Key, t.Key) })
		if at < 0 {
			all = append(all, iam.Tag{Key: t.Key, Value: t.Value})
			continue
		}
		all[at] = iam.Tag{Key: t.Key, Value: t.Value}
	}
	if len(all) > maxTags {
		return nil, limitExceeded("TagsPerResource: 50")
	}
	return all, nil
}

// removeTags takes tags away. A key that is not there is no error.
func removeTags(old []iam.Tag, keys []string, same sameKey) []iam.Tag {
	return slices.DeleteFunc(slices.Clone(old), func(t iam.Tag) bool {
		return slices.ContainsFunc(keys, func(key string) bool { return same(key, t.Key) })
	})
}

// shownTags are an entity's tags as answers have them, in the order of their
// keys; nil if there are none.
func shownTags(tags []iam.Tag) []shownTag {
	var shown []shownTag
	for _, t := range tags {
		shown = append(shown, shownTag{t.Key, &t.Value})
	}
	slices.SortFunc(shown, func(a, b shownTag) int { return strings.Compare(a.Key, b.Key) })
	return shown
}

// listTags is the page of an entity's tags.
func listTags(p page, tags []iam.Tag) ([]shownTag, truncation, error) {
	return paginate(p, present(shownTags(tags)), func(t shownTag) string { return t.Key })
}

// fillResourceTags sets the condition keys for the tags of an entity
// (https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html).
func fillResourceTags(ctx *policy.Context, tags []iam.Tag) {
	for _, t := range tags {
		ctx.Set("aws:ResourceTag/"+t.Key, t.Value)
		ctx.Set("iam:ResourceTag/"+t.Key, t.Value)
	}
}

// fillRequestTags sets the condition keys for the tags of a request.
func fillRequestTags(ctx *policy.Context, tags []tag) {
	if len(tags) == 0 {
		return
	}
	keys := make([]string, 0, len(tags))
	for _, t := range tags {
		ctx.Set("aws:RequestTag/"+t.Key, t.Value)
		keys = append(keys, t.Key)
	}
	ctx.SetValues("aws:TagKeys", keys...)
}

// fillTagKeys sets the condition key for the keys of tags that are to go.
func fillTagKeys(ctx *policy.Context, keys []string) {
	if len(keys) > 0 {
		ctx.SetValues("aws:TagKeys", keys...)
	}
}

// creating is what making an entity needs: with tags, leave to set them too
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html). boundary is nil
// if there is none.
func creating(t awsapi.Target, tagAction string, tags []tag, boundary *string) []awsapi.Target {
	t.Fill = func(ctx *policy.Context) {
		fillRequestTags(ctx, tags)
		if boundary != nil {
			ctx.Set("iam:PermissionsBoundary", *boundary)
		}
	}
	if len(tags) == 0 {
		return []awsapi.Target{t}
	}
	tagged := t
	tagged.Action = tagAction
	return []awsapi.Target{t, tagged}
}

// tagging is what setting tags needs. Its denials name the ARN (observed).
func tagging(t awsapi.Target, tags []tag) []awsapi.Target {
	t.Shown = ""
	return also(t, func(ctx *policy.Context) { fillRequestTags(ctx, tags) })
}

// untagging is what taking tags away needs.
func untagging(t awsapi.Target, keys []string) []awsapi.Target {
	t.Shown = ""
	return also(t, func(ctx *policy.Context) { fillTagKeys(ctx, keys) })
}

// also makes a target set further condition keys.
func also(t awsapi.Target, fill func(*policy.Context)) []awsapi.Target {
	before := t.Fill
	t.Fill = func(ctx *policy.Context) {
		if before != nil {
			before(ctx)
		}
		fill(ctx)
	}
	return []awsapi.Target{t}
}
