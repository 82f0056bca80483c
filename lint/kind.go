package lint

import (
	"fmt"
	"strings"
)

// Kind is the kind of a policy document.
type Kind string

// The kinds of document.
const (
	Auto            Kind = "auto" // told from what the document says
	Identity        Kind = "identity"
	Trust           Kind = "trust"
	Bucket          Kind = "bucket"
	Session         Kind = "session"
	Boundary        Kind = "boundary"
	ServiceControl  Kind = "scp"
	ResourceControl Kind = "rcp"
)

// Kinds are all kinds, as ParseKind takes them.
func Kinds() []Kind {
	return []Kind{Auto, Identity, Trust, Bucket, Session, Boundary, ServiceControl, ResourceControl}
}

// ParseKind reads a kind.
func ParseKind(s string) (Kind, error) {
	words := make([]string, 0, len(Kinds()))
	for _, k := range Kinds() {
		if s == string(k) {
			return k, nil
		}
		words = append(words, string(k))
	}
	return "", fmt.Errorf("unknown kind of policy %q: want one of %s", s, strings.Join(words, ", "))
}

// quotas are how many characters a document may have, blanks not counted. See
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html and
// https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html.
var quotas = map[Kind]quota{
	Identity:        {6144, "a managed policy"},
	Boundary:        {6144, "a permissions boundary"},
	Trust:           {2048, "a trust policy, unless the account's quota was raised"},
	Session:         {2048, "a session policy"},
	Bucket:          {20480, "a bucket policy"},
	ServiceControl:  {5120, "a service control policy"},
	ResourceControl: {5120, "a resource control policy"},
}

// Quotas of policies that are embedded in a role, a group or a user, which share
// them.
var (
	roleQuota  = quota{10240, "the inline policies of a role"}
	groupQuota = quota{5120, "the inline policies of a group"}
	userQuota  = quota{2048, "the inline policies of a user"}
)

// quota is a limit, and what it is the limit of.
type quota struct {
	limit int
	of    string
}

// kindOf tells the kind of a document from what its statements say.
func (d *document) kindOf() Kind {
	principals, resources, sts := false, false, false
	for i := range d.statements {
		s := &d.statements[i]
		principals = principals || s.principal != nil
		resources = resources || s.resources.given
		for _, a := range s.actions.values {
			sts = sts || strings.HasPrefix(strings.ToLower(a.value), "sts:")
		}
	}
	switch {
	case sts && (principals || !resources), principals && !resources:
		return Trust
	case principals:
		return Bucket
	}
	return Identity
}
