package lint_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/irsatz/irsatz/lint"
	"github.com/irsatz/irsatz/manifest"
)

// places writes where each finding is.
func places(findings []lint.Finding) []string {
	var all []string
	for _, f := range findings {
		at := fmt.Sprintf("%s:%d:%d %s", f.File, f.Line, f.Column, f.ID)
		if f.Field != "" {
			at += " " + f.Field
		}
		all = append(all, at)
	}
	return all
}

func TestPlaces(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, file, text string
		want             []string
	}{
		{"JSON", "p.json", "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": {\n    \"Effect\": \"Allow\", \"Action\": [\"s3:GetObjct\", \"s3:HeadObject\"],\n    \"Resource\": \"*\"\n  }\n}\n",
			[]string{"p.json:4:35 IRS012", "p.json:4:50 IRS013"}},
		{"refused JSON", "p.json", "\n {\"Version\": \"2012-10-17\", \"Statement\": {\n  \"Effect\": \"Allow\", \"Action\": \"s3:GetObject\", \"Resource\": \"x\"}}", []string{"p.json:3:60 IRS001"}},
		{"refused JSON in its first line", "p.json", `  {"Version": "2013"}`, []string{"p.json:1:3 IRS001"}},
		{"YAML", "p.yaml", "# ä\nVersion: 2012-10-17\nStatement:\n- Effect: Allow\n  Action: s3:GetObjct\n  Resource: '*'\n", []string{"p.yaml:5:11 IRS012"}},
		{"refused YAML", "p.yaml", "Version: 2012-10-17\nStatement:\n- Effect: Allow\n  Action: s3:GetObject\n  Resource: x\n", []string{"p.yaml:5:3 IRS001"}},
		{"a stream", "p.yaml", on("s3:GetObject", "*") + "\n---\nVersion: [\n---\n" + on("s3:X", "*"), []string{"p.yaml:3:1 IRS001", "p.yaml:5:72 IRS012"}},
		{"what get-policy-version prints", "p.json", "{\"PolicyVersion\": {\"Document\":\n" + on("s3:X", "*") + "}}", []string{"p.json:2:72 IRS012"}},
		{"what get-role prints", "p.json", "{\"Role\": {\"AssumeRolePolicyDocument\":\n" + on("s3:X", "*") + "}}", []string{"p.json:2:72 IRS001", "p.json:2:72 IRS012"}},
		{"what get-bucket-policy prints", "p.json", `{"Policy": "{\"Version\": \"2012\", \"Statement\": []}"}`, []string{"p.json:1:1 IRS001"}},
		{"neither", "p.json", "{", []string{"p.json:1:2 IRS001"}},
		{"nothing", "p.yaml", "# nothing\n", []string{"p.yaml:1:1 IRS001"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, places(lint.Run(test.file, []byte(test.text), lint.Auto))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestManifest(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file, source := filepath.Join(dir, "setup.yaml"), filepath.Join(dir, "trust.json")
	text := `apiVersion: irsatz/v1
policies:
  - managedPolicyName: read
    policyDocument:
      Version: "2012-10-17"
      Statement:
        - {Effect: Allow, Action: s3:GetObjct, Resource: "*"}
---
apiVersion: irsatz/v1
roles:
  - roleName: app
    assumeRolePolicyDocument: file://trust.json
    policies:
      - policyName: text
        policyDocument: |
          {"Version": "2012-10-17",
           "Statement": {"Effect": "Allow",
            "Action": "s3:HeadObject", "Resource": "*"}}
      - policyName: line
        policyDocument: '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:HeadObject", "Resource": "*"}}'
buckets:
  - bucketName: data
    policy:
      Version: "2012-10-17"
      Statement: {Effect: Allow, Principal: {AWS: "111122223333"}, Action: s3:GetObject, Resource: "arn:aws:s3:::other/*"}
users:
  - userName: ann
    policies: [{policyName: all, policyDocument: {Version: "2012-10-17", Statement: {Effect: Allow, Action: "*", Resource: "*"}}}]
groups:
  - groupName: all
    policies: [{policyName: all, policyDocument: {Version: "2012-10-17", Statement: {Effect: Allow, Action: "*", Resource: "*"}}}]
---
apiVersion: irsatz/v1
policies:
  - managedPolicyName: versioned
    defaultVersionId: v1
    versions: [{versionId: v1, policyDocument: {Version: "2012-10-17", Statement: {Effect: Allow, Action: "*", Resource: "*"}}}]
`
	trust := "\n" + web(`{"StringEquals": {`+aud+`}}`)
	write(t, file, text)
	write(t, source, trust)
	state, err := manifest.Load([]string{file}, strings.NewReader(""))
	if err != nil {
		t.Fatal(err)
	}
	if !lint.IsManifest(file, []byte(text)) || lint.IsManifest(source, []byte(trust)) {
		t.Error("a manifest is not told from a document")
	}
	want := []string{
		"setup.yaml:7:35 IRS012 policies[0].policyDocument",
		"setup.yaml:18:1 IRS013 roles[0].policies[0].policyDocument",
		"setup.yaml:20:1 IRS013 roles[0].policies[1].policyDocument",
		"setup.yaml:25:7 IRS001 buckets[0].policy",
		"setup.yaml:28:109 IRS028 users[0].policies[0].policyDocument",
		"setup.yaml:31:109 IRS028 groups[0].policies[0].policyDocument",
		"setup.yaml:37:107 IRS028 policies[0].versions[0].policyDocument",
		"trust.json:2:41 IRS003 roles[0].assumeRolePolicyDocument",
	}
	got := places(lint.Manifest(state, map[string][]byte{file: []byte(text), source: []byte(trust)}))
	for i := range got {
		got[i] = strings.TrimPrefix(got[i], dir+string(filepath.Separator))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}

	// Without the texts, the places are those that the manifest knows.
	for _, f := range lint.Manifest(state, nil) {
		if f.Line < 1 || f.Column != 1 {
			t.Errorf("%+v", f)
		}
	}
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestRefusalGivesWay shows that AWS's refusal gives way to a rule that
// says more.
func TestRefusalGivesWay(t *testing.T) {
	t.Parallel()
	if diff := cmp.Diff([]string{"IRS031"}, ids(on("s3:GetObject", "arn:aws:s3:eu-west-1::b/*"), lint.Identity)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestFindingsAreBounded(t *testing.T) {
	t.Parallel()
	got := ids(on(strings.Repeat("s3:Nothing ", 5000), "*"), lint.Identity)
	if len(got) < 100 || len(got) > 1000 {
		t.Errorf("%d findings", len(got))
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	if err := lint.WriteText(&b, lint.Run("p.json", []byte(on("s3:ListObjectsV2", "*")), lint.Auto)); err != nil {
		t.Fatal(err)
	}
	want := "p.json:1:72: error IRS013: s3:ListObjectsV2 is no action: the operation needs s3:ListBucket\n  fix: write s3:ListBucket\n"
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	for _, text := range []string{on("s3:ListObjectsV2", "*"), goodTrust} {
		want := lint.Run("p.json", []byte(text), lint.Auto)
		var b strings.Builder
		if err := lint.WriteJSON(&b, want); err != nil {
			t.Fatal(err)
		}
		var got []lint.Finding
		if err := json.Unmarshal([]byte(b.String()), &got); err != nil || !slices.Equal(got, want) || !strings.HasPrefix(b.String(), "[") {
			t.Errorf("%v: got %s", err, b.String())
		}
	}
}

// TestSARIF looks for what the schema of SARIF 2.1.0 requires.
func TestSARIF(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	findings := lint.Run("a folder/p.json", []byte(on("s3:ListObjectsV2 s3:PutObject", "*")), lint.Auto)
	if err := lint.WriteSARIF(&b, findings, "1.2.3"); err != nil {
		t.Fatal(err)
	}
	var log struct {
		Schema  string `json:"$schema"`
		Version string
		Runs    []struct {
			Tool struct {
				Driver struct {
					Name, Version string
					Rules         []struct {
						ID                   string
						ShortDescription     struct{ Text string }
						DefaultConfiguration struct{ Level string }
					}
				}
			}
			Results []struct {
				RuleID    string
				RuleIndex int
				Level     string
				Message   struct{ Text string }
				Locations []struct {
					PhysicalLocation struct {
						ArtifactLocation struct{ URI string }
						Region           struct{ StartLine, StartColumn int }
					}
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(b.String()), &log); err != nil {
		t.Fatal(err)
	}
	if log.Version != "2.1.0" || !strings.HasSuffix(log.Schema, "sarif-schema-2.1.0.json") || len(log.Runs) != 1 {
		t.Fatalf("got %s", b.String())
	}
	run := log.Runs[0]
	if run.Tool.Driver.Name == "" || len(run.Tool.Driver.Rules) != len(lint.Rules()) || len(run.Results) != 2 {
		t.Fatalf("got %s", b.String())
	}
	for i, r := range run.Results {
		region := r.Locations[0].PhysicalLocation.Region
		if run.Tool.Driver.Rules[r.RuleIndex].ID != r.RuleID || r.Message.Text == "" ||
			!slices.Contains([]string{"note", "warning", "error"}, r.Level) ||
			r.Locations[0].PhysicalLocation.ArtifactLocation.URI != "a%20folder/p.json" ||
			region.StartLine != findings[i].Line || region.StartColumn != findings[i].Column {
			t.Errorf("got %+v", r)
		}
	}
	for _, r := range run.Tool.Driver.Rules {
		if r.ShortDescription.Text == "" || r.DefaultConfiguration.Level == "" {
			t.Errorf("got %+v", r)
		}
	}

	// Without findings there is a list without elements, which says that the
	// tool ran.
	b.Reset()
	if err := lint.WriteSARIF(&b, nil, ""); err != nil || !strings.Contains(b.String(), `"results": []`) {
		t.Errorf("%v: got %s", err, b.String())
	}
}

func TestKinds(t *testing.T) {
	t.Parallel()
	for _, k := range lint.Kinds() {
		if got, err := lint.ParseKind(string(k)); got != k || err != nil {
			t.Errorf("%s: got %s, %v", k, got, err)
		}
	}
	if _, err := lint.ParseKind("managed"); err == nil || !strings.Contains(err.Error(), "identity, trust, bucket") {
		t.Errorf("got %v", err)
	}
	for _, s := range []lint.Severity{lint.Info, lint.Warning, lint.Error} {
		var got lint.Severity
		if err := got.UnmarshalText([]byte(s.String())); got != s || err != nil {
			t.Errorf("%s: got %s, %v", s, got, err)
		}
	}
	if err := new(lint.Severity).UnmarshalText([]byte("fatal")); err == nil {
		t.Error("fatal is taken for a severity")
	}
}

var ruleID = regexp.MustCompile(`^IRS[0-9]{3}$`)

var update = flag.Bool("update", false, "write docs/lint.md anew")

// TestDocs keeps docs/lint.md, which is made of the table; -update writes it.
func TestDocs(t *testing.T) {
	t.Parallel()
	const file = "../docs/lint.md"
	names := map[string]bool{}
	var b strings.Builder
	b.WriteString(docsHead)
	for _, r := range lint.Rules() {
		if !ruleID.MatchString(r.ID) || names[r.ID] || names[r.Name] || !strings.HasSuffix(r.Doc, ".") {
			t.Errorf("bad row %+v", r)
		}
		names[r.ID], names[r.Name] = true, true
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", r.ID, r.Name, r.Severity, r.Doc)
	}
	if *update {
		write(t, file, b.String())
	}
	have, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(b.String(), string(have)); diff != "" {
		t.Errorf("%s is not what the table says; go test ./lint -update writes it (-want +got):\n%s", file, diff)
	}
}

func FuzzRun(f *testing.F) {
	for _, test := range ruleTests {
		for _, text := range append(test.bad, test.good...) {
			f.Add(text, string(test.kind))
		}
	}
	f.Add("- &a [*a]\n---\n\"{}\"\n---\n{Statement: {Action: {a: [b]}, Principal: [x], Condition: {a: b, StringEquals: [c]}}}", "auto")
	f.Fuzz(func(t *testing.T, text, kind string) {
		for _, name := range []string{"p.yaml", "p.json"} {
			for _, found := range lint.Run(name, []byte(text), lint.Kind(kind)) {
				if found.ID == "" || found.Line < 1 || found.Column < 1 || found.Message == "" {
					t.Errorf("%+v", found)
				}
			}
		}
	})
}
