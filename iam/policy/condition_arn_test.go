package policy_test

import "testing"

func TestConditionARN(t *testing.T) {
	t.Parallel()
	const principal = "aws:PrincipalArn"
	mine := keys{principal: roleARN}
	checkConditions(t, []row{
		allow("equal", "{'ArnEquals':{'aws:PrincipalArn':'"+roleARN+"'}}", mine),
		allow("C110 wildcard", "{'ArnEquals':{'aws:PrincipalArn':'arn:aws:iam::*:role/team/*'}}", mine),
		allow("like", "{'ArnLike':{'aws:PrincipalArn':'arn:???:*:*:*:*'}}", mine),
		deny("C109 one segment", "{'ArnLike':{'aws:PrincipalArn':'arn:aws:*:role/team/app'}}", mine),
		deny("C109 no colon crossed", "{'ArnLike':{'aws:PrincipalArn':'arn:aws:*::111122223333:role/team/app'}}", keys{principal: "arn:aws:iam:x:111122223333:role/team/app"}),
		deny("C111 case", "{'ArnLike':{'aws:PrincipalArn':'arn:aws:IAM::*:role/*'}}", mine),
		deny("not", "{'ArnNotEquals':{'aws:PrincipalArn':'"+roleARN+"'}}", mine),
		allow("not like", "{'ArnNotLike':{'aws:PrincipalArn':'arn:aws:iam::*:user/*'}}", mine),
		deny("no ARN in the request", "{'ArnLike':{'aws:PrincipalArn':'arn:aws:iam::*:*'}}", keys{principal: "me"}),
		deny("no ARN in the request, negated", "{'ArnNotLike':{'aws:PrincipalArn':'arn:aws:iam::*:*'}}", keys{principal: "me"}),
		deny("no ARN in the policy", "{'ArnLike':{'aws:PrincipalArn':'*'}}", mine),
		deny("no ARN in the policy, negated", "{'ArnNotLike':{'aws:PrincipalArn':'me'}}", mine),
		allow("variable", "{'ArnLike':{'aws:PrincipalArn':'arn:aws:iam::${aws:PrincipalAccount}:role/*'}}",
			keys{principal: roleARN, "aws:PrincipalAccount": account}),
		deny("variable without value", "{'ArnLike':{'aws:PrincipalArn':'arn:aws:iam::${aws:PrincipalAccount}:role/*'}}", mine),
		allow("variable without value, negated", "{'ArnNotLike':{'aws:PrincipalArn':'arn:aws:iam::${aws:PrincipalAccount}:role/*'}}", mine),
	})
}
