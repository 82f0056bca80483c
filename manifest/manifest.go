// Package manifest is what may be loaded with -f: documents in, one State out;
// nothing half-loaded. And a State out as documents again.
//
// It reads the native form (apiVersion irsatz/v1), Kubernetes manifests, eksctl's
// ClusterConfig and the output of aws iam get-account-authorization-details,
// checks what can be checked without knowing the rest of the world (shapes,
// names, duplicates), and leaves policy documents as JSON bytes with the place
// they came from: whether they are good policies is the business of iam/policy.
package manifest

import "strconv"

// Pos is the place something was written at.
type Pos struct {
	File  string // path as given, or "-" for standard input
	Line  int    // from 1; 0 when it is the whole file that is meant
	Field string // for example roles[0].policies[1].policyDocument; may be empty
}

// String returns file:line: field, without the parts that are empty.
func (p Pos) String() string {
	s := p.Place()
	if p.Field != "" {
		s += ": " + p.Field
	}
	return s
}

// Place returns file:line.
func (p Pos) Place() string {
	if p.Line == 0 {
		return p.File
	}
	return p.File + ":" + strconv.Itoa(p.Line)
}

// State is everything that was loaded, in the order it was written.
//
// The account and the region of a document apply to the contents of that
// document. Contents of documents that name none get those of State; they stay
// empty when no document names one, and then mean the default of the program.
type State struct {
	Account            string // account ID of the first document that names one
	Region             string // region of the first document that names one
	Aliases            []Alias
	Clusters           []Cluster
	Issuers            []Issuer
	Namespaces         []Namespace
	ServiceAccounts    []ServiceAccount
	Workloads          []Workload
	IAMServiceAccounts []IAMServiceAccount
	OIDCProviders      []OIDCProvider
	Policies           []Policy
	AWSPolicies        []Policy // AWS managed policies as an account has them, for those that irsatz does not have
	Roles              []Role
	Groups             []Group
	Users              []User
	InstanceProfiles   []InstanceProfile
	Buckets            []Bucket
	Notes              []Note // what was skipped or looks wrong without being refused
}

// Note is something the user should hear about.
type Note struct {
	Pos
	Text string
}

// String returns the note as file:line: field: text.
func (n Note) String() string { return n.Pos.String() + ": " + n.Text }

// Cluster is an issuer of service account tokens. Its service accounts are in
// State.ServiceAccounts under its name.
type Cluster struct {
	Pos
	AccountID  string // that it runs in; empty: the default account
	Region     string
	Name       string
	OIDCIssuer string // https URL; empty means the default shape of EKS

	// Provider asks for the OIDC provider of the cluster in its account, as
	// eksctl registers it. Nil: none is made.
	Provider *ClusterProvider
}

// ClusterProvider is where a cluster's OIDC provider is asked for.
type ClusterProvider struct{ Pos }

// Issuer is an issuer of tokens that is no cluster: that of a CI service, or any
// other.
type Issuer struct {
	Pos
	Name   string // the preset's when not given
	Preset string // which kind of issuer it is
	URL    string // empty: the preset's
	Claims []byte // a JSON object, laid over the preset's claims; nil: none
}

// Namespace is a Kubernetes namespace.
type Namespace struct {
	Pos
	Cluster string // empty: the default cluster
	Name    string
}

// ServiceAccount is a Kubernetes service account.
type ServiceAccount struct {
	Pos
	Cluster     string // empty: the default cluster
	Namespace   string
	Name        string
	Annotations map[string]string // roleArn of the native form is eks.amazonaws.com/role-arn
}

// IAMServiceAccount is a service account with its role, as eksctl makes them.
type IAMServiceAccount struct {
	Pos
	Cluster             string
	Namespace           string
	Name                string
	Annotations         map[string]string
	PolicyARNs          []string
	WellKnownPolicies   []string // names, as eksctl has them
	Policy              *Document
	AttachRoleARN       string // of a role that is there; none is made then
	PermissionsBoundary string // ARN of a managed policy; empty: none
	RoleName            string // empty: as CloudFormation makes one
	RoleARN             string // of the role that was made of it once; may be empty
	RoleOnly            bool   // no service account is made
	SubjectPattern      string // in place of Name in the trust policy
	Tags                []Tag
}

// Workload is a Kubernetes object that runs pods.
type Workload struct {
	Pos
	Cluster        string // empty: the default cluster
	Kind           string
	Namespace      string
	Name           string // or the beginning of names, if it has none
	ServiceAccount string // name, in the same namespace
}

// Bucket is an S3 bucket with its objects.
type Bucket struct {
	Pos
	AccountID  string
	Region     string
	Name       string
	Versioning bool
	Public     bool      // Block Public Access is off
	Policy     *Document // nil: none
	Tags       []Tag
	Objects    []Object
}

// Tag is a key with its value.
type Tag struct{ Key, Value string }
