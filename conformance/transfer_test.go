package conformance_test

import (
	"bytes"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/feature/s3/transfermanager"
	"github.com/aws/aws-sdk-go-v2/feature/s3/transfermanager/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"github.com/irsatz/irsatz/emulator"
	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/policy"
	"github.com/irsatz/irsatz/irsatest"
)

// movers runs the setup of the clients that move data.
func movers(t *testing.T) *irsatest.Emulator {
	t.Helper()
	setup, err := os.ReadFile("transfers/setup.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return irsatest.StartConfig(t, emulator.Config{}, string(setup))
}

// allow makes these actions all that the role allows.
func allow(t *testing.T, e *irsatest.Emulator, actions ...string) {
	t.Helper()
	document := policy.MustParse(policy.Identity, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["`+strings.Join(actions, `","`)+`"],"Resource":["arn:aws:s3:::cargo","arn:aws:s3:::cargo/*"]}}`)
	err := e.IAM().Update(func(d *iam.Draft) error {
		_, err := d.UpdateRole("111122223333", "mover", func(r *iam.Role) error {
			r.Inline = []policy.Policy{{Name: "needs", Document: document}}
			return nil
		})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

type tokenOf struct{ e *irsatest.Emulator }

// GetIdentityToken is what reads a pod's token file.
func (t tokenOf) GetIdentityToken() ([]byte, error) { return []byte(t.e.Token("data", "mover")), nil }

// mover is an S3 client with the pod's role, at the endpoint.
func mover(t *testing.T, e *irsatest.Emulator, endpoint string) *s3.Client {
	t.Helper()
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(e.CAPEM())
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
	t.Cleanup(client.CloseIdleConnections)
	issuer := sts.New(sts.Options{Region: e.Region(), BaseEndpoint: &endpoint, HTTPClient: client})
	return s3.New(s3.Options{
		Region: e.Region(), BaseEndpoint: &endpoint, HTTPClient: client, UsePathStyle: true, RetryMaxAttempts: 1,
		Credentials: aws.NewCredentialsCache(stscreds.NewWebIdentityRoleProvider(issuer, "arn:aws:iam::111122223333:role/mover", tokenOf{e})),
	})
}

// TestTransferManager moves data in parts, over http and TLS, with a role that
// allows just that, and is refused without either action.
func TestTransferManager(t *testing.T) {
	t.Parallel()
	e := movers(t)
	body := make([]byte, 23<<20)
	_, _ = rand.Read(body) // never fails
	needs := []string{"s3:PutObject", "s3:GetObject"}
	for name, endpoint := range map[string]string{"http": e.AWSURL(), "tls": e.AWSTLSURL()} {
		transfers := transfermanager.New(mover(t, e, endpoint))
		move := func() error {
			_, err := transfers.UploadObject(t.Context(), &transfermanager.UploadObjectInput{Bucket: aws.String("cargo"), Key: aws.String(name), Body: bytes.NewReader(body)})
			if err != nil {
				return err
			}
			back := types.NewWriteAtBuffer(nil)
			if _, err := transfers.DownloadObject(t.Context(), &transfermanager.DownloadObjectInput{Bucket: aws.String("cargo"), Key: aws.String(name), WriterAt: back}); err != nil {
				return err
			}
			if !bytes.Equal(back.Bytes(), body) {
				return errors.New("what came back differs")
			}
			return nil
		}
		allow(t, e, needs...)
		if err := move(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, action := range needs {
			allow(t, e, slices.DeleteFunc(slices.Clone(needs), func(a string) bool { return a == action })...)
			refused, ok := errors.AsType[smithy.APIError](move())
			if !ok || refused.ErrorCode() != "AccessDenied" || !strings.Contains(refused.ErrorMessage(), action+" on resource") {
				t.Errorf("%s without %s: %v", name, action, refused)
			}
		}
	}
}
