package arn_test

import (
	"strings"
	"testing"

	"github.com/irsatz/irsatz/iam/arn"
)

func TestPattern(t *testing.T) {
	t.Parallel()
	tests := []struct {
		pattern string
		yes, no []string
	}{
		{"*", []string{"", "arn:aws:s3:::b", "anything"}, nil},
		{"arn:aws:s3:::b", []string{"arn:aws:s3:::b"}, []string{"arn:aws:s3:::b/k", "arn:aws:s3:::b2", "arn:aws:s3", "ARN:aws:s3:::b"}},
		{"arn:aws:s3:::b/*", []string{"arn:aws:s3:::b/k", "arn:aws:s3:::b/", "arn:aws:s3:::b/x:y/z"}, []string{"arn:aws:s3:::b", "arn:aws:s3:::B/k"}},
		{"arn:aws:s3:::b*", []string{"arn:aws:s3:::b", "arn:aws:s3:::b2/k"}, []string{"arn:aws:s3:::a"}},
		{"arn:aws:s3:::b/a:*", []string{"arn:aws:s3:::b/a:b"}, []string{"arn:aws:s3:::b/ab"}},
		{"arn:aws:iam::*:role/x", []string{"arn:aws:iam::1:role/x"}, []string{"arn:aws:iam::1:2:role/x", "arn:aws:iam:r:1:role/x"}},
		{"arn:???:*:*:*:*", []string{"arn:aws:s3:::b", "arn:aws:iam::1:role/r"}, []string{"arn:aws-cn:s3:::b"}},
		{"arn:aws:s3", nil, []string{"arn:aws:s3", "arn:aws:s3:::b"}},
		{"arn*", nil, []string{"arn:aws:s3:::b"}},
	}
	for _, tt := range tests {
		t.Run(tt.pattern, func(t *testing.T) {
			t.Parallel()
			p := arn.CompilePattern(tt.pattern)
			for _, s := range tt.yes {
				if !p.Matches(s) {
					t.Errorf("%q does not match %q", tt.pattern, s)
				}
			}
			for _, s := range tt.no {
				if p.Matches(s) {
					t.Errorf("%q matches %q", tt.pattern, s)
				}
			}
			if full := strings.Count(tt.pattern, ":") >= 5; p.Full() != full {
				t.Errorf("Full = %t", p.Full())
			}
		})
	}
}

func TestPatternFolded(t *testing.T) {
	t.Parallel()
	tests := []struct {
		pattern, text string
		want          bool
	}{
		{"arn:aws:S3:::b/K", "arn:aws:s3:::b/K", true},
		{"arn:aws:s3:::b/K", "arn:aws:s3:::b/k", false},
		{"arn:aws:S3:*::b", "arn:AWS:s3:eu::b", true},
		{"arn:aws:S3:*::b", "arn:AWS:sqs:eu::b", false},
	}
	for _, tt := range tests {
		p := arn.CompilePattern(tt.pattern).Folded()
		if got := p.Matches(tt.text); got != tt.want {
			t.Errorf("%s on %s: got %t", tt.pattern, tt.text, got)
		}
	}
}

// TestPatternHoles shows that the colon that a hole brings in divides nothing.
func TestPatternHoles(t *testing.T) {
	t.Parallel()
	lit := func(s string) arn.Token { return arn.Token{Text: s} }
	hole := arn.Token{Kind: arn.Hole}
	p := arn.NewPattern([]arn.Token{lit("arn:aws:iam::"), hole, lit(":role/"), hole})
	tests := []struct {
		name  string
		holes []string
		text  string
		want  bool
	}{
		{"filled", []string{"1", "r"}, "arn:aws:iam::1:role/r", true},
		{"other order", []string{"r", "1"}, "arn:aws:iam::1:role/r", false},
		{"colon in the last part", []string{"1", "r:s"}, "arn:aws:iam::1:role/r:s", true},
		{"colon before it", []string{"1:role/x", "r"}, "arn:aws:iam::1:role/x:role/r", false},
		{"star is literal", []string{"*", "r"}, "arn:aws:iam::1:role/r", false},
		{"unfilled", nil, "arn:aws:iam::1:role/r", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := p.MatchesFilled(tt.text, tt.holes); got != tt.want {
				t.Errorf("got %t, want %t", got, tt.want)
			}
		})
	}
}

// TestPatternHoleBetweenStars fills a hole in the middle of one segment.
func TestPatternHoleBetweenStars(t *testing.T) {
	t.Parallel()
	star, hole := arn.Token{Kind: arn.Star}, arn.Token{Kind: arn.Hole}
	p := arn.NewPattern([]arn.Token{{Text: "arn:aws:iam::"}, star, hole, star, {Text: ":role/"}, hole})
	if !p.MatchesFilled("arn:aws:iam::123:role/r", []string{"2", "r"}) {
		t.Error("does not match")
	}
	if p.MatchesFilled("arn:aws:iam::123:role/2", []string{"r", "2"}) {
		t.Error("matches with the holes exchanged")
	}
}

// FuzzPattern compares a pattern with its definition: six segments, each a glob.
func FuzzPattern(f *testing.F) {
	f.Add("arn:aws:s3:::b/*", "arn:aws:s3:::b/k:l")
	f.Add("arn:*:s?:::*", "arn:aws:s3:::b")
	f.Fuzz(func(t *testing.T, pattern, s string) {
		p := arn.CompilePattern(pattern)
		want := pattern == "*"
		patterns, parts := strings.SplitN(pattern, ":", 6), strings.SplitN(s, ":", 6)
		if !want && len(patterns) == 6 && len(parts) == 6 {
			want = true
			for i := range parts {
				g := arn.CompileGlob(patterns[i])
				want = want && g.Matches(parts[i])
			}
		}
		if got := p.Matches(s); got != want {
			t.Errorf("%q on %q: got %t, want %t", pattern, s, got, want)
		}
	})
}

func BenchmarkPattern(b *testing.B) {
	p := arn.CompilePattern("arn:aws:s3:::bucket/reports/*/2026-??.csv")
	b.ReportAllocs()
	for b.Loop() {
		if !p.Matches("arn:aws:s3:::bucket/reports/eu/2026-11.csv") {
			b.Fatal("no match")
		}
	}
}
