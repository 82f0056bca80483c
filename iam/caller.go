package iam

import (
	"errors"
	"fmt"
	"strings"

	"github.com/irsatz/irsatz/iam/arn"
	"github.com/irsatz/irsatz/iam/policy"
)

// Why credentials are refused. The services word these differently, and in
// the same order: token, pair, expiry, role; the signature comes after them.
var (
	ErrMalformedToken   = errMalformedToken
	ErrUnknownAccessKey = errors.New("no such access key id")
	ErrInactiveKey      = errors.New("the access key is inactive")
	ErrTokenMismatch    = errors.New("the session token belongs to another access key")
	ErrTokenMissing     = errors.New("temporary access key without a session token")
	ErrTokenUnexpected  = errors.New("long-term access key with a session token")
	ErrSessionExpired   = errors.New("the session has expired")
	ErrRoleGone         = errors.New("the session's role was deleted")
	ErrUserGone         = errors.New("the session's user was deleted")
)

var errOtherWorld = fmt.Errorf("the session is from before a reset: %w", ErrRoleGone)

// Caller is the principal of one request.
type Caller struct {
	Kind        policy.PrincipalKind
	AccountID   string // "" if anonymous
	ARN         string // as GetCallerIdentity shows it; "" if anonymous
	UserID      string // as GetCallerIdentity shows it
	AccessKeyID string

	Role    *Role    // of a role session
	Session *Session // nil for long-term credentials
	User    *User    // of an IAM user, its session or a federated user; nil for root's
}

// Anonymous returns the caller of an unsigned request.
func Anonymous() *Caller { return &Caller{Kind: policy.Anonymous} }

// Authenticate says who presents this access key id and session token ("" if
// none was sent), and with which secret the request must be signed. Nothing
// is proved until the signature is checked with it. The error is one of the
// sentinels above.
func (s *Store) Authenticate(accessKeyID, sessionToken string) (*Caller, string, error) {
	snapshot := s.Snapshot()
	if r, ok := s.root[accessKeyID]; ok {
		if sessionToken != "" {
			return nil, "", ErrTokenUnexpected
		}
		return rootCaller(r.AccountID, accessKeyID), r.Secret, nil
	}
	if u, ok := snapshot.keys[accessKeyID]; ok {
		return s.authenticateUser(u, accessKeyID, sessionToken)
	}
	if sessionToken == "" {
		if strings.HasPrefix(accessKeyID, "ASIA") {
			return nil, "", ErrTokenMissing
		}
		return nil, "", ErrUnknownAccessKey
	}
	return s.authenticateSession(snapshot, accessKeyID, sessionToken)
}

func rootCaller(accountID, accessKeyID string) *Caller {
	return &Caller{
		Kind: policy.Root, AccountID: accountID, AccessKeyID: accessKeyID, UserID: accountID,
		ARN: arn.ARN{Partition: "aws", Service: "iam", AccountID: accountID, Resource: "root"}.String(),
	}
}

func (s *Store) authenticateUser(u *User, accessKeyID, sessionToken string) (*Caller, string, error) {
	if sessionToken != "" {
		return nil, "", ErrTokenUnexpected
	}
	for _, k := range u.AccessKeys {
		switch {
		case k.ID != accessKeyID:
		case k.Inactive:
			return nil, "", ErrInactiveKey
		default:
			return userCaller(u, accessKeyID), k.Secret, nil
		}
	}
	return nil, "", ErrUnknownAccessKey
}

func userCaller(u *User, accessKeyID string) *Caller {
	return &Caller{
		Kind: policy.User, AccountID: u.AccountID, ARN: u.ARN, UserID: u.ID,
		AccessKeyID: accessKeyID, User: u,
	}
}

func (s *Store) authenticateSession(snapshot *Snapshot, accessKeyID, sessionToken string) (*Caller, string, error) {
	session, err := s.seal.open(sessionToken)
	if err != nil {
		return nil, "", err
	}
	if session.AccessKeyID != accessKeyID {
		return nil, "", ErrTokenMismatch
	}
	// Expired beats deleted: an expired session of a deleted role still says
	// expired.
	if !s.now().Before(session.Expires) {
		return nil, "", ErrSessionExpired
	}
	// Ids do not tell worlds apart: files may give them, and root has none.
	if session.World != s.world {
		return nil, "", errOtherWorld
	}
	if session.Kind != RoleSession {
		caller, err := sessionOfUser(snapshot, session)
		return caller, session.Secret, err
	}
	role, ok := snapshot.Role(session.AccountID, session.RoleName)
	if !ok || role.ID != session.RoleID {
		return nil, "", ErrRoleGone
	}
	return &Caller{
		Kind: policy.RoleSession, AccountID: session.AccountID, ARN: session.ARN(), UserID: session.ID(),
		AccessKeyID: accessKeyID, Role: role, Session: session,
	}, session.Secret, nil
}

// sessionOfUser is the caller of a session that a user or root made.
func sessionOfUser(snapshot *Snapshot, session *Session) (*Caller, error) {
	caller := rootCaller(session.AccountID, session.AccessKeyID)
	if session.UserID != "" {
		u, ok := snapshot.User(session.AccountID, session.UserName)
		if !ok || u.ID != session.UserID {
			// A user that was given another name is still the same.
			if u, ok = snapshot.userByID(session.AccountID, session.UserID); !ok {
				return nil, ErrUserGone
			}
		}
		caller = userCaller(u, session.AccessKeyID)
	}
	caller.Session = session
	if session.Kind == FederatedSession {
		caller.Kind, caller.ARN, caller.UserID = policy.FederatedUser, session.ARN(), session.ID()
	}
	return caller, nil
}

// Principal returns the caller as policies see it.
func (c *Caller) Principal() policy.Principal {
	p := policy.Principal{Kind: c.Kind, AccountID: c.AccountID, ARN: c.ARN}
	switch {
	case c.Role != nil:
		p.RoleARN = c.Role.ARN
	case c.Kind == policy.FederatedUser && c.User != nil:
		p.RoleARN = c.User.ARN
	}
	return p
}

// FillContext sets the condition keys that follow from the caller
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html).
func (c *Caller) FillContext(ctx *policy.Context) {
	ctx.Set("aws:ViaAWSService", "false")
	switch c.Kind {
	case policy.Anonymous:
		ctx.Set("aws:PrincipalType", "Anonymous")
		ctx.Set("aws:userid", "anonymous")
		ctx.Set("aws:PrincipalAccount", "anonymous")
		return
	case policy.RoleSession:
		c.fillSession(ctx)
	case policy.User:
		ctx.Set("aws:PrincipalType", "User")
		ctx.Set("aws:PrincipalArn", c.ARN)
		ctx.Set("aws:username", c.User.Name)
		fillTags(ctx, c.User.Tags, nil)
	case policy.FederatedUser:
		c.fillFederated(ctx)
	default:
		ctx.Set("aws:PrincipalType", "Account")
		ctx.Set("aws:PrincipalArn", c.ARN)
	}
	ctx.Set("aws:PrincipalAccount", c.AccountID)
	ctx.Set("aws:PrincipalIsAWSService", "false")
	ctx.Set("aws:userid", c.UserID)
	if c.Session != nil {
		ctx.Set("aws:TokenIssueTime", c.Session.issued)
		// Documented as present in every request made with temporary
		// credentials.
		ctx.Set("aws:MultiFactorAuthPresent", "false")
	}
}

func (c *Caller) fillFederated(ctx *policy.Context) {
	ctx.Set("aws:PrincipalType", "FederatedUser")
	ctx.Set("aws:PrincipalArn", c.ARN)
	var own []Tag
	if c.User != nil {
		own = c.User.Tags
	}
	fillTags(ctx, own, c.Session.Tags)
}

func (c *Caller) fillSession(ctx *policy.Context) {
	s := c.Session
	ctx.Set("aws:PrincipalType", "AssumedRole")
	ctx.Set("aws:PrincipalArn", c.Role.ARN) // the role, path included; never the session
	if s.SourceIdentity != "" {
		ctx.Set("aws:SourceIdentity", s.SourceIdentity)
	}
	if s.ProviderARN != "" {
		ctx.Set("aws:FederatedProvider", s.ProviderARN)
		ctx.Set(s.subKey, s.Subject)
		ctx.Set(s.audKey, s.Audience)
		if len(s.AMR) > 0 {
			ctx.SetValues(s.amrKey, s.AMR...)
		}
	}
	fillTags(ctx, c.Role.Tags, s.Tags)
}

// fillTags sets aws:PrincipalTag; a session tag overrides a tag of the role
// whose key differs at most in case.
func fillTags(ctx *policy.Context, own, session []Tag) {
	for _, t := range own {
		overridden := false
		for _, o := range session {
			overridden = overridden || strings.EqualFold(o.Key, t.Key)
		}
		if !overridden {
			ctx.Set("aws:PrincipalTag/"+t.Key, t.Value)
		}
	}
	for _, t := range session {
		ctx.Set("aws:PrincipalTag/"+t.Key, t.Value)
	}
}
