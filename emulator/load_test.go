package emulator_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/irsatz/irsatz/emulator"
	"github.com/irsatz/irsatz/manifest"
)

// badLast is good up to its last bucket.
var badLast = clusterSetup("late", "https://late.example.com") + `---
apiVersion: irsatz/v1
account: "111122223333"
buckets:
  - bucketName: first
    objects: [{key: a.txt, body: a}]
  - bucketName: last
    policy: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: "*", Action: "s3:GetObject", Resource: "arn:aws:s3:::another/*"}]}
`

// TestLoadAllOrNothing: a manifest that is bad at its end leaves nothing
// behind, neither at the start nor while the emulator runs.
func TestLoadAllOrNothing(t *testing.T) {
	t.Parallel()
	_, err := emulator.Start(emulator.Config{Listen: "127.0.0.1:0", Control: "127.0.0.1:0", State: parse(t, badLast)})
	if err == nil || !strings.Contains(err.Error(), "setup:") || !strings.Contains(err.Error(), "buckets[1]") {
		t.Errorf("start: %v", err)
	}
	s := start(t, standardSetup())
	const account = "apiVersion: irsatz/v1\naccount: \"111122223333\"\n"
	for name, c := range map[string]struct{ manifest, says string }{
		"bad bucket policy":    {badLast, "buckets[1]"},
		"role that is there":   {strings.Replace(badLast, "buckets:", "roles: [{roleName: sandbox, assumeRolePolicyDocument: {Version: \"2012-10-17\", Statement: []}}]\nbuckets:", 1), "roles[0]"},
		"bucket that is there": {badLast[:strings.Index(badLast, "  - bucketName: last")] + "  - bucketName: data\n", "buckets[1]"},
		"bad policy document":  {account + "buckets: [{bucketName: first}]\npolicies: [{managedPolicyName: p, policyDocument: {Version: \"2012-10-17\", Statement: [{Effect: Perhaps}]}}]", "MalformedPolicyDocument"},
		"policy that is not":   {account + "buckets: [{bucketName: first}]\nusers: [{userName: u, managedPolicyArns: [\"arn:aws:iam::111122223333:policy/none\"]}]", "none"},
		"key that is there":    {account + "buckets: [{bucketName: first}]\nusers: [{userName: u, accessKeys: [{accessKeyId: test, secretAccessKey: secret}]}]", "users[0]"},
		"boundary that is not": {account + "buckets: [{bucketName: first}]\nusers: [{userName: u, permissionsBoundary: \"arn:aws:iam::111122223333:policy/none\"}]", "request:4: users[0]: policy arn:aws:iam::111122223333:policy/none"},
		"another's policy":     {account + "policies: [{managedPolicyName: p, policyDocument: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Action: \"*\", Resource: \"*\"}]}}]\n---\napiVersion: irsatz/v1\naccount: \"444455556666\"\ngroups: [{groupName: g, managedPolicyArns: [\"arn:aws:iam::111122223333:policy/p\"]}]", "request:7: groups[0]: policy arn:aws:iam::111122223333:policy/p is not of account 444455556666"},
		"group that is not":    {account + "buckets: [{bucketName: first}]\nusers: [{userName: u, groups: [none]}]", "request:4: users[0]: group none"},
		"role that is not":     {account + "buckets: [{bucketName: first}]\ninstanceProfiles: [{instanceProfileName: p, roles: [none]}]", "request:4: instanceProfiles[0]"},
		"another issuer":       {account + "buckets: [{bucketName: first}]\nclusters: [{name: sandbox, oidcIssuer: \"https://other.example.com\"}]", "already has the issuer"},
		"an issuer again":      {account + "buckets: [{bucketName: first}]\nclusters: [{name: twin, oidcIssuer: \"" + issuers["sandbox"] + "\"}]", "cluster sandbox and cluster twin have the same issuer"},
		"an issuer with slash": {account + "buckets: [{bucketName: first}]\nclusters: [{name: twin, oidcIssuer: \"" + issuers["sandbox"] + "/\"}]", "the same discovery document"},
		"an id again":          {account + "buckets: [{bucketName: first}]\nclusters: [{name: twin, oidcIssuer: \"https://other.example.com/id/" + eksID + "\"}]", "would both be served at /id/"},
	} {
		t.Run(name, func(t *testing.T) {
			got := s.send("POST", "/v1/state", c.manifest)
			if got.status != 422 || !strings.Contains(got.body, c.says) {
				t.Errorf("%d %s, want %s", got.status, got.body, c.says)
			}
			if buckets, err := s.root().Buckets(t.Context()); err != nil || strings.Join(buckets, " ") != "data" {
				t.Errorf("buckets %v, %v", buckets, err)
			}
			snapshot := s.IAM().Snapshot()
			if n, m := len(snapshot.Roles(s.Account())), len(snapshot.Providers(s.Account())); n != 1 || m != 1 {
				t.Errorf("%d roles, %d providers", n, m)
			}
			for _, cluster := range []string{"late", "twin"} {
				if _, err := s.MintToken(t.Context(), emulator.TokenRequest{Cluster: cluster, Namespace: "prod", ServiceAccount: "app"}); err == nil {
					t.Errorf("cluster %s is there", cluster)
				}
			}
		})
	}
}

// TestLoadSaysAll: all that is wrong with a manifest is said at once, each with
// its line.
func TestLoadSaysAll(t *testing.T) {
	t.Parallel()
	s := start(t, standardSetup())
	got := s.send("POST", "/v1/state", `apiVersion: irsatz/v1
clusters:
  - {name: sandbox, oidcIssuer: "https://other.example.com"}
  - {name: twin, oidcIssuer: "`+issuers["sandbox"]+`"}
policies:
  - {managedPolicyName: p, policyDocument: {Version: "2012-10-17", Statement: [{Effect: Perhaps}]}}
  - {managedPolicyName: q, policyDocument: {Version: "2012-10-17", Statement: []}}
---
apiVersion: eksctl.io/v1alpha5
kind: ClusterConfig
metadata: {name: sandbox, region: eu-west-1}
iam: {withOIDC: true, serviceAccounts: [{metadata: {name: app}, attachPolicy: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: s3}]}}]}
`)
	for _, want := range []string{
		"request:3: clusters[0]: cluster sandbox already has the issuer", "request:4: clusters[1]: cluster sandbox and cluster twin have the same issuer",
		"request:6: policies[0].policyDocument: MalformedPolicyDocument", "request:7: policies[1].policyDocument: MalformedPolicyDocument",
		"request:12: iam.serviceAccounts[0].attachPolicy: MalformedPolicyDocument",
	} {
		if got.status != 422 || !strings.Contains(got.body, want) {
			t.Errorf("%d %s\nwant %s", got.status, got.body, want)
		}
	}
}

// TestLoadLater: what is loaded while the emulator runs works at once, beside
// what was there.
func TestLoadLater(t *testing.T) {
	t.Parallel()
	s := start(t, standardSetup())
	before := s.pod("sandbox")
	if got := s.send("POST", "/v1/state", clusterSetup("late", "https://late.example.com")+strings.ReplaceAll(bucketSetup, "data", "more")); got.status != 204 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	for _, c := range []struct{ cluster, bucket string }{{"late", "more"}, {"late", "data"}, {"sandbox", "more"}} {
		if body, err := s.pod(c.cluster).Get(t.Context(), c.bucket, "a.txt"); err != nil || string(body) != "hello" {
			t.Errorf("%s reads %s: %q, %v", c.cluster, c.bucket, body, err)
		}
	}
	if _, err := before.Get(t.Context(), "data", "a.txt"); err != nil {
		t.Errorf("token of before: %v", err)
	}
	// A cluster may be named again to add to it.
	again := "apiVersion: irsatz/v1\nclusters: [{name: sandbox, serviceAccounts: [{namespace: prod, name: other}]}]"
	if got := s.send("POST", "/v1/state", again); got.status != 204 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	s.mint(emulator.TokenRequest{Cluster: "sandbox", Namespace: "prod", ServiceAccount: "other"})
	s.mint(emulator.TokenRequest{Cluster: "sandbox"})
	if _, err := s.MintToken(t.Context(), emulator.TokenRequest{Namespace: "prod", ServiceAccount: "othr"}); err == nil || !strings.Contains(err.Error(), "not found") {
		t.Errorf("unknown service account: %v", err)
	}
}

// TestServiceAccountWithoutCluster is refused only where its cluster is unknown.
func TestServiceAccountWithoutCluster(t *testing.T) {
	t.Parallel()
	s := start(t, "")
	if got := s.send("POST", "/v1/state", "apiVersion: v1\nkind: ServiceAccount\nmetadata: {namespace: prod, name: app}"); got.status != 204 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	s.mint(emulator.TokenRequest{Cluster: emulator.DefaultCluster})
	in, err := s.control().ServiceAccount(t.Context(), "", "prod", "app")
	if err != nil || in.Name != "app" || in.Cluster != emulator.DefaultCluster {
		t.Errorf("service account: %+v, %v", in, err)
	}
	state := &manifest.State{ServiceAccounts: []manifest.ServiceAccount{{Cluster: "none", Namespace: "prod", Name: "app"}}}
	if _, err := emulator.Start(emulator.Config{Listen: "127.0.0.1:0", Control: "127.0.0.1:0", State: state}); err == nil || !strings.Contains(err.Error(), "there is no cluster none") {
		t.Errorf("unknown cluster: %v", err)
	}
}

// TestLoadFromFiles: files may be referred to by files, and only there.
func TestLoadFromFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, content string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("objects/a.txt", "from a file")
	write("setup.yaml", "apiVersion: irsatz/v1\nregion: eu-west-1\nbuckets: [{bucketName: files, objects: [{prefix: in/, from: ./objects}]}]")
	state, err := manifest.Load([]string{filepath.Join(dir, "setup.yaml")}, nil)
	if err != nil {
		t.Fatal(err)
	}
	s := start(t, "", func(c *emulator.Config) { c.State = state })
	if body, err := s.root().Get(t.Context(), "files", "in/a.txt"); err != nil || string(body) != "from a file" {
		t.Errorf("%q, %v", body, err)
	}
	// When the first state cannot be had again, a reset leaves what is there.
	if err := s.root().Put(t.Context(), "files", "kept", nil); err != nil {
		t.Fatal(err)
	}
	s.clock.Advance(1000)
	if err := os.Remove(filepath.Join(dir, "objects", "a.txt")); err != nil {
		t.Fatal(err)
	}
	if err := s.Reset(); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("reset: %v", err)
	}
	if keys, err := s.root().Objects(t.Context(), "files", ""); err != nil || len(keys) != 2 || s.clock.Offset() != 1000 {
		t.Errorf("keys %v, %v, clock ahead by %v", keys, err, s.clock.Offset())
	}
}

// TestLoadWhole: everything that the native form has is in IAM afterwards, with
// the ids and dates that were given.
func TestLoadWhole(t *testing.T) {
	t.Parallel()
	state, err := manifest.Load([]string{filepath.Join("..", "manifest", "testdata", "whole.yaml")}, nil)
	if err != nil {
		t.Fatal(err)
	}
	s := start(t, "", func(c *emulator.Config) { c.State = state })
	if s.Account() != account || s.Region() != region {
		t.Errorf("account %s, region %s", s.Account(), s.Region())
	}
	snapshot := s.IAM().Snapshot()
	then := time.Date(2024, 2, 3, 4, 5, 6, 0, time.UTC)
	if got := snapshot.Alias(account) + " " + snapshot.Alias("444455556666"); got != "example-prod example-tools" {
		t.Errorf("aliases %s", got)
	}
	if p, ok := snapshot.Provider(account, issuers["sandbox"]); !ok || !p.Created.Equal(then) {
		t.Errorf("provider %+v", p)
	}
	p, err := snapshot.ManagedPolicy("arn:aws:iam::111122223333:policy/teams/red/read-reports")
	if err != nil || p.ID != "ANPAEXAMPLEREADREPORT" || p.VersionID != "v3" || len(p.Versions) != 2 || !p.Created.Equal(then) || p.Updated.Equal(then) {
		t.Errorf("policy %+v, %v", p, err)
	}
	r, ok := snapshot.Role(account, "nodes")
	if !ok || r.ID != "AROAEXAMPLENODESROLE1" || r.Path != "/service/" || len(r.Policies()) != 3 || r.Boundary() == nil || !r.Created.Equal(then) {
		t.Errorf("role %+v", r)
	}
	if r, ok := snapshot.Role("444455556666", "nodes"); !ok || r.ARN != "arn:aws:iam::444455556666:role/nodes" || r.ID == "" {
		t.Errorf("role of the other account %+v", r)
	}
	g, ok := snapshot.Group(account, "readers")
	if !ok || g.ID != "AGPAEXAMPLEREADERS001" || g.ARN != "arn:aws:iam::111122223333:group/teams/readers" || len(snapshot.Members(g)) != 1 {
		t.Errorf("group %+v", g)
	}
	u, ok := snapshot.User(account, "ci")
	if !ok || u.ID != "AIDAEXAMPLECIUSER0001" || len(u.Policies()) != 3 || !u.AccessKeys[0].Inactive || u.AccessKeys[1].Inactive || !u.AccessKeys[0].Created.Equal(then) {
		t.Errorf("user %+v", u)
	}
	i, ok := snapshot.InstanceProfile(account, "nodes")
	if !ok || i.ID != "AIPAEXAMPLENODES00001" || i.RoleName != "nodes" || i.Path != "/service/" {
		t.Errorf("instance profile %+v", i)
	}
	if got := s.send("POST", "/v1/state", "apiVersion: irsatz/v1\naccount: '111122223333'\naccountAlias: another\n"); got.status != 422 || !strings.Contains(got.body, "already has the alias example-prod") {
		t.Errorf("another alias: %d %s", got.status, got.body)
	}
}
