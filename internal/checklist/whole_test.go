package main

import (
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/transport/http"

	"github.com/irsatz/irsatz/fakes3"
	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/policy"
	"github.com/irsatz/irsatz/internal/awsapi"
	"github.com/irsatz/irsatz/trail"
)

// These are the statements about policies that neither the engine nor a fake
// shows alone: IAM's state, S3 and an unmodified client do so together.

const (
	account = "111122223333"
	trusts  = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"sts:AssumeRole"}}`
	nobody  = `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}}`
	reads   = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}}`
)

// world is IAM and S3 with one bucket, data, that holds one object, a.txt.
type world struct {
	t     *testing.T
	store *iam.Store
	url   string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	store, err := iam.NewStore(iam.Config{Root: []iam.RootCredentials{{AccountID: account, AccessKeyID: "test", Secret: "test"}}})
	if err != nil {
		t.Fatal(err)
	}
	server, err := fakes3.New(fakes3.Config{Config: awsapi.Config{Store: store, Trail: trail.NewLog(0), Region: "eu-west-1"}})
	if err != nil {
		t.Fatal(err)
	}
	err = errors.Join(
		server.CreateBucket(fakes3.Bucket{Name: "data", AccountID: account}),
		server.PutObject(fakes3.Object{Bucket: "data", Key: "a.txt", Body: []byte("hello")}))
	if err != nil {
		t.Fatal(err)
	}
	wire := httptest.NewServer(server)
	t.Cleanup(wire.Close)
	return &world{t, store, wire.URL}
}

// client is an S3 client with these credentials.
func (w *world) client(c iam.Credentials) *s3.Client {
	return s3.New(s3.Options{
		BaseEndpoint: &w.url, Region: "eu-west-1", UsePathStyle: true, RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider(c.AccessKeyID, c.Secret, c.SessionToken),
	})
}

func (w *world) root() *s3.Client {
	return w.client(iam.Credentials{AccessKeyID: "test", Secret: "test"})
}

// change changes IAM's state.
func (w *world) change(how func(*iam.Draft) error) {
	w.t.Helper()
	if err := w.store.Update(how); err != nil {
		w.t.Fatal(err)
	}
}

// createRole makes the role app, which may read.
func (w *world) createRole() {
	w.t.Helper()
	w.change(func(d *iam.Draft) error {
		_, err := d.CreateRole(iam.Role{
			AccountID: account, Name: "app", Path: "/",
			Trust:  policy.Policy{Document: policy.MustParse(policy.Trust, trusts)},
			Inline: []policy.Policy{{Name: "reads", Document: policy.MustParse(policy.Identity, reads)}},
		})
		return err
	})
}

// session is an S3 client of a session of the role.
func (w *world) session() *s3.Client {
	w.t.Helper()
	role, ok := w.store.Snapshot().Role(account, "app")
	if !ok {
		w.t.Fatal("no role")
	}
	c, _, err := w.store.Issue(role, iam.Session{Name: "session"}, time.Hour)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.client(c)
}

// get reads the object and returns the code of the error, if there is one.
func (w *world) get(c *s3.Client) string {
	w.t.Helper()
	out, err := c.GetObject(w.t.Context(), &s3.GetObjectInput{Bucket: aws.String("data"), Key: aws.String("a.txt")})
	if err != nil {
		return code(err)
	}
	if err := out.Body.Close(); err != nil {
		w.t.Error(err)
	}
	return ""
}

// code is AWS's code of an error.
func code(err error) string {
	if answer, ok := errors.AsType[smithy.APIError](err); ok {
		return answer.ErrorCode()
	}
	return err.Error()
}

// putPolicy gives the bucket a policy and returns the status of the answer.
func (w *world) putPolicy(text string) int {
	w.t.Helper()
	// A policy may be public where that is not blocked.
	if _, err := w.root().DeletePublicAccessBlock(w.t.Context(), &s3.DeletePublicAccessBlockInput{Bucket: aws.String("data")}); err != nil {
		w.t.Fatal(err)
	}
	out, err := w.root().PutBucketPolicy(w.t.Context(), &s3.PutBucketPolicyInput{Bucket: aws.String("data"), Policy: &text})
	if err != nil {
		w.t.Fatal(err)
	}
	return middleware.GetRawResponse(out.ResultMetadata).(*http.Response).StatusCode
}

func TestG41_BucketPolicyIsEchoed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const text = "{ \"Statement\":\t{\"Resource\":[\"arn:aws:s3:::data/*\"],\n\"Action\":\"s3:getobject\",\"Principal\":\"*\",\"Effect\":\"Allow\"}}\n"
	if status := w.putPolicy(text); status != 204 {
		t.Errorf("status %d", status)
	}
	out, err := w.root().GetBucketPolicy(t.Context(), &s3.GetBucketPolicyInput{Bucket: aws.String("data")})
	if err != nil || *out.Policy != text {
		t.Errorf("got %q, %v", aws.ToString(out.Policy), err)
	}
	_, err = w.root().PutBucketPolicy(t.Context(), &s3.PutBucketPolicyInput{Bucket: aws.String("data"), Policy: aws.String(" " + text)})
	if err == nil || !strings.Contains(err.Error(), "the first byte must be '{'") {
		t.Errorf("the first byte is a blank: %v", err)
	}
}

func TestE80_TrustPolicyIsAskedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.createRole()
	session := w.session()
	w.change(func(d *iam.Draft) error {
		_, err := d.UpdateRole(account, "app", func(r *iam.Role) error {
			r.Trust = policy.Policy{Document: policy.MustParse(policy.Trust, nobody)}
			return nil
		})
		return err
	})
	if got := w.get(session); got != "" {
		t.Errorf("the session is over: %s", got)
	}
}

func TestE81_SessionsEndWithTheirRole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.createRole()
	session := w.session()
	if got := w.get(session); got != "" {
		t.Fatalf("the session is none: %s", got)
	}
	w.change(func(d *iam.Draft) error { return d.DeleteRole(account, "app") })
	if got := w.get(session); got != "InvalidAccessKeyId" {
		t.Errorf("without its role: %s", got)
	}
	w.createRole()
	if got := w.get(session); got != "InvalidAccessKeyId" {
		t.Errorf("with another role of its name: %s", got)
	}
	if got := w.get(w.session()); got != "" {
		t.Errorf("a session of the new role: %s", got)
	}
}

func TestE95_OwnerIsNotLockedOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.putPolicy(`{"Statement":{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::data","arn:aws:s3:::data/*"]}}`)
	if got := w.get(w.root()); got != "AccessDenied" {
		t.Errorf("the policy does not deny: %s", got)
	}
	if _, err := w.root().DeleteBucketPolicy(t.Context(), &s3.DeleteBucketPolicyInput{Bucket: aws.String("data")}); err != nil {
		t.Errorf("the policy stays: %v", err)
	}
	if got := w.get(w.root()); got != "" {
		t.Errorf("the policy still denies: %s", got)
	}
}

func TestK161_BucketTagsAreNoKeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tags := &types.Tagging{TagSet: []types.Tag{{Key: aws.String("stage"), Value: aws.String("dev")}}}
	if _, err := w.root().PutBucketTagging(t.Context(), &s3.PutBucketTaggingInput{Bucket: aws.String("data"), Tagging: tags}); err != nil {
		t.Fatal(err)
	}
	deny := func(operator string) string {
		return `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::data/*",` +
			`"Condition":{` + operator + `}}}`
	}
	w.putPolicy(deny(`"StringEquals":{"aws:ResourceTag/stage":"dev"}`))
	if got := w.get(w.root()); got != "" {
		t.Errorf("the tag counts: %s", got)
	}
	w.putPolicy(deny(`"Null":{"aws:ResourceTag/stage":"true"}`))
	if got := w.get(w.root()); got != "AccessDenied" {
		t.Errorf("the key is there: %s", got)
	}
}
