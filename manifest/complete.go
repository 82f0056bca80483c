package manifest

import "cmp"

// A dump of an account does not tell everything that its users and roles have. A
// native document may say the rest: the access keys of a user, the description
// and the longest session of a role.

// partial remembers which entities are of dumps, and which only add to those, by
// where they are written.
type partial struct {
	dumped    map[Pos]bool
	untrusted map[Pos]bool // roles without a trust policy
}

func (p *partial) addDumped(at Pos) {
	if p.dumped == nil {
		p.dumped = map[Pos]bool{}
	}
	p.dumped[at] = true
}

func (p *partial) addUntrusted(at Pos) {
	if p.untrusted == nil {
		p.untrusted = map[Pos]bool{}
	}
	p.untrusted[at] = true
}

type nameKey struct{ account, name string }

func (l *loader) nameOf(account, name string) nameKey {
	return nameKey{cmp.Or(account, l.state.Account), fold(name)}
}

// completeUsers gives users of dumps the access keys that native documents have
// for them.
func (l *loader) completeUsers() {
	users := l.state.Users
	dumped := map[nameKey]int{}
	for i, u := range users {
		if l.partial.dumped[u.Pos] {
			dumped[l.nameOf(u.AccountID, u.Name)] = i
		}
	}
	joined := map[int]bool{}
	for i, u := range users {
		j, ok := dumped[l.nameOf(u.AccountID, u.Name)]
		if ok && i != j && u.onlyKeys() {
			users[j].AccessKeys = append(users[j].AccessKeys, u.AccessKeys...)
			joined[i] = true
		}
	}
	l.state.Users = without(users, joined)
}

func (u *User) onlyKeys() bool {
	return u.Path == "/" && u.ID == "" && u.PermissionsBoundary == "" && u.Created.IsZero() && len(u.AccessKeys) > 0 &&
		len(u.Groups)+len(u.ManagedPolicyARNs)+len(u.InlinePolicies)+len(u.Tags) == 0
}

// completeRoles gives roles of dumps the descriptions and longest sessions that
// native documents have for them. All other roles must have a trust policy.
func (l *loader) completeRoles() {
	roles := l.state.Roles
	dumped := map[nameKey]int{}
	for i, r := range roles {
		if l.partial.dumped[r.Pos] {
			dumped[l.nameOf(r.AccountID, r.Name)] = i
		}
	}
	joined := map[int]bool{}
	for i, r := range roles {
		if !l.partial.untrusted[r.Pos] {
			continue
		}
		j, ok := dumped[l.nameOf(r.AccountID, r.Name)]
		if !ok || !r.onlyDetails() {
			at := r.Pos
			at.Field += ".assumeRolePolicyDocument"
			l.problems.add(at, "missing, it is required")
			continue
		}
		roles[j].Description, roles[j].MaxSessionDuration = r.Description, r.MaxSessionDuration
		joined[i] = true
	}
	l.state.Roles = without(roles, joined)
}

func (r *Role) onlyDetails() bool {
	return r.Path == "/" && r.ID == "" && r.PermissionsBoundary == "" && r.Created.IsZero() &&
		len(r.ManagedPolicyARNs)+len(r.InlinePolicies)+len(r.Tags) == 0
}

// without returns the list without some of its elements.
func without[T any](list []T, drop map[int]bool) []T {
	if len(drop) == 0 {
		return list
	}
	var kept []T
	for i, one := range list {
		if !drop[i] {
			kept = append(kept, one)
		}
	}
	return kept
}
