package policy_test

import "testing"

func TestConditionBool(t *testing.T) {
	t.Parallel()
	checkConditions(t, []row{
		allow("C116 without case", "{'Bool':{'aws:SecureTransport':'TRUE'}}", keys{"aws:SecureTransport": "true"}),
		allow("C116 unquoted", "{'Bool':{'aws:SecureTransport':true}}", keys{"aws:SecureTransport": "True"}),
		deny("other", "{'Bool':{'aws:SecureTransport':'false'}}", keys{"aws:SecureTransport": "true"}),
		allow("both", "{'Bool':{'aws:SecureTransport':['true','false']}}", keys{"aws:SecureTransport": "true"}),
		deny("nonsense", "{'Bool':{'aws:SecureTransport':'yes'}}", keys{"aws:SecureTransport": "yes"}),
		allow("if exists", "{'BoolIfExists':{'aws:MultiFactorAuthPresent':'false'}}", nil),
	})
}
