package policy_test

import "testing"

func TestConditionBinary(t *testing.T) {
	t.Parallel()
	const wants = "{'BinaryEquals':{'aws:a':'QmluYXJ5'}}"
	checkConditions(t, []row{
		allow("equal", wants, keys{"aws:a": "QmluYXJ5"}),
		deny("other", wants, keys{"aws:a": "YmluYXJ5"}),
		deny("not base64 in the request", wants, keys{"aws:a": "!"}),
		deny("not base64 in the policy", "{'BinaryEquals':{'aws:a':'!'}}", keys{"aws:a": "QmluYXJ5"}),
	})
}
