package fakests

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/arn"
	"github.com/irsatz/irsatz/iam/policy"
	"github.com/irsatz/irsatz/internal/awsapi"
	"github.com/irsatz/irsatz/oidc"
	"github.com/irsatz/irsatz/trail"
)

const assumeAction = "sts:AssumeRoleWithWebIdentity"

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

// assumeRoleWithWebIdentityOutput has its members in the order of a recorded
// answer of EKS; the documentation's sample has another.
type assumeRoleWithWebIdentityOutput struct {
	Audience                    string
	AssumedRoleUser             assumedRoleUser
	Provider                    string
	Credentials                 credentials
	SubjectFromWebIdentityToken *string // may be empty
	SourceIdentity              string
	sizes
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
	if err := s.checkRegion(call, roleARN.AccountID); err != nil {
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
	duration, err := sessionDuration(call, in.DurationSeconds, role)
	if err != nil {
		return nil, err
	}
	policyARNs, err := s.sessionPolicies(in.Policy, in.PolicyArns, role.AccountID)
	if err != nil {
		return nil, err
	}
	session := iam.Session{
		Name: in.RoleSessionName, ProviderARN: identity.provider.ARN, Issuer: identity.provider.URL,
		Subject: identity.claims.Subject, Audience: identity.claims.Audience, AMR: identity.claims.AMR,
		SourceIdentity: attributes.sourceIdentity, Tags: attributes.tags, TransitiveIDs: attributes.transitive,
		Policy: valueOf(in.Policy), PolicyARNs: policyARNs, MinTokenSize: minTokenSize(in.MinimumSessionTokenSize),
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
	claims, err := s.config.Verifier.Verify(ctx, token, oidc.Provider{
		URL: token.ClaimedIssuer(), ClientIDs: provider.ClientIDs, Thumbprints: provider.Thumbprints,
	})
	if err != nil {
		return nil, s.tokenRefusal(call, err, "")
	}
	call.Record.Token.Verified, call.Record.Token.Expiry = true, claims.Expiry
	call.Record.Caller = "web identity " + claims.Subject
	call.Record.AccountID = accountID
	return &identity{claims: claims, provider: provider}, nil
}

// trusted asks the role's trust policy. A role that does not exist and one
// that does not trust look the same, so that nobody can list roles.
func (s *Server) trusted(call *awsapi.Call, in *assumeRoleWithWebIdentityInput, who *identity, attributes *attributes) (*iam.Role, error) {
	role, ok := s.visibleRole(call, in.RoleArn)
	if !ok {
		return nil, errNotAuthorized
	}
	ctx := trustContext(call, in, who, attributes, role)
	for _, action := range attributes.actions(assumeAction) {
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
	ctx.Set("sts:RoleAuthorizedByIdp", strconv.FormatBool(attributes.authorizedByIdP))
	fillRole(ctx, role)
	attributes.fill(ctx)
	return ctx
}

// issue opens the session.
func (s *Server) issue(call *awsapi.Call, role *iam.Role, session iam.Session, duration time.Duration) (*assumeRoleWithWebIdentityOutput, error) {
	issued, opened, err := s.config.Store.Issue(role, session, duration)
	if err != nil {
		return nil, issueRefusal(err)
	}
	sizes, err := s.sizes(issued, opened)
	if err != nil {
		return nil, err
	}
	out := &assumeRoleWithWebIdentityOutput{
		Audience:        opened.Audience,
		AssumedRoleUser: assumedRoleUser{AssumedRoleId: opened.ID(), Arn: opened.ARN()},
		Provider:        opened.ProviderARN, Credentials: credentialsOf(issued),
		SubjectFromWebIdentityToken: &opened.Subject, SourceIdentity: opened.SourceIdentity, sizes: sizes,
	}
	if out.PackedPolicySize == nil {
		out.PackedPolicySize = sizes.SessionTokenUtilization // today always there (observed)
	}
	call.Record.AccessKeyID = issued.AccessKeyID
	return out, nil
}

func recordClaims(call *awsapi.Call, token *oidc.UnverifiedToken) {
	record := call.Record.Token
	record.Issuer, record.Subject = token.ClaimedIssuer(), token.ClaimedSubject()
	record.Audience, record.KeyID, record.ID = token.ClaimedAudiences(), token.KeyID(), token.ClaimedID()
}
