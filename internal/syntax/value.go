// Package syntax is YAML and JSON text as values that know their places.
//
// [Documents] takes a text apart document by document, so that a mistake in one
// leaves the others readable, and [Value.JSON] gives a value back as JSON whose
// lines are those of the text.
package syntax

import "fmt"

// Kind is the type of a value.
type Kind uint8

// The kinds of value.
const (
	Null Kind = iota
	Bool
	Number
	String
	List
	Mapping
	Tagged // a YAML value with a tag of its own, such as CloudFormation's !Sub
)

var kindWords = []string{"nothing", "a boolean", "a number", "text", "a list", "a mapping", "a value with a tag"}

// String names the kind, with its article.
func (k Kind) String() string {
	if int(k) < len(kindWords) {
		return kindWords[k]
	}
	return ""
}

// Value is a value of a document. Line and Column count from 1; columns count
// characters.
type Value struct {
	Kind   Kind
	Line   int
	Column int
	// Text is a string's text; a number or a boolean as it is written; a tag.
	Text    string
	Items   []Value // of a list; what a tag stands before, alone
	Members []Member

	raw   string // the value as it is written, if that is JSON
	block bool   // a block scalar: its text begins in the line below
}

// Member is one entry of a mapping, in the order of the text.
type Member struct {
	Key    string
	Line   int
	Column int
	Value  Value
}

// Get finds a member by its exact name. It is nil if there is none, and if v is
// no mapping.
func (v *Value) Get(key string) *Value {
	if v == nil {
		return nil
	}
	for i := range v.Members {
		if v.Members[i].Key == key {
			return &v.Members[i].Value
		}
	}
	return nil
}

// What names what the value is, for messages.
func (v *Value) What() string {
	if v == nil {
		return Null.String()
	}
	if v.Kind == Tagged {
		return "a value tagged " + v.Text
	}
	return v.Kind.String()
}

// TextLine is the line in which the text of a string begins.
func (v *Value) TextLine() int {
	if v.block {
		return v.Line + 1
	}
	return v.Line
}

// Error is text that is not well formed.
type Error struct {
	Line   int
	Column int // 0 if it is not known
	Msg    string
}

// Error is the message, with the line.
func (e *Error) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Msg) }

// Aliases of YAML are written out. What they may add to a text is bounded, so
// that a few lines cannot grow into gigabytes ("billion laughs"); it is counted
// in values, and long text counts as one value per aliasedText bytes.
const (
	maxDepth    = 200
	maxAliased  = 500_000
	aliasedText = 16
)
