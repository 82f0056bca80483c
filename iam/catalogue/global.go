package catalogue

import "strings"

// globals are the condition keys that do not depend on the service. The last
// column has one letter for each kind of caller, in the order of the constants:
// "+" where every request has the key, "?" where some have, "-" where none can.
// See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html.
var globals = []KeyInfo{
	{"aws:PrincipalArn", ARN, false, FromPrincipal, "in signed requests", "-++++-?"},
	{"aws:PrincipalAccount", String, false, FromPrincipal, "", "+++++??"},
	{"aws:PrincipalType", String, false, FromPrincipal, "", "+++++??"},
	{"aws:PrincipalTag/${TagKey}", String, false, FromPrincipal, "where the session, the role or the user has that tag", "--???--"},
	{"aws:PrincipalOrgID", String, false, FromPrincipal, "where the caller's account is in an organization", "-??????"},
	{"aws:PrincipalOrgPaths", String, true, FromPrincipal, "where the caller's account is in an organization", "-??????"},
	{"aws:PrincipalIsAWSService", Bool, false, FromPrincipal, "in signed requests", "-++++?+"},
	{"aws:PrincipalServiceName", String, false, FromService, "where the caller is an AWS service", "------?"},
	{"aws:PrincipalServiceNamesList", String, true, FromService, "where the caller is an AWS service", "------?"},
	{"aws:userid", String, false, FromPrincipal, "", "+++++??"},
	{"aws:username", String, false, FromPrincipal, "where the caller is an IAM user", "--+----"},
	{"aws:FederatedProvider", String, false, FromSession, "in sessions made with a token or an assertion", "---???-"},
	{"aws:AssumedRoot", Bool, false, FromSession, "in sessions made by sts:AssumeRoot", "-?-?---"},
	{"aws:TokenIssueTime", Date, false, FromSession, "in requests signed with temporary credentials", "-??++--"},
	{"aws:MultiFactorAuthPresent", Bool, false, FromSession, "in requests signed with temporary credentials", "-??++--"},
	{"aws:MultiFactorAuthAge", Numeric, false, FromSession, "where the credentials were made with a second factor", "-????--"},
	{"aws:SourceIdentity", String, false, FromSession, "where the session was made with a source identity", "---?---"},
	{"aws:ChatbotSourceArn", ARN, false, FromSession, "where a chat client calls", "---?---"},
	{"aws:Ec2InstanceSourceVpc", String, false, FromSession, "in sessions of EC2 instances", "---?---"},
	{"aws:Ec2InstanceSourcePrivateIPv4", IP, false, FromSession, "in sessions of EC2 instances", "---?---"},
	{"ec2:SourceInstanceArn", ARN, false, FromSession, "in sessions of EC2 instances", "---?---"},
	{"ec2:RoleDelivery", Numeric, false, FromSession, "in sessions of EC2 instances", "---?---"},
	{"lambda:SourceFunctionArn", ARN, false, FromSession, "in sessions of Lambda functions", "---?---"},
	{"ssm:SourceInstanceArn", ARN, false, FromSession, "in sessions of managed instances", "---?---"},
	{"identitystore:UserId", String, false, FromSession, "in sessions of IAM Identity Center", "---?---"},
	{"glue:RoleAssumedBy", String, false, FromSession, "in sessions of Glue", "---?---"},
	{"glue:CredentialIssuingService", String, false, FromSession, "in sessions of Glue", "---?---"},
	{"aws:SourceIp", IP, false, FromNetwork, "in requests that do not come through a VPC endpoint", "???????"},
	{"aws:SourceVpc", String, false, FromNetwork, "in requests through a VPC endpoint", "-------"},
	{"aws:SourceVpcArn", ARN, false, FromNetwork, "in requests through a VPC endpoint", "-------"},
	{"aws:SourceVpce", String, false, FromNetwork, "in requests through a VPC endpoint", "-------"},
	{"aws:VpcSourceIp", IP, false, FromNetwork, "in requests through a VPC endpoint", "-------"},
	{"aws:VpceAccount", String, false, FromNetwork, "in requests through a VPC endpoint", "-------"},
	{"aws:VpceOrgID", String, false, FromNetwork, "in requests through a VPC endpoint", "-------"},
	{"aws:VpceOrgPaths", String, true, FromNetwork, "in requests through a VPC endpoint", "-------"},
	{"aws:SecureTransport", Bool, false, FromNetwork, "", "+++++++"},
	{"aws:CurrentTime", Date, false, FromRequest, "", "+++++++"},
	{"aws:EpochTime", Date, false, FromRequest, "", "+++++++"},
	{"aws:UserAgent", String, false, FromRequest, "where the client sends a User-Agent", "???????"},
	{"aws:Referer", String, false, FromRequest, "where the client sends a Referer", "???????"},
	{"aws:RequestedRegion", String, false, FromRequest, "", "+++++++"},
	{"aws:RequestTag/${TagKey}", String, false, FromRequest, "in requests that pass tags", "???????"},
	{"aws:TagKeys", String, true, FromRequest, "in requests that pass tags", "???????"},
	{"aws:ResourceAccount", String, false, FromResource, "", "???????"},
	{"aws:ResourceOrgID", String, false, FromResource, "where the resource's account is in an organization", "???????"},
	{"aws:ResourceOrgPaths", String, true, FromResource, "where the resource's account is in an organization", "???????"},
	{"aws:ResourceTag/${TagKey}", String, false, FromResource, "where the resource has that tag and the service passes it on", "???????"},
	{"aws:ViaAWSService", Bool, false, FromService, "", "???????"},
	{"aws:CalledVia", String, true, FromService, "where an AWS service calls on the caller's behalf", "-------"},
	{"aws:CalledViaFirst", String, false, FromService, "where an AWS service calls on the caller's behalf", "-------"},
	{"aws:CalledViaLast", String, false, FromService, "where an AWS service calls on the caller's behalf", "-------"},
	{"aws:SourceAccount", String, false, FromService, "where the caller is an AWS service", "------?"},
	{"aws:SourceArn", ARN, false, FromService, "where the caller is an AWS service", "------?"},
	{"aws:SourceOrgID", String, false, FromService, "where the caller is an AWS service", "------?"},
	{"aws:SourceOrgPaths", String, true, FromService, "where the caller is an AWS service", "------?"},
}

// Globals returns the condition keys that do not depend on the service.
func Globals() []KeyInfo { return append([]KeyInfo(nil), globals...) }

// global finds one of them.
func global(name string) (KeyInfo, bool) {
	for i := range globals {
		if stands(globals[i].Name, name) {
			return globals[i], true
		}
	}
	return KeyInfo{}, false
}

// claims are the claims of every issuer's tokens that are condition keys: those
// that stay in the session, and those for which only a trust policy can ask.
// See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html.
var claims = map[string]KeyInfo{
	"sub":   {Type: String, Source: FromToken, presence: "---?-?-"},
	"aud":   {Type: String, Source: FromToken, presence: "---?-?-"},
	"amr":   {Type: String, Multi: true, Source: FromToken, presence: "---?-?-"},
	"oaud":  {Type: String, Source: FromToken, When: "in trust policies, where azp took the place of aud", presence: "-----?-"},
	"azp":   {Type: String, Source: FromToken, When: "in trust policies", presence: "-----?-"},
	"email": {Type: String, Source: FromToken, When: "in trust policies", presence: "-----?-"},
}

// issuerKey takes the claim from a condition key of an issuer: its name, unlike
// that of a service, has a dot or a slash.
func issuerKey(name string) (claim string, ok bool) {
	i := strings.LastIndexByte(name, ':')
	if i < 0 || strings.HasPrefix(strings.ToLower(name), "aws:") {
		return "", false
	}
	prefix, _, _ := strings.Cut(name, ":")
	if !strings.ContainsAny(prefix, "./") && !strings.Contains(name, "://") {
		return "", false
	}
	return strings.ToLower(name[i+1:]), true
}

// claimKey is the condition key of an issuer for a claim. Some issuers that
// many share have further claims.
func claimKey(name, claim string) (KeyInfo, bool) {
	if strings.Contains(name, "://") {
		return KeyInfo{}, false
	}
	if k, ok := claims[claim]; ok {
		k.Name = name
		return k, true
	}
	sts, _ := load("sts")
	k, ok := sts.key(name)
	k.Source, k.When, k.presence = FromToken, "in trust policies", "-----?-"
	return k, ok
}
