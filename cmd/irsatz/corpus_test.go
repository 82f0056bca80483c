package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/irsatz/irsatz/iam/policy"
)

// defaults are the condition keys that simulate fills in. A case of the corpus
// gives all the keys that its request has.
var defaults = []string{
	"aws:PrincipalArn", "aws:PrincipalAccount", "aws:PrincipalType", "aws:PrincipalIsAWSService", "aws:userid", "aws:username",
	"aws:ViaAWSService", "aws:ResourceAccount", "s3:ResourceAccount", "aws:FederatedProvider", "aws:PrincipalServiceName", "aws:PrincipalServiceNamesList",
}

// TestCorpus asks irsatz simulate every case that the policy engine is tested
// with, in one file.
func TestCorpus(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("../../iam/policy/testdata/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatal(err, paths)
	}
	var file bytes.Buffer
	var want []string
	for _, path := range paths {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		c, decision := simulateCase(t, filepath.Base(path), archive)
		body, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		file.Write(append(body, '\n'))
		want = append(want, decision)
	}
	cases := filepath.Join(t.TempDir(), "cases.json")
	if err := os.WriteFile(cases, file.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), []string{"simulate", "-o", "json", "-f", cases}, nil, nil, &stdout, &stderr); code != 3 {
		t.Fatalf("exit %d: %s", code, stderr.String())
	}
	var got []struct{ Name, Decision, Error string }
	if err := json.Unmarshal(stdout.Bytes(), &got); err != nil || len(got) != len(want) {
		t.Fatalf("%d answers, want %d: %v", len(got), len(want), err)
	}
	for i, g := range got {
		if g.Decision != want[i] {
			t.Errorf("%s: %s %s, want %s", g.Name, g.Decision, g.Error, want[i])
		}
	}
}

// simulateCase is the case as simulate reads it, and the decision.
func simulateCase(t *testing.T, name string, archive *txtar.Archive) (map[string]any, string) {
	t.Helper()
	c, decision := map[string]any{"name": name}, ""
	add := func(list string, document json.RawMessage) {
		all, _ := c[list].([]json.RawMessage)
		c[list] = append(all, document)
	}
	addLevel := func(list, label string, document json.RawMessage) {
		levels, _ := c[list].([][]json.RawMessage)
		level := int(label[0] - '1')
		for len(levels) <= level {
			levels = append(levels, nil)
		}
		levels[level] = append(levels[level], document)
		c[list] = levels
	}
	for _, f := range archive.Files {
		sort, label, _ := strings.Cut(strings.TrimSuffix(f.Name, ".json"), "-")
		switch sort {
		case "request":
			c["request"] = simulateRequest(t, f.Data)
		case "decision":
			decision, _, _ = strings.Cut(strings.TrimSpace(string(f.Data)), " ")
		case "identity":
			add("identityPolicies", f.Data)
		case "boundary":
			add("permissionsBoundaries", f.Data)
		case "session":
			add("sessionPolicies", f.Data)
		case "resource":
			c["resourcePolicy"] = json.RawMessage(f.Data)
		case "trust":
			c["trustPolicy"] = json.RawMessage(f.Data)
		case "scp":
			addLevel("serviceControlPolicies", label, f.Data)
		case "rcp":
			addLevel("resourceControlPolicies", label, f.Data)
		}
	}
	return c, decision
}

func simulateRequest(t *testing.T, data []byte) map[string]any {
	t.Helper()
	var r policy.Request
	if err := json.Unmarshal(data, &r); err != nil {
		t.Fatal(err)
	}
	context := map[string]any{}
	for _, key := range defaults {
		context[key] = nil // absent
	}
	for key, values := range r.Context.All() {
		for _, d := range defaults {
			if strings.EqualFold(d, key) {
				delete(context, d)
			}
		}
		if context[key] = values; !multi(r.Context, key) {
			context[key] = values[0]
		}
	}
	// A session's ARN does not show the path of its role, which the key does.
	if given, ok := context["aws:PrincipalArn"]; ok && given == nil && r.Principal.RoleARN != "" {
		context["aws:PrincipalArn"] = r.Principal.RoleARN
	}
	principal := r.Principal.ARN
	switch r.Principal.Kind {
	case policy.Anonymous:
		principal = "*"
	case policy.WebIdentity:
		principal = r.Principal.Provider
	case policy.Service:
		principal = r.Principal.Service
	}
	request := map[string]any{"action": r.Action, "resource": r.Resource, "principal": principal, "context": context}
	if r.ResourceAccount != "" {
		request["resourceAccount"] = r.ResourceAccount
	}
	return request
}

func multi(c *policy.Context, key string) bool {
	_, multi, _ := c.Lookup(key)
	return multi
}
