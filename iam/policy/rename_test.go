package policy_test

import (
	"slices"
	"testing"

	"github.com/irsatz/irsatz/iam/policy"
)

// TestRename puts another principal in the place of one, wherever it is named,
// and leaves everything else byte for byte.
func TestRename(t *testing.T) {
	t.Parallel()
	const id = "AROAEXAMPLE0000000001"
	for name, c := range map[string]struct{ before, after string }{
		"alone": {
			`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"` + roleARN + `"},"Action":"sts:AssumeRole"}}`,
			`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"` + id + `"},"Action":"sts:AssumeRole"}}`,
		},
		"in lists, twice, with blanks": {
			"{ \"Id\":\"é\", \"Statement\" : [\n{" + `"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"ec2.amazonaws.com","AWS":["` + userARN + `" , "` + roleARN + `"]}},` +
				`{"Effect":"Deny","Principal":{"AWS":["` + roleARN + `"]},"Action":"sts:*"},{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`,
			"{ \"Id\":\"é\", \"Statement\" : [\n{" + `"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"ec2.amazonaws.com","AWS":["` + userARN + `" , "` + id + `"]}},` +
				`{"Effect":"Deny","Principal":{"AWS":["` + id + `"]},"Action":"sts:*"},{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`,
		},
		"escaped": {
			`{"Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role\/team\u002fapp"},"Action":"sts:AssumeRole"}}`,
			`{"Statement":{"Effect":"Allow","Principal":{"AWS":"` + id + `"},"Action":"sts:AssumeRole"}}`,
		},
		"in a condition only": {
			`{"Statement":{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"sts:AssumeRole","Condition":{"ArnEquals":{"aws:PrincipalArn":"` + roleARN + `"}}}}`,
			`{"Statement":{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"sts:AssumeRole","Condition":{"ArnEquals":{"aws:PrincipalArn":"` + roleARN + `"}}}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before, err := policy.ParseStored(policy.Trust, []byte(c.before))
			if err != nil {
				t.Fatal(err)
			}
			after, err := before.Rename(roleARN, id)
			if err != nil || string(after.Source()) != c.after {
				t.Fatalf("became %s, %v", after.Source(), err)
			}
			if named := c.before != c.after; before.Names(roleARN) != named || after.Names(roleARN) {
				t.Errorf("it names the role: %t, then %t", before.Names(roleARN), after.Names(roleARN))
			}
			assume := &policy.Request{Principal: roleSession, Action: "sts:AssumeRole", Resource: roleARN, ResourceAccount: account, Context: policy.NewContext()}
			policies := policy.Policies{Trust: &policy.Policy{Document: after}}
			d := policies.Explain(assume)
			if d.Outcome == policy.Allow {
				t.Errorf("a role of the same name is let in: %+v", d)
			}
			told := slices.IndexFunc(d.Explanation.Suggestions, func(s policy.Suggestion) bool {
				return s.Code == policy.FixDeleted && s.Edit.Old == id && s.Edit.New == roleARN
			})
			if (told >= 0) != (c.before != c.after) {
				t.Errorf("suggested: %+v", d.Explanation.Suggestions)
			}
		})
	}
	if _, err := policy.MustParse(policy.Trust, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"`+roleARN+`"},"Action":"sts:AssumeRole"}}`).Rename(roleARN, "nobody"); err == nil {
		t.Error("there is no such principal")
	}
}

// TestRenameInBucketPolicy: what was deleted is named by its id in bucket
// policies too, which S3 does not take when they are written.
func TestRenameInBucketPolicy(t *testing.T) {
	t.Parallel()
	const id, rest = "AROAEXAMPLE0000000001", `"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}}`
	after, err := policy.MustParse(policy.Resource, `{"Statement":{"Effect":"Allow","Principal":{"AWS":"`+roleARN+rest).Rename(roleARN, id)
	if err != nil || string(after.Source()) != `{"Statement":{"Effect":"Allow","Principal":{"AWS":"`+id+rest {
		t.Fatalf("%s, %v", after.Source(), err)
	}
	if _, err := policy.ParseForBucket("b", after.Source()); err == nil {
		t.Error("an id can be written")
	}
}
