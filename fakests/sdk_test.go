package fakests_test

import (
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"github.com/irsatz/irsatz/fakests"
	"github.com/irsatz/irsatz/internal/clock"
)

// The AWS SDK signs with the wall clock.
func wallClients(c *fakests.Config) { c.ClientNow = clock.Now }

// The AWS SDK takes our answers for AWS's.
func TestSDK(t *testing.T) {
	t.Parallel()
	w := newWorld(t, wallClients)
	server := httptest.NewServer(w.sts)
	t.Cleanup(server.Close)
	options := sts.Options{Region: "eu-west-1", BaseEndpoint: &server.URL, HTTPClient: server.Client(), Retryer: aws.NopRetryer{}}
	client := sts.New(options)
	in := &sts.AssumeRoleWithWebIdentityInput{RoleArn: aws.String(roleARN), RoleSessionName: aws.String("session"), WebIdentityToken: aws.String(w.mint(nil))}
	out, err := client.AssumeRoleWithWebIdentity(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	if want := begin.Add(time.Hour); !out.Credentials.Expiration.Equal(want) || aws.ToString(out.Provider) != provider || aws.ToString(out.SubjectFromWebIdentityToken) != subject {
		t.Errorf("%+v", out)
	}
	options.Credentials = credentials.NewStaticCredentialsProvider(*out.Credentials.AccessKeyId, *out.Credentials.SecretAccessKey, *out.Credentials.SessionToken)
	client = sts.New(options)
	who, err := client.GetCallerIdentity(t.Context(), nil)
	if err != nil || aws.ToString(who.Arn) != aws.ToString(out.AssumedRoleUser.Arn) || aws.ToString(who.Account) != account {
		t.Errorf("%v %+v", err, who)
	}
	in.WebIdentityToken = aws.String("opaque")
	_, err = client.AssumeRoleWithWebIdentity(t.Context(), in)
	if invalid, ok := errors.AsType[*types.InvalidIdentityTokenException](err); !ok || invalid.ErrorMessage() != textNotJWT {
		t.Errorf("%v", err)
	}
}

// A98: presigned by the SDK, as EKS tokens are.
func TestSDKPresigned(t *testing.T) {
	t.Parallel()
	w := newWorld(t, wallClients)
	server := httptest.NewServer(w.sts)
	t.Cleanup(server.Close)
	by := w.credentials()
	client := sts.New(sts.Options{
		Region: "eu-west-1", BaseEndpoint: &server.URL,
		Credentials: credentials.NewStaticCredentialsProvider(by.AccessKeyID, by.SecretAccessKey, by.SessionToken),
	})
	presigned, err := sts.NewPresignClient(client).PresignGetCallerIdentity(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(presigned.URL, "X-Amz-Expires") {
		t.Error("the SDK has come to send X-Amz-Expires: this test no longer shows that STS does without")
	}
	for url, want := range map[string]int{presigned.URL: 200, presigned.URL + "&X-Amz-Expires=900": 403, presigned.URL + "&X-Amz-Expires=": 400} {
		r, err := server.Client().Get(url)
		if err != nil {
			t.Fatal(err)
		}
		_ = r.Body.Close()
		if r.StatusCode != want {
			t.Errorf("%s: %d, want %d", url, r.StatusCode, want)
		}
	}
}
