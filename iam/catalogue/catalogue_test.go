package catalogue_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/irsatz/irsatz/iam/catalogue"
)

func TestServices(t *testing.T) {
	t.Parallel()
	all := catalogue.Services()
	if len(all) != 455 || !slices.IsSorted(all) {
		t.Errorf("%d services, sorted %v", len(all), slices.IsSorted(all))
	}
	actions := 0
	for _, prefix := range all {
		s, ok := catalogue.Service(prefix)
		if !ok || s.Prefix != prefix {
			t.Errorf("service %s: %+v, %v", prefix, s, ok)
		}
		actions += s.Actions
	}
	if actions != 21788 {
		t.Errorf("%d actions", actions)
	}
	if _, ok := catalogue.Service("s33"); ok {
		t.Error("s33 is a service")
	}
	if near, ok := catalogue.NearestService("dynamobd"); !ok || near != "dynamodb" {
		t.Errorf("nearest to dynamobd: %q, %v", near, ok)
	}
}

func TestEveryActionIsFound(t *testing.T) {
	t.Parallel()
	n := 0
	for a := range catalogue.ActionsMatching("*") {
		if n++; !catalogue.Known(strings.ToUpper(a.Name)) {
			t.Errorf("%s is listed but not found", a.Name)
		}
		if !slices.Contains([]string{"List", "Read", "Write", "Tagging", "Permissions management"}, a.Access) {
			t.Errorf("%s has the access level %q", a.Name, a.Access)
		}
	}
	if n != 21788 {
		t.Errorf("%d actions", n)
	}
}

func TestAction(t *testing.T) {
	t.Parallel()
	got, ok := catalogue.Action("S3:listbucket")
	want := catalogue.ActionInfo{
		Name: "s3:ListBucket", Access: "List",
		Resources: []catalogue.Resource{{Type: "accesspoint"}, {Type: "bucket"}},
		Keys: []string{
			"s3:AccessGrantsInstanceArn", "s3:ResourceAccount", "s3:TlsVersion", "s3:authType", "s3:delimiter",
			"s3:max-keys", "s3:prefix", "s3:signatureAge", "s3:signatureversion", "s3:x-amz-content-sha256",
		},
	}
	if d := cmp.Diff(want, got); !ok || d != "" {
		t.Errorf("ListBucket (found %v, -want +got):\n%s", ok, d)
	}
	if got.Service() != "s3" || !got.On("bucket") || got.On("object") {
		t.Errorf("ListBucket is of %s, on buckets %v, on objects %v", got.Service(), got.On("bucket"), got.On("object"))
	}
	for _, name := range []string{"", "*", "s3", "s3:", "s3:HeadObject", "s3:Get*", "nosuch:Get", "s3:zzz", "s3:GetObject "} {
		if a, ok := catalogue.Action(name); ok {
			t.Errorf("%q is the action %+v", name, a)
		}
	}
}

func TestNearestAction(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, want string }{
		{"s3:GetObjct", "s3:GetObject"},
		{"s3:listbuckets", "s3:ListBucket"},
		{"sts:AssumeRoleWithWebIdentiy", "sts:AssumeRoleWithWebIdentity"},
		{"dynamobd:GetItem", "dynamodb:GetItem"},
		{"s3:Frobnicate", ""},
		{"zzzzzzzzzz:GetItem", ""},
		{"GetObject", ""},
	} {
		got, ok := catalogue.NearestAction(c.name)
		if got != c.want || ok != (c.want != "") {
			t.Errorf("nearest to %q: %q, %v; want %q", c.name, got, ok, c.want)
		}
	}
}

func TestResembles(t *testing.T) {
	t.Parallel()
	if !catalogue.Resembles("S3:GetObjct", "s3:getobject") || catalogue.Resembles("s3:GetObject", "s3:ListAllMyBuckets") {
		t.Error("likeness is not what it seems")
	}
}

func TestActionsMatching(t *testing.T) {
	t.Parallel()
	names := func(pattern string) []string {
		var all []string
		for a := range catalogue.ActionsMatching(pattern) {
			all = append(all, a.Name)
		}
		return all
	}
	for _, c := range []struct {
		pattern string
		want    []string
	}{
		{"sts:AssumeRole*", []string{"sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"}},
		{"S3:getobject", []string{"s3:GetObject"}},
		{"s3:?etObject", []string{"s3:GetObject"}},
		{"eks-auth:*", []string{"eks-auth:AssumeRoleForPodIdentity"}},
		{"nosuch:*", nil},
		{"Get*", nil},
		{"s3:*Object*Lock*Conf*", []string{"s3:GetBucketObjectLockConfiguration", "s3:PutBucketObjectLockConfiguration"}},
	} {
		got := names(c.pattern)
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.pattern, d)
		}
	}
	for range catalogue.ActionsMatching("s3:*") {
		break // stopping early is allowed
	}
}

func TestResourceTypes(t *testing.T) {
	t.Parallel()
	arns := map[string]string{}
	for _, r := range catalogue.ResourceTypes("s3") {
		arns[r.Name] = r.ARN
		if r.Name == "bucket" && !slices.Contains(r.Keys, "s3:BucketTag/${TagKey}") {
			t.Errorf("keys of buckets: %v", r.Keys)
		}
	}
	if arns["bucket"] != "arn:${Partition}:s3:::${BucketName}" || arns["object"] != "arn:${Partition}:s3:::${BucketName}/${ObjectName}" {
		t.Errorf("resource types of s3: %v", arns)
	}
	if got := catalogue.ResourceTypes("nosuch"); got != nil {
		t.Errorf("resource types of nothing: %v", got)
	}
}

func TestKeysFor(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		action, key string
		want        bool
	}{
		{"s3:ListBucket", "S3:Prefix", true},
		{"s3:GetObject", "s3:prefix", false},
		{"s3:GetObject", "s3:ExistingObjectTag/Team", true},
		{"s3:GetObject", "s3:ExistingObjectTag/", false},
		{"s3:GetObject", "aws:ResourceTag/Team", true},
		{"s3:DeleteObject", "s3:ExistingObjectTag/Team", false},
		{"sts:AssumeRole", "sts:ExternalId", true},
		{"sts:AssumeRole", "iam:ResourceTag/a", true},
		{"sts:AssumeRoleWithWebIdentity", "sts:ExternalId", false},
		{"sts:AssumeRoleWithWebIdentity", "sts:RoleAuthorizedByIdp", true},
		{"nosuch:Action", "s3:prefix", false},
	} {
		if got := catalogue.Takes(c.action, c.key); got != c.want {
			t.Errorf("%s takes %s: %v", c.action, c.key, got)
		}
	}
	if got := catalogue.KeysFor("s3:ListBucket"); !slices.Contains(got, "s3:prefix") || !slices.IsSorted(got) {
		t.Errorf("keys of ListBucket: %v", got)
	}
	if got := catalogue.KeysFor("s3:HeadObject"); got != nil {
		t.Errorf("keys of an action that is none: %v", got)
	}
}
