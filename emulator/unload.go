package emulator

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/policy"
	"github.com/irsatz/irsatz/manifest"
)

// state returns what is there as a manifest has it: loading is undone.
func (e *Emulator) state() (*manifest.State, error) {
	w := e.world.Load()
	s := &manifest.State{Account: e.config.Account, Region: e.config.Region}
	clusters, snapshot := w.clusters.Load(), w.store.Snapshot()
	for _, k := range clusters.order {
		k.unload(s)
	}
	for _, o := range clusters.others {
		claims, err := o.writeClaims()
		if err != nil {
			return nil, err
		}
		s.Issuers = append(s.Issuers, manifest.Issuer{Name: o.name, Preset: o.preset.Name, URL: o.issuer.URL(), Claims: claims})
	}
	accounts := snapshot.Accounts()
	slices.Sort(accounts)
	for _, account := range accounts {
		unloadAccount(s, snapshot, account)
	}
	if err := addAWSPolicies(s, snapshot); err != nil {
		return nil, err
	}
	return s, w.unloadBuckets(s)
}

func (k *cluster) unload(s *manifest.State) {
	s.Clusters = append(s.Clusters, manifest.Cluster{AccountID: k.account, Region: k.region, Name: k.name, OIDCIssuer: k.issuer.URL()})
	for _, key := range slices.Sorted(maps.Keys(k.serviceAccounts)) {
		sa := k.serviceAccounts[key]
		s.ServiceAccounts = append(s.ServiceAccounts, manifest.ServiceAccount{
			Cluster: k.name, Namespace: sa.namespace, Name: sa.name, Annotations: sa.annotations,
		})
	}
}

// writeClaims undoes readClaims.
func (o *otherIssuer) writeClaims() ([]byte, error) {
	if len(o.claims) == 0 {
		return nil, nil
	}
	claims, err := json.Marshal(o.claims)
	if err != nil {
		return nil, fmt.Errorf("claims of issuer %s: %w", o.name, err)
	}
	return claims, nil
}

func (w *world) unloadBuckets(s *manifest.State) error {
	buckets, err := w.s3.Buckets()
	for _, b := range buckets {
		out := manifest.Bucket{AccountID: b.AccountID, Region: s.Region, Name: b.Name, Versioning: b.Versioned, Public: b.Public, Tags: untag(b.Tags)}
		if b.Policy != nil {
			out.Policy = &manifest.Document{JSON: b.Policy}
		}
		s.Buckets = append(s.Buckets, out)
	}
	return err
}

// unloadAccount undoes loader.entities.
func unloadAccount(s *manifest.State, from *iam.Snapshot, account string) {
	if alias := from.Alias(account); alias != "" {
		s.Aliases = append(s.Aliases, manifest.Alias{AccountID: account, Name: alias})
	}
	for _, p := range byName(from.Providers(account), func(p *iam.Provider) string { return p.URL }) {
		s.OIDCProviders = append(s.OIDCProviders, manifest.OIDCProvider{
			AccountID: account, URL: "https://" + p.URL, ClientIDList: p.ClientIDs, ThumbprintList: p.Thumbprints,
			Created: p.Created, Tags: untag(p.Tags),
		})
	}
	for _, p := range byName(from.ManagedPolicies(account), func(p *iam.ManagedPolicy) string { return p.Name }) {
		s.Policies = append(s.Policies, unloadPolicy(p))
	}
	for _, r := range byName(from.Roles(account), func(r *iam.Role) string { return r.Name }) {
		s.Roles = append(s.Roles, manifest.Role{
			AccountID: account, Name: r.Name, Path: r.Path, ID: r.ID, Description: r.Description, TrustPolicy: unloadDocument(r.Trust.Document),
			MaxSessionDuration: int(r.MaxSessionDuration / time.Second), ManagedPolicyARNs: r.AttachedARNs, InlinePolicies: unloadInline(r.Inline),
			PermissionsBoundary: r.BoundaryARN, Created: r.Created, Tags: untag(r.Tags),
		})
	}
	for _, g := range byName(from.Groups(account), func(g *iam.Group) string { return g.Name }) {
		s.Groups = append(s.Groups, manifest.Group{
			AccountID: account, Name: g.Name, Path: g.Path, ID: g.ID, ManagedPolicyARNs: g.AttachedARNs,
			InlinePolicies: unloadInline(g.Inline), Created: g.Created,
		})
	}
	for _, u := range byName(from.Users(account), func(u *iam.User) string { return u.Name }) {
		s.Users = append(s.Users, unloadUser(u))
	}
	for _, p := range byName(from.InstanceProfiles(account), func(p *iam.InstanceProfile) string { return p.Name }) {
		s.InstanceProfiles = append(s.InstanceProfiles, manifest.InstanceProfile{
			AccountID: account, Name: p.Name, Path: p.Path, ID: p.ID, Role: p.RoleName, Created: p.Created, Tags: untag(p.Tags),
		})
	}
}

func unloadPolicy(p *iam.ManagedPolicy) manifest.Policy {
	out := manifest.Policy{
		AccountID: p.AccountID, Name: p.Name, Path: p.Path, ID: p.ID, Description: p.Description, DefaultVersion: p.VersionID,
		Created: p.Created, Updated: p.Updated, Tags: untag(p.Tags),
	}
	for _, v := range p.Versions {
		out.Versions = append(out.Versions, manifest.PolicyVersion{ID: v.ID, Document: unloadDocument(v.Document), Created: v.Created})
	}
	return out
}

func unloadUser(u *iam.User) manifest.User {
	out := manifest.User{
		AccountID: u.AccountID, Name: u.Name, Path: u.Path, ID: u.ID, Groups: u.Groups, ManagedPolicyARNs: u.AttachedARNs,
		InlinePolicies: unloadInline(u.Inline), PermissionsBoundary: u.BoundaryARN, Created: u.Created, Tags: untag(u.Tags),
	}
	for _, k := range u.AccessKeys {
		out.AccessKeys = append(out.AccessKeys, manifest.AccessKey{ID: k.ID, Secret: k.Secret, Inactive: k.Inactive, Created: k.Created})
	}
	return out
}

func unloadDocument(d *policy.Document) manifest.Document {
	return manifest.Document{JSON: d.Source(), Stored: true}
}

func unloadInline(policies []policy.Policy) []manifest.InlinePolicy {
	var all []manifest.InlinePolicy
	for _, p := range policies {
		all = append(all, manifest.InlinePolicy{Name: p.Name, Document: unloadDocument(p.Document)})
	}
	return all
}

// untag undoes tags.
func untag(list []iam.Tag) []manifest.Tag {
	var all []manifest.Tag
	for _, t := range list {
		all = append(all, manifest.Tag(t))
	}
	return all
}

// byName puts entities in the order of their names, whose case does not matter.
func byName[T any](list []T, name func(T) string) []T {
	slices.SortFunc(list, func(a, b T) int { return cmp.Compare(strings.ToLower(name(a)), strings.ToLower(name(b))) })
	return list
}

// addAWSPolicies adds the AWS managed policies that are in use.
func addAWSPolicies(s *manifest.State, from *iam.Snapshot) error {
	used := map[string]bool{}
	use := func(boundary string, attached []string) {
		for _, arn := range append(slices.Clip(attached), boundary) {
			used[arn] = true
		}
	}
	for _, r := range s.Roles {
		use(r.PermissionsBoundary, r.ManagedPolicyARNs)
	}
	for _, u := range s.Users {
		use(u.PermissionsBoundary, u.ManagedPolicyARNs)
	}
	for _, g := range s.Groups {
		use("", g.ManagedPolicyARNs)
	}
	delete(used, "")
	for _, arn := range slices.Sorted(maps.Keys(used)) {
		p, err := from.ManagedPolicy(arn)
		if err != nil {
			return err
		}
		if p.IsAWS() {
			s.AWSPolicies = append(s.AWSPolicies, unloadPolicy(p))
		}
	}
	s.AWSPolicies = byName(s.AWSPolicies, func(p manifest.Policy) string { return p.Name })
	return nil
}
