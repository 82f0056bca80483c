package syntax_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/irsatz/irsatz/internal/syntax"
)

// TestFormatYAML: what JSON says is said in the same order, and numbers in
// quotes stay texts.
func TestFormatYAML(t *testing.T) {
	t.Parallel()
	got, err := syntax.FormatYAML([]byte(`[{"name": "b", "account": "000000000001", "n": 1, "yes": "true", "none": [], "list": ["x: y"], "text": "a\nb"}]`))
	want := "- name: b\n  account: \"000000000001\"\n  n: 1\n  yes: \"true\"\n  none: []\n  list:\n    - 'x: y'\n  text: |-\n    a\n    b\n"
	if err != nil || string(got) != want {
		t.Errorf("got %v\n%s\nwant\n%s", err, got, want)
	}
	for _, text := range []string{"{", "", "{} {}", "a: b"} {
		if _, err := syntax.FormatYAML([]byte(text)); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}

func TestCanonical(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		`{"b":1.50,"a":["<&>",null,true,"é"]}`: true, `{"a": 1}`: false, `{"a":"\u00e9"}`: false, `{"a":"\/"}`: false, "{}\n": false, "{": false, "{}{}": false,
	} {
		if got := syntax.Canonical([]byte(text)); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}

// FuzzFormatYAML: what was JSON is the same when it is read as YAML.
func FuzzFormatYAML(f *testing.F) {
	f.Add(`{"a": [1, "\u00e9", -0.5e-7, null, true, {}, []], "<<": " x\n\ty\n ", "y": "0x1", "": "~", "t": "2012-10-17", "n": 123456789012345678901234567890}`)
	f.Add(`["- a", "# b", "a: b", "\r\n", "\ud83d\ude00", "\u0085\u2028\ufeff", "'", "\"", "!x", "&a", "*a", "%", "@", "\u0000\u001b"]`)
	f.Fuzz(func(t *testing.T, text string) {
		yaml, err := syntax.FormatYAML([]byte(text))
		if err != nil {
			return
		}
		want := ""
		for v, bad := range syntax.Documents("a.json", []byte(text)) {
			if bad != nil || v.Kind != syntax.Mapping && v.Kind != syntax.List {
				return
			}
			want = plain(t, v)
		}
		n := 0
		for v, bad := range syntax.Documents("a.yaml", yaml) {
			n++
			if bad != nil {
				t.Fatalf("%v in\n%s", bad, yaml)
			}
			if got := plain(t, v); got != want {
				t.Errorf("got\n%s, want\n%s; as YAML\n%s", got, want, yaml)
			}
		}
		if n != 1 {
			t.Errorf("%d documents", n)
		}
	})
}

// plain is the value in one spelling, numbers as they are written.
func plain(t *testing.T, v *syntax.Value) string {
	t.Helper()
	text, bad := v.Compact()
	if bad != nil {
		t.Skip(bad)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var any any
	if err := d.Decode(&any); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(any)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
