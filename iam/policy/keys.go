package policy

import (
	"slices"
	"strings"
)

// StatementKeys are the condition keys that a statement asks for, as it spells
// them: those of the variables in its resources, and those of its conditions,
// the variables in their values included.
type StatementKeys struct{ Resource, Condition []string }

// Keys returns the condition keys that each statement asks for.
func (d *Document) Keys() []StatementKeys {
	lang := language{variables: d.version == version2012}
	all := make([]StatementKeys, len(d.statements))
	for i := range d.statements {
		s, keys := &d.statements[i], &all[i]
		if s.resources != nil {
			keys.Resource = addVariables(nil, s.resources.written, lang)
		}
		for _, c := range s.conditions {
			keys.Condition = AddKey(keys.Condition, c.key)
			keys.Condition = addVariables(keys.Condition, c.values, lang)
		}
	}
	return all
}

func addVariables(keys, texts []string, lang language) []string {
	for _, text := range texts {
		_, variables := tokenize(text, lang, plainText)
		for _, v := range variables {
			keys = AddKey(keys, v.key)
		}
	}
	return keys
}

// AddKey adds a condition key to a list that has none twice. Keys compare without
// case.
func AddKey(keys []string, key string) []string {
	if slices.ContainsFunc(keys, func(k string) bool { return strings.EqualFold(k, key) }) {
		return keys
	}
	return append(keys, key)
}
