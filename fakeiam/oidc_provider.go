package fakeiam

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/arn"
	"github.com/irsatz/irsatz/iam/policy"
	"github.com/irsatz/irsatz/internal/awsapi"
)

// Quotas of OIDC providers
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html).
const (
	maxProviders   = 100
	maxClientIDs   = 100
	maxThumbprints = 5
)

func (s *Server) providerOperations() []awsapi.Operation {
	return []awsapi.Operation{
		awsapi.Guarded("AddClientIDToOpenIDConnectProvider", s.clientIDTargets, s.addClientID),
		awsapi.Guarded("CreateOpenIDConnectProvider", s.createProviderTargets, s.createProvider),
		awsapi.Guarded("DeleteOpenIDConnectProvider", s.namedProvider, s.deleteProvider),
		awsapi.Guarded("GetOpenIDConnectProvider", s.namedProvider, s.getProvider),
		awsapi.Guarded("ListOpenIDConnectProviders", s.listProvidersTargets, s.listProviders),
		awsapi.Guarded("RemoveClientIDFromOpenIDConnectProvider", s.clientIDTargets, s.removeClientID),
		awsapi.Guarded("UpdateOpenIDConnectProviderThumbprint", s.updateThumbprintTargets, s.updateThumbprint),
	}
}

// providerResource is how a provider's ARN continues after the account.
const providerResource = "oidc-provider/"

// provider returns the caller's provider with this ARN in the state.
func provider(state *iam.Snapshot, call *awsapi.Call, providerARN string) (*iam.Provider, error) {
	a, err := arn.Parse(providerARN)
	if err != nil {
		return nil, errPolicyARN
	}
	url, ok := strings.CutPrefix(a.Resource, providerResource)
	p, found := state.Provider(call.Caller.AccountID, url)
	if !ok || !found || p.ARN != providerARN {
		return nil, noSuchEntity("OpenIDConnect Provider not found for arn " + providerARN)
	}
	return p, nil
}

// providerTarget is the provider with this ARN, whoever's it is.
func (s *Server) providerTarget(call *awsapi.Call, providerARN string) awsapi.Target {
	target := arnTarget(providerARN)
	if p, err := provider(s.snapshot(), call, providerARN); err == nil {
		target.Fill = func(ctx *policy.Context) { fillResourceTags(ctx, p.Tags) }
	}
	return target
}

// updateProvider changes the caller's provider with this ARN.
func (s *Server) updateProvider(call *awsapi.Call, providerARN string, change func(*iam.Provider) error) (*awsapi.NoResult, error) {
	return &awsapi.NoResult{}, s.update(func(d *iam.Draft) error {
		p, err := provider(d.Snapshot(), call, providerARN)
		if err != nil {
			return err
		}
		_, err = d.UpdateProvider(p.AccountID, p.URL, change)
		return err
	})
}

type providerInput struct {
	OpenIDConnectProviderArn string `rule:"required,min=20,max=2048"`
}

func (s *Server) namedProvider(call *awsapi.Call, in *providerInput) []awsapi.Target {
	return []awsapi.Target{s.providerTarget(call, in.OpenIDConnectProviderArn)}
}

type providerOutput struct {
	Url            string //nolint:revive // AWS's spelling
	ClientIDList   []string
	ThumbprintList []string
	CreateDate     time.Time
	Tags           []shownTag
}

// getProvider shows empty lists, the tags' too (observed).
func (s *Server) getProvider(_ context.Context, call *awsapi.Call, in *providerInput) (*providerOutput, error) {
	p, err := provider(s.snapshot(), call, in.OpenIDConnectProviderArn)
	if err != nil {
		return nil, err
	}
	return &providerOutput{
		Url: p.URL, ClientIDList: present(p.ClientIDs), ThumbprintList: present(p.Thumbprints),
		CreateDate: p.Created, Tags: present(shownTags(p.Tags)),
	}, nil
}

// deleteProvider deletes a provider. One that is not there is an error, though
// AWS's page says otherwise (observed).
func (s *Server) deleteProvider(_ context.Context, call *awsapi.Call, in *providerInput) (*awsapi.NoResult, error) {
	return &awsapi.NoResult{}, s.update(func(d *iam.Draft) error {
		p, err := provider(d.Snapshot(), call, in.OpenIDConnectProviderArn)
		if err == errPolicyARN {
			return err
		}
		if err != nil {
			return noSuchEntity("OpenId connect Provider " + in.OpenIDConnectProviderArn + " cannot be found.")
		}
		return d.DeleteProvider(p.AccountID, p.URL)
	})
}

type listProvidersOutput struct {
	OpenIDConnectProviderList []listedProvider
}

type listedProvider struct{ Arn string }

func (s *Server) listProvidersTargets(call *awsapi.Call, _ *struct{}) []awsapi.Target {
	return []awsapi.Target{{Resource: entityARN(call, providerResource+"*")}}
}

// listProviders lists all there are: it has no pages.
func (s *Server) listProviders(_ context.Context, call *awsapi.Call, _ *struct{}) (*listProvidersOutput, error) {
	list := listed(s.snapshot().Providers(call.Caller.AccountID), func(p *iam.Provider) listedProvider { return listedProvider{p.ARN} })
	slices.SortFunc(list, func(a, b listedProvider) int { return strings.Compare(a.Arn, b.Arn) })
	return &listProvidersOutput{list}, nil
}

type clientIDInput struct {
	providerInput
	ClientID string `rule:"required,min=1,max=255"`
}

func (s *Server) clientIDTargets(call *awsapi.Call, in *clientIDInput) []awsapi.Target {
	return []awsapi.Target{s.providerTarget(call, in.OpenIDConnectProviderArn)}
}

// addClientID adds an audience. One that is there already is no error.
func (s *Server) addClientID(_ context.Context, call *awsapi.Call, in *clientIDInput) (*awsapi.NoResult, error) {
	return s.updateProvider(call, in.OpenIDConnectProviderArn, func(p *iam.Provider) (err error) {
		p.ClientIDs, err = clientIDs(append(p.ClientIDs, in.ClientID))
		return err
	})
}

// removeClientID takes an audience away. One that is not there is no error.
func (s *Server) removeClientID(_ context.Context, call *awsapi.Call, in *clientIDInput) (*awsapi.NoResult, error) {
	return s.updateProvider(call, in.OpenIDConnectProviderArn, func(p *iam.Provider) error {
		p.ClientIDs = slices.DeleteFunc(p.ClientIDs, func(id string) bool { return id == in.ClientID })
		return nil
	})
}

// clientIDs are audiences as they are kept: in their order, each once
// (observed).
func clientIDs(list []string) ([]string, error) {
	var kept []string
	for _, id := range list {
		if !slices.Contains(kept, id) {
			kept = append(kept, id)
		}
	}
	if len(kept) > maxClientIDs {
		return nil, limitExceeded("ClientIdsPerOpenIdConnectProvider: 100")
	}
	return kept, nil
}

type updateThumbprintInput struct {
	providerInput
	ThumbprintList []string `rule:"required" each:"min=40,max=40"`
}

func (s *Server) updateThumbprintTargets(call *awsapi.Call, in *updateThumbprintInput) []awsapi.Target {
	return []awsapi.Target{s.providerTarget(call, in.OpenIDConnectProviderArn)}
}

func (s *Server) updateThumbprint(_ context.Context, call *awsapi.Call, in *updateThumbprintInput) (*awsapi.NoResult, error) {
	if len(in.ThumbprintList) == 0 {
		return nil, errNoThumbprint
	}
	return s.updateProvider(call, in.OpenIDConnectProviderArn, func(p *iam.Provider) (err error) {
		p.Thumbprints, err = thumbprints(in.ThumbprintList)
		return err
	})
}

// thumbprints are thumbprints as they are kept: in lower case, as often as they
// were given, whether they are hexadecimal or not (observed).
func thumbprints(list []string) ([]string, error) {
	if len(list) > maxThumbprints {
		return nil, errManyThumbprints
	}
	return listed(list, strings.ToLower), nil
}
