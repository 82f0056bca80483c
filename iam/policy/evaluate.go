package policy

import (
	"math/bits"
	"strings"

	"github.com/irsatz/irsatz/iam/arn"
)

// question is a request as the evaluator asks it.
type question struct {
	*Request
	action   string // in lower case, and its two parts
	service  string
	name     string
	resource arn.Divided
	hashes   hashes
	bounded  bool // the caller has a permissions boundary
	recorder *recorder
}

// hit is a statement that matched.
type hit struct {
	kind      Kind
	policy    *Policy
	statement *statement
	trace     *StatementTrace
}

// verdict is what the policies of one kind say together.
type verdict struct {
	deny, allow hit
	named       naming // how the strongest Allow names the caller
	silent      bool   // a level of the organization does not allow
}

func (v *verdict) denies() bool { return v.deny.statement != nil }
func (v *verdict) allows() bool { return v.allow.statement != nil }

// verdicts are those of all kinds of policy. Resource is that of the trust
// policy too.
type verdicts struct {
	service, control, resource, boundary, session, identity verdict
}

// Decide answers a request, without explanation.
func (p *Policies) Decide(r *Request) Decision { return p.decide(r, nil) }

// Explain is Decide with its explanation.
func (p *Policies) Explain(r *Request) Decision {
	rec := &recorder{}
	d := p.decide(r, rec)
	d.Explanation = rec.explain(p, r, d)
	return d
}

// decide is the one evaluator. Without a recorder it stops at the first denial;
// with one it asks every statement, to the same end.
func (p *Policies) decide(r *Request, rec *recorder) Decision {
	var buffer [inlineAction]byte
	q := question{Request: r, bounded: p.Boundary != nil, recorder: rec}
	q.action = string(appendLower(buffer[:0], r.Action))
	q.service, q.name, _ = strings.Cut(q.action, ":")
	resource := r.Resource
	if resource == "*" && q.service == "s3" {
		resource = anyS3Resource
	}
	q.resource = arn.Divide(resource)
	q.hash()
	if r.Action == "" || r.Resource == "" || r.Principal.Kind > Service {
		return Decision{By: p.governing(), Statement: -1}
	}
	var v verdicts
	p.ask(&q, &v)
	if denial := v.denial(); denial != nil {
		return decided(ExplicitDeny, denial)
	}
	return p.weigh(r, &v)
}

// ask puts the question to every policy, in the order in which their denials
// are reported.
func (p *Policies) ask(q *question, v *verdicts) {
	mine := q.Principal.hasAccount()
	if mine && p.ServiceControl != nil {
		q.levels(&v.service, ServiceControl, p.ServiceControl)
	}
	if p.ResourceControl != nil {
		q.levels(&v.control, ResourceControl, p.ResourceControl)
	}
	if p.Resource != nil {
		q.policy(&v.resource, Resource, p.Resource, 0)
	}
	if p.Trust != nil {
		// Where there is a trust policy, no other one lets in.
		v.resource.allow, v.resource.named = hit{}, notNamed
		q.policy(&v.resource, Trust, p.Trust, 0)
	}
	if !mine {
		// Nobody attached a policy to a caller without an account.
		return
	}
	if p.Boundary != nil {
		q.policy(&v.boundary, Boundary, p.Boundary, 0)
	}
	for i := range p.Session {
		q.policy(&v.session, Session, &p.Session[i], 0)
	}
	for i := range p.Identity {
		q.policy(&v.identity, Identity, &p.Identity[i], 0)
	}
}

// levels asks the policies of an organization, each level of which must allow.
func (q *question) levels(v *verdict, kind Kind, levels [][]Policy) {
	v.silent = len(levels) == 0
	for n, level := range levels {
		var own verdict
		for i := range level {
			q.policy(&own, kind, &level[i], n+1)
		}
		v.silent = v.silent || !own.allows()
		if !v.denies() {
			v.deny = own.deny
		}
	}
}

// policy asks every statement of one policy.
func (q *question) policy(v *verdict, kind Kind, p *Policy, level int) {
	if v.denies() && q.recorder == nil {
		return
	}
	if p.Document == nil {
		// Nobody knows what it would deny.
		v.deny = hit{kind: kind, policy: p, statement: &unreadable}
		return
	}
	statements := p.Document.statements
	if q.indexes(p.Document) {
		list := p.Document.index.shortlist(q)
		for w := range list.anyAction {
			for word := list.word(w); word != 0; word &= word - 1 {
				s := &statements[w*wordBits+bits.TrailingZeros64(word)]
				if q.statement(v, hit{kind: kind, policy: p, statement: s}, nil) {
					return
				}
			}
		}
		return
	}
	trace := q.recorder.policy(kind, p, level)
	for i := range statements {
		if q.statement(v, hit{kind: kind, policy: p, statement: &statements[i]}, trace) {
			return
		}
	}
}

// statement asks one statement, which is that of the hit it may become. It
// reports whether no other needs to be asked.
func (q *question) statement(v *verdict, h hit, trace *PolicyTrace) (enough bool) {
	s := h.statement
	if q.recorder != nil {
		h.trace = q.recorder.statement(trace, s)
	}
	how, matched := s.match(q, h.trace)
	if q.recorder != nil {
		q.recorder.note(h.policy, s, q, h.trace)
	}
	switch {
	case !matched:
	case s.deny:
		if !v.denies() {
			v.deny = h
		}
		return q.recorder == nil
	case !v.allows() || how > v.named:
		v.allow, v.named = h, how
	}
	return false
}

// unreadable stands for the statements of a policy without a document.
var unreadable = statement{index: -1, deny: true}

// match reports whether the statement applies, and how it names the caller.
// Without a trace nothing is recorded.
func (s *statement) match(q *question, trace *StatementTrace) (naming, bool) {
	how := notNamed
	if s.principal != nil {
		how = s.principal.name(&q.Principal, s.deny, q.bounded)
		if how == notNamed {
			trace.failPrincipal(s, q)
			return how, false
		}
	}
	if !s.actions.contains(q) {
		trace.failAction(s, q)
		return how, false
	}
	if s.resources != nil && !s.resources.contains(&q.resource, q.Context) {
		trace.failResource(s, q)
		return how, false
	}
	for i := range s.conditions {
		if c := &s.conditions[i]; !c.holds(q.Context) {
			trace.failCondition(c, s, q)
			return how, false
		}
	}
	trace.match()
	return how, true
}

// denial is the Deny that is reported, if there is any: AWS names one, and it is
// not known which.
func (v *verdicts) denial() *hit {
	for _, one := range []*verdict{&v.service, &v.control, &v.resource, &v.boundary, &v.session, &v.identity} {
		if one.denies() {
			return &one.deny
		}
	}
	return nil
}
