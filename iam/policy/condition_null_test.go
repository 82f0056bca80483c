package policy_test

import "testing"

func TestConditionNull(t *testing.T) {
	t.Parallel()
	checkConditions(t, []row{
		allow("C98 null true, absent", "{'Null':{'aws:a':'true'}}", nil),
		deny("C98 null true, present", "{'Null':{'aws:a':true}}", keys{"aws:a": ""}),
		allow("C98 null false, present", "{'Null':{'aws:a':false}}", keys{"aws:a": ""}),
		deny("C98 null false, absent", "{'Null':{'aws:a':'false'}}", nil),
		allow("null of an empty list", "{'Null':{'aws:a':'true'}}", keys{"aws:a": []string{}}),
		deny("null of nonsense", "{'Null':{'aws:a':'maybe'}}", nil),
		allow("null of both", "{'Null':{'aws:a':['true','false']}}", nil),
		allow("null with a set operator", "{'ForAnyValue:Null':{'aws:a':'true'}}", nil),
	})
}
