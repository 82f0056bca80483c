package iam

import (
	"strings"

	"github.com/irsatz/irsatz/iam/arn"
)

// HasPrincipal reports whether an AWS principal that a policy of the account names
// is there, as far as its account is: the account itself is, if it is the one
// that the request is for. Of what has no ARN it knows nothing, and says yes.
func (s *Snapshot) HasPrincipal(accountID, principal string) bool {
	a, err := arn.Parse(principal)
	if err != nil || a.AccountID != accountID && !s.HasAccount(a.AccountID) {
		return true
	}
	head, name, _ := strings.Cut(a.Resource, "/")
	switch a.Service + ":" + head {
	case "iam:user", "iam:role":
		return s.PrincipalID(principal) != ""
	case "sts:assumed-role":
		role, _, _ := strings.Cut(name, "/")
		r, ok := s.Role(a.AccountID, role)
		return ok && r.Name == role
	}
	return true
}

// PrincipalID returns the unique id of the user or role with exactly this ARN, ""
// if there is none.
func (s *Snapshot) PrincipalID(principal string) string {
	if r, ok := s.RoleByARN(principal); ok {
		return r.ID
	}
	a, err := arn.Parse(principal)
	if err != nil {
		return ""
	}
	u, ok := s.User(a.AccountID, a.Resource[strings.LastIndexByte(a.Resource, '/')+1:])
	if !ok || u.ARN != principal {
		return ""
	}
	return u.ID
}

// PrincipalNow returns how a policy names a user or role today that had this ARN
// and this unique id when the policy was written: by the ARN it has, or if it was
// deleted by its id. Whoever was made again under its name is somebody else.
//
// See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html.
func (s *Snapshot) PrincipalNow(principal, id string) string {
	if s.PrincipalID(principal) == id {
		return principal
	}
	if a, err := arn.Parse(principal); err == nil {
		if u, ok := s.userByID(a.AccountID, id); ok {
			return u.ARN
		}
	}
	return id
}
