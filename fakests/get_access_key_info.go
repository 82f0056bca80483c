package fakests

import (
	"context"

	"github.com/irsatz/irsatz/internal/awsapi"
)

type getAccessKeyInfoInput struct {
	AccessKeyId string `rule:"required,min=16,max=128,pattern=word"` //nolint:revive // AWS's spelling
}

type getAccessKeyInfoOutput struct{ Account string }

// getAccessKeyInfo says which account a key belongs to, any account's and
// whether or not the key is live
// (https://docs.aws.amazon.com/STS/latest/APIReference/API_GetAccessKeyInfo.html).
func (s *Server) getAccessKeyInfo(_ context.Context, call *awsapi.Call, in *getAccessKeyInfoInput) (*getAccessKeyInfoOutput, error) {
	if err := own(call, "sts:GetAccessKeyInfo", "*", nil); err != nil {
		return nil, err
	}
	account, ok := s.config.Store.AccountOfKey(in.AccessKeyId)
	if !ok {
		call.Explain("the access key id "+in.AccessKeyId+" is neither known here nor made as AWS makes them", "look for a misspelling: the account is embedded in the id")
		return nil, validationError("Invalid Access Key Id: " + in.AccessKeyId)
	}
	return &getAccessKeyInfoOutput{Account: account}, nil
}
