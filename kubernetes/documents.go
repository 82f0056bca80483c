package kubernetes

import (
	"context"
	"encoding/json"
	"fmt"
)

// Documents is what a cluster publishes for others to verify its tokens.
type Documents struct {
	Issuer string
	Keys   []byte // the JWKS, as the API server has it
}

// Documents fetches them with the kubeconfig's credentials: to strangers the
// API server answers 403, unless somebody has bound the ClusterRole
// system:service-account-issuer-discovery to them.
func (c *Cluster) Documents(ctx context.Context) (Documents, error) {
	text, err := c.core.Get().AbsPath("/.well-known/openid-configuration").Do(ctx).Raw()
	if err != nil {
		return Documents{}, c.explain("fetch the issuer's discovery document", err)
	}
	var discovery struct {
		Issuer string `json:"issuer"`
	}
	if err := json.Unmarshal(text, &discovery); err != nil || discovery.Issuer == "" {
		return Documents{}, fmt.Errorf("discovery document of the cluster at %s: no issuer in it: %w", c.server, err)
	}
	keys, err := c.core.Get().AbsPath("/openid/v1/jwks").Do(ctx).Raw()
	if err != nil {
		return Documents{}, c.explain("fetch the issuer's keys", err)
	}
	return Documents{Issuer: discovery.Issuer, Keys: keys}, nil
}
