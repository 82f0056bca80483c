package manifest_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/irsatz/irsatz/manifest"
)

// FuzzParse looks for panics, for states beside errors and for documents that
// are no JSON objects.
func FuzzParse(f *testing.F) {
	example, err := os.ReadFile(filepath.Join("testdata", "example.yaml"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(false, example)
	f.Add(false, []byte("apiVersion: irsatz/v1\npolicies: [{managedPolicyName: a, policyDocument: &a {b: 007, <<: {c: [.5, ~]}}}]\n---\n{a: *a}"))
	f.Add(false, []byte("apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: ServiceAccount, metadata: {name: a}}]"))
	f.Add(true, []byte(`{"apiVersion": "irsatz/v1", "buckets": [{"bucketName": "data", "policy": "{\"a\": \"\\ud83d\"}"}]} {}`))
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
		check := func(d manifest.Document) {
			if !json.Valid(d.JSON) || d.JSON[0] != '{' {
				t.Errorf("document %q", d.JSON)
			}
		}
		for _, r := range s.Roles {
			check(r.TrustPolicy)
		}
		for _, p := range s.Policies {
			check(p.Document)
		}
		for _, b := range s.Buckets {
			if b.Policy != nil {
				check(*b.Policy)
			}
		}
	})
}
