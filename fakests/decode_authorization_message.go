package fakests

import (
	"context"
	"errors"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/internal/awsapi"
)

type decodeAuthorizationMessageInput struct {
	EncodedMessage string `rule:"required,min=1,max=10240"`
}

type decodeAuthorizationMessageOutput struct{ DecodedMessage string }

// decodeAuthorizationMessage opens the message at the end of some services'
// denials, of which neither STS nor S3 is one
// (https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html).
func (s *Server) decodeAuthorizationMessage(_ context.Context, call *awsapi.Call, in *decodeAuthorizationMessageInput) (*decodeAuthorizationMessageOutput, error) {
	if err := own(call, "sts:DecodeAuthorizationMessage", "*", nil); err != nil {
		return nil, err
	}
	message, err := s.config.Store.DecodeMessage(call.Caller.AccountID, in.EncodedMessage)
	switch {
	case errors.Is(err, iam.ErrInvalidMessage):
		call.Explain(err.Error(), "send all of the message, and nothing else, with credentials of the account that was denied")
		return nil, errInvalidMessage
	case err != nil:
		return nil, err
	}
	return &decodeAuthorizationMessageOutput{DecodedMessage: message}, nil
}
