package policy

import (
	"fmt"
	"io"
	"strings"
)

// columns is how wide a line of a tree may be, where its words allow it.
const columns = 100

// WriteTree writes the view of the explanation as a tree for a terminal, in
// plain text, then what is odd about its policies in lines that begin with
// "note:", and what to change in lines that begin with "fix:".
func (e *Explanation) WriteTree(w io.Writer, v View) error {
	t := &tree{}
	t.line(0, e.Reason)
	t.field(1, "caller", e.Request.Principal.shown())
	t.field(1, "action", e.Request.Action)
	t.field(1, "resource", e.Request.Resource)
	part := e.Filter(v)
	for i := range part.Policies {
		t.policy(&part.Policies[i])
	}
	for _, n := range e.Notes {
		t.wrap("note: ", n.Text)
	}
	for _, s := range e.Suggestions {
		t.wrap("fix: ", s.Fix)
	}
	_, err := io.WriteString(w, t.text.String())
	return err
}

// String is the whole tree.
func (e *Explanation) String() string {
	var b strings.Builder
	// A strings.Builder does not fail.
	_ = e.WriteTree(&b, Full)
	return b.String()
}

// shown is how the principal is called where it has no ARN.
func (p *Principal) shown() string {
	switch {
	case p.ARN != "":
		return p.ARN
	case p.Kind == WebIdentity:
		return "a token of " + p.Provider
	case p.Kind == Service:
		return p.Service
	}
	return p.Kind.String()
}

// tree is the text of a tree as it is written.
type tree struct{ text strings.Builder }

func (t *tree) line(depth int, text string) {
	t.text.WriteString(strings.Repeat("  ", depth) + text + "\n")
}

// field writes a name and a value, in columns.
func (t *tree) field(depth int, name, value string) {
	t.line(depth, fmt.Sprintf("%-9s %s", name, value))
}

// wrap writes words behind a label, broken into lines at blanks.
func (t *tree) wrap(label, text string) {
	line := label
	for i, word := range strings.Fields(text) {
		if i > 0 && len(line)+1+len(word) > columns {
			t.line(0, line)
			line = strings.Repeat(" ", len(label)-1)
		}
		if i > 0 {
			line += " "
		}
		line += word
	}
	t.line(0, line)
}

func (t *tree) policy(p *PolicyTrace) {
	head := p.Kind.String()
	if name := (&Policy{Name: p.Name, ARN: p.ARN}).shown(); name != "" {
		head += " " + name
	}
	if p.Level > 0 {
		head += fmt.Sprintf(" (level %d)", p.Level)
	}
	t.line(0, head+": "+policyWords[p.Outcome])
	for i := range p.Statements {
		t.statement(&p.Statements[i])
	}
}

var policyWords = []string{ImplicitDeny: "says nothing", ExplicitDeny: "denies", Allow: "allows"}

func (t *tree) statement(s *StatementTrace) {
	head := fmt.Sprintf("[%d] %s", s.Index, s.Effect)
	if s.Sid != "" {
		head += " " + s.Sid
	}
	head += fmt.Sprintf(" (line %d): ", s.Line)
	switch {
	case s.Deciding:
		t.line(1, head+"matches, and decides")
	case s.Matched:
		t.line(1, head+"matches")
	case s.Condition != nil:
		t.line(1, head+"condition does not hold")
		t.condition(s.Condition)
	default:
		t.line(1, head+s.Failed.String()+" does not match")
		name := "wants"
		if s.Not {
			name = "wants not"
		}
		t.field(3, name, list(s.Wanted, s.More))
		t.field(3, "has", list(s.Actual, 0))
	}
}

func (t *tree) condition(c *ConditionTrace) {
	t.line(3, c.Operator+" "+c.Key)
	t.field(3, "wants", list(quote(c.Wanted), c.More))
	switch {
	case c.Absent:
		t.field(3, "has", "nothing: the request has no such key")
	default:
		t.field(3, "has", list(quote(c.Actual), 0))
	}
}

func quote(values []string) []string {
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = `"` + v + `"`
	}
	return quoted
}

// maxListed is how many values a line of a tree lists.
const maxListed = 8

// list writes the first of several values, and how many more there are.
func list(values []string, more int) string {
	if len(values) == 0 {
		return "nothing"
	}
	if len(values) > maxListed {
		more += len(values) - maxListed
		values = values[:maxListed]
	}
	text := strings.Join(values, ", ")
	if more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
