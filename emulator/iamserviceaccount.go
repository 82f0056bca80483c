package emulator

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/gorilla/mux"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/arn"
	"github.com/irsatz/irsatz/manifest"
	"github.com/irsatz/irsatz/webhook"
)

// IAMServiceAccount asks for a role and its ServiceAccount, as eksctl makes them
// (https://docs.aws.amazon.com/eks/latest/eksctl/iamserviceaccounts.html).
type IAMServiceAccount struct {
	Cluster   string `json:"cluster"` // name or issuer URL; "" means the first
	Namespace string `json:"namespace"`
	Name      string `json:"name"`

	AttachPolicyARNs []string          `json:"attachPolicyARNs,omitempty"`
	AttachRoleARN    string            `json:"attachRoleARN,omitempty"` // of a role that is there; none is made then
	RoleName         string            `json:"roleName,omitempty"`      // "" means one as CloudFormation makes it
	RoleOnly         bool              `json:"roleOnly,omitempty"`      // no ServiceAccount is made
	SubjectPattern   string            `json:"subjectPattern,omitempty"`
	Tags             map[string]string `json:"tags,omitempty"`
	// OverrideExisting changes the annotation of a ServiceAccount that is there,
	// which otherwise keeps everything from being done.
	OverrideExisting bool `json:"overrideExisting,omitempty"`
	// Approve does it; without, it is only said what would be done.
	Approve bool `json:"approve,omitempty"`
}

// IAMServiceAccountResult is what was done, or would be.
type IAMServiceAccountResult struct {
	RoleARN  string   `json:"roleARN,omitempty"`
	Notes    []string `json:"notes,omitempty"` // why something is left alone
	Tasks    []string `json:"tasks,omitempty"` // empty: there is nothing to do
	Approved bool     `json:"approved"`
}

// IAMServiceAccountEntry is a role that was made for a ServiceAccount.
type IAMServiceAccountEntry struct {
	Cluster   string `json:"cluster"`
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	RoleARN   string `json:"roleARN"`
}

// The tags by which eksctl knows what it made.
const (
	clusterTag = "alpha.eksctl.io/cluster-name"
	accountTag = "alpha.eksctl.io/iamserviceaccount-name"
)

// entryOf returns what the role was made for, if it was made for a
// ServiceAccount.
func entryOf(r *iam.Role) (IAMServiceAccountEntry, bool) {
	entry := IAMServiceAccountEntry{RoleARN: r.ARN}
	for _, t := range r.Tags {
		switch t.Key {
		case clusterTag:
			entry.Cluster = t.Value
		case accountTag:
			entry.Namespace, entry.Name, _ = strings.Cut(t.Value, "/")
		}
	}
	return entry, entry.Cluster != "" && entry.Name != ""
}

// IAMServiceAccounts returns the roles that were made for ServiceAccounts of the
// cluster, "" means the first, in the order of their namespaces and names.
func (e *Emulator) IAMServiceAccounts(cluster string) ([]IAMServiceAccountEntry, error) {
	w := e.world.Load()
	k, err := w.clusters.Load().find(cluster)
	if err != nil {
		return nil, err
	}
	list := []IAMServiceAccountEntry{}
	for _, r := range w.store.Snapshot().Roles(k.account) {
		if entry, ok := entryOf(r); ok && entry.Cluster == k.name {
			list = append(list, entry)
		}
	}
	return sorted(list, func(i IAMServiceAccountEntry) string { return i.Namespace + "/" + i.Name }), nil
}

// iamServiceAccount returns the role that was made for the ServiceAccount.
func (w *world) iamServiceAccount(k *cluster, namespace, name string) (*iam.Role, bool) {
	roles := w.store.Snapshot().Roles(k.account)
	i := slices.IndexFunc(roles, func(r *iam.Role) bool {
		entry, ok := entryOf(r)
		return ok && entry.Cluster == k.name && entry.Namespace == namespace && entry.Name == name
	})
	if i < 0 {
		return nil, false
	}
	return roles[i], true
}

// CreateIAMServiceAccount makes the cluster's OIDC provider if it is missing, the
// role and the annotated ServiceAccount: all of it or nothing. What is there
// already is left alone, as by eksctl.
func (e *Emulator) CreateIAMServiceAccount(request IAMServiceAccount) (IAMServiceAccountResult, error) {
	e.stateMu.Lock()
	defer e.stateMu.Unlock()
	w := e.world.Load()
	k, err := w.clusters.Load().find(request.Cluster)
	if err != nil {
		return IAMServiceAccountResult{}, err
	}
	if len(request.AttachPolicyARNs) == 0 && request.AttachRoleARN == "" {
		return IAMServiceAccountResult{}, errors.New("one of the policies to attach and the role to attach must be given")
	}
	result := IAMServiceAccountResult{Approved: request.Approve}
	if role, ok := w.iamServiceAccount(k, request.Namespace, request.Name); ok && request.AttachRoleARN == "" {
		result.RoleARN = role.ARN
		result.Notes = append(result.Notes, fmt.Sprintf("1 existing iamserviceaccount(s) (%s/%s) will be excluded", request.Namespace, request.Name))
		return result, nil
	}
	old, exists := k.serviceAccounts[request.Namespace+"/"+request.Name]
	if exists && !request.RoleOnly && !request.OverrideExisting {
		result.Notes = append(result.Notes, "serviceaccounts that exist in Kubernetes will be excluded, use --override-existing-serviceaccounts to override")
		return result, nil
	}
	state := request.state(k, old)
	expanded, err := e.expand(w, state)
	if err != nil {
		return result, err
	}
	result.plan(expanded, exists)
	if !request.Approve {
		return result, nil
	}
	return result, e.loadInto(w, state)
}

// state is the request as a manifest has it. A ServiceAccount that is there
// keeps its other annotations.
func (r *IAMServiceAccount) state(k *cluster, old *serviceAccount) *manifest.State {
	at := manifest.Pos{File: "iamserviceaccount", Field: r.Namespace + "/" + r.Name}
	sa := manifest.IAMServiceAccount{
		Pos: at, Cluster: k.name, Namespace: r.Namespace, Name: r.Name, PolicyARNs: r.AttachPolicyARNs,
		AttachRoleARN: r.AttachRoleARN, RoleName: r.RoleName, RoleOnly: r.RoleOnly, SubjectPattern: r.SubjectPattern,
	}
	for _, key := range slices.Sorted(maps.Keys(r.Tags)) {
		sa.Tags = append(sa.Tags, manifest.Tag{Key: key, Value: r.Tags[key]})
	}
	if old != nil {
		sa.Annotations = maps.Clone(old.annotations)
		delete(sa.Annotations, roleARNAnnotation)
	}
	return &manifest.State{
		Clusters:           []manifest.Cluster{{Pos: at, Name: k.name, Provider: &manifest.ClusterProvider{Pos: at}}},
		IAMServiceAccounts: []manifest.IAMServiceAccount{sa},
	}
}

// plan says what loading the expanded state does.
func (r *IAMServiceAccountResult) plan(state *manifest.State, exists bool) {
	for _, p := range state.OIDCProviders {
		r.Tasks = append(r.Tasks, "create IAM Open ID Connect provider for "+p.URL)
	}
	for _, role := range state.Roles {
		r.RoleARN = iamRoleARN(role.AccountID, role.Name)
		r.Tasks = append(r.Tasks, "create IAM role "+r.RoleARN)
	}
	for _, sa := range state.ServiceAccounts {
		r.RoleARN = sa.Annotations[roleARNAnnotation]
		verb := "create"
		if exists {
			verb = "update"
			r.Notes = append(r.Notes, "metadata of serviceaccounts that exist in Kubernetes will be updated, as --override-existing-serviceaccounts was set")
		}
		r.Tasks = append(r.Tasks, fmt.Sprintf("%s serviceaccount %q", verb, sa.Namespace+"/"+sa.Name))
	}
}

func iamRoleARN(account, name string) string {
	return arn.ARN{Partition: "aws", Service: "iam", AccountID: account, Resource: "role/" + name}.String()
}

// DeleteIAMServiceAccount removes the role that was made for the ServiceAccount,
// with what is attached to it, and the ServiceAccount if it is still annotated
// with that role.
func (e *Emulator) DeleteIAMServiceAccount(cluster, namespace, name string) (IAMServiceAccountResult, error) {
	e.stateMu.Lock()
	defer e.stateMu.Unlock()
	w := e.world.Load()
	k, err := w.clusters.Load().find(cluster)
	if err != nil {
		return IAMServiceAccountResult{}, err
	}
	result := IAMServiceAccountResult{Approved: true}
	role, ok := w.iamServiceAccount(k, namespace, name)
	if !ok {
		return result, nil
	}
	result.RoleARN = role.ARN
	result.Tasks = append(result.Tasks, "delete IAM role "+role.ARN)
	key := namespace + "/" + name
	clusters := w.clusters.Load()
	if sa, ok := k.serviceAccounts[key]; ok && sa.annotations[roleARNAnnotation] == role.ARN {
		result.Tasks = append(result.Tasks, fmt.Sprintf("delete serviceaccount %q", key))
		clusters = clusters.without(k, key, e.hookConfig())
	}
	return result, e.replace(w, clusters, func(d *iam.Draft) error { return d.DeleteRole(role.AccountID, role.Name) })
}

// without returns the clusters without a service account, of which the webhook
// must not know either.
func (s *clusterSet) without(k *cluster, key string, hooks webhook.Config) *clusterSet {
	order := slices.Clone(s.order)
	i := slices.Index(order, k)
	twin := *k
	twin.serviceAccounts = maps.Clone(k.serviceAccounts)
	delete(twin.serviceAccounts, key)
	twin.hook(hooks)
	order[i] = &twin
	return newClusterSet(order, s.others)
}

func (e *Emulator) controlCreateIAMServiceAccount(w http.ResponseWriter, r *http.Request) {
	var request IAMServiceAccount
	if !readJSON(w, r, &request) {
		return
	}
	answer(w)(e.CreateIAMServiceAccount(request))
}

func (e *Emulator) controlIAMServiceAccounts(w http.ResponseWriter, r *http.Request) {
	list, err := e.IAMServiceAccounts(r.URL.Query().Get("cluster"))
	if err != nil {
		refuse(w, err)
		return
	}
	writeJSON(w, list)
}

func (e *Emulator) controlDeleteIAMServiceAccount(w http.ResponseWriter, r *http.Request) {
	vars := mux.Vars(r)
	answer(w)(e.DeleteIAMServiceAccount(r.URL.Query().Get("cluster"), vars["namespace"], vars["name"]))
}

// answer writes a result, or why there is none.
func answer(w http.ResponseWriter) func(IAMServiceAccountResult, error) {
	return func(result IAMServiceAccountResult, err error) {
		if err != nil {
			refuse(w, err)
			return
		}
		writeJSON(w, result)
	}
}
