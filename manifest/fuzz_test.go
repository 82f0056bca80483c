package manifest_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/irsatz/irsatz/manifest"
)

// seed adds the samples of a form.
func seed(f *testing.F, files ...string) {
	for _, name := range files {
		content, err := os.ReadFile(filepath.Join("testdata", filepath.FromSlash(name)))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(strings.HasSuffix(name, ".json"), content)
	}
}

// fuzz looks for panics, for states beside errors, for documents that are no
// JSON objects, and for states that change when they are written and read.
func fuzz(f *testing.F) {
	f.Fuzz(func(t *testing.T, asJSON bool, content []byte) {
		name := "m.yaml"
		if asJSON {
			name = "m.json"
		}
		s, err := manifest.Parse(name, content)
		if err != nil {
			if s != nil || err.Error() == "" {
				t.Fatalf("state %v beside error %q", s, err)
			}
			return
		}
		for _, d := range documents(s) {
			if !json.Valid(d.JSON) || d.JSON[0] != '{' {
				t.Errorf("document %q", d.JSON)
			}
		}
		again(t, s)
	})
}

// documents are all policy documents of a state.
func documents(s *manifest.State) []manifest.Document {
	var all []manifest.Document
	inline := func(policies []manifest.InlinePolicy) {
		for _, p := range policies {
			all = append(all, p.Document)
		}
	}
	for _, r := range s.Roles {
		all = append(all, r.TrustPolicy)
		inline(r.InlinePolicies)
	}
	for _, u := range s.Users {
		inline(u.InlinePolicies)
	}
	for _, g := range s.Groups {
		inline(g.InlinePolicies)
	}
	for _, p := range s.Policies {
		if len(p.Versions) == 0 {
			all = append(all, p.Document)
		}
		for _, v := range p.Versions {
			all = append(all, v.Document)
		}
	}
	for _, b := range s.Buckets {
		if b.Policy != nil {
			all = append(all, *b.Policy)
		}
	}
	return all
}

// again reads what is written of a state, and compares.
func again(t *testing.T, s *manifest.State) {
	text := writeNative(t, s)
	read, err := manifest.Parse("again.yaml", []byte(text))
	if err != nil {
		t.Fatalf("written and read: %v\n%s", err, text)
	}
	if second := writeNative(t, read); second != text {
		t.Errorf("(-first +second):\n%s", cmp.Diff(text, second))
	}
	var details bytes.Buffer
	if err := manifest.WriteDetails(&details, s, s.Account); err != nil || !json.Valid(details.Bytes()) {
		t.Errorf("details %v\n%s", err, details.Bytes())
	}
}

func FuzzParse(f *testing.F) {
	seed(f, "example.yaml", "whole.yaml")
	f.Add(false, []byte("apiVersion: irsatz/v1\npolicies: [{managedPolicyName: a, policyDocument: &a {b: 007, <<: {c: [.5, ~]}}}]\n---\n{a: *a}"))
	f.Add(true, []byte(`{"apiVersion": "irsatz/v1", "buckets": [{"bucketName": "data", "policy": "{\"a\": \"\\ud83d\"}"}]} {}`))
	fuzz(f)
}

func FuzzKubernetes(f *testing.F) {
	seed(f, "kubernetes/app.yaml")
	f.Add(false, []byte("apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: ServiceAccount, metadata: {name: a}}]"))
	fuzz(f)
}

func FuzzClusterConfig(f *testing.F) {
	seed(f, "eksctl/clusters.yaml")
	fuzz(f)
}

func FuzzDetails(f *testing.F) {
	seed(f, "details/account.json", "details/pages.json")
	f.Add(true, []byte(`{"RoleDetailList": [{"Path": "/", "RoleName": "a", "RoleId": "AROAEXAMPLE000000001", "Arn": "arn:aws:iam::111122223333:role/a", "CreateDate": "2024-01-02T03:04:05Z", "AssumeRolePolicyDocument": "%7B%7D"}]}`))
	fuzz(f)
}
