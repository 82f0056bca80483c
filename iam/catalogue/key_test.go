package catalogue_test

import (
	"strings"
	"testing"

	"github.com/irsatz/irsatz/iam/catalogue"
)

const issuer = "oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE"

func TestConditionKey(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		typ   catalogue.Type // empty: no such key
		multi bool
	}{
		{"aws:PrincipalArn", catalogue.ARN, false},
		{"AWS:principaltag/Team", catalogue.String, false},
		{"aws:PrincipalTag/", "", false},
		{"aws:TagKeys", catalogue.String, true},
		{"aws:Nonsense", "", false},
		{"s3:max-keys", catalogue.Numeric, false},
		{"s3:RequestObjectTagKeys", catalogue.String, true},
		{"s3:ExistingObjectTag/Team", catalogue.String, false},
		{"s3:nonsense", "", false},
		{"nosuch:key", "", false},
		{"key", "", false},
		{"sts:RoleAuthorizedByIdp", catalogue.Bool, false},
		{"sts:TransitiveTagKeys", catalogue.String, true},
		{issuer + ":sub", catalogue.String, false},
		{issuer + ":amr", catalogue.String, true},
		{issuer + ":kubernetes.io/namespace", "", false},
		{"https://" + issuer + ":sub", "", false},
		{"localhost:8443/id/A:aud", "", false},
		{"token.actions.githubusercontent.com:repository", catalogue.String, false},
		{"gitlab.com:project_id", catalogue.String, false},
		{"gitlab.example.com:project_id", "", false},
		{"agent.buildkite.com:pipeline_slug", catalogue.String, false},
		{"accounts.google.com:google/organization_number", catalogue.Numeric, false},
		{"oidc.circleci.com/org/7:oidc.circleci.com/project-id", catalogue.String, false},
		{"idcs-7.identity.oraclecloud.com:rpst_id", catalogue.String, false},
	} {
		got, ok := catalogue.ConditionKey(c.name)
		if got.Type != c.typ || got.Multi != c.multi || ok != (c.typ != "") {
			t.Errorf("%s: %+v, %v", c.name, got, ok)
		}
	}
}

func TestGlobalsAreComplete(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, k := range catalogue.Globals() {
		if name := strings.ToLower(k.Name); seen[name] {
			t.Errorf("%s stands there twice", k.Name)
		} else {
			seen[name] = true
		}
		for c := catalogue.Anonymous; c <= catalogue.AWSService; c++ {
			if k.In(c) == catalogue.Never && k.When == "" {
				t.Errorf("%s: absent for caller %d, and nobody says why", k.Name, c)
			}
		}
	}
	if k, _ := catalogue.ConditionKey("s3:prefix"); k.In(catalogue.RoleSession) != catalogue.Sometimes {
		t.Error("s3:prefix is not there sometimes")
	}
}

func TestAbsent(t *testing.T) {
	t.Parallel()
	const get, web = "s3:GetObject", "sts:AssumeRoleWithWebIdentity"
	session, token := catalogue.RoleSession, catalogue.WebIdentity
	for _, c := range []struct {
		name   string
		key    string
		action string
		caller catalogue.Caller
		want   string // empty: it can be there
	}{
		{"K131 the role's ARN", "aws:PrincipalArn", get, session, ""},
		{"K132 user name of a session", "aws:username", get, session, "only where the caller is an IAM user"},
		{"user name of a user", "aws:username", get, catalogue.User, ""},
		{"K135 claim in a session", issuer + ":sub", get, session, ""},
		{"claim that does not stay", issuer + ":email", get, session, "only sub, aud and amr stay"},
		{"claim of a user", issuer + ":sub", get, catalogue.User, "no token"},
		{"K136 session name outside of STS", "sts:RoleSessionName", get, session, "s3:GetObject has no such key"},
		{"K137 age of the second factor for anonymous", "aws:MultiFactorAuthAge", get, catalogue.Anonymous, "second factor"},
		{"K143 VPC endpoint", "aws:SourceVpce", get, session, "VPC endpoint"},
		{"K143 service on behalf", "aws:CalledVia", get, session, "on the caller's behalf"},
		{"K143 source of a service", "aws:SourceArn", get, session, "AWS service"},
		{"K145 anonymous principal", "aws:PrincipalArn", get, catalogue.Anonymous, "signed requests"},
		{"K145 type of an anonymous principal", "aws:PrincipalType", get, catalogue.Anonymous, ""},
		{"K147 session name", "sts:RoleSessionName", web, token, ""},
		{"K147 tags", "aws:RequestTag/team", web, token, ""},
		{"K147 external id", "sts:ExternalId", web, token, "has no such key"},
		{"K148 custom claim", issuer + ":kubernetes.io/serviceaccount/namespace", web, token, "no condition key"},
		{"K149 roles claim", "sts:RoleAuthorizedByIdp", web, token, ""},
		{"K157 tags of a deleted object", "s3:ExistingObjectTag/team", "s3:DeleteObject", session, "has no such key"},
		{"prefix of an object", "s3:prefix", get, session, "s3:GetObject has no such key"},
		{"prefix of a list", "s3:prefix", "s3:ListBucket", session, ""},
		{"tags of the request", "aws:RequestTag/team", get, session, "has no such key"},
		{"tags of the resource", "aws:ResourceTag/team", get, session, ""},
		{"tags where keys are not known by action", "aws:RequestTag/team", "sqs:CreateQueue", session, ""},
		{"tags of an unknown action", "aws:RequestTag/team", "s3:Nonsense", session, ""},
		{"tags of an unknown service", "aws:RequestTag/team", "nosuch:Do", session, ""},
		{"issuer with its scheme", "https://" + issuer + ":sub", web, token, "without its scheme"},
		{"misspelt", "aws:PrincipalARNs", get, session, "AWS knows no such key"},
		{"misspelt key of a service", "s3:prefixes", get, session, "AWS knows no such key"},
		{"key of nobody", "nosuch:key", get, session, ""},
		{"key of another service", "ec2:Region", "sqs:SendMessage", session, "a key of ec2, not of sqs"},
		{"key of its own service", "ec2:Region", "ec2:RunInstances", session, ""},
		{"unknown action", "s3:prefix", "s3:Nonsense", session, ""},
		{"assertion with a token", "saml:aud", web, token, "not to tokens"},
		{"assertion in a session", "saml:aud", get, session, ""},
		{"trusted vendor's claim", "token.actions.githubusercontent.com:repository", web, token, ""},
		{"vendor's claim in a session", "token.actions.githubusercontent.com:repository", get, session, "stay in the session"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := catalogue.Absent(c.key, c.action, c.caller)
			if c.want == "" && got != "" || !strings.Contains(got, c.want) {
				t.Errorf("%s by %s: %q, want %q", c.key, c.action, got, c.want)
			}
		})
	}
}

func BenchmarkAction(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		catalogue.Known("s3:GetObject")
	}
}
