package fakests

import (
	"context"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/arn"
	"github.com/irsatz/irsatz/internal/awsapi"
)

type getFederationTokenInput struct {
	Name            string             `rule:"required,min=2,max=32,pattern=name"`
	Policy          *string            `rule:"min=1,max=2048,pattern=document"`
	PolicyArns      []policyDescriptor `rule:"max=10"`
	DurationSeconds *int32             `rule:"min=900,max=129600"`
	Tags            []tag              `rule:"max=50"`
	// MinimumSessionTokenSize is there since September 2026.
	MinimumSessionTokenSize *int32 `rule:"min=0,max=4096"`
}

type getFederationTokenOutput struct {
	Credentials   credentials
	FederatedUser federatedUser
	sizes
}

type federatedUser struct {
	FederatedUserId string //nolint:revive // AWS's spelling
	Arn             string
}

// getFederationToken gives credentials to somebody in the name of the calling
// user: what the session policies leave of the user's permissions, and nothing
// without any
// (https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html).
func (s *Server) getFederationToken(_ context.Context, call *awsapi.Call, in *getFederationTokenInput) (*getFederationTokenOutput, error) {
	if err := longTerm(call, "GetFederationToken"); err != nil {
		return nil, err
	}
	attributes := &attributes{}
	if err := attributes.setTags(in.Tags); err != nil {
		return nil, err
	}
	resource := arn.ARN{Partition: "aws", Service: "sts", AccountID: call.Caller.AccountID, Resource: "federated-user/" + in.Name}.String()
	for _, action := range attributes.actions("sts:GetFederationToken") {
		if err := own(call, action, resource, attributes.fill); err != nil {
			return nil, err
		}
	}
	policyARNs, err := s.sessionPolicies(in.Policy, in.PolicyArns, call.Caller.AccountID)
	if err != nil {
		return nil, err
	}
	issued, opened, err := s.config.Store.IssueFor(call.Caller, iam.Session{
		Kind: iam.FederatedSession, Name: in.Name, Tags: attributes.tags,
		Policy: valueOf(in.Policy), PolicyARNs: policyARNs, MinTokenSize: minTokenSize(in.MinimumSessionTokenSize),
	}, userDuration(call.Caller, in.DurationSeconds))
	if err != nil {
		return nil, issueRefusal(err)
	}
	sizes, err := s.sizes(issued, opened)
	if err != nil {
		return nil, err
	}
	return &getFederationTokenOutput{
		Credentials: credentialsOf(issued), FederatedUser: federatedUser{FederatedUserId: opened.ID(), Arn: opened.ARN()}, sizes: sizes,
	}, nil
}
