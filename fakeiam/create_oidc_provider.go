package fakeiam

import (
	"context"
	"errors"
	"net"
	"strings"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/internal/awsapi"
)

type createProviderInput struct {
	URL            string   `query:"Url" rule:"required,min=1,max=255"`
	ClientIDList   []string `each:"min=1,max=255"`
	ThumbprintList []string `each:"min=40,max=40"`
	Tags           []tag    `rule:"max=50"`
}

type createProviderOutput struct {
	OpenIDConnectProviderArn string
	Tags                     []shownTag
}

// createProviderTargets is about the ARN that the provider will have.
func (s *Server) createProviderTargets(call *awsapi.Call, in *createProviderInput) []awsapi.Target {
	url, err := iam.ProviderURL(in.URL)
	if err != nil {
		url = strings.TrimPrefix(in.URL, "https://")
	}
	return creating(awsapi.Target{Resource: entityARN(call, providerResource+url)}, "iam:TagOpenIDConnectProvider", in.Tags, nil)
}

// createProvider registers a provider. Its answer has the tags in the order in
// which they came (observed).
func (s *Server) createProvider(ctx context.Context, call *awsapi.Call, in *createProviderInput) (*createProviderOutput, error) {
	p, err := newProvider(in)
	if err != nil {
		return nil, err
	}
	p.AccountID = call.Caller.AccountID
	if err := registrable(s.snapshot(), p); err != nil {
		return nil, err
	}
	if len(p.Thumbprints) == 0 {
		if p.Thumbprints, err = s.thumbprintsOf(ctx, call, p.URL); err != nil {
			return nil, err
		}
	}
	out := &createProviderOutput{}
	err = s.update(func(d *iam.Draft) error {
		// Things may have changed while the issuer was asked.
		if err := registrable(d.Snapshot(), p); err != nil {
			return err
		}
		made, err := d.CreateProvider(*p)
		if err != nil {
			return err
		}
		out.OpenIDConnectProviderArn = made.ARN
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, t := range p.Tags {
		out.Tags = append(out.Tags, shownTag{t.Key, &t.Value})
	}
	return out, nil
}

// newProvider is what the request wants to register. A URL with a port is taken:
// AWS's page says that it should have none, and not what happens if it has one,
// while issuers on this machine have.
func newProvider(in *createProviderInput) (*iam.Provider, error) {
	if !strings.HasPrefix(in.URL, "https://") {
		return nil, errProviderURL
	}
	if strings.ContainsAny(in.URL, "?#") {
		return nil, invalidInput("Unknown") // so the service (observed)
	}
	url, err := iam.ProviderURL(in.URL)
	if err != nil {
		return nil, errProviderURL
	}
	p := &iam.Provider{URL: url}
	if p.ClientIDs, err = clientIDs(in.ClientIDList); err != nil {
		return nil, err
	}
	if p.Thumbprints, err = thumbprints(in.ThumbprintList); err != nil {
		return nil, err
	}
	p.Tags, err = newTags(in.Tags, exact)
	return p, err
}

// registrable refuses a provider that is there already, or one too many.
func registrable(state *iam.Snapshot, p *iam.Provider) error {
	if _, ok := state.Provider(p.AccountID, p.URL); ok {
		return alreadyExists("Provider with url https://" + p.URL + " already exists.")
	}
	if len(state.Providers(p.AccountID)) >= maxProviders {
		return limitExceeded("OpenIdConnectProvidersPerAccount: 100")
	}
	return nil
}

// thumbprintsOf asks the issuer for the thumbprint that the request left out.
//
// DIVERGES: CreateOpenIDConnectProvider without a thumbprint list registers, with
// an empty one, also an issuer at whose address nobody answers, where IAM says
// OpenIdIdpCommunicationError: here an issuer may be of the user's invention, or
// on a network that is not there. STS then believes the issuer only if a public
// CA vouches for it.
func (s *Server) thumbprintsOf(ctx context.Context, call *awsapi.Call, url string) ([]string, error) {
	if s.config.Thumbprints == nil {
		return nil, nil
	}
	thumbprint, err := s.config.Thumbprints.Thumbprint(ctx, "https://"+url)
	switch {
	case err == nil:
		return []string{thumbprint}, nil
	case unanswered(err):
		call.Warn("nobody answers for the issuer https://" + url + ", so the provider has no thumbprint: " + err.Error())
		return nil, nil
	}
	call.Explain("the certificate of the issuer https://"+url+" is not to be had: "+err.Error(), "mend the issuer's TLS, or name a thumbprint in ThumbprintList")
	return nil, errIdpCommunication
}

// unanswered reports whether no connection came about: an error of the network,
// not of whoever is there.
func unanswered(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	_, name := errors.AsType[*net.DNSError](err)
	return name || ok && op.Op == "dial"
}
