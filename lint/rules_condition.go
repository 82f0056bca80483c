package lint

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/irsatz/irsatz/iam/catalogue"
	"github.com/irsatz/irsatz/internal/nearest"
)

func literalWildcard(c *checker, _ *document, s *statement) {
	for i := range s.conditions {
		cond := &s.conditions[i]
		like := strings.NewReplacer("EqualsIgnoreCase", "Like", "Equals", "Like").Replace(cond.op.name)
		if cond.op.family() != "String" || like == cond.op.name {
			continue
		}
		for _, v := range cond.values {
			if strings.Contains(withoutVariables(v.value), "*") {
				c.report(v.place, "use "+like+", or write ${*} where a star is meant", "%s takes the star in %q for a star", cond.operator.value, v.value)
			}
		}
	}
}

// withoutVariables is a text without what stands in ${…}.
func withoutVariables(s string) string {
	for {
		before, rest, found := strings.Cut(s, "${")
		_, after, closed := strings.Cut(rest, "}")
		if !found || !closed {
			return s
		}
		s = before + "\x00" + after
	}
}

// maxExpanded bounds how many actions a statement is asked about.
const maxExpanded = 300

// expanded are the actions that the statement names, patterns resolved. all is
// false where they are too many to tell, or all but some.
func (s *statement) expanded() (actions []string, all bool) {
	if s.actions.not || !s.actions.given {
		return nil, false
	}
	for _, a := range s.actions.values {
		if a.value == "*" {
			return nil, false
		}
		if !strings.ContainsAny(a.value, "*?") {
			if catalogue.Known(a.value) {
				actions = append(actions, a.value)
			}
			continue
		}
		for info := range catalogue.ActionsMatching(a.value) {
			if actions = append(actions, info.Name); len(actions) > maxExpanded {
				return nil, false
			}
		}
	}
	return actions, true
}

// unknownKey is sure where it knows what was meant: AWS makes keys faster than
// it writes about them.
func unknownKey(c *checker, _ *document, s *statement) {
	for i := range s.conditions {
		key := s.conditions[i].key
		if _, known := catalogue.ConditionKey(key.value); known || elsewhere(key.value) {
			continue
		}
		if c.full() {
			return
		}
		prefix, _, _ := strings.Cut(key.value, ":")
		near, ok := nearest.Of(strings.ToLower(key.value), s.candidates())
		switch {
		case strings.Contains(prefix, "."):
			c.report(key.place, "of a token, only sub, aud and amr are condition keys, and in trust policies oaud, azp and email", "AWS has no condition key %s", key.value)
		case ok:
			c.report(key.place, "did you mean "+near+"?", "AWS has no condition key %s", key.value)
		default:
			c.suspect(key.place, "", "AWS has no condition key %s", key.value)
		}
	}
}

// elsewhere reports whether a key is none to look up: another rule has it, or it
// is named after a tag or a claim.
func elsewhere(key string) bool {
	return strings.Contains(key, "://") || strings.Contains(key, "Tag/") || strings.HasPrefix(strings.ToLower(key), "saml:")
}

// candidates are the condition keys that may be meant in the statement.
func (s *statement) candidates() []string {
	var names []string
	for _, k := range catalogue.Globals() {
		names = append(names, k.Name)
	}
	actions, _ := s.expanded()
	for i, a := range actions {
		const enough = 30
		if i == enough {
			break
		}
		names = append(names, catalogue.KeysFor(a)...)
	}
	return names
}

// callers are the kinds of caller that a statement can be about.
func (d *document) callers(s *statement) []catalogue.Caller {
	switch d.kind {
	case Trust:
		var all []catalogue.Caller
		if len(s.principal.of("Federated")) > 0 {
			all = append(all, catalogue.WebIdentity)
		}
		if len(s.principal.of("AWS")) > 0 {
			all = append(all, catalogue.User, catalogue.RoleSession, catalogue.FederatedUser)
		}
		if len(s.principal.of("Service")) > 0 {
			all = append(all, catalogue.AWSService)
		}
		return all
	case Bucket, ResourceControl:
		return []catalogue.Caller{catalogue.RoleSession, catalogue.User, catalogue.Anonymous, catalogue.AWSService, catalogue.Root, catalogue.FederatedUser}
	case ServiceControl:
		return []catalogue.Caller{catalogue.RoleSession, catalogue.User, catalogue.Root, catalogue.FederatedUser}
	case Session:
		return []catalogue.Caller{catalogue.RoleSession, catalogue.FederatedUser}
	}
	return []catalogue.Caller{catalogue.RoleSession, catalogue.User, catalogue.FederatedUser}
}

func keyNeverPresent(c *checker, d *document, s *statement) {
	actions, all := s.expanded()
	if !all {
		return
	}
	for i := range s.conditions {
		cond := &s.conditions[i]
		if _, known := catalogue.ConditionKey(cond.key.value); !known || cond.op.ifExists || cond.op.family() == "Null" || onBehalf(cond.key.value) {
			continue
		}
		if issuer, _, ok := claim(cond.key.value); ok && d.kind == Trust && !slices.ContainsFunc(s.issuers(), func(known string) bool { return strings.EqualFold(known, issuer) }) {
			continue // IRS008 says it
		}
		if why, never := neverPresent(cond.key.value, actions, d.callers(s)); never {
			c.report(cond.key.place, "take the condition out, or use a key that these requests have", "no request for %s has %s: %s", list3(s.actions.values), cond.key.value, why)
		}
	}
}

// onBehalf reports whether a key is in requests that a service makes in the
// name of a caller, as it does with the caller's own policies.
func onBehalf(key string) bool {
	return strings.HasPrefix(strings.ToLower(key), "aws:calledvia")
}

// neverPresent reports whether no caller's request for any of the actions has
// the key, and why.
func neverPresent(key string, actions []string, callers []catalogue.Caller) (why string, never bool) {
	for _, a := range actions {
		for _, caller := range callers {
			reason := catalogue.Absent(key, a, caller)
			if reason == "" {
				return "", false
			}
			if why == "" {
				why = reason
			}
		}
	}
	return why, why != ""
}

// list3 names the first of several values.
func list3(values []text) string {
	var names []string
	for i, v := range values {
		if i == 3 {
			names = append(names, "…")
			break
		}
		names = append(names, v.value)
	}
	return strings.Join(names, ", ")
}

func forAllValues(c *checker, _ *document, s *statement) {
	if !s.allows() {
		return
	}
	for i := range s.conditions {
		cond := &s.conditions[i]
		if cond.op.set == "ForAllValues" && !s.demands(cond.key.value) {
			c.report(cond.operator.place, `add "Null": {"`+cond.key.value+`": "false"}`, "%s holds also where the request has no %s", cond.operator.value, cond.key.value)
		}
	}
}

// demands reports whether a condition holds only where the key is present.
func (s *statement) demands(key string) bool {
	for i := range s.conditions {
		c := &s.conditions[i]
		if !strings.EqualFold(c.key.value, key) {
			continue
		}
		switch {
		case c.op.family() == "Null":
			if len(c.values) == 1 && strings.EqualFold(c.values[0].value, "false") {
				return true
			}
		case c.op.set == "ForAnyValue" && !c.op.ifExists, c.op.set == "" && !c.op.negated() && !c.op.ifExists:
			return true
		}
	}
	return false
}

func setOperatorMissing(c *checker, _ *document, s *statement) {
	for i := range s.conditions {
		cond := &s.conditions[i]
		if k, known := catalogue.ConditionKey(cond.key.value); known && k.Multi && cond.op.set == "" && cond.op.family() != "Null" {
			c.report(cond.operator.place, "write ForAnyValue:"+cond.operator.value+", or ForAllValues: with a Null condition", "%s can have several values, and %s is for one", cond.key.value, cond.operator.value)
		}
	}
}

func setOperatorNeedless(c *checker, _ *document, s *statement) {
	for i := range s.conditions {
		cond := &s.conditions[i]
		if k, known := catalogue.ConditionKey(cond.key.value); known && !k.Multi && cond.op.set != "" {
			c.report(cond.operator.place, "write "+strings.TrimPrefix(cond.operator.value, cond.op.set+":"), "%s has one value, and %s is for sets", cond.key.value, cond.operator.value)
		}
	}
}

// forTypes are the families of operators that a type of key goes with, the best
// one first. String operators with ARNs and booleans compare their text.
var forTypes = map[catalogue.Type][]string{
	catalogue.String:  {"String", "Arn", "Binary", "Null"},
	catalogue.Numeric: {"Numeric", "Null"},
	catalogue.Date:    {"Date", "Numeric", "Null"},
	catalogue.Bool:    {"Bool", "String", "Null"},
	catalogue.ARN:     {"Arn", "String", "Null"},
	catalogue.IP:      {"IpAddress", "Null"},
}

func operatorType(c *checker, _ *document, s *statement) {
	for i := range s.conditions {
		cond := &s.conditions[i]
		k, known := catalogue.ConditionKey(cond.key.value)
		families := forTypes[k.Type]
		// A tag can hold anything.
		if !known || families == nil || cond.op.family() == "" || strings.Contains(k.Name, "/${") || strings.Contains(k.Name, "/<") || slices.Contains(families, cond.op.family()) {
			continue
		}
		c.report(cond.operator.place, "use an operator that begins with "+families[0], "%s is of type %s, and %s is not for that", k.Name, k.Type, cond.operator.value)
	}
}

func valueNeverMatches(c *checker, _ *document, s *statement) {
	for i := range s.conditions {
		cond := &s.conditions[i]
		good, want := func(string) bool { return true }, ""
		switch cond.op.family() {
		case "Bool", "Null":
			good, want = func(v string) bool { return strings.EqualFold(v, "true") || strings.EqualFold(v, "false") }, "true or false"
		case "Numeric":
			good, want = func(v string) bool { _, err := strconv.ParseFloat(v, 64); return err == nil }, "a number"
		case "IpAddress":
			good, want = isNetwork, "an IP address or a range such as 10.0.0.0/8"
		case "Arn":
			good, want = func(v string) bool { return v == "*" || strings.Count(v, ":") >= 5 }, "an ARN, with wildcards or without"
		}
		for _, v := range cond.values {
			if !strings.Contains(v.value, "${") && !good(v.value) {
				c.report(v.place, "write "+want, "%s wants %s, found %q", cond.operator.value, want, v.value)
			}
		}
	}
}

func isNetwork(v string) bool {
	if _, err := netip.ParsePrefix(v); err == nil {
		return true
	}
	_, err := netip.ParseAddr(v)
	return err == nil
}
