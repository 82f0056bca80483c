package manifest_test

import (
	"path/filepath"
	"strings"
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
- {apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: prod}, spec: {template: {spec: {serviceAccountName: app}}}}
---
apiVersion: v1
kind: ServiceAccountList
items: [{apiVersion: v1, kind: ServiceAccount, metadata: {name: listed, creationTimestamp: 2026-01-01T00:00:00Z}}]
---
apiVersion: v1
kind: Pod
metadata: {generateName: web-}
spec: {serviceAccount: web}
---
apiVersion: v1
kind: Service
metadata: {name: web}
---
{apiVersion: v1, kind: ConfigMap}
---
{apiVersion: v1, kind: Service}
---
{apiVersion: example.com/v1, kind: IPAllowList, spec: [10.0.0.0/8]}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: nightly, namespace: prod}
spec:
  schedule: "0 3 * * *"
  jobTemplate: {spec: {template: {spec: {serviceAccountName: app, serviceAccount: ignored, containers: []}}}}
---
apiVersion: apps/v1
kind: DaemonSetList
items:
- {apiVersion: apps/v1, kind: DaemonSet, metadata: {name: agent, uid: x}, spec: {template: {spec: {}}}, status: {}}
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
		Workloads: []manifest.Workload{
			{Pos: manifest.Pos{File: "-", Line: 20, Field: "items[1]"}, Kind: "Deployment", Namespace: "prod", Name: "web", ServiceAccount: "app"},
			{Pos: manifest.Pos{File: "-", Line: 26}, Kind: "Pod", Namespace: "default", Name: "web-", ServiceAccount: "web"},
			{Pos: manifest.Pos{File: "-", Line: 41}, Kind: "CronJob", Namespace: "prod", Name: "nightly", ServiceAccount: "app"},
			{Pos: manifest.Pos{File: "-", Line: 51, Field: "items[0]"}, Kind: "DaemonSet", Namespace: "default", Name: "agent", ServiceAccount: "default"},
		},
	}
	notes := []string{
		`-:19: items[0]: annotation eks.amazonaws.com/role-arn of default/my.app is not the ARN of a role: "app"`,
		"-:31: skipped from here on: ConfigMap (1), IPAllowList (1), Service (2); of Kubernetes objects, ServiceAccount, Namespace and what runs pods are read",
		"-:26: Pod default/web- runs as ServiceAccount web, which is not loaded: its pods get no role",
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

// TestKubernetesSample reads what a chart renders.
func TestKubernetesSample(t *testing.T) {
	t.Parallel()
	file := filepath.Join("testdata", "kubernetes", "app.yaml")
	s := load(t, file)
	if len(s.ServiceAccounts) != 1 || len(s.Namespaces) != 1 || len(s.Workloads) != 2 || s.Workloads[0].ServiceAccount != "orders" {
		t.Errorf("state %+v", s)
	}
	notes := ""
	for _, n := range s.Notes {
		notes += strings.TrimPrefix(n.String(), file) + "\n"
	}
	want := ":19: skipped from here on: ConfigMap (1), Service (1); of Kubernetes objects, ServiceAccount, Namespace and what runs pods are read\n" +
		":41: CronJob shop/invoices runs as ServiceAccount invoices, which is not loaded: its pods get no role\n"
	if diff := cmp.Diff(want, notes); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
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
	if two.ServiceAccounts[0].Cluster != "" || two.Namespaces[0].Cluster != "" || len(two.Notes) != 1 {
		t.Errorf("of two clusters: %+v %+v %v", two.ServiceAccounts, two.Namespaces, two.Notes)
	}
}

// TestKubernetesBelongsToItsFolder: a file or a folder that names one cluster is
// about that cluster.
func TestKubernetesBelongsToItsFolder(t *testing.T) {
	t.Parallel()
	const objects = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: app}\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: prod}\n---\n" +
		"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {template: {spec: {serviceAccountName: app}}}\n"
	dir := files(t, map[string]string{
		"east/cluster.yaml": in("clusters", "{name: east}"), "east/objects.yaml": objects,
		"west/cluster.yaml": in("clusters", "{name: west}"), "west/objects.yaml": objects,
		"both/clusters.yaml": in("clusters", "{name: east}\n- {name: west}"), "both/one.yaml": in("clusters", "{name: north}") + "---\n" + objects,
	})
	s := load(t, filepath.Join(dir, "west"), filepath.Join(dir, "east"), filepath.Join(dir, "both"))
	var got []string
	for i := range s.ServiceAccounts {
		got = append(got, s.ServiceAccounts[i].Cluster+" "+s.Namespaces[i].Cluster+" "+s.Workloads[i].Cluster)
	}
	if diff := cmp.Diff([]string{"west west west", "east east east", "north north north"}, got); diff != "" || len(s.Notes) > 0 {
		t.Errorf("(-want +got):\n%s\nnotes %v", diff, s.Notes)
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
		{"workload without pods", "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: a}\nspec:\n  template: {}\n", "m.yaml:5: spec.template.spec: missing, it is required"},
		{"workload without spec", "apiVersion: batch/v1\nkind: Job\nmetadata: {name: a}\n", "m.yaml:1: spec: missing, it is required"},
		{"workload without name", "apiVersion: v1\nkind: Pod\nmetadata: {namespace: a}\nspec: {}\n", "m.yaml:3: metadata.generateName: missing, it is required"},
		{"workload's service account", "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {serviceAccountName: A}\n",
			`m.yaml:4: spec.serviceAccountName: expected a DNS-1123 subdomain (up to 253 lower case letters, digits, - and ., a letter or digit at both ends), found "A"`},
		{"namespace name", "apiVersion: v1\nkind: Namespace\nmetadata: {name: A}\n",
			`m.yaml:3: metadata.name: expected a DNS-1123 label (up to 63 lower case letters, digits and -, a letter or digit at both ends), found "A"`},
	})
}
