package policy_test

import "testing"

func TestConditionNumeric(t *testing.T) {
	t.Parallel()
	checkConditions(t, []row{
		allow("C112 equals", "{'NumericEquals':{'aws:a':'10'}}", keys{"aws:a": "10.0"}),
		allow("leading zeros and sign", "{'NumericEquals':{'aws:a':'+0010'}}", keys{"aws:a": "10"}),
		allow("minus zero", "{'NumericEquals':{'aws:a':'-0'}}", keys{"aws:a": "0"}),
		deny("C112 no number in the request", "{'NumericEquals':{'aws:a':'10'}}", keys{"aws:a": "ten"}),
		deny("no number in the request, negated", "{'NumericNotEquals':{'aws:a':'10'}}", keys{"aws:a": "ten"}),
		deny("no number in the policy, negated", "{'NumericNotEquals':{'aws:a':'ten'}}", keys{"aws:a": "10"}),
		allow("one number in the policy", "{'NumericEquals':{'aws:a':['ten','10']}}", keys{"aws:a": "10"}),
		deny("exponent", "{'NumericEquals':{'aws:a':'1e1'}}", keys{"aws:a": "10"}),
		deny("point alone", "{'NumericEquals':{'aws:a':'.'}}", keys{"aws:a": "."}),
		allow("not equals", "{'NumericNotEquals':{'aws:a':'10'}}", keys{"aws:a": "11"}),
		allow("less", "{'NumericLessThan':{'aws:a':'10'}}", keys{"aws:a": "9"}),
		deny("less, equal", "{'NumericLessThan':{'aws:a':'10'}}", keys{"aws:a": "10"}),
		allow("less or equal", "{'NumericLessThanEquals':{'aws:a':'10'}}", keys{"aws:a": "10.00"}),
		allow("greater", "{'NumericGreaterThan':{'aws:a':'9'}}", keys{"aws:a": "10"}),
		allow("greater or equal", "{'NumericGreaterThanEquals':{'aws:a':'1.2'}}", keys{"aws:a": "1.2"}),
		allow("negative", "{'NumericLessThan':{'aws:a':'-9'}}", keys{"aws:a": "-10"}),
		allow("signs differ", "{'NumericLessThan':{'aws:a':'1'}}", keys{"aws:a": "-2"}),
		deny("signs differ the other way", "{'NumericLessThan':{'aws:a':'-1'}}", keys{"aws:a": "2"}),
		allow("after the point", "{'NumericLessThan':{'s3:TlsVersion':1.25}}", keys{"s3:TlsVersion": "1.2"}),
		allow("longer than a float", "{'NumericGreaterThan':{'aws:a':'9007199254740992'}}", keys{"aws:a": "9007199254740993"}),
		allow("C115 epoch", "{'NumericLessThan':{'aws:EpochTime':'1800000000'}}", keys{"aws:EpochTime": "1700000000"}),
	})
}
