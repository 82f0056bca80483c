package policy_test

import (
	"errors"
	"testing"

	"github.com/irsatz/irsatz/iam/policy"
)

func TestCheckSharedIssuers(t *testing.T) {
	t.Parallel()
	const (
		github  = "token.actions.githubusercontent.com"
		arns    = "arn:aws:iam::111122223333:oidc-provider/"
		demand  = "Trust policy with trusted principal " + arns
		demands = " must evaluate, using StringEquals, StringLike or StringEqualsIgnoreCase, "
		scoped  = " which is not scoped to all."
		refused = demand + github + demands + github + ":sub or " + github + ":job_workflow_ref" + scoped
	)
	statement := func(principal, condition string) string {
		return "{'Effect':'Allow'," + webIdentity + ",'Principal':{'Federated':" + principal + "},'Condition':{" + condition + "}}"
	}
	of := func(issuer, condition string) string { return statement("'"+arns+issuer+"'", condition) }
	sub := func(value string) string { return of(github, "'StringLike':{'"+github+":sub':"+value+"}") }
	for _, tt := range []struct{ name, statements, message string }{
		{"EKS's issuers are free", trusts("Allow", "{'Federated':'"+providerARN+"'}", "{}"), ""},
		{"roles are free", trusts("Allow", "{'AWS':'111122223333'}", "{}"), ""},
		{"GitHub, nothing", of(github, ""), refused},
		{"GitHub, aud alone", of(github, "'StringEquals':{'"+github+":aud':'sts.amazonaws.com'}"), refused},
		{"GitHub, another claim", of(github, "'StringEquals':{'"+github+":repository':'a/b'}"), refused},
		{"GitHub, sub", sub("'repo:a/b:*'"), ""},
		{"GitHub, sub in capitals", of(github, "'StringEqualsIgnoreCase':{'"+github+":SUB':'repo:a/b:*'}"), ""},
		{"GitHub, job_workflow_ref", of(github, "'StringEquals':{'"+github+":job_workflow_ref':'a/b/.github/workflows/c.yml@refs/heads/main'}"), ""},
		{"GitHub, everybody", sub("'*'"), refused},
		{"GitHub, everybody first", sub("['*','repo:a/b:*']"), refused},
		{"GitHub, everybody second", sub("['repo:a/b:*','*']"), ""},
		{"GitHub, every repository", sub("'repo:*'"), ""},
		{"GitHub, begins with a star", sub("'*:ref:refs/heads/main'"), refused},
		{"GitHub, blank", sub("' '"), refused},
		{"GitHub, nobody", sub("[]"), ""},
		{"GitHub, one of two in an operator", of(github, "'StringLike':{'"+github+":job_workflow_ref':'*','"+github+":sub':'repo:a/b:*'}"), refused},
		{"GitHub, the other of two in an operator", of(github, "'StringLike':{'"+github+":job_workflow_ref':'a/b','"+github+":sub':'*'}"), refused},
		{"GitHub, one of two operators", of(github, "'StringLike':{'"+github+":sub':'*'},'StringEquals':{'"+github+":sub':'repo:a/b:ref:c'}"), ""},
		{"GitHub, any value", of(github, "'ForAnyValue:StringLike':{'"+github+":sub':'repo:a/b:*'}"), ""},
		{"GitHub, if it exists", of(github, "'StringLikeIfExists':{'"+github+":sub':'repo:a/b:*'}"), refused},
		{"GitHub, negated", of(github, "'StringNotEquals':{'"+github+":sub':'repo:a/b:*'}"), refused},
		{"GitHub, ARN", of(github, "'ArnLike':{'"+github+":sub':'repo:a/b:*'}"), refused},
		{"GitHub, all actions", "{'Effect':'Allow','Action':'sts:*','Principal':{'Federated':'" + arns + github + "'}}", refused},
		{"GitHub, tags alone", "{'Effect':'Allow','Action':'sts:TagSession','Principal':{'Federated':'" + arns + github + "'}}", ""},
		{"GitHub, denied", trusts("Deny", "{'Federated':'"+arns+github+"'}", "{}"), ""},
		{"GitHub, second statement", of("idp.example.com", "") + "," + of(github, ""), refused},
		{"GitHub, second principal", statement("['"+arns+"idp.example.com','"+arns+github+"']", ""), refused},
		{"an enterprise at GitHub", of(github+"/acme", "'StringLike':{'"+github+":sub':'repo:a/b:*'}"), demand + github + "/acme" + demands + github + "/acme:sub or " + github + "/acme:job_workflow_ref" + scoped},
		{"a look-alike of GitHub", of(github+".example.com", ""), ""},
		{"GitLab", of("gitlab.com", "'StringLike':{'gitlab.com:aud':'x'}"), demand + "gitlab.com" + demands + "gitlab.com:sub" + scoped},
		{"GitLab, begins with a star", of("gitlab.com", "'StringLike':{'gitlab.com:sub':'*:ref:main'}"), ""},
		{"GitLab of one's own", of("gitlab.example.com", ""), ""},
		{"Terraform Cloud", of("app.terraform.io", "'StringLike':{'app.terraform.io:sub':'organization:acme:*'}"), ""},
		{"Vercel, sub", of("oidc.vercel.com", "'StringLike':{'oidc.vercel.com:sub':'x'}"), demand + "oidc.vercel.com" + demands + "oidc.vercel.com:aud" + scoped},
		{"Pulumi", of("api.pulumi.com/oidc", "'StringEquals':{'api.pulumi.com/oidc:aud':'aws:acme'}"), ""},
		{"Azure Sentinel", of("sts.windows.net/33e01921-4d64-4f8c-a055-5bdaffd5e33d/", "'StringEquals':{'sts.windows.net/33e01921-4d64-4f8c-a055-5bdaffd5e33d/:aud':'x'}"), demand + "sts.windows.net/33e01921-4d64-4f8c-a055-5bdaffd5e33d/" + demands + "sts:RoleSessionName" + scoped},
		{"Azure Sentinel, session", of("sts.windows.net/33e01921-4d64-4f8c-a055-5bdaffd5e33d/", "'StringEquals':{'sts:RoleSessionName':'x'}"), ""},
		{"another tenant of Azure", of("sts.windows.net/00000000-4d64-4f8c-a055-5bdaffd5e33d/", ""), ""},
		{"Cognito, nothing", statement("'cognito-identity.amazonaws.com'", ""), "A condition block must be present for the Cognito provider"},
		{"Cognito, amr", statement("'cognito-identity.amazonaws.com'", "'StringEquals':{'cognito-identity.amazonaws.com:amr':'x'}"), "Trust policy with trusted principal cognito-identity.amazonaws.com" + demands + "cognito-identity.amazonaws.com:aud" + scoped},
		{"Cognito, aud", statement("'cognito-identity.amazonaws.com'", "'StringEquals':{'cognito-identity.amazonaws.com:aud':'x'}"), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := policy.CheckSharedIssuers(policy.MustParse(policy.Trust, doc(tt.statements)))
			malformed, ok := errors.AsType[*policy.MalformedError](err)
			switch {
			case tt.message == "" && err != nil:
				t.Errorf("refused with %v", err)
			case tt.message != "" && (!ok || malformed.Message != tt.message || malformed.Code != "MalformedPolicyDocument" || malformed.Line != 1 || malformed.Column == 1):
				t.Errorf("got  %+v\nwant %s", malformed, tt.message)
			}
		})
	}
}
