package fakests

import (
	"context"
	"time"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/policy"
	"github.com/irsatz/irsatz/internal/awsapi"
)

const (
	defaultUserDuration = 12 * time.Hour // of a user's session
	maxRootDuration     = time.Hour      // of root's: asking for more gives this
)

type getSessionTokenInput struct {
	DurationSeconds *int32  `rule:"min=900,max=129600"`
	SerialNumber    *string `rule:"min=9,max=256,pattern=serial"`
	TokenCode       *string `rule:"min=6,max=6,pattern=digits"`
	// MinimumSessionTokenSize is there since September 2026.
	MinimumSessionTokenSize *int32 `rule:"min=0,max=4096"`
}

type getSessionTokenOutput struct {
	Credentials credentials
	sizes
}

// getSessionToken gives temporary credentials of the caller itself. It needs no
// permission
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_getsessiontoken.html).
func (s *Server) getSessionToken(_ context.Context, call *awsapi.Call, in *getSessionTokenInput) (*getSessionTokenOutput, error) {
	if err := longTerm(call, "GetSessionToken"); err != nil {
		return nil, err
	}
	if err := checkMFA(call, in.SerialNumber, in.TokenCode); err != nil {
		return nil, err
	}
	session := iam.Session{Kind: iam.UserSession, MinTokenSize: minTokenSize(in.MinimumSessionTokenSize)}
	issued, opened, err := s.config.Store.IssueFor(call.Caller, session, userDuration(call.Caller, in.DurationSeconds))
	if err != nil {
		return nil, issueRefusal(err)
	}
	sizes, err := s.sizes(issued, opened)
	if err != nil {
		return nil, err
	}
	return &getSessionTokenOutput{credentialsOf(issued), sizes}, nil
}

// longTerm refuses callers with temporary credentials.
func longTerm(call *awsapi.Call, operation string) error {
	if call.Caller.Session == nil {
		return nil
	}
	call.Explain("the caller's credentials are temporary ones, of "+call.Caller.ARN, "call with the access key of a user; a role can assume another role instead")
	return accessDenied("Cannot call " + operation + " with session credentials")
}

// userDuration is what was asked for. Root's sessions are short whatever was.
func userDuration(caller *iam.Caller, seconds *int32) time.Duration {
	duration := defaultUserDuration
	if seconds != nil {
		duration = time.Duration(*seconds) * time.Second
	}
	if caller.Kind == policy.Root {
		return min(duration, maxRootDuration)
	}
	return duration
}
