package manifest_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/irsatz/irsatz/manifest"
)

// in wraps a line of a list in a native document, where it is line 3.
func in(list, element string) string {
	return "apiVersion: irsatz/v1\n" + list + ":\n- " + element + "\n"
}

type malformed struct {
	name    string
	content string
	want    string // every line of the error
}

func refuse(t *testing.T, file string, tests []malformed) {
	t.Helper()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, err := manifest.Parse(file, []byte(tt.content))
			if err == nil {
				t.Fatalf("loaded %+v", s)
			}
			if s != nil {
				t.Errorf("half loaded: %+v", s)
			}
			if diff := cmp.Diff(tt.want, err.Error()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestMalformedYAML(t *testing.T) {
	t.Parallel()
	refuse(t, "m.yaml", []malformed{
		{"not YAML", "apiVersion: irsatz/v1\nusers: [\n", "m.yaml:2: not YAML: did not find expected node content"},
		{"not YAML in the first line", "a: b: c\n", "m.yaml:1: not YAML: mapping values are not allowed in this context"},
		{"not UTF-8", "a: 1\nb: \xff\n", "m.yaml:2: not UTF-8 text"},
		{"duplicate key", "apiVersion: irsatz/v1\naccount: 1\naccount: 2\n", `m.yaml:3: key "account" is given twice, first in line 2`},
		{"duplicate key in a policy", in("policies", "managedPolicyName: a\n  policyDocument:\n    Version: x\n    Version: y"),
			`m.yaml:6: key "Version" is given twice, first in line 5`},
		{"key that is no text", "apiVersion: irsatz/v1\n? [a]\n: b\n", "m.yaml:2: a key must be text"},
		{"alias to itself", "a: &a [*a]\n", "m.yaml:1: alias *a stands for something that contains it"},
		{"tab", "a:\n  b: c\n\td: e\n", "m.yaml:2: not YAML: found a tab character that violates indentation"},
		{"list not ended", "a: b\n\nc: d\ne: [f\ng: h\ni: j]\n", "m.yaml:4: not YAML: did not find expected ',' or ']'"},
		{"mapping with a tag", "apiVersion: irsatz/v1\nusers:\n- !Sub {userName: a}\n", "m.yaml:3: users[0]: expected a mapping, found a value tagged !Sub"},
		{"alias to nothing", "\na: *a\n", "m.yaml:2: not YAML: unknown anchor 'a' referenced"},
		{"merge of text", "a: {<<: b}\n", "m.yaml:1: << must name a mapping or a list of mappings"},
		{"text", "hello\n", "m.yaml:1: unrecognised document: expected a mapping, found text"},
		{"list", "\n- a\n", "m.yaml:2: unrecognised document: expected a mapping, found a list"},
		{"anything", "---\nfoo: 1\n", "m.yaml:2: unrecognised document: expected apiVersion: irsatz/v1 or a Kubernetes manifest with apiVersion and kind"},
		{"kind only", "kind: Pod\n", "m.yaml:1: unrecognised document: expected apiVersion: irsatz/v1 or a Kubernetes manifest with apiVersion and kind"},
		{"later version", "apiVersion: irsatz/v2\n", `m.yaml:1: apiVersion "irsatz/v2" is not known, expected irsatz/v1`},
		{"second document", "apiVersion: irsatz/v1\n---\nfoo: 1\n", "m.yaml:3: unrecognised document: expected apiVersion: irsatz/v1 or a Kubernetes manifest with apiVersion and kind"},
	})
}

func TestMalformedJSON(t *testing.T) {
	t.Parallel()
	refuse(t, "m.json", []malformed{
		{"YAML", "apiVersion: irsatz/v1\n", "m.json:1: not JSON: want a value"},
		{"trailing comma", "{\n\"apiVersion\": \"irsatz/v1\",\n}\n", "m.json:3: not JSON: want the name of a member, in quotes"},
		{"ends early", "{\n\"apiVersion\":\n", "m.json:2: not JSON: it ends too early"},
		{"duplicate key", "{\"apiVersion\": \"irsatz/v1\",\n\"users\": [],\n\"users\": []}", `m.json:3: key "users" is given twice, first in line 2`},
		{"deep", strings.Repeat("[", 2000), "m.json:1: nested more than 200 levels deep"},
		{"list", "[]", "m.json:1: unrecognised document: expected a mapping, found a list"},
		{"unknown field", "{\"apiVersion\": \"irsatz/v1\",\n\"bucket\": []}", "m.json:2: bucket: unknown field, did you mean buckets?"},
	})
}

func TestMalformedFields(t *testing.T) {
	t.Parallel()
	const doc = ", policyDocument: {}"
	refuse(t, "m.yaml", []malformed{
		{"unknown field", "apiVersion: irsatz/v1\nacount: 1\n", "m.yaml:2: acount: unknown field, did you mean account?"},
		{"CloudFormation's spelling", in("roles", "RoleName: app\n  assumeRolePolicyDocument: {}"),
			"m.yaml:3: roles[0].RoleName: unknown field, did you mean roleName?\nm.yaml:3: roles[0].roleName: missing, it is required"},
		{"far from any field", in("users", "{userName: a, xyzzy: 1}"),
			"m.yaml:3: users[0].xyzzy: unknown field, expected one of userName, path, userId, groups, accessKeys, managedPolicyArns, policies, permissionsBoundary, createDate, tags"},
		{"list for a mapping", in("users", "[a]"), "m.yaml:3: users[0]: expected a mapping, found a list"},
		{"mapping for a list", "apiVersion: irsatz/v1\nusers: {a: b}\n", "m.yaml:2: users: expected a list, found a mapping"},
		{"empty element", in("users", ""), "m.yaml:3: users[0]: empty list element"},
		{"boolean for text", in("users", "{userName: yes}\n- {userName: true}"),
			"m.yaml:4: users[1].userName: expected text, found a boolean; put it in quotes"},
		{"list for text", in("users", "{userName: [a]}"), "m.yaml:3: users[0].userName: expected text, found a list"},
		{"own tag", in("users", "{userName: !Ref a}"), "m.yaml:3: users[0].userName: expected text, found a value tagged !Ref"},
		{"account", "apiVersion: irsatz/v1\naccount: 12345\n", `m.yaml:2: account: expected an account ID of 12 digits, found "12345"`},
		{"region", "apiVersion: irsatz/v1\nregion: Ireland\n", `m.yaml:2: region: expected a region such as eu-west-1, found "Ireland"`},
		{"cluster name", in("clusters", "{name: -a}"), `m.yaml:3: clusters[0].name: expected a cluster name of up to 100 letters, digits, - and _ that starts with a letter or digit, found "-a"`},
		{"issuer over http", in("clusters", "{name: a, oidcIssuer: http://example.com}"),
			`m.yaml:3: clusters[0].oidcIssuer: expected a URL that starts with https:// and names a host, found "http://example.com"`},
		{"issuer with query", in("clusters", "{name: a, oidcIssuer: 'https://example.com?a'}"),
			`m.yaml:3: clusters[0].oidcIssuer: expected a URL without user, query and fragment, found "https://example.com?a"`},
		{"provider with fragment", in("oidcProviders", "{url: 'https://example.com/#'}"),
			`m.yaml:3: oidcProviders[0].url: expected a URL without user, query and fragment, found "https://example.com/#"`},
		{"provider without host", in("oidcProviders", "{url: 'https:///id'}"),
			`m.yaml:3: oidcProviders[0].url: expected a URL that starts with https:// and names a host, found "https:///id"`},
		{"thumbprint", in("oidcProviders", "{url: 'https://a', thumbprintList: [abc]}"),
			`m.yaml:3: oidcProviders[0].thumbprintList[0]: expected a thumbprint of 40 characters, found 3`},
		{"client ID", in("oidcProviders", "{url: 'https://a', clientIdList: ['']}"),
			`m.yaml:3: oidcProviders[0].clientIdList[0]: expected a client ID (audience) of 1 to 255 characters`},
		{"namespace", in("clusters", "{name: a, serviceAccounts: [{name: b, namespace: a.b}]}"),
			`m.yaml:3: clusters[0].serviceAccounts[0].namespace: expected a DNS-1123 label (up to 63 lower case letters, digits and -, a letter or digit at both ends), found "a.b"`},
		{"service account", in("clusters", "{name: a, serviceAccounts: [{name: App}]}"),
			`m.yaml:3: clusters[0].serviceAccounts[0].name: expected a DNS-1123 subdomain (up to 253 lower case letters, digits, - and ., a letter or digit at both ends), found "App"`},
		{"role ARN", in("clusters", "{name: a, serviceAccounts: [{name: b, roleArn: app}]}"),
			`m.yaml:3: clusters[0].serviceAccounts[0].roleArn: expected the ARN of a role, arn:aws:iam::ACCOUNT:role/NAME, found "app"`},
		{"role ARN twice", in("clusters", "{name: a, serviceAccounts: [{name: b, roleArn: 'arn:aws:iam::111122223333:role/a', annotations: {eks.amazonaws.com/role-arn: x}}]}"),
			`m.yaml:3: clusters[0].serviceAccounts[0].roleArn: the role is given twice, here and as annotation eks.amazonaws.com/role-arn`},
		{"annotation that is no text", in("clusters", "{name: a, serviceAccounts: [{name: b, annotations: {k: 1}}]}"),
			`m.yaml:3: clusters[0].serviceAccounts[0].annotations["k"]: expected text, found a number; put it in quotes`},
		{"role name", in("roles", "{roleName: a b, assumeRolePolicyDocument: {}}"),
			`m.yaml:3: roles[0].roleName: expected a name of up to 64 letters, digits and +=,.@_-, found "a b"`},
		{"empty role name", in("roles", "{roleName: '', assumeRolePolicyDocument: {}}"),
			`m.yaml:3: roles[0].roleName: expected a name of up to 64 letters, digits and +=,.@_-, found ""`},
		{"role path", in("roles", "{roleName: a, path: /a, assumeRolePolicyDocument: {}}"),
			`m.yaml:3: roles[0].path: expected a path that starts and ends with /, up to 512 characters, found "/a"`},
		{"policy path", in("policies", "{managedPolicyName: a, path: /a!/"+doc+"}"),
			`m.yaml:3: policies[0].path: expected a path of letters, digits and .,+@=_- that starts and ends with /, up to 512 characters, found "/a!/"`},
		{"no trust policy", in("roles", "{roleName: a}"), "m.yaml:3: roles[0].assumeRolePolicyDocument: missing, it is required"},
		{"null trust policy", in("roles", "{roleName: a, assumeRolePolicyDocument: ~}"), "m.yaml:3: roles[0].assumeRolePolicyDocument: missing, it is required"},
		{"duration", in("roles", "{roleName: a, maxSessionDuration: 43201, assumeRolePolicyDocument: {}}"),
			"m.yaml:3: roles[0].maxSessionDuration: expected a number from 3600 to 43200, found 43201"},
		{"duration as text", in("roles", "{roleName: a, maxSessionDuration: 1h, assumeRolePolicyDocument: {}}"),
			"m.yaml:3: roles[0].maxSessionDuration: expected a whole number from 3600 to 43200, found text"},
		{"managed policy ARN", in("users", "{userName: a, managedPolicyArns: [read]}"),
			`m.yaml:3: users[0].managedPolicyArns[0]: expected the ARN of a managed policy, arn:aws:iam::ACCOUNT:policy/NAME, found "read"`},
		{"boundary", in("users", "{userName: a, permissionsBoundary: 'arn:aws:iam::111122223333:role/a'}"),
			`m.yaml:3: users[0].permissionsBoundary: expected the ARN of a managed policy, arn:aws:iam::ACCOUNT:policy/NAME, found "arn:aws:iam::111122223333:role/a"`},
		{"inline policy twice", in("users", "{userName: a, policies: [{policyName: p"+doc+"}, {policyName: P"+doc+"}]}"),
			`m.yaml:3: users[0].policies[1]: policy "P" is given twice, first in line 3`},
		{"access key without secret", in("users", "{userName: a, accessKeys: [{accessKeyId: AKIA}]}"),
			"m.yaml:3: users[0].accessKeys[0].secretAccessKey: missing, it is required"},
		{"reserved tag", in("users", "{userName: a, tags: {AWS:x: y}}"),
			`m.yaml:3: users[0].tags.AWS:x: tag keys that start with aws: are reserved, found "AWS:x"`},
		{"tag twice", in("users", "{userName: a, tags: [{key: k, value: a}, {key: k, value: b}]}"), `m.yaml:3: users[0].tags: tag key "k" is given twice`},
		{"tag value", in("users", "{userName: a, tags: {k: 'a*'}}"),
			`m.yaml:3: users[0].tags.k: expected a tag value of up to 256 letters, digits, spaces and _.:/=+-@, found "a*"`},
		{"description", in("roles", "{roleName: a, description: \"tab\\t€\", assumeRolePolicyDocument: {}}"),
			"m.yaml:3: roles[0].description: expected up to 1000 printable characters of Latin-1"},
		{"empty secret", in("users", "{userName: a, accessKeys: [{accessKeyId: AKIA, secretAccessKey: ''}]}"),
			"m.yaml:3: users[0].accessKeys[0].secretAccessKey: expected text, found an empty one"},
		{"six thumbprints", in("oidcProviders", "{url: 'https://a', thumbprintList: ["+strings.Repeat(strings.Repeat("a", 40)+",", 6)+"]}"),
			"m.yaml:3: oidcProviders[0].thumbprintList: expected up to 5 thumbprints, found 6"},
		{"101 client IDs", in("oidcProviders", "{url: 'https://a', clientIdList: ["+strings.Repeat("a,", 101)+"]}"),
			"m.yaml:3: oidcProviders[0].clientIdList: expected up to 100 client IDs, found 101"},
		{"tag key", in("users", "{userName: a, tags: [{key: '', value: b}]}"),
			`m.yaml:3: users[0].tags[0].key: expected a tag key of 1 to 128 letters, digits, spaces and _.:/=+-@, found ""`},
		{"annotations as a list", in("clusters", "{name: a, serviceAccounts: [{name: b, annotations: [c]}]}"),
			`m.yaml:3: clusters[0].serviceAccounts[0].annotations: expected a mapping, found a list`},
		{"alias", "apiVersion: irsatz/v1\naccountAlias: a--b\n",
			`m.yaml:2: accountAlias: expected an account alias of 3 to 63 lower case letters, digits and -, a letter or digit at both ends, no two - in a row, found "a--b"`},
		{"alias like an account", "apiVersion: irsatz/v1\naccountAlias: '111122223333'\n",
			`m.yaml:2: accountAlias: expected an account alias of 3 to 63 lower case letters, digits and -, a letter or digit at both ends, no two - in a row, found "111122223333"`},
		{"ID", in("groups", "{groupName: a, groupId: AGPA-1}"), `m.yaml:3: groups[0].groupId: expected a unique ID of 16 to 128 letters and digits, found "AGPA-1"`},
		{"date", in("groups", "{groupName: a, createDate: 2024-02-30T00:00:00Z}"),
			`m.yaml:3: groups[0].createDate: expected a time such as 2026-11-26T08:00:00Z, found "2024-02-30T00:00:00Z"`},
		{"date without time", in("groups", "{groupName: a, createDate: 2024-02-03}"),
			`m.yaml:3: groups[0].createDate: expected a time such as 2026-11-26T08:00:00Z, found "2024-02-03"`},
		{"key status", in("users", "{userName: a, accessKeys: [{accessKeyId: AKIA, secretAccessKey: s, status: inactive}]}"),
			`m.yaml:3: users[0].accessKeys[0].status: expected Active or Inactive, found "inactive"`},
		{"two roles", in("instanceProfiles", "{instanceProfileName: a, roles: [b, c]}"),
			"m.yaml:3: instanceProfiles[0].roles: expected at most one role, found 2"},
		{"version", in("policies", "{managedPolicyName: a, defaultVersionId: v01, versions: [{versionId: '1', policyDocument: {}}]}"),
			"m.yaml:3: policies[0].versions[0].versionId: expected the ID of a version, such as v1, found \"1\"\n" +
				"m.yaml:3: policies[0].defaultVersionId: expected the ID of a version, such as v1, found \"v01\"\n" +
				"m.yaml:3: policies[0].versions: the default version v01 is not among them"},
		{"version twice", in("policies", "{managedPolicyName: a, defaultVersionId: v1, versions: [{versionId: v1"+doc+"}, {versionId: v1"+doc+"}]}"),
			"m.yaml:3: policies[0].versions[1]: version v1 is given twice"},
		{"no default version", in("policies", "{managedPolicyName: a, versions: [{versionId: v1"+doc+"}]}"),
			"m.yaml:3: policies[0].defaultVersionId: missing, it is required"},
		{"no versions", in("policies", "{managedPolicyName: a, defaultVersionId: v1, versions: []}"),
			"m.yaml:3: policies[0].versions: expected 1 to 5 versions, found 0\nm.yaml:3: policies[0].versions: the default version v1 is not among them"},
		{"versions and document", in("policies", "{managedPolicyName: a, defaultVersionId: v1, versions: [{versionId: v1"+doc+"}]"+doc+"}"),
			"m.yaml:3: policies[0].policyDocument: policyDocument and versions exclude each other"},
		{"default version of a document", in("policies", "{managedPolicyName: a, defaultVersionId: v1"+doc+"}"),
			"m.yaml:3: policies[0].defaultVersionId: goes with versions, not with policyDocument"},
		{"two mistakes", in("users", "{userName: a/b}\n- {userName: a, path: b}"),
			"m.yaml:3: users[0].userName: expected a name of up to 64 letters, digits and +=,.@_-, found \"a/b\"\n" +
				"m.yaml:4: users[1].path: expected a path that starts and ends with /, up to 512 characters, found \"b\""},
	})
}

func TestMalformedBuckets(t *testing.T) {
	t.Parallel()
	object := func(o string) string { return in("buckets", "{bucketName: data, objects: [{"+o+"}]}") }
	const shape = "expected a bucket name of 3 to 63 lower case letters, digits, . and -, a letter or digit at both ends, no two dots in a row, found "
	refuse(t, "m.yaml", []malformed{
		{"short", in("buckets", "{bucketName: ab}"), `m.yaml:3: buckets[0].bucketName: ` + shape + `"ab"`},
		{"upper case", in("buckets", "{bucketName: Data}"), `m.yaml:3: buckets[0].bucketName: ` + shape + `"Data"`},
		{"two dots", in("buckets", "{bucketName: a..b}"), `m.yaml:3: buckets[0].bucketName: ` + shape + `"a..b"`},
		{"IP address", in("buckets", "{bucketName: 192.168.5.4}"), `m.yaml:3: buckets[0].bucketName: a bucket name must not look like an IP address, found "192.168.5.4"`},
		{"reserved prefix", in("buckets", "{bucketName: xn--a}"), `m.yaml:3: buckets[0].bucketName: a bucket name must not start with xn--, found "xn--a"`},
		{"reserved suffix", in("buckets", "{bucketName: a--x-s3}"), `m.yaml:3: buckets[0].bucketName: a bucket name must not end with --x-s3, found "a--x-s3"`},
		{"versioning", in("buckets", "{bucketName: data, versioning: Enabled}"), "m.yaml:3: buckets[0].versioning: expected true or false, found text"},
		{"public access", in("buckets", "{bucketName: data, blockPublicAccess: all}"), "m.yaml:3: buckets[0].blockPublicAccess: expected true or false, found text"},
		{"object without key", object("body: a"), "m.yaml:3: buckets[0].objects[0].key: missing, it is required"},
		{"body that is no text", object("key: a, body: 1"), "m.yaml:3: buckets[0].objects[0].body: expected text, found a number; put it in quotes"},
		{"prefix without from", object("prefix: a/, key: a"), "m.yaml:3: buckets[0].objects[0].prefix: prefix goes with from, not with key and body"},
		{"body and from", object("key: a, body: b, from: c"), "m.yaml:3: buckets[0].objects[0].body: body and from exclude each other"},
		{"from over the wire", object("prefix: a/, from: /etc"), "m.yaml:3: buckets[0].objects[0].from: a document that does not come from a file must not refer to one"},
		{"long key", object("key: " + strings.Repeat("a", 1025)), "m.yaml:3: buckets[0].objects[0].key: expected an object key of 1 to 1024 bytes"},
	})
}

func TestMalformedDocuments(t *testing.T) {
	t.Parallel()
	policy := func(d string) string { return in("policies", "managedPolicyName: a\n  policyDocument: "+d) }
	const at = "m.yaml:4: policies[0].policyDocument: "
	refuse(t, "m.yaml", []malformed{
		{"JSON text", policy(`'{"a": }'`), at + "the JSON in this text: line 1: not JSON: want a value"},
		{"JSON text with duplicate", policy("|\n    {\"a\": 1,\n    \"a\": 2}"), at + `the JSON in this text: line 2: key "a" is given twice, first in line 1`},
		{"two JSON values", policy(`'{} {}'`), at + "the JSON in this text: expected one document, found 2"},
		{"JSON list", policy(`'[]'`), at + "the JSON in this text: expected one JSON object, found a list"},
		{"empty text", policy(`''`), at + "the JSON in this text: expected one document, found 0"},
		{"list", policy("[]"), at + "expected a policy document as a mapping, as JSON text or as file://path, found a list"},
		{"number", policy("5"), at + "expected a policy document as a mapping, as JSON text or as file://path, found a number"},
		{"file over the wire", policy("file:///etc/passwd"), at + `a document that does not come from a file must not refer to one, found "file:///etc/passwd"`},
		{"octal", policy("{a: 0o17}"), at + `the number "0o17" cannot be written in JSON; put it in quotes if text is meant`},
		{"infinite", policy("\n    a:\n      b: .inf"), `m.yaml:6: policies[0].policyDocument: the number ".inf" cannot be written in JSON; put it in quotes if text is meant`},
		{"tag", policy("{a: !Sub b}"), at + `the tag "!Sub" cannot be written in JSON`},
		{"scalar tagged as a mapping", policy("{a: !!map b}"), at + `the tag "!!map" cannot be written in JSON`},
		{"list tagged as text", policy("{a: !!str [b]}"), at + `the tag "!!str" cannot be written in JSON`},
		{"false boolean", policy("{a: !!bool maybe}"), "m.yaml:4: expected true or false, found maybe"},
		{"mapping with tag", policy("{a: !Sub {b: c}}"), at + `the tag "!Sub" cannot be written in JSON`},
	})
}

func TestOtherFormsAreNotImplemented(t *testing.T) {
	t.Parallel()
	for content, want := range map[string]string{
		"\nAWSTemplateFormatVersion: 2010-09-09\n": "m.yaml:2: CloudFormation template: loading this form is not implemented",
		"Resources: {A: {Type: AWS::IAM::Role}}\n": "m.yaml:1: CloudFormation template: loading this form is not implemented",
		`{"format_version": "1.2", "values": {}}`:  "m.yaml:1: output of terraform show -json: loading this form is not implemented",
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			s, err := manifest.Parse("m.yaml", []byte(content))
			if s != nil || !errors.Is(err, manifest.ErrNotImplemented) || err.Error() != want {
				t.Errorf("state %v, error %v", s, err)
			}
		})
	}
}

func TestErrorsAreBounded(t *testing.T) {
	t.Parallel()
	_, err := manifest.Parse("m.yaml", []byte(in("users", strings.Repeat("{a: b}\n- ", 1000)+"{a: b}")))
	all, ok := errors.AsType[manifest.Errors](err)
	if !ok || len(all) != 50 {
		t.Errorf("%d errors", len(all))
	}
	first, ok := errors.AsType[*manifest.Error](err)
	if !ok || first.Pos != (manifest.Pos{File: "m.yaml", Line: 3, Field: "users[0].a"}) {
		t.Errorf("first error %v", first)
	}
}

func TestLongQuotesAreClipped(t *testing.T) {
	t.Parallel()
	_, err := manifest.Parse("m.yaml", []byte(in("users", "{userName: "+strings.Repeat("é/", 100_000)+"}")))
	if err == nil || len(err.Error()) > 1100 || !strings.HasSuffix(err.Error(), " …") {
		t.Errorf("error %.2000v", err)
	}
}

func TestSecretsAreNotInErrors(t *testing.T) {
	t.Parallel()
	_, err := manifest.Parse("m.yaml", []byte(in("users", "{userName: a, accessKeys: [{accessKeyId: 'A KIA', secretAccessKey: [hush]}, {accessKeyId: AKIA, secretAccessKeys: hush}]}")))
	if err == nil || strings.Contains(err.Error(), "hush") {
		t.Errorf("error %v", err)
	}
}
