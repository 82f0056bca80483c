package fakes3

import (
	"encoding/xml"
	"net/http"

	"github.com/irsatz/irsatz/fakes3/storage"
	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/internal/awsapi"
	"github.com/irsatz/irsatz/internal/shape"
)

var taggingShape = shape.MustParse("Tagging { TagSet { Tag* { Key Value } } }")

// tagsOf reads a list of tags.
func tagsOf(set *shape.Element) []iam.Tag {
	var out []iam.Tag
	for _, t := range set.All("Tag") {
		out = append(out, iam.Tag{Key: t.Get("Key"), Value: t.Get("Value")})
	}
	return out
}

// decodeTags reads the tags of PutObjectTagging and PutBucketTagging.
func (x *exchange) decodeTags() *awsapi.Error {
	in, err := x.readShape(taggingShape)
	if err != nil {
		return err
	}
	most := maxTags
	if x.op.target == toBucket {
		most = bucketTags
	}
	tags := tagsOf(in.Find("TagSet"))
	if err := checkTags(tags, most); err != nil {
		return err
	}
	x.tags = tags
	return nil
}

type tagging struct {
	XMLName xml.Name `xml:"Tagging"`
	Xmlns   string   `xml:"xmlns,attr"`
	Tags    []xmlTag `xml:"TagSet>Tag"`
}

type xmlTag struct {
	Key   string `xml:"Key"`
	Value string `xml:"Value"`
}

// tagsXML is the document of a set of tags.
func tagsXML[T iam.Tag | storage.Tag](tags []T) tagging {
	out := tagging{Xmlns: xmlNamespace, Tags: make([]xmlTag, len(tags))}
	for i, t := range tags {
		out.Tags[i] = xmlTag(t)
	}
	return out
}

// getTagging serves GetObjectTagging and GetBucketTagging.
func (x *exchange) getTagging() *awsapi.Error {
	if x.op.target == toObject {
		x.stampVersion()
		return x.answerXML(tagsXML(x.object.Tags))
	}
	if len(x.settings.tags) == 0 {
		return noSuchTagSet(x.name)
	}
	return x.answerXML(tagsXML(x.settings.tags))
}

func (x *exchange) putTagging() *awsapi.Error {
	if x.op.target == toBucket {
		if err := x.decodeTags(); err != nil {
			return err
		}
	}
	return x.setTags(x.tags, map[target]int{toObject: http.StatusOK, toBucket: http.StatusNoContent}[x.op.target])
}

func (x *exchange) deleteTagging() *awsapi.Error { return x.setTags(nil, http.StatusNoContent) }

func (x *exchange) setTags(tags []iam.Tag, status int) *awsapi.Error {
	if x.op.target == toBucket {
		if err := x.store.configure(x.bucket, func(s *settings) *awsapi.Error { return s.retag(tags) }); err != nil {
			return err
		}
		return x.done(status)
	}
	if err := x.store.retag(x.bucket, x.object, tags); err != nil {
		return err
	}
	x.stampVersion()
	return x.done(status)
}

// retag gives the bucket other tags, unless they decide who may do what with it.
func (s *settings) retag(tags []iam.Tag) *awsapi.Error {
	if s.abac {
		// The text is not recorded.
		return invalidRequest("Tags of a bucket with ABAC enabled are changed with TagResource and UntagResource.")
	}
	s.tags = canonicalTags(tags)
	return nil
}

func (x *exchange) stampVersion() {
	if x.bucket.versioned() {
		x.w.Header()["X-Amz-Version-Id"] = []string{x.object.VersionID}
	}
}
