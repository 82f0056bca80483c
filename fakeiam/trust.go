package fakeiam

import (
	"strings"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/arn"
	"github.com/irsatz/irsatz/iam/policy"
)

// trustPolicy reads the trust policy of a role.
func (s *Server) trustPolicy(text string) (*policy.Document, error) {
	trust, err := document(policy.Trust, text)
	if err != nil {
		return nil, err
	}
	if !s.config.OpenSharedIssuers {
		if err := policy.CheckSharedIssuers(trust); err != nil {
			return nil, malformedDocument(err)
		}
	}
	if trust.ExceedsQuota() {
		return nil, limitExceeded("ACLSizePerRole: 2048")
	}
	return trust, nil
}

// checkTrusted refuses a trust policy that names users and roles which are not
// there. Of OIDC providers IAM does not ask that they are: roles are often made
// before them.
// See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html.
//
// DIVERGES: principals of accounts that irsatz knows nothing of are not checked, nor is it whether such an account or a service exists.
func (s *Server) checkTrusted(snapshot *iam.Snapshot, accountID string, trust *policy.Document) error {
	if s.config.UnknownPrincipals {
		return nil
	}
	for _, p := range trust.Principals() {
		if p.Type == "AWS" && !exists(snapshot, accountID, p.Value) {
			return malformedDocument(&policy.MalformedError{Message: `Invalid principal in policy: "AWS":"` + p.Value + `"`})
		}
	}
	return nil
}

// exists reports whether an AWS principal is there, as far as its account is: the
// account itself is the one that the request is for.
func exists(snapshot *iam.Snapshot, accountID, principal string) bool {
	a, err := arn.Parse(principal)
	if err != nil || a.AccountID != accountID && !snapshot.HasAccount(a.AccountID) {
		return true
	}
	head, name, _ := strings.Cut(a.Resource, "/")
	switch a.Service + ":" + head {
	case "iam:user":
		u, ok := snapshot.User(a.AccountID, name[strings.LastIndexByte(name, '/')+1:])
		return ok && u.ARN == principal
	case "iam:role":
		_, ok := snapshot.RoleByARN(principal)
		return ok
	case "sts:assumed-role":
		role, _, _ := strings.Cut(name, "/")
		r, ok := snapshot.Role(a.AccountID, role)
		return ok && r.Name == role
	}
	return true
}
