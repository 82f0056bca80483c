package policy_test

import "testing"

func TestConditionString(t *testing.T) {
	t.Parallel()
	const like = "{'StringLike':{'aws:a':'a*c'}}"
	checkConditions(t, []row{
		deny("C104 case counts", "{'StringEquals':{'aws:a':'Bob'}}", keys{"aws:a": "bob"}),
		allow("C104 ignore case", "{'StringEqualsIgnoreCase':{'aws:a':'Bob'}}", keys{"aws:a": "bOB"}),
		deny("C104 not, ignore case", "{'StringNotEqualsIgnoreCase':{'aws:a':'Bob'}}", keys{"aws:a": "bOB"}),
		deny("C105 star is a star", "{'StringEquals':{'aws:a':'a*'}}", keys{"aws:a": "ab"}),
		allow("C105 star equals a star", "{'StringEquals':{'aws:a':'a*'}}", keys{"aws:a": "a*"}),
		allow("C106 nothing between", like, keys{"aws:a": "ac"}),
		allow("C106 anything between", like, keys{"aws:a": "a/b:c"}),
		deny("C106 anchored", like, keys{"aws:a": "xac"}),
		allow("question mark", "{'StringLike':{'aws:a':'a?c'}}", keys{"aws:a": "abc"}),
		deny("case of like", "{'StringLike':{'aws:a':'A*'}}", keys{"aws:a": "ab"}),
		allow("C102 neither pattern", "{'StringNotLike':{'aws:a':['a*','b*']}}", keys{"aws:a": "c"}),
		deny("C102 one pattern", "{'StringNotLike':{'aws:a':['a*','b*']}}", keys{"aws:a": "bc"}),
		allow("empty value", "{'StringEquals':{'s3:prefix':''}}", keys{"s3:prefix": ""}),
		deny("empty value, key absent", "{'StringEquals':{'s3:prefix':''}}", nil),
		allow("unquoted number", "{'StringEquals':{'aws:a':10}}", keys{"aws:a": "10"}),
	})
}
