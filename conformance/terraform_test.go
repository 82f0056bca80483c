package conformance_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"

	"github.com/irsatz/irsatz/irsatest"
)

// terraform sends what Terraform's AWS provider sends for its IAM resources, in its
// order, and reads back what it reads back: no drift means that a plan after an
// apply has nothing to do.
// (https://github.com/hashicorp/terraform-provider-aws/tree/main/internal/service/iam)
type terraform struct {
	testing.TB
	*iam.Client
	irsa *irsatest.Emulator
}

// attributes are those of a resource in Terraform's state.
type attributes map[string]any

// resource is a kind of resource, as the provider handles it.
type resource struct {
	create  func(*terraform, attributes) (id string)
	read    func(tf *terraform, id string) attributes // nil if it is gone
	update  func(tf *terraform, id string, old, changed attributes) (newID string)
	destroy func(tf *terraform, id string)
}

// lifecycle is a resource from its creation to its end, and the operations that
// each phase asks for.
type lifecycle struct {
	resource
	config, changed                attributes
	created, planned, updated, end string
}

// live takes the resource through its life.
func (tf *terraform) live(l lifecycle) {
	tf.Helper()
	id := l.create(tf, l.config)
	first := l.read(tf, id)
	tf.asked("create", l.created)
	tf.same("create", first, l.config)
	tf.same("plan", l.read(tf, id), first)
	tf.asked("plan", l.planned)
	for name, value := range first {
		if value == nil || value == "" {
			tf.Errorf("%s is empty", name)
		}
	}
	if l.update != nil {
		id = l.update(tf, id, l.config, l.changed)
		second := l.read(tf, id)
		tf.asked("update", l.updated)
		tf.same("update", second, l.changed)
		for name, value := range first {
			if _, configured := l.config[name]; !configured && name != "arn" && !cmp.Equal(second[name], value) {
				tf.Errorf("the update turned %s from %v to %v", name, value, second[name])
			}
		}
		tf.same("plan after update", l.read(tf, id), second)
		tf.asked("plan after update", l.planned)
	}
	l.destroy(tf, id)
	tf.asked("destroy", l.end)
	if got := l.read(tf, id); got != nil {
		tf.Errorf("after destroy there is %v", got)
	}
	tf.irsa.Trail().Reset()
}

// asked compares the operations since the last time. One that is to be refused
// has its status behind it.
func (tf *terraform) asked(phase, want string) {
	tf.Helper()
	var got []string
	for _, r := range tf.irsa.Trail().Records(0) {
		name := r.Operation
		if r.Status != 200 {
			name += fmt.Sprintf("=%d", r.Status)
		}
		got = append(got, name)
	}
	tf.irsa.Trail().Reset()
	if joined := strings.Join(got, " "); joined != strings.Join(strings.Fields(want), " ") {
		tf.Errorf("%s asked for\n%s\nwant\n%s", phase, joined, want)
	}
}

// same reports every attribute that is not as it was wanted. One that is wanted
// empty is not there.
func (tf *terraform) same(phase string, got, want attributes) {
	tf.Helper()
	if got == nil {
		tf.Fatalf("%s: there is nothing", phase)
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if want[name] == "" && got[name] == nil {
			continue
		}
		if !cmp.Equal(got[name], want[name]) {
			tf.Errorf("%s: %s is\n%v\nwant\n%v", phase, name, got[name], want[name])
		}
	}
}

// done stops the test where a request of the provider failed.
func (tf *terraform) done(_ any, err error) {
	tf.Helper()
	if err != nil {
		tf.Fatal(err)
	}
}

// gone reports whether the error says that there is no such thing, and stops the
// test at any other.
func (tf *terraform) gone(err error) bool {
	tf.Helper()
	if _, ok := errors.AsType[*types.NoSuchEntityException](err); ok {
		return true
	}
	tf.done(nil, err)
	return false
}

// document is a policy as the provider compares it: by what it means as JSON.
type document struct{ value any }

func (d document) Equal(other document) bool { return cmp.Equal(d.value, other.value) }

// text is the document as the provider sends it, with its keys in order.
func (d document) text() *string {
	text, err := json.Marshal(d.value)
	if err != nil {
		panic(err)
	}
	return aws.String(string(text))
}

func parse(text string) document {
	var d document
	if err := json.Unmarshal([]byte(text), &d.value); err != nil {
		panic(err)
	}
	return d
}

// decoded reads a document of an answer, in the way that would take a bare "+" for
// a blank.
func (tf *terraform) decoded(text *string) document {
	tf.Helper()
	plain, err := url.QueryUnescape(aws.ToString(text))
	tf.done(nil, err)
	return parse(plain)
}

// tagSet are tags as Terraform has them.
type tagSet map[string]string

func (s tagSet) list() []types.Tag {
	var list []types.Tag
	for _, key := range slices.Sorted(maps.Keys(s)) {
		list = append(list, types.Tag{Key: &key, Value: aws.String(s[key])})
	}
	return list
}

func tagsOf(list []types.Tag) tagSet {
	s := tagSet{}
	for _, t := range list {
		s[*t.Key] = *t.Value
	}
	return s
}

// retag calls untag and tag for what differs, each only if there is something.
func retag(old, changed attributes, untag func([]string), tag func([]types.Tag)) {
	before, after := old["tags"].(tagSet), maps.Clone(changed["tags"].(tagSet))
	var gone []string
	for _, key := range slices.Sorted(maps.Keys(before)) {
		if _, ok := after[key]; !ok {
			gone = append(gone, key)
		}
		if after[key] == before[key] {
			delete(after, key)
		}
	}
	if len(gone) > 0 {
		untag(gone)
	}
	if len(after) > 0 {
		tag(after.list())
	}
}

// minus are the elements of a that are not in b, in order.
func minus(a, b any) []string {
	return slices.DeleteFunc(slices.Sorted(slices.Values(a.([]string))), func(s string) bool { return slices.Contains(b.([]string), s) })
}

// sorted is a set, which has no order.
func sorted(list []string) []string { return slices.Sorted(slices.Values(list)) }

const tfAccount = "111122223333"

// TestTerraform replays each resource's life.
func TestTerraform(t *testing.T) {
	const trust, other = `{"Version":"2012-10-17","Statement":[{"Sid":"","Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`,
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"arn:aws:iam::111122223333:root"}}]}`
	const reads, lists = `{"Statement":[{"Action":["s3:GetObject"],"Effect":"Allow","Resource":"arn:aws:s3:::a+b/*"}],"Version":"2012-10-17"}`,
		`{"Statement":[{"Action":["s3:ListBucket"],"Effect":"Allow","Resource":"arn:aws:s3:::a b/é"}],"Version":"2012-10-17"}`
	const boundary, full = "arn:aws:iam::aws:policy/PowerUserAccess", "arn:aws:iam::aws:policy/AmazonS3FullAccess"
	const readOnly = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
	print1, print2 := strings.Repeat("ab", 20), strings.Repeat("cd", 20)
	for name, l := range map[string]lifecycle{
		"aws_iam_role": {
			resource: tfRole,
			config: attributes{
				"name": "app", "path": "/team/", "description": "one", "max_session_duration": int32(7200), "assume_role_policy": parse(trust), "permissions_boundary": boundary,
				"inline_policy": map[string]document{"a": parse(reads)}, "managed_policy_arns": []string{full}, "tags": tagSet{"team": "red", "stage": "dev"},
			},
			changed: attributes{
				"name": "app", "path": "/team/", "description": "two", "max_session_duration": int32(3600), "assume_role_policy": parse(other), "permissions_boundary": "",
				"inline_policy": map[string]document{"b": parse(lists)}, "managed_policy_arns": []string{readOnly}, "tags": tagSet{"team": "blue"},
			},
			created: "CreateRole PutRolePolicy AttachRolePolicy GetRole ListRolePolicies GetRolePolicy ListAttachedRolePolicies",
			planned: "GetRole ListRolePolicies GetRolePolicy ListAttachedRolePolicies",
			updated: `UpdateAssumeRolePolicy UpdateRoleDescription UpdateRole DeleteRolePermissionsBoundary DeleteRolePolicy PutRolePolicy
				DetachRolePolicy AttachRolePolicy UntagRole TagRole GetRole ListRolePolicies GetRolePolicy ListAttachedRolePolicies`,
			end: "ListInstanceProfilesForRole ListAttachedRolePolicies DetachRolePolicy ListRolePolicies DeleteRolePolicy DeleteRole",
		},
		"aws_iam_role with nothing": {
			resource: tfRole,
			config:   attributes{"name": "bare", "path": "/", "max_session_duration": int32(3600), "assume_role_policy": parse(trust), "tags": tagSet{}},
			changed:  attributes{"name": "bare", "path": "/", "max_session_duration": int32(3600), "assume_role_policy": parse(trust), "permissions_boundary": boundary, "tags": tagSet{"k": ""}},
			created:  "CreateRole GetRole ListRolePolicies ListAttachedRolePolicies",
			planned:  "GetRole ListRolePolicies ListAttachedRolePolicies",
			updated:  "PutRolePermissionsBoundary TagRole GetRole ListRolePolicies ListAttachedRolePolicies",
			end:      "ListInstanceProfilesForRole ListAttachedRolePolicies ListRolePolicies DeleteRole",
		},
		"aws_iam_policy": {
			resource: tfPolicy,
			config:   attributes{"name": "p", "path": "/", "description": "what it is for", "policy": parse(reads), "tags": tagSet{"team": "red"}, "attachment_count": int32(0)},
			changed:  attributes{"name": "p", "path": "/", "description": "what it is for", "policy": parse(lists), "tags": tagSet{"team": "red", "stage": "dev"}, "attachment_count": int32(0)},
			created:  "CreatePolicy GetPolicy GetPolicyVersion",
			planned:  "GetPolicy GetPolicyVersion",
			updated:  "ListPolicyVersions CreatePolicyVersion SetDefaultPolicyVersion TagPolicy GetPolicy GetPolicyVersion",
			end:      "ListPolicyVersions DeletePolicyVersion DeletePolicy",
		},
		"aws_iam_openid_connect_provider": {
			resource: tfProvider,
			config:   attributes{"url": "oidc.example.test/id/ONE", "client_id_list": []string{"a", "sts.amazonaws.com"}, "thumbprint_list": []string{print1, print2}, "tags": tagSet{"Name": "x", "name": "y"}},
			changed:  attributes{"url": "oidc.example.test/id/ONE", "client_id_list": []string{"b", "sts.amazonaws.com"}, "thumbprint_list": []string{print2}, "tags": tagSet{"name": "z"}},
			created:  "CreateOpenIDConnectProvider GetOpenIDConnectProvider",
			planned:  "GetOpenIDConnectProvider",
			updated: `UpdateOpenIDConnectProviderThumbprint AddClientIDToOpenIDConnectProvider RemoveClientIDFromOpenIDConnectProvider
				UntagOpenIDConnectProvider TagOpenIDConnectProvider GetOpenIDConnectProvider`,
			end: "DeleteOpenIDConnectProvider",
		},
		"aws_iam_openid_connect_provider without thumbprints": {
			resource: tfProvider,
			config:   attributes{"url": "oidc.eks.eu-west-1.amazonaws.com/id/HERE", "client_id_list": []string{"sts.amazonaws.com"}, "tags": tagSet{}},
			changed:  attributes{"url": "oidc.eks.eu-west-1.amazonaws.com/id/HERE", "client_id_list": []string{"sts.amazonaws.com", "z"}, "tags": tagSet{}},
			created:  "CreateOpenIDConnectProvider GetOpenIDConnectProvider",
			planned:  "GetOpenIDConnectProvider",
			updated:  "AddClientIDToOpenIDConnectProvider GetOpenIDConnectProvider",
			end:      "DeleteOpenIDConnectProvider",
		},
		"aws_iam_user": {
			resource: tfUser,
			config:   attributes{"name": "ci", "path": "/", "permissions_boundary": boundary, "tags": tagSet{"team": "red"}},
			changed:  attributes{"name": "cd", "path": "/team/", "permissions_boundary": "", "tags": tagSet{"stage": "dev"}},
			created:  "CreateUser GetUser",
			planned:  "GetUser",
			updated:  "UpdateUser DeleteUserPermissionsBoundary UntagUser TagUser GetUser",
			end: `ListGroupsForUser ListAccessKeys ListSSHPublicKeys ListVirtualMFADevices ListMFADevices DeleteLoginProfile=404
				ListSigningCertificates ListServiceSpecificCredentials DeleteUser`,
		},
		"aws_iam_group": {
			resource: tfGroup,
			config:   attributes{"name": "g", "path": "/"},
			changed:  attributes{"name": "h", "path": "/team/"},
			created:  "CreateGroup GetGroup GetGroup",
			planned:  "GetGroup",
			updated:  "UpdateGroup GetGroup",
			end:      "DeleteGroup",
		},
		"aws_iam_instance_profile": {
			resource: tfInstanceProfile,
			config:   attributes{"name": "nodes", "path": "/eks/", "role": "node", "tags": tagSet{"team": "red"}},
			changed:  attributes{"name": "nodes", "path": "/eks/", "role": "other", "tags": tagSet{"team": "blue"}},
			created:  "CreateInstanceProfile GetInstanceProfile AddRoleToInstanceProfile GetInstanceProfile GetRole",
			planned:  "GetInstanceProfile GetRole",
			updated:  "RemoveRoleFromInstanceProfile AddRoleToInstanceProfile TagInstanceProfile GetInstanceProfile GetRole",
			end:      "RemoveRoleFromInstanceProfile DeleteInstanceProfile",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			newTerraform(t).live(l)
		})
	}
}

// newTerraform is the provider with root's credentials, and a server with what the
// resources refer to.
func newTerraform(t *testing.T) *terraform {
	t.Helper()
	irsa := irsatest.Start(t, `
apiVersion: irsatz/v1
account: "`+tfAccount+`"
region: eu-west-1
clusters:
  - name: here
    oidcIssuer: https://oidc.eks.eu-west-1.amazonaws.com/id/HERE
    serviceAccounts:
      - {namespace: prod, name: app, annotations: {eks.amazonaws.com/role-arn: "arn:aws:iam::`+tfAccount+`:role/irsa"}}
roles:
  - roleName: node
    assumeRolePolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: "sts:AssumeRole"}]}
  - roleName: other
    assumeRolePolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: "sts:AssumeRole"}]}
buckets:
  - {bucketName: data, objects: [{key: k, body: v}]}
`)
	return &terraform{t, iam.New(iam.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(irsa.AWSURL()), RetryMaxAttempts: 1, Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	}), irsa}
}

// TestTerraformIRSA applies the resources that give a ServiceAccount its role, in
// the order of their references, uses them as a pod, and destroys them again.
func TestTerraformIRSA(t *testing.T) {
	tf := newTerraform(t)
	const issuer = "oidc.eks.eu-west-1.amazonaws.com/id/HERE"
	provider := tfProvider.create(tf, attributes{"url": issuer, "client_id_list": []string{"sts.amazonaws.com"}, "tags": tagSet{}})
	policy := tfPolicy.create(tf, attributes{
		"name": "read", "path": "/", "description": "", "tags": tagSet{},
		"policy": parse(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::data/*"}]}`),
	})
	role := tfRole.create(tf, attributes{
		"name": "irsa", "path": "/", "max_session_duration": int32(3600), "tags": tagSet{},
		"assume_role_policy": parse(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"` + provider + `"},"Action":"sts:AssumeRoleWithWebIdentity",
			"Condition":{"StringEquals":{"` + issuer + `:sub":"system:serviceaccount:prod:app","` + issuer + `:aud":"sts.amazonaws.com"}}}]}`),
	})
	tf.irsa.Trail().Reset()
	read := func() error {
		cfg, err := config.LoadDefaultConfig(t.Context())
		if err != nil {
			return err
		}
		out, err := s3.NewFromConfig(cfg).GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("data"), Key: aws.String("k")})
		if err != nil {
			return err
		}
		return out.Body.Close()
	}
	tf.irsa.Pod("prod", "app").Setenv(t)
	if err := read(); err == nil || !strings.Contains(err.Error(), "AccessDenied") {
		t.Errorf("before the policy is attached: %v", err)
	}
	tf.irsa.Trail().Reset()
	attachment := attributes{"role": role, "policy_arn": policy}
	id := tfAttachment.create(tf, attachment)
	tf.same("attach", tfAttachment.read(tf, id), attachment)
	tf.asked("attach", "AttachRolePolicy ListAttachedRolePolicies")
	tf.same("plan", tfAttachment.read(tf, id), attachment)
	if err := read(); err != nil {
		t.Errorf("%v\n%s", err, tf.irsa.Why())
	}
	if got := tfPolicy.read(tf, policy)["attachment_count"]; got != int32(1) {
		t.Errorf("attachment_count %v", got)
	}
	tfAttachment.destroy(tf, id)
	if got := tfAttachment.read(tf, id); got != nil {
		t.Errorf("after detaching there is %v", got)
	}
	if err := read(); err == nil {
		t.Error("read without the policy")
	}
	tfRole.destroy(tf, role)
	tfPolicy.destroy(tf, policy)
	tfProvider.destroy(tf, provider)
	if got := tfProvider.read(tf, provider); got != nil {
		t.Errorf("after all there is %v", got)
	}
	if err := read(); err == nil || !strings.Contains(err.Error(), "InvalidIdentityToken") {
		t.Errorf("without the provider: %v", err)
	}
}
