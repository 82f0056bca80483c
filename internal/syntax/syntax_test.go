package syntax_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/irsatz/irsatz/internal/syntax"
)

// read writes every document of a text as JSON with its place, or its error.
func read(name, text string) []string {
	var all []string
	for v, bad := range syntax.Documents(name, []byte(text)) {
		if bad != nil {
			all = append(all, bad.Error())
			continue
		}
		src, bad := v.JSON()
		if bad != nil {
			all = append(all, bad.Error())
			continue
		}
		all = append(all, fmt.Sprintf("%d:%d %s", v.Line, v.Column, src))
	}
	return all
}

func TestDocuments(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, file, text string
		want             []string
	}{
		{"nothing", "a.yaml", "# x\n---\n---\n", nil},
		{"YAML", "a.yaml", "a: 1\nb: [x, 2012-10-17, true, ~]\n", []string{"1:1 {\"a\":1,\n\"b\":[\"x\",\"2012-10-17\",true,null]}"}},
		{"lines are kept", "a.yaml", "a:\n  b: x\n\n  c: y\n", []string{"1:1 {\"a\":\n{\"b\":\"x\",\n\n\"c\":\"y\"}}"}},
		{"a stream", "a.yaml", "a: 1\n--- # x\nb: 2\n---\n{\"c\": 3}\n{\"d\": 4}", []string{`1:1 {"a":1}`, `3:1 {"b":2}`, `5:1 {"c": 3}`, `6:1 {"d": 4}`}},
		{"a broken one in a stream", "a.yaml", "a: [\n---\nb: 2\n", []string{"line 1: not YAML: did not find expected node content", `3:1 {"b":2}`}},
		{"a document in the marker's line", "a.yaml", "--- {a: 1}\n--- \"x\"\n", []string{`1:5 {"a":1}`, `2:5 "x"`}},
		{"directives", "a.yaml", "%YAML 1.1\n# x\n---\na: 1\n...\n---\nb: 2\n", []string{`4:1 {"a":1}`, `7:1 {"b":2}`}},
		{"a marker in a block", "a.yaml", "a: |\n  ---\n  x\nb: ---\n", []string{"1:1 {\"a\":\"---\\nx\\n\",\n\n\n\"b\":\"---\"}"}},
		{"flow that is no JSON", "a.yaml", "{a: 1,\n b: 2}\n", []string{"1:1 {\"a\":1,\n\"b\":2}"}},
		{"JSON is kept as it is", "a.json", "\xef\xbb\xbf [1.50, \"\\u00e9\", null ]\n{}", []string{`1:2 [1.50, "\u00e9", null ]`, "2:1 {}"}},
		{"broken JSON", "a.json", "{\"a\": [1 2]}\n{\"b\": tru}\n{\"c\": 1}", []string{"line 1: not JSON: want a comma or the end of the list", "line 2: not JSON: want a value", `3:1 {"c": 1}`}},
		{"no end", "a.json", `{"a": "b`, []string{"line 1: not JSON: string without end"}},
		{"YAML is no JSON", "a.JSON", "a: 1", []string{"line 1: not JSON: want a value"}},
		{"escapes", "a.json", `["\q"]`, []string{"line 1: not JSON: bad escape in a string"}},
		{"a member twice", "a.json", `{"a": 1, "a": 2}`, []string{`line 1: key "a" is given twice, first in line 1`}},
		{"a key twice", "a.yaml", "a: 1\na: 2", []string{`line 2: key "a" is given twice, first in line 1`}},
		{"many members", "a.json", many(40, ""), []string{"1:1 " + many(40, "")}},
		{"one of many twice", "a.json", many(40, `,"k0":1`), []string{`line 1: key "k0" is given twice, first in line 1`}},
		{"merge", "a.yaml", "a: &a {x: 1, y: 2}\nb: {<<: *a, x: 3}\nc: {<<: [*a, {z: 4}]}\n",
			[]string{"1:1 {\"a\":{\"x\":1,\"y\":2},\n\"b\":{\"x\":3,\"y\":2},\n\"c\":{\"x\":1,\"y\":2,\"z\":4}}"}},
		{"merge of text", "a.yaml", "<<: x", []string{"line 1: << must name a mapping or a list of mappings"}},
		{"cycle", "a.yaml", "a: &a\n  b: *a\n", []string{"line 2: alias *a stands for something that contains it"}},
		{"key of a mapping", "a.yaml", "? {a: 1}\n: b\n", []string{"line 1: a key must be text"}},
		{"tag", "a.yaml", "a: !Sub x\n", []string{`line 1: the tag "!Sub" cannot be written in JSON`}},
		{"alias to nothing", "a.yaml", "a: 1\n---\n\nb: *a\n", []string{`1:1 {"a":1}`, "line 4: not YAML: unknown anchor 'a' referenced"}},
		{"odd numbers", "a.yaml", "a: 0123\n---\na: .inf\n", []string{`1:1 {"a":"0123"}`, `line 3: the number ".inf" cannot be written in JSON; put it in quotes if text is meant`}},
		{"not UTF-8", "a.yaml", "a: 1\nb: \xff\n", []string{"line 2: not UTF-8 text"}},
		{"deep JSON", "a.json", strings.Repeat("[", 1000), []string{"line 1: nested more than 200 levels deep"}},
		{"deep YAML", "a.yaml", "a: " + strings.Repeat("[", 300) + strings.Repeat("]", 300), []string{"line 1: nested more than 200 levels deep"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, read(test.file, test.text)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// many is an object of n members.
func many(n int, more string) string {
	members := make([]string, n)
	for i := range members {
		members[i] = fmt.Sprintf(`"k%d":%[1]d`, i)
	}
	return "{" + strings.Join(members, ",") + more + "}"
}

func TestPlaces(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{"a.json": "{\"ä\": [1,\n  {\"k\": \"v\"}]}", "a.yaml": "ä: [1,\n  {k: v}]"} {
		for v, bad := range syntax.Documents(name, []byte(text)) {
			if bad != nil {
				t.Fatal(bad)
			}
			k := v.Get("ä").Items[1].Get("k")
			if k.Kind != syntax.String || k.Text != "v" || k.Line != 2 || k.Column != map[string]int{"a.json": 9, "a.yaml": 7}[name] {
				t.Errorf("%s: got %+v", name, k)
			}
			if v.Get("b") != nil || k.Get("b") != nil || v.Get("b").Get("c") != nil {
				t.Error("found what is not there")
			}
			if v.Verbatim() != (name == "a.json") {
				t.Errorf("%s: Verbatim is %v", name, v.Verbatim())
			}
		}
	}
}

// TestTags: a value keeps its tag, and what it stands before can still be read.
func TestTags(t *testing.T) {
	t.Parallel()
	for v, bad := range syntax.Documents("a.yaml", []byte("a: !Sub x\nb: !Join [y, !Ref z]\nc: !!map w\n")) {
		if bad != nil {
			t.Fatal(bad)
		}
		a, b, c := v.Get("a"), v.Get("b"), v.Get("c")
		if a.Kind != syntax.Tagged || a.Text != "!Sub" || a.Items[0].Text != "x" || a.What() != "a value tagged !Sub" {
			t.Errorf("got %+v", a)
		}
		if b.Text != "!Join" || b.Items[0].Items[1].Text != "!Ref" || b.Items[0].Items[1].Items[0].Text != "z" || b.Line != 2 {
			t.Errorf("got %+v", b)
		}
		if c.Text != "!!map" || c.Items[0].Kind != syntax.String {
			t.Errorf("got %+v", c)
		}
	}
}

func TestCompact(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{"a.json": "{\"b\": 1.50,\n \"a\": [\"<&>\", null ]}", "a.yaml": "b: 1.50\na:\n- <&>\n- ~"} {
		for v := range syntax.Documents(name, []byte(text)) {
			if got, bad := v.Compact(); bad != nil || string(got) != `{"b":1.50,"a":["<&>",null]}` {
				t.Errorf("%s: %s, %v", name, got, bad)
			}
		}
	}
	for v := range syntax.Documents("a.yaml", []byte("a: .inf")) {
		if got, bad := v.Compact(); bad == nil {
			t.Errorf("got %s", got)
		}
	}
}

func TestTextLine(t *testing.T) {
	t.Parallel()
	for v := range syntax.Documents("a.yaml", []byte("a: |\n  x\nb: x\n")) {
		if a, b := v.Get("a").TextLine(), v.Get("b").TextLine(); a != 2 || b != 3 {
			t.Errorf("got %d and %d", a, b)
		}
	}
}

func TestStops(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"a: 1\n---\nb: 1", `{"a":1}{"b":1}`, "a: [\n---\nb: 1", `{"a":}` + "\n{}", "\xff"} {
		for range syntax.Documents("a.yaml", []byte(text)) {
			break
		}
	}
}

func FuzzDocuments(f *testing.F) {
	f.Add("a.yaml", "a: &a {<<: *a}\n---\n{\"a\": 1}\n{a: 1}\n%X\n--- |\n x\n")
	f.Add("a.json", `{"a": [1, "\u00e9"]} {`)
	f.Fuzz(func(t *testing.T, name, text string) {
		for v, bad := range syntax.Documents(name, []byte(text)) {
			if bad != nil {
				if bad.Line < 1 || bad.Msg == "" {
					t.Errorf("%+v", bad)
				}
				continue
			}
			src, bad := v.JSON()
			if bad == nil && !json.Valid(src) {
				t.Errorf("not JSON: %s", src)
			}
			if compact, failed := v.Compact(); (failed == nil) != (bad == nil) || bad == nil && !json.Valid(compact) {
				t.Errorf("compact %s, %v beside %s, %v", compact, failed, src, bad)
			}
		}
	})
}
