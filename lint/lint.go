// Package lint is policy documents read critically: what AWS would refuse, and what it takes but does not do as it seems to say.
//
// [Run] looks at the documents of a file and [Manifest] at those of loaded
// manifests. Every rule is a row of one table, which [Rules] shows. It reads no
// files.
package lint

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/irsatz/irsatz/iam/policy"
	"github.com/irsatz/irsatz/internal/syntax"
)

// Severity is how bad a finding is.
type Severity uint8

// The severities.
const (
	Info    Severity = iota // worth a thought
	Warning                 // probably not what is meant
	Error                   // refused by AWS, without effect, or open to everybody
)

var severityWords = []string{"info", "warning", "error"}

// String names the severity.
func (s Severity) String() string {
	if int(s) < len(severityWords) {
		return severityWords[s]
	}
	return ""
}

// MarshalText is String.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what String writes.
func (s *Severity) UnmarshalText(text []byte) error {
	i := slices.Index(severityWords, string(text))
	if i < 0 {
		return fmt.Errorf("unknown severity %q: want error, warning or info", text)
	}
	*s = Severity(i)
	return nil
}

// Finding is one thing that a rule has to say.
type Finding struct {
	ID       string   `json:"id"`
	Severity Severity `json:"severity"`
	// File, Line and Column say where. Lines and columns count from 1.
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
	// Field is the document within a manifest, such as roles[0].assumeRolePolicyDocument.
	Field   string `json:"field,omitempty"`
	Message string `json:"message"`
	// Fix is what to do about it.
	Fix string `json:"fix,omitempty"`
}

// Rule describes one rule.
type Rule struct {
	ID       string
	Name     string
	Severity Severity
	// Doc says what the rule finds, and why that is bad.
	Doc string
}

// Rules returns all rules in the order of their ids.
func Rules() []Rule {
	all := make([]Rule, len(table))
	for i := range table {
		all[i] = table[i].Rule
	}
	return all
}

// Run looks at every policy document of a file, which is YAML or JSON. The kind
// is that of all of them; Auto tells it from what each document says.
func Run(file string, content []byte, kind Kind) []Finding {
	c := &checker{}
	documents := 0
	for root, bad := range syntax.Documents(file, content) {
		documents++
		if bad != nil {
			c.findings = append(c.findings, unreadable(file, bad))
			continue
		}
		c.check(newDocument(file, root, kind))
	}
	if documents == 0 {
		c.findings = append(c.findings, unreadable(file, &syntax.Error{Line: 1, Msg: "there is no document in it"}))
	}
	return c.sorted()
}

// unreadable is the finding for a text that is neither JSON nor YAML.
func unreadable(file string, bad *syntax.Error) Finding {
	return Finding{
		ID: refusedID, Severity: Error, File: file, Line: bad.Line, Column: max(bad.Column, 1),
		Message: "not a policy document: " + bad.Msg,
	}
}

// maxFindings bounds what one rule reports of one document: past that, one
// mistake is being reported again and again.
const maxFindings = 100

// checker applies the rules and collects what they find.
type checker struct {
	findings []Finding
	rule     *rule
	document *document
	found    int
}

// check applies every rule to a document.
func (c *checker) check(d *document) {
	start := len(c.findings)
	c.document = d
	for i := range table {
		c.rule, c.found = &table[i], 0
		if c.rule.document != nil {
			c.rule.document(c, d)
			continue
		}
		for j := range d.statements {
			c.rule.statement(c, d, &d.statements[j])
		}
	}
	c.dropRepeated(start)
}

// better are the rules that say what some of AWS's refusals say, and more.
var better = map[string]string{
	"IRS031": "can not contain region information",
	"IRS032": "in a single policy must be unique",
	"IRS034": "exceeds the maximum allowed document size",
}

// dropRepeated takes out AWS's refusal where a rule says it better.
func (c *checker) dropRepeated(start int) {
	mine := c.findings[start:]
	repeated := func(refusal Finding) bool {
		return refusal.ID == refusedID && slices.ContainsFunc(mine, func(f Finding) bool {
			text := better[f.ID]
			return text != "" && f.Line == refusal.Line && strings.Contains(refusal.Message, text)
		})
	}
	c.findings = append(c.findings[:start], slices.DeleteFunc(slices.Clone(mine), repeated)...)
}

// report adds a finding of the rule that is being applied.
func (c *checker) report(at place, fix, format string, args ...any) {
	c.reportAs(c.rule.Severity, at, fix, fmt.Sprintf(format, args...))
}

// suspect is report for what is known less well: an error is then a warning.
func (c *checker) suspect(at place, fix, format string, args ...any) {
	c.reportAs(min(c.rule.Severity, Warning), at, fix, fmt.Sprintf(format, args...))
}

// full reports whether more findings would be left out, so that it is no use to
// look for what was meant.
func (c *checker) full() bool { return c.found >= maxFindings }

func (c *checker) reportAs(severity Severity, at place, fix, message string) {
	if c.found++; c.found > maxFindings {
		return
	}
	const longest = 600
	c.findings = append(c.findings, Finding{
		ID: c.rule.ID, Severity: severity, File: c.document.file, Line: max(at.line, 1), Column: max(at.column, 1),
		Field: c.document.field, Message: clip(message, longest), Fix: clip(fix, longest),
	})
}

// clip shortens a text that quotes something long.
func clip(s string, longest int) string {
	runes := []rune(s)
	if len(s) <= longest || len(runes) <= longest {
		return s
	}
	return string(runes[:longest]) + " …"
}

// sorted returns the findings in the order of their places.
func (c *checker) sorted() []Finding {
	slices.SortStableFunc(c.findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.ID, b.ID))
	})
	return c.findings
}

// policyKinds are the kinds as the policy engine knows them.
var policyKinds = map[Kind]policy.Kind{
	Identity: policy.Identity, Boundary: policy.Boundary, Session: policy.Session, Bucket: policy.Resource,
	Trust: policy.Trust, ServiceControl: policy.ServiceControl, ResourceControl: policy.ResourceControl,
}
