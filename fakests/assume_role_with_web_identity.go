package fakests

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/arn"
	"github.com/irsatz/irsatz/iam/policy"
	"github.com/irsatz/irsatz/internal/awsapi"
	"github.com/irsatz/irsatz/oidc"
	"github.com/irsatz/irsatz/trail"
)

const (
	assumeAction   = "sts:AssumeRoleWithWebIdentity"
	tagAction      = "sts:TagSession"
	identityAction = "sts:SetSourceIdentity"

	defaultDuration = time.Hour // also where the role allows more

	// tokenBudget is the size in bytes that utilisation is measured against
	// (documented since September 2026).
	tokenBudget = 4096
)

type assumeRoleWithWebIdentityInput struct {
	RoleArn          string             `rule:"required,min=20,max=2048,pattern=arn"`
	RoleSessionName  string             `rule:"required,min=2,max=64,pattern=name"`
	WebIdentityToken string             `rule:"required,sensitive,min=4,max=20000"`
	ProviderId       *string            `rule:"min=4,max=2048"` //nolint:revive // AWS's spelling
	PolicyArns       []policyDescriptor `rule:"max=10"`
	Policy           *string            `rule:"min=1,max=2048,pattern=document"`
	DurationSeconds  *int32             `rule:"min=900,max=43200"`
	// MinimumSessionTokenSize is there since September 2026.
	MinimumSessionTokenSize *int32 `rule:"min=0,max=4096"`
}

type policyDescriptor struct {
	Arn string `query:"arn" rule:"required,min=20,max=2048,pattern=arn"`
}

// assumeRoleWithWebIdentityOutput has its members in the order of a recorded
// answer of EKS; the documentation's sample has another.
type assumeRoleWithWebIdentityOutput struct {
	Audience                    string
	AssumedRoleUser             assumedRoleUser
	Provider                    string
	Credentials                 credentials
	SubjectFromWebIdentityToken *string // may be empty
	SourceIdentity              string
	PackedPolicySize            *int32
	SessionTokenSize            *int32
	SessionTokenUtilization     *int32
}

type assumedRoleUser struct {
	AssumedRoleId string //nolint:revive // AWS's spelling
	Arn           string
}

// assumeRoleWithWebIdentity gives credentials of a role for a token
// (https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html).
// Its checks stand in the order in which AWS makes them.
func (s *Server) assumeRoleWithWebIdentity(ctx context.Context, call *awsapi.Call, in *assumeRoleWithWebIdentityInput) (*assumeRoleWithWebIdentityOutput, error) {
	roleARN, err := parseRoleARN(in.RoleArn)
	if err != nil {
		call.Explain(s.explainARN(in.RoleArn))
		return nil, err
	}
	if in.ProviderId != nil {
		return nil, providerRefusal(*in.ProviderId)
	}
	identity, err := s.identify(ctx, call, in, roleARN.AccountID)
	if err != nil {
		return nil, err
	}
	attributes, err := readAttributes(identity.claims, in.RoleArn)
	if err != nil {
		return nil, err
	}
	role, err := s.trusted(call, in, identity, attributes)
	if err != nil {
		return nil, err
	}
	duration, err := sessionDuration(in.DurationSeconds, role)
	if err != nil {
		return nil, err
	}
	policyARNs, err := s.sessionPolicies(in, role)
	if err != nil {
		return nil, err
	}
	session := iam.Session{
		Name: in.RoleSessionName, ProviderARN: identity.provider.ARN, Issuer: identity.provider.URL,
		Subject: identity.claims.Subject, Audience: identity.claims.Audience, AMR: identity.claims.AMR,
		SourceIdentity: attributes.sourceIdentity, Tags: attributes.tags, TransitiveIDs: attributes.transitive,
		PolicyARNs: policyARNs,
	}
	if in.Policy != nil {
		session.Policy = *in.Policy
	}
	if in.MinimumSessionTokenSize != nil {
		session.MinTokenSize = int(*in.MinimumSessionTokenSize)
	}
	return s.issue(call, role, session, duration)
}

// parseRoleARN reads the ARN of the role, which may not exist.
func parseRoleARN(s string) (arn.ARN, error) {
	a, err := arn.Parse(s)
	if err != nil || a.Partition == "" || a.Service == "" || a.AccountID == "" || len(a.Resource) == 0 {
		return arn.ARN{}, validationError(s + " is invalid")
	}
	if a.Service != "iam" || a.Region != "" || !strings.HasPrefix(a.Resource, "role/") {
		return arn.ARN{}, validationError("Request ARN is invalid")
	}
	return a, nil
}

// identity is a verified token and the provider that it maps to.
type identity struct {
	claims   *oidc.Claims
	provider *iam.Provider
}

// identify verifies the token: its form, the provider registered for its
// issuer in the role's own account, its audience, times and signature.
func (s *Server) identify(ctx context.Context, call *awsapi.Call, in *assumeRoleWithWebIdentityInput, accountID string) (*identity, error) {
	call.Record.Token = &trail.Token{}
	token, err := oidc.ParseToken(in.WebIdentityToken)
	if err != nil {
		return nil, s.tokenRefusal(call, err, explainToken(in.WebIdentityToken))
	}
	recordClaims(call, token)
	warn(call, token)
	provider, ok := s.config.Store.Snapshot().Provider(accountID, token.ClaimedIssuer())
	if !ok || !strings.HasPrefix(token.ClaimedIssuer(), "https://") {
		return nil, s.noProvider(call, token.ClaimedIssuer(), accountID)
	}
	call.Record.Token.Provider = provider.ARN
	claims, err := s.config.Verifier.Verify(ctx, token, oidc.Provider{URL: token.ClaimedIssuer(), ClientIDs: provider.ClientIDs})
	if err != nil {
		return nil, s.tokenRefusal(call, err, "")
	}
	call.Record.Token.Verified, call.Record.Token.ID, call.Record.Token.Expiry = true, claims.ID, claims.Expiry
	call.Record.Caller = "web identity " + claims.Subject
	call.Record.AccountID = accountID
	return &identity{claims: claims, provider: provider}, nil
}

// trusted asks the role's trust policy. A role that does not exist and one
// that does not trust look the same, so that nobody can list roles.
func (s *Server) trusted(call *awsapi.Call, in *assumeRoleWithWebIdentityInput, who *identity, attributes *attributes) (*iam.Role, error) {
	role, ok := s.config.Store.Snapshot().RoleByARN(in.RoleArn)
	if !ok {
		call.Explain("there is no role "+in.RoleArn, s.nearestRole(in.RoleArn))
		return nil, errNotAuthorized
	}
	actions := []string{assumeAction}
	if len(attributes.tags) > 0 {
		actions = append(actions, tagAction)
	}
	if attributes.sourceIdentity != "" {
		actions = append(actions, identityAction)
	}
	ctx := trustContext(call, in, who, attributes, role)
	for _, action := range actions {
		decision := iam.AuthorizeWebIdentity(role, who.provider, action, ctx)
		if !call.Decided(action, role.ARN, decision) {
			return nil, errNotAuthorized
		}
	}
	return role, nil
}

// trustContext is what a trust policy may test. Claims other than sub, aud,
// oaud and amr are no condition keys for ordinary issuers, those of
// kubernetes.io included; see fillSharedIssuer for the others
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html).
func trustContext(call *awsapi.Call, in *assumeRoleWithWebIdentityInput, who *identity, attributes *attributes, role *iam.Role) *policy.Context {
	ctx := policy.NewContext()
	call.FillRequest(ctx)
	issuer, claims := who.provider.URL, who.claims
	ctx.Set(issuer+":sub", claims.Subject)
	ctx.Set(issuer+":aud", claims.Audience)
	if claims.AuthorizedParty != "" {
		ctx.SetValues(issuer+":oaud", claims.OriginalAudience...)
	}
	if len(claims.AMR) > 0 {
		ctx.SetValues(issuer+":amr", claims.AMR...)
	}
	fillSharedIssuer(ctx, issuer, claims)
	ctx.Set("aws:FederatedProvider", who.provider.ARN)
	ctx.Set("aws:userid", who.provider.ARN)
	ctx.Set("aws:PrincipalAccount", who.provider.AccountID)
	ctx.Set("aws:PrincipalType", "User")
	ctx.Set("aws:PrincipalIsAWSService", "false")
	ctx.Set("aws:ViaAWSService", "false")
	ctx.Set("sts:RoleSessionName", in.RoleSessionName)
	ctx.Set("aws:ResourceAccount", role.AccountID)
	for _, tag := range role.Tags {
		ctx.Set("aws:ResourceTag/"+tag.Key, tag.Value)
		ctx.Set("iam:ResourceTag/"+tag.Key, tag.Value)
	}
	attributes.fill(ctx)
	return ctx
}

// sessionDuration is what was asked for, within what the role allows. The
// token's own expiry does not cap it (observed).
func sessionDuration(seconds *int32, role *iam.Role) (time.Duration, error) {
	if seconds == nil {
		return defaultDuration, nil
	}
	duration := time.Duration(*seconds) * time.Second
	if duration > role.MaxSessionDuration {
		return 0, validationError("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
	}
	return duration, nil
}

// maxSessionPolicies is how many characters session policies may have
// together.
const maxSessionPolicies = 2048

// sessionPolicies checks the session policies and returns the ARNs of the
// managed ones, which must be the role's account's or AWS's.
func (s *Server) sessionPolicies(in *assumeRoleWithWebIdentityInput, role *iam.Role) ([]string, error) {
	size := 0
	if in.Policy != nil {
		size = utf8.RuneCountInString(*in.Policy)
		if _, err := policy.Parse(policy.Session, []byte(*in.Policy)); err != nil {
			return nil, malformedPolicy(err)
		}
	}
	var arns []string
	for _, d := range in.PolicyArns {
		p, err := s.config.Store.Snapshot().ManagedPolicy(d.Arn)
		if err != nil || p.AccountID != role.AccountID && p.AccountID != "aws" {
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

// issue opens the session.
func (s *Server) issue(call *awsapi.Call, role *iam.Role, session iam.Session, duration time.Duration) (*assumeRoleWithWebIdentityOutput, error) {
	issued, opened, err := s.config.Store.Issue(role, session, duration)
	if errors.Is(err, iam.ErrTokenTooLarge) {
		return nil, errTokenTooLarge
	}
	if err != nil {
		return nil, err
	}
	size := int32(len(issued.SessionToken))
	if size > tokenBudget {
		return nil, errTokenTooLarge
	}
	utilization := size * 100 / tokenBudget
	out := &assumeRoleWithWebIdentityOutput{
		Audience:        session.Audience,
		AssumedRoleUser: assumedRoleUser{AssumedRoleId: opened.ID(), Arn: opened.ARN()},
		Provider:        session.ProviderARN,
		Credentials: credentials{
			AccessKeyId: issued.AccessKeyID, SecretAccessKey: issued.Secret,
			SessionToken: issued.SessionToken, Expiration: issued.Expires,
		},
		SubjectFromWebIdentityToken: &session.Subject,
		SourceIdentity:              session.SourceIdentity,
	}
	switch {
	case s.config.ErrorTexts == Current:
		out.PackedPolicySize, out.SessionTokenSize, out.SessionTokenUtilization = &utilization, &size, &utilization
	case opened.PolicyPassed || len(opened.Tags) > 0:
		out.PackedPolicySize = &utilization
	}
	call.Record.AccessKeyID = issued.AccessKeyID
	return out, nil
}

func recordClaims(call *awsapi.Call, token *oidc.UnverifiedToken) {
	record := call.Record.Token
	record.Issuer, record.Subject = token.ClaimedIssuer(), token.ClaimedSubject()
	record.Audience, record.KeyID = token.ClaimedAudiences(), token.KeyID()
}
