package policy_test

import (
	"encoding/json"
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/irsatz/irsatz/iam/policy"
)

func TestContext(t *testing.T) {
	t.Parallel()
	c := policy.NewContext()
	c.Set("aws:SourceIp", "192.0.2.1")
	c.SetValues("aws:TagKeys", "a", "b")
	c.Set("AWS:sourceip", "192.0.2.2")
	c.SetValues("s3:none")
	want := map[string][]string{"aws:SourceIp": {"192.0.2.2"}, "aws:TagKeys": {"a", "b"}, "s3:none": nil}
	if diff := cmp.Diff(want, maps.Collect(c.All())); diff != "" || c.Len() != 3 {
		t.Errorf("%d keys: %s", c.Len(), diff)
	}
	if v, multi, ok := c.Lookup("aws:tagkeys"); !ok || !multi || len(v) != 2 {
		t.Errorf("Lookup = %v, %t, %t", v, multi, ok)
	}
	if _, _, ok := c.Lookup("aws:TagKey"); ok {
		t.Error("finds a key that was not set")
	}
	for range c.All() {
		break
	}
	twin := c.Clone()
	twin.Set("aws:SourceIp", "x")
	if v, _, _ := c.Lookup("aws:SourceIp"); v[0] != "192.0.2.2" {
		t.Error("a clone changes its original")
	}
	c.SetValues("aws:SourceIp", "y")
	if _, multi, _ := c.Lookup("aws:SourceIp"); !multi {
		t.Error("SetValues leaves a key single-valued")
	}
}

func TestContextNil(t *testing.T) {
	t.Parallel()
	var c *policy.Context
	if _, _, ok := c.Lookup("a"); ok || c.Len() != 0 || c.Clone().Len() != 0 {
		t.Error("a nil context has keys")
	}
	for key := range c.All() {
		t.Errorf("a nil context has %s", key)
	}
}

func TestContextJSON(t *testing.T) {
	t.Parallel()
	const text = `{"aws:userid":"AROA:s","aws:TagKeys":["a","b"],"s3:none":[],"s3:prefix":""}`
	var c policy.Context
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(&c)
	if err != nil || string(got) != text {
		t.Errorf("got %s, %v", got, err)
	}
	for _, bad := range []string{`[]`, `{"a":1}`, `{"a":[1]}`, `{"a":null}`, `{"a":"x","a":"y"}`} {
		if err := json.Unmarshal([]byte(bad), &c); err == nil {
			t.Errorf("%s is read", bad)
		}
	}
	if err := c.UnmarshalJSON([]byte("nonsense")); err == nil {
		t.Error("nonsense is read")
	}
}

// TestWords wants every word of a closed set to survive JSON, and no other.
func TestWords(t *testing.T) {
	t.Parallel()
	type words struct {
		K policy.Kind
		O policy.Outcome
		P policy.PrincipalKind
		E policy.Element
	}
	for i := range uint8(8) {
		want := words{policy.Kind(i), policy.Outcome(min(i, 2)), policy.PrincipalKind(min(i, 6)), policy.Element(min(i, 4))}
		text, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got words
		if err := json.Unmarshal(text, &got); err != nil || got != want {
			t.Errorf("%s becomes %+v, %v", text, got, err)
		}
	}
	for _, field := range []string{"K", "O", "P", "E"} {
		var got words
		if err := json.Unmarshal([]byte(`{"`+field+`":"nonsense"}`), &got); err == nil {
			t.Errorf("%s takes nonsense", field)
		}
	}
	if s := policy.Kind(99).String() + policy.Outcome(99).String(); s != "" {
		t.Errorf("words for nothing: %q", s)
	}
}
