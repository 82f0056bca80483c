package policy

import (
	"strings"

	"github.com/irsatz/irsatz/iam/arn"
)

// naming is how a statement names a caller, the strongest way last. The policy
// of a resource grants by itself to the session or to everyone; to a role only
// within its boundary and session policies; to an account it only delegates.
// See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html.
type naming uint8

const (
	notNamed naming = iota
	byAccount
	byRole
	byEveryone
	bySelf
)

// principalSet is Principal or NotPrincipal.
type principalSet struct {
	not      bool
	everyone bool
	accounts []string // account IDs
	names    []string // ARNs
	provider []string // Federated
	services []string
	written  []string
}

func newPrincipalSet(raw *rawPrincipal) *principalSet {
	p := &principalSet{not: raw.not, everyone: raw.everyone}
	if raw.everyone {
		p.written = []string{"*"}
	}
	for _, e := range raw.entries {
		p.written = append(p.written, e.kind+":"+e.value)
		switch e.kind {
		case "AWS":
			p.addAWS(e.value)
		case "Federated":
			p.provider = append(p.provider, e.value)
		case "Service":
			p.services = append(p.services, e.value)
		}
		// A canonical user is an account under a name we do not know: it
		// matches nobody.
	}
	return p
}

func (p *principalSet) addAWS(value string) {
	a, err := arn.Parse(value)
	switch {
	case value == "*":
		p.everyone = true
	case err != nil:
		p.accounts = append(p.accounts, value)
	case a.Service == "iam" && a.Resource == "root":
		p.accounts = append(p.accounts, a.AccountID)
	default:
		p.names = append(p.names, value)
	}
}

// name reports how the set names the caller. bounded says that the caller has a
// permissions boundary.
func (p *principalSet) name(caller *Principal, deny, bounded bool) naming {
	if !p.not {
		return p.strongest(caller)
	}
	spared := p.strongest(caller) != notNamed
	if deny {
		// A denial spares only a caller that is listed in all its forms, and
		// one with a boundary never.
		spared = p.listsAll(caller) && !bounded
	}
	if spared {
		return notNamed
	}
	return byEveryone
}

// strongest finds the strongest way in which the caller is listed.
func (p *principalSet) strongest(caller *Principal) naming {
	switch caller.Kind {
	case WebIdentity:
		// "AWS": "*" does not reach a caller that brings a token.
		return when(has(p.provider, caller.Provider), bySelf)
	case Service:
		return max(when(has(p.services, caller.Service), bySelf), when(p.everyone, byEveryone))
	case Root, User, RoleSession, FederatedUser:
		return max(
			when(has(p.names, caller.ARN), bySelf),
			when(p.everyone, byEveryone),
			when(has(p.names, caller.RoleARN), byRole),
			when(has(p.accounts, caller.AccountID), byAccount))
	case Anonymous:
	}
	return when(p.everyone, byEveryone)
}

// listsAll reports whether every form of the caller is listed: itself, the role
// or user behind its session, and its account.
func (p *principalSet) listsAll(caller *Principal) bool {
	if p.everyone {
		return true
	}
	switch caller.Kind {
	case Root:
		return has(p.accounts, caller.AccountID)
	case User:
		return has(p.names, caller.ARN) && has(p.accounts, caller.AccountID)
	case RoleSession, FederatedUser:
		return has(p.names, caller.ARN) && has(p.names, caller.RoleARN) && has(p.accounts, caller.AccountID)
	case Service, WebIdentity:
		return p.strongest(caller) != notNamed
	}
	return false
}

// has reports whether list has s; the empty string is in no list.
func has(list []string, s string) bool {
	if s == "" {
		return false
	}
	for _, l := range list {
		if l == s {
			return true
		}
	}
	return false
}

// when is n if it holds.
func when(holds bool, n naming) naming {
	if holds {
		return n
	}
	return notNamed
}

// PrincipalRef is one principal that a document names.
type PrincipalRef struct {
	Type  string `json:"type"` // AWS, Federated, Service, CanonicalUser
	Value string `json:"value"`
}

// Principals returns the principals that the document names, in its order, so
// that their existence can be checked. The bare "*" is AWS and "*".
func (d *Document) Principals() []PrincipalRef {
	var all []PrincipalRef
	for i := range d.statements {
		p := d.statements[i].principal
		if p == nil {
			continue
		}
		for _, w := range p.written {
			kind, value, found := strings.Cut(w, ":")
			if !found {
				kind, value = "AWS", w
			}
			all = append(all, PrincipalRef{kind, value})
		}
	}
	return all
}
