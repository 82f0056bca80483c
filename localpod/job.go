package localpod

import (
	"context"
	"errors"
)

// requestURL and requestToken are where a job of GitHub Actions fetches its
// tokens.
//
// https://docs.github.com/en/actions/reference/security/oidc
const (
	requestURL   = "ACTIONS_ID_TOKEN_REQUEST_URL"
	requestToken = "ACTIONS_ID_TOKEN_REQUEST_TOKEN"
)

// job makes it a job of an issuer, which has a place to fetch its tokens from
// instead of a token.
func (p *Pod) job(ctx context.Context, config Config, env *environ) (*admitted, error) {
	if config.Cluster != "" || config.Namespace != "" || config.ServiceAccount != "" || config.Workload != nil || config.Container != "" {
		return nil, errors.New("localpod: a job of Config.Issuer is in no cluster: it has no ServiceAccount and no workload")
	}
	a, err := meet(ctx, config)
	if err != nil {
		return nil, err
	}
	endpoint, err := config.Client.TokenEndpoint(ctx, config.Issuer)
	if err != nil {
		return nil, err
	}
	env.setDefault(requestURL, endpoint.URL)
	env.setDefault(requestToken, endpoint.Token)
	return a, nil
}
