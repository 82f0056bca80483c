package manifest_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/irsatz/irsatz/manifest"
)

func TestKubernetes(t *testing.T) {
	t.Parallel()
	got := parse(t, `
apiVersion: v1
kind: Namespace
metadata: {name: prod, labels: {team: red}}
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: app
  namespace: prod
  annotations:
    eks.amazonaws.com/role-arn: arn:aws:iam::111122223333:role/app
    eks.amazonaws.com/token-expiration: "3600"
automountServiceAccountToken: false
---
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: ServiceAccount, metadata: {name: my.app, annotations: {eks.amazonaws.com/role-arn: app}}}
- {apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: prod}, spec: {anything: goes}}
---
apiVersion: v1
kind: ServiceAccountList
items: [{apiVersion: v1, kind: ServiceAccount, metadata: {name: listed, creationTimestamp: 2026-01-01T00:00:00Z}}]
---
apiVersion: v1
kind: Pod
metadata: {generateName: web-}
`)
	want := &manifest.State{
		Namespaces: []manifest.Namespace{{Pos: manifest.Pos{File: "-", Line: 2}, Name: "prod"}},
		ServiceAccounts: []manifest.ServiceAccount{
			{Pos: manifest.Pos{File: "-", Line: 6}, Namespace: "prod", Name: "app", Annotations: map[string]string{
				"eks.amazonaws.com/role-arn":         "arn:aws:iam::111122223333:role/app",
				"eks.amazonaws.com/token-expiration": "3600",
			}},
			{Pos: manifest.Pos{File: "-", Line: 19, Field: "items[0]"}, Namespace: "default", Name: "my.app",
				Annotations: map[string]string{"eks.amazonaws.com/role-arn": "app"}},
			{Pos: manifest.Pos{File: "-", Line: 24, Field: "items[0]"}, Namespace: "default", Name: "listed"},
		},
	}
	notes := []string{
		`-:19: items[0]: annotation eks.amazonaws.com/role-arn of default/my.app is not the ARN of a role: "app"`,
		`-:20: items[1]: apps/v1 Deployment prod/web is skipped: of Kubernetes objects only ServiceAccount and Namespace are loaded`,
		`-:26: v1 Pod is skipped: of Kubernetes objects only ServiceAccount and Namespace are loaded`,
	}
	var gotNotes []string
	for _, n := range got.Notes {
		gotNotes = append(gotNotes, n.String())
	}
	if diff := cmp.Diff(notes, gotNotes); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
	}
	got.Notes = nil
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestKubernetesBelongsToTheOnlyCluster(t *testing.T) {
	t.Parallel()
	const accounts = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: app}\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: prod}\n---\n"
	one := parse(t, accounts+in("clusters", "{name: a}"))
	if one.ServiceAccounts[0].Cluster != "a" || one.Namespaces[0].Cluster != "a" {
		t.Errorf("of one cluster: %+v %+v", one.ServiceAccounts, one.Namespaces)
	}
	two := parse(t, accounts+in("clusters", "{name: a}\n- {name: b}"))
	if two.ServiceAccounts[0].Cluster != "" || two.Namespaces[0].Cluster != "" {
		t.Errorf("of two clusters: %+v %+v", two.ServiceAccounts, two.Namespaces)
	}
}

func TestMalformedKubernetes(t *testing.T) {
	t.Parallel()
	const sa = "apiVersion: v1\nkind: ServiceAccount\n"
	refuse(t, "m.yaml", []malformed{
		{"no metadata", sa, "m.yaml:1: metadata: missing, it is required"},
		{"no name", sa + "metadata: {namespace: a}\n", "m.yaml:3: metadata.name: missing, it is required"},
		{"unknown field", sa + "metadata: {name: a, anotations: {}}\n", "m.yaml:3: metadata.anotations: unknown field, did you mean annotations?"},
		{"annotations beside metadata", sa + "metadata: {name: a}\nannotations: {}\n",
			"m.yaml:4: annotations: unknown field, expected one of apiVersion, kind, metadata, secrets, imagePullSecrets, automountServiceAccountToken"},
		{"annotation that is no text", sa + "metadata:\n  name: a\n  annotations:\n    eks.amazonaws.com/token-expiration: 3600\n",
			`m.yaml:6: metadata.annotations["eks.amazonaws.com/token-expiration"]: expected text, found a number; put it in quotes`},
		{"list element without kind", "apiVersion: v1\nkind: List\nitems:\n- {name: a}\n",
			"m.yaml:4: items[0]: expected a Kubernetes object with apiVersion and kind in this list of kind List"},
		{"list in a list", "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: List}\n", "m.yaml:4: items[0]: a list inside a list is not read"},
		{"namespace name", "apiVersion: v1\nkind: Namespace\nmetadata: {name: A}\n",
			`m.yaml:3: metadata.name: expected a DNS-1123 label (up to 63 lower case letters, digits and -, a letter or digit at both ends), found "A"`},
	})
}
