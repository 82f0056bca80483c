package policy_test

import (
	"testing"

	"github.com/irsatz/irsatz/iam/policy"
)

// row is one condition against one context.
type row struct {
	name      string
	condition string // the Condition element, in single quotes
	keys      keys
	want      bool
}

// keys are the keys of a request: a string is single-valued, a list multi-valued.
type keys map[string]any

func (k keys) context() *policy.Context {
	c := policy.NewContext()
	for key, value := range k {
		switch v := value.(type) {
		case string:
			c.Set(key, v)
		case []string:
			c.SetValues(key, v...)
		}
	}
	return c
}

// allow is a condition that holds.
func allow(name, condition string, k keys) row { return row{name, condition, k, true} }

// deny is a condition that does not.
func deny(name, condition string, k keys) row { return row{name, condition, k, false} }

// checkConditions puts each condition on an Allow and on a Deny: both must apply,
// or neither.
func checkConditions(t *testing.T, rows []row) {
	t.Helper()
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			request := get(roleSession)
			request.Context = r.keys.context()
			tail := ",'Action':'s3:*','Resource':'*','Condition':" + r.condition + "}"
			allowing := &policy.Policies{Identity: identity("{'Effect':'Allow'" + tail)}
			if got := decide(t, allowing, request).Allowed(); got != r.want {
				t.Errorf("as Allow: got %t, want %t", got, r.want)
			}
			denying := &policy.Policies{Identity: identity(
				"{'Effect':'Allow','Action':'*','Resource':'*'}", "{'Effect':'Deny'"+tail)}
			if got := !decide(t, denying, request).Allowed(); got != r.want {
				t.Errorf("as Deny: got %t, want %t", got, r.want)
			}
		})
	}
}

func TestConditionCombination(t *testing.T) {
	t.Parallel()
	const both = "{'StringEquals':{'aws:a':'1','aws:b':'2'}}"
	const two = "{'StringEquals':{'aws:a':'1'},'StringLike':{'aws:b':'2*'}}"
	const values = "{'StringEquals':{'aws:a':['1','2']}}"
	const none = "{'StringNotEquals':{'aws:a':['1','2']}}"
	checkConditions(t, []row{
		allow("C99 keys both", both, keys{"aws:a": "1", "aws:b": "2"}),
		deny("C99 keys one", both, keys{"aws:a": "1", "aws:b": "3"}),
		allow("C99 operators both", two, keys{"aws:a": "1", "aws:b": "23"}),
		deny("C99 operators one", two, keys{"aws:a": "2", "aws:b": "23"}),
		allow("C100 first", values, keys{"aws:a": "1"}),
		allow("C100 second", values, keys{"aws:a": "2"}),
		deny("C100 neither", values, keys{"aws:a": "3"}),
		deny("C101 one of them", none, keys{"aws:a": "2"}),
		allow("C101 none of them", none, keys{"aws:a": "3"}),
		allow("empty block", "{}", nil),
		allow("unknown operator without keys", "{'Nonsense':{}}", nil),
		allow("C124 key without case", "{'StringEquals':{'AWS:principaltag/TEAM':'red'}}", keys{"aws:PrincipalTag/Team": "red"}),
		allow("C124 beyond ASCII", "{'StringEquals':{'aws:PrincipalTag/\u00c9quipe':'red'}}", keys{"aws:PrincipalTag/\u00e9quipe": "red"}),
	})
}

func TestConditionMissingKey(t *testing.T) {
	t.Parallel()
	checkConditions(t, []row{
		deny("C96 equals", "{'StringEquals':{'aws:a':'1'}}", nil),
		allow("C96 not equals", "{'StringNotEquals':{'aws:a':'1'}}", nil),
		allow("C97 equals if exists", "{'StringEqualsIfExists':{'aws:a':'1'}}", nil),
		allow("C97 not equals if exists", "{'StringNotEqualsIfExists':{'aws:a':'1'}}", nil),
		deny("if exists and present", "{'StringEqualsIfExists':{'aws:a':'1'}}", keys{"aws:a": "2"}),
		deny("C113 numeric", "{'NumericLessThanEquals':{'s3:max-keys':'10'}}", nil),
		allow("C113 numeric if exists", "{'NumericLessThanEqualsIfExists':{'s3:max-keys':'10'}}", nil),
		deny("empty list, positive", "{'StringEquals':{'aws:a':'1'}}", keys{"aws:a": []string{}}),
		allow("empty list, negated", "{'StringNotEquals':{'aws:a':'1'}}", keys{"aws:a": []string{}}),
		deny("C128 no values, positive", "{'StringEquals':{'aws:a':[]}}", keys{"aws:a": "1"}),
		allow("C128 no values, negated", "{'StringNotEquals':{'aws:a':[]}}", keys{"aws:a": "1"}),
	})
}

func TestConditionSets(t *testing.T) {
	t.Parallel()
	const all = "{'ForAllValues:StringEquals':{'aws:TagKeys':['a','b']}}"
	const guarded = "{'ForAllValues:StringEquals':{'aws:TagKeys':['a','b']},'Null':{'aws:TagKeys':'false'}}"
	const some = "{'ForAnyValue:StringEquals':{'aws:TagKeys':['a','b']}}"
	const someNot = "{'ForAnyValue:StringNotEquals':{'aws:TagKeys':['a','b']}}"
	const allNot = "{'ForAllValues:StringNotLike':{'aws:TagKeys':['a*','b*']}}"
	const tags = "aws:TagKeys"
	checkConditions(t, []row{
		allow("C119 all, absent", all, nil),
		deny("C119 all, absent, guarded", guarded, nil),
		allow("all, inside", guarded, keys{tags: []string{"a", "b", "a"}}),
		deny("C121 all, one outside", all, keys{tags: []string{"a", "c"}}),
		allow("all, empty", all, keys{tags: []string{}}),
		deny("C120 any, absent", some, nil),
		deny("C120 any not, absent", someNot, nil),
		allow("any if exists, absent", "{'ForAnyValue:StringEqualsIfExists':{'aws:TagKeys':'a'}}", nil),
		deny("any, empty", some, keys{tags: []string{}}),
		allow("any, one inside", some, keys{tags: []string{"c", "b"}}),
		deny("any, none inside", some, keys{tags: []string{"c"}}),
		allow("C122 any not, one outside", someNot, keys{tags: []string{"a", "c"}}),
		deny("C122 any not, all inside", someNot, keys{tags: []string{"a", "b"}}),
		deny("C123 all not, one inside", allNot, keys{tags: []string{"c", "bb"}}),
		allow("C123 all not, none inside", allNot, keys{tags: []string{"c", "d"}}),
		allow("set operator on a single value", all, keys{tags: "a"}),
		allow("one of many without set operator", "{'StringEquals':{'aws:TagKeys':'a'}}", keys{tags: []string{"a"}}),
		deny("several without set operator", "{'StringEquals':{'aws:TagKeys':['a','b']}}", keys{tags: []string{"a", "b"}}),
		allow("several without set operator, negated", "{'StringNotEquals':{'aws:TagKeys':'c'}}", keys{tags: []string{"a", "b"}}),
		deny("several without set operator, negated, one equal", "{'StringNotEquals':{'aws:TagKeys':'a'}}", keys{tags: []string{"a", "b"}}),
	})
}
