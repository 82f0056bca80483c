package arn

import (
	"strings"
	"unicode/utf8"
)

// Glob is a compiled wildcard pattern: "*" stands for any run of characters,
// also an empty one, "?" for exactly one character. It is anchored at both ends.
//
// A match never backs up over a star it has passed, so it costs at most the
// length of the pattern times that of the text, and without "?" no more than
// their sum. The zero Glob matches only the empty string.
type Glob struct {
	first  chunk   // up to the first star, or the whole pattern
	middle []chunk // between stars
	last   chunk   // after the last star
	star   bool    // there is a star
	inner  int     // how many holes the middle has
}

// TokenKind says what a Token stands for.
type TokenKind uint8

// The kinds of token. A Hole stands for literal text that is known only when
// the pattern is matched.
const (
	Literal TokenKind = iota
	Star
	Question
	Hole
)

// Token is one element of a wildcard pattern. Text is that of a Literal.
type Token struct {
	Kind TokenKind
	Text string
}

// chunk is a run of tokens without a star. A run of literal text is held in
// text, any other in tokens.
type chunk struct {
	text   string
	tokens []Token
}

// Tokens divides s into its wildcards and the literal text between them.
func Tokens(s string) []Token {
	var tokens []Token
	for s != "" {
		i := strings.IndexAny(s, "*?")
		switch {
		case i < 0:
			return append(tokens, Token{Text: s})
		case i > 0:
			tokens = append(tokens, Token{Text: s[:i]})
		}
		kind := Star
		if s[i] == '?' {
			kind = Question
		}
		tokens = append(tokens, Token{Kind: kind})
		s = s[i+1:]
	}
	return tokens
}

// CompileGlob compiles a pattern. Every string is a valid one.
func CompileGlob(s string) Glob { return NewGlob(Tokens(s)) }

// NewGlob compiles a pattern that is already divided into tokens.
func NewGlob(tokens []Token) Glob {
	var g Glob
	start := 0
	for i, t := range tokens {
		if t.Kind != Star {
			continue
		}
		c := newChunk(tokens[start:i])
		if !g.star {
			g.first, g.star = c, true
		} else if !c.empty() {
			g.middle = append(g.middle, c)
			g.inner += c.holes()
		}
		start = i + 1
	}
	if g.star {
		g.last = newChunk(tokens[start:])
	} else {
		g.first = newChunk(tokens)
	}
	return g
}

// Matches reports whether the pattern fits the whole of s.
func (g *Glob) Matches(s string) bool { return g.MatchesFilled(s, nil) }

// MatchesFilled is Matches with the pattern's holes filled, in their order,
// with literal text.
func (g *Glob) MatchesFilled(s string, holes []string) bool {
	n, ok := g.first.prefix(s, holes)
	if !ok {
		return false
	}
	if !g.star {
		return n == len(s)
	}
	s = s[n:]
	if g.middle == nil && g.last.empty() {
		return true
	}
	holes = skip(holes, g.first.holes())
	n, ok = g.last.suffix(s, skip(holes, g.inner))
	if !ok {
		return false
	}
	s = s[:len(s)-n]
	for i := range g.middle {
		c := &g.middle[i]
		end, ok := c.index(s, holes)
		if !ok {
			return false
		}
		s, holes = s[end:], skip(holes, c.holes())
	}
	return true
}

// Wild reports whether the pattern has a wildcard, or a hole.
func (g *Glob) Wild() bool { return g.star || g.first.tokens != nil }

// skip is holes without the first n, if there are so many.
func skip(holes []string, n int) []string { return holes[min(n, len(holes)):] }

func newChunk(tokens []Token) chunk {
	var text strings.Builder
	for _, t := range tokens {
		if t.Kind != Literal {
			return chunk{tokens: tokens}
		}
		text.WriteString(t.Text)
	}
	return chunk{text: text.String()}
}

func (c *chunk) empty() bool { return c.text == "" && c.tokens == nil }

// holes is how many holes the chunk has.
func (c *chunk) holes() int {
	n := 0
	for i := range c.tokens {
		if c.tokens[i].Kind == Hole {
			n++
		}
	}
	return n
}

// prefix reports how many bytes of s the chunk covers at its beginning.
func (c *chunk) prefix(s string, holes []string) (int, bool) {
	if c.tokens == nil {
		return len(c.text), strings.HasPrefix(s, c.text)
	}
	n := 0
	for _, t := range c.tokens {
		text := t.Text
		switch t.Kind {
		case Question:
			_, size := utf8.DecodeRuneInString(s[n:])
			if size == 0 {
				return 0, false
			}
			n += size
			continue
		case Hole:
			if len(holes) == 0 {
				return 0, false
			}
			text, holes = holes[0], holes[1:]
		}
		if !strings.HasPrefix(s[n:], text) {
			return 0, false
		}
		n += len(text)
	}
	return n, true
}

// suffix reports how many bytes of s the chunk covers at its end.
func (c *chunk) suffix(s string, holes []string) (int, bool) {
	if c.tokens == nil {
		return len(c.text), strings.HasSuffix(s, c.text)
	}
	end := len(s)
	last := c.holes()
	for i := len(c.tokens) - 1; i >= 0; i-- {
		text := c.tokens[i].Text
		switch c.tokens[i].Kind {
		case Question:
			_, size := utf8.DecodeLastRuneInString(s[:end])
			if size == 0 {
				return 0, false
			}
			end -= size
			continue
		case Hole:
			if last--; last >= len(holes) {
				return 0, false
			}
			text = holes[last]
		}
		if !strings.HasSuffix(s[:end], text) {
			return 0, false
		}
		end -= len(text)
	}
	return len(s) - end, true
}

// index finds the chunk's first place in s and reports where it ends.
func (c *chunk) index(s string, holes []string) (end int, ok bool) {
	if c.tokens == nil {
		i := strings.Index(s, c.text)
		return i + len(c.text), i >= 0
	}
	for i := 0; ; {
		if n, ok := c.prefix(s[i:], holes); ok {
			return i + n, true
		}
		_, size := utf8.DecodeRuneInString(s[i:])
		if size == 0 {
			return 0, false
		}
		i += size
	}
}
