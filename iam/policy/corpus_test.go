package policy_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/irsatz/irsatz/iam/policy"
)

func TestCorpus(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) < 150 {
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
			if x.policies, err = x.parsed(nil); err != nil {
				t.Fatal(err)
			}
			x.check(t)
			x.fix(t)
		})
	}
}

func (x *example) check(t *testing.T) {
	t.Helper()
	d := decide(t, x.policies, &x.Request)
	if got := describe(d); got != x.Decision {
		t.Errorf("decision\n got %s\nwant %s", got, x.Decision)
	}
	twins, err := x.parsed((*policy.Document).Canonical)
	if err != nil {
		t.Fatal(err)
	}
	if twin := twins.Decide(&x.Request); twin != d {
		t.Errorf("through their canonical forms the policies decide\n got %s\nwant %s", describe(twin), describe(d))
	}
	if got := d.Sentence(&x.Request); x.Sentence != "" && got != x.Sentence {
		t.Errorf("sentence\n got %s\nwant %s", got, x.Sentence)
	}
	e := x.policies.Explain(&x.Request).Explanation
	var fixes []string
	for _, s := range e.Suggestions {
		fixes = append(fixes, s.Code)
	}
	if !slices.Equal(fixes, x.Fixes) {
		t.Errorf("fixes\n got %s\nwant %s", fixes, x.Fixes)
	}
	rest := strings.Split(e.String(), "\n")
	for _, line := range x.Lines {
		i := slices.IndexFunc(rest, func(l string) bool { return strings.TrimSpace(l) == strings.TrimSpace(line) })
		if i < 0 {
			t.Errorf("no line %q in\n%s", line, e)
			break
		}
		rest = rest[i+1:]
	}
}

// TestCorpusIsStrict shows that a mistake in an example does not pass unseen.
func TestCorpusIsStrict(t *testing.T) {
	t.Parallel()
	const decided = "-- request.json --\n{}\n-- decision --\nallow\n"
	for name, src := range map[string]string{
		"no decision":        "-- request.json --\n{}\n",
		"no request":         "-- decision --\nallow\n",
		"section twice":      decided + "-- decision --\nallow\n",
		"unknown section":    decided + "-- explanations --\nx\n",
		"unknown document":   decided + "-- identities.json --\n{}\n",
		"malformed document": decided + "-- identity.json --\n{}\n",
		"no level":           decided + "-- scp.json --\n" + doc(allowAll) + "\n",
		"level too deep":     decided + "-- scp-6.json --\n" + doc(allowAll) + "\n",
		"unknown field":      "-- request.json --\n{\"Nonsense\": 1}\n-- decision --\nallow\n",
	} {
		if _, err := parseExample([]byte(src)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
