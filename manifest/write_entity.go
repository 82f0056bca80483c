package manifest

import (
	"encoding/json"
	"time"
)

type nativeProvider struct {
	URL            string      `json:"url"`
	ClientIDList   []string    `json:"clientIdList,omitempty"`
	ThumbprintList []string    `json:"thumbprintList,omitempty"`
	CreateDate     time.Time   `json:"createDate,omitzero"`
	Tags           []nativeTag `json:"tags,omitempty"`
}

type nativePolicy struct {
	ManagedPolicyName string                `json:"managedPolicyName"`
	Path              string                `json:"path,omitempty"`
	PolicyID          string                `json:"policyId,omitempty"`
	Description       string                `json:"description,omitempty"`
	PolicyDocument    json.RawMessage       `json:"policyDocument,omitempty"`
	DefaultVersionID  string                `json:"defaultVersionId,omitempty"`
	Versions          []nativePolicyVersion `json:"versions,omitempty"`
	CreateDate        time.Time             `json:"createDate,omitzero"`
	UpdateDate        time.Time             `json:"updateDate,omitzero"`
	Tags              []nativeTag           `json:"tags,omitempty"`
}

type nativePolicyVersion struct {
	VersionID      string          `json:"versionId"`
	PolicyDocument json.RawMessage `json:"policyDocument"`
	CreateDate     time.Time       `json:"createDate,omitzero"`
}

type nativeInline struct {
	PolicyName     string          `json:"policyName"`
	PolicyDocument json.RawMessage `json:"policyDocument"`
}

type nativeRole struct {
	RoleName                 string          `json:"roleName"`
	Path                     string          `json:"path,omitempty"`
	RoleID                   string          `json:"roleId,omitempty"`
	Description              string          `json:"description,omitempty"`
	AssumeRolePolicyDocument json.RawMessage `json:"assumeRolePolicyDocument"`
	MaxSessionDuration       int             `json:"maxSessionDuration,omitempty"`
	ManagedPolicyARNs        []string        `json:"managedPolicyArns,omitempty"`
	Policies                 []nativeInline  `json:"policies,omitempty"`
	PermissionsBoundary      string          `json:"permissionsBoundary,omitempty"`
	CreateDate               time.Time       `json:"createDate,omitzero"`
	Tags                     []nativeTag     `json:"tags,omitempty"`
}

type nativeGroup struct {
	GroupName         string         `json:"groupName"`
	Path              string         `json:"path,omitempty"`
	GroupID           string         `json:"groupId,omitempty"`
	ManagedPolicyARNs []string       `json:"managedPolicyArns,omitempty"`
	Policies          []nativeInline `json:"policies,omitempty"`
	CreateDate        time.Time      `json:"createDate,omitzero"`
}

type nativeUser struct {
	UserName            string         `json:"userName"`
	Path                string         `json:"path,omitempty"`
	UserID              string         `json:"userId,omitempty"`
	Groups              []string       `json:"groups,omitempty"`
	AccessKeys          []nativeKey    `json:"accessKeys,omitempty"`
	ManagedPolicyARNs   []string       `json:"managedPolicyArns,omitempty"`
	Policies            []nativeInline `json:"policies,omitempty"`
	PermissionsBoundary string         `json:"permissionsBoundary,omitempty"`
	CreateDate          time.Time      `json:"createDate,omitzero"`
	Tags                []nativeTag    `json:"tags,omitempty"`
}

type nativeKey struct {
	AccessKeyID     string    `json:"accessKeyId"`
	SecretAccessKey string    `json:"secretAccessKey"`
	Status          string    `json:"status,omitempty"`
	CreateDate      time.Time `json:"createDate,omitzero"`
}

type nativeProfile struct {
	InstanceProfileName string      `json:"instanceProfileName"`
	Path                string      `json:"path,omitempty"`
	InstanceProfileID   string      `json:"instanceProfileId,omitempty"`
	Roles               []string    `json:"roles,omitempty"`
	CreateDate          time.Time   `json:"createDate,omitzero"`
	Tags                []nativeTag `json:"tags,omitempty"`
}

// entities writes what IAM holds into the documents of its accounts.
func (n *nativeWriter) entities() {
	s := n.state
	for _, a := range s.Aliases {
		n.document(a.AccountID, "").AccountAlias = a.Name
	}
	for _, p := range s.OIDCProviders {
		d := n.document(p.AccountID, "")
		d.OIDCProviders = append(d.OIDCProviders, nativeProvider{p.URL, p.ClientIDList, p.ThumbprintList, p.Created, nativeTags(p.Tags)})
	}
	for _, p := range s.Policies {
		d := n.document(p.AccountID, "")
		d.Policies = append(d.Policies, writePolicy(p))
	}
	for _, p := range s.AWSPolicies {
		n.documents[0].AWSPolicies = append(n.documents[0].AWSPolicies, writePolicy(p))
	}
	for _, r := range s.Roles {
		d := n.document(r.AccountID, "")
		d.Roles = append(d.Roles, writeRole(r))
	}
	for _, g := range s.Groups {
		d := n.document(g.AccountID, "")
		d.Groups = append(d.Groups, nativeGroup{
			GroupName: g.Name, Path: orRoot(g.Path), GroupID: g.ID, ManagedPolicyARNs: g.ManagedPolicyARNs,
			Policies: writeInline(g.InlinePolicies), CreateDate: g.Created,
		})
	}
	for _, u := range s.Users {
		d := n.document(u.AccountID, "")
		d.Users = append(d.Users, writeUser(u))
	}
	for _, p := range s.InstanceProfiles {
		out := nativeProfile{
			InstanceProfileName: p.Name, Path: orRoot(p.Path), InstanceProfileID: p.ID, CreateDate: p.Created, Tags: nativeTags(p.Tags),
		}
		if p.Role != "" {
			out.Roles = []string{p.Role}
		}
		d := n.document(p.AccountID, "")
		d.InstanceProfiles = append(d.InstanceProfiles, out)
	}
}

// orRoot leaves out the path that stands for none.
func orRoot(path string) string {
	if path == "/" {
		return ""
	}
	return path
}

func writePolicy(p Policy) nativePolicy {
	out := nativePolicy{
		ManagedPolicyName: p.Name, Path: orRoot(p.Path), PolicyID: p.ID, Description: p.Description, PolicyDocument: nativeText(p.Document),
		DefaultVersionID: p.DefaultVersion, CreateDate: p.Created, UpdateDate: p.Updated, Tags: nativeTags(p.Tags),
	}
	for _, v := range p.Versions {
		out.Versions = append(out.Versions, nativePolicyVersion{v.ID, nativeText(v.Document), v.Created})
	}
	return out
}

func writeRole(r Role) nativeRole {
	out := nativeRole{
		RoleName: r.Name, Path: orRoot(r.Path), RoleID: r.ID, Description: r.Description, AssumeRolePolicyDocument: nativeText(r.TrustPolicy),
		ManagedPolicyARNs: r.ManagedPolicyARNs, Policies: writeInline(r.InlinePolicies), PermissionsBoundary: r.PermissionsBoundary,
		CreateDate: r.Created, Tags: nativeTags(r.Tags),
	}
	if r.MaxSessionDuration != defaultSession {
		out.MaxSessionDuration = r.MaxSessionDuration
	}
	return out
}

func writeUser(u User) nativeUser {
	out := nativeUser{
		UserName: u.Name, Path: orRoot(u.Path), UserID: u.ID, Groups: u.Groups, ManagedPolicyARNs: u.ManagedPolicyARNs,
		Policies: writeInline(u.InlinePolicies), PermissionsBoundary: u.PermissionsBoundary, CreateDate: u.Created, Tags: nativeTags(u.Tags),
	}
	for _, k := range u.AccessKeys {
		key := nativeKey{AccessKeyID: k.ID, SecretAccessKey: k.Secret, CreateDate: k.Created}
		if k.Inactive {
			key.Status = keyInactive
		}
		out.AccessKeys = append(out.AccessKeys, key)
	}
	return out
}

func writeInline(policies []InlinePolicy) []nativeInline {
	var all []nativeInline
	for _, p := range policies {
		all = append(all, nativeInline{p.Name, nativeText(p.Document)})
	}
	return all
}
