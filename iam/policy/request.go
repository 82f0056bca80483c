package policy

// PrincipalKind says what sort of caller makes a request.
type PrincipalKind uint8

// The kinds of principal. The zero value is a caller without credentials.
const (
	Anonymous PrincipalKind = iota
	Root
	User
	RoleSession
	FederatedUser
	WebIdentity
	Service
)

var principalWords = []string{
	Anonymous:     "anonymous",
	Root:          "root",
	User:          "user",
	RoleSession:   "role-session",
	FederatedUser: "federated-user",
	WebIdentity:   "web-identity",
	Service:       "service",
}

// String names the kind in lower case.
func (k PrincipalKind) String() string { return word(principalWords, uint8(k)) }

// MarshalText is String.
func (k PrincipalKind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads what String writes.
func (k *PrincipalKind) UnmarshalText(text []byte) error {
	i, err := wordIndex("principal kind", principalWords, text)
	*k = PrincipalKind(i)
	return err
}

// Principal is who makes a request.
type Principal struct {
	Kind PrincipalKind `json:"kind"`
	// AccountID is the account the principal belongs to.
	AccountID string `json:"accountId,omitempty"`
	// ARN is the one AccessDenied prints: of the session, the user, the root.
	ARN string `json:"arn,omitempty"`
	// RoleARN is the role of a session with its path, or the user that made a
	// federated user.
	RoleARN string `json:"roleArn,omitempty"`
	// Provider is the ARN of the OIDC provider that a web identity token maps to.
	Provider string `json:"provider,omitempty"`
	// Service is the name of an AWS service, such as "ec2.amazonaws.com".
	Service string `json:"service,omitempty"`
}

// Request is one question: may this principal do this action on this resource?
type Request struct {
	Principal Principal `json:"principal"`
	// Action is one action, such as "s3:GetObject".
	Action string `json:"action"`
	// Resource is an ARN, or "*" for an action without a resource.
	Resource string `json:"resource"`
	// ResourceAccount is the account that owns the resource. Empty is no
	// account: it is the account of no principal.
	ResourceAccount string   `json:"resourceAccount,omitempty"`
	Context         *Context `json:"context,omitempty"`
}

// Policy is a document as it is attached: with the name to show.
type Policy struct {
	Name     string
	ARN      string
	Document *Document
}

// Policies are all policies that bear on one request.
type Policies struct {
	// Identity are the policies of the calling user or role, inline and managed.
	Identity []Policy
	// Boundary is the permissions boundary, if one is attached.
	Boundary *Policy
	// Session are the session policies; together they allow what any of them
	// allows. SessionPassed says that the session was made with some: without
	// it an empty list does not limit.
	Session       []Policy
	SessionPassed bool
	// Resource is the policy of the resource, such as a bucket policy.
	Resource *Policy
	// Trust is the policy of the role to assume, for sts:AssumeRole….
	Trust *Policy
	// ServiceControl and ResourceControl are one list per level of the
	// organization, its root first. Nil: the account is in no organization.
	ServiceControl  [][]Policy
	ResourceControl [][]Policy
}
