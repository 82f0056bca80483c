package fakeiam

import (
	"github.com/irsatz/irsatz/iam"
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
		if p.Type == "AWS" && !snapshot.HasPrincipal(accountID, p.Value) {
			return malformedDocument(&policy.MalformedError{Message: `Invalid principal in policy: "AWS":"` + p.Value + `"`})
		}
	}
	return nil
}
