package policy

import "strings"

// boolTester compares true and false, without case. Any other text equals nothing.
type boolTester struct{ values []template }

// newBool expands variables, as AWS's page on condition operators has it.
func newBool(values []string, lang language) tester {
	return boolTester{newTemplates(values, lang, plainText)}
}

func (t boolTester) test(value string, c *Context) match {
	if !strings.EqualFold(value, "true") && !strings.EqualFold(value, "false") {
		return bad
	}
	for i := range t.values {
		if wanted, ok := t.values[i].fill(c); ok && strings.EqualFold(wanted, value) {
			return yes
		}
	}
	return no
}
