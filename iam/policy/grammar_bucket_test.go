package policy_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/irsatz/irsatz/iam/policy"
)

// granted is a bucket policy without a version.
func granted(statements ...string) string {
	return quotes("{'Statement':[" + strings.Join(statements, ",") + "]}")
}

// grant is a statement to everyone.
func grant(action, resource, extra string) string {
	return "{'Effect':'Allow','Principal':'*','Action':" + action + ",'Resource':" + resource + extra + "}"
}

const (
	allObjects = "'arn:aws:s3:::b/*'"
	theBucket  = "'arn:aws:s3:::b'"
	bothOfThem = "['arn:aws:s3:::b','arn:aws:s3:::b/*']"
)

func TestBucketRefused(t *testing.T) {
	t.Parallel()
	const (
		syntax       = "Invalid policy syntax."
		notJSON      = "This policy contains invalid Json"
		badAction    = "Policy has invalid action"
		badResource  = "Policy has invalid resource"
		badPrincipal = "Invalid principal in policy"
		notApplying  = "Action does not apply to any resource(s) in statement"
		badCondition = "Conditions do not apply to combination of actions and resources in statement"
	)
	principal := func(p string) string {
		return granted("{'Effect':'Allow','Principal':" + p + ",'Action':'s3:GetObject','Resource':" + allObjects + "}")
	}
	with := func(action, resource, condition string) string {
		return granted(grant(action, resource, ",'Condition':"+condition))
	}
	tests := []struct{ name, src, message string }{
		{"G32 empty", "", "Policies must be valid JSON and the first byte must be '{'"},
		{"first byte", " {}", "Policies must be valid JSON and the first byte must be '{'"},
		{"not JSON", "{true}", notJSON},
		{"G33 no statement", "{}", "Missing required field Statement"},
		{"G7 no statements", granted(), "Could not parse the policy: Statement is empty!"},
		{"version", quotes("{'Version':'2020-01-01','Statement':[]}"), "The policy must contain a valid version string"},
		{"unknown element", granted(grant("'s3:*'", theBucket, ",'Foo':1")), "Unknown field Foo"},
		{"Conditions at the top", quotes("{'Conditions':{},'Statement':[" + grant("'s3:*'", theBucket, "") + "]}"), "Unknown field Conditions"},
		{"no effect", granted("{'Principal':'*'}"), "Missing required field Effect"},
		{"effect", granted("{'Effect':'allow','Principal':'*'}"), "Invalid effect: allow"},
		{"effect of another word", granted("{'Effect':'maybe','Principal':'*'}"), "Invalid effect: maybe"},
		{"no principal", granted("{'Effect':'Allow','Action':'s3:*','Resource':" + theBucket + "}"), "Missing required field Principal"},
		{"empty principal", principal("{}"), "Missing required field Principal"},
		{"no action", granted("{'Effect':'Allow','Principal':'*','Resource':" + theBucket + "}"), "Missing required field Action"},
		{"no resource", granted("{'Effect':'Allow','Principal':'*','Action':'s3:*'}"), "Missing required field Resource"},
		{"null in a list", granted(grant("['s3:*',null]", theBucket, "")), syntax},
		{"duplicate", granted(grant("'s3:*'", theBucket, ",'Effect':'Deny'")), syntax},
		{"G40 principal", principal("{'AWS':'me'}"), badPrincipal},
		{"principal a string", principal("'me'"), badPrincipal},
		{"principal of an unknown type", principal("{'Human':'me'}"), badPrincipal},
		{"federated principal", principal("{'Federated':'" + providerARN + "'}"), badPrincipal},
		{"service principal", principal("{'Service':'s3'}"), badPrincipal},
		{"canonical user", principal("{'CanonicalUser':'79a5'}"), badPrincipal},
		{"G39 CreateBucket", granted(grant("'s3:CreateBucket'", theBucket, "")), badAction},
		{"G39 HeadObject", granted(grant("'s3:HeadObject'", allObjects, "")), badAction},
		{"no hit", granted(grant("'s3:Foo*'", allObjects, "")), badAction},
		{"other service", granted(grant("'sqs:*'", allObjects, "")), badAction},
		{"G34 star", granted(grant("'s3:*'", "'*'", "")), badResource},
		{"G35 other bucket", granted(grant("'s3:*'", "'arn:aws:s3:::c/*'", "")), badResource},
		{"longer name", granted(grant("'s3:*'", "'arn:aws:s3:::bc/*'", "")), badResource},
		{"any bucket", granted(grant("'s3:*'", "'arn:aws:s3:::*'", "")), badResource},
		{"region", granted(grant("'s3:*'", "'arn:aws:s3:eu-west-1::b'", "")), badResource},
		{"variable without end", granted(grant("'s3:*'", "'arn:aws:s3:::b/${aws:userid'", "")), badResource},
		{"variable without end in a condition", with("'s3:*'", bothOfThem, "{'StringEquals':{'aws:a':'${x'}}"), syntax},
		{"G36 object action", granted(grant("'s3:GetObject'", theBucket, "")), notApplying},
		{"bucket action", granted(grant("'s3:ListBucket'", allObjects, "")), notApplying},
		{"one of two actions", granted(grant("['s3:GetObject','s3:ListBucket']", allObjects, "")), notApplying},
		{"G37 prefix", with("'s3:GetObject'", allObjects, "{'StringEquals':{'s3:prefix':'x'}}"), badCondition},
		{"prefix beside", with("['s3:ListBucket','s3:GetObject']", bothOfThem, "{'StringEquals':{'s3:prefix':'x'}}"), badCondition},
		{"existing tag on delete", with("'s3:DeleteObject'", allObjects, "{'StringEquals':{'s3:ExistingObjectTag/a':'x'}}"), badCondition},
		{"request tag on ACL", with("'s3:PutObjectAcl'", allObjects, "{'StringEquals':{'s3:RequestObjectTag/a':'x'}}"), badCondition},
		{"copy source on get", with("['s3:PutObject','s3:GetObject']", allObjects, "{'StringEquals':{'s3:x-amz-copy-source':'x'}}"), badCondition},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := policy.ParseForBucket("b", []byte(tt.src))
			bad, ok := errors.AsType[*policy.MalformedError](err)
			if !ok {
				t.Fatalf("%s is accepted", tt.src)
			}
			if bad.Code != "MalformedPolicy" || bad.Message != tt.message {
				t.Errorf("%s\n got %s: %s\nwant %s", tt.src, bad.Code, bad.Message, tt.message)
			}
		})
	}
	long := `{"Id":"` + strings.Repeat("x", 20480) + `"}`
	malformed(t, policy.Resource, long, "PolicyTooLarge", "Policy exceeds the maximum allowed document size.")
}

func TestBucketAccepted(t *testing.T) {
	t.Parallel()
	with := func(action, resource, condition string) string {
		return granted(grant(action, resource, ",'Condition':"+condition))
	}
	tests := []struct{ name, src string }{
		{"G5 no version", granted(grant("'s3:GetObject'", allObjects, ""))},
		{"old version", quotes("{'Version':'2008-10-17','Statement':" + grant("'s3:*'", bothOfThem, "") + "}")},
		{"Sid with blanks", granted(grant("'s3:*'", bothOfThem, ",'Sid':'Allow me'"))},
		{"every action on the bucket", granted(grant("'*'", theBucket, ""))},
		{"bucket with a wildcard", granted(grant("['s3:GetObject','s3:ListBucket']", "'arn:aws:s3:::b*'", ""))},
		{"principals", granted("{'Effect':'Deny','NotPrincipal':{'AWS':['" + session + "','111122223333'],'Service':'logging.s3.amazonaws.com','CanonicalUser':'" + strings.Repeat("0a", 32) + "'},'NotAction':'s3:GetObject','NotResource':" + allObjects + "}")},
		{"prefix", with("'s3:ListBucket'", theBucket, "{'StringEquals':{'s3:prefix':'x','aws:SourceIp':'x','s3:TlsVersion':'x','s3:BucketTag/a':'b'}}")},
		{"existing tag", with("['s3:GetObject','s3:GetObjectAttributes']", allObjects, "{'StringEquals':{'s3:ExistingObjectTag/a':'x'}}")},
		{"keys of some actions", with("'s3:*'", bothOfThem, "{'StringEquals':{'s3:x-amz-acl':'x'}}")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if _, err := policy.ParseForBucket("b", []byte(tt.src)); err != nil {
				t.Errorf("%v\n%s", err, tt.src)
			}
		})
	}
}
