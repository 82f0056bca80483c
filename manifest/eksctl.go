package manifest

import (
	"errors"
	"slices"
	"strings"

	"github.com/irsatz/irsatz/internal/eksctl"
)

// The form of eksctl: https://schema.eksctl.io.

const (
	eksctlVersion = "eksctl.io/v1alpha5"
	clusterConfig = "ClusterConfig"
)

// clusterConfigFields are what a ClusterConfig may have beside what is read.
var clusterConfigFields = []string{
	"accessConfig", "addons", "addonsConfig", "autoModeConfig", "availabilityZones", "capabilities", "cloudWatch",
	"controlPlaneScalingConfig", "fargateProfiles", "gitops", "iamIdentityMappings", "identityProviders", "karpenter",
	"kubeAPIServerConfig", "kubeControllerManagerConfig", "kubeSchedulerConfig", "kubernetesNetworkConfig", "localZones",
	"managedNodeGroups", "nodeGroups", "outpost", "privateCluster", "remoteNetworkConfig", "secretsEncryption",
	"upgradePolicy", "vpc", "zonalShiftConfig",
}

// clusterIAMFields are what its iam may have beside what is read.
var clusterIAMFields = []string{
	"fargatePodExecutionRoleARN", "fargatePodExecutionRolePermissionsBoundary", "podIdentityAssociations", "serviceRoleARN",
	"serviceRolePermissionsBoundary", "vpcResourceControllerPolicy",
}

// clusterConfig reads a ClusterConfig: the cluster, its OIDC provider, and its
// iamserviceaccounts.
func (l *loader) clusterConfig(c cursor) {
	r := c.record(append([]string{"apiVersion", "kind", "metadata", "iam"}, clusterConfigFields...)...)
	if r.peek("apiVersion") != eksctlVersion || r.peek("kind") != clusterConfig {
		c.fail("%s %s is not known, expected %s %s", r.peek("apiVersion"), r.peek("kind"), eksctlVersion, clusterConfig)
		return
	}
	m := r.need("metadata").record("name", "region", "version", "tags", "annotations", "forceUpdateVersion", "rollbackConfig")
	cluster := Cluster{
		Pos:    c.pos(),
		Name:   m.need("name").checked(checkCluster),
		Region: m.need("region").checked(checkRegion),
	}
	if l.state.Region == "" {
		l.state.Region = cluster.Region
	}
	tags := m.get("tags").tags(50)
	iam := r.get("iam").record(append([]string{"withOIDC", "serviceAccounts"}, clusterIAMFields...)...)
	if iam.get("withOIDC").boolean() {
		cluster.Provider = &ClusterProvider{Pos: iam.get("withOIDC").pos()}
	}
	l.state.Clusters = append(l.state.Clusters, cluster)
	l.homes.add(l.current, cluster.Name)
	accounts := iam.get("serviceAccounts")
	if accounts.present() && len(accounts.list()) > 0 && cluster.Provider == nil {
		accounts.fail("iam.withOIDC must be enabled explicitly for iam.serviceAccounts to be created")
	}
	for _, e := range accounts.list() {
		sa := l.iamServiceAccount(e, cluster.Name)
		sa.Tags = append(slices.Clone(tags), sa.Tags...)
		l.state.IAMServiceAccounts = append(l.state.IAMServiceAccounts, sa)
	}
	l.noteIgnored(r, iam)
}

// noteIgnored tells which parts have no place here.
func (l *loader) noteIgnored(config, iam record) {
	var ignored []string
	for _, name := range clusterConfigFields {
		if config.get(name).present() {
			ignored = append(ignored, name)
		}
	}
	for _, name := range clusterIAMFields {
		if iam.get(name).present() {
			ignored = append(ignored, "iam."+name)
		}
	}
	if len(ignored) > 0 {
		l.note(config.pos(), "not loaded: %s; of a ClusterConfig, metadata, iam.withOIDC and iam.serviceAccounts are read", strings.Join(ignored, ", "))
	}
}

func (l *loader) iamServiceAccount(c cursor, cluster string) IAMServiceAccount {
	r := c.record("metadata", "attachPolicyARNs", "wellKnownPolicies", "attachPolicy", "attachRoleARN", "permissionsBoundary",
		"status", "roleName", "roleOnly", "tags", "subjectPattern")
	m := r.need("metadata").record("name", "namespace", "labels", "annotations")
	sa := IAMServiceAccount{
		Pos:                 c.pos(),
		Cluster:             cluster,
		Namespace:           m.namespace(),
		Name:                m.need("name").checked(checkServiceAccount),
		Annotations:         m.get("annotations").textMap(cursor.strictText),
		PolicyARNs:          r.get("attachPolicyARNs").texts(checkPolicyARN),
		WellKnownPolicies:   r.get("wellKnownPolicies").switches(eksctl.WellKnownPolicies()),
		AttachRoleARN:       r.get("attachRoleARN").checked(checkNotEmpty),
		PermissionsBoundary: r.get("permissionsBoundary").checked(checkPolicyARN),
		RoleName:            r.get("roleName").checked(iamName(64)),
		RoleOnly:            r.get("roleOnly").boolean(),
		SubjectPattern:      r.get("subjectPattern").checked(checkSubjectPattern),
		Tags:                r.get("tags").tags(50),
	}
	m.get("labels").textMap(cursor.strictText)
	if p := r.get("attachPolicy"); p.present() {
		d := p.document()
		sa.Policy = &d
	}
	status := r.get("status").record("roleARN", "stackName", "tags", "capabilities")
	sa.RoleARN = status.get("roleARN").text()
	if len(sa.PolicyARNs)+len(sa.WellKnownPolicies) == 0 && sa.Policy == nil && sa.AttachRoleARN == "" {
		c.fail("one of wellKnownPolicies, attachPolicyARNs, attachRoleARN or attachPolicy must be set")
	}
	return sa
}

// switches reads a mapping of names to booleans, and returns those that are on.
func (c cursor) switches(known []string) []string {
	var on []string
	r := c.record(known...)
	for _, name := range known {
		if r.get(name).boolean() {
			on = append(on, name)
		}
	}
	return on
}

func checkSubjectPattern(s string) error {
	if s == "" || strings.ContainsAny(s, "\" \t\r\n") {
		return errors.New("expected a pattern for the name of a service account")
	}
	return nil
}
