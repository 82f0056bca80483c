package manifest

import (
	"fmt"
	"unicode/utf8"

	"github.com/irsatz/irsatz/internal/syntax"
)

const (
	nativeVersion = "irsatz/v1"
	roleARNKey    = "eks.amazonaws.com/role-arn"
)

// native reads a document of the native form. Names of properties are those of
// CloudFormation with a lower case first letter.
func (l *loader) native(c cursor) {
	r := c.record("apiVersion", "account", "region", "clusters", "issuers", "oidcProviders", "policies", "roles", "users", "buckets")
	l.account = r.get("account").checked(checkAccount)
	l.region = r.get("region").checked(checkRegion)
	s := l.state
	if s.Account == "" {
		s.Account = l.account
	}
	if s.Region == "" {
		s.Region = l.region
	}
	for _, e := range r.get("clusters").list() {
		l.cluster(e)
	}
	for _, e := range r.get("issuers").list() {
		s.Issuers = append(s.Issuers, e.issuer())
	}
	for _, e := range r.get("oidcProviders").list() {
		s.OIDCProviders = append(s.OIDCProviders, l.provider(e))
	}
	for _, e := range r.get("policies").list() {
		s.Policies = append(s.Policies, l.policy(e))
	}
	for _, e := range r.get("roles").list() {
		s.Roles = append(s.Roles, l.role(e))
	}
	for _, e := range r.get("users").list() {
		s.Users = append(s.Users, l.user(e))
	}
	for _, e := range r.get("buckets").list() {
		s.Buckets = append(s.Buckets, l.bucket(e))
	}
}

func (l *loader) cluster(c cursor) {
	r := c.record("name", "region", "oidcIssuer", "serviceAccounts")
	cluster := Cluster{
		Pos:        c.pos(),
		Region:     l.region,
		Name:       r.need("name").checked(checkCluster),
		OIDCIssuer: r.get("oidcIssuer").checked(checkIssuer),
	}
	if own := r.get("region").checked(checkRegion); own != "" {
		cluster.Region = own
	}
	l.state.Clusters = append(l.state.Clusters, cluster)
	for _, e := range r.get("serviceAccounts").list() {
		l.state.ServiceAccounts = append(l.state.ServiceAccounts, l.serviceAccount(e, cluster.Name))
	}
}

func (l *loader) serviceAccount(c cursor, cluster string) ServiceAccount {
	r := c.record("namespace", "name", "roleArn", "annotations")
	sa := ServiceAccount{
		Pos:         c.pos(),
		Cluster:     cluster,
		Namespace:   "default",
		Name:        r.need("name").checked(checkServiceAccount),
		Annotations: r.get("annotations").textMap(cursor.strictText),
	}
	if ns := r.get("namespace").checked(checkNamespace); ns != "" {
		sa.Namespace = ns
	}
	roleARN := r.get("roleArn")
	if !roleARN.present() {
		l.noteRoleARN(sa)
		return sa
	}
	if _, both := sa.Annotations[roleARNKey]; both {
		roleARN.fail("the role is given twice, here and as annotation %s", roleARNKey)
		return sa
	}
	if sa.Annotations == nil {
		sa.Annotations = map[string]string{}
	}
	sa.Annotations[roleARNKey] = roleARN.checked(checkRoleARN)
	return sa
}

// noteRoleARN warns of an annotation that is no role ARN. It is not refused,
// because the pod identity webhook only warns too and injects it.
func (l *loader) noteRoleARN(sa ServiceAccount) {
	if arn, ok := sa.Annotations[roleARNKey]; ok && checkRoleARN(arn) != nil {
		l.note(sa.Pos, "annotation %s of %s/%s is not the ARN of a role: %q", roleARNKey, sa.Namespace, sa.Name, arn)
	}
}

func (l *loader) provider(c cursor) OIDCProvider {
	r := c.record("url", "clientIdList", "thumbprintList", "tags")
	p := OIDCProvider{
		Pos:            c.pos(),
		AccountID:      l.account,
		URL:            r.need("url").checked(checkIssuer),
		ClientIDList:   r.get("clientIdList").texts(checkClientID),
		ThumbprintList: r.get("thumbprintList").texts(checkThumbprint),
		Tags:           r.get("tags").tags(50),
	}
	if n := len(p.ClientIDList); n > 100 {
		r.get("clientIdList").fail("expected up to 100 client IDs, found %d", n)
	}
	if n := len(p.ThumbprintList); n > 5 {
		r.get("thumbprintList").fail("expected up to 5 thumbprints, found %d", n)
	}
	return p
}

func (l *loader) policy(c cursor) Policy {
	r := c.record("managedPolicyName", "path", "description", "policyDocument", "tags")
	return Policy{
		Pos:         c.pos(),
		AccountID:   l.account,
		Name:        r.need("managedPolicyName").checked(iamName(128)),
		Path:        r.path(checkPolicyPath),
		Description: r.get("description").checked(checkDescription),
		Document:    r.need("policyDocument").document(),
		Tags:        r.get("tags").tags(50),
	}
}

func (l *loader) role(c cursor) Role {
	r := c.record("roleName", "path", "description", "assumeRolePolicyDocument", "maxSessionDuration",
		"managedPolicyArns", "policies", "permissionsBoundary", "tags")
	role := Role{
		Pos:                 c.pos(),
		AccountID:           l.account,
		Name:                r.need("roleName").checked(iamName(64)),
		Path:                r.path(checkIAMPath),
		Description:         r.get("description").checked(checkDescription),
		TrustPolicy:         r.need("assumeRolePolicyDocument").document(),
		MaxSessionDuration:  3600,
		ManagedPolicyARNs:   r.get("managedPolicyArns").texts(checkPolicyARN),
		InlinePolicies:      r.get("policies").inlinePolicies(),
		PermissionsBoundary: r.get("permissionsBoundary").checked(checkPolicyARN),
		Tags:                r.get("tags").tags(50),
	}
	if d := r.get("maxSessionDuration"); d.present() {
		role.MaxSessionDuration = d.number(3600, 43200)
	}
	return role
}

func (l *loader) user(c cursor) User {
	r := c.record("userName", "path", "accessKeys", "managedPolicyArns", "policies", "permissionsBoundary", "tags")
	user := User{
		Pos:                 c.pos(),
		AccountID:           l.account,
		Name:                r.need("userName").checked(iamName(64)),
		Path:                r.path(checkIAMPath),
		ManagedPolicyARNs:   r.get("managedPolicyArns").texts(checkPolicyARN),
		InlinePolicies:      r.get("policies").inlinePolicies(),
		PermissionsBoundary: r.get("permissionsBoundary").checked(checkPolicyARN),
		Tags:                r.get("tags").tags(50),
	}
	for _, e := range r.get("accessKeys").list() {
		k := e.record("accessKeyId", "secretAccessKey")
		user.AccessKeys = append(user.AccessKeys, AccessKey{
			Pos:    e.pos(),
			ID:     k.need("accessKeyId").checked(checkAccessKeyID),
			Secret: k.need("secretAccessKey").checked(checkNotEmpty),
		})
	}
	return user
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

// tags reads tags written as a list of key and value or as a mapping.
func (c cursor) tags(limit int) []Tag {
	var all []Tag
	if c.is(syntax.Mapping) {
		for i := range c.value.Members {
			m := &c.value.Members[i]
			all = append(all, Tag{m.Key, c.member(m).checked(checkTagValue)})
			if err := checkTagKey(m.Key); err != nil {
				c.key(m).fail("%s", err)
			}
		}
	} else {
		for _, e := range c.list() {
			r := e.record("key", "value")
			all = append(all, Tag{r.need("key").checked(checkTagKey), r.get("value").checked(checkTagValue)})
		}
	}
	seen := make(map[string]bool, len(all))
	for _, t := range all {
		if seen[t.Key] {
			c.fail("tag key %q is given twice", t.Key)
		}
		seen[t.Key] = true
	}
	if len(all) > limit {
		c.fail("expected up to %d tags, found %d", limit, len(all))
	}
	return all
}

func checkTagKey(s string) error {
	if n := utf8.RuneCountInString(s); n < 1 || n > 128 || !tagPattern.MatchString(s) {
		return fmt.Errorf("expected a tag key of 1 to 128 letters, digits, spaces and _.:/=+-@, found %q", s)
	}
	if len(s) >= 4 && fold(s[:4]) == "aws:" {
		return fmt.Errorf("tag keys that start with aws: are reserved, found %q", s)
	}
	return nil
}

func checkTagValue(s string) error {
	if utf8.RuneCountInString(s) > 256 || !tagPattern.MatchString(s) {
		return fmt.Errorf("expected a tag value of up to 256 letters, digits, spaces and _.:/=+-@, found %q", s)
	}
	return nil
}
