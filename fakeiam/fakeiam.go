// Package fakeiam is the IAM query API.
//
// https://docs.aws.amazon.com/IAM/latest/APIReference/
package fakeiam

import (
	"context"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/internal/awsapi"
)

// Config is what a Server needs.
type Config struct {
	awsapi.Config
	// Thumbprints finds the thumbprint of a provider that is registered without
	// one. Nil means that the list then stays empty.
	Thumbprints Thumbprinter
	// UnknownPrincipals lets trust policies name users and roles that are not
	// there, which AWS refuses.
	UnknownPrincipals bool
	// OpenSharedIssuers lets trust policies trust everybody at an issuer that many
	// organizations share, such as GitHub's, which AWS refuses.
	OpenSharedIssuers bool
}

// Thumbprinter finds what identifies the certificate authority of an issuer.
type Thumbprinter interface {
	// Thumbprint returns the SHA-1 of the top certificate of the chain that the
	// issuer's host presents, as 40 hex digits.
	Thumbprint(ctx context.Context, issuerURL string) (string, error)
}

// Server answers IAM requests. It is an http.Handler.
type Server struct {
	*awsapi.QueryServer
	config Config
}

// New returns a Server.
func New(config Config) (*Server, error) {
	config.Config = config.WithDefaults()
	s := &Server{config: config}
	query, err := awsapi.NewQueryServer(s.table(), config.Config)
	if err != nil {
		return nil, err
	}
	s.QueryServer = query
	return s, nil
}

// update changes the state of IAM, and words why it could not.
func (s *Server) update(change func(*iam.Draft) error) error {
	return refusal(s.config.Store.Update(change))
}

// snapshot returns the state of IAM as it is now.
func (s *Server) snapshot() *iam.Snapshot { return s.config.Store.Snapshot() }

// admits says whose credentials IAM takes: those of GetFederationToken never,
// those of GetSessionToken only with MFA, which there is none of here
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_request.html).
func admits(caller *iam.Caller) bool {
	return caller.Session == nil || caller.Session.Kind == iam.RoleSession
}
