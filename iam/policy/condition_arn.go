package policy

import (
	"github.com/irsatz/irsatz/iam/arn"
)

// arnColons is how many colons an ARN has at least.
const arnColons = 5

// arnTester compares ARNs segment by segment, with wildcards: ArnEquals and
// ArnLike are the same.
type arnTester struct {
	values []arnTemplate
	spoilt bool
}

// arnTemplate is an ARN pattern with policy variables.
type arnTemplate struct {
	pattern   arn.Pattern
	variables []variable
}

func newARN(values []string, lang language) tester {
	var t arnTester
	for _, v := range values {
		tokens, variables := tokenize(v, lang, wildText)
		p := arn.NewPattern(tokens)
		if !p.Full() {
			t.spoilt = true
			continue
		}
		t.values = append(t.values, arnTemplate{p, variables})
	}
	return t
}

func (t arnTester) test(value string, c *Context) match {
	name := arn.Divide(value)
	if !name.Full() {
		return bad
	}
	for i := range t.values {
		if t.values[i].matches(&name, c) {
			return yes
		}
	}
	return noUnless(t.spoilt)
}

// matches reports whether the pattern fits a name; one with a variable that has no
// value fits nothing.
func (t *arnTemplate) matches(name *arn.Divided, c *Context) bool {
	if t.variables == nil {
		return t.pattern.MatchesDivided(name, nil)
	}
	var buffer [maxInline]string
	holes, ok := fillAll(t.variables, c, buffer[:0])
	return ok && t.pattern.MatchesDivided(name, holes)
}
