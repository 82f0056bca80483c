package policy_test

import (
	"fmt"

	"github.com/irsatz/irsatz/iam/policy"
)

// A role may read one prefix; it asks for an object beside it.
func Example() {
	read := policy.MustParse(policy.Identity, `{
  "Version": "2012-10-17",
  "Statement": {
    "Sid": "Read",
    "Effect": "Allow",
    "Action": "s3:GetObject",
    "Resource": "arn:aws:s3:::data/public/*"
  }
}`)
	policies := &policy.Policies{Identity: []policy.Policy{{Name: "read", Document: read}}}
	request := &policy.Request{
		Principal: policy.Principal{
			Kind:      policy.RoleSession,
			AccountID: "111122223333",
			ARN:       "arn:aws:sts::111122223333:assumed-role/app/session",
			RoleARN:   "arn:aws:iam::111122223333:role/app",
		},
		Action:          "s3:GetObject",
		Resource:        "arn:aws:s3:::data/private/a.txt",
		ResourceAccount: "111122223333",
		Context:         policy.NewContext(),
	}
	decision := policies.Explain(request)
	fmt.Println(decision.Outcome)
	fmt.Print(decision.Explanation)
	// Output:
	// implicit-deny
	// denied: no identity-based policy allows it
	//   caller    arn:aws:sts::111122223333:assumed-role/app/session
	//   action    s3:GetObject
	//   resource  arn:aws:s3:::data/private/a.txt
	// identity-based policy read: says nothing
	//   [0] Allow Read (line 3): resource does not match
	//       wants     arn:aws:s3:::data/public/*
	//       has       arn:aws:s3:::data/private/a.txt
	// fix: arn:aws:s3:::data/private/a.txt is outside of arn:aws:s3:::data/public/*: add it to statement 0
	//      (Read) of the identity-based policy read
}
