package manifest

import "time"

// What IAM holds. An ID that is empty and a date that is zero are given when it
// is loaded.

// Alias is another name of an account.
type Alias struct {
	Pos
	AccountID string
	Name      string
}

// OIDCProvider is an OIDC provider registered in IAM.
type OIDCProvider struct {
	Pos
	AccountID      string
	URL            string // with https://
	ClientIDList   []string
	ThumbprintList []string
	Created        time.Time
	Tags           []Tag
}

// Policy is a customer managed policy.
type Policy struct {
	Pos
	AccountID      string
	Name           string
	Path           string // "/" when not given
	ID             string
	Description    string
	Document       Document        // of the only version; empty if there are Versions
	Versions       []PolicyVersion // in the order of their numbers
	DefaultVersion string          // of Versions
	Created        time.Time
	Updated        time.Time
	Tags           []Tag
}

// PolicyVersion is a version of a managed policy.
type PolicyVersion struct {
	Pos
	ID       string // v1, v2, …
	Document Document
	Created  time.Time
}

// Role is an IAM role with what is attached to it.
type Role struct {
	Pos
	AccountID           string
	Name                string
	Path                string // "/" when not given
	ID                  string
	Description         string
	TrustPolicy         Document
	MaxSessionDuration  int // seconds; 3600 when not given
	ManagedPolicyARNs   []string
	InlinePolicies      []InlinePolicy
	PermissionsBoundary string // ARN of a managed policy; empty: none
	Created             time.Time
	Tags                []Tag
}

// Group is a group of users.
type Group struct {
	Pos
	AccountID         string
	Name              string
	Path              string // "/" when not given
	ID                string
	ManagedPolicyARNs []string
	InlinePolicies    []InlinePolicy
	Created           time.Time
}

// User is an IAM user with what is attached to it.
type User struct {
	Pos
	AccountID           string
	Name                string
	Path                string // "/" when not given
	ID                  string
	Groups              []string // names
	AccessKeys          []AccessKey
	ManagedPolicyARNs   []string
	InlinePolicies      []InlinePolicy
	PermissionsBoundary string // ARN of a managed policy; empty: none
	Created             time.Time
	Tags                []Tag
}

// AccessKey is a fixed access key of a user.
type AccessKey struct {
	Pos
	ID       string
	Secret   string
	Inactive bool
	Created  time.Time
}

// InstanceProfile gives a role to EC2 instances.
type InstanceProfile struct {
	Pos
	AccountID string
	Name      string
	Path      string // "/" when not given
	ID        string
	Role      string // its name; empty: none
	Created   time.Time
	Tags      []Tag
}

// InlinePolicy is a policy embedded in a role, a group or a user.
type InlinePolicy struct {
	Pos
	Name     string
	Document Document
}

// Document is a policy document: well-formed JSON without duplicate keys, and
// nothing more is known about it.
type Document struct {
	Pos
	Source string // path of the file that a file:// reference named; else empty
	JSON   []byte // as written for JSON, compact in written order for YAML
	// Stored says that AWS has the document already: of an entity with its
	// unique ID. It may be older than what AWS demands on writing.
	Stored bool
}
