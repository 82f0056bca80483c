package policy

import "unicode/utf8"

// AWS's quotas for documents, in characters. The text of a session policy and of
// a bucket policy counts as it is, that of the others without white space.
// See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html.
const (
	QuotaTrust       = 2048  // may be raised to 8,192
	QuotaManaged     = 6144  // a boundary is a managed policy too
	QuotaRoleInline  = 10240 // all inline policies of a role together
	QuotaUserInline  = 2048
	QuotaGroupInline = 5120
	QuotaSession     = 2048
	QuotaBucket      = 20480
)

// AWS's quotas in numbers.
const (
	QuotaAttached        = 10 // managed policies of a role, user or group; may be raised
	QuotaVersions        = 5  // of a managed policy
	QuotaSessionPolicies = 10 // PolicyArns of one session
	QuotaSessionTags     = 50
)

// ExceedsQuota reports whether the document is longer than AWS takes one of its
// kind by default. An identity policy is judged as a managed one: the inline
// policies of a role share a quota of their own. Parse refuses only a bucket
// policy that is too long; the other quotas are the affair of the service that
// stores the document, and have its errors.
func (d *Document) ExceedsQuota() bool {
	switch d.kind {
	case Trust:
		return d.Size() > QuotaTrust
	case Identity, Boundary:
		return d.Size() > QuotaManaged
	case Session:
		return utf8.RuneCount(d.source) > QuotaSession
	case Resource, ServiceControl, ResourceControl:
	}
	return false
}
