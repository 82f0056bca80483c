package simulate

import "github.com/irsatz/irsatz/iam/policy"

// Result is the answer to a case.
type Result struct {
	Name string `json:"name"`
	// Decision is allow, explicit-deny or implicit-deny.
	Decision  string     `json:"decision,omitempty"`
	DecidedBy *DecidedBy `json:"decidedBy,omitempty"`
	// Explanation is nil unless the result was made by Explain.
	Explanation *policy.Explanation `json:"explanation,omitempty"`
	Expect      string              `json:"expect,omitempty"`
	// OK says whether the decision is the one expected. It is nil where none
	// was, and false for a malformed case.
	OK *bool `json:"ok,omitempty"`
	// Error says why the case is malformed.
	Error string `json:"error,omitempty"`
}

// DecidedBy is the policy that decided: the one that allows, the one that
// denies, or the kind of policy that had to allow and does not.
type DecidedBy struct {
	Kind   policy.Kind `json:"kind"`
	Policy string      `json:"policy,omitempty"`
	Sid    string      `json:"sid,omitempty"`
	// Statement counts from 0; nil: no statement decided.
	Statement *int `json:"statement,omitempty"`
}

// Decide answers the case.
func (c *Case) Decide() Result { return c.result(c.Policies.Decide(&c.Request)) }

// Explain answers the case, with the explanation. Its lines are those of the
// file.
func (c *Case) Explain() Result {
	d := c.Policies.Explain(&c.Request)
	c.shift(d.Explanation)
	return c.result(d)
}

func (c *Case) result(d policy.Decision) Result {
	r := Result{Name: c.Name, Decision: d.Outcome.String(), Explanation: d.Explanation, Expect: c.Expect}
	if d.By != 0 {
		r.DecidedBy = &DecidedBy{Kind: d.By, Policy: d.Policy, Sid: d.Sid}
		if d.Statement >= 0 {
			r.DecidedBy.Statement = &d.Statement
		}
	}
	if c.Expect != "" {
		ok := c.Expect == r.Decision
		r.OK = &ok
	}
	return r
}

// Malformed is the result of a case that Parse gave an error for.
func (c *Case) Malformed(err error) Result {
	ok := false
	return Result{Name: c.Name, Expect: c.Expect, OK: &ok, Error: err.Error()}
}

// Tally counts results.
type Tally struct {
	Allowed   int // cases that are allowed
	Denied    int // cases that are denied
	Malformed int // cases that could not be asked
	Wrong     int // cases with another decision than the one expected
	Open      int // cases that are denied, and have no decision expected
}

// Add counts one result.
func (t *Tally) Add(r *Result) {
	switch r.Decision {
	case "":
		t.Malformed++
		return
	case policy.Allow.String():
		t.Allowed++
	default:
		t.Denied++
		if r.Expect == "" {
			t.Open++
		}
	}
	if r.OK != nil && !*r.OK {
		t.Wrong++
	}
}

// Cases is how many results were counted.
func (t *Tally) Cases() int { return t.Allowed + t.Denied + t.Malformed }
