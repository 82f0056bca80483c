package manifest_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/irsatz/irsatz/manifest"
)

func TestDetails(t *testing.T) {
	t.Parallel()
	s := load(t, filepath.Join("testdata", "details", "account.json"))
	if s.Account != "111122223333" || len(s.Notes) > 0 {
		t.Errorf("account %s, notes %v", s.Account, s.Notes)
	}
	held := func(json string) manifest.Document { return manifest.Document{JSON: []byte(json), Stored: true} }
	at := func(text string) time.Time {
		when, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return when.UTC()
	}
	want := &manifest.State{
		Users: []manifest.User{{
			AccountID: "111122223333", Name: "alice", Path: "/", ID: "AIDAEXAMPLEALICE00001", Groups: []string{"deployers", "readers"},
			ManagedPolicyARNs: []string{"arn:aws:iam::aws:policy/IAMReadOnlyAccess"}, Created: at("2015-06-01T00:00:00Z"),
			InlinePolicies: []manifest.InlinePolicy{{Name: "legacy", Document: held(
				`{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Action":"s3:ListAllMyBuckets","Resource":"*"}]}`)}},
		}},
		Groups: []manifest.Group{{
			AccountID: "111122223333", Name: "deployers", Path: "/", ID: "AGPAEXAMPLEDEPLOY0001", Created: at("2021-11-12T13:14:15Z"),
			ManagedPolicyARNs: []string{"arn:aws:iam::111122223333:policy/apps/reports-read"},
			InlinePolicies: []manifest.InlinePolicy{{Name: "eks", Document: held(
				`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["eks:DescribeCluster","eks:ListClusters"],"Resource":"*"}]}`)}},
		}},
		Roles: []manifest.Role{{
			AccountID: "111122223333", Name: "audit", Path: "/teams/red/", ID: "AROAEXAMPLEAUDIT00001", MaxSessionDuration: 3600,
			TrustPolicy: held(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":["arn:aws:iam::444455556666:root","AROAEXAMPLEDELETED001"]},` +
				`"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"example"}}}]}`),
			ManagedPolicyARNs: []string{"arn:aws:iam::aws:policy/SecurityAudit"}, Created: at("2020-02-29T23:59:59Z"),
		}},
		Policies: []manifest.Policy{{
			AccountID: "111122223333", Name: "developer-boundary", Path: "/", ID: "ANPAEXAMPLEBOUNDARY01", DefaultVersion: "v1",
			Created: at("2022-03-04T05:06:07Z"), Updated: at("2022-03-04T05:06:07Z"),
			Versions: []manifest.PolicyVersion{{ID: "v1", Created: at("2022-03-04T05:06:07Z"), Document: held(
				`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:*","sqs:*","eks:Describe*"],"Resource":"*"},{"Effect":"Deny","Action":"s3:DeleteBucket","Resource":"*"}]}`)}},
		}},
		AWSPolicies: []manifest.Policy{{
			AccountID: "aws", Name: "AmazonS3ReadOnlyAccess", Path: "/", ID: "ANPAZKAPJZG4ONFTK65TC", DefaultVersion: "v1",
			Created: at("2015-02-06T18:40:59Z"), Updated: at("2015-02-06T18:40:59Z"),
			Versions: []manifest.PolicyVersion{{ID: "v1", Created: at("2015-02-06T18:40:59Z"), Document: held(
				`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:Get*","s3:List*"],"Resource":"*"}]}`)}},
		}},
		InstanceProfiles: []manifest.InstanceProfile{{
			AccountID: "111122223333", Name: "eksctl-prod-nodegroup-main-NodeInstanceProfile-0UQ7C2B9S1FK", Path: "/", ID: "AIPAEXAMPLENODES00001",
			Role: "eksctl-prod-nodegroup-main-NodeInstanceRole-1XKQ2J0V3PO2E", Created: at("2023-04-11T09:13:01Z"),
		}},
	}
	got := &manifest.State{
		Users: s.Users[1:], Groups: s.Groups[:1], Roles: s.Roles[3:], Policies: s.Policies[1:], AWSPolicies: s.AWSPolicies, InstanceProfiles: s.InstanceProfiles,
	}
	if diff := cmp.Diff(want, got, ignorePos); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if u := s.Users[0]; u.PermissionsBoundary != "arn:aws:iam::111122223333:policy/developer-boundary" || u.Path != "/bots/" || u.Tags[0].Key != "owner" {
		t.Errorf("user %+v", u)
	}
	if p := s.Policies[0]; p.DefaultVersion != "v2" || p.Versions[0].ID != "v1" || p.Versions[1].ID != "v2" {
		t.Errorf("policy %+v", p)
	}
	if got := s.Roles[1].InlinePolicies[0].Document.Field; got != "RoleDetailList[1].RolePolicyList[0].PolicyDocument" {
		t.Errorf("document at %s", got)
	}
}

// TestDetailsAsTheAPIHasThem reads pages that follow each other, with encoded
// documents.
func TestDetailsAsTheAPIHasThem(t *testing.T) {
	t.Parallel()
	whole := load(t, filepath.Join("testdata", "details", "account.json"))
	pages := load(t, filepath.Join("testdata", "details", "pages.json"))
	if diff := cmp.Diff(whole, pages, ignorePos, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("(-whole +pages):\n%s", diff)
	}
}

// TestDetailsCompleted: a native document says what a dump does not tell.
func TestDetailsCompleted(t *testing.T) {
	t.Parallel()
	dump := filepath.Join("testdata", "details", "account.json")
	native := func(account, text string) string {
		return filepath.Join(files(t, map[string]string{"rest.yaml": "apiVersion: irsatz/v1\naccount: \"" + account + "\"\n" + text}), "rest.yaml")
	}
	rest := native("111122223333", "users: [{userName: CI, accessKeys: [{accessKeyId: AKIAEXAMPLE, secretAccessKey: secret}]}, {userName: new, accessKeys: [{accessKeyId: AKIAOTHER, secretAccessKey: secret}]}]\n"+
		"roles: [{roleName: audit, maxSessionDuration: 7200, description: Of the auditors}]\n")
	for _, paths := range [][]string{{dump, rest}, {rest, dump}} {
		s := load(t, paths...)
		got := map[string]int{}
		for _, u := range s.Users {
			got[u.Name] = len(u.AccessKeys)
		}
		if diff := cmp.Diff(map[string]int{"ci": 1, "alice": 0, "new": 1}, got); diff != "" {
			t.Errorf("users (-want +got):\n%s", diff)
		}
		for _, r := range s.Roles {
			if want := map[bool]int{true: 7200, false: 3600}[r.Name == "audit"]; r.MaxSessionDuration != want || (r.Description != "") != (want == 7200) || r.TrustPolicy.JSON == nil {
				t.Errorf("role %+v", r)
			}
		}
		if len(s.Roles) != 4 {
			t.Errorf("%d roles", len(s.Roles))
		}
	}
	for name, path := range map[string]string{
		":3: roles[0].assumeRolePolicyDocument: missing, it is required":  native("111122223333", "roles: [{roleName: audit, managedPolicyArns: [\"arn:aws:iam::aws:policy/AdministratorAccess\"]}]\n"),
		":3: roles[0].assumeRolePolicyDocument: missing, it is required ": native("444455556666", "roles: [{roleName: audit, maxSessionDuration: 7200}]\n"),
		":3: users[0]: user ci is given twice":                            native("111122223333", "users: [{userName: ci, groups: [readers], accessKeys: [{accessKeyId: AKIAEXAMPLE, secretAccessKey: secret}]}]\n"),
	} {
		if _, err := manifest.Load([]string{dump, path}, nil); err == nil || !strings.Contains(err.Error(), path+strings.TrimSpace(name)) {
			t.Errorf("%v, want %s", err, name)
		}
	}
}

func TestDetailsNotes(t *testing.T) {
	t.Parallel()
	const group = `{"Path": "/", "GroupName": "a", "GroupId": "AGPAEXAMPLE000000001", "Arn": "arn:aws:iam::111122223333:group/a", "CreateDate": "2024-01-02T03:04:05Z"}`
	for name, test := range map[string]struct{ text, note string }{
		"page missing": {`{"GroupDetailList": [` + group + `], "IsTruncated": true, "Marker": "x"}`, "m.json:1: more pages of account 111122223333 follow, which are not loaded"},
		"max-items":    {`{"GroupDetailList": [` + group + `], "NextToken": "x"}`, "m.json:1: more pages of account 111122223333 follow, which are not loaded"},
		"all there":    {`{"GroupDetailList": [` + group + `], "IsTruncated": true}` + "\n" + `{"GroupDetailList": [` + strings.ReplaceAll(strings.ReplaceAll(group, `"a"`, `"b"`), "group/a", "group/b") + `]}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := strings.Replace(test.text, `"b", "GroupId": "AGPAEXAMPLE000000001"`, `"b", "GroupId": "AGPAEXAMPLE000000002"`, 1)
			s, err := manifest.Parse("m.json", []byte(text))
			if err != nil {
				t.Fatal(err)
			}
			notes := ""
			for _, n := range s.Notes {
				notes += n.String()
			}
			if notes != test.note {
				t.Errorf("notes %q, want %q", notes, test.note)
			}
		})
	}
}

func TestMalformedDetails(t *testing.T) {
	t.Parallel()
	role := func(arn, more string) string {
		return `{"RoleDetailList": [
{"Path": "/", "RoleName": "a", "RoleId": "AROAEXAMPLE000000001", "Arn": "` + arn + `", "CreateDate": "2024-01-02T03:04:05Z", ` + more + `}]}`
	}
	const arn, trust = "arn:aws:iam::111122223333:role/a", `"AssumeRolePolicyDocument": {}`
	refuse(t, "m.json", []malformed{
		{"other name", role("arn:aws:iam::111122223333:role/x/a", trust),
			`m.json:2: RoleDetailList[0].Arn: "arn:aws:iam::111122223333:role/x/a" is not the ARN of path and name, which ends in "role/a"`},
		{"other kind", role("arn:aws:sts::111122223333:assumed-role/a", trust),
			`m.json:2: RoleDetailList[0].Arn: expected an ARN of IAM, found "arn:aws:sts::111122223333:assumed-role/a"`},
		{"other partition", role("arn:aws-cn:iam::111122223333:role/a", trust),
			"m.json:2: RoleDetailList[0].Arn: the partition aws-cn is not among those irsatz has, which is aws alone"},
		{"unknown field", role(arn, trust+`, "Colour": "red"`),
			"m.json:2: RoleDetailList[0].Colour: unknown field, expected one of Path, RoleName, RoleId, Arn, CreateDate, AssumeRolePolicyDocument, InstanceProfileList, RolePolicyList, AttachedManagedPolicies, PermissionsBoundary, Tags, RoleLastUsed"},
		{"no trust policy", role(arn, `"Tags": []`), "m.json:2: RoleDetailList[0].AssumeRolePolicyDocument: missing, it is required"},
		{"badly encoded", role(arn, `"AssumeRolePolicyDocument": "%7B%ZZ"`),
			`m.json:2: RoleDetailList[0].AssumeRolePolicyDocument: expected a URL-encoded policy document: invalid URL escape "%ZZ"`},
		{"encoded list", role(arn, `"AssumeRolePolicyDocument": "%5B%5D"`),
			"m.json:2: RoleDetailList[0].AssumeRolePolicyDocument: the document in this text: expected one JSON object, found a list"},
		{"file", role(arn, `"AssumeRolePolicyDocument": "file:///etc/passwd"`),
			"m.json:2: RoleDetailList[0].AssumeRolePolicyDocument: the document in this text: line 1: not JSON: want a value"},
		{"boundary", role(arn, trust+`, "PermissionsBoundary": {"PermissionsBoundaryType": "Policy"}`),
			"m.json:2: RoleDetailList[0].PermissionsBoundary.PermissionsBoundaryArn: missing, it is required"},
		{"attached", role(arn, trust+`, "AttachedManagedPolicies": [{"PolicyName": "x", "PolicyArn": "x"}]`),
			`m.json:2: RoleDetailList[0].AttachedManagedPolicies[0].PolicyArn: expected the ARN of a managed policy, arn:aws:iam::ACCOUNT:policy/NAME, found "x"`},
		{"twice", role(arn, trust) + role(arn, trust), "m.json:3: RoleDetailList[0]: role a is given twice, first at m.json:2: RoleDetailList[0]"},
	})
}
