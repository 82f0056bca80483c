package policy

import (
	"strings"

	"github.com/irsatz/irsatz/iam/arn"
)

// adviseResource says which resource the action needs. A bucket and its objects
// are different resources.
func (a *adviser) adviseResource(p *PolicyTrace, s *StatementTrace) {
	r := &a.Request
	if s.Not {
		a.add(FixResourceOutside, p, s.Index, "%s is among the NotResource of %s", r.Resource, place(p, s))
		return
	}
	level, s3 := lookupS3(r.Action)
	bucket, _, object := strings.Cut(strings.TrimPrefix(r.Resource, "arn:aws:s3:::"), "/")
	switch {
	case withoutResource(r), s3 && level == accountLevel:
		a.add(FixNoResource, p, s.Index, `%s has no resource: allow it on "*", in a statement beside %s`, r.Action, place(p, s)).
			edit(a.grant(p, "*"))
	case s3 && object && holds(s.Wanted, arn.Bucket(bucket).String()):
		a.add(FixObjectARN, p, s.Index, `%s acts on objects: add "%s/*" beside "%[2]s" in %s`,
			r.Action, arn.Bucket(bucket), place(p, s)).edit(AddValue, s.At.Path, "", arn.Object(bucket, "*").String())
	case s3 && !object && holds(s.Wanted, arn.Bucket(bucket).String()+"/"):
		a.add(FixBucketARN, p, s.Index, `%s acts on the bucket: add "%s", without a slash, in %s`,
			r.Action, arn.Bucket(bucket), place(p, s)).edit(AddValue, s.At.Path, "", arn.Bucket(bucket).String())
	case a.adviseResourceCase(p, s):
	case a.adviseVariables(p, s, s.Wanted):
	default:
		a.add(FixResourceOutside, p, s.Index, "%s is outside of %s: add it to %s", r.Resource, list(s.Wanted, s.More), place(p, s)).
			edit(adding(s.At.Path, r.Resource))
	}
}

// adding is the edit that adds a value, if that means itself in a policy.
func adding(path, value string) (op EditOp, at, before, after string) {
	if strings.ContainsAny(value, "*?$") {
		return "", "", "", ""
	}
	return AddValue, path, "", value
}

// adviseResourceCase looks for a resource that fits but for its case: keys of
// objects, and names of anything, are case-sensitive.
func (a *adviser) adviseResourceCase(p *PolicyTrace, s *StatementTrace) bool {
	for _, w := range s.Wanted {
		folded := arn.CompilePattern(strings.ToLower(w))
		if !folded.Matches(strings.ToLower(a.Request.Resource)) {
			continue
		}
		a.add(FixCase, p, s.Index, "%s differs from %s in the case of letters, which counts in %s", w, a.Request.Resource, place(p, s)).
			edit(recased(s.At.Path, w, a.Request.Resource))
		return true
	}
	return false
}

// recased is the edit that gives the literal beginning of a pattern the case of
// a text that fits it without case.
func recased(path, pattern, actual string) (op EditOp, at, before, after string) {
	n := strings.IndexAny(pattern, "*?$")
	if n < 0 {
		n = len(pattern)
	}
	return ReplaceValue, path, pattern, actual[:min(n, len(actual))] + pattern[n:]
}

// holds reports whether a wanted resource is name, or begins with name where
// that ends in a slash.
func holds(wanted []string, name string) bool {
	for _, w := range wanted {
		if w == name || strings.HasSuffix(name, "/") && strings.HasPrefix(w, name) {
			return true
		}
	}
	return false
}

// adviseVariables looks for policy variables that the request has no value for.
func (a *adviser) adviseVariables(p *PolicyTrace, s *StatementTrace, wanted []string) bool {
	found := false
	for _, w := range wanted {
		_, variables := tokenize(w, language{variables: true}, wildText)
		for _, v := range variables {
			if _, multi, ok := a.Request.Context.lookup(v.key, v.hash); ok && !multi || v.hasFallback {
				continue
			}
			found = true
			a.add(FixVariable, p, s.Index, "the request has no single value for ${%s} in %s%s", v.key, place(p, s), hintFor(v.key))
		}
	}
	return found
}

// hintFor says what to use in place of a key that its principals do not have.
func hintFor(key string) string {
	if strings.EqualFold(key, "aws:username") {
		return ": only users have aws:username, sessions have aws:userid"
	}
	return ""
}
