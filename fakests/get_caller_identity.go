package fakests

import (
	"context"

	"github.com/irsatz/irsatz/internal/awsapi"
)

type getCallerIdentityInput struct{}

type getCallerIdentityOutput struct {
	Arn     string
	UserId  string //nolint:revive // AWS's spelling
	Account string
}

// getCallerIdentity says who signed the request. It needs no permission, and
// even an explicit deny does not block it
// (https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html).
func (s *Server) getCallerIdentity(_ context.Context, call *awsapi.Call, _ *getCallerIdentityInput) (*getCallerIdentityOutput, error) {
	return &getCallerIdentityOutput{Arn: call.Caller.ARN, UserId: call.Caller.UserID, Account: call.Caller.AccountID}, nil
}
