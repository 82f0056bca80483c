package fakes3

import (
	"errors"
	"net/http"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/policy"
	"github.com/irsatz/irsatz/internal/awsapi"
)

func (x *exchange) getBucketPolicy() *awsapi.Error {
	p, err := x.policyNow(x.bucket)
	switch {
	case err != nil:
		return err
	case p == nil:
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
	if err := x.checkPrincipals(p.Document); err != nil {
		return err
	}
	return x.setPolicy(p)
}

func (x *exchange) deleteBucketPolicy() *awsapi.Error { return x.setPolicy(nil) }

func (x *exchange) setPolicy(p *policy.Policy) *awsapi.Error {
	held := holders(x.config.Store.Snapshot(), p)
	set := func(s *settings) *awsapi.Error { s.policy, s.holders = p, held; return nil }
	if err := x.store.configure(x.bucket, set); err != nil {
		return err
	}
	return x.done(http.StatusNoContent)
}

// checkPrincipals refuses a policy that names users and roles which are not there.
func (x *exchange) checkPrincipals(document *policy.Document) *awsapi.Error {
	if x.config.UnknownPrincipals {
		return nil
	}
	snapshot := x.config.Store.Snapshot()
	for _, p := range document.Principals() {
		if p.Type == "AWS" && !snapshot.HasPrincipal(x.bucket.Owner, p.Value) {
			x.call.Explain("the policy names "+p.Value+", which is not there", "create it first, or start irsatz with --allow-unknown-principals")
			return badRequest("MalformedPolicy", "Invalid principal in policy", detail("Detail", `"AWS" : "`+p.Value+`"`))
		}
	}
	return nil
}

// holders returns the unique ids of the users and roles that the policy names.
func holders(snapshot *iam.Snapshot, p *policy.Policy) map[string]string {
	held := make(map[string]string)
	if p == nil {
		return held
	}
	for _, named := range p.Document.Principals() {
		if id := snapshot.PrincipalID(named.Value); id != "" {
			held[named.Value] = id
		}
	}
	return held
}

// currentPolicy is a bucket's policy under a state of IAM.
type currentPolicy struct {
	of     *iam.Snapshot
	policy *policy.Policy
}

// policyNow returns the policy of the bucket, which means users and roles rather
// than names: who was deleted and made again since is not let in, as on AWS.
func (s *Server) policyNow(b *bucket) (*policy.Policy, *awsapi.Error) {
	p := b.settings.policy
	if len(b.settings.holders) == 0 {
		return p, nil
	}
	snapshot := s.config.Store.Snapshot()
	if c := b.current.Load(); c != nil && c.of == snapshot {
		return c.policy, nil
	}
	document := p.Document
	for principal, id := range b.settings.holders {
		now := snapshot.PrincipalNow(principal, id)
		if now == principal {
			continue
		}
		var err error
		if document, err = document.Rename(principal, now); err != nil {
			return nil, internal(err)
		}
	}
	if document != p.Document {
		p = namedPolicy(b.Name, document)
	}
	b.current.Store(&currentPolicy{snapshot, p})
	return p, nil
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
