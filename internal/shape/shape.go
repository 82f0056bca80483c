// Package shape holds XML documents to the shape that they must have.
//
// AWS refuses a document that has an element too many or too few, where a
// decoder into structs would let both pass. A shape is written down in one
// string; reading a document by it yields its elements, which can be written
// again without what was never understood.
package shape

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A Shape is the element that a document consists of.
type Shape struct{ root *rule }

// rule says what one element may hold.
type rule struct {
	name     string
	min, max int
	typed    bool     // its xsi:type attribute is kept
	children []*rule  // nil for text
	kind     string   // of the text: "", int, bool or date
	words    []string // the only texts that there are; nil for any
}

const many = 1 << 30

// MustParse reads a shape from its notation:
//
//	Rule+ { ID? Status:Enabled|Disabled Days:int Tag* { Key Value } Empty? {} }
//
// A name alone is an element that occurs once; "?" makes it optional, "*" any
// number, "+" at least one. Braces hold child elements, in any order. Text can
// be limited to int (not negative), bool, date or the words given. "@" after a
// name keeps the element's xsi:type. It panics if the notation is wrong, which
// is a fault of the program.
func MustParse(notation string) Shape {
	for _, mark := range [...]string{"{", "}"} {
		notation = strings.ReplaceAll(notation, mark, " "+mark+" ")
	}
	rules, rest := parseRules(strings.Fields(notation))
	if len(rules) != 1 || len(rest) > 0 {
		panic("shape: not one element: " + notation)
	}
	return Shape{rules[0]}
}

func parseRules(words []string) (rules []*rule, rest []string) {
	for len(words) > 0 {
		switch words[0] {
		case "}":
			return rules, words[1:]
		case "{":
			last := rules[len(rules)-1]
			last.children, words = parseRules(words[1:])
			if last.children == nil {
				last.children = []*rule{}
			}
			continue
		}
		rules, words = append(rules, parseRule(words[0])), words[1:]
	}
	return rules, nil
}

func parseRule(word string) *rule {
	name, kind, _ := strings.Cut(word, ":")
	r := &rule{min: 1, max: 1}
	switch name[len(name)-1] {
	case '?':
		r.min = 0
	case '*':
		r.min, r.max = 0, many
	case '+':
		r.max = many
	}
	name = strings.TrimRight(name, "?*+")
	r.name, r.typed = strings.CutSuffix(name, "@")
	switch kind {
	case "", "int", "bool", "date":
		r.kind = kind
	default:
		r.words = strings.Split(kind, "|")
	}
	return r
}

// fits reports whether the text is one that the rule allows.
func (r *rule) fits(text string) bool {
	switch r.kind {
	case "int":
		n, err := strconv.ParseInt(text, 10, 64)
		return err == nil && n >= 0
	case "bool":
		return text == "true" || text == "false" || text == "TRUE" || text == "FALSE"
	case "date":
		_, err := ParseDate(text)
		return err == nil
	}
	if r.words == nil {
		return true
	}
	for _, w := range r.words {
		if w == text {
			return true
		}
	}
	return false
}

// ParseDate reads the text of a date: an ISO 8601 time or a day.
func ParseDate(text string) (time.Time, error) {
	for _, layout := range [...]string{time.RFC3339, "2006-01-02T15:04:05.000Z", time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("parse date %q", text)
}
