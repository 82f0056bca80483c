package lint

import (
	"slices"
	"strings"

	"github.com/irsatz/irsatz/iam/arn"
)

// maxCompared is up to how many statements are compared with each other.
const maxCompared = 200

// pairs calls f for each two statements of a document.
func (d *document) pairs(f func(earlier, later *statement)) {
	n := min(len(d.statements), maxCompared)
	for i := range n {
		for j := range i {
			f(&d.statements[j], &d.statements[i])
		}
	}
}

func statementRepeated(c *checker, d *document) {
	told := map[int]bool{}
	d.pairs(func(earlier, later *statement) {
		if !told[later.index] && same(earlier, later) {
			told[later.index] = true
			c.report(later.place, "take it out", "the statement says what statement %d says", earlier.index)
		}
	})
}

func allowAlwaysDenied(c *checker, d *document) {
	told := map[int]bool{}
	tell := func(deny, allow *statement) {
		if deny.effect.value == "Deny" && allow.allows() && !told[allow.index] && covers(deny, allow) {
			told[allow.index] = true
			c.report(allow.place, "take it out, or narrow the Deny", "statement %d denies all that this one allows", deny.index)
		}
	}
	d.pairs(func(earlier, later *statement) {
		tell(earlier, later)
		tell(later, earlier)
	})
}

func allowAlreadyAllowed(c *checker, d *document) {
	told := map[int]bool{}
	tell := func(wide, narrow *statement) {
		if !told[narrow.index] && covers(wide, narrow) {
			told[narrow.index] = true
			c.report(narrow.place, "take it out", "statement %d allows all that this one allows", wide.index)
		}
	}
	d.pairs(func(earlier, later *statement) {
		switch {
		case !earlier.allows() || !later.allows() || same(earlier, later):
		case covers(earlier, later):
			tell(earlier, later)
		default:
			tell(later, earlier)
		}
	})
}

// same reports whether two statements say the same, their ids aside.
func same(a, b *statement) bool {
	return a.effect.value == b.effect.value && sameList(a.actions, b.actions, strings.ToLower) &&
		sameList(a.resources, b.resources, asIs) && samePrincipal(a.principal, b.principal) && sameConditions(a, b)
}

// covers reports whether wide is about every request that narrow is about. It
// claims nothing that is not certain.
func covers(wide, narrow *statement) bool {
	if len(wide.conditions) > 0 && !sameConditions(wide, narrow) {
		return false
	}
	return coversPrincipal(wide.principal, narrow.principal) &&
		coversList(wide.actions, narrow.actions, strings.ToLower, globCovers) &&
		coversList(wide.resources, narrow.resources, asIs, resourceCovers)
}

func asIs(s string) string { return s }

func folded(values []text, fold func(string) string) []string {
	all := make([]string, len(values))
	for i, v := range values {
		all[i] = fold(v.value)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func sameList(a, b list, fold func(string) string) bool {
	return a.given == b.given && a.not == b.not && slices.Equal(folded(a.values, fold), folded(b.values, fold))
}

func coversList(wide, narrow list, fold func(string) string, covers func(a, b string) bool) bool {
	if wide.not || narrow.not || !wide.given || !narrow.given {
		return sameList(wide, narrow, fold)
	}
	for _, n := range narrow.values {
		if !slices.ContainsFunc(wide.values, func(w text) bool { return covers(fold(w.value), fold(n.value)) }) {
			return false
		}
	}
	return len(narrow.values) > 0
}

// globCovers reports whether every text that fits b fits a. A star of b is only
// covered by one of a.
func globCovers(a, b string) bool {
	if a == b {
		return true
	}
	if strings.Contains(a, "?") || strings.Contains(a, "${") {
		return false
	}
	g := arn.CompileGlob(a)
	return g.Matches(b)
}

// resourceCovers is globCovers for ARNs, part by part.
func resourceCovers(a, b string) bool {
	if a == b || a == "*" {
		return true
	}
	wide, narrow := strings.SplitN(a, ":", 6), strings.SplitN(b, ":", 6)
	if len(wide) < 6 || len(narrow) < 6 {
		return false
	}
	for i := range wide {
		if !globCovers(wide[i], narrow[i]) {
			return false
		}
	}
	return true
}

func principals(p *principal) []string {
	var all []string
	for _, e := range p.entries {
		all = append(all, e.kind+":"+e.value)
	}
	if p.everyone {
		all = append(all, "AWS:*")
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func samePrincipal(a, b *principal) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.not == b.not && slices.Equal(principals(a), principals(b))
}

func coversPrincipal(wide, narrow *principal) bool {
	if wide == nil || narrow == nil || wide.not || narrow.not {
		return samePrincipal(wide, narrow)
	}
	have := principals(wide)
	// Everyone is everyone but those who bring a token.
	return !slices.ContainsFunc(principals(narrow), func(n string) bool {
		return !slices.Contains(have, n) && (!slices.Contains(have, "AWS:*") || strings.HasPrefix(n, "Federated:"))
	})
}

func sameConditions(a, b *statement) bool {
	write := func(s *statement) []string {
		var all []string
		for _, c := range s.conditions {
			all = append(all, c.operator.value+"\x00"+strings.ToLower(c.key.value)+"\x00"+strings.Join(folded(c.values, asIs), "\x00"))
		}
		slices.Sort(all)
		return all
	}
	return slices.Equal(write(a), write(b))
}
