package irsatest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	"github.com/irsatz/irsatz/irsatest"
)

const setup = `
apiVersion: irsatz/v1
account: "111122223333"
region: eu-west-1
clusters:
  - name: sandbox
    oidcIssuer: https://oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE
    serviceAccounts:
      - {namespace: shop, name: app, roleArn: "arn:aws:iam::111122223333:role/app"}
oidcProviders:
  - {url: "https://oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE", clientIdList: [sts.amazonaws.com]}
roles:
  - roleName: app
    assumeRolePolicyDocument:
      Version: "2012-10-17"
      Statement:
        - Effect: Allow
          Principal: {Federated: "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE"}
          Action: sts:AssumeRoleWithWebIdentity
          Condition:
            StringEquals:
              oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE:sub: system:serviceaccount:shop:app
    policies:
      - policyName: read
        policyDocument:
          Version: "2012-10-17"
          Statement: [{Effect: Allow, Action: s3:GetObject, Resource: "arn:aws:s3:::data/public/*"}]
buckets:
  - bucketName: data
    objects: [{key: public/hello.txt, body: Hello from S3!}, {key: private/secret.txt, body: never to be seen}]
`

// A program under test needs no change: it finds the pod's identity where it
// would in EKS, and is refused what the role's policies do not allow.
func Example() {
	t := newT() // in a test, its *testing.T
	defer t.end()

	irsa := irsatest.Start(t, setup)
	irsa.Pod("shop", "app").Setenv(t)

	settings, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		t.Fatalf("%v", err)
	}
	client := s3.NewFromConfig(settings)
	for _, key := range []string{"public/hello.txt", "private/secret.txt"} {
		out, err := client.GetObject(context.Background(), &s3.GetObjectInput{Bucket: aws.String("data"), Key: aws.String(key)})
		if refused, ok := errors.AsType[smithy.APIError](err); ok {
			fmt.Println(refused.ErrorCode())
			continue
		}
		body, _ := io.ReadAll(out.Body)
		_ = out.Body.Close()
		fmt.Printf("%s\n", body)
	}
	why := irsa.Why()
	fmt.Println(strings.Contains(why, "s3:GetObject"), strings.Contains(why, "arn:aws:s3:::data/private/secret.txt"))
	// Output:
	// Hello from S3!
	// AccessDenied
	// true true
}
