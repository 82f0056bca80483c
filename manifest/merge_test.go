package manifest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/irsatz/irsatz/manifest"
)

func TestDuplicates(t *testing.T) {
	t.Parallel()
	twice := func(list, a, b string) string { return in(list, a) + "---\n" + in(list, b) }
	refuse(t, "m.yaml", []malformed{
		{"role", twice("roles", "{roleName: app, assumeRolePolicyDocument: {}}", "{roleName: App, path: /x/, assumeRolePolicyDocument: {}}"),
			"m.yaml:7: roles[0]: role App is given twice, first at m.yaml:3: roles[0]"},
		{"user", twice("users", "{userName: a}", "{userName: a}"), "m.yaml:7: users[0]: user a is given twice, first at m.yaml:3: users[0]"},
		{"access key", in("users", "{userName: a, accessKeys: [{accessKeyId: K, secretAccessKey: x}]}\n- {userName: b, accessKeys: [{accessKeyId: K, secretAccessKey: y}]}"),
			"m.yaml:4: users[1].accessKeys[0]: access key K is given twice, first at m.yaml:3: users[0].accessKeys[0]"},
		{"policy", twice("policies", "{managedPolicyName: p, policyDocument: {}}", "{managedPolicyName: p, path: /x/, policyDocument: {}}"),
			"m.yaml:7: policies[0]: policy p is given twice, first at m.yaml:3: policies[0]"},
		{"bucket of another account", in("buckets", "{bucketName: data}") + "---\naccount: '111122223333'\n" + in("buckets", "{bucketName: data}"),
			"m.yaml:8: buckets[0]: bucket data is given twice, first at m.yaml:3: buckets[0]"},
		{"object", in("buckets", "{bucketName: data, objects: [{key: a}, {key: a}]}"),
			"m.yaml:3: buckets[0].objects[1]: object a of bucket data is given twice, first at m.yaml:3: buckets[0].objects[0]"},
		{"provider with port", twice("oidcProviders", "{url: 'https://a.example/id'}", "{url: 'https://a.example:443/id'}"),
			"m.yaml:7: oidcProviders[0]: OIDC provider https://a.example:443/id is given twice, first at m.yaml:3: oidcProviders[0]"},
		{"group", twice("groups", "{groupName: a}", "{groupName: A, path: /x/}"), "m.yaml:7: groups[0]: group A is given twice, first at m.yaml:3: groups[0]"},
		{"instance profile", twice("instanceProfiles", "{instanceProfileName: a}", "{instanceProfileName: a}"),
			"m.yaml:7: instanceProfiles[0]: instance profile a is given twice, first at m.yaml:3: instanceProfiles[0]"},
		{"unique ID", in("groups", "{groupName: a, groupId: AGPAEXAMPLE000000001}\n- {groupName: b, groupId: AGPAEXAMPLE000000001}"),
			"m.yaml:4: groups[1]: ID AGPAEXAMPLE000000001 is given twice, first at m.yaml:3: groups[0]"},
		{"alias of two accounts", "apiVersion: irsatz/v1\naccount: '111122223333'\naccountAlias: abc\n---\napiVersion: irsatz/v1\naccount: '444455556666'\naccountAlias: abc\n",
			"m.yaml:7: accountAlias: account alias abc is given twice, first at m.yaml:3: accountAlias"},
		{"two aliases", "apiVersion: irsatz/v1\naccountAlias: abc\n---\napiVersion: irsatz/v1\naccountAlias: def\n",
			"m.yaml:5: accountAlias: the alias of an account is given twice, first at m.yaml:2: accountAlias"},
		{"region", twice("clusters", "{name: a, region: eu-west-1}", "{name: a, region: eu-west-2}"),
			"m.yaml:7: clusters[0]: cluster a is in another region at m.yaml:3: clusters[0]"},
		{"issuer", twice("clusters", "{name: a, oidcIssuer: 'https://one'}", "{name: a, oidcIssuer: 'https://two'}"),
			"m.yaml:7: clusters[0]: cluster a has another oidcIssuer at m.yaml:3: clusters[0]"},
		{"service account", twice("clusters", "{name: a, serviceAccounts: [{name: b, annotations: {k: v}}]}", "{name: a, serviceAccounts: [{name: b}]}"),
			"m.yaml:7: clusters[0].serviceAccounts[0]: service account default/b has other annotations at m.yaml:3: clusters[0].serviceAccounts[0]"},
		{"service account of a manifest", in("clusters", "{name: a, serviceAccounts: [{name: b, annotations: {k: v}}]}") +
			"---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: b}\n",
			"m.yaml:5: service account default/b has other annotations at m.yaml:3: clusters[0].serviceAccounts[0]"},
	})
}

func TestNotDuplicates(t *testing.T) {
	t.Parallel()
	s := parse(t, `
apiVersion: irsatz/v1
account: "111122223333"
roles: [{roleName: app, assumeRolePolicyDocument: {}}]
users: [{userName: app}]
oidcProviders: [{url: "https://a.example"}, {url: "https://a.example/"}, {url: "https://A.example"}, {url: "https://a.example:8443"}]
clusters: [{name: a, serviceAccounts: [{name: x, annotations: {k: v}}]}, {name: b, serviceAccounts: [{name: x}]}]
---
apiVersion: irsatz/v1
account: "444455556666"
roles: [{roleName: app, assumeRolePolicyDocument: {}}]
clusters: [{name: a, oidcIssuer: "https://a.example", serviceAccounts: [{name: x, annotations: {k: v}}, {name: y}]}]
`)
	counts := []int{len(s.Roles), len(s.Users), len(s.OIDCProviders), len(s.Clusters), len(s.ServiceAccounts)}
	if diff := cmp.Diff([]int{2, 1, 4, 2, 3}, counts); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if s.Clusters[0].OIDCIssuer != "https://a.example" {
		t.Errorf("issuer %q", s.Clusters[0].OIDCIssuer)
	}
}

func TestAliasesAndMergeKeys(t *testing.T) {
	t.Parallel()
	s := parse(t, `
apiVersion: irsatz/v1
policies:
- managedPolicyName: a
  policyDocument: &doc {Version: "2012-10-17", Statement: [&s {Effect: Allow}]}
- managedPolicyName: b
  policyDocument: *doc
- managedPolicyName: c
  policyDocument: {Statement: {<<: *s, Action: "*"}, <<: [{Id: first}, {Id: second, Version: "2008-10-17"}]}
`)
	var got []string
	for _, p := range s.Policies {
		got = append(got, string(p.Document.JSON))
	}
	want := []string{
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow"}]}`,
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow"}]}`,
		`{"Statement":{"Action":"*","Effect":"Allow"},"Id":"first","Version":"2008-10-17"}`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestBillionLaughs(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("a0: &a0 [lol]\n")
	for i := range 30 {
		alias := fmt.Sprintf("*a%d, ", i)
		fmt.Fprintf(&b, "a%d: &a%d [%s]\n", i+1, i+1, strings.Repeat(alias, 9))
	}
	_, err := manifest.Parse("m.yaml", []byte(b.String()))
	if err == nil || err.Error() != "m.yaml:7: aliases make the text larger by more than 500000 values" {
		t.Errorf("error %v", err)
	}
	long := "a: &a '" + strings.Repeat("x", 1<<20) + "'\nb: [" + strings.Repeat("*a, ", 100) + "]\n"
	if _, err := manifest.Parse("m.yaml", []byte(long)); err == nil || !strings.Contains(err.Error(), "m.yaml:2: aliases make the text larger") {
		t.Errorf("error %v", err)
	}
	documents := strings.Repeat("a: &a ["+strings.Repeat("1,", 1000)+"]\nb: ["+strings.Repeat("*a, ", 300)+"]\n---\n", 2)
	if _, err := manifest.Parse("m.yaml", []byte(documents)); err == nil || !strings.Contains(err.Error(), "m.yaml:5: aliases make the text larger") {
		t.Errorf("error %v", err)
	}
	merges := "a0: &a0 {x: y}\n"
	for i := range 90 {
		merges += fmt.Sprintf("a%d: &a%d {<<: *a%d", i+1, i+1, i)
		for j := range 60 {
			merges += fmt.Sprintf(", k%d-%d: v", i, j)
		}
		merges += "}\n"
	}
	if _, err := manifest.Parse("m.yaml", []byte(merges)); err == nil || !strings.Contains(err.Error(), "aliases make the text larger") {
		t.Errorf("error %v", err)
	}
}
