package policy_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/irsatz/irsatz/iam/policy"
)

// TestSpans holds spans to what the policy simulator of AWS says of documents
// that are public.
func TestSpans(t *testing.T) {
	t.Parallel()
	const wide = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:*","Resource":"*","Condition":{"DateGreaterThan":{"aws:CurrentTime":"2018-08-16T12:00:00Z"}}}}`
	const everything = `{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": "*",
      "Resource": "*"
    }
  ]
}`
	one := `{"Effect":"Allow","Action":"s3:*","Resource":"é"}`
	two := `{"Version":"2012-10-17","Statement":[` + strings.Replace(one, "é", "*", 1) + `, ` + strings.Replace(one, "é", "arn:aws:s3:::*", 1) + `]}`
	for name, c := range map[string]struct {
		document string
		want     []policy.Span
	}{
		"alone":   {wide, []policy.Span{{1, 38, 1, 167}}},
		"a list":  {everything, []policy.Span{{3, 17, 8, 6}}},
		"several": {two, []policy.Span{{1, 38, 1, 38 + 49}, {1, 38 + 49, 1, 38 + 49 + 2 + 62}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, policy.MustParse(policy.Identity, c.document).Spans()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	const document = `{"Version":%q,"Statement":[
		{"Effect":"Allow","Action":"s3:*","Resource":["arn:aws:s3:::b/${aws:username}/*","arn:aws:s3:::b/${aws:UserName, 'x'}/${$}"],
		 "Condition":{"StringLike":{"s3:prefix":["${aws:userid}/*"],"S3:Prefix2":"a"},"StringEquals":{"S3:PREFIX":"a"},"Null":{"aws:TokenIssueTime":"false"}}},
		{"Effect":"Deny","NotAction":"s3:*","NotResource":"*"}]}`
	for version, want := range map[string][]policy.StatementKeys{
		"2012-10-17": {{Resource: []string{"aws:username"}, Condition: []string{"s3:prefix", "aws:userid", "S3:Prefix2", "aws:TokenIssueTime"}}, {}},
		"2008-10-17": {{Condition: []string{"s3:prefix", "S3:Prefix2", "aws:TokenIssueTime"}}, {}},
	} {
		d, err := policy.ParseStored(policy.Identity, fmt.Appendf(nil, document, version))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, d.Keys()); diff != "" {
			t.Errorf("%s: %s", version, diff)
		}
	}
	trust := policy.MustParse(policy.Trust, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}}`)
	if got := trust.Keys(); len(got) != 1 || got[0].Resource != nil || got[0].Condition != nil {
		t.Errorf("without resource: %v", got)
	}
}
