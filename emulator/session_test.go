package emulator_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/aws/smithy-go"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/policy"
	"github.com/irsatz/irsatz/internal/awsclient"
)

// usersSetup is a user that may read and write, and a role that it may assume.
const usersSetup = bucketSetup + `
users:
  - userName: ci
    accessKeys: [{accessKeyId: AKIAEXAMPLE, secretAccessKey: secret}]
    policies:
      - policyName: own
        policyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: ["s3:GetObject", "s3:PutObject", "sts:GetFederationToken", "sts:TagSession"], Resource: "*"}]}
policies:
  - managedPolicyName: read
    policyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "s3:GetObject", Resource: "*"}]}
roles:
  - roleName: sandbox
    assumeRolePolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "sts:AssumeRole", Principal: {AWS: "arn:aws:iam::111122223333:user/ci"}}]}
    policies:
      - policyName: own
        policyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: ["s3:GetObject", "sts:GetAccessKeyInfo"], Resource: "*"}]}
`

var ci = awsclient.Credentials{AccessKeyID: "AKIAEXAMPLE", Secret: "secret"}

const readOnly = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::data/*"}]}`

func provide(c awsclient.Credentials) aws.CredentialsProvider {
	return credentials.NewStaticCredentialsProvider(c.AccessKeyID, c.Secret, c.SessionToken)
}

func (s *server) sts(c awsclient.Credentials) *sts.Client {
	return sts.New(sts.Options{Region: region, Credentials: provide(c), BaseEndpoint: aws.String(s.AWSURL()), RetryMaxAttempts: 1})
}

// given is what STS gave, if it gave anything.
func (s *server) given(c *types.Credentials, err error) awsclient.Credentials {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
	return awsclient.Credentials{AccessKeyID: *c.AccessKeyId, Secret: *c.SecretAccessKey, SessionToken: *c.SessionToken}
}

func (s *server) userSession() awsclient.Credentials {
	s.Helper()
	out, err := s.sts(ci).GetSessionToken(s.Context(), &sts.GetSessionTokenInput{})
	if err != nil {
		s.Fatal(err)
	}
	return s.given(out.Credentials, nil)
}

func (s *server) federated(in *sts.GetFederationTokenInput) awsclient.Credentials {
	s.Helper()
	in.Name = aws.String("bob")
	out, err := s.sts(ci).GetFederationToken(s.Context(), in)
	if err != nil {
		s.Fatal(err)
	}
	return s.given(out.Credentials, nil)
}

func (s *server) roleSession() awsclient.Credentials {
	s.Helper()
	out, err := s.sts(ci).AssumeRole(s.Context(), &sts.AssumeRoleInput{RoleArn: aws.String(roleARN), RoleSessionName: aws.String("job")})
	if err != nil {
		s.Fatal(err)
	}
	return s.given(out.Credentials, nil)
}

// outcome is "ok", or the code of AWS's refusal.
func (s *server) outcome(err error) string {
	s.Helper()
	if err == nil {
		return "ok"
	}
	api, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		s.Fatalf("not AWS's refusal: %v", err)
	}
	return api.ErrorCode()
}

func (s *server) s3(c awsclient.Credentials) *s3.Client {
	return s3.New(s3.Options{Region: region, Credentials: provide(c), BaseEndpoint: aws.String(s.AWSURL()), UsePathStyle: true, RetryMaxAttempts: 1})
}

func (s *server) get(c awsclient.Credentials) error {
	s.Helper()
	out, err := s.s3(c).GetObject(s.Context(), &s3.GetObjectInput{Bucket: aws.String("data"), Key: aws.String("a.txt")})
	if err != nil {
		return err
	}
	defer out.Body.Close()
	if body, err := io.ReadAll(out.Body); err != nil || string(body) != "hello" {
		s.Errorf("got %q and %v", body, err)
	}
	return nil
}

func (s *server) put(c awsclient.Credentials) error {
	_, err := s.s3(c).PutObject(s.Context(), &s3.PutObjectInput{Bucket: aws.String("data"), Key: aws.String("b.txt"), Body: strings.NewReader("x")})
	return err
}

func (s *server) whoami(c awsclient.Credentials) error {
	_, err := s.sts(c).GetCallerIdentity(s.Context(), &sts.GetCallerIdentityInput{})
	return err
}

func (s *server) keyInfo(c awsclient.Credentials) error {
	_, err := s.sts(c).GetAccessKeyInfo(s.Context(), &sts.GetAccessKeyInfoInput{AccessKeyId: aws.String("ASIAQNZGKIQY56JQ7WML")})
	return err
}

func (s *server) update(change func(*iam.Draft) error) {
	s.Helper()
	if err := s.IAM().Update(change); err != nil {
		s.Fatal(err)
	}
}

func identityPolicy(statement string) []policy.Policy {
	return []policy.Policy{{Name: "own", Document: policy.MustParse(policy.Identity, `{"Version":"2012-10-17","Statement":[`+statement+`]}`)}}
}

// What sessions of a user, of somebody in a user's name and of a role may do in
// S3, over the wire.
func TestSessionsAtS3(t *testing.T) {
	t.Parallel()
	s := start(t, usersSetup)
	managed := []types.PolicyDescriptorType{{Arn: aws.String("arn:aws:iam::" + account + ":policy/read")}}
	for name, test := range map[string]struct {
		session  awsclient.Credentials
		get, put string
	}{
		"user":                           {ci, "ok", "ok"},
		"user's session":                 {s.userSession(), "ok", "ok"},
		"federated, no policy":           {s.federated(&sts.GetFederationTokenInput{}), "AccessDenied", "AccessDenied"},
		"federated, inline policy":       {s.federated(&sts.GetFederationTokenInput{Policy: aws.String(readOnly)}), "ok", "AccessDenied"},
		"federated, managed policy":      {s.federated(&sts.GetFederationTokenInput{PolicyArns: managed}), "ok", "AccessDenied"},
		"federated, more than the user":  {s.federated(&sts.GetFederationTokenInput{Policy: aws.String(strings.Replace(readOnly, "s3:GetObject", "s3:DeleteObject", 1))}), "AccessDenied", "AccessDenied"},
		"role's session":                 {s.roleSession(), "ok", "AccessDenied"},
		"user's session, no token":       {without(s.userSession()), "InvalidAccessKeyId", "InvalidAccessKeyId"},
		"user's session, another token":  {mixed(s.userSession(), s.roleSession()), "InvalidAccessKeyId", "InvalidAccessKeyId"},
		"federated, another secret":      {spoiled(s.federated(&sts.GetFederationTokenInput{Policy: aws.String(readOnly)})), "SignatureDoesNotMatch", "SignatureDoesNotMatch"},
		"user's session, nonsense token": {awsclient.Credentials{AccessKeyID: "ASIAEXAMPLEEXAMPLE00", Secret: "secret", SessionToken: "nonsense"}, "InvalidToken", "InvalidToken"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := s.outcome(s.get(test.session)); got != test.get {
				t.Errorf("get: %s, want %s", got, test.get)
			}
			if got := s.outcome(s.put(test.session)); got != test.put {
				t.Errorf("put: %s, want %s", got, test.put)
			}
		})
	}
	t.Run("sentence", func(t *testing.T) {
		err := s.get(s.federated(&sts.GetFederationTokenInput{}))
		const want = `User: arn:aws:sts::111122223333:federated-user/bob is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::data/a.txt" because no session policy allows the s3:GetObject action`
		if api, ok := errors.AsType[smithy.APIError](err); !ok || api.ErrorMessage() != want {
			t.Errorf("got %v\nwant %s", err, want)
		}
	})
}

func without(c awsclient.Credentials) awsclient.Credentials {
	c.SessionToken = ""
	return c
}

func mixed(c, token awsclient.Credentials) awsclient.Credentials {
	c.SessionToken = token.SessionToken
	return c
}

func spoiled(c awsclient.Credentials) awsclient.Credentials {
	c.Secret = c.Secret[1:] + "A"
	return c
}

// A90 and §6.3: policies that are edited reach sessions that live, a role made
// again is another role, and a user made again another user, at STS and at S3.
func TestA90_SessionsFollowTheirPrincipal(t *testing.T) {
	t.Parallel()
	const gone, goneS3 = "InvalidClientTokenId", "InvalidAccessKeyId"
	allow, deny := `{"Effect":"Allow","Action":["s3:GetObject","sts:GetAccessKeyInfo"],"Resource":"*"}`, `{"Effect":"Deny","Action":["s3:*","sts:*"],"Resource":"*"}`
	s := start(t, usersSetup)
	role, user := s.roleSession(), s.userSession()
	federated := s.federated(&sts.GetFederationTokenInput{PolicyArns: []types.PolicyDescriptorType{{Arn: aws.String("arn:aws:iam::" + account + ":policy/read")}}})
	want := func(c awsclient.Credentials, who, info, get string) {
		t.Helper()
		if gotWho, gotInfo, gotGet := s.outcome(s.whoami(c)), s.outcome(s.keyInfo(c)), s.outcome(s.get(c)); gotWho != who || gotInfo != info || gotGet != get {
			t.Errorf("got %s, %s, %s, want %s, %s, %s", gotWho, gotInfo, gotGet, who, info, get)
		}
	}
	policies := func(statements string) {
		t.Helper()
		s.update(func(d *iam.Draft) error {
			_, err := d.UpdateRole(account, "sandbox", func(r *iam.Role) error { r.Inline = identityPolicy(statements); return nil })
			return err
		})
	}
	want(role, "ok", "ok", "ok")
	policies(allow + "," + deny)
	want(role, "ok", "AccessDenied", "AccessDenied")
	policies(allow)
	want(role, "ok", "ok", "ok")
	before, _ := s.IAM().Snapshot().Role(account, "sandbox")
	s.update(func(d *iam.Draft) error { return d.DeleteRole(account, "sandbox") })
	want(role, gone, gone, goneS3)
	s.update(func(d *iam.Draft) error {
		again := *before
		again.ID = ""
		_, err := d.CreateRole(again)
		return err
	})
	want(role, gone, gone, goneS3)
	want(s.roleSession(), "ok", "ok", "ok")

	// A session of a user may call nothing of STS but GetCallerIdentity and
	// AssumeRole, whatever the policies say.
	want(user, "ok", "AccessDenied", "ok")
	want(federated, "ok", "AccessDenied", "ok")
	s.update(func(d *iam.Draft) error {
		_, err := d.UpdateUser(account, "ci", func(u *iam.User) error { u.Inline = identityPolicy(deny); return nil })
		return err
	})
	want(user, "ok", "AccessDenied", "AccessDenied")
	want(federated, "ok", "AccessDenied", "AccessDenied")
	old, _ := s.IAM().Snapshot().User(account, "ci")
	s.update(func(d *iam.Draft) error { return d.DeleteUser(account, "ci") })
	want(user, gone, gone, goneS3)
	want(federated, gone, gone, goneS3)
	want(s.rootSession(), "ok", "AccessDenied", "ok") // others live on
	s.update(func(d *iam.Draft) error {
		again := *old
		again.ID = ""
		again.Inline = identityPolicy(`{"Effect":"Allow","Action":"*","Resource":"*"}`)
		_, err := d.CreateUser(again)
		return err
	})
	want(user, gone, gone, goneS3)
	want(federated, gone, gone, goneS3)
	want(ci, "ok", "ok", "ok")

	// Expired beats deleted.
	s.clock.Advance(13 * time.Hour)
	want(user, "ExpiredToken", "ExpiredToken", "ExpiredToken")
	want(role, "ExpiredToken", "ExpiredToken", "ExpiredToken")
}

func (s *server) rootSession() awsclient.Credentials {
	s.Helper()
	key, secret, _ := s.RootCredentials()
	out, err := s.sts(awsclient.Credentials{AccessKeyID: key, Secret: secret}).GetSessionToken(s.Context(), &sts.GetSessionTokenInput{})
	if err != nil {
		s.Fatal(err)
	}
	return s.given(out.Credentials, nil)
}
