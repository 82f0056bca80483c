package fakes3

import (
	"slices"
	"strings"

	"github.com/irsatz/irsatz/fakes3/storage"
	"github.com/irsatz/irsatz/iam"
)

type pair struct{ name, value string }

// canonicalTags sorts tags by key, so that answers do not depend on the order
// in which they were set.
func canonicalTags(tags []iam.Tag) []iam.Tag {
	tags = slices.Clone(tags)
	slices.SortFunc(tags, func(a, b iam.Tag) int { return strings.Compare(a.Key, b.Key) })
	return tags
}

// objectTags returns the tags as they are stored with an object.
func objectTags(tags []iam.Tag) []storage.Tag {
	var out []storage.Tag
	for _, t := range canonicalTags(tags) {
		out = append(out, storage.Tag(t))
	}
	return out
}

// sortHeaders brings the headers of an object in the order of their names.
func sortHeaders(headers []storage.Pair) {
	slices.SortFunc(headers, func(a, b storage.Pair) int { return strings.Compare(a.Name, b.Name) })
}
