package emulator

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/irsatz/irsatz/internal/eksctl"
	"github.com/irsatz/irsatz/manifest"
)

// roleARNAnnotation names the role of a ServiceAccount.
const roleARNAnnotation = "eks.amazonaws.com/role-arn"

// expansion turns ClusterConfigs into what eksctl makes of them.
type expansion struct {
	emulator *Emulator
	there    *world
	state    *manifest.State // a copy that may be added to
}

// expand returns the state with the roles, providers and service accounts that
// eksctl makes of its ClusterConfigs.
func (e *Emulator) expand(there *world, state *manifest.State) (*manifest.State, error) {
	x := expansion{emulator: e, there: there, state: new(*state)}
	for i := range state.Clusters {
		x.provider(&state.Clusters[i])
	}
	var wrong []error
	for i := range state.IAMServiceAccounts {
		if err := x.serviceAccount(&state.IAMServiceAccounts[i]); err != nil {
			wrong = append(wrong, fmt.Errorf("%s: %w", state.IAMServiceAccounts[i].Pos, err))
		}
	}
	return x.state, errors.Join(wrong...)
}

// provider adds the OIDC provider that a cluster asks for, unless it is there.
func (x *expansion) provider(c *manifest.Cluster) {
	if c.Provider == nil {
		return
	}
	account, issuer := x.cluster(c.Name)
	if _, ok := x.there.store.Snapshot().Provider(account, issuer); ok {
		return
	}
	for _, p := range x.state.OIDCProviders {
		if p.URL == issuer && first(p.AccountID, x.emulator.config.Account) == account {
			return
		}
	}
	x.state.OIDCProviders = append(slices.Clip(x.state.OIDCProviders), manifest.OIDCProvider{
		Pos: c.Provider.Pos, AccountID: account, URL: issuer, ClientIDList: []string{eksctl.Audience},
		Tags: []manifest.Tag{{Key: "alpha.eksctl.io/cluster-name", Value: c.Name}},
	})
}

// cluster returns the account and the issuer of a cluster that the state has.
func (x *expansion) cluster(name string) (account, issuer string) {
	c := manifest.Cluster{Name: name}
	if i := slices.IndexFunc(x.state.Clusters, func(c manifest.Cluster) bool { return c.Name == name }); i >= 0 {
		c = x.state.Clusters[i]
	}
	if k, ok := x.there.clusters.Load().byName[name]; ok {
		return k.account, k.issuer.URL()
	}
	config := x.emulator.config
	return first(c.AccountID, config.Account), first(c.OIDCIssuer, DefaultIssuer(first(c.Region, config.Region), name))
}

func (x *expansion) serviceAccount(m *manifest.IAMServiceAccount) error {
	at, ok := x.find(m)
	roleARN := m.AttachRoleARN
	if roleARN == "" {
		was := m.RoleARN
		if ok && was == "" {
			was = x.state.ServiceAccounts[at].Annotations[roleARNAnnotation]
		}
		var err error
		if roleARN, err = x.role(m, was); err != nil {
			return err
		}
	}
	if m.RoleOnly {
		return nil
	}
	sa := manifest.ServiceAccount{Pos: m.Pos, Cluster: m.Cluster, Namespace: m.Namespace, Name: m.Name, Annotations: maps.Clone(m.Annotations)}
	if sa.Annotations == nil {
		sa.Annotations = map[string]string{}
	}
	sa.Annotations[roleARNAnnotation] = roleARN
	if !ok {
		x.state.ServiceAccounts = append(slices.Clip(x.state.ServiceAccounts), sa)
		return nil
	}
	was := x.state.ServiceAccounts[at]
	if old := was.Annotations[roleARNAnnotation]; old != "" && old != roleARN {
		return fmt.Errorf("service account %s/%s has the role %s at %s, not %s", m.Namespace, m.Name, old, was.Pos, roleARN)
	}
	merged := map[string]string{}
	maps.Copy(merged, was.Annotations)
	maps.Copy(merged, sa.Annotations)
	x.state.ServiceAccounts = slices.Clone(x.state.ServiceAccounts)
	x.state.ServiceAccounts[at].Annotations = merged
	return nil
}

// find looks for the same service account in manifests of Kubernetes.
func (x *expansion) find(m *manifest.IAMServiceAccount) (int, bool) {
	i := slices.IndexFunc(x.state.ServiceAccounts, func(sa manifest.ServiceAccount) bool {
		return sa.Cluster == m.Cluster && sa.Namespace == m.Namespace && sa.Name == m.Name
	})
	return i, i >= 0
}

// role adds the role of an iamserviceaccount and returns its ARN. If was is the
// ARN of one that eksctl made of it, the role gets that name.
func (x *expansion) role(m *manifest.IAMServiceAccount, was string) (string, error) {
	account, issuer := x.cluster(m.Cluster)
	sa := eksctl.ServiceAccount{
		AccountID: account, Cluster: m.Cluster, Issuer: issuer, Namespace: m.Namespace, Name: m.Name,
		RoleName: m.RoleName, RoleARN: was, PolicyARNs: m.PolicyARNs, WellKnownPolicies: m.WellKnownPolicies, SubjectPattern: m.SubjectPattern,
	}
	if m.Policy != nil {
		sa.Policy = m.Policy.JSON
	}
	for _, t := range m.Tags {
		sa.Tags = append(sa.Tags, eksctl.Tag(t))
	}
	made, err := sa.Role()
	if err != nil {
		return "", err
	}
	role := manifest.Role{
		Pos: m.Pos, AccountID: account, Name: made.Name, Path: "/", MaxSessionDuration: 3600,
		TrustPolicy: manifest.Document{Pos: m.Pos, JSON: made.Trust}, ManagedPolicyARNs: made.PolicyARNs, PermissionsBoundary: m.PermissionsBoundary,
	}
	for _, p := range made.Policies {
		at := m.Pos
		if m.Policy != nil && strings.HasSuffix(p.Name, "-Policy1") {
			at = m.Policy.Pos
		}
		role.InlinePolicies = append(role.InlinePolicies, manifest.InlinePolicy{
			Pos: at, Name: p.Name, Document: manifest.Document{Pos: at, JSON: p.Document},
		})
	}
	for _, t := range made.Tags {
		role.Tags = append(role.Tags, manifest.Tag(t))
	}
	x.state.Roles = append(slices.Clip(x.state.Roles), role)
	return "arn:aws:iam::" + account + ":role/" + made.Name, nil
}
