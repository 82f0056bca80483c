package fakes3

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/irsatz/irsatz/iam/policy"
	"github.com/irsatz/irsatz/internal/awsapi"
)

const maxPolicy = 20 << 10

func (x *exchange) getBucketPolicy() *awsapi.Error {
	p := x.store.policy(x.bucket)
	if p == nil {
		return noSuchBucketPolicy(x.name)
	}
	x.w.Header().Set("Content-Type", "application/json")
	x.answer(http.StatusOK, p.Document.Source())
	return nil
}

// putBucketPolicy stores a policy.
//
// DIVERGES: Block Public Access is not implemented: a public policy is stored
// and works, as on a bucket whose four switches are off.
func (x *exchange) putBucketPolicy() *awsapi.Error {
	body, err := x.readSmall()
	if err != nil {
		return err
	}
	p, err := bucketPolicy(x.name, body)
	if err != nil {
		return err
	}
	return x.setPolicy(p)
}

func (x *exchange) deleteBucketPolicy() *awsapi.Error { return x.setPolicy(nil) }

func (x *exchange) setPolicy(p *policy.Policy) *awsapi.Error {
	if err := x.store.change(x.bucket, func() *awsapi.Error { x.bucket.policy = p; return nil }); err != nil {
		return err
	}
	return x.done(http.StatusNoContent)
}

// bucketPolicy parses a policy for the bucket of this name.
func bucketPolicy(name string, source []byte) (*policy.Policy, *awsapi.Error) {
	if len(source) > maxPolicy {
		return nil, badRequest("PolicyTooLarge", "The policy is larger than 20 KB.")
	}
	document, err := policy.Parse(policy.Resource, source)
	if err != nil {
		m, ok := errors.AsType[*policy.MalformedError](err)
		if !ok {
			return nil, internal(err)
		}
		code := m.Code
		if code == "" {
			code = "MalformedPolicy"
		}
		return nil, badRequest(code, m.Message)
	}
	if !resourcesIn(source, name) {
		return nil, badRequest("MalformedPolicy", "Policy has invalid resource")
	}
	return &policy.Policy{Name: "bucket policy of " + name, Document: document}, nil
}

// resourcesIn reports whether every resource of a policy that was parsed names
// the bucket or objects in it.
func resourcesIn(source []byte, name string) bool {
	var document struct{ Statement json.RawMessage }
	if json.Unmarshal(source, &document) != nil {
		return false
	}
	type statement struct{ Resource, NotResource json.RawMessage }
	var list []statement
	if json.Unmarshal(document.Statement, &list) != nil {
		list = make([]statement, 1)
		if json.Unmarshal(document.Statement, &list[0]) != nil {
			return false
		}
	}
	for _, s := range list {
		for _, raw := range [...]json.RawMessage{s.Resource, s.NotResource} {
			if !eachNames(raw, name) {
				return false
			}
		}
	}
	return true
}

func eachNames(raw json.RawMessage, name string) bool {
	if len(raw) == 0 {
		return true
	}
	var resources []string
	if json.Unmarshal(raw, &resources) != nil {
		resources = make([]string, 1)
		if json.Unmarshal(raw, &resources[0]) != nil {
			return false
		}
	}
	for _, r := range resources {
		rest, ok := strings.CutPrefix(r, "arn:aws:s3:::")
		in, _, _ := strings.Cut(rest, "/")
		if !ok || in != name {
			return false
		}
	}
	return true
}
