package iam

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/irsatz/irsatz/iam/policy"
)

// recordPrefix begins the keys of all records of this package. A kind, an
// account and the entity's own key follow.
const recordPrefix = "iam/"

// record is an entity as it is kept: JSON, policy documents as they were
// submitted. What follows from the rest, such as ARNs, is not kept.
type record interface {
	// put puts the entity into the draft and returns the key that it is kept
	// under.
	put(d *Draft) (key string, err error)
}

// newRecord returns an empty record of the kind that the key names.
func newRecord(key string) (record, error) {
	kind, _, _ := strings.Cut(strings.TrimPrefix(key, recordPrefix), "/")
	switch kind {
	case "alias":
		return new(aliasRecord), nil
	case "group":
		return new(groupRecord), nil
	case "policy":
		return new(policyRecord), nil
	case "profile":
		return new(profileRecord), nil
	case "provider":
		return new(providerRecord), nil
	case "role":
		return new(roleRecord), nil
	case "user":
		return new(userRecord), nil
	}
	return nil, fmt.Errorf("record of unknown kind: %w", ErrInvalidInput)
}

// decodeRecord reads a record. What is not known of it makes it an error.
func decodeRecord(key string, value []byte) (record, error) {
	r, err := newRecord(key)
	if err != nil {
		return nil, err
	}
	decoder := json.NewDecoder(bytes.NewReader(value))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(r); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one value")
	}
	return r, nil
}

// keyOf is the key of the record of an entity.
func keyOf(kind, accountID, name string) string {
	return recordPrefix + kind + "/" + accountID + "/" + name
}

// identity is what the records of most entities begin with.
type identity struct {
	AccountID string    `json:"account"`
	Name      string    `json:"name"`
	Path      string    `json:"path"`
	ID        string    `json:"id"`
	Created   time.Time `json:"created"`
}

// check refuses an entity that would be given another identity than it had.
func (i identity) check() error {
	if i.ID == "" || i.Created.IsZero() {
		return fmt.Errorf("record without id or date: %w", ErrInvalidInput)
	}
	return nil
}

// policyText is a policy as it is kept.
type policyText struct {
	Name     string `json:"name"`
	Document string `json:"document"`
}

func textOf(p policy.Policy) policyText {
	return policyText{p.Name, string(p.Document.Source())}
}

func textsOf(policies []policy.Policy) (texts []policyText) {
	for _, p := range policies {
		texts = append(texts, textOf(p))
	}
	return texts
}

// compile reads the policy as one that is there already: an account's dump may
// have had it, and what may be written today may not be tomorrow.
func (t policyText) compile(kind policy.Kind) (policy.Policy, error) {
	document, err := policy.ParseStored(kind, []byte(t.Document))
	if err != nil {
		return policy.Policy{}, fmt.Errorf("policy %s: %w", t.Name, err)
	}
	return policy.Policy{Name: t.Name, Document: document}, nil
}

func compileAll(texts []policyText) ([]policy.Policy, error) {
	var policies []policy.Policy
	for _, t := range texts {
		p, err := t.compile(policy.Identity)
		if err != nil {
			return nil, err
		}
		policies = append(policies, p)
	}
	return policies, nil
}
