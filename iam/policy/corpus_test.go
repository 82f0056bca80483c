package policy_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/irsatz/irsatz/iam/policy"
)

// example is one file of testdata: documents, a request, and what must come of
// it. Its sections are
//
//	identity[-NAME].json, boundary.json, session[-NAME].json, resource.json,
//	trust.json, scp-LEVEL[-NAME].json, rcp-LEVEL[-NAME].json
//	request.json   a policy.Request
//	decision       the outcome, "by", the kind, and, where a statement decided,
//	               its policy's name and its index
//	sentence       what AWS tells the caller
//	explanation    lines of the tree, in order, other lines may stand between
//	fixes          the codes of all suggestions, in order
//	fixed          the codes of the edits that are made one after the other, after
//	               which the request is allowed
//
// Any other section fails, so that none is written in vain.
type example struct {
	policies policy.Policies
	twins    policy.Policies // their canonical forms
	request  policy.Request
	decision string
	sentence string
	lines    []string
	fixes    []string
	fixed    []string
}

func parseExample(src []byte) (*example, error) {
	x := &example{}
	seen := map[string]bool{}
	for _, f := range txtar.Parse(src).Files {
		if seen[f.Name] {
			return nil, fmt.Errorf("section %s stands twice", f.Name)
		}
		seen[f.Name] = true
		if err := x.section(f.Name, f.Data); err != nil {
			return nil, fmt.Errorf("section %s: %w", f.Name, err)
		}
	}
	for _, name := range []string{"request.json", "decision"} {
		if !seen[name] {
			return nil, fmt.Errorf("no section %s", name)
		}
	}
	return x, nil
}

func (x *example) section(name string, data []byte) error {
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")
	switch name {
	case "request.json":
		d := json.NewDecoder(bytes.NewReader(data))
		d.DisallowUnknownFields()
		return d.Decode(&x.request)
	case "decision":
		x.decision = lines[0]
	case "sentence":
		x.sentence = lines[0]
	case "explanation":
		x.lines = lines
	case "fixes":
		x.fixes = strings.Fields(string(data))
	case "fixed":
		x.fixed = strings.Fields(string(data))
	default:
		base, ok := strings.CutSuffix(name, ".json")
		if !ok {
			return fmt.Errorf("unknown")
		}
		return x.document(base, data)
	}
	return nil
}

func (x *example) document(name string, data []byte) error {
	sort, label, _ := strings.Cut(name, "-")
	kind, ok := map[string]policy.Kind{
		"identity": policy.Identity, "boundary": policy.Boundary, "session": policy.Session, "resource": policy.Resource,
		"trust": policy.Trust, "scp": policy.ServiceControl, "rcp": policy.ResourceControl,
	}[sort]
	if !ok {
		return fmt.Errorf("unknown")
	}
	d, err := policy.Parse(kind, data)
	if err != nil {
		return err
	}
	twin, err := policy.Parse(kind, d.Canonical())
	if err != nil {
		return fmt.Errorf("canonical form: %w", err)
	}
	if err := attach(&x.policies, label, d); err != nil {
		return err
	}
	return attach(&x.twins, label, twin)
}

// attach puts a document where its kind belongs.
func attach(ps *policy.Policies, label string, d *policy.Document) error {
	p := policy.Policy{Name: label, Document: d}
	var err error
	switch d.Kind() {
	case policy.Identity:
		ps.Identity = append(ps.Identity, p)
	case policy.Boundary:
		ps.Boundary = &p
	case policy.Session:
		ps.Session, ps.SessionPassed = append(ps.Session, p), true
	case policy.Resource:
		ps.Resource = &p
	case policy.Trust:
		ps.Trust = &p
	case policy.ServiceControl:
		ps.ServiceControl, err = atLevel(ps.ServiceControl, label, p)
	case policy.ResourceControl:
		ps.ResourceControl, err = atLevel(ps.ResourceControl, label, p)
	}
	return err
}

func atLevel(levels [][]policy.Policy, label string, p policy.Policy) ([][]policy.Policy, error) {
	number, _, _ := strings.Cut(label, "-")
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 || n > 5 {
		return nil, fmt.Errorf("no level in %q", label)
	}
	for len(levels) < n {
		levels = append(levels, nil)
	}
	levels[n-1] = append(levels[n-1], p)
	return levels, nil
}

// describe is a decision in the words of the decision section.
func describe(d policy.Decision) string {
	text := d.Outcome.String() + " by " + d.By.String()
	if d.Statement >= 0 {
		text += fmt.Sprintf(" %s[%d]", d.Policy, d.Statement)
	}
	return text
}

func TestCorpus(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) < 20 {
		t.Fatalf("only %d examples: %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			x, err := parseExample(src)
			if err != nil {
				t.Fatal(err)
			}
			x.check(t)
		})
	}
}

func (x *example) check(t *testing.T) {
	t.Helper()
	d := decide(t, &x.policies, &x.request)
	if twin := x.twins.Decide(&x.request); twin != d {
		t.Errorf("through their canonical forms the policies decide\n got %s\nwant %s", describe(twin), describe(d))
	}
	if got := describe(d); got != x.decision {
		t.Errorf("decision\n got %s\nwant %s", got, x.decision)
	}
	if got := d.Sentence(&x.request); x.sentence != "" && got != x.sentence {
		t.Errorf("sentence\n got %s\nwant %s", got, x.sentence)
	}
	e := x.policies.Explain(&x.request).Explanation
	var fixes []string
	for _, s := range e.Suggestions {
		fixes = append(fixes, s.Code)
	}
	if !slices.Equal(fixes, x.fixes) {
		t.Errorf("fixes\n got %s\nwant %s", fixes, x.fixes)
	}
	rest := strings.Split(e.String(), "\n")
	for _, line := range x.lines {
		i := slices.IndexFunc(rest, func(l string) bool { return strings.TrimSpace(l) == strings.TrimSpace(line) })
		if i < 0 {
			t.Errorf("no line %q in\n%s", line, e)
			break
		}
		rest = rest[i+1:]
	}
	x.fix(t)
}

// TestCorpusIsStrict shows that a mistake in an example does not pass unseen.
func TestCorpusIsStrict(t *testing.T) {
	t.Parallel()
	const request = "-- request.json --\n{}\n"
	for _, src := range []string{
		request,
		"-- decision --\nallow\n",
		request + "-- decision --\nallow\n-- decision --\nallow\n",
		request + "-- decision --\nallow\n-- explanations --\nx\n",
		request + "-- decision --\nallow\n-- identities.json --\n{}\n",
		request + "-- decision --\nallow\n-- identity.json --\n{}\n",
		request + "-- decision --\nallow\n-- scp.json --\n" + doc(allowAll) + "\n",
		"-- request.json --\n{\"Nonsense\": 1}\n-- decision --\nallow\n",
	} {
		if _, err := parseExample([]byte(src)); err == nil {
			t.Errorf("accepted:\n%s", src)
		}
	}
}
