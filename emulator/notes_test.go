package emulator_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/irsatz/irsatz/emulator"
	"github.com/irsatz/irsatz/manifest"
)

// TestLoadDetails: the dump of an account works as the account did, with its
// ids and dates; what AWS has changed since is said.
func TestLoadDetails(t *testing.T) {
	t.Parallel()
	file := filepath.Join("..", "manifest", "testdata", "details", "account.json")
	state, err := manifest.Load([]string{file}, nil)
	if err != nil {
		t.Fatal(err)
	}
	state.AWSPolicies = append(state.AWSPolicies, manifest.Policy{Name: "NoSuchPolicy", Path: "/"})
	var notes []string
	for _, n := range emulator.Notes(state) {
		notes = append(notes, n.Text)
	}
	if got, want := strings.Join(notes, "\n"), "the AWS managed policy AmazonS3ReadOnlyAccess is v3 of 2023-08-10 here, not v1\n"+
		"irsatz does not have the AWS managed policy NoSuchPolicy, which is taken from here"; got != want {
		t.Errorf("notes %s", got)
	}
	state.AWSPolicies = state.AWSPolicies[:1]
	s := start(t, "", func(c *emulator.Config) { c.State = state })
	if s.Account() != account {
		t.Errorf("account %s", s.Account())
	}
	snapshot := s.IAM().Snapshot()
	alice, ok := snapshot.User(account, "alice")
	if !ok || alice.ID != "AIDAEXAMPLEALICE00001" || len(alice.Policies()) != 5 || alice.Created.Year() != 2015 {
		t.Errorf("user %+v", alice)
	}
	if r, ok := snapshot.RoleByARN("arn:aws:iam::111122223333:role/teams/red/audit"); !ok || r.ID != "AROAEXAMPLEAUDIT00001" {
		t.Errorf("role %+v", r)
	}
	if p, err := snapshot.ManagedPolicy("arn:aws:iam::111122223333:policy/apps/reports-read"); err != nil || p.VersionID != "v2" || len(p.Versions) != 2 {
		t.Errorf("policy %+v, %v", p, err)
	}
}

// TestLoadRetiredPolicy: an AWS managed policy that only the dump knows is what
// the dump says, however often it is written out and loaded.
func TestLoadRetiredPolicy(t *testing.T) {
	t.Parallel()
	const retired = "arn:aws:iam::aws:policy/AWSLambdaFullAccess"
	dump := func(account string) string {
		return `{"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": [{"Path": "/", "RoleName": "lambda", "RoleId": "AROAEXAMPLE` + account[:9] + `1", "Arn": "arn:aws:iam::` + account + `:role/lambda",
"CreateDate": "2019-01-02T03:04:05+00:00", "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]},
"InstanceProfileList": [], "RolePolicyList": [], "AttachedManagedPolicies": [{"PolicyName": "AWSLambdaFullAccess", "PolicyArn": "` + retired + `"}], "Tags": [], "RoleLastUsed": {}}],
"Policies": [{"PolicyName": "AWSLambdaFullAccess", "PolicyId": "ANPAI6E2CYYMI4XI7AA5K", "Arn": "` + retired + `", "Path": "/", "DefaultVersionId": "v8", "AttachmentCount": 1, "PermissionsBoundaryUsageCount": 0, "IsAttachable": true,
"CreateDate": "2015-02-06T18:40:45+00:00", "UpdateDate": "2017-11-27T23:22:38+00:00", "PolicyVersionList": [{"Document": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "lambda:*", "Resource": "*"}]}, "VersionId": "v8", "IsDefaultVersion": true, "CreateDate": "2017-11-27T23:22:38+00:00"}]}]}
`
	}
	texts := []string{dump(account) + dump("444455556666")}
	for i := range 3 {
		s := start(t, texts[i])
		for _, id := range []string{account, "444455556666"} {
			role, ok := s.IAM().Snapshot().Role(id, "lambda")
			if !ok || len(role.Policies()) != 1 || role.Policies()[0].ARN != retired {
				t.Fatalf("%d: role %+v", i, role)
			}
		}
		if p, err := s.IAM().Snapshot().ManagedPolicy(retired); err != nil || p.VersionID != "v8" || p.ID != "ANPAI6E2CYYMI4XI7AA5K" {
			t.Errorf("%d: policy %+v, %v", i, p, err)
		}
		native, details := s.export(emulator.ExportRequest{Form: emulator.FormNative}), s.export(emulator.ExportRequest{Form: emulator.FormDetails})
		if i == 0 {
			texts = append(texts, native, details)
		}
	}
	// Without its document it is nothing.
	_, err := emulator.Start(emulator.Config{Listen: "127.0.0.1:0", Control: "127.0.0.1:0", State: parse(t, dump(account)[:strings.Index(dump(account), `"Policies": [`)]+`"Policies": []}`)})
	if err == nil || !strings.Contains(err.Error(), "setup:1: RoleDetailList[0]: policy "+retired+": no such entity") {
		t.Errorf("without the document: %v", err)
	}
}
