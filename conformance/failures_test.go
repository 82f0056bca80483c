package conformance_test

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/irsatz/irsatz/irsatest"
)

// sound is a setup in which the pod dev/app may read s3://data/k. The failures
// below spoil one line of it each.
const sound = `
apiVersion: irsatz/v1
account: "111122223333"
region: eu-west-1
clusters:
  - name: c
    oidcIssuer: https://oidc.eks.eu-west-1.amazonaws.com/id/ABC
    serviceAccounts:
      - {namespace: dev, name: app, annotations: {eks.amazonaws.com/role-arn: "arn:aws:iam::111122223333:role/app"}}
oidcProviders:
  - {url: "https://oidc.eks.eu-west-1.amazonaws.com/id/ABC", clientIdList: [sts.amazonaws.com, other]}
roles:
  - roleName: app
    assumeRolePolicyDocument:
      Version: "2012-10-17"
      Statement:
        - Effect: Allow
          Principal: {Federated: "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/ABC"}
          Action: sts:AssumeRoleWithWebIdentity
          Condition:
            StringEquals:
              "oidc.eks.eu-west-1.amazonaws.com/id/ABC:sub": system:serviceaccount:dev:app
              "oidc.eks.eu-west-1.amazonaws.com/id/ABC:aud": sts.amazonaws.com
    policies:
      - policyName: read
        policyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "s3:GetObject", Resource: "arn:aws:s3:::data/*"}]}
buckets:
  - {bucketName: data, objects: [{key: k, body: v}]}
`

// TestFailures spoils the setup, reads what irsatz why says of it, does that,
// and sees the request succeed. Undoing the fault is what the fix must ask for.
func TestFailures(t *testing.T) {
	for _, f := range []struct {
		name       string
		good, bad  string   // the line, sound and spoiled
		cause, fix []string // what why must name
	}{
		{
			"F07 wrong namespace in the subject", "system:serviceaccount:dev:app", "system:serviceaccount:default:app",
			[]string{`"system:serviceaccount:default:app"`, `"system:serviceaccount:dev:app"`}, []string{"namespace", "dev/app"},
		},
		{
			"F08 another audience in the trust policy", `ABC:aud": sts.amazonaws.com`, `ABC:aud": other`,
			[]string{`"other"`, `"sts.amazonaws.com"`}, []string{"aud", "sts.amazonaws.com"},
		},
		{
			"F10 F11 provider with a slash too many", `{url: "https://oidc.eks.eu-west-1.amazonaws.com/id/ABC"`, `{url: "https://oidc.eks.eu-west-1.amazonaws.com/id/ABC/"`,
			[]string{"no OIDC provider for the issuer https://oidc.eks.eu-west-1.amazonaws.com/id/ABC;"}, []string{"exactly https://oidc.eks.eu-west-1.amazonaws.com/id/ABC", "id/ABC/"},
		},
		{
			"F11 provider in another case", `{url: "https://oidc.eks.eu-west-1.amazonaws.com/id/ABC"`, `{url: "https://oidc.eks.eu-west-1.amazonaws.com/id/abc"`,
			[]string{"id/abc"}, []string{"exactly https://oidc.eks.eu-west-1.amazonaws.com/id/ABC"},
		},
		{
			"F12 wildcard in StringEquals", "StringEquals:\n              \"oidc.eks.eu-west-1.amazonaws.com/id/ABC:sub\": system:serviceaccount:dev:app", "StringEquals:\n              \"oidc.eks.eu-west-1.amazonaws.com/id/ABC:sub\": system:serviceaccount:dev:*",
			[]string{`"system:serviceaccount:dev:*"`}, []string{"StringLike"},
		},
		{
			"F13 scheme in the condition key", `"oidc.eks.eu-west-1.amazonaws.com/id/ABC:sub"`, `"https://oidc.eks.eu-west-1.amazonaws.com/id/ABC:sub"`,
			[]string{"nothing: the request has no such key"}, []string{"https://", "oidc.eks.eu-west-1.amazonaws.com/id/ABC:sub"},
		},
		{
			"F14 another provider is trusted", `oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/ABC"}`, `oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/DEF"}`,
			[]string{"id/DEF"}, []string{"oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/ABC"},
		},
		{
			"F14 a service is trusted", `{Federated: "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/ABC"}`, "{Service: ec2.amazonaws.com}",
			[]string{"ec2.amazonaws.com"}, []string{"Federated", "oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/ABC"},
		},
		{
			"F15 no such role", "role-arn: \"arn:aws:iam::111122223333:role/app\"", "role-arn: \"arn:aws:iam::111122223333:role/apq\"",
			[]string{"there is no role arn:aws:iam::111122223333:role/apq"}, []string{"arn:aws:iam::111122223333:role/app"},
		},
		{
			"F16 a policy in place of a role", "role-arn: \"arn:aws:iam::111122223333:role/app\"", "role-arn: \"arn:aws:iam::111122223333:policy/app\"",
			[]string{"arn:aws:iam::111122223333:policy/app is the ARN of a policy"}, []string{"arn:aws:iam::111122223333:role/app"},
		},
		{
			"F32 bucket ARN for an object", `Resource: "arn:aws:s3:::data/*"`, `Resource: "arn:aws:s3:::data"`,
			[]string{"arn:aws:s3:::data/k"}, []string{"arn:aws:s3:::data/*"},
		},
		{
			"F32 action not granted", `Action: "s3:GetObject"`, `Action: "s3:PutObject"`,
			[]string{"s3:PutObject"}, []string{"s3:GetObject"},
		},
	} {
		t.Run(f.name, func(t *testing.T) {
			spoiled := strings.Replace(sound, f.good, f.bad, 1)
			if spoiled == sound {
				t.Fatal("nothing was spoiled")
			}
			irsa := irsatest.Start(t, spoiled)
			if err := readAsPod(t, irsa); err == nil {
				t.Fatal("allowed")
			}
			cause, fix, ok := strings.Cut(irsa.Why(), "\nfix: ")
			if !ok {
				t.Fatalf("no fix:\n%s", cause)
			}
			fix = strings.Join(strings.Fields(fix), " ")
			for _, part := range f.cause {
				if !strings.Contains(cause, part) {
					t.Errorf("the cause does not name %s:\n%s", part, cause)
				}
			}
			for _, part := range f.fix {
				if !strings.Contains(fix, part) {
					t.Errorf("the fix does not name %s:\n%s", part, fix)
				}
			}
			if err := readAsPod(t, irsatest.Start(t, strings.Replace(spoiled, f.bad, f.good, 1))); err != nil {
				t.Errorf("with the fix made: %v", err)
			}
		})
	}
}

// chained has a role in another account that dev/app's role may go on to, if that
// role's trust policy names it.
const chained = `
---
apiVersion: irsatz/v1
account: "444455556666"
roles:
  - roleName: b
    assumeRolePolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: sts:AssumeRole, Principal: {AWS: "arn:aws:iam::111122223333:role/app"}}]}
    policies: [{policyName: read, policyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "s3:ListAllMyBuckets", Resource: "*"}]}}]
`

// F33: the role of another account does not trust the role of the pod.
func TestFailureF33ChainedRole(t *testing.T) {
	const good, bad = "role/app\"}}]}", "role/other\"}}]}"
	setup := strings.Replace(sound, "[{Effect: Allow, Action: \"s3:GetObject\"", `[{Effect: Allow, Action: "sts:AssumeRole", Resource: "arn:aws:iam::444455556666:role/b"}, {Effect: Allow, Action: "s3:GetObject"`, 1) + chained
	spoiled := strings.Replace(setup, good, bad, 1)
	if spoiled == setup {
		t.Fatal("nothing was spoiled")
	}
	irsa := irsatest.Start(t, spoiled)
	const denial = "is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::444455556666:role/b"
	if _, err := chain(t, irsa); err == nil || !strings.Contains(err.Error(), denial) {
		t.Fatalf("got %v, want %s", err, denial)
	}
	why := strings.Join(strings.Fields(irsa.Why()), " ")
	for _, part := range []string{"principal does not match", "arn:aws:iam::111122223333:role/other", `add {"AWS": "arn:aws:iam::111122223333:role/app"}`} {
		if !strings.Contains(why, part) {
			t.Errorf("irsatz why does not name %s: %s", part, why)
		}
	}
	who, err := chain(t, irsatest.Start(t, strings.Replace(spoiled, bad, good, 1)))
	if err != nil || who != "arn:aws:sts::444455556666:assumed-role/b/onward" {
		t.Errorf("with the fix made: %s, %v", who, err)
	}
}

// chain goes from the pod's role to role b, and says who it is then.
func chain(t *testing.T, irsa *irsatest.Emulator) (string, error) {
	t.Helper()
	irsa.Pod("dev", "app").Setenv(t)
	settings, err := config.LoadDefaultConfig(context.Background(), config.WithRetryMaxAttempts(1))
	if err != nil {
		t.Fatal(err)
	}
	settings.Credentials = stscreds.NewAssumeRoleProvider(sts.NewFromConfig(settings), "arn:aws:iam::444455556666:role/b", func(o *stscreds.AssumeRoleOptions) {
		o.RoleSessionName = "onward"
	})
	out, err := sts.NewFromConfig(settings).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	if err != nil {
		return "", err
	}
	return *out.Arn, nil
}

// readAsPod reads the object as the pod does.
func readAsPod(t *testing.T, irsa *irsatest.Emulator) error {
	t.Helper()
	irsa.Pod("dev", "app").Setenv(t)
	settings, err := config.LoadDefaultConfig(context.Background(), config.WithRetryMaxAttempts(1))
	if err != nil {
		t.Fatal(err)
	}
	_, err = read(t.Context(), s3.NewFromConfig(settings), "data", "k", nil)
	return err
}
