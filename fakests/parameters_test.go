package fakests_test

import (
	"fmt"
	"maps"
	"net/url"
	"strings"
	"testing"
)

// A95: lengths.
func TestA95_Lengths(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.target("", trusts("*", all, ""))
	for name, most := range map[string]int{"RoleSessionName": 64, "ExternalId": 1224, "SourceIdentity": 64} {
		for _, n := range []int{2, most} {
			w.given(w.call(ci(), "AssumeRole", name, strings.Repeat("x", n)))
		}
		member := strings.ToLower(name[:1]) + name[1:]
		for n, want := range map[int]string{1: "greater than or equal to 2", most + 1: fmt.Sprint("less than or equal to ", most)} {
			value := strings.Repeat("x", n)
			w.wantRefusal(w.call(ci(), "AssumeRole", name, value), 400, "ValidationError",
				"1 validation error detected: Value '"+value+"' at '"+member+"' failed to satisfy constraint: Member must have length "+want)
		}
	}
}

// A20: gaps in a list are elements that are null, up to ten at a stretch.
func TestA20_SparseList(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.target("", trusts("*", all, ""))
	const some = "arn:aws:iam::aws:policy/ReadOnlyAccess"
	a := w.call(ci(), "AssumeRole", "PolicyArns.member.1.arn", some, "PolicyArns.member.8.arn", some, "PolicyArns.member.15.arn", some)
	w.wantRefusal(a, 400, "ValidationError", "1 validation error detected: Value at 'policyArns' failed to satisfy constraint: Member must have length less than or equal to 10")
	a = w.call(ci(), "AssumeRole", "PolicyArns.member.1.arn", some, "PolicyArns.member.3.arn", some)
	w.wantRefusal(a, 400, "ValidationError", "1 validation error detected: Value null at 'policyArns.2.member.arn' failed to satisfy constraint: Member must not be null")
	w.wantRefusal(w.call(ci(), "AssumeRole", "PolicyArns.member.1.arn", some, "PolicyArns.member.13.arn", some), 400, "MalformedInput", "Excessively sparse input would skip 11 list elements")
}

// A9: of a parameter that is there twice the first counts, whether the second
// would have been good or bad.
func TestA9_FirstValueWins(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.target("", trusts(ciARN, all, `"StringEquals":{"sts:ExternalId":"e1"}`))
	good := url.Values{
		"Action": {"AssumeRole"}, "Version": {"2011-06-15"}, "RoleArn": {targetARN}, "RoleSessionName": {"next"},
		"DurationSeconds": {"900"}, "ExternalId": {"e1"},
	}
	for name, bad := range map[string]struct{ value, code string }{
		"Action": {"NoSuchAction", "InvalidAction"}, "Version": {"2000-01-01", "InvalidAction"}, "RoleArn": {targetARN + "s", "AccessDenied"},
		"DurationSeconds": {"899", "ValidationError"}, "ExternalId": {"e2", "AccessDenied"},
	} {
		rest := maps.Clone(good)
		rest.Del(name)
		pair := func(value string) string { return url.Values{name: {value}}.Encode() }
		first, second := pair(good.Get(name)), pair(bad.value)
		w.given(w.do(w.signed(ci(), rest.Encode()+"&"+first+"&"+second)))
		if a := w.do(w.signed(ci(), rest.Encode()+"&"+second+"&"+first)); a.record.Code != bad.code || a.Code == 200 {
			t.Errorf("a bad %s first: %d %s", name, a.Code, a.Body)
		}
	}
}
