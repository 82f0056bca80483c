package emulator

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/irsatz/irsatz/webhook"
)

// hookConfig is what the webhooks of all clusters have in common. As on EKS the
// region is set and regional endpoints are the default; unlike there, the API
// server is told what is wrong with an annotation.
func (e *Emulator) hookConfig() webhook.Config {
	return webhook.Config{
		DefaultRegion: e.config.Region, RegionalSTSEndpoint: true,
		Additions: webhook.Additions{Endpoint: e.config.PodEndpoint, Warnings: true},
		Rand:      e.config.Rand, Log: e.config.Log, Now: e.config.Clock.Now,
	}
}

// hook gives the cluster a webhook over its service accounts as they are now.
func (k *cluster) hook(config webhook.Config) {
	config.ServiceAccounts = accounts(k.serviceAccounts)
	if k.attached != nil {
		config.ServiceAccounts, config.Mappings, config.LookupGrace = k.attached.ServiceAccounts, k.attached.Mappings, attachedGrace
	}
	k.webhook = webhook.New(config)
}

// attachedGrace is how long a pod may wait for a service account that was
// created just before it.
const attachedGrace = 500 * time.Millisecond

// accounts are the service accounts of a cluster at one instant. They never
// change, and so there is none to wait for.
type accounts map[string]*serviceAccount

// Lookup returns the annotations of a service account.
func (a accounts) Lookup(namespace, name string) (map[string]string, bool) {
	s, ok := a[namespace+"/"+name]
	if !ok {
		return nil, false
	}
	return s.annotations, true
}

// Await returns at once.
func (a accounts) Await(context.Context, string, string) {}

// Len returns how many there are.
func (a accounts) Len() int { return len(a) }

// serveWebhook answers the API servers of the clusters: that of the first one
// at /_irsatz/mutate, that of any at /_irsatz/clusters/NAME/mutate. As for
// upstream's webhook, who asks is not asked: the answer says no more than a pod
// of the service account will see.
func (s *clusterSet) serveWebhook(w http.ResponseWriter, r *http.Request) {
	name := ""
	if rest, ok := strings.CutPrefix(r.URL.Path, "/_irsatz/clusters/"); ok {
		name, ok = strings.CutSuffix(rest, "/mutate")
		if !ok || name == "" || strings.Contains(name, "/") {
			notFoundHandler(w, r)
			return
		}
	}
	k, err := s.find(name)
	if err != nil {
		notFoundHandler(w, r)
		return
	}
	k.webhook.ServeHTTP(w, r)
}

// ServiceAccount is a service account and the issuer of its tokens, which is
// the audience of those for its API server.
type ServiceAccount struct {
	ServiceAccountEntry
	Issuer string `json:"oidcIssuer"`
}

// controlServiceAccount answers with a service account, or which one was
// probably meant.
func (e *Emulator) controlServiceAccount(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	k, err := e.clusters().find(q.Get("cluster"))
	if err != nil {
		refuse(w, err)
		return
	}
	s, err := k.serviceAccount(q.Get("namespace"), q.Get("name"))
	if err != nil {
		refuse(w, err)
		return
	}
	writeJSON(w, ServiceAccount{k.entry(s), k.issuer.URL()})
}
