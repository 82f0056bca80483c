package iam

import (
	"fmt"
	"slices"
	"time"

	"github.com/irsatz/irsatz/iam/arn"
	"github.com/irsatz/irsatz/iam/policy"
)

// SessionKind says what a session stands for.
type SessionKind uint8

// The kinds of session.
const (
	RoleSession      SessionKind = iota // an assumed role
	UserSession                         // a user, or root, itself: GetSessionToken
	FederatedSession                    // somebody in the name of a user, or of root: GetFederationToken
)

// Session is what a session token carries: an assumed role, unless Kind says
// otherwise.
type Session struct {
	// World is that of the store that opened the session; see Config.
	World       string
	Kind        SessionKind
	AccessKeyID string
	Secret      string
	AccountID   string
	RoleName    string
	RoleID      string // a role created again under the same name is another role
	Name        string // RoleSessionName, or that of the federated user
	Issued      time.Time
	Expires     time.Time

	// The user behind a session of the other kinds; both are empty for root.
	UserName string
	UserID   string

	ProviderARN    string // of the OIDC provider; "" if none was used
	Issuer         string // issuer without https://, the prefix of its condition keys
	Subject        string
	Audience       string
	AMR            []string
	SourceIdentity string

	Tags          []Tag
	TransitiveIDs []string // keys of the transitive tags

	PolicyPassed bool     // session policies limit the session
	Policy       string   // inline session policy
	PolicyARNs   []string // managed session policies: live references, as on AWS

	// MinTokenSize pads the session token to so many bytes.
	MinTokenSize int

	// What every request of the session needs, worked out once.
	arn, id                string
	issued                 string // aws:TokenIssueTime
	subKey, audKey, amrKey string // condition keys of the issuer
	inline                 *policy.Document
}

// ARN returns the session's ARN, in which the role's path does not appear. The
// session of a user has none of its own.
func (s *Session) ARN() string { return s.arn }

// ID returns the assumed role id, AROA…:name, or that of the federated user,
// the account id, a colon and the name.
func (s *Session) ID() string { return s.id }

// compile prepares what follows from the session's fields.
func (s *Session) compile() error {
	s.issued = s.Issued.UTC().Format(time.RFC3339)
	switch s.Kind {
	case RoleSession:
		s.arn, s.id = s.resource("assumed-role/"+s.RoleName+"/"+s.Name), s.RoleID+":"+s.Name
	case FederatedSession:
		s.arn, s.id = s.resource("federated-user/"+s.Name), s.AccountID+":"+s.Name
	case UserSession:
	default:
		return fmt.Errorf("session of kind %d: %w", s.Kind, ErrInvalidInput)
	}
	s.subKey, s.audKey = s.Issuer+":sub", s.Issuer+":aud"
	if len(s.AMR) > 0 {
		s.amrKey = s.Issuer + ":amr"
	}
	if s.Policy == "" {
		return nil
	}
	document, err := policy.Parse(policy.Session, []byte(s.Policy))
	if err != nil {
		return fmt.Errorf("session policy: %w", err)
	}
	s.inline = document
	return nil
}

// resource is an ARN of STS in the session's account.
func (s *Session) resource(name string) string {
	return arn.ARN{Partition: "aws", Service: "sts", AccountID: s.AccountID, Resource: name}.String()
}

// policies returns the session policies in force now.
func (s *Session) policies(snapshot *Snapshot) []policy.Policy {
	if !s.PolicyPassed {
		return nil
	}
	all := make([]policy.Policy, 0, 1+len(s.PolicyARNs))
	if s.inline != nil {
		all = append(all, policy.Policy{Name: "session policy", Document: s.inline})
	}
	for _, policyARN := range s.PolicyARNs {
		// A managed session policy that was deleted grants nothing.
		if p, err := snapshot.ManagedPolicy(policyARN); err == nil {
			all = append(all, policy.Policy{Name: p.Name, ARN: p.ARN, Document: p.Document})
		}
	}
	return all
}

// Credentials are what STS hands out.
type Credentials struct {
	AccessKeyID  string
	Secret       string
	SessionToken string
	Expires      time.Time
}

// Issue opens a session of the role: it fills in the session's role, keys and
// times, and returns its credentials. The caller has made sure that the role
// may be assumed; Name and everything below Expires are the caller's to set.
// Expires is the store's time plus duration, in whole seconds. The session that
// is returned must not be changed.
func (s *Store) Issue(role *Role, session Session, duration time.Duration) (Credentials, *Session, error) {
	session.Kind = RoleSession
	session.AccountID, session.RoleName, session.RoleID = role.AccountID, role.Name, role.ID
	return s.issue(session, duration)
}

// IssueFor opens a session of the calling user or root, as Issue does for a
// role. Its kind, UserSession or FederatedSession, is the caller's to set.
func (s *Store) IssueFor(caller *Caller, session Session, duration time.Duration) (Credentials, *Session, error) {
	if session.Kind == RoleSession || caller.Session != nil || caller.User == nil && caller.Kind != policy.Root {
		return Credentials{}, nil, fmt.Errorf("session for %s: %w", caller.Kind, ErrInvalidInput)
	}
	session.AccountID = caller.AccountID
	if caller.User != nil {
		session.UserName, session.UserID = caller.User.Name, caller.User.ID
	}
	return s.issue(session, duration)
}

// issue fills in what all sessions have, and seals.
func (s *Store) issue(session Session, duration time.Duration) (Credentials, *Session, error) {
	now := s.now().UTC().Truncate(time.Second)
	session.AccessKeyID, session.Secret = s.random.accessKeyID("ASIA", session.AccountID), s.random.secret()
	session.World, session.Issued, session.Expires = s.world, now, now.Add(duration)
	session.Tags, session.AMR, session.PolicyARNs = slices.Clone(session.Tags), slices.Clone(session.AMR), slices.Clone(session.PolicyARNs)
	session.PolicyPassed = session.Policy != "" || len(session.PolicyARNs) > 0
	if err := session.compile(); err != nil {
		return Credentials{}, nil, err
	}
	token, err := s.seal.token(&session)
	if err != nil {
		return Credentials{}, nil, err
	}
	// The first request of the session is about to come.
	s.seal.remember(token, &session)
	return Credentials{
		AccessKeyID: session.AccessKeyID, Secret: session.Secret,
		SessionToken: token, Expires: session.Expires,
	}, &session, nil
}
