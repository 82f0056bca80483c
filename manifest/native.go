package manifest

const (
	nativeVersion = "irsatz/v1"
	roleARNKey    = "eks.amazonaws.com/role-arn"
)

// native reads a document of the native form. Names of properties are those of
// CloudFormation with a lower case first letter.
func (l *loader) native(c cursor) {
	r := c.record("apiVersion", "account", "accountAlias", "region", "clusters", "issuers", "oidcProviders", "policies", "awsPolicies", "roles", "groups",
		"users", "instanceProfiles", "buckets")
	l.account = r.get("account").checked(checkAccount)
	l.region = r.get("region").checked(checkRegion)
	s := l.state
	if s.Account == "" {
		s.Account = l.account
	}
	if s.Region == "" {
		s.Region = l.region
	}
	if a := r.get("accountAlias"); a.present() {
		s.Aliases = append(s.Aliases, Alias{a.pos(), l.account, a.checked(checkAlias)})
	}
	for _, e := range r.get("clusters").list() {
		l.cluster(e)
	}
	each(r.get("issuers"), &s.Issuers, cursor.issuer)
	each(r.get("oidcProviders"), &s.OIDCProviders, l.provider)
	each(r.get("policies"), &s.Policies, l.policy)
	each(r.get("awsPolicies"), &s.AWSPolicies, l.awsPolicy)
	each(r.get("roles"), &s.Roles, l.role)
	each(r.get("groups"), &s.Groups, l.group)
	each(r.get("users"), &s.Users, l.user)
	each(r.get("instanceProfiles"), &s.InstanceProfiles, l.instanceProfile)
	each(r.get("buckets"), &s.Buckets, l.bucket)
}

// each reads the elements of a list.
func each[T any](c cursor, into *[]T, read func(cursor) T) {
	for _, e := range c.list() {
		*into = append(*into, read(e))
	}
}

func (l *loader) cluster(c cursor) {
	r := c.record("name", "account", "region", "oidcIssuer", "serviceAccounts")
	cluster := Cluster{
		Pos:        c.pos(),
		AccountID:  l.account,
		Region:     l.region,
		Name:       r.need("name").checked(checkCluster),
		OIDCIssuer: r.get("oidcIssuer").checked(checkIssuer),
	}
	if own := r.get("account").checked(checkAccount); own != "" {
		cluster.AccountID = own
	}
	if own := r.get("region").checked(checkRegion); own != "" {
		cluster.Region = own
	}
	l.state.Clusters = append(l.state.Clusters, cluster)
	l.homes.add(l.current, cluster.Name)
	for _, e := range r.get("serviceAccounts").list() {
		l.state.ServiceAccounts = append(l.state.ServiceAccounts, l.serviceAccount(e, cluster.Name))
	}
}

func (l *loader) serviceAccount(c cursor, cluster string) ServiceAccount {
	r := c.record("namespace", "name", "roleArn", "annotations")
	sa := ServiceAccount{
		Pos:         c.pos(),
		Cluster:     cluster,
		Namespace:   r.namespace(),
		Name:        r.need("name").checked(checkServiceAccount),
		Annotations: r.get("annotations").textMap(cursor.strictText),
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
	r := c.record("url", "clientIdList", "thumbprintList", "createDate", "tags")
	p := OIDCProvider{
		Pos:            c.pos(),
		AccountID:      l.account,
		URL:            r.need("url").checked(checkIssuer),
		ClientIDList:   r.get("clientIdList").texts(checkClientID),
		ThumbprintList: r.get("thumbprintList").texts(checkThumbprint),
		Created:        r.get("createDate").date(),
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
