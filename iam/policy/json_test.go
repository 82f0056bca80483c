package policy_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/irsatz/irsatz/iam/policy"
)

// TestJSONRefused gives the reader text that is not JSON.
func TestJSONRefused(t *testing.T) {
	t.Parallel()
	for _, src := range []string{
		"{", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,", "{\"a\":1,}", "{a:1}", "{\"a\" 1}", "{\"a\":1 \"b\":2}",
		"[", "[1", "[1,", "[1,]", "[1 2]", "[tru]", "\"", "\"a", "\"\\", "\"\\x\"", "\"\\ud800\"", "\"a\nb\"",
		"01", "1.", "-", "1e", "+1", ".5", "nul", "{\"a\":[}", "1 2", "\x00", strings.Repeat("{\"a\":", 50), "{\"a\\q\":1}", "[[1,]]",
	} {
		malformed(t, policy.Identity, src, "MalformedPolicyDocument", "This policy contains invalid Json")
	}
}

// TestJSONAccepted gives it all that JSON has, in a place where it counts.
func TestJSONAccepted(t *testing.T) {
	t.Parallel()
	const head = "{ \"Version\" :\t\"2012-10-17\",\r\n\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"s3:\\u0047et*\",\"Resource\":[ ],\"NotResource\":[]"
	malformed(t, policy.Identity, head+"}]}", "MalformedPolicyDocument", syntaxText)
	d := policy.MustParse(policy.Identity, "{ \"Version\" :\t\"2012-10-17\",\r\n\"Conditions\":[1,-2.5e3,null,true,false,{},[],\"\"],"+
		"\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"s3:\\u0047et*\",\"Resource\":\"\\u002a\",\"Condition\":{\"NumericEquals\":{\"aws:a\":-2.50}}}]}")
	r := get(roleSession)
	r.Context.Set("aws:a", "-2.5")
	if !decide(t, &policy.Policies{Identity: []policy.Policy{{Document: d}}}, r).Allowed() {
		t.Error("an escaped action does not match")
	}
}

// TestManyMembers finds a member that stands twice among many.
func TestManyMembers(t *testing.T) {
	t.Parallel()
	var keys []string
	for i := range 40 {
		keys = append(keys, fmt.Sprintf("'aws:k%d':'x'", i))
	}
	block := strings.Join(keys, ",")
	if _, err := policy.Parse(policy.Identity, []byte(when("{'StringEquals':{"+block+"}}"))); err != nil {
		t.Error(err)
	}
	for _, twice := range []string{"'aws:k0':'y'", "'aws:k39':'y'"} {
		malformed(t, policy.Identity, when("{'StringEquals':{"+block+","+twice+"}}"), "MalformedPolicyDocument", syntaxText)
	}
}
