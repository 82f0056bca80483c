package main

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// TestStatements holds the rule for the whole repository: of the statements
// about policies none is open, and few diverge.
func TestStatements(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	if err := run(os.DirFS("../.."), &out); err != nil {
		t.Errorf("%v\n%s", err, out.String())
	}
	if !strings.Contains(out.String(), "Policy grammar") {
		t.Errorf("no table:\n%s", out.String())
	}
}

const sample = `# Title
- **covered**: no statement

## Policy grammar (G1–G4)

- **G1** one
- **G2** two
- **G3** three
- **G4** four

## Tokens (T01–T02)

- **T01** one
- **T02** two
`

func tree(files map[string]string) fstest.MapFS {
	m := fstest.MapFS{document: {Data: []byte(sample)}}
	for name, text := range files {
		m[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return m
}

func TestScan(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, file, text string
		want             string // covered ids, and diverging ones behind a bar
	}{
		{"test", "a_test.go", "package a\nfunc TestG1(){}", "G1"},
		{"test with a title", "a_test.go", "package a\nfunc TestG1_G3_What(){}", "G1 G3"},
		{"no word of its own", "a_test.go", "package a\nfunc TestG1What(){}\nfunc helper(){ _ = \"about G2\" }", ""},
		{"case", "a_test.go", "package a\nvar x = []string{\"G2 two\", `T01`, \"G10\", \"G1x\"}", "G2 T01"},
		{"cases", "a_test.go", "package a\nvar x = \"G1, G3: both\"", "G1 G3"},
		{"range in a case", "a_test.go", "package a\nvar x = \"G2-G4 all\"", "G2 G3 G4"},
		{"comment", "a_test.go", "package a\n// G1–G3, and T02: all.\nfunc TestAll(){}", "G1 G2 G3 T02"},
		{"range backwards", "a_test.go", "package a\n// G3–G1\n", "G1 G3"},
		{"no test", "a.go", "package a\n// G1 is this.\nfunc TestG2(){ _ = \"G3 x\" }", ""},
		{"difference", "a.go", "package a\n// G1 is here.\n//\n// DIVERGES: G2, since.\nvar x int", "|G2"},
		{"corpus", "testdata/G3-what.txtar", "About T02.\n-- G4 --\nG1\n", "G3 T02"},
		{"corpus at once", "testdata/x_G3.txtar", "-- G4 --\nG1\n", "G3"},
		{"no range of two groups", "testdata/G2-T02-what.txtar", "", "G2 T02"},
		{"other file", "G1.txt", "G1", ""},
		{"hidden", ".cache/a_test.go", "package a\nfunc TestG1(){}", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			groups, err := parse(sample)
			if err != nil {
				t.Fatal(err)
			}
			seen, err := scan(tree(map[string]string{c.file: c.text}), groups)
			if err != nil {
				t.Fatal(err)
			}
			var ids [2][]string
			for _, id := range slices.Sorted(maps.Keys(seen)) {
				for i, m := range []mark{covered, diverging} {
					if seen[id]&m != 0 {
						ids[i] = append(ids[i], id)
					}
				}
			}
			got := strings.Join(ids[0], " ")
			if len(ids[1]) > 0 {
				got += "|" + strings.Join(ids[1], " ")
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

func TestRun(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	err := run(tree(map[string]string{"a_test.go": "package a\n// G1, G2 and T01.\n", "a.go": "package a\n// DIVERGES: G2 and G3.\n"}), &out)
	if err == nil || err.Error() != "no test for G4 of Policy grammar\nno test for T02 of Tokens" {
		t.Errorf("got %v", err)
	}
	const want = `group           statements  covered  diverging  open  
Policy grammar  4           1        2          1     G4
Tokens          2           1        0          1     T02
all             6           2        2          2     
`
	if d := cmp.Diff(want, out.String()); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestTooMuchDiverges(t *testing.T) {
	t.Parallel()
	g := group{title: "Policy grammar", ids: []string{"G1", "G2", "G3", "G4", "G5", "G6"}}
	seen := marks{}
	for _, id := range g.ids {
		seen[id] = diverging | covered
	}
	if found := violations([]group{g}, seen); len(found) != 1 {
		t.Errorf("got %v", found)
	}
	g.ids = g.ids[:maxDiverging]
	if found := violations([]group{g, {title: "SDKs", ids: []string{"S01"}}}, seen); len(found) != 0 {
		t.Errorf("got %v", found)
	}
}

func TestMalformed(t *testing.T) {
	t.Parallel()
	for name, files := range map[string]fstest.MapFS{
		"no document":    {},
		"no statement":   {document: {Data: []byte("# Title\n")}},
		"twice":          {document: {Data: []byte("## A (G1–G1)\n- **G1** x\n- **G1** y\n")}},
		"before heading": {document: {Data: []byte("- **G1** x\n")}},
		"no Go":          tree(map[string]string{"a_test.go": "packages a"}),
	} {
		if err := run(files, new(strings.Builder)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
