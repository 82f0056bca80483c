package policy_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/irsatz/irsatz/iam/policy"
	"github.com/irsatz/irsatz/internal/corpus"
)

// example is a case of the corpus with its policies.
type example struct {
	*corpus.Case
	policies *policy.Policies
}

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
			c, err := corpus.Parse(src)
			if err != nil {
				t.Fatal(err)
			}
			policies, err := c.Policies(nil)
			if err != nil {
				t.Fatal(err)
			}
			x := &example{c, policies}
			x.check(t)
			x.fix(t)
		})
	}
}

func (x *example) check(t *testing.T) {
	t.Helper()
	d := decide(t, x.policies, &x.Request)
	if got := corpus.Describe(d); got != x.Decision {
		t.Errorf("decision\n got %s\nwant %s", got, x.Decision)
	}
	twins, err := x.Policies((*policy.Document).Canonical)
	if err != nil {
		t.Fatal(err)
	}
	if twin := twins.Decide(&x.Request); twin != d {
		t.Errorf("through their canonical forms the policies decide\n got %s\nwant %s", corpus.Describe(twin), corpus.Describe(d))
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
