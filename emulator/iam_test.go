package emulator_test

import (
	"crypto/sha1"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/irsatz/irsatz/emulator"
)

// iam is a client with root's credentials.
func (s *server) iam() *awsiam.Client {
	return awsiam.New(awsiam.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(s.AWSURL()), RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
}

// A104: what CreateOpenIDConnectProvider registers where it is given no
// thumbprint: that of irsatz's CA for an issuer that lives here, none where nobody
// answers. A server whose certificate is not good for the issuer is an error.
func TestThumbprintLeftOut(t *testing.T) {
	t.Parallel()
	s := start(t, standardSetup()+"\n---\napiVersion: irsatz/v1\nclusters: [{name: fresh, oidcIssuer: \"https://fresh.example.test/id/F\"}]")
	client := s.iam()
	stranger := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(stranger.Close)
	block, _ := pem.Decode(s.CAPEM())
	for issuer, want := range map[string][]string{
		"https://fresh.example.test/id/F":                          {fmt.Sprintf("%x", sha1.Sum(block.Bytes))},
		"https://nobody.invalid/":                                  {},
		"https://127.0.0.1:1":                                      {},
		strings.Replace(stranger.URL, "127.0.0.1", "localhost", 1): nil,
	} {
		made, err := client.CreateOpenIDConnectProvider(t.Context(), &awsiam.CreateOpenIDConnectProviderInput{Url: &issuer})
		if want == nil {
			if _, ok := errors.AsType[*types.OpenIdIdpCommunicationErrorException](err); !ok {
				t.Errorf("%s: %v", issuer, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", issuer, err)
			continue
		}
		got, err := client.GetOpenIDConnectProvider(t.Context(), &awsiam.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: made.OpenIDConnectProviderArn})
		if err != nil || !slices.Equal(got.ThumbprintList, want) {
			t.Errorf("%s: %v, want thumbprints %v", issuer, err, want)
		}
	}
}

// TestLaxTrustPolicies: the settings that let trust policies do what AWS refuses
// reach IAM, each by itself.
func TestLaxTrustPolicies(t *testing.T) {
	t.Parallel()
	trusts := func(principal string) string {
		return `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":` + principal + `,"Action":["sts:AssumeRole","sts:AssumeRoleWithWebIdentity"]}}`
	}
	unknown := trusts(`{"AWS":"arn:aws:iam::000000000000:role/none"}`)
	open := trusts(`{"Federated":"arn:aws:iam::000000000000:oidc-provider/gitlab.com"}`)
	for name, c := range map[string]struct {
		config        emulator.Config
		unknown, open bool
	}{
		"AWS":               {emulator.Config{}, false, false},
		"unknown principal": {emulator.Config{UnknownPrincipals: true}, true, false},
		"open issuer":       {emulator.Config{OpenSharedIssuers: true}, false, true},
	} {
		client := start(t, "", func(config *emulator.Config) {
			config.UnknownPrincipals, config.OpenSharedIssuers = c.config.UnknownPrincipals, c.config.OpenSharedIssuers
		}).iam()
		takes := func(role, document string) bool {
			_, err := client.CreateRole(t.Context(), &awsiam.CreateRoleInput{RoleName: &role, AssumeRolePolicyDocument: &document})
			return err == nil
		}
		if got := [2]bool{takes("unknown", unknown), takes("open", open)}; got != [2]bool{c.unknown, c.open} {
			t.Errorf("%s: %v", name, got)
		}
	}
}
