package manifest_test

import (
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/irsatz/irsatz/manifest"
)

// files writes files below a new folder and returns the folder.
func files(t *testing.T, contents map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range contents {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func load(t *testing.T, paths ...string) *manifest.State {
	t.Helper()
	s, err := manifest.Load(paths, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func parse(t *testing.T, content string) *manifest.State {
	t.Helper()
	s, err := manifest.Parse("-", []byte(content))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var ignorePos = cmpopts.IgnoreTypes(manifest.Pos{})

const inlineRead = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}}`

func exampleState() *manifest.State {
	const issuer = "https://oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE"
	const account = "111122223333"
	trust := "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"sts:AssumeRoleWithWebIdentity\"}]\n}"
	empty := []byte(`{"Version":"2012-10-17","Statement":[]}`)
	return &manifest.State{
		Account: account, Region: "eu-west-1",
		Clusters: []manifest.Cluster{{AccountID: account, Region: "eu-west-1", Name: "sandbox", OIDCIssuer: issuer}},
		ServiceAccounts: []manifest.ServiceAccount{{Cluster: "sandbox", Namespace: "prod", Name: "app",
			Annotations: map[string]string{"eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/app"}}},
		OIDCProviders: []manifest.OIDCProvider{{AccountID: account, URL: issuer, ClientIDList: []string{"sts.amazonaws.com"}}},
		Policies:      []manifest.Policy{{AccountID: account, Name: "read", Path: "/", Document: manifest.Document{JSON: empty}}},
		Roles: []manifest.Role{{
			AccountID: account, Name: "app", Path: "/", MaxSessionDuration: 3600,
			TrustPolicy:         manifest.Document{Source: filepath.Join("testdata", "trust.json"), JSON: []byte(trust)},
			ManagedPolicyARNs:   []string{"arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"},
			InlinePolicies:      []manifest.InlinePolicy{{Name: "read", Document: manifest.Document{JSON: []byte(inlineRead)}}},
			PermissionsBoundary: "arn:aws:iam::111122223333:policy/boundary",
			Tags:                []manifest.Tag{{Key: "team", Value: "red"}},
		}},
		Users: []manifest.User{{AccountID: account, Name: "ci", Path: "/",
			AccessKeys: []manifest.AccessKey{{ID: "AKIAEXAMPLE", Secret: "secret"}}}},
		Buckets: []manifest.Bucket{{
			AccountID: account, Region: "eu-west-1", Name: "data", Versioning: true,
			Policy: &manifest.Document{JSON: empty},
			Tags:   []manifest.Tag{{Key: "stage", Value: "dev"}},
			Objects: []manifest.Object{
				{Key: "public/a.txt", Body: []byte("hello"), Size: 5, ContentType: "text/plain", Tags: []manifest.Tag{{Key: "class", Value: "public"}}},
				{Key: "fixtures/deep/er/three.txt", Root: filepath.Join("testdata", "fixtures"), File: "deep/er/three.txt", Size: 5},
				{Key: "fixtures/one.txt", Root: filepath.Join("testdata", "fixtures"), File: "one.txt", Size: 3},
			},
		}},
	}
}

func TestExample(t *testing.T) {
	t.Parallel()
	got := load(t, filepath.Join("testdata", "example.yaml"))
	if diff := cmp.Diff(exampleState(), got, ignorePos); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	var bodies []string
	for _, o := range got.Buckets[0].Objects {
		r, err := o.Open()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		r.Close()
		if err != nil {
			t.Fatal(err)
		}
		bodies = append(bodies, string(b))
	}
	if diff := cmp.Diff([]string{"hello", "three", "one"}, bodies); diff != "" {
		t.Errorf("bodies (-want +got):\n%s", diff)
	}
}

func TestPositions(t *testing.T) {
	t.Parallel()
	s := load(t, filepath.Join("testdata", "example.yaml"))
	file := filepath.Join("testdata", "example.yaml")
	got := map[string]manifest.Pos{
		"cluster":  s.Clusters[0].Pos,
		"account":  s.ServiceAccounts[0].Pos,
		"trust":    s.Roles[0].TrustPolicy.Pos,
		"inline":   s.Roles[0].InlinePolicies[0].Document.Pos,
		"key":      s.Users[0].AccessKeys[0].Pos,
		"policy":   s.Buckets[0].Policy.Pos,
		"object":   s.Buckets[0].Objects[0].Pos,
		"fixtures": s.Buckets[0].Objects[2].Pos,
	}
	want := map[string]manifest.Pos{
		"cluster":  {File: file, Line: 5, Field: "clusters[0]"},
		"account":  {File: file, Line: 8, Field: "clusters[0].serviceAccounts[0]"},
		"trust":    {File: file, Line: 17, Field: "roles[0].assumeRolePolicyDocument"},
		"inline":   {File: file, Line: 19, Field: "roles[0].policies[0].policyDocument"},
		"key":      {File: file, Line: 23, Field: "users[0].accessKeys[0]"},
		"policy":   {File: file, Line: 27, Field: "buckets[0].policy"},
		"object":   {File: file, Line: 29, Field: "buckets[0].objects[0]"},
		"fixtures": {File: file, Line: 29, Field: "buckets[0].objects[1]"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := s.Roles[0].TrustPolicy.String(); got != file+":17: roles[0].assumeRolePolicyDocument" {
		t.Errorf("position reads %q", got)
	}
}

// TestJSONAndYAMLAgree loads one state in both languages.
func TestJSONAndYAMLAgree(t *testing.T) {
	t.Parallel()
	fromYAML := parse(t, `
apiVersion: irsatz/v1
account: 000123456789
roles:
- roleName: app
  assumeRolePolicyDocument:
    Version: 2012-10-17
    Statement:
    - Condition: {Bool: {aws:SecureTransport: true}, NumericLessThan: {s3:max-keys: 10}}
      Principal: {AWS: 000123456789}
      Sid: "10"
buckets: [{bucketName: data, objects: [{key: "Gr\u00fc\u00dfe \U0001F600", body: "1"}]}]
`)
	fromJSON, err := manifest.Parse("state.json", []byte(`{"apiVersion": "irsatz/v1", "account": "000123456789",
	"roles": [{"roleName": "app", "assumeRolePolicyDocument": {"Version": "2012-10-17", "Statement":
	[{"Condition": {"Bool": {"aws:SecureTransport": true}, "NumericLessThan": {"s3:max-keys": 10}}, "Principal": {"AWS": "000123456789"}, "Sid": "10"}]}}]}
	{"apiVersion": "irsatz/v1", "account": "000123456789",
	"buckets": [{"bucketName": "data", "objects": [{"key": "Gr\u00fc\u00dfe \ud83d\ude00", "body": "1"}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(fromYAML, fromJSON, ignorePos); diff != "" {
		t.Errorf("(-yaml +json):\n%s", diff)
	}
	want := `{"Version":"2012-10-17","Statement":[{"Condition":{"Bool":{"aws:SecureTransport":true},"NumericLessThan":{"s3:max-keys":10}},"Principal":{"AWS":"000123456789"},"Sid":"10"}]}`
	if got := string(fromJSON.Roles[0].TrustPolicy.JSON); got != want {
		t.Errorf("document\n%s, want\n%s", got, want)
	}
	if got := fromYAML.Roles[0].AccountID; got != "000123456789" {
		t.Errorf("account %q", got)
	}
	if got := fromJSON.Buckets[0].Pos; got.Line != 5 {
		t.Errorf("second JSON document is at %v", got)
	}
}

func TestDocumentsAsWritten(t *testing.T) {
	t.Parallel()
	dir := files(t, map[string]string{
		"docs/p.json": "\n { \"b\": 1.50, \"a\": \"<&>\" }\n",
		"docs/p.yaml": "b: 1.50\na: <&>\n",
		"m.yaml": `
apiVersion: irsatz/v1
policies:
- {managedPolicyName: inline, policyDocument: {b: 1.50, a: <&>, 5: ~, e: 1e3, z: 007}}
- {managedPolicyName: text, policyDocument: '{ "b":1.50,"a":"<&>" }'}
- {managedPolicyName: json, policyDocument: file://docs/p.json}
- {managedPolicyName: yaml, policyDocument: file://docs/p.yaml}
- managedPolicyName: block
  policyDocument: |
    {"a": 1}
`})
	var got []string
	for _, p := range load(t, filepath.Join(dir, "m.yaml")).Policies {
		got = append(got, string(p.Document.JSON))
	}
	want := []string{`{"b":1.50,"a":"<&>","5":null,"e":1e3,"z":"007"}`, `{ "b":1.50,"a":"<&>" }`,
		`{ "b": 1.50, "a": "<&>" }`, `{"b":1.50,"a":"<&>"}`, `{"a": 1}`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAccountOfADocument(t *testing.T) {
	t.Parallel()
	s := parse(t, `
apiVersion: irsatz/v1
users: [{userName: none}]
---
apiVersion: irsatz/v1
account: "111122223333"
region: eu-west-1
users: [{userName: first}]
clusters: [{name: a}, {name: b, region: us-gov-west-1}]
---
---
apiVersion: irsatz/v1
account: 444455556666
region: cn-north-1
users: [{userName: second}, {userName: FIRST}]
buckets: [{bucketName: one}]
`)
	got := map[string]string{}
	for _, u := range s.Users {
		got[u.Name] = u.AccountID
	}
	want := map[string]string{"none": "111122223333", "first": "111122223333", "second": "444455556666", "FIRST": "444455556666"}
	if !maps.Equal(got, want) || s.Account != "111122223333" {
		t.Errorf("accounts %v, default %s", got, s.Account)
	}
	regions := []string{s.Region, s.Clusters[0].Region, s.Clusters[1].Region, s.Buckets[0].Region}
	if diff := cmp.Diff([]string{"eu-west-1", "eu-west-1", "us-gov-west-1", "cn-north-1"}, regions); diff != "" {
		t.Errorf("regions (-want +got):\n%s", diff)
	}
}

func TestPathsToFiles(t *testing.T) {
	t.Parallel()
	user := func(name string) string { return "apiVersion: irsatz/v1\nusers: [{userName: " + name + "}]\n" }
	dir := files(t, map[string]string{
		"d/b.yml":        user("b"),
		"d/a.yaml":       user("a"),
		"d/c.JSON":       `{"apiVersion": "irsatz/v1", "users": [{"userName": "c"}]}`,
		"d/notes.txt":    "not: [read",
		"d/sub/no.yaml":  "not: [read",
		"single":         user("single"),
		"empty/read.me":  "",
		"nothing.yaml":   "# only a comment\n---\n",
		"dir.yaml/x.yml": user("x"),
	})
	in := func(name string) string { return filepath.Join(dir, filepath.FromSlash(name)) }
	for name, tt := range map[string]struct {
		paths []string
		stdin string
		want  []string
		notes int
	}{
		"folder":            {paths: []string{in("d")}, want: []string{"a", "b", "c"}},
		"file without type": {paths: []string{in("single")}, want: []string{"single"}},
		"stdin in between":  {paths: []string{in("single"), "-", in("d/b.yml")}, stdin: user("in"), want: []string{"single", "in", "b"}},
		"reached twice":     {paths: []string{in("d/b.yml"), in("d"), in("d/../d/a.yaml"), "-", "-"}, stdin: user("in"), want: []string{"b", "a", "c", "in"}},
		"no documents":      {paths: []string{in("nothing.yaml")}, notes: 1},
		"nothing at all":    {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := manifest.Load(tt.paths, strings.NewReader(tt.stdin))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, u := range s.Users {
				got = append(got, u.Name)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" || len(s.Notes) != tt.notes {
				t.Errorf("users (-want +got):\n%s\nnotes %v", diff, s.Notes)
			}
		})
	}
	for name, path := range map[string]string{"missing": in("missing.yaml"), "no manifest in it": in("empty")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := manifest.Load([]string{in("single"), path}, nil)
			if err == nil || s != nil || !strings.HasPrefix(err.Error(), path+": ") {
				t.Errorf("state %v, error %v", s, err)
			}
			if name == "missing" && !errors.Is(err, os.ErrNotExist) {
				t.Errorf("error %v is not os.ErrNotExist", err)
			}
		})
	}
}

func TestLargeFilesAreRefused(t *testing.T) {
	t.Parallel()
	large := strings.NewReader(strings.Repeat("# comment\n", 4<<20))
	if s, err := manifest.Load([]string{"-"}, large); err == nil || err.Error() != "-: larger than 32 MiB" || s != nil {
		t.Errorf("stdin: %v, %v", s, err)
	}
	if _, err := manifest.Parse("body", make([]byte, 32<<20+1)); err == nil || err.Error() != "body: larger than 32 MiB" {
		t.Errorf("Parse: %v", err)
	}
}

func TestObjectsStayInTheirFolder(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("needs symbolic links")
	}
	manifestOf := func(from string) string {
		return "apiVersion: irsatz/v1\nbuckets: [{bucketName: data, objects: [{from: " + from + "}]}]\n"
	}
	dir := files(t, map[string]string{
		"secret": "secret", "good/a": "a", "escape/a": "a", "dirlink/a/b": "b", "late/a": "a",
		"good.yaml": manifestOf("good"), "escape.yaml": manifestOf("escape"), "dirlink.yaml": manifestOf("dirlink"), "late.yaml": manifestOf("late"),
	})
	link := func(target, name string) {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	link("a", "good/link")
	link("../secret", "escape/link")
	link("a", "dirlink/link")
	s := load(t, filepath.Join(dir, "good.yaml"))
	if n := len(s.Buckets[0].Objects); n != 2 {
		t.Errorf("%d objects, want a file and a link to it", n)
	}
	for _, name := range []string{"escape.yaml", "dirlink.yaml"} {
		if s, err := manifest.Load([]string{filepath.Join(dir, name)}, nil); err == nil {
			t.Errorf("%s: loaded %v", name, s.Buckets)
		}
	}
	// A link that is put there after the folder was listed.
	late := load(t, filepath.Join(dir, "late.yaml")).Buckets[0].Objects[0]
	if err := os.Remove(filepath.Join(dir, "late", "a")); err != nil {
		t.Fatal(err)
	}
	link("../secret", "late/a")
	if r, err := late.Open(); err == nil {
		r.Close()
		t.Error("opened a file outside of the folder")
	}
}

func TestOneFileAsObject(t *testing.T) {
	t.Parallel()
	dir := files(t, map[string]string{
		"data/a.csv": "1,2",
		"m.yaml":     "apiVersion: irsatz/v1\nbuckets: [{bucketName: data, objects: [{key: k, from: data/a.csv, metadata: {Owner: 7}}]}]\n",
	})
	got := load(t, filepath.Join(dir, "m.yaml")).Buckets[0].Objects
	want := []manifest.Object{{Key: "k", Root: filepath.Join(dir, "data"), File: "a.csv", Size: 3, Metadata: map[string]string{"Owner": "7"}}}
	if diff := cmp.Diff(want, got, ignorePos); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestReferencesThatFail(t *testing.T) {
	t.Parallel()
	policy := "apiVersion: irsatz/v1\npolicies:\n- managedPolicyName: p\n  policyDocument: file://"
	bucket := "apiVersion: irsatz/v1\nbuckets: [{bucketName: data, objects: [{"
	dir := files(t, map[string]string{
		"missing.yaml": policy + "no.json\n",
		"broken.yaml":  policy + "broken.json\n", "broken.json": "{\n\"a\": 1,\n\"a\": 2}",
		"yaml.yaml": policy + "doc.yml\n", "doc.yml": "a: 1\nb: [\n",
		"two.yaml": policy + "two.yml\n", "two.yml": "a: 1\n---\nb: 1\n",
		"folder.yaml": policy + "folder\n", "folder/x": "",
		"large.yaml": policy + "large.json\n", "large.json": `{"a": "` + strings.Repeat("x", 1<<20) + `"}`,
		"nofolder.yaml": bucket + "from: nothing}]}]\n",
		"afile.yaml":    bucket + "from: two.yml}]}]\n",
		"notafile.yaml": bucket + "key: k, from: folder}]}]\n",
		"both.yaml":     bucket + "key: k, prefix: p, from: two.yml}]}]\n",
	})
	at := func(name string) string { return filepath.Join(dir, name) }
	const document = ":4: policies[0].policyDocument: "
	const from = ":2: buckets[0].objects[0].from: "
	for name, want := range map[string]string{
		"missing.yaml":  document + "read " + at("no.json") + ": no such file or directory",
		"broken.yaml":   document + at("broken.json") + `: line 3: key "a" is given twice, first in line 2`,
		"yaml.yaml":     document + at("doc.yml") + ": line 2: not YAML: did not find expected node content",
		"two.yaml":      document + at("two.yml") + ": expected one document, found 2",
		"folder.yaml":   document + "read " + at("folder") + ": is a folder, expected a file",
		"large.yaml":    document + "read " + at("large.json") + ": larger than 1 MiB",
		"nofolder.yaml": from + at("nothing") + ": expected a folder: no such file or directory",
		"afile.yaml":    from + at("two.yml") + ": expected a folder: not a directory",
		"notafile.yaml": from + at("folder") + ": expected a file, for key names one object; use prefix for a folder",
		"both.yaml":     ":2: buckets[0].objects[0].prefix: key and prefix exclude each other: key names one object, prefix those of a folder",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if runtime.GOOS == "windows" {
				t.Skip("the system's messages differ")
			}
			s, err := manifest.Load([]string{at(name)}, nil)
			if err == nil || s != nil {
				t.Fatalf("loaded %+v", s)
			}
			if diff := cmp.Diff(at(name)+want, err.Error()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
