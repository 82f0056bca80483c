package fakes3

import (
	"errors"
	"net/http"

	"github.com/irsatz/irsatz/iam/policy"
	"github.com/irsatz/irsatz/internal/awsapi"
)

func (x *exchange) getBucketPolicy() *awsapi.Error {
	p := x.bucket.settings.policy
	if p == nil {
		return noSuchBucketPolicy(x.name)
	}
	x.w.Header().Set("Content-Type", "application/json")
	x.answer(http.StatusOK, p.Document.Source())
	return nil
}

func (x *exchange) putBucketPolicy() *awsapi.Error {
	body, err := x.readSmall()
	if err != nil {
		return err
	}
	p, err := bucketPolicy(x.name, body)
	if err != nil {
		return err
	}
	if err := x.checkPublicPolicy(p); err != nil {
		return err
	}
	return x.setPolicy(p)
}

func (x *exchange) deleteBucketPolicy() *awsapi.Error { return x.setPolicy(nil) }

func (x *exchange) setPolicy(p *policy.Policy) *awsapi.Error {
	if err := x.store.configure(x.bucket, func(s *settings) *awsapi.Error { s.policy = p; return nil }); err != nil {
		return err
	}
	return x.done(http.StatusNoContent)
}

// namedPolicy names the policy of a bucket for explanations.
func namedPolicy(bucket string, document *policy.Document) *policy.Policy {
	return &policy.Policy{Name: "bucket policy of " + bucket, Document: document}
}

// bucketPolicy parses a policy for the bucket of this name.
func bucketPolicy(name string, source []byte) (*policy.Policy, *awsapi.Error) {
	document, err := policy.ParseForBucket(name, source)
	if err == nil {
		return namedPolicy(name, document), nil
	}
	if m, ok := errors.AsType[*policy.MalformedError](err); ok {
		return nil, badRequest(m.Code, m.Message)
	}
	return nil, internal(err)
}
