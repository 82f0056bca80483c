package simulate

import (
	"errors"
	"strings"

	"github.com/irsatz/irsatz/iam/arn"
	"github.com/irsatz/irsatz/iam/policy"
	"github.com/irsatz/irsatz/internal/syntax"
)

// maxLibrary is how much text of documents is kept compiled, in bytes.
const maxLibrary = 32 << 20

// library keeps documents compiled: cases tend to share them.
type library struct {
	books map[bookKey]book
	size  int
}

type bookKey struct {
	kind   policy.Kind
	bucket string // of which it is the policy; empty: not known
	text   string
}

type book struct {
	document *policy.Document
	err      error
}

func (l *library) parse(key bookKey) (*policy.Document, error) {
	b, known := l.books[key]
	if known {
		return b.document, b.err
	}
	if key.bucket != "" {
		b.document, b.err = policy.ParseForBucket(key.bucket, []byte(key.text))
	} else {
		b.document, b.err = policy.Parse(key.kind, []byte(key.text))
	}
	if l.size += len(key.text); l.books == nil || l.size > maxLibrary {
		l.books, l.size = map[bookKey]book{}, len(key.text)
	}
	l.books[key] = b
	return b.document, b.err
}

// attachment is what a policy is attached as.
type attachment struct {
	kind   policy.Kind
	level  int
	bucket string
}

// policy reads a policy: a document, or one with a name.
func (r *reader) policy(f field, as attachment) (policy.Policy, bool) {
	if !f.given() {
		f.fail("expected a policy document")
		return policy.Policy{}, false
	}
	p := policy.Policy{Name: f.name}
	source := f
	if f.value.Kind == syntax.Mapping && (f.value.Get("document") != nil || f.value.Get("name") != nil) {
		named := f.fields("name", "document")
		if name := named.get("name").text(); name != "" {
			p.Name = name
		}
		if source = named.need("document"); !source.given() {
			return p, false
		}
	}
	text, line, ok := source.document()
	if !ok {
		return p, false
	}
	var err error
	if p.Document, err = r.documents.parse(bookKey{as.kind, as.bucket, text}); err != nil {
		source.malformed(line, err)
		return p, false
	}
	r.c.places = append(r.c.places, place{as.kind, as.level, p.Name, line})
	return p, true
}

// document is the text of a document, and the line it begins in.
func (f field) document() (text string, line int, ok bool) {
	switch v := f.value; v.Kind {
	case syntax.Mapping:
		src, err := v.JSON()
		if err != nil {
			f.failAt(err.Line, err.Msg)
			return "", 0, false
		}
		return string(src), v.Line, true
	case syntax.String:
		if strings.HasPrefix(v.Text, "file:") {
			f.fail("the documents of a case stand in the case; %s is not read", v.Text)
			return "", 0, false
		}
		return v.Text, v.TextLine(), true
	default:
		f.fail("expected a policy document, as a mapping or as text of JSON, found %s", v.Kind)
		return "", 0, false
	}
}

// malformed reports a document that AWS would refuse, in its words.
func (f field) malformed(line int, err error) {
	bad, ok := errors.AsType[*policy.MalformedError](err)
	if !ok {
		f.failAt(line, err.Error())
		return
	}
	msg := bad.Code + ": " + bad.Message
	if bad.Detail != "" {
		msg += " (" + bad.Detail + ")"
	}
	f.failAt(line+bad.Line-1, msg)
}

// policies reads a list of policies of one kind.
func (r *reader) policies(f field, kind policy.Kind, level int) []policy.Policy {
	var all []policy.Policy
	for _, item := range f.list() {
		if p, ok := r.policy(item, attachment{kind: kind, level: level}); ok {
			all = append(all, p)
		}
	}
	return all
}

// levels reads the policies of an organization: a list for each of its levels.
func (r *reader) levels(f field, kind policy.Kind) [][]policy.Policy {
	if !f.given() {
		return nil
	}
	levels := [][]policy.Policy{}
	for i, level := range f.list() {
		if level.given() && level.value.Kind != syntax.List {
			level.fail("expected a list of policies for each level of the organization, its root first: [[…], […]]")
			continue
		}
		levels = append(levels, r.policies(level, kind, i+1))
	}
	return levels
}

func (r *reader) boundary(f field) {
	boundaries := r.policies(f, policy.Boundary, 0)
	if len(boundaries) > 1 {
		f.fail("a principal has one permissions boundary, found %d", len(boundaries))
	}
	if len(boundaries) > 0 {
		r.c.Policies.Boundary = &boundaries[0]
	}
}

// resourcePolicy reads the policy of a bucket, which is the one of the request
// if that names one.
func (r *reader) resourcePolicy(f field) {
	if !f.given() {
		return
	}
	as := attachment{kind: policy.Resource}
	if a, err := arn.Parse(r.c.Request.Resource); err == nil {
		if a.Service != "s3" {
			f.fail("policies of resources other than S3 buckets are not implemented, the resource is %s", r.c.Request.Resource)
			return
		}
		if a.Region+a.AccountID == "" {
			as.bucket, _, _ = strings.Cut(a.Resource, "/")
		}
	}
	if p, ok := r.policy(f, as); ok {
		r.c.Policies.Resource = &p
	}
}

func (r *reader) trustPolicy(f field) {
	if !f.given() {
		return
	}
	if service, _, _ := strings.Cut(r.c.Request.Action, ":"); !strings.EqualFold(service, "sts") && service != "" {
		f.fail("a trust policy says who may assume a role: it has no part in %s", r.c.Request.Action)
		return
	}
	if p, ok := r.policy(f, attachment{kind: policy.Trust}); ok {
		r.c.Policies.Trust = &p
	}
}

// shift makes lines of documents the lines of the case's file.
func (c *Case) shift(e *policy.Explanation) {
	if e.Policies == nil {
		e.Policies = []policy.PolicyTrace{} // a list in JSON
	}
	taken := make([]bool, len(c.places))
	for i := range e.Policies {
		t := &e.Policies[i]
		for j, at := range c.places {
			if taken[j] || at.kind != t.Kind || at.level != t.Level || at.name != t.Name {
				continue
			}
			taken[j] = true
			for k := range t.Statements {
				shiftStatement(&t.Statements[k], at.line-1)
			}
			break
		}
	}
}

func shiftStatement(s *policy.StatementTrace, lines int) {
	s.Line += lines
	if s.Condition != nil {
		s.Condition.Line += lines
	}
}
