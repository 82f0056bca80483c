package fakeiam

import (
	"context"
	"encoding/base64"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/irsatz/irsatz/iam/policy"
	"github.com/irsatz/irsatz/internal/awsapi"
)

// contextEntry is a condition key of a simulated request.
type contextEntry struct {
	ContextKeyName   *string `rule:"min=5,max=256"`
	ContextKeyValues []string
	ContextKeyType   *string `rule:"enum=string|stringList|numeric|numericList|boolean|booleanList|ip|ipList|binary|binaryList|date|dateList"`
}

// addEntries sets the condition keys that the request brings, over those that
// follow from who asks.
func (m *simulator) addEntries() error {
	for _, e := range m.in.ContextEntries {
		key, kind := valueOf(e.ContextKeyName), valueOf(e.ContextKeyType)
		kind, many := strings.CutSuffix(kind, "List")
		if key == "" || !many && len(e.ContextKeyValues) != 1 {
			// The texts are not recorded.
			return invalidInput("Context entry " + key + " needs a name, and a value that is one unless its type is a list.")
		}
		for _, value := range e.ContextKeyValues {
			if !isOfType(value, kind) {
				return invalidInput("Context entry " + key + ": " + value + " is not of the type " + kind + ".")
			}
		}
		if many {
			m.context.SetValues(key, e.ContextKeyValues...)
		} else {
			m.context.Set(key, e.ContextKeyValues[0])
		}
	}
	return nil
}

// isOfType reports whether a value is what its type says.
func isOfType(value, kind string) bool {
	var err error
	switch kind {
	case "numeric":
		_, err = strconv.ParseFloat(value, 64)
	case "boolean":
		return strings.EqualFold(value, "true") || strings.EqualFold(value, "false")
	case "ip":
		if _, err = netip.ParseAddr(value); err != nil {
			_, err = netip.ParsePrefix(value)
		}
	case "binary":
		_, err = base64.StdEncoding.DecodeString(value)
	case "date":
		return isDate(value)
	}
	return err == nil
}

// isDate reports whether s is a date of ISO 8601, or of seconds since 1970.
func isDate(s string) bool {
	if _, err := strconv.ParseInt(s, 10, 64); err == nil {
		return true
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00", time.DateOnly} {
		if _, err := time.Parse(layout, s); err == nil {
			return true
		}
	}
	return false
}

type contextKeysOutput struct{ ContextKeyNames []string }

func (s *Server) customKeysTargets(*awsapi.Call, *documents) []awsapi.Target {
	return []awsapi.Target{{}}
}

func (s *Server) customKeys(_ context.Context, _ *awsapi.Call, in *documents) (*contextKeysOutput, error) {
	return contextKeys(nil, in.PolicyInputList)
}

type principalKeysInput struct {
	policySource
	moreDocuments
}

func (s *Server) principalKeysTargets(call *awsapi.Call, in *principalKeysInput) []awsapi.Target {
	return s.sourceTargets(call, in.PolicySourceArn)
}

func (s *Server) principalKeys(_ context.Context, call *awsapi.Call, in *principalKeysInput) (*contextKeysOutput, error) {
	source, err := s.source(call, in.PolicySourceArn)
	if err != nil {
		return nil, err
	}
	return contextKeys(policiesOf(s.snapshot(), source), in.PolicyInputList)
}

// contextKeys are the condition keys that policies ask for, those of the request
// after the others.
func contextKeys(policies []named, documents []string) (*contextKeysOutput, error) {
	m := &simulator{identity: policies}
	if err := m.addInputs(documents); err != nil {
		return nil, err
	}
	out := &contextKeysOutput{[]string{}}
	for _, p := range m.identity {
		for _, keys := range p.document.Keys() {
			for _, key := range append(keys.Resource, keys.Condition...) {
				out.ContextKeyNames = policy.AddKey(out.ContextKeyNames, key)
			}
		}
	}
	return out, nil
}
