package policy

import "slices"

// View is how much of an explanation to show.
type View uint8

// The views.
const (
	// Full is every statement of every policy.
	Full View = iota
	// Deciding is the statement that decided; where none did, the statements
	// of the policies that had to allow.
	Deciding
	// NearestMiss is of each policy the statements that matched; where none
	// did, the one that came furthest.
	NearestMiss
)

// Filter returns the part of the explanation that belongs to the view. It
// leaves e as it is.
func (e *Explanation) Filter(v View) *Explanation {
	part := *e
	if v == Full {
		return &part
	}
	part.Policies = nil
	for _, p := range e.Policies {
		if v == Deciding {
			p.Statements = e.deciding(&p)
		} else {
			p.Statements = nearest(p.Statements)
		}
		if len(p.Statements) > 0 {
			part.Policies = append(part.Policies, p)
		}
	}
	return &part
}

func (e *Explanation) deciding(p *PolicyTrace) []StatementTrace {
	if e.Outcome == ImplicitDeny && p.Kind == e.By {
		return p.Statements
	}
	return slices.DeleteFunc(slices.Clone(p.Statements), func(s StatementTrace) bool { return !s.Deciding })
}

// nearest returns the statements that matched, or the first of those that
// failed latest.
func nearest(statements []StatementTrace) []StatementTrace {
	matched := slices.DeleteFunc(slices.Clone(statements), func(s StatementTrace) bool { return !s.Matched })
	if len(matched) > 0 {
		return matched
	}
	best := 0
	for i := range statements {
		if statements[i].Failed > statements[best].Failed {
			best = i
		}
	}
	return statements[best:min(best+1, len(statements))]
}
