package arn

import "strings"

// Pattern is a compiled ARN pattern. Each of the six segments is matched alone,
// so a wildcard in one of the first five never crosses a colon; in the sixth,
// "*" crosses colons and slashes. The pattern "*" matches every string.
type Pattern struct {
	any  bool
	fold bool   // the first five segments compare without case
	full bool   // there are six segments
	head string // the first five segments and their colons, if they are literal
	wild []Glob // the first five segments otherwise
	rest Glob
}

// CompilePattern compiles an ARN pattern. One of fewer than six segments, other
// than "*", matches nothing.
func CompilePattern(s string) Pattern { return NewPattern(Tokens(s)) }

// NewPattern compiles an ARN pattern that is already divided into tokens. Only
// colons of literal tokens divide it into segments.
func NewPattern(tokens []Token) Pattern {
	if len(tokens) == 1 && tokens[0].Kind == Star {
		return Pattern{any: true}
	}
	parts := divide(tokens)
	if len(parts) < segments {
		return Pattern{}
	}
	p := Pattern{full: true, rest: NewGlob(parts[segments-1])}
	var head strings.Builder
	wild := false
	for _, part := range parts[:segments-1] {
		for _, t := range part {
			wild = wild || t.Kind != Literal
			head.WriteString(t.Text)
		}
		head.WriteByte(':')
	}
	if !wild {
		p.head = head.String()
		return p
	}
	p.wild = make([]Glob, segments-1)
	for i := range p.wild {
		p.wild[i] = NewGlob(parts[i])
	}
	return p
}

// Folded is the pattern with its first five segments compared without case.
func (p Pattern) Folded() Pattern {
	p.fold = true
	return p
}

// Full reports whether the pattern has all six segments.
func (p *Pattern) Full() bool { return p.full }

// Literal returns the literal beginning of the pattern: its first five segments
// with their colons, and the sixth up to its first slash. It fails if there is a
// wildcard or a hole among them.
func (p *Pattern) Literal() (head, name string, ok bool) {
	first := &p.rest.first
	text := first.text
	if len(first.tokens) > 0 && first.tokens[0].Kind == Literal {
		text = first.tokens[0].Text
	}
	name, _, slash := strings.Cut(text, "/")
	whole := !p.rest.star && first.tokens == nil
	return p.head, name, p.full && p.wild == nil && (slash || whole)
}

// Divided is a string divided after its fifth colon, to be matched by many
// patterns.
type Divided struct {
	head, rest string
	full       bool
}

// Divide divides s.
func Divide(s string) Divided {
	head, rest, ok := cut(s)
	return Divided{head, rest, ok}
}

// Full reports whether there are five colons.
func (d *Divided) Full() bool { return d.full }

// Literal returns what [Pattern.Literal] returns of a pattern without wildcards.
func (d *Divided) Literal() (head, name string) {
	name, _, _ = strings.Cut(d.rest, "/")
	return d.head, name
}

// Matches reports whether the pattern fits the ARN s.
func (p *Pattern) Matches(s string) bool { return p.MatchesFilled(s, nil) }

// MatchesFilled is Matches with the pattern's holes filled, in their order,
// with literal text.
func (p *Pattern) MatchesFilled(s string, holes []string) bool {
	d := Divide(s)
	return p.MatchesDivided(&d, holes)
}

// MatchesDivided is MatchesFilled of a string that is divided already.
func (p *Pattern) MatchesDivided(d *Divided, holes []string) bool {
	if p.any {
		return true
	}
	if !p.full || !d.full {
		return false
	}
	head, rest := d.head, d.rest
	if p.wild == nil {
		if head != p.head && !(p.fold && strings.EqualFold(head, p.head)) {
			return false
		}
		return p.rest.MatchesFilled(rest, holes)
	}
	for i := range p.wild {
		segment, after, _ := strings.Cut(head, ":")
		g := &p.wild[i]
		if !g.MatchesFilled(segment, holes) && !(p.fold && g.matchesFolded(segment)) {
			return false
		}
		head, holes = after, skip(holes, g.holes())
	}
	return p.rest.MatchesFilled(rest, holes)
}

// holes is how many holes the pattern has.
func (g *Glob) holes() int { return g.first.holes() + g.inner + g.last.holes() }

// matchesFolded matches a literal segment without case.
func (g *Glob) matchesFolded(s string) bool {
	return !g.Wild() && strings.EqualFold(s, g.first.text)
}

// divide splits tokens at the first five colons of their literal text.
func divide(tokens []Token) [][]Token {
	parts := make([][]Token, 1, segments)
	for _, t := range tokens {
		for t.Kind == Literal && len(parts) < segments {
			before, after, found := strings.Cut(t.Text, ":")
			if !found {
				break
			}
			parts[len(parts)-1] = appendText(parts[len(parts)-1], before)
			parts = append(parts, nil)
			t.Text = after
		}
		if t.Kind == Literal {
			parts[len(parts)-1] = appendText(parts[len(parts)-1], t.Text)
			continue
		}
		parts[len(parts)-1] = append(parts[len(parts)-1], t)
	}
	return parts
}

func appendText(tokens []Token, text string) []Token {
	if text == "" {
		return tokens
	}
	return append(tokens, Token{Text: text})
}
