package emulator

import (
	"net/http"
	"reflect"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/irsatz/irsatz/oidc"
	"github.com/irsatz/irsatz/webhook"
)

// Resolve resolves a config and returns its root credentials.
func Resolve(c Config) (key, secret string, generated bool, err error) {
	r, err := c.resolve(lasting{})
	if err != nil {
		return "", "", false, err
	}
	return r.rootKey, r.rootSecret, r.rootGenerated, nil
}

// CloseIdle closes what clients of the control port keep open.
func CloseIdle() { directClient.CloseIdleConnections() }

// Verifier is the emulator's verifier of tokens.
func (e *Emulator) Verifier() *oidc.Verifier { return e.verifier }

// Issuer is the issuer of the cluster.
func (e *Emulator) Issuer(cluster string) *oidc.Issuer { return e.clusters().byName[cluster].issuer }

// ClusterSet is the clusters and issuers as they are now.
type ClusterSet = clusterSet

// ClusterSet returns the clusters and issuers.
func (e *Emulator) ClusterSet() *ClusterSet { return e.clusters() }

// DiffClusters tells in what clusters and issuers differ, but for the values
// that no other run can have: issuers are the same that have the same URL.
func DiffClusters(a, b *ClusterSet) string {
	return cmp.Diff(a, b,
		cmp.Exporter(func(t reflect.Type) bool { return t.PkgPath() == reflect.TypeFor[clusterSet]().PkgPath() }),
		cmpopts.EquateEmpty(), cmpopts.IgnoreInterfaces(struct{ http.Handler }{}),
		cmp.Comparer(func(a, b *oidc.Issuer) bool { return a.URL() == b.URL() }),
		cmpopts.IgnoreTypes(&webhook.Webhook{}),
		cmp.Comparer(func(a, b oidc.Preset) bool { return a.Name == b.Name }),
	)
}

// BreakDataDir makes every further write to the data directory fail.
func (e *Emulator) BreakDataDir() error { return e.lasting.close() }
