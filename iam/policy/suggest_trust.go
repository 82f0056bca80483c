package policy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/irsatz/irsatz/iam/arn"
)

// advisePrincipal says how to name the caller.
func (a *adviser) advisePrincipal(p *PolicyTrace, s *StatementTrace) {
	caller := &a.Request.Principal
	if a.adviseDeleted(p, s) {
		return
	}
	if caller.Kind != WebIdentity {
		fix := a.add(FixPrincipal, p, s.Index, "%s names %s: add %s", place(p, s), list(s.Wanted, s.More), caller.trusted())
		if caller.hasAccount() && !s.Not {
			fix.edit(AddValue, s.At.Path+".AWS", "", caller.grantee())
		}
		return
	}
	var providers []string
	for _, w := range s.Wanted {
		if name, ok := strings.CutPrefix(w, "Federated:"); ok {
			providers = append(providers, name)
		}
	}
	if len(providers) == 0 {
		a.add(FixNotFederated, p, s.Index, "%s names %s: a web identity token needs the principal %s",
			place(p, s), list(s.Wanted, s.More), caller.trusted()).edit(Set, s.At.Path, "", caller.trusted())
		return
	}
	a.add(FixProvider, p, s.Index, "%s trusts the provider %s, but the token's issuer is the provider %s%s: correct the one that is wrong",
		place(p, s), list(providers, 0), caller.Provider, firstDifference(providers[0], caller.Provider)).
		edit(ReplaceValue, s.At.Path+".Federated", providers[0], caller.Provider)
}

// adviseDeleted looks for the id of a user or role that was deleted where another
// one of its name is to be let in.
func (a *adviser) adviseDeleted(p *PolicyTrace, s *StatementTrace) bool {
	caller := &a.Request.Principal
	for _, w := range s.Wanted {
		id, _ := strings.CutPrefix(w, "AWS:")
		if s.Not || !caller.hasAccount() || !uniqueID().MatchString(id) {
			continue
		}
		a.add(FixDeleted, p, s.Index, "%s names %s, the id of a user or role that was deleted: one that was created again is another one; put %s in its place",
			place(p, s), id, caller.grantee()).edit(ReplaceValue, s.At.Path+".AWS", id, caller.grantee())
		return true
	}
	return false
}

// firstDifference says in which part two provider ARNs differ.
func firstDifference(wanted, actual string) string {
	w, err := arn.Parse(wanted)
	if err != nil {
		return " (the first is not an ARN)"
	}
	a, err := arn.Parse(actual)
	switch {
	case err != nil:
		return ""
	case w.AccountID != a.AccountID:
		return " (another account: " + w.AccountID + ", not " + a.AccountID + ")"
	case w.Partition != a.Partition:
		return " (another partition)"
	case strings.EqualFold(wanted, actual):
		return " (another case of letters)"
	case strings.TrimRight(wanted, "/") == strings.TrimRight(actual, "/"):
		return " (a slash at the end)"
	}
	return " (another issuer)"
}

// adviseCondition says what is wrong with a condition.
func (a *adviser) adviseCondition(p *PolicyTrace, s *StatementTrace) {
	c := s.Condition
	claim := issuerClaim(c.Key)
	switch {
	case strings.Contains(c.Key, "://"):
		a.add(FixKeyScheme, p, s.Index, "write the key %s without its scheme, as %s, in %s",
			c.Key, c.Key[strings.Index(c.Key, "://")+3:], place(p, s)).
			edit(Rename, block(c), c.Key, c.Key[strings.Index(c.Key, "://")+3:])
	case c.Absent && claim != "" && len(a.issuerKeys()) > 0:
		a.add(FixIssuerKey, p, s.Index, "the token has no key %s: its issuer's keys are %s; correct %s",
			c.Key, strings.Join(a.issuerKeys(), ", "), place(p, s)).edit(Rename, block(c), c.Key, a.issuerKey(claim))
	case a.adviseVariables(p, s, c.Wanted):
	case c.Absent:
		a.add(FixConditionAbsent, p, s.Index, "%s wants %s %s %s, but the request has no such key",
			place(p, s), c.Key, c.Operator, list(quote(c.Wanted), c.More))
	case a.adviseWildcard(p, s), a.adviseValueCase(p, s):
	case claim == "sub" && len(c.Actual) == 1 && asksForText(c):
		a.adviseSubject(p, s)
	case claim == "aud" && asksForText(c):
		a.add(FixAudience, p, s.Index, "the token is for the audience %s, %s wants %s: ask for a token with that audience, or write %s there",
			list(quote(c.Actual), 0), place(p, s), list(quote(c.Wanted), c.More), list(quote(c.Actual), 0)).edit(addingValue(c))
	default:
		a.add(FixConditionValue, p, s.Index, "%s wants %s %s %s, but the request has %s",
			place(p, s), c.Key, c.Operator, list(quote(c.Wanted), c.More), list(quote(c.Actual), 0)).edit(addingValue(c))
	}
}

// block is the path of the operator of a condition.
func block(c *ConditionTrace) string { return strings.TrimSuffix(c.Path, "."+c.Key) }

// asksForText reports whether a condition asks that text be among its values.
func asksForText(c *ConditionTrace) bool {
	op, _ := parseOperator(c.Operator)
	return !op.negated && op.quantifier != forAllValues && (strings.HasPrefix(op.name, "String") || strings.HasPrefix(op.name, "Arn"))
}

// addingValue is the edit that adds the request's value to those of a condition.
func addingValue(c *ConditionTrace) (op EditOp, at, before, after string) {
	if !asksForText(c) || len(c.Actual) != 1 {
		return "", "", "", ""
	}
	return adding(c.Path, c.Actual[0])
}

// adviseValueCase looks for values that fit but for their case.
func (a *adviser) adviseValueCase(p *PolicyTrace, s *StatementTrace) bool {
	c := s.Condition
	if !asksForText(c) || len(c.Actual) != 1 {
		return false
	}
	for _, w := range c.Wanted {
		if folded := arn.CompileGlob(strings.ToLower(w)); folded.Matches(strings.ToLower(c.Actual[0])) {
			a.add(FixCase, p, s.Index, "%q differs from the request's %q in the case of letters, which counts for %s in %s", w, c.Actual[0], c.Operator, place(p, s)).
				edit(recased(c.Path, w, c.Actual[0]))
			return true
		}
	}
	return false
}

// adviseWildcard looks for wildcards in values that are compared exactly.
func (a *adviser) adviseWildcard(p *PolicyTrace, s *StatementTrace) bool {
	c := s.Condition
	if !strings.Contains(c.Operator, "StringEquals") {
		return false
	}
	for _, w := range c.Wanted {
		if g := arn.CompileGlob(w); strings.ContainsAny(w, "*?") && slices.ContainsFunc(c.Actual, g.Matches) {
			a.add(FixWildcard, p, s.Index, "%s takes the wildcard in %q literally: use %s for %s in %s", c.Operator, w, likened(c.Operator),
				c.Key, place(p, s)).edit(Move, block(c), c.Key, likened(c.Operator))
			return true
		}
	}
	return false
}

// likened is the operator that knows wildcards in place of one that does not.
func likened(operator string) string {
	return strings.Replace(strings.Replace(operator, "EqualsIgnoreCase", "Like", 1), "StringEquals", "StringLike", 1)
}

// serviceAccount is the subject of a Kubernetes token.
const serviceAccount = "system:serviceaccount:"

// adviseSubject says in which part the subject differs.
func (a *adviser) adviseSubject(p *PolicyTrace, s *StatementTrace) {
	c := s.Condition
	actual := c.Actual[0]
	for _, wanted := range c.Wanted {
		a.add(FixSubject, p, s.Index, "%s: the token is of %s, %s wants %s", subjectPart(wanted, actual),
			subject(actual), place(p, s), subject(wanted)).edit(ReplaceValue, c.Path, wanted, actual)
	}
}

// subject is how a subject is called.
func subject(sub string) string {
	name, ok := strings.CutPrefix(sub, serviceAccount)
	namespace, account, found := strings.Cut(name, ":")
	if !ok || !found {
		return `"` + sub + `"`
	}
	return "service account " + namespace + "/" + account
}

// subjectPart names the first part in which two subjects differ.
func subjectPart(wanted, actual string) string {
	w, mine := strings.CutPrefix(wanted, serviceAccount)
	a, theirs := strings.CutPrefix(actual, serviceAccount)
	if !mine || !theirs {
		return differing(wanted, actual)
	}
	wantedNamespace, _, _ := strings.Cut(w, ":")
	actualNamespace, _, _ := strings.Cut(a, ":")
	if g := arn.CompileGlob(wantedNamespace); !g.Matches(actualNamespace) {
		return "the namespace differs"
	}
	return "the service account's name differs"
}

// differing says from which character on two subjects differ, if not altogether.
func differing(wanted, actual string) string {
	w, a := []rune(wanted), []rune(actual)
	n := 0
	for n < min(len(w), len(a)) && w[n] == a[n] {
		n++
	}
	if n == 0 {
		return "the subject differs"
	}
	return fmt.Sprintf("the subject differs from its character %d on", n+1)
}

// claims are the claims of a token that can be condition keys of its issuer.
var claims = []string{"sub", "aud", "amr", "oaud", "azp", "email"}

// issuerClaim returns the claim that a condition key of an issuer stands for, or
// nothing for any other key: an issuer's name has a dot or a slash.
func issuerClaim(key string) string {
	i := strings.LastIndexByte(key, ':')
	if i < 0 || !strings.ContainsAny(key[:i], "./") {
		return ""
	}
	claim := strings.ToLower(key[i+1:])
	if !slices.Contains(claims, claim) {
		return ""
	}
	return claim
}

// issuerKey is the key that the request has for a claim of its token, if any.
func (a *adviser) issuerKey(claim string) string {
	for _, k := range a.issuerKeys() {
		if issuerClaim(k) == claim {
			return k
		}
	}
	return ""
}

// issuerKeys are the keys that the request has of its token's issuer.
func (a *adviser) issuerKeys() []string {
	var keys []string
	for key := range a.Request.Context.All() {
		if issuerClaim(key) != "" {
			keys = append(keys, key)
		}
	}
	return keys
}
