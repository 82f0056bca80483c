package policy_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/irsatz/irsatz/iam/policy"
)

const placed = `{"Version": "2012-10-17",
 "Statement": [
  {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"},
  {"Sid": "é", "Effect": "Allow", "NotAction": "s3:GetObject", "Resource": "*"},
  {"Effect": "Allow", "Action": "*", "Resource":
    ["arn:aws:s3:::other/*"]},
  {"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::*"},
  {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {
    "StringEquals": {"aws:PrincipalType": "AssumedRole"},
    "Bool": {"aws:SecureTransport": true}}}
 ]}`

// TestPlaces wants every statement, and the element that failed, found in the
// text that was submitted.
func TestPlaces(t *testing.T) {
	t.Parallel()
	bucket := `{"Statement":{"Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":"s3:*","Resource":"arn:aws:s3:::b/*"}}`
	_, err := policy.Parse(policy.Identity, []byte(placed))
	malformed, ok := errors.AsType[*policy.MalformedError](err)
	if !ok || malformed.Path != "Statement[1].Sid" || malformed.Line != 4 || malformed.Column != 11 {
		t.Fatalf("got %v", err)
	}
	p := &policy.Policies{
		Identity: []policy.Policy{{Document: policy.MustParse(policy.Identity, strings.Replace(placed, "é", "e", 1))}},
		Resource: &policy.Policy{Document: policy.MustParse(policy.Resource, bucket)},
	}
	r := get(roleSession)
	r.Context.Set("aws:PrincipalType", "AssumedRole")
	var got []policy.Place
	for _, trace := range p.Explain(r).Explanation.Policies {
		for _, s := range trace.Statements {
			got = append(got, policy.Place{Line: s.Line, Column: s.Column, Path: s.Path}, *s.At)
			if c := s.Condition; c != nil {
				got = append(got, policy.Place{Line: c.Line, Column: c.Column, Path: c.Path})
			}
		}
	}
	want := []policy.Place{
		{Line: 1, Column: 14, Path: "Statement"}, {Line: 1, Column: 44, Path: "Statement.Principal"},
		{Line: 3, Column: 3, Path: "Statement[0]"}, {Line: 3, Column: 33, Path: "Statement[0].Action"},
		{Line: 4, Column: 3, Path: "Statement[1]"}, {Line: 4, Column: 48, Path: "Statement[1].NotAction"},
		{Line: 5, Column: 3, Path: "Statement[2]"}, {Line: 6, Column: 5, Path: "Statement[2].Resource"},
		{Line: 7, Column: 3, Path: "Statement[3]"}, {Line: 7, Column: 53, Path: "Statement[3].NotResource"},
		{Line: 8, Column: 3, Path: "Statement[4]"}, {Line: 10, Column: 14, Path: "Statement[4].Condition.Bool.aws:SecureTransport"},
		{Line: 10, Column: 14, Path: "Statement[4].Condition.Bool.aws:SecureTransport"},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestMalformedPath(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, src string
		want      policy.Place
	}{
		{"the document", "[]", policy.Place{Line: 1, Column: 1}},
		{"not JSON", "{\n  'Version'", policy.Place{Line: 2, Column: 3}},
		{"version", "{\"Version\":\n \"1\",\"Statement\":[]}", policy.Place{Line: 2, Column: 2, Path: "Version"}},
		{"statement", doc(allowAll, "{'Effect':'Allow','Action':'*'}"), policy.Place{Line: 1, Column: 85, Path: "Statement[1]"}},
		{"action", doc("{'Effect':'Allow','Action':['s3:*','s3'],'Resource':'*'}"), policy.Place{Line: 1, Column: 73, Path: "Statement[0].Action[1]"}},
		{"lone", "{'Version':'2012-10-17','Statement':{'Effect':'Allow','Action':['s3'],'Resource':'*'}}", policy.Place{Line: 1, Column: 65, Path: "Statement.Action[0]"}},
		{"unknown operator", doc("{'Effect':'Allow','Action':'*','Resource':'*','Condition':{'Equals':{'a':'b'}}}"), policy.Place{Line: 1, Column: 97, Path: "Statement[0].Condition.Equals"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			src := c.src
			if c.name != "not JSON" {
				src = quotes(src)
			}
			_, err := policy.Parse(policy.Identity, []byte(src))
			malformed, ok := errors.AsType[*policy.MalformedError](err)
			if !ok {
				t.Fatalf("got %v", err)
			}
			got := policy.Place{Line: malformed.Line, Column: malformed.Column, Path: malformed.Path}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("%v (-want +got):\n%s", err, d)
			}
		})
	}
}
