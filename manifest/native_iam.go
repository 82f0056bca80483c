package manifest

import (
	"cmp"
	"slices"
	"strconv"
)

func (l *loader) policy(c cursor) Policy {
	r := c.record("managedPolicyName", "path", "policyId", "description", "policyDocument", "versions", "defaultVersionId",
		"createDate", "updateDate", "tags")
	p := Policy{
		Pos:         c.pos(),
		AccountID:   l.account,
		Name:        r.need("managedPolicyName").checked(iamName(128)),
		Path:        r.path(checkPolicyPath),
		ID:          r.get("policyId").checked(checkID),
		Description: r.get("description").checked(checkDescription),
		Created:     r.get("createDate").date(),
		Updated:     r.get("updateDate").date(),
		Tags:        r.get("tags").tags(50),
	}
	versions, standing := r.get("versions"), r.get("defaultVersionId")
	if !versions.present() {
		p.Document = r.need("policyDocument").document()
		p.Document.Stored = p.ID != ""
		if standing.present() {
			standing.fail("goes with versions, not with policyDocument")
		}
		return p
	}
	if d := r.get("policyDocument"); d.present() {
		d.fail("policyDocument and versions exclude each other")
	}
	each(versions, &p.Versions, policyVersion)
	for i := range p.Versions {
		p.Versions[i].Document.Stored = p.ID != ""
	}
	p.DefaultVersion = r.need("defaultVersionId").checked(checkVersion)
	versions.sortVersions(&p)
	return p
}

// awsPolicy reads an AWS managed policy, which AWS has by itself.
func (l *loader) awsPolicy(c cursor) Policy {
	p := l.policy(c)
	p.AccountID = awsAccount
	p.Document.Stored = len(p.Versions) == 0
	for i := range p.Versions {
		p.Versions[i].Document.Stored = true
	}
	return p
}

func policyVersion(c cursor) PolicyVersion {
	r := c.record("versionId", "policyDocument", "createDate")
	return PolicyVersion{
		Pos:      c.pos(),
		ID:       r.need("versionId").checked(checkVersion),
		Document: r.need("policyDocument").document(),
		Created:  r.get("createDate").date(),
	}
}

// maxVersions is how many versions a managed policy can have.
const maxVersions = 5

// sortVersions puts the versions in order and holds them to IAM's rules.
func (c cursor) sortVersions(p *Policy) {
	slices.SortStableFunc(p.Versions, func(a, b PolicyVersion) int { return cmp.Compare(a.number(), b.number()) })
	if n := len(p.Versions); n < 1 || n > maxVersions {
		c.fail("expected 1 to %d versions, found %d", maxVersions, n)
	}
	found := p.DefaultVersion == ""
	for i, v := range p.Versions {
		if i > 0 && v.ID != "" && v.ID == p.Versions[i-1].ID {
			c.loader.problems.add(v.Pos, "version %s is given twice", v.ID)
		}
		found = found || v.ID == p.DefaultVersion
	}
	if !found {
		c.fail("the default version %s is not among them", p.DefaultVersion)
	}
}

// number is that of v1, v2, …; 0 for what is none.
func (v PolicyVersion) number() int {
	if len(v.ID) < 2 {
		return 0
	}
	n, err := strconv.Atoi(v.ID[1:])
	if err != nil {
		return 0
	}
	return n
}

func (l *loader) role(c cursor) Role {
	r := c.record("roleName", "path", "roleId", "description", "assumeRolePolicyDocument", "maxSessionDuration",
		"managedPolicyArns", "policies", "permissionsBoundary", "createDate", "tags")
	role := Role{
		Pos:                 c.pos(),
		AccountID:           l.account,
		Name:                r.need("roleName").checked(iamName(64)),
		Path:                r.path(checkIAMPath),
		ID:                  r.get("roleId").checked(checkID),
		Description:         r.get("description").checked(checkDescription),
		TrustPolicy:         r.get("assumeRolePolicyDocument").document(),
		MaxSessionDuration:  defaultSession,
		ManagedPolicyARNs:   r.get("managedPolicyArns").texts(checkPolicyARN),
		InlinePolicies:      r.get("policies").inlinePolicies(),
		PermissionsBoundary: r.get("permissionsBoundary").checked(checkPolicyARN),
		Created:             r.get("createDate").date(),
		Tags:                r.get("tags").tags(50),
	}
	if d := r.get("maxSessionDuration"); d.present() {
		role.MaxSessionDuration = d.number(3600, 43200)
	}
	if r.read && !r.get("assumeRolePolicyDocument").present() {
		l.partial.addUntrusted(role.Pos)
	}
	role.TrustPolicy.Stored = role.ID != ""
	markStored(role.InlinePolicies, role.ID)
	return role
}

// defaultSession is how many seconds a role's longest session has.
const defaultSession = 3600

func (l *loader) group(c cursor) Group {
	r := c.record("groupName", "path", "groupId", "managedPolicyArns", "policies", "createDate")
	g := Group{
		Pos:               c.pos(),
		AccountID:         l.account,
		Name:              r.need("groupName").checked(iamName(128)),
		Path:              r.path(checkIAMPath),
		ID:                r.get("groupId").checked(checkID),
		ManagedPolicyARNs: r.get("managedPolicyArns").texts(checkPolicyARN),
		InlinePolicies:    r.get("policies").inlinePolicies(),
		Created:           r.get("createDate").date(),
	}
	markStored(g.InlinePolicies, g.ID)
	return g
}

func (l *loader) user(c cursor) User {
	r := c.record("userName", "path", "userId", "groups", "accessKeys", "managedPolicyArns", "policies", "permissionsBoundary",
		"createDate", "tags")
	user := User{
		Pos:                 c.pos(),
		AccountID:           l.account,
		Name:                r.need("userName").checked(iamName(64)),
		Path:                r.path(checkIAMPath),
		ID:                  r.get("userId").checked(checkID),
		Groups:              r.get("groups").texts(iamName(128)),
		ManagedPolicyARNs:   r.get("managedPolicyArns").texts(checkPolicyARN),
		InlinePolicies:      r.get("policies").inlinePolicies(),
		PermissionsBoundary: r.get("permissionsBoundary").checked(checkPolicyARN),
		Created:             r.get("createDate").date(),
		Tags:                r.get("tags").tags(50),
	}
	each(r.get("accessKeys"), &user.AccessKeys, accessKey)
	markStored(user.InlinePolicies, user.ID)
	return user
}

func accessKey(c cursor) AccessKey {
	r := c.record("accessKeyId", "secretAccessKey", "status", "createDate")
	return AccessKey{
		Pos:      c.pos(),
		ID:       r.need("accessKeyId").checked(checkAccessKeyID),
		Secret:   r.need("secretAccessKey").checked(checkNotEmpty),
		Inactive: r.get("status").checked(checkKeyStatus) == keyInactive,
		Created:  r.get("createDate").date(),
	}
}

func (l *loader) instanceProfile(c cursor) InstanceProfile {
	r := c.record("instanceProfileName", "path", "instanceProfileId", "roles", "createDate", "tags")
	p := InstanceProfile{
		Pos:       c.pos(),
		AccountID: l.account,
		Name:      r.need("instanceProfileName").checked(iamName(128)),
		Path:      r.path(checkIAMPath),
		ID:        r.get("instanceProfileId").checked(checkID),
		Created:   r.get("createDate").date(),
		Tags:      r.get("tags").tags(50),
	}
	roles := r.get("roles").texts(iamName(64))
	if len(roles) > 0 {
		p.Role = roles[0]
	}
	if len(roles) > 1 {
		r.get("roles").fail("expected at most one role, found %d", len(roles))
	}
	return p
}

// markStored marks the policies of an entity that has its unique ID.
func markStored(policies []InlinePolicy, id string) {
	for i := range policies {
		policies[i].Document.Stored = id != ""
	}
}

// path returns the field path, "/" when it is not given.
func (r record) path(check func(string) error) string {
	if p := r.get("path"); p.present() {
		return p.checked(check)
	}
	return "/"
}

func (c cursor) inlinePolicies() []InlinePolicy {
	var all []InlinePolicy
	first := map[string]int{}
	for _, e := range c.list() {
		r := e.record("policyName", "policyDocument")
		p := InlinePolicy{
			Pos:      e.pos(),
			Name:     r.need("policyName").checked(iamName(128)),
			Document: r.need("policyDocument").document(),
		}
		// IAM compares the names of inline policies without regard to case.
		if line, dup := first[fold(p.Name)]; dup && p.Name != "" {
			e.fail("policy %q is given twice, first in line %d", p.Name, line)
		}
		first[fold(p.Name)] = p.Line
		all = append(all, p)
	}
	return all
}
