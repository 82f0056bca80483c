package fakests

import (
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/policy"
	"github.com/irsatz/irsatz/internal/awsapi"
)

// What the operations share that hand out credentials.

const (
	tagAction      = "sts:TagSession"
	identityAction = "sts:SetSourceIdentity"
	contextAction  = "sts:SetContext"

	defaultDuration = time.Hour // of a role session, also where the role allows more

	// tokenBudget is the size in bytes that utilisation is measured against
	// (documented since September 2026).
	tokenBudget = 4096

	// maxSessionPolicies is how many characters session policies may have
	// together.
	maxSessionPolicies = 2048
)

type policyDescriptor struct {
	Arn string `query:"arn" rule:"required,min=20,max=2048,pattern=arn"`
}

type assumedRoleUser struct {
	AssumedRoleId string //nolint:revive // AWS's spelling
	Arn           string
}

// credentials is the Credentials element.
type credentials struct {
	AccessKeyId     string //nolint:revive // AWS's spelling
	SecretAccessKey string
	SessionToken    string
	Expiration      time.Time
}

func credentialsOf(c iam.Credentials) credentials {
	return credentials{AccessKeyId: c.AccessKeyID, SecretAccessKey: c.Secret, SessionToken: c.SessionToken, Expiration: c.Expires}
}

// visibleRole finds the role, and explains why STS does not.
func (s *Server) visibleRole(call *awsapi.Call, roleARN string) (*iam.Role, bool) {
	role, ok := s.config.Store.Snapshot().RoleByARN(roleARN)
	if !ok {
		call.Explain("there is no role "+roleARN, s.nearestRole(roleARN))
		return nil, false
	}
	if age := call.Time.Sub(role.Created); s.config.Propagation > 0 && age < s.config.Propagation {
		call.Explain(
			fmt.Sprintf("propagation: the role %s is %s old, and STS learns of a role only %s after it was created", roleARN, age.Truncate(time.Second), s.config.Propagation),
			"try again in a moment, as clients of AWS must; the delay is the setting --iam-propagation")
		return nil, false
	}
	return role, true
}

// fillRole sets the condition keys of the role that is to be assumed.
func fillRole(ctx *policy.Context, role *iam.Role) {
	ctx.Set("aws:ResourceAccount", role.AccountID)
	for _, tag := range role.Tags {
		ctx.Set("aws:ResourceTag/"+tag.Key, tag.Value)
		ctx.Set("iam:ResourceTag/"+tag.Key, tag.Value)
	}
}

// sessionDuration is what was asked for, within what the role allows. The
// expiry of what was presented for it does not cap it (observed).
func sessionDuration(call *awsapi.Call, seconds *int32, role *iam.Role) (time.Duration, error) {
	if seconds == nil {
		return defaultDuration, nil
	}
	duration := time.Duration(*seconds) * time.Second
	if duration > role.MaxSessionDuration {
		call.Explain(
			fmt.Sprintf("%s was asked for, and the MaxSessionDuration of %s is %s", duration, role.ARN, role.MaxSessionDuration),
			fmt.Sprintf("ask for at most %d seconds, or give the role a longer MaxSessionDuration (aws iam update-role --max-session-duration)", int64(role.MaxSessionDuration/time.Second)))
		return 0, validationError("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
	}
	return duration, nil
}

// sessionPolicies checks the session policies and returns the ARNs of the
// managed ones, which must be the account's or AWS's.
func (s *Server) sessionPolicies(inline *string, managed []policyDescriptor, accountID string) ([]string, error) {
	size := 0
	if inline != nil {
		size = utf8.RuneCountInString(*inline)
		if _, err := policy.Parse(policy.Session, []byte(*inline)); err != nil {
			return nil, malformedPolicy(err)
		}
	}
	var arns []string
	for _, d := range managed {
		p, err := s.config.Store.Snapshot().ManagedPolicy(d.Arn)
		if err != nil || p.AccountID != accountID && p.AccountID != "aws" {
			return nil, malformedPolicy(fmt.Errorf("managed session policy %s does not exist in the role's account", d.Arn))
		}
		size += len(d.Arn)
		arns = append(arns, d.Arn)
	}
	if size > maxSessionPolicies {
		return nil, packedPolicyTooLarge(size * 100 / maxSessionPolicies)
	}
	return arns, nil
}

// issueRefusal words why no session was opened.
func issueRefusal(err error) error {
	if errors.Is(err, iam.ErrTokenTooLarge) {
		return errTokenTooLarge
	}
	return err
}

// sizes are the figures about a session token that an answer ends with. Those that
// it leaves out are nil.
type sizes struct {
	PackedPolicySize        *int32
	SessionTokenSize        *int32
	SessionTokenUtilization *int32
}

// sizes measures the token. Before September 2026 answers bore but the packed
// size, and that only where policies or tags were passed.
func (s *Server) sizes(issued iam.Credentials, opened *iam.Session) (sizes, error) {
	size := int32(len(issued.SessionToken))
	if size > tokenBudget {
		return sizes{}, errTokenTooLarge
	}
	utilization := size * 100 / tokenBudget
	var all sizes
	if opened.PolicyPassed || len(opened.Tags) > 0 {
		all.PackedPolicySize = &utilization
	}
	if s.config.ErrorTexts == Current {
		all.SessionTokenSize, all.SessionTokenUtilization = &size, &utilization
	}
	return all, nil
}

// minTokenSize is what a session token is to be padded to.
func minTokenSize(n *int32) int {
	if n == nil {
		return 0
	}
	return int(*n)
}

func valueOf(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
