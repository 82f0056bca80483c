package policy_test

import (
	"testing"

	"github.com/irsatz/irsatz/iam/policy"
)

// TestPublic is S197: which policies S3 takes for public ones.
func TestPublic(t *testing.T) {
	t.Parallel()
	to := func(principal, condition string) string {
		return granted("{'Effect':'Allow','Principal':" + principal + ",'Action':'s3:GetObject','Resource':" + allObjects + condition + "}")
	}
	when := func(operator, key, value string) string {
		return to("'*'", ",'Condition':{'"+operator+"':{'"+key+"':"+value+"}}")
	}
	tests := []struct {
		name, src string
		public    bool
	}{
		{"everybody", to("'*'", ""), true},
		{"AWS star", to("{'AWS':'*'}", ""), true},
		{"star in a list", to("{'AWS':['111122223333','*']}", ""), true},
		{"an account", to("{'AWS':'111122223333'}", ""), false},
		{"a service", to("{'Service':'logging.s3.amazonaws.com'}", ""), false},
		{"all but one", granted("{'Effect':'Allow','NotPrincipal':{'AWS':'111122223333'},'Action':'s3:GetObject','Resource':" + allObjects + "}"), true},
		{"denial", granted("{'Effect':'Deny','Principal':'*','Action':'s3:GetObject','Resource':" + allObjects + "}"), false},
		{"second statement", granted(grant("'s3:GetObject'", allObjects, ",'Condition':{'StringEquals':{'aws:PrincipalOrgID':'o-1'}}"), grant("'s3:GetObject'", allObjects, "")), true},
		{"organization", when("StringEquals", "aws:PrincipalOrgID", "'o-1'"), false},
		{"key in another case", when("StringEquals", "AWS:principalorgid", "'o-1'"), false},
		{"organization with a wildcard", when("StringLike", "aws:PrincipalOrgID", "'o-*'"), true},
		{"like without a wildcard", when("StringLike", "aws:PrincipalOrgID", "'o-1'"), false},
		{"variable", when("StringEquals", "aws:PrincipalArn", "'${aws:PrincipalArn}'"), true},
		{"one of two is open", when("StringLike", "aws:PrincipalArn", "['arn:aws:iam::111122223333:role/a','*']"), true},
		{"negated", when("StringNotEquals", "aws:PrincipalOrgID", "'o-1'"), true},
		{"if it exists", when("StringEqualsIfExists", "aws:PrincipalOrgID", "'o-1'"), true},
		{"for all values", when("ForAllValues:StringEquals", "aws:PrincipalOrgPaths", "'o-1/'"), true},
		{"for any value", when("ForAnyValue:StringEquals", "aws:PrincipalOrgPaths", "'o-1/r/'"), false},
		{"is there", when("Null", "aws:PrincipalOrgID", "'false'"), true},
		{"another operator", when("Bool", "aws:PrincipalArn", "'true'"), true},
		{"no value", when("StringEquals", "aws:PrincipalOrgID", "[]"), true},
		{"other key", when("StringEquals", "aws:Referer", "'https://example.com'"), true},
		{"secure transport", when("Bool", "aws:SecureTransport", "'true'"), true},
		{"address", when("IpAddress", "aws:SourceIp", "'192.0.2.1'"), false},
		{"24 bits", when("IpAddress", "aws:SourceIp", "'192.0.2.0/24'"), false},
		{"8 bits", when("IpAddress", "aws:SourceIp", "'11.0.0.0/8'"), false},
		{"7 bits", when("IpAddress", "aws:SourceIp", "'12.0.0.0/7'"), true},
		{"everywhere", when("IpAddress", "aws:SourceIp", "'0.0.0.0/0'"), true},
		{"private", when("IpAddress", "aws:SourceIp", "['10.0.0.0/8','172.16.0.0/12','192.168.0.0/16','fd00::/8']"), false},
		{"wider than private", when("IpAddress", "aws:SourceIp", "'172.0.0.0/6'"), true},
		{"IPv6, 32 bits", when("IpAddress", "aws:SourceIp", "'2001:db8::/32'"), false},
		{"IPv6, 31 bits", when("IpAddress", "aws:SourceIp", "'2001:db8::/31'"), true},
		{"no address", when("IpAddress", "aws:SourceIp", "'x'"), true},
		{"VPC", when("StringEquals", "aws:SourceVpc", "'vpc-1'"), false},
		{"one caller", when("StringLike", "aws:userid", "'AROAEXAMPLE:session'"), false},
		{"sessions of a role", when("StringLike", "aws:userid", "'AROAEXAMPLE:*'"), true},
		{"key of KMS", when("StringEquals", "s3:DataAccessPointAccount", "'111122223333'"), false},
		{"access points of an account", when("ArnLike", "s3:DataAccessPointArn", "'arn:aws:s3:eu-west-1:111122223333:accesspoint/*'"), false},
		{"access points of anybody", when("ArnLike", "s3:DataAccessPointArn", "'arn:aws:s3:eu-west-1:*:accesspoint/*'"), true},
		{"no access point", when("StringEquals", "s3:DataAccessPointArn", "'x'"), true},
	}
	for _, tt := range tests {
		d, err := policy.ParseForBucket("b", []byte(tt.src))
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if got := d.Public(); got != tt.public {
			t.Errorf("%s: public is %t", tt.name, got)
		}
	}
}
