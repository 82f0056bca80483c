// Package simulate is one policy question answered offline: a case in, a decision and its explanation out. Pure: no files, no clock.
//
// [Parse] reads the cases of a text, each by itself, so that a malformed one
// leaves the others to run. [Case.Decide] and [Case.Explain] answer them.
package simulate

import (
	"iter"
	"strconv"
	"strings"

	"github.com/irsatz/irsatz/iam/policy"
	"github.com/irsatz/irsatz/internal/nearest"
	"github.com/irsatz/irsatz/internal/syntax"
)

// Case is one question: the policies, the request, and perhaps the answer that
// is expected.
type Case struct {
	// Name is the one given to the case, or its place.
	Name string
	// File and Line are where the case begins.
	File string
	Line int

	Request  policy.Request
	Policies policy.Policies
	// Expect is the decision that is expected; empty: none is.
	Expect string

	places []place
}

// place is where the document of a policy begins, so that lines within it can
// be told as lines of the file.
type place struct {
	kind  policy.Kind
	level int
	name  string
	line  int
}

// Problem is one reason why a case is malformed.
type Problem struct {
	File  string
	Line  int
	Field string
	Msg   string
}

// Error is file:line: field: message.
func (p *Problem) Error() string {
	at := p.File + ":" + strconv.Itoa(p.Line) + ": "
	if p.Field != "" {
		at += p.Field + ": "
	}
	return at + p.Msg
}

// Problems are all reasons why a case is malformed, in the order found.
type Problems []*Problem

// Error is one line per reason.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, one := range p {
		lines[i] = one.Error()
	}
	return strings.Join(lines, "\n")
}

// Parse yields the cases of a text of YAML or JSON documents. The file's name
// is for messages, and one that ends in .json makes the text JSON only. The
// error of a case is a Problems; the case then has its name and its place.
// Documents that many cases share are read once.
func Parse(file string, content []byte) iter.Seq2[*Case, error] {
	return func(yield func(*Case, error) bool) {
		documents := library{}
		for root, bad := range syntax.Documents(file, content) {
			c := &Case{File: file}
			var problems Problems
			if bad != nil {
				c.Line = bad.Line
				problems = Problems{{File: file, Line: bad.Line, Msg: bad.Msg}}
			} else {
				c.Line = root.Line
				problems = readCase(c, root, &documents)
			}
			if c.Name == "" {
				c.Name = file + ":" + strconv.Itoa(c.Line)
			}
			var err error
			if problems != nil {
				err = problems
			}
			if !yield(c, err) {
				return
			}
		}
	}
}

// caseFields are the fields of a case.
var caseFields = []string{
	"name", "request", "identityPolicies", "permissionsBoundaries", "sessionPolicies", "resourcePolicy", "trustPolicy",
	"serviceControlPolicies", "resourceControlPolicies", "expect",
}

func readCase(c *Case, root *syntax.Value, documents *library) Problems {
	r := &reader{c: c, documents: documents}
	top := field{r, root, ""}.fields(caseFields...)
	c.Name = top.get("name").text()
	r.request(top.need("request"))
	c.Policies.Identity = r.policies(top.get("identityPolicies"), policy.Identity, 0)
	r.boundary(top.get("permissionsBoundaries"))
	c.Policies.Session = r.policies(top.get("sessionPolicies"), policy.Session, 0)
	c.Policies.SessionPassed = len(c.Policies.Session) > 0
	r.resourcePolicy(top.get("resourcePolicy"))
	r.trustPolicy(top.get("trustPolicy"))
	c.Policies.ServiceControl = r.levels(top.get("serviceControlPolicies"), policy.ServiceControl)
	c.Policies.ResourceControl = r.levels(top.get("resourceControlPolicies"), policy.ResourceControl)
	c.Expect = r.expect(top.get("expect"))
	return r.problems
}

// outcomes are the words of a decision.
var outcomes = []string{policy.Allow.String(), policy.ExplicitDeny.String(), policy.ImplicitDeny.String()}

func (r *reader) expect(f field) string {
	word := f.text()
	if word == "" && !f.given() {
		return ""
	}
	for _, o := range outcomes {
		if word == o {
			return word
		}
	}
	if word == "deny" {
		f.fail("expected explicit-deny or implicit-deny, found deny")
		return ""
	}
	hint := "expected allow, explicit-deny or implicit-deny"
	if near, ok := nearest.Of(strings.ToLower(word), outcomes); ok {
		hint = "did you mean " + near + "?"
	}
	f.fail("%q is no decision, %s", word, hint)
	return ""
}
