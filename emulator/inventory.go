package emulator

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/policy"
)

// Inventory is what is there, without secrets and documents. Lists are in the
// order of account or cluster, then name.
type Inventory struct {
	Clusters        []ClusterEntry        `json:"clusters"`
	ServiceAccounts []ServiceAccountEntry `json:"serviceaccounts"`
	Providers       []ProviderEntry       `json:"oidcproviders"`
	Roles           []RoleEntry           `json:"roles"`
	Policies        []PolicyEntry         `json:"policies"`
	Users           []UserEntry           `json:"users"`
	Groups          []GroupEntry          `json:"groups"`
	Buckets         []BucketEntry         `json:"buckets"`
}

// ClusterEntry is an issuer of tokens.
type ClusterEntry struct {
	Name            string `json:"name"`
	Issuer          string `json:"oidcIssuer"`
	ID              string `json:"id"` // it is served at /id/<ID> of the AWS port
	ServiceAccounts int    `json:"serviceAccounts"`
}

// ServiceAccountEntry is a Kubernetes ServiceAccount.
type ServiceAccountEntry struct {
	Cluster     string            `json:"cluster"`
	Namespace   string            `json:"namespace"`
	Name        string            `json:"name"`
	RoleARN     string            `json:"roleArn,omitempty"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

// ProviderEntry is an OIDC provider registered in IAM.
type ProviderEntry struct {
	AccountID   string    `json:"account"`
	URL         string    `json:"url"` // without https://
	ARN         string    `json:"arn"`
	ClientIDs   []string  `json:"clientIdList"`
	Thumbprints []string  `json:"thumbprintList,omitempty"`
	Created     time.Time `json:"createDate"`
}

// RoleEntry is an IAM role.
type RoleEntry struct {
	AccountID          string    `json:"account"`
	Name               string    `json:"roleName"`
	ARN                string    `json:"arn"`
	ID                 string    `json:"roleId"`
	MaxSessionDuration int       `json:"maxSessionDuration"` // seconds
	Policies           []string  `json:"policies,omitempty"` // names, inline and managed
	Boundary           string    `json:"permissionsBoundary,omitempty"`
	Created            time.Time `json:"createDate"`
}

// PolicyEntry is a managed policy of an account.
type PolicyEntry struct {
	AccountID string    `json:"account"`
	Name      string    `json:"policyName"`
	ARN       string    `json:"arn"`
	VersionID string    `json:"defaultVersionId"`
	Versions  int       `json:"versions"`
	Created   time.Time `json:"createDate"`
}

// UserEntry is an IAM user. Of its access keys there are only the ids.
type UserEntry struct {
	AccountID    string    `json:"account"`
	Name         string    `json:"userName"`
	ARN          string    `json:"arn"`
	ID           string    `json:"userId"`
	AccessKeyIDs []string  `json:"accessKeyIds,omitempty"`
	Groups       []string  `json:"groups,omitempty"`
	Policies     []string  `json:"policies,omitempty"` // names, those of its groups too
	Created      time.Time `json:"createDate"`
}

// GroupEntry is an IAM group.
type GroupEntry struct {
	AccountID string    `json:"account"`
	Name      string    `json:"groupName"`
	ARN       string    `json:"arn"`
	ID        string    `json:"groupId"`
	Members   []string  `json:"members,omitempty"`
	Created   time.Time `json:"createDate"`
}

// BucketEntry is an S3 bucket.
type BucketEntry struct {
	AccountID string    `json:"account"`
	Name      string    `json:"bucketName"`
	Versioned bool      `json:"versioning"`
	Policy    bool      `json:"policy"` // it has a bucket policy
	Created   time.Time `json:"createDate"`
}

// Inventory returns what is there now.
func (e *Emulator) Inventory() (Inventory, error) {
	w := e.world.Load()
	v := Inventory{
		Clusters: []ClusterEntry{}, ServiceAccounts: []ServiceAccountEntry{}, Providers: []ProviderEntry{}, Roles: []RoleEntry{},
		Policies: []PolicyEntry{}, Users: []UserEntry{}, Groups: []GroupEntry{}, Buckets: []BucketEntry{},
	}
	for _, k := range w.clusters.Load().order {
		v.Clusters = append(v.Clusters, ClusterEntry{k.name, k.issuer.URL(), k.id, len(k.serviceAccounts)})
		for _, key := range slices.Sorted(maps.Keys(k.serviceAccounts)) {
			v.ServiceAccounts = append(v.ServiceAccounts, k.entry(k.serviceAccounts[key]))
		}
	}
	snapshot := w.store.Snapshot()
	accounts := snapshot.Accounts()
	slices.Sort(accounts)
	for _, account := range accounts {
		v.addAccount(snapshot, account)
	}
	buckets, err := w.s3.Buckets()
	for _, b := range buckets {
		v.Buckets = append(v.Buckets, BucketEntry{b.AccountID, b.Name, b.Versioned, len(b.Policy) > 0, b.Created})
	}
	return v, err
}

// entry is the service account in an inventory.
func (k *cluster) entry(sa *serviceAccount) ServiceAccountEntry {
	return ServiceAccountEntry{
		Cluster: k.name, Namespace: sa.namespace, Name: sa.name,
		RoleARN: sa.annotations[roleARNAnnotation], Annotations: sa.annotations,
	}
}

// addAccount adds what IAM has of an account.
func (v *Inventory) addAccount(s *iam.Snapshot, account string) {
	for _, p := range sorted(s.Providers(account), func(p *iam.Provider) string { return p.URL }) {
		v.Providers = append(v.Providers, ProviderEntry{account, p.URL, p.ARN, p.ClientIDs, p.Thumbprints, p.Created})
	}
	for _, r := range sorted(s.Roles(account), func(r *iam.Role) string { return r.Name }) {
		v.Roles = append(v.Roles, RoleEntry{account, r.Name, r.ARN, r.ID, int(r.MaxSessionDuration / time.Second), names(r.Policies()), r.BoundaryARN, r.Created})
	}
	for _, p := range sorted(s.ManagedPolicies(account), func(p *iam.ManagedPolicy) string { return p.Name }) {
		v.Policies = append(v.Policies, PolicyEntry{account, p.Name, p.ARN, p.VersionID, len(p.Versions), p.Created})
	}
	for _, u := range sorted(s.Users(account), func(u *iam.User) string { return u.Name }) {
		var keys []string
		for _, k := range u.AccessKeys {
			keys = append(keys, k.ID)
		}
		v.Users = append(v.Users, UserEntry{account, u.Name, u.ARN, u.ID, keys, u.Groups, names(u.Policies()), u.Created})
	}
	for _, g := range sorted(s.Groups(account), func(g *iam.Group) string { return g.Name }) {
		var members []string
		for _, u := range sorted(s.Members(g), func(u *iam.User) string { return u.Name }) {
			members = append(members, u.Name)
		}
		v.Groups = append(v.Groups, GroupEntry{account, g.Name, g.ARN, g.ID, members, g.Created})
	}
}

// sorted returns the list in the order of its keys.
func sorted[T any](list []T, key func(T) string) []T {
	slices.SortFunc(list, func(a, b T) int { return cmp.Compare(key(a), key(b)) })
	return list
}

func names(policies []policy.Policy) []string {
	var list []string
	for _, p := range policies {
		list = append(list, p.Name)
	}
	return list
}

func (e *Emulator) controlInventory(w http.ResponseWriter, _ *http.Request) {
	v, err := e.Inventory()
	if err != nil {
		refuse(w, err)
		return
	}
	writeJSON(w, v)
}
