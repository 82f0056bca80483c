package fakes3

import (
	"errors"
	"net/http"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/policy"
	"github.com/irsatz/irsatz/internal/awsapi"
)

func (x *exchange) getBucketPolicy() *awsapi.Error {
	p := x.bucket.settings.policy
	if p == nil {
		return noSuchBucketPolicy(x.name)
	}
	shown, err := p.now(x.config.Store.Snapshot())
	if err != nil {
		return internal(err)
	}
	x.w.Header().Set("Content-Type", "application/json")
	x.answer(http.StatusOK, shown.Document.Source())
	return nil
}

func (x *exchange) putBucketPolicy() *awsapi.Error {
	body, err := x.readSmall()
	if err != nil {
		return err
	}
	document, malformed := policy.ParseForBucket(x.name, body)
	if malformed != nil {
		return policyRefusal(malformed)
	}
	snapshot := x.config.Store.Snapshot() // for both: who is found there is who is meant
	if err := x.checkPrincipals(snapshot, document); err != nil {
		return err
	}
	held := hold(snapshot, x.name, document)
	return x.setPolicy(func(s *settings) *awsapi.Error {
		s.policy = held
		return x.checkPublicPolicy(s, document)
	})
}

func (x *exchange) deleteBucketPolicy() *awsapi.Error {
	return x.setPolicy(func(s *settings) *awsapi.Error { s.policy = nil; return nil })
}

func (x *exchange) setPolicy(set func(*settings) *awsapi.Error) *awsapi.Error {
	if err := x.store.configure(x.bucket, set); err != nil {
		return err
	}
	return x.done(http.StatusNoContent)
}

// checkPrincipals refuses a policy that names users and roles which are not there.
func (x *exchange) checkPrincipals(snapshot *iam.Snapshot, document *policy.Document) *awsapi.Error {
	if x.config.UnknownPrincipals {
		return nil
	}
	for _, p := range document.Principals() {
		if p.Type == "AWS" && !snapshot.HasPrincipal(x.bucket.Owner, p.Value) {
			x.call.Explain("the policy names "+p.Value+", which is not there", "create it first, or start irsatz with --allow-unknown-principals")
			return badRequest("MalformedPolicy", "Invalid principal in policy", detail("Detail", `"AWS" : "`+p.Value+`"`))
		}
	}
	return nil
}

// namedPolicy names the policy of a bucket for explanations.
func namedPolicy(bucket string, document *policy.Document) *policy.Policy {
	return &policy.Policy{Name: "bucket policy of " + bucket, Document: document}
}

// hold makes the document the policy of the bucket of this name, and of those whom
// it names in this state of IAM.
func hold(snapshot *iam.Snapshot, bucket string, document *policy.Document) *heldPolicy {
	return newHeldPolicy(namedPolicy(bucket, document), snapshot.Pin(document))
}

// policyRefusal words why a document cannot be the policy of a bucket.
func policyRefusal(err error) *awsapi.Error {
	if m, ok := errors.AsType[*policy.MalformedError](err); ok {
		return badRequest(m.Code, m.Message)
	}
	return internal(err)
}
