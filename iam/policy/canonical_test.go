package policy_test

import (
	"testing"

	"github.com/irsatz/irsatz/iam/policy"
)

func TestCanonical(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name      string
		kind      policy.Kind
		src, want string
	}{
		{
			"identity policy", policy.Identity, `{
				"Statement": {"Resource": ["*"], "Action": ["s3:GetObject", null, "s3:PutObject"], "Effect": "Allow", "Sid": ""},
				"Conditions": 1, "Version": "2012-10-17", "Id": "x<y"}`,
			`{"Version":"2012-10-17","Id":"x<y","Statement":[{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"*"}]}`,
		},
		{
			"conditions", policy.Identity, `{"Version":"2012-10-17","Statement":[{"Sid":"a","Effect":"Deny","NotAction":"*","NotResource":"*","Condition":{
				"StringEquals":{"b":1,"a":[true]},"Nonsense":{},"Bool":{"c":[]}}}]}`,
			`{"Version":"2012-10-17","Statement":[{"Sid":"a","Effect":"Deny","NotAction":"*","NotResource":"*","Condition":{"Bool":{"c":[]},"StringEquals":{"a":"true","b":"1"}}}]}`,
		},
		{
			"bucket policy without version", policy.Resource, `{"Statement":[{"Effect":"Allow","Principal":{"Service":"a.example.com","AWS":["*"]},"Action":"s3:Get*","Resource":"arn:aws:s3:::b/*"},
				{"Effect":"Deny","NotPrincipal":"*","Action":"s3:Get*","Resource":"arn:aws:s3:::b/*","Condition":{}}]}`,
			`{"Statement":[{"Effect":"Allow","Principal":{"AWS":"*","Service":"a.example.com"},"Action":"s3:Get*","Resource":"arn:aws:s3:::b/*"},` +
				`{"Effect":"Deny","NotPrincipal":"*","Action":"s3:Get*","Resource":"arn:aws:s3:::b/*"}]}`,
		},
		{
			"trust policy", policy.Trust, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Federated":["` + providerARN + `"]},"Action":["sts:AssumeRoleWithWebIdentity"]}}`,
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"` + providerARN + `"},"Action":"sts:AssumeRoleWithWebIdentity"}]}`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := string(policy.MustParse(c.kind, c.src).Canonical())
			if got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if again := string(policy.MustParse(c.kind, got).Canonical()); again != got {
				t.Errorf("and again %s", again)
			}
		})
	}
}
