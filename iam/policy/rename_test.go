package policy_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/irsatz/irsatz/iam/policy"
)

// renaming gives one principal another name.
func renaming(principal, to string) func(string) string {
	return func(name string) string {
		if name == principal {
			return to
		}
		return name
	}
}

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
			after, err := before.Rename(renaming(roleARN, id))
			if err != nil || string(after.Source()) != c.after {
				t.Fatalf("became %s, %v", after.Source(), err)
			}
			if named := c.before != c.after; (before != after) != named {
				t.Errorf("another document: %t", before != after)
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
	if _, err := policy.MustParse(policy.Trust, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"`+roleARN+`"},"Action":"sts:AssumeRole"}}`).Rename(renaming(roleARN, "nobody")); err == nil {
		t.Error("there is no such principal")
	}
}

// TestRenameOfBucketPolicy gives principals the names of each other, as users can
// have them, and shows a session of a role that was deleted. What AWS took already
// may grow with it.
func TestRenameOfBucketPolicy(t *testing.T) {
	t.Parallel()
	const session = "arn:aws:sts::111122223333:assumed-role/app/s"
	swapped := map[string]string{userARN: roleARN, roleARN: userARN, session: "AROAEXAMPLE0000000001:s"}
	document := func(a, b, c string) string {
		text := `{"Statement":{"Effect":"Deny","NotPrincipal":{"AWS":["` + a + `","` + b + `","` + c + `"]},"Action":"s3:*","Resource":"arn:aws:s3:::data"}}`
		return text
	}
	before := policy.MustParse(policy.Resource, document(userARN, roleARN, session)+strings.Repeat(" ", policy.QuotaBucket-len(document(userARN, roleARN, session))))
	after, err := before.Rename(func(name string) string { return swapped[name] })
	if err != nil || strings.TrimSpace(string(after.Source())) != document(roleARN, userARN, swapped[session]) {
		t.Fatalf("became %s, %v", after.Source(), err)
	}
	longer := "arn:aws:iam::111122223333:user/" + strings.Repeat("u", 64)
	if after, err = before.Rename(renaming(userARN, longer)); err != nil || len(after.Source()) <= policy.QuotaBucket {
		t.Errorf("longer than it may be written: %v", err)
	}
	if _, err := policy.ParseForBucket("data", []byte(document(roleARN, userARN, swapped[session]))); err == nil {
		t.Error("an id may be written")
	}
	if _, err := policy.ParseStoredForBucket("data", []byte(document(roleARN, userARN, swapped[session]))); err != nil {
		t.Errorf("what was shown: %v", err)
	}
}
