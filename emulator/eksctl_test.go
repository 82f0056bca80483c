package emulator_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/irsatz/irsatz/emulator"
	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/manifest"
)

// eksctlSetup says of the clusters what eksctl asks AWS for, and has what its
// ClusterConfigs take for granted.
const eksctlSetup = `---
apiVersion: irsatz/v1
account: "111122223333"
region: eu-west-1
clusters: [{name: prod, oidcIssuer: "https://oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE"}]
roles: [{roleName: legacy, assumeRolePolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: sts:AssumeRole}]}}]
buckets: [{bucketName: reports-archive}]
---
apiVersion: irsatz/v1
account: "444455556666"
clusters: [{name: tools}]
`

func startEksctl(t *testing.T, more string) *server {
	t.Helper()
	state := eksctlState(t, more)
	return start(t, "", func(c *emulator.Config) { c.State = state })
}

// eksctlState is what eksctl's ClusterConfigs and their setup say.
func eksctlState(t *testing.T, more string) *manifest.State {
	t.Helper()
	setup := filepath.Join(t.TempDir(), "setup.yaml")
	if err := os.WriteFile(setup, []byte(eksctlSetup+more), 0o600); err != nil {
		t.Fatal(err)
	}
	state, err := manifest.Load([]string{filepath.Join("..", "manifest", "testdata", "eksctl"), setup}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return state
}

// TestLoadClusterConfig: what eksctl makes of its config is there, and pods get
// the roles.
func TestLoadClusterConfig(t *testing.T) {
	t.Parallel()
	s := startEksctl(t, "")
	snapshot := s.IAM().Snapshot()
	var roles []string
	for _, sa := range [][3]string{
		{"prod", "prod", "reports"}, {"prod", "kube-system", "aws-load-balancer-controller"}, {"prod", "default", "legacy"},
		{"prod", "previews", "previews"}, {"tools", "ci", "builder"},
	} {
		got, err := s.control().ServiceAccount(t.Context(), sa[0], sa[1], sa[2])
		if err != nil {
			t.Fatalf("%v: %v", sa, err)
		}
		roles = append(roles, got.RoleARN)
	}
	for i, want := range []string{
		"arn:aws:iam::111122223333:role/eksctl-prod-addon-iamserviceaccount-prod-rep-Role1-",
		"arn:aws:iam::111122223333:role/prod-load-balancer-controller",
		"arn:aws:iam::111122223333:role/legacy",
		"arn:aws:iam::111122223333:role/eksctl-prod-addon-iamserviceaccount-previews-Role1-a1B2c3D4e5F6",
		"arn:aws:iam::444455556666:role/eksctl-tools-addon-iamserviceaccount-ci-buil-Role1-",
	} {
		if _, ok := snapshot.RoleByARN(roles[i]); !ok || !strings.HasPrefix(roles[i], want) {
			t.Errorf("role %s, want %s…; it exists: %v", roles[i], want, ok)
		}
	}
	if _, err := s.control().ServiceAccount(t.Context(), "prod", "cert-manager", "cert-manager"); err == nil {
		t.Error("roleOnly made a service account")
	}
	if r, ok := snapshot.Role(account, "prod-cert-manager"); !ok || len(r.Inline) != 5 {
		t.Errorf("role %+v", r)
	}
	if p, ok := snapshot.Provider(account, issuers["sandbox"]); !ok || len(p.ClientIDs) != 1 || p.ClientIDs[0] != "sts.amazonaws.com" {
		t.Errorf("provider %+v", p)
	}
	if n := len(snapshot.Providers("444455556666")); n != 1 {
		t.Errorf("%d providers of the other account", n)
	}
	r, _ := snapshot.RoleByARN(roles[3])
	if r.BoundaryARN != "arn:aws:iam::aws:policy/AmazonS3FullAccess" || !strings.Contains(string(r.Trust.Document.Source()), "system:serviceaccount:previews:pr-*") {
		t.Errorf("role %+v", r)
	}

	token := s.mint(emulator.TokenRequest{Cluster: "prod", Namespace: "prod", ServiceAccount: "reports"})
	pod := s.bearer(roles[0], token)
	if err := pod.Put(t.Context(), "reports-archive", "a", nil); err != nil {
		t.Errorf("put: %v", err)
	}
	if err := pod.Delete(t.Context(), "reports-archive", "a"); err == nil {
		t.Error("deleted without permission")
	}
}

// TestClusterConfigBesideManifests: a ServiceAccount that is annotated with a
// role that eksctl once made finds it again.
func TestClusterConfigBesideManifests(t *testing.T) {
	t.Parallel()
	const made = "arn:aws:iam::111122223333:role/eksctl-prod-addon-iamserviceaccount-prod-rep-Role1-Zz9Yy8Xx7Ww6"
	serviceAccount := func(role string) string {
		return "---\napiVersion: irsatz/v1\nclusters: [{name: prod, serviceAccounts: [{namespace: prod, name: reports, annotations: {a: b, eks.amazonaws.com/role-arn: \"" + role + "\"}}]}]\n"
	}
	s := startEksctl(t, serviceAccount(made))
	if r, ok := s.IAM().Snapshot().RoleByARN(made); !ok || len(r.Inline) != 1 {
		t.Errorf("role %+v", r)
	}
	got, err := s.control().ServiceAccount(t.Context(), "prod", "prod", "reports")
	if err != nil || got.RoleARN != made || got.Annotations["a"] != "b" || got.Annotations["eks.amazonaws.com/token-expiration"] != "3600" {
		t.Errorf("service account %+v, %v", got, err)
	}

	for name, c := range map[string]struct{ manifest, says string }{
		"another role": {
			clusterConfig("late", "{metadata: {name: app}, attachPolicyARNs: [\"arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess\"]}") +
				"---\napiVersion: irsatz/v1\nclusters: [{name: late, serviceAccounts: [{name: app, roleArn: \"arn:aws:iam::111122223333:role/mine\"}]}]",
			"request:5: iam.serviceAccounts[0]: service account default/app has the role arn:aws:iam::111122223333:role/mine at request:8",
		},
		"issuer with a port": {
			clusterConfig("late", "{metadata: {name: app}, attachPolicyARNs: [\"arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess\"]}") +
				"---\napiVersion: irsatz/v1\nclusters: [{name: late, oidcIssuer: \"https://issuer.example.com:8443\"}]",
			"request:5: iam.serviceAccounts[0]: issuer https://issuer.example.com:8443: eksctl leaves out the port",
		},
		"bad policy": {
			clusterConfig("late", "{metadata: {name: app}, attachPolicy: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Action: s3}]}}"),
			"request:5: iam.serviceAccounts[0].attachPolicy: MalformedPolicyDocument",
		},
		"role that is there": {
			clusterConfig("prod", "{metadata: {name: app}, roleName: legacy, attachPolicyARNs: [\"arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess\"]}"),
			"request:5: iam.serviceAccounts[0]: role legacy: entity already exists",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := s.send("POST", "/v1/state", c.manifest); got.status != 422 || !strings.Contains(got.body, c.says) {
				t.Errorf("%d %s, want %s", got.status, got.body, c.says)
			}
		})
	}

	// A config for a cluster that is there adds to it.
	more := clusterConfig("prod", "{metadata: {name: app}, attachPolicyARNs: [\"arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess\"]}")
	if got := s.send("POST", "/v1/state", more); got.status != 204 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	if got, err := s.control().ServiceAccount(t.Context(), "prod", "default", "app"); err != nil || got.RoleARN == "" {
		t.Errorf("service account %+v, %v", got, err)
	}
}

func clusterConfig(cluster, serviceAccount string) string {
	return "apiVersion: eksctl.io/v1alpha5\nkind: ClusterConfig\nmetadata: {name: " + cluster + ", region: eu-west-1}\n" +
		"iam: {withOIDC: true, serviceAccounts: [\n  " + serviceAccount + "]}\n"
}

// TestClusterConfigAfterRestart: a ClusterConfig is carried out once. What was
// changed since stays changed, and what was deleted deleted, until the config
// says something else.
func TestClusterConfigAfterRestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const native = "---\napiVersion: irsatz/v1\naccount: \"111122223333\"\n---\napiVersion: irsatz/v1\naccount: \"444455556666\"\nclusters: [{name: late}]\n"
	config := clusterConfig("late", "{metadata: {name: app}, roleName: app, attachPolicyARNs: [\"arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess\"]}") + native
	const other = "444455556666"
	first := start(t, config, in(dir))
	if providers := first.IAM().Snapshot().Providers(other); len(providers) != 1 {
		t.Fatalf("providers %v", providers)
	}
	role, _ := first.IAM().Snapshot().Role(other, "app")
	err := first.IAM().Update(func(d *iam.Draft) error {
		if err := d.DeleteProvider(other, first.IAM().Snapshot().Providers(other)[0].URL); err != nil {
			return err
		}
		_, err := d.UpdateRole(other, "app", func(r *iam.Role) error { r.Description = "changed"; return nil })
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	first.close()

	second := start(t, config, in(dir))
	now, ok := second.IAM().Snapshot().Role(other, "app")
	if !ok || now.ID != role.ID || now.Description != "changed" || len(second.IAM().Snapshot().Providers(other)) != 0 {
		t.Errorf("role %+v, providers %v", now, second.IAM().Snapshot().Providers(other))
	}
	second.close()

	config = strings.Replace(config, "AmazonS3ReadOnlyAccess", "AmazonS3FullAccess", 1)
	third := start(t, config, in(dir))
	now, ok = third.IAM().Snapshot().Role(other, "app")
	if !ok || now.ID != role.ID || now.AttachedARNs[0] != "arn:aws:iam::aws:policy/AmazonS3FullAccess" {
		t.Errorf("role %+v", now)
	}
	if sa, err := third.control().ServiceAccount(t.Context(), "late", "default", "app"); err != nil || sa.RoleARN != role.ARN {
		t.Errorf("service account %+v, %v", sa, err)
	}
	third.close()

	// Without the files, a cluster is still in its account.
	fourth := start(t, "", in(dir))
	if text := fourth.export(emulator.ExportRequest{Form: emulator.FormNative}); !strings.Contains(text, "  - name: late\n    account: \"444455556666\"\n") {
		t.Errorf("export:\n%s", text)
	}
}
