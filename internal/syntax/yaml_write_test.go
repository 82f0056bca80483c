package syntax_test

import (
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
	if _, err := syntax.FormatYAML([]byte("{")); err == nil {
		t.Error("half a text is taken")
	}
}
