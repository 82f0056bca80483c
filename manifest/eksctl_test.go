package manifest_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/irsatz/irsatz/manifest"
)

func TestClusterConfig(t *testing.T) {
	t.Parallel()
	file := filepath.Join("testdata", "eksctl", "clusters.yaml")
	s := load(t, file)
	inline := document(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:PutObject"],"Resource":"arn:aws:s3:::reports-archive/*"}]}`)
	environment := manifest.Tag{Key: "environment", Value: "production"}
	want := &manifest.State{
		Region: "eu-west-1",
		Clusters: []manifest.Cluster{
			{Name: "prod", Region: "eu-west-1", Provider: &manifest.ClusterProvider{}},
			{Name: "tools", Region: "eu-central-1", Provider: &manifest.ClusterProvider{}},
		},
		IAMServiceAccounts: []manifest.IAMServiceAccount{
			{
				Cluster: "prod", Namespace: "prod", Name: "reports", Annotations: map[string]string{"eks.amazonaws.com/token-expiration": "3600"},
				PolicyARNs: []string{"arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"}, Policy: &inline,
				Tags: []manifest.Tag{environment, {Key: "team", Value: "red"}},
			},
			{
				Cluster: "prod", Namespace: "kube-system", Name: "aws-load-balancer-controller", RoleName: "prod-load-balancer-controller",
				WellKnownPolicies: []string{"awsLoadBalancerController"}, Tags: []manifest.Tag{environment},
			},
			{
				Cluster: "prod", Namespace: "cert-manager", Name: "cert-manager", RoleName: "prod-cert-manager", RoleOnly: true,
				WellKnownPolicies: []string{"externalDNS", "certManager"}, Tags: []manifest.Tag{environment},
			},
			{
				Cluster: "prod", Namespace: "default", Name: "legacy", AttachRoleARN: "arn:aws:iam::111122223333:role/legacy", Tags: []manifest.Tag{environment},
			},
			{
				Cluster: "prod", Namespace: "previews", Name: "previews", PolicyARNs: []string{"arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"},
				PermissionsBoundary: "arn:aws:iam::aws:policy/AmazonS3FullAccess", SubjectPattern: "pr-*", Tags: []manifest.Tag{environment},
				RoleARN: "arn:aws:iam::111122223333:role/eksctl-prod-addon-iamserviceaccount-previews-Role1-a1B2c3D4e5F6",
			},
			{Cluster: "tools", Namespace: "ci", Name: "builder", WellKnownPolicies: []string{"imageBuilder", "ebsCSIController"}},
		},
	}
	notes := s.Notes
	s.Notes = nil
	if diff := cmp.Diff(want, s, ignorePos); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(notes) != 1 || notes[0].String() != file+":3: not loaded: addons, managedNodeGroups, iam.vpcResourceControllerPolicy; "+
		"of a ClusterConfig, metadata, iam.withOIDC and iam.serviceAccounts are read" {
		t.Errorf("notes %v", notes)
	}
	if got := s.IAMServiceAccounts[0].Policy.Field; got != "iam.serviceAccounts[0].attachPolicy" {
		t.Errorf("policy at %s", got)
	}
}

// TestClusterConfigBesideNative: the account and the issuer of a cluster, which
// eksctl asks AWS for, stand in a native document.
func TestClusterConfigBesideNative(t *testing.T) {
	t.Parallel()
	s := parse(t, `
apiVersion: irsatz/v1
account: "111122223333"
region: us-east-1
---
apiVersion: eksctl.io/v1alpha5
kind: ClusterConfig
metadata: {name: prod, region: eu-west-1}
iam: {withOIDC: true}
---
apiVersion: irsatz/v1
account: "444455556666"
clusters: [{name: prod, oidcIssuer: "https://oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE"}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec: {template: {spec: {serviceAccountName: app}}}
`)
	want := []manifest.Cluster{{
		AccountID: "444455556666", Region: "eu-west-1", Name: "prod", Provider: &manifest.ClusterProvider{},
		OIDCIssuer: "https://oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE",
	}}
	if diff := cmp.Diff(want, s.Clusters, ignorePos); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(s.Notes) != 1 || s.Workloads[0].Cluster != "prod" {
		t.Errorf("notes %v, workloads %+v", s.Notes, s.Workloads)
	}
}

func TestMalformedClusterConfig(t *testing.T) {
	t.Parallel()
	config := func(iam string) string {
		return "apiVersion: eksctl.io/v1alpha5\nkind: ClusterConfig\nmetadata: {name: a, region: eu-west-1}\niam:\n  withOIDC: true\n" + iam + "\n"
	}
	account := func(fields string) string {
		return config("  serviceAccounts:\n  - {metadata: {name: b}, " + fields + "}")
	}
	const at = "m.yaml:7: iam.serviceAccounts[0]"
	refuse(t, "m.yaml", []malformed{
		{"version", "apiVersion: eksctl.io/v1alpha4\nkind: ClusterConfig\n", "m.yaml:1: eksctl.io/v1alpha4 ClusterConfig is not known, expected eksctl.io/v1alpha5 ClusterConfig"},
		{"unknown field", "apiVersion: eksctl.io/v1alpha5\nkind: ClusterConfig\nmetadata: {name: a, region: eu-west-1}\nnodegroups: []\n",
			"m.yaml:4: nodegroups: unknown field, did you mean nodeGroups?"},
		{"no region", "apiVersion: eksctl.io/v1alpha5\nkind: ClusterConfig\nmetadata: {name: a}\n", "m.yaml:3: metadata.region: missing, it is required"},
		{"no OIDC", strings.Replace(account("attachRoleARN: a"), "true", "false", 1),
			"m.yaml:7: iam.serviceAccounts: iam.withOIDC must be enabled explicitly for iam.serviceAccounts to be created"},
		{"no permissions", account("roleName: a"), at + ": one of wellKnownPolicies, attachPolicyARNs, attachRoleARN or attachPolicy must be set"},
		{"policy", account("attachPolicyARN: [a]"), at + ".attachPolicyARN: unknown field, did you mean attachPolicyARNs?\n" +
			at + ": one of wellKnownPolicies, attachPolicyARNs, attachRoleARN or attachPolicy must be set"},
		{"well-known policy", account("wellKnownPolicies: {autoscaler: true}"), at + ".wellKnownPolicies.autoscaler: unknown field, did you mean autoScaler?\n" +
			at + ": one of wellKnownPolicies, attachPolicyARNs, attachRoleARN or attachPolicy must be set"},
		{"pattern", account("attachRoleARN: a, subjectPattern: 'a b'"), at + ".subjectPattern: expected a pattern for the name of a service account"},
		{"twice", config("  serviceAccounts:\n  - {metadata: {name: b}, attachRoleARN: a}\n  - {metadata: {name: b, namespace: default}, attachRoleARN: a}"),
			"m.yaml:8: iam.serviceAccounts[1]: iamserviceaccount default/b is given twice, first at " + at},
	})
}
