package policy

// recorder takes down how a decision comes about. A nil recorder, and the nil
// traces it gives out, record nothing.
type recorder struct {
	policies []*PolicyTrace
	finder   *finder // of the policy that is being asked
	notes    []Note
}

// policy begins the trace of one policy.
func (r *recorder) policy(kind Kind, p *Policy, level int) *PolicyTrace {
	if r == nil {
		return nil
	}
	t := &PolicyTrace{Kind: kind, Level: level, Name: p.Name, ARN: p.ARN}
	t.Statements = make([]StatementTrace, 0, len(p.Document.statements))
	r.policies, r.finder = append(r.policies, t), newFinder(p.Document)
	return t
}

// statement begins the trace of one statement of the policy.
func (r *recorder) statement(t *PolicyTrace, s *statement) *StatementTrace {
	effect := "Allow"
	if s.deny {
		effect = "Deny"
	}
	at := r.finder.at(s.places.statement, s, "")
	t.Statements = append(t.Statements, StatementTrace{
		Index: s.index, Sid: s.sid, Effect: effect, Line: at.Line, Column: at.Column, Path: at.Path,
	})
	return &t.Statements[len(t.Statements)-1]
}

func (t *StatementTrace) match() {
	if t != nil {
		t.Matched = true
	}
}

func (t *StatementTrace) decide() {
	if t != nil {
		t.Deciding = true
	}
}

func (t *StatementTrace) failPrincipal(s *statement, q *question) {
	if t != nil {
		t.Not = s.principal.not
		t.fail(PrincipalElement, s.principal.written, q.Principal.forms())
		t.at(q, s.places.principal, s, negatable("Principal", t.Not))
	}
}

func (t *StatementTrace) failAction(s *statement, q *question) {
	if t != nil {
		t.Not = s.actions.not
		t.fail(ActionElement, s.actions.written, []string{q.Action})
		t.at(q, s.places.action, s, negatable("Action", t.Not))
	}
}

func (t *StatementTrace) failResource(s *statement, q *question) {
	if t != nil {
		t.Not = s.resources.not
		t.fail(ResourceElement, s.resources.written, []string{q.Resource})
		t.at(q, s.places.resource, s, negatable("Resource", t.Not))
	}
}

func (t *StatementTrace) failCondition(c *condition, s *statement, q *question) {
	if t == nil {
		return
	}
	actual, _, ok := q.Context.lookup(c.key, c.hash)
	t.Failed = ConditionElement
	t.at(q, c.pos, s, "Condition."+c.written+"."+c.key)
	t.Condition = &ConditionTrace{
		Operator: c.written, Key: c.key, Line: t.At.Line, Column: t.At.Column, Path: t.At.Path,
		Actual: append([]string(nil), actual...), Absent: !ok,
	}
	t.Condition.Wanted, t.Condition.More = firstOf(c.values)
}

func (t *StatementTrace) fail(e Element, wanted, actual []string) {
	t.Failed, t.Actual = e, actual
	t.Wanted, t.More = firstOf(wanted)
}

// at notes the place of the element that failed.
func (t *StatementTrace) at(q *question, pos int, s *statement, path string) {
	place := q.recorder.finder.at(pos, s, path)
	t.At = &place
}

// maxWanted is how many wanted values a trace holds: some policies list
// thousands of actions.
const maxWanted = 32

// firstOf returns the first of many values, and how many it leaves out.
func firstOf(all []string) (some []string, more int) {
	n := min(len(all), maxWanted)
	return append([]string(nil), all[:n]...), len(all) - n
}

// forms are the names under which a policy can name the principal.
func (p *Principal) forms() []string {
	var forms []string
	add := func(kind, value string) {
		if value != "" {
			forms = append(forms, kind+":"+value)
		}
	}
	switch p.Kind {
	case WebIdentity:
		add("Federated", p.Provider)
	case Service:
		add("Service", p.Service)
	case Root, User, RoleSession, FederatedUser:
		add("AWS", p.ARN)
		add("AWS", p.RoleARN)
		add("AWS", p.AccountID)
	case Anonymous:
	}
	return forms
}

// explain puts the traces together.
func (r *recorder) explain(p *Policies, request *Request, d Decision) *Explanation {
	e := &Explanation{Request: *request, Outcome: d.Outcome, By: d.By, Reason: d.reason()}
	if request.Context != nil {
		e.Request.Context = request.Context.Clone()
	}
	for _, t := range r.policies {
		t.Outcome = t.outcome()
		e.Policies = append(e.Policies, *t)
	}
	e.Suggestions, e.Notes = suggest(e), r.notes
	return e
}

// outcome is what the policy says by itself.
func (t *PolicyTrace) outcome() Outcome {
	outcome := ImplicitDeny
	for _, s := range t.Statements {
		switch {
		case s.Matched && s.Effect == "Deny":
			return ExplicitDeny
		case s.Matched:
			outcome = Allow
		}
	}
	return outcome
}

// reason says in one line why the decision is what it is.
func (d Decision) reason() string {
	switch {
	case d.Outcome == Allow && d.Statement < 0:
		return "allowed: the root user of the resource's account"
	case d.Outcome == Allow:
		return "allowed by " + article(d.By) + d.By.String()
	case d.Outcome == ExplicitDeny:
		return "denied explicitly by " + article(d.By) + d.By.String()
	}
	return "denied: no " + d.By.String() + " allows it"
}
