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
