package policy_test

import (
	"encoding/json"
	"errors"
	"path/filepath"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/irsatz/irsatz/iam/policy"
)

var everyKind = []policy.Kind{
	policy.Identity, policy.Boundary, policy.Session, policy.Resource, policy.Trust, policy.ServiceControl, policy.ResourceControl,
}

// FuzzParse wants no panic, no document beside an error, a canonical form that
// is its own, and the same decision with explanation and without, from the text
// and from its canonical form.
func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, section := range archive.Files {
			f.Add(section.Data)
		}
	}
	f.Add([]byte(doc(allowAll)))
	f.Fuzz(func(t *testing.T, src []byte) {
		for _, kind := range everyKind {
			d, err := policy.Parse(kind, src)
			if _, malformed := errors.AsType[*policy.MalformedError](err); (err != nil) != malformed || (d == nil) != malformed {
				t.Fatalf("%s: Parse = %v, %v", kind, d, err)
			}
			if err != nil {
				continue
			}
			twin := canonicalTwin(t, d)
			one, two := governed(kind, d), governed(kind, twin)
			for _, r := range fuzzRequests() {
				if a, b := one.Explain(r), two.Decide(r); a.Outcome != b.Outcome || a.Statement != b.Statement {
					t.Fatalf("%s: Explain %s, Decide %s", kind, a.Outcome, b.Outcome)
				}
			}
		}
	})
}

// canonicalTwin is the document after it was written and read again.
func canonicalTwin(t *testing.T, d *policy.Document) *policy.Document {
	t.Helper()
	text := d.Canonical()
	twin, err := policy.Parse(d.Kind(), text)
	if err != nil {
		t.Fatalf("%s: what it wrote it does not read: %v\n%s", d.Kind(), err, text)
	}
	if again := twin.Canonical(); string(again) != string(text) {
		t.Fatalf("%s: the canonical form of\n%s\nis\n%s", d.Kind(), text, again)
	}
	return twin
}

// governed are policies among which d has a say.
func governed(kind policy.Kind, d *policy.Document) *policy.Policies {
	p := policy.Policy{Name: "fuzz", Document: d}
	ps := &policy.Policies{}
	switch kind {
	case policy.Identity:
		ps.Identity = []policy.Policy{p}
	case policy.Boundary:
		ps.Boundary, ps.Identity = &p, identity(allowAll)
	case policy.Session:
		ps.Session, ps.SessionPassed, ps.Identity = []policy.Policy{p}, true, identity(allowAll)
	case policy.Resource:
		ps.Resource = &p
	case policy.Trust:
		ps.Trust = &p
	case policy.ServiceControl:
		ps.ServiceControl, ps.Identity = [][]policy.Policy{{p}}, identity(allowAll)
	case policy.ResourceControl:
		ps.ResourceControl, ps.Identity = [][]policy.Policy{{p}}, identity(allowAll)
	}
	return ps
}

func fuzzRequests() []*policy.Request {
	tagged := get(roleSession)
	tagged.Context.Set("aws:PrincipalTag/team", "*")
	tagged.Context.SetValues("aws:TagKeys", "a", "b")
	buckets := get(user)
	buckets.Action, buckets.Resource = "s3:ListAllMyBuckets", "*"
	return []*policy.Request{tagged, buckets, get(policy.Principal{}), assume(token)}
}

// FuzzDenyOnlyDenies wants that a Deny, whatever it says, never lets in a
// request that was kept out.
func FuzzDenyOnlyDenies(f *testing.F) {
	f.Add("s3:*", "*", "StringEquals", "aws:a", "x")
	f.Add("s3:Get?bject", "arn:aws:s3:::b/*", "ForAllValues:StringNotLike", "aws:TagKeys", "a*")
	f.Add("*", "arn:aws:s3:::${aws:PrincipalTag/team}/*", "Null", "aws:x", "true")
	f.Fuzz(func(t *testing.T, action, resource, operator, key, value string) {
		statement := fuzzStatement(action, resource, operator, key, value)
		with, err := policy.Parse(policy.Identity, []byte(doc(allowGet, conditional, "{'Effect':'Deny',"+statement)))
		if err != nil {
			t.Skip()
		}
		alone := policy.MustParse(policy.Identity, doc("{'Effect':'Allow',"+statement))
		for _, r := range fuzzRequests() {
			before := (&policy.Policies{Identity: identity(allowGet, conditional)}).Decide(r)
			after := (&policy.Policies{Identity: []policy.Policy{{Document: with}}}).Decide(r)
			if after.Allowed() && !before.Allowed() {
				t.Fatalf("a Deny lets in: %s", statement)
			}
			applies := (&policy.Policies{Identity: []policy.Policy{{Document: alone}}}).Decide(r).Allowed()
			if applies && after.Outcome != policy.ExplicitDeny && r.Principal.Kind == policy.RoleSession {
				t.Fatalf("as Allow it applies, as Deny not: %s", statement)
			}
		}
	})
}

// FuzzAllowOnlyAllows wants that an Allow that is added to the identity policy,
// whatever it says, never keeps out a request that was let in.
func FuzzAllowOnlyAllows(f *testing.F) {
	f.Add("s3:*", "*", "StringEquals", "aws:a", "x", false)
	f.Add("s3:Get?bject", "arn:aws:s3:::b/*", "ForAllValues:StringNotLike", "aws:TagKeys", "a*", true)
	f.Add("*", "arn:aws:s3:::${aws:PrincipalTag/team}/*", "Null", "aws:x", "true", true)
	f.Fuzz(func(t *testing.T, action, resource, operator, key, value string, named bool) {
		with, err := policy.Parse(policy.Identity, []byte(doc(allowGet, "{'Effect':'Allow',"+fuzzStatement(action, resource, operator, key, value))))
		if err != nil {
			t.Skip()
		}
		for _, r := range fuzzRequests() {
			before := &policy.Policies{Identity: identity(allowGet)}
			after := &policy.Policies{Identity: []policy.Policy{{Document: with}}}
			if named {
				before.Resource, before.Boundary = naming(namesSession), attached(policy.Boundary, allowPut)
				after.Resource, after.Boundary = before.Resource, before.Boundary
			}
			if before.Decide(r).Allowed() && !after.Decide(r).Allowed() {
				t.Fatalf("an Allow keeps out: %s on %s", action, resource)
			}
		}
	})
}

// fuzzStatement is a statement behind its effect.
func fuzzStatement(action, resource, operator, key, value string) string {
	q := func(s string) string {
		text, err := json.Marshal(s)
		if err != nil {
			return "null"
		}
		return string(text)
	}
	return "'Action':" + q(action) + ",'Resource':" + q(resource) + ",'Condition':{" + q(operator) + ":{" + q(key) + ":" + q(value) + "}}}"
}
