package iam

import (
	"fmt"
	"slices"
	"time"

	"github.com/irsatz/irsatz/iam/arn"
	"github.com/irsatz/irsatz/iam/policy"
)

// Session is an assumed role: what its session token carries.
type Session struct {
	AccessKeyID string    `json:"k"`
	Secret      string    `json:"s"`
	AccountID   string    `json:"a"`
	RoleName    string    `json:"r"`
	RoleID      string    `json:"i"` // a role created again under the same name is another role
	Name        string    `json:"n"` // RoleSessionName
	Issued      time.Time `json:"t"`
	Expires     time.Time `json:"e"`

	ProviderARN    string   `json:"p,omitempty"` // of the OIDC provider; "" if none was used
	Issuer         string   `json:"u,omitempty"` // issuer without https://, the prefix of its condition keys
	Subject        string   `json:"j,omitempty"`
	Audience       string   `json:"d,omitempty"`
	AMR            []string `json:"m,omitempty"`
	SourceIdentity string   `json:"o,omitempty"`

	Tags          []Tag    `json:"g,omitempty"`
	TransitiveIDs []string `json:"v,omitempty"` // keys of the transitive tags

	PolicyPassed bool     `json:"q,omitempty"` // session policies limit the session
	Policy       string   `json:"y,omitempty"` // inline session policy
	PolicyARNs   []string `json:"z,omitempty"` // managed session policies: live references, as on AWS

	// MinTokenSize pads the session token to so many bytes.
	MinTokenSize int `json:"-"`

	// What every request of the session needs, worked out once.
	arn, id                string
	issued                 string // aws:TokenIssueTime
	subKey, audKey, amrKey string // condition keys of the issuer
	inline                 *policy.Document
}

// ARN returns the session's ARN, in which the role's path does not appear.
func (s *Session) ARN() string { return s.arn }

// ID returns the assumed role id, AROA…:name.
func (s *Session) ID() string { return s.id }

// compile prepares what follows from the session's fields.
func (s *Session) compile() error {
	s.arn = arn.ARN{Partition: "aws", Service: "sts", AccountID: s.AccountID, Resource: "assumed-role/" + s.RoleName + "/" + s.Name}.String()
	s.id, s.issued = s.RoleID+":"+s.Name, s.Issued.UTC().Format(time.RFC3339)
	s.subKey, s.audKey, s.amrKey = s.Issuer+":sub", s.Issuer+":aud", s.Issuer+":amr"
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
	now := s.now().UTC().Truncate(time.Second)
	session.AccountID, session.RoleName, session.RoleID = role.AccountID, role.Name, role.ID
	session.AccessKeyID, session.Secret = s.random.accessKeyID("ASIA", role.AccountID), s.random.secret()
	session.Issued, session.Expires = now, now.Add(duration)
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
