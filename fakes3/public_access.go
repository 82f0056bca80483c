package fakes3

import (
	"net/http"
	"strconv"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/arn"
	"github.com/irsatz/irsatz/iam/policy"
	"github.com/irsatz/irsatz/internal/awsapi"
)

// restricting is what RestrictPublicBuckets adds to a public policy for callers
// from outside of the owner's account: AWS reports it as a denial of the bucket's
// policy.
//
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
var restricting = &policy.Policy{
	Name: "S3 Block Public Access of the bucket",
	Document: policy.MustParse(policy.Resource, `{"Version":"2012-10-17","Statement":{"Sid":"RestrictPublicBuckets","Effect":"Deny","Principal":"*",`+
		`"Action":"*","Resource":"arn:aws:s3:::*"}}`),
}

// policyFor returns the policy of the bucket as it counts for callers of the
// account in this state of IAM, nil if there is none.
func (b *bucket) policyFor(accountID string, snapshot *iam.Snapshot) (*policy.Policy, error) {
	s := b.settings
	switch {
	case s.policy == nil:
		return nil, nil
	case s.public && s.access.restrict && accountID != b.Owner:
		return restricting, nil
	}
	return s.policy.now(snapshot)
}

// prevented words what Block Public Access does not let anybody do.
func (x *exchange) prevented(action, resource, what, setting string) *awsapi.Error {
	x.call.Explain("the setting "+setting+" of S3 Block Public Access is on for the bucket, as it is for every new bucket",
		"turn it off with PutPublicAccessBlock, if the bucket is meant to be public")
	if x.call.Caller.AccountID != x.bucket.Owner {
		return accessDenied("Access Denied")
	}
	return accessDenied("User: " + x.call.Caller.ARN + " is not authorized to perform: s3:" + action + ` on resource: "` + resource +
		`" because public ` + what + " are prevented by the " + setting + " setting in S3 Block Public Access.")
}

// checkPublicPolicy refuses a public policy where none may be set now.
func (x *exchange) checkPublicPolicy(now *settings, p *policy.Document) *awsapi.Error {
	if now.access.blockPolicy && p.Public() {
		return x.prevented("PutBucketPolicy", arn.Bucket(x.name).String(), "policies", "BlockPublicPolicy")
	}
	return nil
}

// getPolicyStatus serves GetBucketPolicyStatus.
func (x *exchange) getPolicyStatus() *awsapi.Error {
	if x.settings.policy == nil {
		return noSuchBucketPolicy(x.name)
	}
	x.answer(http.StatusOK, document("PolicyStatus", "<IsPublic>"+strconv.FormatBool(x.settings.public)+"</IsPublic>"))
	return nil
}
