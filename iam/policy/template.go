package policy

import (
	"strings"

	"github.com/irsatz/irsatz/iam/arn"
)

// wildness says whether "*" and "?" in a text are wildcards.
type wildness uint8

const (
	plainText wildness = iota
	wildText
)

// maxInline is how many variables of one text are filled without allocating.
const maxInline = 4

// variable is a policy variable: ${key} or ${key, 'fallback'}.
// See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html.
type variable struct {
	key         string
	hash        uint32
	fallback    string
	hasFallback bool
}

// template is a text of a policy, with wildcards and variables. What a variable
// brings in is literal: a star from the request is a star.
type template struct {
	literal   string // the whole, if there is neither wildcard nor variable
	glob      *arn.Glob
	tokens    []arn.Token
	variables []variable
}

func newTemplates(values []string, lang language, w wildness) []template {
	templates := make([]template, len(values))
	for i, v := range values {
		templates[i] = newTemplate(v, lang, w)
	}
	return templates
}

func newTemplate(s string, lang language, w wildness) template {
	tokens, variables := tokenize(s, lang, w)
	if literal, ok := join(tokens, nil); ok {
		return template{literal: literal}
	}
	glob := arn.NewGlob(tokens)
	return template{glob: &glob, tokens: tokens, variables: variables}
}

// matches reports whether the template fits s.
func (t *template) matches(s string, c *Context) bool {
	if t.glob == nil {
		return t.literal == s
	}
	var buffer [maxInline]string
	holes, ok := fillAll(t.variables, c, buffer[:0])
	return ok && t.glob.MatchesFilled(s, holes)
}

// fill is the text of a template without wildcards.
func (t *template) fill(c *Context) (string, bool) {
	if t.glob == nil {
		return t.literal, true
	}
	var buffer [maxInline]string
	holes, ok := fillAll(t.variables, c, buffer[:0])
	if !ok {
		return "", false
	}
	return join(t.tokens, holes)
}

// join puts literal tokens and holes together; it fails at any other token.
func join(tokens []arn.Token, holes []string) (string, bool) {
	var b strings.Builder
	for _, t := range tokens {
		switch {
		case t.Kind == arn.Literal:
			b.WriteString(t.Text)
		case t.Kind == arn.Hole && len(holes) > 0:
			b.WriteString(holes[0])
			holes = holes[1:]
		default:
			return "", false
		}
	}
	return b.String(), true
}

// fillAll appends the values of variables to holes; it fails if one has neither
// a value nor a fallback.
func fillAll(variables []variable, c *Context, holes []string) ([]string, bool) {
	for i := range variables {
		v := &variables[i]
		values, multi, ok := c.lookup(v.key, v.hash)
		switch {
		case ok && !multi:
			holes = append(holes, values[0])
		case v.hasFallback:
			holes = append(holes, v.fallback)
		default:
			return holes, false
		}
	}
	return holes, true
}

// tokenize divides a text into literals, wildcards and variables. ${*}, ${?} and
// ${$} are the characters themselves. A "${" without an end is literal.
func tokenize(s string, lang language, w wildness) (tokens []arn.Token, variables []variable) {
	for lang.variables {
		before, rest, found := strings.Cut(s, "${")
		if !found {
			break
		}
		inner, after, closed := cutVariable(rest)
		if !closed {
			break
		}
		tokens, s = append(tokens, plain(before, w)...), after
		if inner == "*" || inner == "?" || inner == "$" {
			tokens = append(tokens, arn.Token{Text: inner})
			continue
		}
		tokens = append(tokens, arn.Token{Kind: arn.Hole})
		variables = append(variables, parseVariable(inner))
	}
	return append(tokens, plain(s, w)...), variables
}

// plain divides a text without variables.
func plain(s string, w wildness) []arn.Token {
	if w == wildText {
		return arn.Tokens(s)
	}
	if s == "" {
		return nil
	}
	return []arn.Token{{Text: s}}
}

// cutVariable divides s at the brace that closes a variable; one between single
// quotes does not.
func cutVariable(s string) (inner, after string, closed bool) {
	quoted := false
	for i := range len(s) {
		switch {
		case s[i] == '\'':
			quoted = !quoted
		case s[i] == '}' && !quoted:
			return s[:i], s[i+1:], true
		}
	}
	return strings.Cut(s, "}")
}

// parseVariable reads a key and its fallback. A fallback that is not between
// single quotes is none.
func parseVariable(inner string) variable {
	key, fallback, found := strings.Cut(inner, ",")
	v := variable{key: strings.TrimSpace(key)}
	v.hash = keyHash(v.key)
	fallback = strings.TrimSpace(fallback)
	if n := len(fallback); found && n >= 2 && fallback[0] == '\'' && fallback[n-1] == '\'' {
		v.fallback, v.hasFallback = fallback[1:n-1], true
	}
	return v
}
