package iam

import (
	"strings"

	"github.com/irsatz/irsatz/iam/arn"
	"github.com/irsatz/irsatz/iam/policy"
)

// HasPrincipal reports whether an AWS principal that a policy of the account names
// is there, as far as its account is: the account itself is, if it is the one
// that the request is for. Of what has no ARN it knows nothing, and says yes.
func (s *Snapshot) HasPrincipal(accountID, principal string) bool {
	a, err := arn.Parse(principal)
	if err != nil || a.AccountID != accountID && !s.HasAccount(a.AccountID) {
		return true
	}
	head, _, _ := strings.Cut(a.Resource, "/")
	switch a.Service + ":" + head {
	case "iam:user", "iam:role", "sts:assumed-role":
		_, ok := s.uniqueID(principal)
		return ok
	}
	return true
}

// Pins are the unique ids of the users and roles that a policy names, by the name
// that it has for each. AWS puts them in the place of ARNs when the policy is
// written, and shows the ARN of who has the id.
// See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html.
type Pins map[string]string

// Pin looks up the users and roles that the document names, as they are now.
// Nobody else has a unique id; nor has who is not here.
func (s *Snapshot) Pin(document *policy.Document) Pins {
	pins := Pins{}
	for _, p := range document.Principals() {
		if id, ok := s.uniqueID(p.Value); ok && p.Type == "AWS" {
			pins[p.Value] = id
		}
	}
	return pins
}

// uniqueID returns the id that a policy has for the principal.
func (s *Snapshot) uniqueID(principal string) (string, bool) {
	a, err := arn.Parse(principal)
	if err != nil {
		return "", false
	}
	head, name, _ := strings.Cut(a.Resource, "/")
	switch a.Service + ":" + head {
	case "iam:user":
		if u, ok := s.User(a.AccountID, name[strings.LastIndexByte(name, '/')+1:]); ok && u.ARN == principal {
			return u.ID, true
		}
	case "iam:role":
		if r, ok := s.RoleByARN(principal); ok {
			return r.ID, true
		}
	case "sts:assumed-role":
		role, session, _ := strings.Cut(name, "/")
		if r, ok := s.Role(a.AccountID, role); ok && r.Name == role {
			return r.ID + ":" + session, true
		}
	}
	return "", false
}

// Renamed returns other names for those of the pinned that do not have their own
// any more: for a user its new one, for what was deleted its id, whoever has its
// name now. What was replaced has the names of what is in its place. It is nil if
// there are none.
func (s *Snapshot) Renamed(pins Pins) map[string]string {
	var names map[string]string
	for name, id := range pins {
		now := s.nameOf(name, id)
		if now == name {
			continue
		}
		if names == nil {
			names = map[string]string{}
		}
		names[name] = now
	}
	return names
}

// nameOf is what policies call the principal that was pinned under a name.
func (s *Snapshot) nameOf(name, id string) string {
	a, _ := arn.Parse(name) // as it was when it was pinned
	if s.hasName(a, name, id) {
		return name
	}
	if u, ok := s.userByID(a.AccountID, id); ok {
		return u.ARN
	}
	for _, u := range s.account(a.AccountID).users {
		if u.standsFor(id) {
			return u.ARN
		}
	}
	return id
}

// hasName reports whether the user, or the role, that has the name of the ARN
// stands for the id. A role is under another path only if it was replaced: the
// policy goes on to name the one where there is none now.
func (s *Snapshot) hasName(a arn.ARN, name, id string) bool {
	head, rest, _ := strings.Cut(a.Resource, "/")
	last := rest[strings.LastIndexByte(rest, '/')+1:]
	switch head {
	case "user":
		u, ok := s.User(a.AccountID, last)
		return ok && u.ARN == name && u.standsFor(id)
	case "role":
		r, ok := s.Role(a.AccountID, last)
		return ok && r.standsFor(id)
	}
	role, _, _ := strings.Cut(rest, "/") // of the session
	roleID, _, _ := strings.Cut(id, ":")
	r, ok := s.Role(a.AccountID, role)
	return ok && r.standsFor(roleID)
}
