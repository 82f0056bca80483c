package fakes3

import (
	"maps"
	"slices"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/policy"
	"github.com/irsatz/irsatz/internal/awsapi"
)

// settings are what is configured of a bucket. They never change: whoever
// changes a bucket puts others in their place, so that a request that has taken
// them sees one state.
type settings struct {
	policy     *policy.Policy
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
	s.public = s.policy != nil && s.policy.Document.Public()
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

// configure changes the settings of a bucket that is still there.
func (s *store) configure(b *bucket, f func(*settings) *awsapi.Error) *awsapi.Error {
	return s.change(b, func() *awsapi.Error {
		next := b.settings.Load().clone()
		if err := f(&next); err != nil {
			return err
		}
		settled, err := newSettings(next)
		if err != nil {
			return internal(err)
		}
		b.settings.Store(settled)
		return nil
	})
}
