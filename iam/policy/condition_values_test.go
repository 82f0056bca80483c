package policy_test

import "testing"

func TestConditionNumeric(t *testing.T) {
	t.Parallel()
	checkConditions(t, []row{
		allow("C112 equals", "{'NumericEquals':{'aws:a':'10'}}", keys{"aws:a": "10.0"}),
		allow("leading zeros and sign", "{'NumericEquals':{'aws:a':'+0010'}}", keys{"aws:a": "10"}),
		allow("minus zero", "{'NumericEquals':{'aws:a':'-0'}}", keys{"aws:a": "0"}),
		deny("C112 no number in the request", "{'NumericEquals':{'aws:a':'10'}}", keys{"aws:a": "ten"}),
		deny("no number in the request, negated", "{'NumericNotEquals':{'aws:a':'10'}}", keys{"aws:a": "ten"}),
		deny("no number in the policy, negated", "{'NumericNotEquals':{'aws:a':'ten'}}", keys{"aws:a": "10"}),
		allow("one number in the policy", "{'NumericEquals':{'aws:a':['ten','10']}}", keys{"aws:a": "10"}),
		deny("exponent", "{'NumericEquals':{'aws:a':'1e1'}}", keys{"aws:a": "10"}),
		deny("point alone", "{'NumericEquals':{'aws:a':'.'}}", keys{"aws:a": "."}),
		allow("not equals", "{'NumericNotEquals':{'aws:a':'10'}}", keys{"aws:a": "11"}),
		allow("less", "{'NumericLessThan':{'aws:a':'10'}}", keys{"aws:a": "9"}),
		deny("less, equal", "{'NumericLessThan':{'aws:a':'10'}}", keys{"aws:a": "10"}),
		allow("less or equal", "{'NumericLessThanEquals':{'aws:a':'10'}}", keys{"aws:a": "10.00"}),
		allow("greater", "{'NumericGreaterThan':{'aws:a':'9'}}", keys{"aws:a": "10"}),
		allow("greater or equal", "{'NumericGreaterThanEquals':{'aws:a':'1.2'}}", keys{"aws:a": "1.2"}),
		allow("negative", "{'NumericLessThan':{'aws:a':'-9'}}", keys{"aws:a": "-10"}),
		allow("signs differ", "{'NumericLessThan':{'aws:a':'1'}}", keys{"aws:a": "-2"}),
		deny("signs differ the other way", "{'NumericLessThan':{'aws:a':'-1'}}", keys{"aws:a": "2"}),
		allow("after the point", "{'NumericLessThan':{'s3:TlsVersion':1.25}}", keys{"s3:TlsVersion": "1.2"}),
		allow("longer than a float", "{'NumericGreaterThan':{'aws:a':'9007199254740992'}}", keys{"aws:a": "9007199254740993"}),
		allow("C115 epoch", "{'NumericLessThan':{'aws:EpochTime':'1800000000'}}", keys{"aws:EpochTime": "1700000000"}),
	})
}

func TestConditionDate(t *testing.T) {
	t.Parallel()
	const now = "2026-11-23T08:00:00Z"
	checkConditions(t, []row{
		allow("C114 greater", "{'DateGreaterThan':{'aws:CurrentTime':'2026-11-23T07:59:59Z'}}", keys{"aws:CurrentTime": now}),
		allow("C114 greater than epoch", "{'DateGreaterThan':{'aws:CurrentTime':'1795420799'}}", keys{"aws:CurrentTime": now}),
		deny("C114 greater than the same epoch", "{'DateGreaterThan':{'aws:CurrentTime':'1795420800'}}", keys{"aws:CurrentTime": now}),
		allow("epoch key", "{'DateEquals':{'aws:EpochTime':'2026-11-23T08:00:00Z'}}", keys{"aws:EpochTime": "1795420800"}),
		allow("midnight", "{'DateEquals':{'aws:a':'2024-01-01'}}", keys{"aws:a": "2024-01-01T00:00:00Z"}),
		allow("month", "{'DateEquals':{'aws:a':'2024-03'}}", keys{"aws:a": "2024-03-01"}),
		allow("zone", "{'DateEquals':{'aws:a':'2026-11-23T10:00:00+02:00'}}", keys{"aws:a": now}),
		allow("zone to the west", "{'DateEquals':{'aws:a':'2026-11-23T03:00:00-05'}}", keys{"aws:a": now}),
		allow("lower case", "{'DateEquals':{'aws:a':'2026-11-23t08:00z'}}", keys{"aws:a": now}),
		allow("hour alone", "{'DateEquals':{'aws:a':'2026-11-23T08'}}", keys{"aws:a": now}),
		allow("fraction", "{'DateLessThan':{'aws:a':'2026-11-23T08:00:00.5Z'}}", keys{"aws:a": "2026-11-23T08:00:00.25Z"}),
		allow("less or equal", "{'DateLessThanEquals':{'aws:a':'2026-11-23'}}", keys{"aws:a": "2026-11-23"}),
		allow("greater or equal", "{'DateGreaterThanEquals':{'aws:a':'2026-11-23'}}", keys{"aws:a": now}),
		allow("not equal", "{'DateNotEquals':{'aws:a':'2026-11-23'}}", keys{"aws:a": now}),
		deny("no date in the request", "{'DateLessThan':{'aws:a':'2026-11-23'}}", keys{"aws:a": "yesterday"}),
		deny("no date in the request, negated", "{'DateNotEquals':{'aws:a':'2026-11-23'}}", keys{"aws:a": "2026-11-23T25:00:00Z"}),
		allow("before Christ", "{'DateLessThan':{'aws:a':'2026-11-23'}}", keys{"aws:a": "-44-03-15"}),
	})
}

func TestConditionBool(t *testing.T) {
	t.Parallel()
	checkConditions(t, []row{
		allow("C116 without case", "{'Bool':{'aws:SecureTransport':'TRUE'}}", keys{"aws:SecureTransport": "true"}),
		allow("C116 unquoted", "{'Bool':{'aws:SecureTransport':true}}", keys{"aws:SecureTransport": "True"}),
		deny("other", "{'Bool':{'aws:SecureTransport':'false'}}", keys{"aws:SecureTransport": "true"}),
		allow("both", "{'Bool':{'aws:SecureTransport':['true','false']}}", keys{"aws:SecureTransport": "true"}),
		deny("nonsense", "{'Bool':{'aws:SecureTransport':'yes'}}", keys{"aws:SecureTransport": "yes"}),
		allow("if exists", "{'BoolIfExists':{'aws:MultiFactorAuthPresent':'false'}}", nil),
	})
}

func TestConditionBinary(t *testing.T) {
	t.Parallel()
	const wants = "{'BinaryEquals':{'aws:a':'QmluYXJ5'}}"
	checkConditions(t, []row{
		allow("equal", wants, keys{"aws:a": "QmluYXJ5"}),
		deny("other", wants, keys{"aws:a": "YmluYXJ5"}),
		deny("not base64 in the request", wants, keys{"aws:a": "!"}),
		deny("not base64 in the policy", "{'BinaryEquals':{'aws:a':'!'}}", keys{"aws:a": "QmluYXJ5"}),
	})
}

func TestConditionIP(t *testing.T) {
	t.Parallel()
	const source = "aws:SourceIp"
	checkConditions(t, []row{
		allow("inside", "{'IpAddress':{'aws:SourceIp':'192.0.2.0/24'}}", keys{source: "192.0.2.7"}),
		deny("outside", "{'IpAddress':{'aws:SourceIp':'192.0.2.0/24'}}", keys{source: "192.0.3.7"}),
		allow("C117 one address", "{'IpAddress':{'aws:SourceIp':'192.0.2.7'}}", keys{source: "192.0.2.7"}),
		deny("C117 one address, neighbour", "{'IpAddress':{'aws:SourceIp':'192.0.2.7'}}", keys{source: "192.0.2.8"}),
		allow("IPv6", "{'IpAddress':{'aws:SourceIp':'2001:db8::/32'}}", keys{source: "2001:db8::1"}),
		allow("IPv6, one address", "{'IpAddress':{'aws:SourceIp':'2001:db8::1'}}", keys{source: "2001:DB8:0::1"}),
		deny("C118 other family", "{'IpAddress':{'aws:SourceIp':'0.0.0.0/0'}}", keys{source: "2001:db8::1"}),
		allow("C118 other family, negated", "{'NotIpAddress':{'aws:SourceIp':'0.0.0.0/0'}}", keys{source: "2001:db8::1"}),
		allow("mapped", "{'IpAddress':{'aws:SourceIp':'192.0.2.0/24'}}", keys{source: "::ffff:192.0.2.7"}),
		allow("C103 outside both", "{'NotIpAddress':{'aws:SourceIp':['192.0.2.0/24','198.51.100.0/24']}}", keys{source: "203.0.113.1"}),
		deny("C103 inside one", "{'NotIpAddress':{'aws:SourceIp':['192.0.2.0/24','198.51.100.0/24']}}", keys{source: "198.51.100.1"}),
		allow("bits beyond the mask", "{'IpAddress':{'aws:SourceIp':'192.0.2.9/24'}}", keys{source: "192.0.2.7"}),
		deny("no range", "{'IpAddress':{'aws:SourceIp':'300.1.1.1'}}", keys{source: "192.0.2.7"}),
		deny("no range, negated", "{'NotIpAddress':{'aws:SourceIp':'192.0.2.0/33'}}", keys{source: "192.0.2.7"}),
		deny("no address", "{'NotIpAddress':{'aws:SourceIp':'192.0.2.0/24'}}", keys{source: "localhost"}),
	})
}

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
