package fakes3

import (
	"encoding/xml"
	"fmt"
	"maps"
	"slices"

	"github.com/irsatz/irsatz/fakes3/storage"
	"github.com/irsatz/irsatz/iam"
)

// settings are what is configured of a bucket. They never change: whoever
// changes a bucket puts others in their place, so that a request that has taken
// them sees one state.
type settings struct {
	policy     *heldPolicy // nil: none
	tags       []iam.Tag
	versioning string // "", Enabled or Suspended

	// documents are the configurations that are XML, as they are answered. The
	// name is that of the sub-resource, with "/" and the id where there are
	// several.
	documents map[string][]byte

	effects
	public bool // the policy is
}

// newSettings returns the settings with what follows from them.
func newSettings(s settings) (*settings, error) {
	var err error
	if s.effects, err = effectsOf(s.documents); err != nil {
		return nil, err
	}
	s.public = s.policy != nil && s.policy.written.Document.Public()
	return &s, nil
}

// clone returns settings that may be changed.
func (s *settings) clone() settings {
	c := *s
	c.tags, c.documents = slices.Clone(s.tags), maps.Clone(s.documents)
	if c.documents == nil {
		c.documents = make(map[string][]byte)
	}
	return c
}

// The names of the documents that are no configuration.
const (
	policyDocument = "policy"
	pinsDocument   = "policyHolders"
	tagsDocument   = "tagging"
)

// blockDocument is the configuration of Block Public Access.
const blockDocument = "publicAccessBlock"

// settingsOf reads the settings of a bucket.
func settingsOf(b *storage.Bucket) (*settings, error) {
	s := settings{versioning: b.Versioning, documents: maps.Clone(b.Documents)}
	if source, ok := s.documents[policyDocument]; ok {
		var err error
		if s.policy, err = readPolicy(b.Name, source, s.documents[pinsDocument]); err != nil {
			return nil, err
		}
	}
	if body, ok := s.documents[tagsDocument]; ok {
		in, err := taggingShape.Read(body, xmlNamespace)
		if err != nil {
			return nil, fmt.Errorf("tags of bucket %s: %w", b.Name, err)
		}
		s.tags = tagsOf(in.Find("TagSet"))
	}
	delete(s.documents, policyDocument)
	delete(s.documents, pinsDocument)
	delete(s.documents, tagsDocument)
	return newSettings(s)
}

// fill puts the settings into the bucket.
func (s *settings) fill(b *storage.Bucket) {
	b.Versioning = s.versioning
	b.Documents = maps.Clone(s.documents)
	if b.Documents == nil {
		b.Documents = make(map[string][]byte)
	}
	if s.policy != nil {
		b.Documents[policyDocument] = s.policy.written.Document.Source()
		if len(s.policy.pins) > 0 {
			b.Documents[pinsDocument] = encodePins(s.policy.pins)
		}
	}
	if len(s.tags) > 0 {
		b.Documents[tagsDocument], _ = xml.Marshal(tagsXML(s.tags)) // which has nothing that fails
	}
}
