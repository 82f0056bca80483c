package policy

import "strings"

// stringTester compares text exactly or with wildcards.
type stringTester struct{ values []template }

// newStringEquals compares exactly; a star is a star.
func newStringEquals(values []string, lang language) tester {
	return stringTester{newTemplates(values, lang, plainText)}
}

// newStringLike knows the wildcards "*" and "?".
func newStringLike(values []string, lang language) tester {
	return stringTester{newTemplates(values, lang, wildText)}
}

func (t stringTester) test(value string, c *Context) match {
	for i := range t.values {
		if t.values[i].matches(value, c) {
			return yes
		}
	}
	return no
}

// foldTester compares text exactly but for its case.
type foldTester struct{ values []template }

func newStringFold(values []string, lang language) tester {
	return foldTester{newTemplates(values, lang, plainText)}
}

func (t foldTester) test(value string, c *Context) match {
	for i := range t.values {
		if wanted, ok := t.values[i].fill(c); ok && strings.EqualFold(wanted, value) {
			return yes
		}
	}
	return no
}
