package policy_test

import "testing"

func TestConditionVariables(t *testing.T) {
	t.Parallel()
	const tag = "aws:PrincipalTag/team"
	checkConditions(t, []row{
		allow("value", "{'StringEquals':{'aws:a':'${aws:PrincipalTag/team}'}}", keys{"aws:a": "red", tag: "red"}),
		deny("other value", "{'StringEquals':{'aws:a':'${aws:PrincipalTag/team}'}}", keys{"aws:a": "red", tag: "blue"}),
		allow("without case", "{'StringEquals':{'aws:a':'x-${AWS:principaltag/TEAM}-y'}}", keys{"aws:a": "x-red-y", tag: "red"}),
		allow("ignore case", "{'StringEqualsIgnoreCase':{'aws:a':'x-${aws:PrincipalTag/team}'}}", keys{"aws:a": "X-RED", tag: "red"}),
		deny("ignore case, no value", "{'StringEqualsIgnoreCase':{'aws:a':'x-${aws:PrincipalTag/team}'}}", keys{"aws:a": "X-RED"}),
		allow("like", "{'StringLike':{'aws:a':'${aws:PrincipalTag/team}/*'}}", keys{"aws:a": "red/x", tag: "red"}),
		deny("C107 escaped star", "{'StringLike':{'aws:a':'a${*}'}}", keys{"aws:a": "ab"}),
		allow("C107 escaped star equals a star", "{'StringLike':{'aws:a':'a${*}'}}", keys{"aws:a": "a*"}),
		allow("escaped question mark and dollar", "{'StringLike':{'aws:a':'${?}${$}*'}}", keys{"aws:a": "?$x"}),
		deny("C108 star from the request", "{'StringLike':{'aws:a':'${aws:PrincipalTag/team}'}}", keys{"aws:a": "Bobby", tag: "Bob*"}),
		allow("C108 star from the request equals a star", "{'StringLike':{'aws:a':'${aws:PrincipalTag/team}'}}", keys{"aws:a": "Bob*", tag: "Bob*"}),
		allow("C125 fallback", "{'StringEquals':{'aws:a':'${aws:PrincipalTag/team, \\u0027x\\u0027}'}}", keys{"aws:a": "x"}),
		allow("C125 fallback unused", "{'StringEquals':{'aws:a':'${aws:PrincipalTag/team, \\u0027x\\u0027}'}}", keys{"aws:a": "red", tag: "red"}),
		deny("C126 no value, equals", "{'StringEquals':{'aws:a':'${aws:PrincipalTag/team}'}}", keys{"aws:a": "red"}),
		allow("C126 no value, not equals", "{'StringNotEquals':{'aws:a':'${aws:PrincipalTag/team}'}}", keys{"aws:a": "red"}),
		deny("C129 several values", "{'StringEquals':{'aws:a':'${aws:TagKeys}'}}", keys{"aws:a": "x", "aws:TagKeys": []string{"x"}}),
		deny("C130 number", "{'NumericLessThan':{'aws:a':'${aws:b}'}}", keys{"aws:a": "1", "aws:b": "2"}),
		allow("bool", "{'Bool':{'aws:a':'${aws:b}'}}", keys{"aws:a": "true", "aws:b": "TRUE"}),
		allow("without end", "{'StringEquals':{'aws:a':'${aws:b'}}", keys{"aws:a": "${aws:b", "aws:b": "x"}),
		deny("fallback without quotes", "{'StringEquals':{'aws:a':'${aws:c, x}'}}", keys{"aws:a": "x"}),
		allow("fallback with a brace", "{'StringEquals':{'aws:a':'${aws:c, \\u0027a}b\\u0027}'}}", keys{"aws:a": "a}b"}),
		allow("quote without twin", "{'StringEquals':{'aws:a':'${aws:it\\u0027s}'}}", keys{"aws:a": "x", "aws:it's": "x"}),
		allow("five variables", "{'StringEquals':{'aws:a':'${aws:b}${aws:b}${aws:b}${aws:b}${aws:b}'}}", keys{"aws:a": "xxxxx", "aws:b": "x"}),
	})
}
