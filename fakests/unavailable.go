package fakests

import (
	"context"
	"encoding/base64"
	"net/http"

	"github.com/irsatz/irsatz/internal/awsapi"
)

// The operations below answer what AWS answers where the feature behind them is
// not set up. Here it cannot be: there are no SAML providers, no organization,
// and no outbound federation.

// nothing is the output of an operation that never succeeds.
type nothing struct{}

type assumeRoleWithSAMLInput struct {
	RoleArn         string             `rule:"required,min=20,max=2048,pattern=arn"`
	PrincipalArn    string             `rule:"required,min=20,max=2048,pattern=arn"`
	SAMLAssertion   string             `rule:"required,sensitive,min=4,max=100000"`
	PolicyArns      []policyDescriptor `rule:"max=10"`
	Policy          *string            `rule:"min=1,max=2048,pattern=document"`
	DurationSeconds *int32             `rule:"min=900,max=43200"`
}

// assumeRoleWithSAML finds no provider
// (https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithSAML.html).
func (s *Server) assumeRoleWithSAML(_ context.Context, call *awsapi.Call, in *assumeRoleWithSAMLInput) (*nothing, error) {
	if _, err := parseRoleARN(in.RoleArn); err != nil {
		return nil, err
	}
	if _, err := base64.StdEncoding.DecodeString(in.SAMLAssertion); err != nil {
		return nil, invalidToken("Invalid base64 SAMLResponse")
	}
	call.Explain("there is no SAML provider "+in.PrincipalArn+": irsatz has none at all", "use an OIDC provider and AssumeRoleWithWebIdentity")
	return nil, invalidToken("Specified provider doesn't exist")
}

type assumeRootInput struct {
	TargetPrincipal string `rule:"required,min=12,max=2048"`
	TaskPolicyArn   string `query:"TaskPolicyArn.arn" rule:"required,min=20,max=2048,pattern=arn"`
	DurationSeconds *int32 `rule:"min=0,max=900"`
}

// assumeRoot is for the management account of an organization that has turned
// central root access on
// (https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoot.html).
func (s *Server) assumeRoot(_ context.Context, call *awsapi.Call, in *assumeRootInput) (*nothing, error) {
	target := in.TargetPrincipal
	if len(target) == 12 {
		target = "arn:aws:iam::" + target + ":root"
	}
	call.Explain("account "+call.Caller.AccountID+" manages no organization with central root access: irsatz has no organizations", "sign with the account's root credentials")
	return nil, notAuthorized(call, "sts:AssumeRoot", target)
}

type getWebIdentityTokenInput struct {
	Audience         []string `rule:"required,max=10" each:"min=1,max=1000"`
	DurationSeconds  *int32   `rule:"min=60,max=3600"`
	SigningAlgorithm string   `rule:"required,min=5,max=5"`
	Tags             []tag    `rule:"max=50"`
}

// getWebIdentityToken would sign a token about the caller
// (https://docs.aws.amazon.com/STS/latest/APIReference/API_GetWebIdentityToken.html).
func (s *Server) getWebIdentityToken(_ context.Context, call *awsapi.Call, _ *getWebIdentityTokenInput) (*nothing, error) {
	if err := own(call, "sts:GetWebIdentityToken", "*", nil); err != nil {
		return nil, err
	}
	call.Explain("account "+call.Caller.AccountID+" has not enabled outbound web identity federation, which irsatz has not", "mint a token of an issuer of irsatz instead")
	return nil, &awsapi.Error{
		Code: "OutboundWebIdentityFederationDisabledException", Status: http.StatusForbidden,
		Message: "The outbound web identity federation feature is not enabled for this account. To use this feature, you must first enable it through the Amazon Web Services Management Console or API.",
	}
}
