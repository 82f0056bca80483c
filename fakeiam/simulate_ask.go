package fakeiam

import (
	"slices"
	"strings"

	"github.com/irsatz/irsatz/iam/arn"
	"github.com/irsatz/irsatz/iam/policy"
)

// evaluate asks about an action, on every resource.
func (m *simulator) evaluate(action string) evaluationResult {
	if len(m.in.ResourceArns) == 0 || slices.Equal(m.in.ResourceArns, []string{"*"}) {
		one := m.ask(action, "*")
		one.EvalDecisionDetails = nil // documented
		return evaluation(action, []resourceResult{one})
	}
	results := listed(m.in.ResourceArns, func(resource string) resourceResult { return m.ask(action, resource) })
	all := evaluation(action, results)
	all.ResourceSpecificResults = results
	return all
}

// ask asks about an action on one resource.
func (m *simulator) ask(action, resource string) resourceResult {
	q := &policy.Request{
		Principal: m.caller, Action: action, Resource: resource, ResourceAccount: m.accountOf(resource), Context: m.context,
	}
	policies := m.policies
	if strings.HasPrefix(strings.ToLower(action), "sts:assumerole") {
		// Trust policies are not simulated: one that leaves all to the account
		// stands in for the role's.
		policies.Trust = &policy.Policy{Document: policy.MustParse(policy.Trust,
			`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"`+m.caller.AccountID+`"},"Action":"sts:*"}}`)}
	}
	decision := policies.Explain(q)
	traces := m.traces(decision.Explanation)
	result := resourceResult{
		EvalResourceName: resource, EvalResourceDecision: decisions[decision.Outcome],
		MatchedStatements: traces.matched(decision.Outcome), MissingContextValues: traces.missing(m.context),
		EvalDecisionDetails: map[string]string{},
	}
	if m.boundary != nil {
		result.PermissionsBoundaryDecisionDetail = &boundaryDetail{traces.outcome(boundarySource) == policy.Allow}
	}
	if q.ResourceAccount != m.caller.AccountID {
		for _, t := range traces {
			result.EvalDecisionDetails[t.source] = decisions[traces.outcome(t.source)]
		}
	}
	return result
}

// accountOf is the account that owns a resource. It matters only where a policy
// of the resource has to allow as well.
func (m *simulator) accountOf(resource string) string {
	if m.resource == nil {
		return m.caller.AccountID
	}
	if a, err := arn.Parse(resource); err == nil && isAccount(a.AccountID) {
		return a.AccountID
	}
	return m.owner
}

// simulatedTrace is what one policy of a simulation said.
type simulatedTrace struct {
	*named
	source string // of which type the policy is, in the simulator's words
	*policy.PolicyTrace
}

type simulatedTraces []simulatedTrace

// traces tells which policies an explanation speaks of. It has those of each kind
// in their order.
func (m *simulator) traces(e *policy.Explanation) simulatedTraces {
	var all simulatedTraces
	next := 0
	for i := range e.Policies {
		t := &e.Policies[i]
		switch t.Kind {
		case policy.Identity:
			all = append(all, simulatedTrace{&m.identity[next], identitySource, t})
			next++
		case policy.Boundary:
			all = append(all, simulatedTrace{m.boundary, boundarySource, t})
		case policy.Resource:
			all = append(all, simulatedTrace{m.resource, resourceSource, t})
		}
	}
	return all
}

// outcome is what the policies of a type say together.
func (all simulatedTraces) outcome(source string) policy.Outcome {
	outcome := policy.ImplicitDeny
	for _, t := range all {
		switch {
		case t.source != source:
		case t.Outcome == policy.ExplicitDeny:
			return policy.ExplicitDeny
		case t.Outcome == policy.Allow:
			outcome = policy.Allow
		}
	}
	return outcome
}

// matched are the statements that decided: if anything denies, what denies alone
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_ResourceSpecificResult.html).
func (all simulatedTraces) matched(outcome policy.Outcome) []matchedStatement {
	list := []matchedStatement{}
	effect := map[policy.Outcome]string{policy.Allow: "Allow", policy.ExplicitDeny: "Deny"}[outcome]
	for _, t := range all {
		if outcome == policy.Allow && t.source == boundarySource {
			continue
		}
		for i, s := range t.Statements {
			if s.Matched && s.Effect == effect {
				span := t.document.Spans()[i]
				list = append(list, matchedStatement{
					SourcePolicyId: t.id, SourcePolicyType: t.source,
					StartPosition: position{int32(span.StartLine), int32(span.StartColumn)},
					EndPosition:   position{int32(span.EndLine), int32(span.EndColumn)},
				})
			}
		}
	}
	return list
}

// missing are the condition keys that statements about the action and resource
// ask for and the request has not.
func (all simulatedTraces) missing(ctx *policy.Context) []string {
	keys := []string{}
	for _, t := range all {
		needed := t.document.Keys()
		for i, s := range t.Statements {
			var asked []string
			if s.Matched || s.Failed >= policy.ResourceElement {
				asked = append(asked, needed[i].Resource...)
			}
			if s.Matched || s.Failed == policy.ConditionElement {
				asked = append(asked, needed[i].Condition...)
			}
			for _, key := range asked {
				if _, _, ok := ctx.Lookup(key); !ok {
					keys = policy.AddKey(keys, key)
				}
			}
		}
	}
	return keys
}
