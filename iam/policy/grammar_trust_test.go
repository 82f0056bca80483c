package policy_test

import (
	"testing"

	"github.com/irsatz/irsatz/iam/policy"
)

const webIdentity = "'Action':'sts:AssumeRoleWithWebIdentity'"

func trusting(principal string) string {
	return doc("{'Effect':'Allow'," + webIdentity + ",'Principal':" + principal + "}")
}

func TestTrustRefused(t *testing.T) {
	t.Parallel()
	const (
		actions   = "Trust Policy statement actions can only be sts:AssumeRole, sts:AssumeRoleWithSAML,  and sts:AssumeRoleWithWebIdentity"
		federated = "Federated principals must be valid domain names or SAML metadata ARNs"
	)
	tests := []struct{ name, src, message string }{
		{"G26 resource", doc("{'Effect':'Allow'," + webIdentity + ",'Principal':{'AWS':'*'},'Resource':'*'}"), "Has prohibited field Resource"},
		{"NotResource", doc("{'Effect':'Allow'," + webIdentity + ",'Principal':{'AWS':'*'},'NotResource':'*'}"), "Has prohibited field NotResource"},
		{"G27 other service", doc("{'Effect':'Allow','Action':'s3:GetObject','Principal':{'AWS':'*'}}"), actions},
		{"every action", doc("{'Effect':'Allow','Action':'*','Principal':{'AWS':'*'}}"), actions},
		{"no action", doc("{'Effect':'Allow','Principal':{'AWS':'*'}}"), actionsText},
		{"no principal", doc("{'Effect':'Allow'," + webIdentity + "}"), "Missing required field Principal"},
		{"empty principal", trusting("{}"), "Missing required field Principal"},
		{"NotPrincipal", doc("{'Effect':'Allow'," + webIdentity + ",'NotPrincipal':{'AWS':'*'}}"), "Has prohibited field NotPrincipal"},
		{"G28 everyone", trusting("'*'"), `AssumeRolepolicy contained an invalid principal: "STAR":"*".`},
		{"principal a string", trusting("'111122223333'"), syntaxText},
		{"G29 empty", trusting("{'Federated':''}"), federated},
		{"G29 template", trusting("{'Federated':'arn:aws:iam::111122223333:oidc-provider/${module.eks.provider}'}"), federated},
		{"G29 placeholder", trusting("{'Federated':'<PROVIDER_ARN>'}"), federated},
		{"G29 scheme", trusting("{'Federated':'https://oidc.eks.eu-west-1.amazonaws.com/id/A'}"), federated},
		{"G29 no account", trusting("{'Federated':'arn:aws:iam:::oidc-provider/a.b'}"), federated},
		{"G29 role", trusting("{'Federated':'" + roleARN + "'}"), federated},
		{"G29 one of two", trusting("{'Federated':['" + providerARN + "','x y']}"), federated},
		{"unknown principal", trusting("{'AWS':'me'}"), `Invalid principal in policy: "AWS":"me"`},
		{"G52 wildcard", trusting("{'AWS':'arn:aws:iam::111122223333:role/*'}"), `Invalid principal in policy: "AWS":"arn:aws:iam::111122223333:role/*"`},
		{"group", trusting("{'AWS':'arn:aws:iam::111122223333:group/g'}"), `Invalid principal in policy: "AWS":"arn:aws:iam::111122223333:group/g"`},
		{"session without name", trusting("{'AWS':'arn:aws:sts::111122223333:assumed-role/r'}"), `Invalid principal in policy: "AWS":"arn:aws:sts::111122223333:assumed-role/r"`},
		{"service", trusting("{'Service':'ec2'}"), `Invalid principal in policy: "SERVICE":"ec2"`},
		{"canonical user", trusting("{'CanonicalUser':'79a5'}"), `Invalid principal in policy: "CANONICALUSER":"79a5"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			malformed(t, policy.Trust, tt.src, "MalformedPolicyDocument", tt.message)
		})
	}
}

func TestTrustAccepted(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, src string }{
		{"provider", trusting("{'Federated':'" + providerARN + "'}")},
		{"providers", trusting("{'Federated':['" + providerARN + "','accounts.google.com','oidc.eks.eu-west-1.amazonaws.com/id/A']}")},
		{"provider with a port", trusting("{'Federated':'arn:aws:iam::111122223333:oidc-provider/localhost:8443/realms/x'}")},
		{"SAML", trusting("{'Federated':'arn:aws:iam::111122223333:saml-provider/corp'}")},
		{"AWS", trusting("{'AWS':['*','111122223333','arn:aws:iam::111122223333:root','" + roleARN + "','" + userARN + "','" + session + "','arn:aws:sts::111122223333:federated-user/f']}")},
		{"several types", trusting("{'AWS':'111122223333','Service':'ec2.amazonaws.com','Federated':'" + providerARN + "'}")},
		{"old version", quotes("{'Version':'2008-10-17','Statement':{'Effect':'Allow'," + webIdentity + ",'Principal':{'AWS':'*'}}}")},
		{"actions", doc("{'Effect':'Allow','Action':['sts:TagSession','STS:SetSourceIdentity','sts:AssumeRole*'],'Principal':{'AWS':'*'}}")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if _, err := policy.Parse(policy.Trust, []byte(tt.src)); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestResourceControlGrammar(t *testing.T) {
	t.Parallel()
	if _, err := policy.Parse(policy.ResourceControl, []byte(doc(good(",'Principal':'*'")))); err != nil {
		t.Error(err)
	}
	malformed(t, policy.ResourceControl, doc(good("")), "MalformedPolicyDocument", "Missing required field Principal")
	malformed(t, policy.ResourceControl, doc(good(",'Principal':{'AWS':'111122223333'}")), "MalformedPolicyDocument", syntaxText)
	malformed(t, policy.ResourceControl, doc("{'Effect':'Allow','Action':'s3:*','Principal':'*'}"), "MalformedPolicyDocument", "Policy statement must contain resources.")
}
