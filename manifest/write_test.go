package manifest_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/irsatz/irsatz/manifest"
)

func writeNative(t testing.TB, s *manifest.State) string {
	t.Helper()
	var b bytes.Buffer
	if err := manifest.WriteNative(&b, s); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestNativeRoundTrip: what is written reads the same again, and is then written
// the same.
func TestNativeRoundTrip(t *testing.T) {
	t.Parallel()
	const odd = `
apiVersion: irsatz/v1
account: "111122223333"
region: eu-west-1
issuers: [{preset: github, claims: {repository: octo-org/octo-repo, run_id: "1"}}]
buckets:
  - bucketName: here
    policy: '{ "Version":"2012-10-17", "Statement":[] }'
roles:
  - {roleName: "007", assumeRolePolicyDocument: {"yes": 1.50, "<<": "a\nb"}, tags: {"true": "null"}}
---
apiVersion: irsatz/v1
account: "111122223333"
region: us-east-1
buckets: [{bucketName: there, versioning: true, blockPublicAccess: false, policy: {a: "\u00e9"}, tags: {a: b}}]
---
apiVersion: irsatz/v1
account: "444455556666"
users: [{userName: a}]
`
	whole := load(t, filepath.Join("testdata", "whole.yaml"))
	for name, s := range map[string]*manifest.State{
		"whole": whole, "odd": parse(t, odd), "nothing": parse(t, ""),
		"details": load(t, filepath.Join("testdata", "details", "account.json")),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := writeNative(t, s)
			again := parse(t, text)
			s.Notes, again.Notes = nil, nil
			if diff := cmp.Diff(s, again, ignorePos); diff != "" {
				t.Errorf("(-before +after):\n%s\nin\n%s", diff, text)
			}
			if then := writeNative(t, again); then != text {
				t.Errorf("then written as\n%s, before as\n%s", then, text)
			}
		})
	}
}

func writeDetails(t testing.TB, s *manifest.State, account string) string {
	t.Helper()
	var b bytes.Buffer
	if err := manifest.WriteDetails(&b, s, account); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestDetailsRoundTrip: the dump of an account, read and written, is the dump of
// that account.
func TestDetailsRoundTrip(t *testing.T) {
	t.Parallel()
	s := load(t, filepath.Join("testdata", "details", "account.json"))
	text := writeDetails(t, s, "111122223333")
	again, err := manifest.Parse("again.json", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(s, again, ignorePos); diff != "" {
		t.Errorf("(-before +after):\n%s\nin\n%s", diff, text)
	}
	if none := writeDetails(t, s, "444455556666"); none != "{\n    \"UserDetailList\": [],\n    \"GroupDetailList\": [],\n    \"RoleDetailList\": [],\n    \"Policies\": []\n}\n" {
		t.Errorf("of another account:\n%s", none)
	}
}

// TestDetailsAsTheCLIPrintsThem: but for what is not kept, it is the text that
// the AWS CLI printed.
func TestDetailsAsTheCLIPrintsThem(t *testing.T) {
	t.Parallel()
	file := filepath.Join("testdata", "details", "account.json")
	s := load(t, file)
	printed, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	want := regexp.MustCompile(`(?s)"RoleLastUsed": \{[^}]+\}`).ReplaceAll(printed, []byte(`"RoleLastUsed": {}`))
	if diff := cmp.Diff(string(want), writeDetails(t, s, "111122223333")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
