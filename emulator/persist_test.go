package emulator_test

import (
	"bytes"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"github.com/irsatz/irsatz/emulator"
	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/iam/policy"
	"github.com/irsatz/irsatz/internal/clock"
	"github.com/irsatz/irsatz/internal/datadir"
	"github.com/irsatz/irsatz/manifest"
)

// in keeps the state in the folder.
func in(dir string) func(*emulator.Config) {
	return func(c *emulator.Config) { c.DataDir = dir }
}

func (s *server) role(name string) *iam.Role {
	s.Helper()
	r, ok := s.IAM().Snapshot().Role(account, name)
	if !ok {
		s.Fatalf("no role %s", name)
	}
	return r
}

// TestRestart: sessions and tokens of before are good after it, and so are keys,
// CA, clusters and what the files say nothing of.
func TestRestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	setup := standardSetup() + `---
apiVersion: irsatz/v1
clusters: [{name: far, account: "444455556666", region: us-west-2}]
issuers:
  - {preset: github, claims: {repository: acme/shop, run_id: 12345678901234567890}}
`
	first := start(t, setup, in(dir))
	if got := first.send("POST", "/v1/state", clusterSetup("late", "https://late.example.com")); got.status != 204 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	pod, late := first.pod("sandbox"), first.pod("late")
	if _, err := pod.Get(t.Context(), "data", "a.txt"); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(
		first.root().Put(t.Context(), "data", "mine", []byte("kept")), first.root().Delete(t.Context(), "data", "id/x"),
	); err != nil {
		t.Fatal(err)
	}
	token := first.mint(emulator.TokenRequest{Cluster: "sandbox"})
	if err := first.Issuer("late").Rotate(t.Context()); err != nil {
		t.Fatal(err)
	}
	keys := func(s *server) string {
		return raw(t, s.AWSAddr(), request("GET", "/id/"+eksID+"/keys", "localhost", "")).body +
			raw(t, s.AWSAddr(), request("GET", "/keys", "late.example.com", "")).body
	}
	caFile, err := os.ReadFile(first.CAFile())
	if err != nil || !bytes.Equal(caFile, first.CAPEM()) || filepath.Dir(first.CAFile()) != dir {
		t.Errorf("CA in %s: %v", first.CAFile(), err)
	}
	role, published, clusters := first.role("sandbox"), keys(first), first.ClusterSet()
	first.close()

	second := start(t, setup, in(dir))
	if diff := emulator.DiffClusters(clusters, second.ClusterSet()); diff != "" {
		t.Errorf("clusters (-before +after):\n%s", diff)
	}
	if now := second.role("sandbox"); now.ID != role.ID || !now.Created.Equal(role.Created) {
		t.Errorf("role %+v, was %+v", now, role)
	}
	if now := keys(second); now != published || strings.Count(now, `"kid"`) != 3 {
		t.Errorf("keys %s", now)
	}
	if !bytes.Equal(second.CAPEM(), first.CAPEM()) || second.CAFile() != first.CAFile() {
		t.Error("another CA")
	}
	// The sessions of before go on, at the new address.
	pod.Endpoint, pod.HTTP = second.AWSURL(), second.https()
	if _, arn, _, err := pod.CallerIdentity(t.Context()); err != nil || !strings.Contains(arn, "assumed-role/sandbox") {
		t.Errorf("session of before: %s, %v", arn, err)
	}
	if body, err := pod.Get(t.Context(), "data", "a.txt"); err != nil || string(body) != "hello" {
		t.Errorf("session of before at S3: %q, %v", body, err)
	}
	if body, err := pod.Get(t.Context(), "data", "mine"); err != nil || string(body) != "kept" {
		t.Errorf("object of before: %q, %v", body, err)
	}
	if all, err := second.root().Objects(t.Context(), "data", ""); err != nil || strings.Join(all, " ") != "a.txt mine" {
		t.Errorf("objects %v, %v", all, err)
	}
	late.Endpoint, late.HTTP = second.AWSURL(), second.https()
	if _, err := late.Assume(t.Context()); err != nil {
		t.Errorf("token of the rotated key: %v", err)
	}
	if _, err := second.bearer(roleARN, token).Assume(t.Context()); err != nil {
		t.Errorf("token of before: %v", err)
	}
}

// TestRestartAndReset: without files what they said stays, as do
// account and region; a reset brings back what the files of that run say.
func TestRestartAndReset(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := start(t, standardSetup(), in(dir))
	token := first.mint(emulator.TokenRequest{Cluster: "sandbox"})
	first.close()

	second := start(t, "", in(dir))
	if second.Account() != account || second.Region() != region {
		t.Errorf("account %s, region %s", second.Account(), second.Region())
	}
	if _, err := second.bearer(roleARN, token).Assume(t.Context()); err != nil {
		t.Errorf("without files: %v", err)
	}
	second.update(func(d *iam.Draft) error { return d.DeleteRole(account, "sandbox") })
	if err := second.root().Put(t.Context(), "data", "lost", nil); err != nil {
		t.Fatal(err)
	}
	second.close()

	third := start(t, standardSetup(), in(dir))
	if _, ok := third.IAM().Snapshot().Role(account, "sandbox"); ok {
		t.Error("a role that was deleted is back, though the file is the same")
	}
	if err := third.Reset(); err != nil {
		t.Fatal(err)
	}
	id := third.role("sandbox").ID
	third.update(func(d *iam.Draft) error {
		_, err := d.CreateProvider(iam.Provider{AccountID: account, URL: "late.example.com"})
		return err
	})
	if err := third.root().Put(t.Context(), "data", "after", nil); err != nil {
		t.Fatal(err)
	}
	third.close()

	fourth := start(t, standardSetup(), in(dir))
	if all, err := fourth.root().Objects(t.Context(), "data", ""); err != nil || strings.Join(all, " ") != "a.txt after id/x" {
		t.Errorf("objects %v, %v", all, err)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "s3", "*")); err != nil || len(left) != 1 {
		t.Errorf("buckets in %v, %v", left, err)
	}
	if fourth.role("sandbox").ID != id || len(fourth.IAM().Snapshot().Providers(account)) != 2 {
		t.Error("the state after a reset was not kept")
	}
	if _, err := fourth.bearer(roleARN, token).Assume(t.Context()); err != nil {
		t.Errorf("token of the first run: %v", err)
	}
}

// TestChangedFiles: what was changed in the files is brought to what they say,
// what was not is left to whoever changed it since.
func TestChangedFiles(t *testing.T) {
	t.Parallel()
	const setup = `
apiVersion: irsatz/v1
account: "111122223333"
region: eu-west-1
accountAlias: one-alias
clusters:
  - {name: one, oidcIssuer: "https://one.example.com", serviceAccounts: [{namespace: prod, name: app, roleArn: "arn:aws:iam::111122223333:role/app"}, {namespace: prod, name: same}]}
issuers: [{name: ci, preset: oidc, url: "https://ci.example.com", claims: {sub: ci}}]
oidcProviders: [{url: "https://one.example.com", clientIdList: [a]}]
policies:
  - {managedPolicyName: p, policyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "s3:GetObject", Resource: "*"}]}}
roles:
  - &role
    roleName: app
    assumeRolePolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {AWS: "111122223333"}, Action: sts:AssumeRole}]}
    description: what
  - {<<: *role, roleName: same}
  - {<<: *role, roleName: moved}
groups: [{groupName: g}]
users:
  - {userName: u, accessKeys: [{accessKeyId: AKIAONE, secretAccessKey: one}, {accessKeyId: AKIATWO, secretAccessKey: two}]}
instanceProfiles: [{instanceProfileName: ip, roles: [same]}]
buckets:
  - {bucketName: data, versioning: true, tags: {k: v}, objects: [{key: same, body: file}, {key: changed, body: file}]}
  - {bucketName: gone, objects: [{key: same, body: file}, {key: changed, body: file}]}
  - {bucketName: went, objects: [{key: same, body: file}]}
`
	dir := t.TempDir()
	first := start(t, setup, in(dir))
	before := first.IAM().Snapshot()
	arn := "arn:aws:iam::" + account + ":policy/p"
	first.update(func(d *iam.Draft) error {
		var errs []error
		for _, name := range []string{"app", "same"} {
			_, err := d.UpdateRole(account, name, func(r *iam.Role) error { r.Description = "by hand"; return nil })
			errs = append(errs, err)
		}
		_, err := d.CreateRole(iam.Role{AccountID: account, Name: "mine", Trust: first.role("app").Trust})
		return errors.Join(append(errs, err)...)
	})
	root := first.root()
	err := errors.Join(root.Put(t.Context(), "data", "same", []byte("hand")), root.Put(t.Context(), "data", "changed", []byte("hand")))
	for _, bucket := range []string{"gone", "went"} {
		for _, key := range []string{"same", "changed", ""} {
			err = errors.Join(err, root.Delete(t.Context(), bucket, key))
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	first.close()

	edited := strings.NewReplacer(
		"one-alias", "two-alias", "https://one.example.com\", serviceAccounts", "https://two.example.com\", serviceAccounts",
		"name: app, roleArn: \"arn:aws:iam::111122223333:role/app\"", "name: app, roleArn: \"arn:aws:iam::111122223333:role/new\"",
		"claims: {sub: ci}", "claims: {sub: cd}", "clientIdList: [a]", "clientIdList: [b]", "s3:GetObject", "s3:PutObject",
		"description: what", "description: that", "{<<: *role, roleName: same}", "{<<: *role, roleName: same, description: what}",
		"roleName: moved}", "roleName: moved, path: /to/}", "groupName: g}", "groupName: g, managedPolicyArns: [\""+arn+"\"]}",
		"secretAccessKey: one}, {accessKeyId: AKIATWO, secretAccessKey: two}", "secretAccessKey: uno}, {accessKeyId: AKIANEW, secretAccessKey: new}",
		"roles: [same]", "roles: [app]", "{key: changed, body: file}", "{key: changed, body: edited}", "versioning: true, tags: {k: v}", "tags: {k: w}",
	).Replace(setup)
	second := start(t, edited, in(dir), func(c *emulator.Config) { c.Clock = new(clock.Clock); c.Clock.Advance(time.Minute) })
	s := second.IAM().Snapshot()
	was := func(name string) *iam.Role { r, _ := before.Role(account, name); return r }
	for _, c := range []struct{ name, description string }{{"app", "that"}, {"same", "by hand"}} {
		if r := second.role(c.name); r.Description != c.description || r.ID != was(c.name).ID || !r.Created.Equal(was(c.name).Created) {
			t.Errorf("role %s: %+v", c.name, r)
		}
	}
	if r := second.role("moved"); r.ID == was("moved").ID || r.Path != "/to/" {
		t.Errorf("role under another path: %+v", r)
	}
	second.role("mine")
	if s.Alias(account) != "two-alias" {
		t.Errorf("alias %s", s.Alias(account))
	}
	if p, _ := s.Provider(account, "one.example.com"); p.ClientIDs[0] != "b" {
		t.Errorf("provider %+v", p)
	}
	if p, _ := s.ManagedPolicy(arn); p.VersionID != "v2" || len(p.Versions) != 2 || !strings.Contains(string(p.Document.Source()), "s3:PutObject") {
		t.Errorf("policy %+v", p)
	}
	if g, _ := s.Group(account, "g"); len(g.AttachedARNs) != 1 {
		t.Errorf("group %+v", g)
	}
	u, _ := s.User(account, "u")
	old, _ := before.User(account, "u")
	if len(u.AccessKeys) != 2 || u.AccessKeys[0].Secret != "uno" || !u.AccessKeys[0].Created.Equal(old.AccessKeys[0].Created) ||
		u.AccessKeys[1].ID != "AKIANEW" || !u.AccessKeys[1].Created.After(old.AccessKeys[1].Created) {
		t.Errorf("user %+v", u)
	}
	if p, _ := s.InstanceProfile(account, "ip"); p.RoleName != "app" {
		t.Errorf("profile %+v", p)
	}
	if got := second.Issuer("one").URL(); got != "https://two.example.com" {
		t.Errorf("issuer %s", got)
	}
	sa, err := second.control().ServiceAccount(t.Context(), "one", "prod", "app")
	if err != nil || !strings.HasSuffix(sa.Annotations["eks.amazonaws.com/role-arn"], "role/new") {
		t.Errorf("service account %+v, %v", sa, err)
	}
	objects := map[string]string{}
	for _, bucket := range []string{"data", "gone", "went"} {
		keys, err := second.root().Objects(t.Context(), bucket, "")
		if err != nil {
			objects[bucket] = code(t, err)
		}
		for _, key := range keys {
			body, _ := second.root().Get(t.Context(), bucket, key)
			objects[bucket+"/"+key] = string(body)
		}
	}
	if diff := cmp.Diff(map[string]string{"data/same": "hand", "data/changed": "edited", "gone/changed": "edited", "went": "NoSuchBucket"}, objects); diff != "" {
		t.Error(diff)
	}
	third := second.ClusterSet()
	second.close()
	again := start(t, edited, in(dir))
	if diff := emulator.DiffClusters(third, again.ClusterSet()); diff != "" {
		t.Error(diff)
	}
}

// kept is everything that is kept of the world.
func kept(t *testing.T, dir string) map[string]string {
	t.Helper()
	d, err := datadir.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	records, err := d.World()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	err = records.Load("", func(key string, value []byte) error { all[key] = string(value); return nil })
	if err = errors.Join(err, d.Close()); err != nil {
		t.Fatal(err)
	}
	return all
}

// TestUnchangedFiles: a restart with the same files, of whatever form, changes
// nothing, even if all that they name was deleted meanwhile.
func TestUnchangedFiles(t *testing.T) {
	t.Parallel()
	load := func(path ...string) func(*testing.T) *manifest.State {
		return func(t *testing.T) *manifest.State {
			state, err := manifest.Load([]string{filepath.Join(path...)}, nil)
			if err != nil {
				t.Fatal(err)
			}
			return state
		}
	}
	for name, files := range map[string]func(*testing.T) *manifest.State{
		"native":        load("..", "manifest", "testdata", "whole.yaml"),
		"objects":       load("..", "docs", "examples", "quickstart.yaml"),
		"account dump":  load("..", "manifest", "testdata", "details", "account.json"),
		"ClusterConfig": func(t *testing.T) *manifest.State { return eksctlState(t, "") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			with := func(c *emulator.Config) { c.DataDir, c.State = dir, files(t) }
			first := start(t, "", with)
			clusters := first.ClusterSet()
			first.close()
			before := kept(t, dir)
			second := start(t, "", with)
			if diff := emulator.DiffClusters(clusters, second.ClusterSet()); diff != "" {
				t.Error(diff)
			}
			second.close()
			if diff := cmp.Diff(before, kept(t, dir)); diff != "" {
				t.Errorf("the second start wrote (-before +after):\n%s", diff)
			}
			third := start(t, "", with)
			third.update(deleteAll)
			third.close()
			before = kept(t, dir)
			start(t, "", with).close()
			if diff := cmp.Diff(before, kept(t, dir)); diff != "" {
				t.Errorf("what was deleted is back (-before +after):\n%s", diff)
			}
		})
	}
}

// deleteAll leaves nothing in IAM.
func deleteAll(d *iam.Draft) error {
	var errs []error
	for _, id := range d.Snapshot().Accounts() {
		for _, u := range d.Snapshot().Users(id) {
			errs = append(errs, d.DeleteUser(id, u.Name))
		}
		for _, r := range d.Snapshot().Roles(id) {
			errs = append(errs, d.DeleteRole(id, r.Name))
		}
		for _, g := range d.Snapshot().Groups(id) {
			errs = append(errs, d.DeleteGroup(id, g.Name))
		}
		for _, p := range d.Snapshot().InstanceProfiles(id) {
			errs = append(errs, d.DeleteInstanceProfile(id, p.Name))
		}
		for _, p := range d.Snapshot().ManagedPolicies(id) {
			errs = append(errs, d.DeletePolicy(p.ARN))
		}
		for _, p := range d.Snapshot().Providers(id) {
			errs = append(errs, d.DeleteProvider(id, p.URL))
		}
		d.SetAlias(id, "")
	}
	return errors.Join(errs...)
}

// TestRefusedFiles: the error names the place, and the state is
// what it was.
func TestRefusedFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := start(t, standardSetup(), in(dir))
	id := first.role("sandbox").ID
	first.close()
	wrong := strings.Replace(standardSetup(), "    policies:\n", "    managedPolicyArns: [\"arn:aws:iam::111122223333:policy/none\"]\n    policies:\n", 1)
	_, err := emulator.Start(emulator.Config{Listen: "127.0.0.1:0", Control: "127.0.0.1:0", DataDir: dir, State: parse(t, wrong)})
	if err == nil || !strings.Contains(err.Error(), "policy arn:aws:iam::111122223333:policy/none: no such entity") || !strings.Contains(err.Error(), "setup:") {
		t.Errorf("got %v", err)
	}
	second := start(t, standardSetup(), in(dir))
	if second.role("sandbox").ID != id {
		t.Error("another role")
	}
}

// TestUntouchedCluster: the cluster that nobody asked for makes way, unless it is
// in use.
func TestUntouchedCluster(t *testing.T) {
	t.Parallel()
	names := func(s *server) (all string) {
		for _, name := range []string{emulator.DefaultCluster, "sandbox"} {
			if _, err := s.control().ServiceAccount(t.Context(), name, "prod", "app"); err == nil || !strings.Contains(err.Error(), "clusters") {
				all += name + " "
			}
		}
		return all
	}
	dir := t.TempDir()
	start(t, "", in(dir)).close()
	second := start(t, standardSetup(), in(dir))
	if got := names(second); got != "sandbox " {
		t.Errorf("clusters %s", got)
	}

	dir = t.TempDir()
	first := start(t, "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: app, namespace: prod}\n", in(dir))
	first.close()
	second = start(t, standardSetup(), in(dir))
	if got := names(second); got != "irsatz sandbox " {
		t.Errorf("clusters %s", got)
	}
}

// TestWritesFail: what cannot be kept is refused and changes nothing, be it asked
// of an API, by loading or by a reset; what needs no writing goes on.
func TestWritesFail(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := start(t, standardSetup(), in(dir))
	pod := s.pod("sandbox")
	if _, err := pod.Get(t.Context(), "data", "a.txt"); err != nil {
		t.Fatal(err)
	}
	before, clusters := s.IAM().Snapshot(), s.ClusterSet()
	if err := s.BreakDataDir(); err != nil {
		t.Fatal(err)
	}
	client := awsiam.New(awsiam.Options{
		Region: region, BaseEndpoint: aws.String(s.AWSURL()), Retryer: aws.NopRetryer{},
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
	_, err := client.DeleteRolePolicy(t.Context(), &awsiam.DeleteRolePolicyInput{RoleName: aws.String("sandbox"), PolicyName: aws.String("read")})
	if failed, ok := errors.AsType[smithy.APIError](err); !ok || failed.ErrorCode() != "InternalFailure" {
		t.Errorf("DeleteRolePolicy: %v", err)
	}
	for _, setup := range []string{
		clusterSetup("late", "https://late.example.com"),
		"apiVersion: irsatz/v1\naccount: \"111122223333\"\ngroups: [{groupName: g}]\nbuckets: [{bucketName: more}]\n",
		"apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: late, namespace: prod}\n",
	} {
		if got := s.send("POST", "/v1/state", setup); got.status != 422 || !strings.Contains(got.body, "database not open") {
			t.Errorf("load: %d %s", got.status, got.body)
		}
	}
	if err := s.Reset(); err == nil {
		t.Error("a reset that is not kept")
	}
	if err := s.Issuer("sandbox").Rotate(t.Context()); err == nil {
		t.Error("a key that is not kept")
	}
	if _, err := s.root().Objects(t.Context(), "more", ""); code(t, err) != "NoSuchBucket" {
		t.Errorf("the bucket of a load that failed: %v", err)
	}
	if s.IAM().Snapshot() != before || s.ClusterSet() != clusters {
		t.Error("the state changed")
	}
	if body, err := pod.Get(t.Context(), "data", "a.txt"); err != nil || string(body) != "hello" {
		t.Errorf("reading: %q, %v", body, err)
	}
	if _, err := pod.Assume(t.Context()); err != nil {
		t.Errorf("assuming a role: %v", err)
	}
}

// TestGeneratedRoot: root credentials that nobody chose are the same after a
// restart.
func TestGeneratedRoot(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	wide := func(c *emulator.Config) { c.Listen = "0.0.0.0:0" }
	first := start(t, "", in(dir), wide)
	key, secret, generated := first.RootCredentials()
	first.close()
	narrow := start(t, "", in(dir))
	if key, _, _ := narrow.RootCredentials(); key != "test" {
		t.Errorf("on loopback %s", key)
	}
	narrow.close()
	second := start(t, "", in(dir), wide)
	if k, s, g := second.RootCredentials(); k != key || s != secret || !g || !generated {
		t.Errorf("other credentials: %s", k)
	}
	if _, _, _, err := second.root().CallerIdentity(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestOneAtATime: who comes second is refused, in this process too, and who
// fails to start holds nothing.
func TestOneAtATime(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	config := emulator.Config{Listen: "127.0.0.1:0", Control: "127.0.0.1:0", DataDir: dir}
	broken := config
	broken.Account = "12"
	if _, err := emulator.Start(broken); err == nil {
		t.Fatal("started")
	}
	taken := config
	taken.Listen = "127.0.0.1:notaport"
	if _, err := emulator.Start(taken); err == nil {
		t.Fatal("started")
	}
	s := start(t, "", in(dir))
	if s.Account() != emulator.DefaultAccount {
		t.Errorf("account %s of a start that failed", s.Account())
	}
	if _, err := emulator.Start(config); !errors.Is(err, datadir.ErrInUse) {
		t.Errorf("a second one: %v", err)
	}
	s.close()
	start(t, "", in(dir)).close()
}

// TestKeptDecisions: what was decided before a restart is decided after it.
func TestKeptDecisions(t *testing.T) {
	t.Parallel()
	dir, setup := t.TempDir(), standardSetup()
	decide := func(s *server) (all []policy.Outcome) {
		role := s.role("sandbox")
		for _, action := range []string{"s3:GetObject", "s3:PutObject", "s3:ListBucket"} {
			q := &iam.Question{
				Caller: &iam.Caller{Kind: policy.RoleSession, AccountID: account, ARN: role.ARN, Role: role}, Action: action,
				Resource: "arn:aws:s3:::data/a", ResourceAccount: account, Context: policy.NewContext(),
			}
			all = append(all, s.IAM().Authorize(q).Outcome)
		}
		return all
	}
	first := start(t, setup, in(dir))
	first.update(func(d *iam.Draft) error {
		_, err := d.UpdateRole(account, "sandbox", func(r *iam.Role) error {
			r.BoundaryARN = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
			r.AttachedARNs = []string{"arn:aws:iam::aws:policy/AmazonS3FullAccess"}
			return nil
		})
		return err
	})
	want := decide(first)
	first.close()
	if diff := cmp.Diff(want, decide(start(t, setup, in(dir)))); diff != "" || want[0] != policy.Allow || want[1] != policy.ImplicitDeny {
		t.Errorf("%v: %s", want, diff)
	}
}

// TestResetWaits: an upload that a reset finds under way ends as it would have,
// and what keeps it goes when it has.
func TestResetWaits(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := start(t, bucketSetup, in(dir))
	conn, answers := s.beginPut("data", "slow")
	for range 2 {
		if err := s.Reset(); err != nil {
			t.Fatal(err)
		}
	}
	if got := endPut(t, conn, answers); got.status != http.StatusOK {
		t.Errorf("%d %s", got.status, got.body)
	}
	if all, err := s.root().Objects(t.Context(), "data", ""); err != nil || strings.Join(all, " ") != "a.txt id/x" {
		t.Errorf("objects %v, %v", all, err)
	}
	s.close()
	if left, err := filepath.Glob(filepath.Join(dir, "s3", "*")); err != nil || len(left) != 1 {
		t.Errorf("buckets in %v, %v", left, err)
	}
}
