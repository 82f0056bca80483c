package policy

import (
	"slices"
	"sort"
	"strings"

	"github.com/irsatz/irsatz/iam/arn"
)

// statement is a compiled statement.
type statement struct {
	index      int
	places     places
	sid        string
	deny       bool
	principal  *principalSet // nil: not asked
	actions    actionSet
	resources  *resourceSet // nil: not asked
	conditions []condition
}

// compile turns a checked document into the form that is evaluated.
func (d *Document) compile(raw *rawDocument) {
	lang := language{variables: raw.version == version2012}
	d.id, d.version, d.lone = raw.id, raw.version, raw.lone
	d.statements = make([]statement, len(raw.statements))
	for i := range raw.statements {
		r, s := &raw.statements[i], &d.statements[i]
		s.index, s.places, s.sid = i, placesOf(r), r.sid.value
		// Whatever is not Allow takes away.
		s.deny = r.effect.value != "Allow"
		s.actions = newActionSet(r.action)
		// A resource control policy is about everybody: tokens and services too,
		// whom "*" does not reach elsewhere.
		if r.principal != nil && d.kind != ResourceControl {
			s.principal = newPrincipalSet(r.principal)
		}
		if r.resource != nil {
			s.resources = newResourceSet(d.kind, r.resource, lang)
		}
		for _, c := range r.conditions {
			s.conditions = append(s.conditions, newCondition(c, lang))
		}
	}
	d.index = newIndex(d.statements)
}

// actionSet is Action or NotAction. Names compare without case; they are held
// in lower case, sorted, so that a policy of thousands costs a binary search.
type actionSet struct {
	not     bool
	any     bool
	names   uint64 // a bit for the hash of each exact name
	vendors uint64 // and for that of each pattern's service
	exact   []string
	wild    []wildAction
	written []string
}

// wildAction is a pattern of action names of one service.
type wildAction struct {
	service string
	all     bool // the name is "*"
	name    arn.Glob
}

func newActionSet(raw *rawList) actionSet {
	a := actionSet{not: raw.not, written: values(raw.values)}
	for _, w := range a.written {
		lower := strings.ToLower(w)
		service, name, _ := strings.Cut(lower, ":")
		switch {
		case lower == "*":
			a.any = true
		case strings.ContainsAny(name, "*?"):
			a.wild = append(a.wild, wildAction{service, name == "*", arn.CompileGlob(name)})
			a.vendors |= hashBit(hashText(hashSeed, service))
		default:
			a.exact = append(a.exact, lower)
			a.names |= hashBit(hashText(hashSeed, lower))
		}
	}
	slices.Sort(a.exact)
	slices.SortStableFunc(a.wild, func(x, y wildAction) int { return strings.Compare(x.service, y.service) })
	return a
}

// contains reports whether the set has the action of a question.
func (a *actionSet) contains(q *question) bool { return a.lists(q) != a.not }

func (a *actionSet) lists(q *question) bool {
	if a.any || a.names&q.hashes.nameBit != 0 && a.listsExactly(q.action) {
		return true
	}
	if a.vendors&q.hashes.vendorBit == 0 {
		return false
	}
	first := 0
	if len(a.wild) > fewNames {
		first = sort.Search(len(a.wild), func(i int) bool { return a.wild[i].service >= q.service })
	}
	for i := first; i < len(a.wild) && a.wild[i].service <= q.service; i++ {
		if a.wild[i].service == q.service && (a.wild[i].all || a.wild[i].name.Matches(q.name)) {
			return true
		}
	}
	return false
}

// fewNames is how many names are compared one by one sooner than searched.
const fewNames = 8

func (a *actionSet) listsExactly(action string) bool {
	if len(a.exact) <= fewNames {
		return slices.Contains(a.exact, action)
	}
	_, ok := slices.BinarySearch(a.exact, action)
	return ok
}

// resourceSet is Resource or NotResource.
type resourceSet struct {
	not      bool
	patterns []arnTemplate
	written  []string
}

func newResourceSet(kind Kind, raw *rawList, lang language) *resourceSet {
	r := &resourceSet{not: raw.not, written: values(raw.values)}
	for _, w := range r.written {
		r.patterns = append(r.patterns, newResource(kind, w, lang))
	}
	return r
}

// newResource compiles a resource. Variables count only after the fifth colon;
// a resource that has one before it matches nothing.
func newResource(kind Kind, s string, lang language) arnTemplate {
	tokens, variables := tokenize(s, lang, wildText)
	colons := 0
	for _, t := range tokens {
		if t.Kind == arn.Hole && colons < arnColons {
			return arnTemplate{}
		}
		if t.Kind == arn.Literal {
			colons += strings.Count(t.Text, ":")
		}
	}
	// Parts that are missing at the end stand for anything; in the policy of a
	// resource only after a wildcard.
	if s != "*" && colons < arnColons && (kind != Resource || strings.HasSuffix(s, "*")) {
		tokens, _ = tokenize(s+strings.Repeat(":*", arnColons-colons), lang, wildText)
	}
	return arnTemplate{arn.NewPattern(tokens).Folded(), variables}
}

// contains reports whether the set has a resource.
func (r *resourceSet) contains(resource *arn.Divided, c *Context) bool {
	for i := range r.patterns {
		if r.patterns[i].matches(resource, c) {
			return !r.not
		}
	}
	return r.not
}

func values(texts []text) []string {
	all := make([]string, len(texts))
	for i, t := range texts {
		all[i] = t.value
	}
	return all
}
