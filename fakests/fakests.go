// Package fakests is the STS query API.
//
// https://docs.aws.amazon.com/STS/latest/APIReference/
package fakests

import (
	"errors"
	"fmt"
	"time"

	"github.com/irsatz/irsatz/internal/awsapi"
	"github.com/irsatz/irsatz/oidc"
)

// Config is what a Server needs.
type Config struct {
	awsapi.Config
	Verifier   *oidc.Verifier // required
	ErrorTexts ErrorTexts     // zero means today's

	// DisabledRegions are those in which no account has STS activated.
	DisabledRegions []string

	// Propagation is how long a new role stays unknown to STS, as IAM is only
	// eventually consistent. Zero means that it is known at once.
	Propagation time.Duration
}

// ErrorTexts says from when the texts of errors are.
type ErrorTexts uint8

// AWS changed the texts of a few errors in July 2026: where they named the
// cause (no provider, wrong audience), they no longer do.
const (
	Current ErrorTexts = iota // since July 2026
	Legacy                    // those of every tutorial and runbook written before
)

// ParseErrorTexts reads "current" or "legacy".
func ParseErrorTexts(s string) (ErrorTexts, error) {
	switch s {
	case "", "current":
		return Current, nil
	case "legacy":
		return Legacy, nil
	}
	return 0, fmt.Errorf("error texts %q: want current or legacy", s)
}

// Server answers STS requests. It is an http.Handler.
type Server struct {
	*awsapi.QueryServer
	config Config
}

// New returns a Server.
func New(config Config) (*Server, error) {
	if config.Verifier == nil {
		return nil, errors.New("fakests: Config.Verifier is required")
	}
	config.Config = config.WithDefaults()
	s := &Server{config: config}
	query, err := awsapi.NewQueryServer(s.table(), config.Config)
	if err != nil {
		return nil, err
	}
	s.QueryServer = query
	return s, nil
}

// table names every operation of STS: those served and those not.
func (s *Server) table() awsapi.Query {
	return awsapi.Query{
		Name: "sts", Version: "2011-06-15", Namespace: "https://sts.amazonaws.com/doc/2011-06-15/",
		Operations: []awsapi.Operation{
			awsapi.Op("AssumeRole", true, awsapi.GrantTrust, active(s, s.assumeRole)),
			awsapi.Op("AssumeRoleWithSAML", false, awsapi.GrantTrust, s.assumeRoleWithSAML),
			awsapi.Op("AssumeRoleWithWebIdentity", false, awsapi.GrantTrust, s.assumeRoleWithWebIdentity),
			awsapi.Op("AssumeRoot", true, awsapi.GrantWithin, active(s, s.assumeRoot)),
			awsapi.Op("DecodeAuthorizationMessage", true, awsapi.GrantWithin, active(s, s.decodeAuthorizationMessage)),
			awsapi.Op("GetAccessKeyInfo", true, awsapi.GrantWithin, active(s, s.getAccessKeyInfo)),
			awsapi.Op("GetCallerIdentity", true, awsapi.GrantNone, active(s, s.getCallerIdentity)),
			awsapi.Op("GetFederationToken", true, awsapi.GrantWithin, active(s, s.getFederationToken)),
			awsapi.Op("GetSessionToken", true, awsapi.GrantNone, active(s, s.getSessionToken)),
			awsapi.Op("GetWebIdentityToken", true, awsapi.GrantWithin, active(s, s.getWebIdentityToken)),
		},
		Planned: []string{"GetDelegatedAccessToken"},
	}
}
