package emulator

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gorilla/mux"

	"github.com/irsatz/irsatz/fakests"
	"github.com/irsatz/irsatz/iam/arn"
	"github.com/irsatz/irsatz/trail"
)

// Description is a service account with everything between its pods and their
// permissions.
type Description struct {
	ServiceAccountEntry
	Issuer string `json:"oidcIssuer"`
	// Audience is what a pod's token is for.
	Audience string `json:"audience,omitempty"`
	// Provider is the OIDC provider of the issuer in the role's account, nil if
	// there is none.
	Provider *ProviderEntry `json:"oidcProvider,omitempty"`
	// Role is what the annotation names, nil if it is not there.
	Role *RoleEntry `json:"role,omitempty"`
	// Rehearsal is what STS would answer to a pod now; nil for a service account
	// without a role.
	Rehearsal *Rehearsal `json:"rehearsal,omitempty"`
}

// Rehearsal is what STS answers to a token that was minted as a pod's is. It
// leaves no record, and nobody gets the credentials.
type Rehearsal struct {
	Allowed bool   `json:"allowed"`
	Code    string `json:"code,omitempty"`    // AWS's error code
	Message string `json:"message,omitempty"` // AWS's error message
	Why     string `json:"why,omitempty"`     // the explanation of a refusal, for people
}

// Describe describes a service account. Cluster is a name or an issuer URL; ""
// means the first.
func (e *Emulator) Describe(ctx context.Context, clusterName, namespace, name string) (Description, error) {
	w := e.world.Load()
	k, err := w.clusters.Load().find(clusterName)
	if err != nil {
		return Description{}, err
	}
	sa, err := k.serviceAccount(namespace, name)
	if err != nil {
		return Description{}, err
	}
	d := Description{ServiceAccountEntry: k.entry(sa), Issuer: k.issuer.URL()}
	audience, ok := k.webhook.Audience(namespace, name)
	if !ok {
		return d, nil
	}
	d.Audience = audience
	var v Inventory
	if a, err := arn.Parse(d.RoleARN); err == nil {
		v.addAccount(w.store.Snapshot(), a.AccountID)
	}
	if i := slices.IndexFunc(v.Roles, func(r RoleEntry) bool { return r.ARN == d.RoleARN }); i >= 0 {
		d.Role = &v.Roles[i]
	}
	if i := slices.IndexFunc(v.Providers, func(p ProviderEntry) bool { return "https://"+p.URL == d.Issuer }); i >= 0 {
		d.Provider = &v.Providers[i]
	}
	if k.attached != nil {
		return d, nil // its tokens are made elsewhere
	}
	token, err := e.MintToken(ctx, TokenRequest{Cluster: k.name, Namespace: namespace, ServiceAccount: name, Audiences: []string{audience}})
	if err != nil {
		return d, err
	}
	d.Rehearsal, err = w.rehearse(ctx, d.RoleARN, token.Token)
	return d, err
}

// rehearse asks an STS over the same state, whose records nobody sees.
func (n *world) rehearse(ctx context.Context, roleARN, token string) (*Rehearsal, error) {
	config := n.stsConfig
	log := trail.NewLog(1)
	config.Trail = log
	sts, err := fakests.New(config)
	if err != nil {
		return nil, err
	}
	form := url.Values{
		"Action": {"AssumeRoleWithWebIdentity"}, "Version": {"2011-06-15"},
		"RoleArn": {roleARN}, "RoleSessionName": {"rehearsal"}, "WebIdentityToken": {token},
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://sts.amazonaws.com/", strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.RemoteAddr = "127.0.0.1:0"
	sts.ServeHTTP(&discard{header: http.Header{}}, request)
	records := log.Records(1)
	if len(records) == 0 {
		return nil, ctx.Err()
	}
	r := records[0]
	if r.Status == http.StatusOK {
		return &Rehearsal{Allowed: true}, nil
	}
	return &Rehearsal{Code: r.Code, Message: r.Message, Why: withoutHead(r.Explanation())}, nil
}

// withoutHead is an explanation without the id of its request, which nobody can
// look up.
func withoutHead(explanation string) string {
	_, rest, _ := strings.Cut(explanation, "\n")
	return rest
}

// discard takes an answer and keeps nothing of it.
type discard struct{ header http.Header }

// Header returns the header to fill in.
func (d *discard) Header() http.Header { return d.header }

// WriteHeader does nothing.
func (d *discard) WriteHeader(int) {}

// Write does nothing, and says it has.
func (d *discard) Write(p []byte) (int, error) { return len(p), nil }

func (e *Emulator) controlDescribe(w http.ResponseWriter, r *http.Request) {
	vars := mux.Vars(r)
	d, err := e.Describe(r.Context(), r.URL.Query().Get("cluster"), vars["namespace"], vars["name"])
	if err != nil {
		refuse(w, err)
		return
	}
	writeJSON(w, d)
}
