package archtest_test

import (
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/irsatz/irsatz/internal/archtest"
)

// small is an architecture of two packages, and of three folders more.
var small = archtest.Rules{
	Module:    "example.com/m",
	MayImport: map[string][]string{"a": nil, "b": {"a"}, "clock": nil, "cmd/m": {"b"}, "pure": nil},
	Free:      "clock",
	NotFree:   []string{"pure"},
	Owners:    map[string][]string{"dep.example/yaml": {"a"}, "dep.example/sdk": nil},
	Names:     map[string][]string{"time.Now": {"clock"}, "os.Getenv": {"cmd"}},
	Hidden:    map[string][]string{"b": {"a.Key"}},
	MaxLines:  9,
	Texts:     []*regexp.Regexp{regexp.MustCompile(`LATER`)},
}

func TestCheck(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		files map[string]string // a package doc of "a" or "b" is put before what begins with "package"
		want  []string
	}{
		{"allowed import", map[string]string{"b/b.go": `package b; import _ "example.com/m/a"`}, nil},
		{"import upwards", map[string]string{"a/a.go": `package a; import _ "example.com/m/b"`}, []string{"a/a.go:2: a may not import b"}},
		{"import upwards on another platform", map[string]string{
			"a/a.go":         "package a",
			"a/a_windows.go": "//go:build windows\n\npackage a\n\nimport _ \"example.com/m/b\"\n",
		}, []string{"a/a_windows.go:5: a may not import b"}},
		{"import upwards in a test", map[string]string{"a/a.go": "package a", "a/a_test.go": `package a_test; import _ "example.com/m/b"`}, nil},
		{"unknown package", map[string]string{"c/c.go": "package c"}, []string{"c/c.go:2: package c is not in the import table"}},
		{"free package", map[string]string{"a/a.go": `package a; import _ "example.com/m/clock"`}, nil},
		{"pure package", map[string]string{"pure/p.go": `package pure; import _ "example.com/m/clock"`}, []string{"pure/p.go:2: pure may not import clock"}},
		{"dot import", map[string]string{"a/a.go": `package a; import . "strings"`}, []string{"a/a.go:2: import strings with a dot hides where names come from"}},

		{"owned dependency", map[string]string{"a/a.go": `package a; import _ "dep.example/yaml/v3"`}, nil},
		{"dependency of another", map[string]string{"b/b.go": `package b; import _ "dep.example/yaml/v3"`}, []string{"b/b.go:2: b may not import dep.example/yaml, which is for a"}},
		{"dependency for tests", map[string]string{"b/b.go": `package b; import _ "dep.example/sdk"`}, []string{"b/b.go:2: b may not import dep.example/sdk, which is for tests"}},
		{"dependency without an owner", map[string]string{"b/b.go": `package b; import _ "dep.example/yamlish"`}, []string{"b/b.go:2: b imports dep.example/yamlish, which has no owner"}},

		{"clock", map[string]string{"clock/c.go": `package clock; import "time"; var now = time.Now`}, nil},
		{"clock elsewhere", map[string]string{"a/a.go": `package a; import "time"; var now = time.Now`}, []string{"a/a.go:2: time.Now is for clock"}},
		{"clock under another name", map[string]string{"a/a.go": `package a; import tm "time"; var now = tm.Now()`}, []string{"a/a.go:2: time.Now is for clock"}},
		{"environment below a folder", map[string]string{"cmd/m/main.go": `package main; import "os"; var home = os.Getenv("HOME")`}, nil},
		{"environment elsewhere", map[string]string{"a/a.go": `package a; import "os"; var home = os.Getenv("HOME")`}, []string{"a/a.go:2: os.Getenv is for cmd"}},
		{"hidden name", map[string]string{"b/b.go": `package b; import "example.com/m/a"; var k a.Key; var v a.Verifier`}, []string{"b/b.go:2: b may not use example.com/m/a.Key"}},

		{"no package doc", map[string]string{"a/a.go": "\npackage a"}, []string{"a/a.go:2: package a has no package doc"}},
		{"odd package doc", map[string]string{"a/a.go": "// A is it.\npackage a"}, []string{"a/a.go:1: a package doc begins with Package a"}},
		{"two package docs", map[string]string{"a/a.go": "package a", "a/b.go": "package a"}, []string{"a/b.go:1: a second package doc; the first is in a/a.go"}},
		{"init", map[string]string{"a/a.go": "package a; func init() {}"}, []string{"a/a.go:2: an init function"}},
		{"method named init", map[string]string{"a/a.go": "package a; type t struct{}; func (t) init() {}"}, nil},
		{"nine lines", map[string]string{"a/a.go": "package a" + strings.Repeat("\n", 8)}, nil},
		{"ten lines", map[string]string{"a/a.go": "package a" + strings.Repeat("\n", 9)}, []string{"a/a.go:2: the file has 10 lines, 9 at most"}},

		{"undocumented function", map[string]string{"a/a.go": "package a; func F() {}"}, []string{"a/a.go:2: exported F has no doc comment"}},
		{"undocumented method", map[string]string{"a/a.go": "package a; type t[A any] struct{}; func (t[A]) F() {}\n// T is.\ntype T[A any] t[A]; func (*T[A]) G() {}"}, []string{"a/a.go:4: exported G has no doc comment"}},
		{"undocumented type", map[string]string{"a/a.go": "package a; type T int"}, []string{"a/a.go:2: exported T has no doc comment"}},
		{"undocumented type in a group", map[string]string{"a/a.go": "package a\n// These are.\ntype (\n\tT int\n)"}, []string{"a/a.go:5: exported T has no doc comment"}},
		{"undocumented constant", map[string]string{"a/a.go": "package a; const C = 1"}, []string{"a/a.go:2: exported C has no doc comment"}},
		{"constants in a group", map[string]string{"a/a.go": "package a\n// These are.\nconst (\n\tC = 1\n)\nconst (\n\tD = 1 // D is one.\n)"}, nil},
		{"undocumented field of a Config", map[string]string{"a/a.go": "package a\n// Config is.\ntype Config struct {\n\tA int // A is.\n\n\tB int\n}"}, []string{"a/a.go:7: field of Config has no comment"}},
		{"fields of a Config", map[string]string{"a/a.go": "package a\n// Config is.\ntype Config struct {\n\tT\n\n\t// A and B are.\n\tA int\n\tB int\n}"}, nil},

		{"forbidden text", map[string]string{"docs/x.md": "now\nLATER\n"}, []string{`docs/x.md:2: "LATER" has no place here`}},
		{"forbidden text in data", map[string]string{"docs/x.bin": "\x00LATER"}, nil},
		{"what is not the module's", map[string]string{"web/node_modules/x.md": "LATER", ".git/x": "LATER", "a/testdata/x.go": "package broken", ".ci/x.go": "package broken"}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			m := mustLoad(t, test.files)
			if diff := cmp.Diff(test.want, archtest.Check(m, small)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestLoadRefusesWhatIsNotGo(t *testing.T) {
	t.Parallel()
	if _, err := archtest.Load(fstest.MapFS{"a/a.go": {Data: []byte("package")}}); err == nil {
		t.Error("no error")
	}
}

func TestDivergences(t *testing.T) {
	t.Parallel()
	m := mustLoad(t, map[string]string{
		"b/b.go": `package b

// F does.
//
// DIVERGES: a word on
// two lines.
//
// Another paragraph.
func F() {
	// It is so. DIVERGES: inside.
}

var (
	// DIVERGES: one of two.
	x = 1
	y = 2 // DIVERGES: the other.
)

// DIVERGES: on its own.
`,
		"a/a.go": "package a\n\nconst mark = \"DIVERGES: not a comment\"",
	})
	got := string(archtest.Divergences(m))
	_, got, _ = strings.Cut(got, "\n\n")
	_, got, _ = strings.Cut(got, "\n\n")
	want := "## b\n\n" +
		"- a word on two lines. ([`F`](../b/b.go))\n" +
		"- inside. ([`F`](../b/b.go))\n" +
		"- one of two. ([`x`](../b/b.go))\n" +
		"- the other. ([`y`](../b/b.go))\n" +
		"- on its own. ([`b`](../b/b.go))\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// mustLoad loads files, each with a package doc if it begins with its package.
func mustLoad(t *testing.T, files map[string]string) *archtest.Module {
	t.Helper()
	fsys := fstest.MapFS{}
	for name, content := range files {
		if rest, ok := strings.CutPrefix(content, "package "); ok {
			end := strings.IndexAny(rest+"\n", ";\n")
			content = "// Package " + rest[:end] + " is it.\n" + content
		}
		fsys[name] = &fstest.MapFile{Data: []byte(content)}
	}
	m, err := archtest.Load(fsys)
	if err != nil {
		t.Fatal(err)
	}
	return m
}
