package fakes3

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/irsatz/irsatz/internal/awsapi"
)

// postPolicy says what the signer of a form lets it upload.
//
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
type postPolicy struct {
	expiration time.Time
	conditions []postCondition
	least      int64
	most       int64 // negative if the policy has no content-length-range
}

// postCondition is one of eq, starts-with and content-length-range, with what it
// is about and compared to.
type postCondition struct{ operator, field, value string }

// String is the condition as AWS prints it.
func (c postCondition) String() string {
	return fmt.Sprintf("[%q, %q, %q]", c.operator, c.field, c.value)
}

func invalidPolicy(text string) *awsapi.Error {
	return badRequest("InvalidPolicyDocument", "Invalid Policy: "+text)
}

func notByPolicy(text string) *awsapi.Error {
	return fail(http.StatusForbidden, "AccessDenied", "Invalid according to Policy: "+text)
}

// parsePostPolicy reads a policy whose signature was verified.
func parsePostPolicy(encoded string) (*postPolicy, *awsapi.Error) {
	text, err := base64.StdEncoding.DecodeString(encoded)
	var document struct {
		Expiration string            `json:"expiration"`
		Conditions []json.RawMessage `json:"conditions"`
	}
	if err != nil || json.Unmarshal(text, &document) != nil {
		return nil, invalidPolicy("Invalid JSON.")
	}
	switch {
	case document.Expiration == "":
		return nil, invalidPolicy("Policy missing expiration.")
	case document.Conditions == nil:
		return nil, invalidPolicy("Policy missing conditions.")
	}
	p := &postPolicy{most: -1}
	if p.expiration, err = time.Parse(time.RFC3339, document.Expiration); err != nil {
		return nil, invalidPolicy("Invalid 'expiration' value: '" + document.Expiration + "'")
	}
	for _, raw := range document.Conditions {
		c, err := parsePostCondition(raw)
		if err != nil {
			return nil, err
		}
		p.conditions = append(p.conditions, c)
		if c.operator != lengthRange {
			continue
		}
		least, err1 := strconv.ParseInt(c.field, 10, 64)
		most, err2 := strconv.ParseInt(c.value, 10, 64)
		if err1 != nil || err2 != nil || most < 0 {
			return nil, notByPolicy("Policy Condition failed: " + c.String())
		}
		p.least = max(p.least, least)
		if p.most < 0 || most < p.most {
			p.most = most
		}
	}
	return p, nil
}

const lengthRange = "content-length-range"

// parsePostCondition reads {"name": "value"} or ["operator", "$name", "value"].
func parsePostCondition(raw json.RawMessage) (c postCondition, _ *awsapi.Error) {
	var simple map[string]any
	if json.Unmarshal(raw, &simple) == nil {
		if len(simple) != 1 {
			return c, invalidPolicy("Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.")
		}
		for name, value := range simple {
			text, ok := value.(string)
			if !ok {
				return c, invalidPolicy("Invalid Simple-Condition: value must be a string.")
			}
			return postCondition{"eq", "$" + name, text}, nil
		}
	}
	var list []any
	if json.Unmarshal(raw, &list) != nil || len(list) != 3 {
		return c, invalidPolicy("Invalid Condition: wrong number of arguments.")
	}
	var words [3]string
	for i, word := range list {
		switch v := word.(type) {
		case string:
			words[i] = v
		case float64:
			words[i] = strconv.FormatFloat(v, 'f', -1, 64)
		default:
			return c, invalidPolicy("Invalid Condition: arguments must be strings.")
		}
	}
	c = postCondition{strings.ToLower(words[0]), words[1], words[2]}
	switch c.operator {
	case "eq", "starts-with", lengthRange:
		return c, nil
	}
	return c, invalidPolicy("Invalid Condition: unknown operation '" + words[0] + "'.")
}

// check holds a form to its policy: every condition is met, and no field is
// beyond the policy.
func (p *postPolicy) check(f *uploadForm, bucket string, now time.Time) *awsapi.Error {
	if !now.Before(p.expiration) {
		return notByPolicy("Policy expired.")
	}
	covered := map[string]bool{"policy": true, "x-amz-signature": true}
	for _, c := range p.conditions {
		if c.operator == lengthRange {
			continue // known when the file was read
		}
		name, ok := strings.CutPrefix(strings.ToLower(c.field), "$")
		if !ok || !c.holds(name, f, bucket) {
			return notByPolicy("Policy Condition failed: " + c.String())
		}
		covered[name] = true
	}
	for _, name := range f.order {
		if lower := strings.ToLower(name); !covered[lower] && !strings.HasPrefix(lower, "x-ignore-") {
			return notByPolicy("Extra input fields: " + lower)
		}
	}
	return nil
}

// holds compares the field as it was sent: a file name is put in later.
func (c postCondition) holds(name string, f *uploadForm, bucket string) bool {
	value := f.fields[name]
	if name == "bucket" {
		value = bucket
	}
	if c.operator == "eq" {
		return value == c.value
	}
	if name != "content-type" {
		return strings.HasPrefix(value, c.value)
	}
	for kind := range strings.SplitSeq(value, ",") {
		if !strings.HasPrefix(strings.TrimSpace(kind), c.value) {
			return false
		}
	}
	return true
}
