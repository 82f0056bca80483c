package arn_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/irsatz/irsatz/iam/arn"
)

func TestGlob(t *testing.T) {
	t.Parallel()
	tests := []struct {
		pattern string
		yes, no []string
	}{
		{"", []string{""}, []string{"a"}},
		{"*", []string{"", "a", "a/b:c"}, nil},
		{"abc", []string{"abc"}, []string{"", "ab", "abcd", "ABC"}},
		{"a*c", []string{"ac", "abc", "a/b:c", "acc"}, []string{"acd", "bac", "a"}},
		{"*Object", []string{"Object", "GetObject"}, []string{"GetObjectAcl"}},
		{"?", []string{"a", "é", "中"}, []string{"", "ab"}},
		{"a?c*", []string{"abc", "a/cd"}, []string{"ac", "abbc"}},
		{"*?", []string{"a", "ab"}, []string{""}},
		{"*é?", []string{"éa", "xéé"}, []string{"é"}},
		{"*a?b*c?", []string{"aXbcd", "zzaab__c!"}, []string{"abcd", "aXbc"}},
		{"**a**", []string{"a", "bab"}, []string{"b"}},
		{"a*a", []string{"aa", "aba"}, []string{"a"}},
		{"*?b", []string{"ab", "bb"}, []string{"b", "a"}},
		{"a?", []string{"ab"}, []string{"a"}},
	}
	for _, tt := range tests {
		t.Run(tt.pattern, func(t *testing.T) {
			t.Parallel()
			g := arn.CompileGlob(tt.pattern)
			for _, s := range tt.yes {
				if !g.Matches(s) {
					t.Errorf("%q does not match %q", tt.pattern, s)
				}
			}
			for _, s := range tt.no {
				if g.Matches(s) {
					t.Errorf("%q matches %q", tt.pattern, s)
				}
			}
		})
	}
}

// TestGlobHoles shows that what fills a hole is literal, and that holes are
// filled in their order wherever they stand.
func TestGlobHoles(t *testing.T) {
	t.Parallel()
	lit := func(s string) arn.Token { return arn.Token{Text: s} }
	hole, star, one := arn.Token{Kind: arn.Hole}, arn.Token{Kind: arn.Star}, arn.Token{Kind: arn.Question}
	tests := []struct {
		name   string
		tokens []arn.Token
		holes  []string
		text   string
		want   bool
	}{
		{"first", []arn.Token{hole, lit("/x")}, []string{"a"}, "a/x", true},
		{"star is literal", []arn.Token{hole}, []string{"a*"}, "ab", false},
		{"star matches itself", []arn.Token{hole}, []string{"a*"}, "a*", true},
		{"first, middle, last", []arn.Token{hole, star, hole, one, star, lit("-"), hole}, []string{"a", "b", "c"}, "a..bX..-c", true},
		{"order matters", []arn.Token{hole, star, hole, star, hole}, []string{"a", "c", "b"}, "a.b.c", false},
		{"unfilled", []arn.Token{lit("a"), hole}, nil, "a", false},
		{"unfilled last", []arn.Token{star, hole}, nil, "a", false},
		{"unfilled middle", []arn.Token{star, hole, star}, nil, "a", false},
		{"last with question", []arn.Token{star, hole, one}, []string{"ab"}, "xab!", true},
		{"last without room", []arn.Token{star, one, hole}, []string{"ab"}, "ab", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			g := arn.NewGlob(tt.tokens)
			if got := g.MatchesFilled(tt.text, tt.holes); got != tt.want {
				t.Errorf("got %t, want %t", got, tt.want)
			}
		})
	}
}

// TestGlobDoesNotBlowUp holds a pattern that takes a backtracking matcher longer
// than the age of the universe.
func TestGlobDoesNotBlowUp(t *testing.T) {
	t.Parallel()
	g := arn.CompileGlob(strings.Repeat("a*", 500) + "b")
	start := time.Now()
	if g.Matches(strings.Repeat("a", 5000)) {
		t.Error("matches")
	}
	if spent := time.Since(start); spent > time.Second {
		t.Errorf("took %s", spent)
	}
}

// naive is the definition of a glob, by recursion.
func naive(pattern, s []rune) bool {
	if len(pattern) == 0 {
		return len(s) == 0
	}
	switch pattern[0] {
	case '*':
		return naive(pattern[1:], s) || len(s) > 0 && naive(pattern, s[1:])
	case '?':
		return len(s) > 0 && naive(pattern[1:], s[1:])
	}
	return len(s) > 0 && s[0] == pattern[0] && naive(pattern[1:], s[1:])
}

func FuzzGlob(f *testing.F) {
	for _, seed := range [][2]string{{"a*b?c*", "aXXbYcZ"}, {"*", ""}, {"??é*", "abéd"}, {"*a*?*b", "caadb"}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, pattern, s string) {
		if !utf8.ValidString(pattern) || !utf8.ValidString(s) || len(pattern) > 12 || len(s) > 24 {
			t.Skip()
		}
		g := arn.CompileGlob(pattern)
		if got, want := g.Matches(s), naive([]rune(pattern), []rune(s)); got != want {
			t.Errorf("%q on %q: got %t, want %t", pattern, s, got, want)
		}
	})
}
