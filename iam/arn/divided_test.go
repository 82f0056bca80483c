package arn_test

import (
	"testing"

	"github.com/irsatz/irsatz/iam/arn"
)

// TestLiteral wants the literal beginning of a pattern to be that of every name
// that it fits.
func TestLiteral(t *testing.T) {
	t.Parallel()
	hole := []arn.Token{{Text: "arn:aws:s3:::b/"}, {Kind: arn.Hole}}
	inName := []arn.Token{{Text: "arn:aws:s3:::b"}, {Kind: arn.Hole}, {Text: "/k"}}
	for _, c := range []struct {
		name       string
		pattern    arn.Pattern
		head, want string
		ok         bool
	}{
		{"whole", arn.CompilePattern("arn:aws:s3:::b"), "arn:aws:s3:::", "b", true},
		{"up to a slash", arn.CompilePattern("arn:aws:s3:::b/*"), "arn:aws:s3:::", "b", true},
		{"question behind the slash", arn.CompilePattern("arn:aws:s3:::b/?"), "arn:aws:s3:::", "b", true},
		{"hole behind the slash", arn.NewPattern(hole), "arn:aws:s3:::", "b", true},
		{"star in the name", arn.CompilePattern("arn:aws:s3:::b*/k"), "", "", false},
		{"question in the name", arn.CompilePattern("arn:aws:s3:::b?/k"), "", "", false},
		{"hole in the name", arn.NewPattern(inName), "", "", false},
		{"star at once", arn.CompilePattern("arn:aws:s3:::*"), "", "", false},
		{"wild head", arn.CompilePattern("arn:*:s3:::b/k"), "", "", false},
		{"anything", arn.CompilePattern("*"), "", "", false},
		{"too short", arn.CompilePattern("arn:aws"), "", "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			head, name, ok := c.pattern.Literal()
			if ok != c.ok || ok && (head != c.head || name != c.want) {
				t.Fatalf("got %q, %q, %t", head, name, ok)
			}
			d := arn.Divide("arn:aws:s3:::b/k")
			if head, name := d.Literal(); c.ok && d.Full() && c.pattern.MatchesDivided(&d, []string{"k"}) && (head != c.head || name != c.want) {
				t.Errorf("the name it fits has %q, %q", head, name)
			}
		})
	}
	if d := arn.Divide("arn:aws:s3"); d.Full() {
		t.Error("a name of three segments is full")
	}
}
