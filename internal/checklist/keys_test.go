package main

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/irsatz/irsatz/emulator"
	"github.com/irsatz/irsatz/iam/catalogue"
	"github.com/irsatz/irsatz/iam/policy"
	"github.com/irsatz/irsatz/irsatest"
)

const clusterSetup = `
apiVersion: irsatz/v1
account: "111122223333"
region: eu-west-1
clusters:
  - name: sandbox
    oidcIssuer: https://oidc.example.com/id/ONE
    serviceAccounts: [{namespace: shop, name: app, roleArn: "arn:aws:iam::111122223333:role/app"}]
oidcProviders: [{url: "https://oidc.example.com/id/ONE", clientIdList: [sts.amazonaws.com]}]
roles:
  - roleName: app
    assumeRolePolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"], Principal: {Federated: "arn:aws:iam::111122223333:oidc-provider/oidc.example.com/id/ONE"}}]}
  - roleName: closed
    assumeRolePolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Deny, Action: "sts:*", Principal: {Federated: "arn:aws:iam::111122223333:oidc-provider/oidc.example.com/id/ONE"}}]}
buckets: [{bucketName: data, objects: [{key: a.txt, body: hello, tags: {stage: dev}}]}]
`

// TestK147_K148_KeysAreThoseOfTheCatalogue makes denied requests of several kinds, and
// wants every condition key that STS and S3 give them to be known to the
// catalogue, with as many values as it has there, and where it can be.
func TestK147_K148_KeysAreThoseOfTheCatalogue(t *testing.T) {
	t.Parallel()
	irsa := irsatest.Start(t, clusterSetup)
	token := irsa.Mint(emulator.TokenRequest{Namespace: "shop", ServiceAccount: "app", Claims: map[string]any{
		"groups": []string{"a"}, "email": "a@example.com", "amr": []string{"pwd", "otp"},
		"https://aws.amazon.com/tags": map[string]any{"principal_tags": map[string]any{"team": []string{"red"}}, "transitive_tag_keys": []string{"team"}},
	}})
	endpoint := irsa.AWSURL()
	tokens := sts.New(sts.Options{BaseEndpoint: &endpoint, Region: "eu-west-1", RetryMaxAttempts: 1, Credentials: aws.AnonymousCredentials{}})
	assume := func(role string) (*sts.AssumeRoleWithWebIdentityOutput, error) {
		return tokens.AssumeRoleWithWebIdentity(t.Context(), &sts.AssumeRoleWithWebIdentityInput{
			RoleArn: aws.String("arn:aws:iam::111122223333:role/" + role), RoleSessionName: aws.String("s1"), WebIdentityToken: &token,
		})
	}
	if _, err := assume("closed"); err == nil {
		t.Fatal("the closed role is open")
	}
	out, err := assume("app")
	if err != nil {
		t.Fatal(err)
	}
	c := out.Credentials
	for _, as := range []aws.CredentialsProvider{
		aws.AnonymousCredentials{}, credentials.NewStaticCredentialsProvider(*c.AccessKeyId, *c.SecretAccessKey, *c.SessionToken),
	} {
		tryEverything(t, s3.New(s3.Options{BaseEndpoint: &endpoint, Region: "eu-west-1", UsePathStyle: true, RetryMaxAttempts: 1, Credentials: as}))
	}
	seen := map[string]bool{}
	for _, record := range irsa.Trail().Records(0) {
		for _, check := range record.Checks {
			if e := check.Decision.Explanation; e != nil {
				checkKeys(t, &e.Request, seen)
			}
		}
	}
	for _, key := range []string{
		"oidc.example.com/id/ONE:sub", "oidc.example.com/id/ONE:amr", "sts:RoleSessionName", "sts:RoleAuthorizedByIdp", "aws:TagKeys", "aws:RequestTag/team",
		"aws:PrincipalTag/team", "aws:PrincipalArn", "s3:prefix", "s3:x-amz-acl", "s3:RequestObjectTagKeys", "s3:ExistingObjectTag/stage",
	} {
		if !seen[strings.ToLower(key)] {
			t.Errorf("no request has %s", key)
		}
	}
	for _, key := range []string{"oidc.example.com/id/ONE:groups", "sts:ExternalId"} {
		if seen[strings.ToLower(key)] {
			t.Errorf("a request has %s", key)
		}
	}
}

// tryEverything makes requests that are denied.
func tryEverything(t *testing.T, c *s3.Client) {
	t.Helper()
	bucket, key := aws.String("data"), aws.String("a.txt")
	_, get := c.GetObject(t.Context(), &s3.GetObjectInput{Bucket: bucket, Key: key})
	_, list := c.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: bucket, Prefix: aws.String("a"), Delimiter: aws.String("/"), MaxKeys: aws.Int32(3)})
	_, put := c.PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: bucket, Key: key, Body: strings.NewReader("x"), Tagging: aws.String("a=b&c=d"), ACL: types.ObjectCannedACLBucketOwnerFullControl,
	})
	_, remove := c.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: bucket, Key: key})
	for name, err := range map[string]error{"get": get, "list": list, "put": put, "delete": remove} {
		if err == nil || code(err) != "AccessDenied" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// checkKeys holds the keys of one request against the catalogue.
func checkKeys(t *testing.T, r *policy.Request, seen map[string]bool) {
	t.Helper()
	caller := map[policy.PrincipalKind]catalogue.Caller{
		policy.Anonymous: catalogue.Anonymous, policy.RoleSession: catalogue.RoleSession, policy.WebIdentity: catalogue.WebIdentity,
	}[r.Principal.Kind]
	for key := range r.Context.All() {
		seen[strings.ToLower(key)] = true
		_, multi, _ := r.Context.Lookup(key)
		known, ok := catalogue.ConditionKey(key)
		if !ok || known.Multi != multi {
			t.Errorf("%s of %s: known %t, multi-valued %t, should be %t", key, r.Action, ok, multi, known.Multi)
		}
		if why := catalogue.Absent(key, r.Action, caller); why != "" {
			t.Errorf("%s by a %s has %s, which cannot be: %s", r.Action, r.Principal.Kind, key, why)
		}
	}
}
