package fakests

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/arn"
	"github.com/irsatz/irsatz/iam/policy"
	"github.com/irsatz/irsatz/internal/awsapi"
)

const assumeRoleAction = "sts:AssumeRole"

// maxChained is how long a session may be that a session of a role opens.
const maxChained = time.Hour

type assumeRoleInput struct {
	RoleArn           string             `rule:"required,min=20,max=2048,pattern=arn"`
	RoleSessionName   string             `rule:"required,min=2,max=64,pattern=name"`
	PolicyArns        []policyDescriptor `rule:"max=10"`
	Policy            *string            `rule:"min=1,pattern=document"`
	DurationSeconds   *int32             `rule:"min=900,max=43200"`
	Tags              []tag              `rule:"max=50"`
	TransitiveTagKeys []string           `rule:"max=50" each:"min=1,max=128,pattern=tagkey"`
	ExternalId        *string            `rule:"min=2,max=1224,pattern=externalid"` //nolint:revive // AWS's spelling
	SerialNumber      *string            `rule:"min=9,max=256,pattern=serial"`
	TokenCode         *string            `rule:"min=6,max=6,pattern=digits"`
	SourceIdentity    *string            `rule:"min=2,max=64,pattern=name"`
	ProvidedContexts  []providedContext  `rule:"max=5"`
	// MinimumSessionTokenSize is there since September 2026.
	MinimumSessionTokenSize *int32 `rule:"min=0,max=4096"`
}

type tag struct {
	Key   string `rule:"required,min=1,max=128,pattern=tagkey"`
	Value string `rule:"required,max=256,pattern=tagvalue"`
}

type providedContext struct {
	ProviderArn      *string `rule:"min=20,max=2048,pattern=arn"`
	ContextAssertion *string `rule:"sensitive,min=4,max=2048"`
}

// assumeRoleOutput has its members in the order of recorded answers.
type assumeRoleOutput struct {
	AssumedRoleUser assumedRoleUser
	Credentials     credentials
	SourceIdentity  string
	sizes
}

// assumeRole gives credentials of a role to a caller that has some
// (https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html).
func (s *Server) assumeRole(_ context.Context, call *awsapi.Call, in *assumeRoleInput) (*assumeRoleOutput, error) {
	if err := s.checkAssumeRole(call, in); err != nil {
		return nil, err
	}
	attributes, err := requestedAttributes(call.Caller, in)
	if err != nil {
		return nil, err
	}
	role, err := s.assumable(call, in, attributes)
	if err != nil {
		return nil, err
	}
	if len(in.ProvidedContexts) > 0 {
		call.Explain("the context assertions were not made by a context provider of AWS, of which there is none here: nobody can say what they assert", "leave ProvidedContexts out")
		return nil, errContext
	}
	duration, err := assumedDuration(call, in.DurationSeconds, role)
	if err != nil {
		return nil, err
	}
	policyARNs, err := s.sessionPolicies(in.Policy, in.PolicyArns, role.AccountID)
	if err != nil {
		return nil, err
	}
	issued, opened, err := s.config.Store.Issue(role, iam.Session{
		Name: in.RoleSessionName, SourceIdentity: attributes.sourceIdentity,
		Tags: attributes.tags, TransitiveIDs: attributes.transitive,
		Policy: valueOf(in.Policy), PolicyARNs: policyARNs, MinTokenSize: minTokenSize(in.MinimumSessionTokenSize),
	}, duration)
	if err != nil {
		return nil, issueRefusal(err)
	}
	sizes, err := s.sizes(issued, opened)
	if err != nil {
		return nil, err
	}
	return &assumeRoleOutput{
		AssumedRoleUser: assumedRoleUser{AssumedRoleId: opened.ID(), Arn: opened.ARN()},
		Credentials:     credentialsOf(issued), SourceIdentity: opened.SourceIdentity, sizes: sizes,
	}, nil
}

// checkAssumeRole refuses what no policy needs to be asked about.
func (s *Server) checkAssumeRole(call *awsapi.Call, in *assumeRoleInput) error {
	a, err := arn.Parse(in.RoleArn)
	if err != nil || a.Partition == "" || a.Service == "" || a.AccountID == "" || a.Resource == "" {
		return validationError(in.RoleArn + " is invalid")
	}
	if call.Caller.Kind == policy.Root {
		call.Explain("the caller is the root of account "+call.Caller.AccountID, "call as a user or a role: AWS lets no root assume a role, whatever the trust policy says")
		return accessDenied("Roles may not be assumed by root accounts.")
	}
	if err := checkMFA(call, in.SerialNumber, in.TokenCode); err != nil {
		return err
	}
	return reach(call, assumeRoleAction, in.RoleArn)
}

// checkMFA refuses a second factor, since nobody here has a device.
func checkMFA(call *awsapi.Call, serial, code *string) error {
	switch {
	case serial == nil && code == nil:
		return nil
	case serial == nil || code == nil:
		return accessDenied("MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.")
	}
	call.Explain("there are no MFA devices in irsatz, so no code can be right", "leave SerialNumber and TokenCode out")
	return accessDenied("MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.")
}

// requestedAttributes are those of the request and those that the caller's
// session hands on: its transitive tags and its source identity.
func requestedAttributes(caller *iam.Caller, in *assumeRoleInput) (*attributes, error) {
	a := &attributes{transitive: in.TransitiveTagKeys, sourceIdentity: valueOf(in.SourceIdentity)}
	for _, c := range in.ProvidedContexts {
		a.contextProviders = append(a.contextProviders, valueOf(c.ProviderArn))
	}
	if err := a.setTags(in.Tags); err != nil {
		return nil, err
	}
	for _, key := range a.transitive {
		if !hasKey(a.tags, key) {
			return nil, errTransitive
		}
	}
	if caller.Session == nil {
		return a, nil
	}
	if given := caller.Session.SourceIdentity; given != "" {
		if a.sourceIdentity != "" && a.sourceIdentity != given {
			return nil, validationError("The source identity is already set for this assume role session")
		}
		a.sourceIdentity = given
	}
	return a, a.inherit(caller.Session)
}

// setTags takes the tags of a request.
func (a *attributes) setTags(tags []tag) error {
	for _, t := range tags {
		switch {
		case hasKey(a.tags, t.Key):
			return errDuplicateTags
		case len(t.Key) >= 4 && strings.EqualFold(t.Key[:4], "aws:"):
			return errReservedTag
		}
		a.tags = append(a.tags, iam.Tag{Key: t.Key, Value: t.Value})
	}
	return nil
}

// inherit adds the transitive tags of the caller's session, which nobody may
// override.
func (a *attributes) inherit(session *iam.Session) error {
	for _, key := range session.TransitiveIDs {
		if hasKey(a.tags, key) {
			return errInheritedTag
		}
	}
	for _, key := range session.TransitiveIDs {
		i := slices.IndexFunc(session.Tags, func(t iam.Tag) bool { return strings.EqualFold(t.Key, key) })
		if i < 0 {
			return fmt.Errorf("transitive tag %q is no tag of the session", key)
		}
		a.tags, a.transitive = append(a.tags, session.Tags[i]), append(a.transitive, session.Tags[i].Key)
	}
	if len(a.tags) > policy.QuotaSessionTags {
		return errTooManyTags
	}
	return nil
}

func hasKey(tags []iam.Tag, key string) bool {
	return slices.ContainsFunc(tags, func(t iam.Tag) bool { return strings.EqualFold(t.Key, key) })
}

// assumable asks the caller's policies and the role's trust policy. A role that
// does not exist and one that does not trust look the same, so that nobody can
// list roles.
func (s *Server) assumable(call *awsapi.Call, in *assumeRoleInput, attributes *attributes) (*iam.Role, error) {
	role, ok := s.visibleRole(call, in.RoleArn)
	if !ok {
		return nil, notAuthorized(call, assumeRoleAction, in.RoleArn)
	}
	ctx := call.Context()
	ctx.Set("sts:RoleSessionName", in.RoleSessionName)
	if in.ExternalId != nil {
		ctx.Set("sts:ExternalId", *in.ExternalId)
	}
	fillRole(ctx, role)
	attributes.fill(ctx)
	for _, action := range attributes.actions(assumeRoleAction) {
		q := iam.Question{Action: action, Resource: role.ARN, ResourceAccount: role.AccountID, Trust: &role.Trust, Context: ctx}
		if err := authorize(call, &q); err != nil {
			return nil, err
		}
	}
	return role, nil
}

// assumedDuration is sessionDuration, with the limit of role chaining after that
// of the role (observed).
func assumedDuration(call *awsapi.Call, seconds *int32, role *iam.Role) (time.Duration, error) {
	duration, err := sessionDuration(call, seconds, role)
	if err == nil && call.Caller.Kind == policy.RoleSession && duration > maxChained {
		call.Explain(
			fmt.Sprintf("%s was asked for by %s, a session of a role itself: a role assumed by a role lasts an hour at most, whatever its MaxSessionDuration", duration, call.Caller.ARN),
			"ask for at most 3600 seconds, or assume the role with a web identity token or a user's access key")
		return 0, validationError("The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.")
	}
	return duration, err
}
