package simulate

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/irsatz/irsatz/internal/nearest"
	"github.com/irsatz/irsatz/internal/syntax"
)

// maxProblems is how many reasons are told of one case.
const maxProblems = 10

// reader reads one case and collects what is wrong with it.
type reader struct {
	c         *Case
	documents *library
	problems  Problems
}

// field is a value of the case with its name; value is nil if it is absent.
type field struct {
	reader *reader
	value  *syntax.Value
	name   string
}

func (f field) fail(format string, args ...any) {
	line := f.reader.c.Line
	if f.value != nil {
		line = f.value.Line
	}
	f.failAt(line, fmt.Sprintf(format, args...))
}

func (f field) failAt(line int, msg string) {
	r := f.reader
	if len(r.problems) >= maxProblems {
		return
	}
	const longest = 1000
	if len(msg) > longest {
		msg = strings.ToValidUTF8(msg[:longest], "") + " …"
	}
	r.problems = append(r.problems, &Problem{r.c.File, line, f.name, msg})
}

// given reports whether there is a value; null is none.
func (f field) given() bool { return f.value != nil && f.value.Kind != syntax.Null }

func (f field) child(name string, v *syntax.Value) field {
	if f.name != "" {
		name = f.name + "." + name
	}
	return field{f.reader, v, name}
}

// mapping is a value of which every field is known.
type mapping struct{ field }

// fields reads a mapping; a field that is not among known is a problem.
func (f field) fields(known ...string) mapping {
	if !f.given() {
		return mapping{f}
	}
	if f.value.Kind != syntax.Mapping {
		f.fail("expected a mapping, found %s", f.value.Kind)
		return mapping{f}
	}
	for i := range f.value.Members {
		m := &f.value.Members[i]
		if slices.Contains(known, m.Key) {
			continue
		}
		hint := "expected one of " + strings.Join(known, ", ")
		if near, ok := nearestField(m.Key, known); ok {
			hint = "did you mean " + near + "?"
		}
		f.child(m.Key, nil).failAt(m.Line, "unknown field, "+hint)
	}
	return mapping{f}
}

// nearestField finds the field that was probably meant, whatever the case of
// its letters.
func nearestField(name string, known []string) (string, bool) {
	const longest = 64
	if len(name) > longest {
		return "", false
	}
	for _, k := range known {
		if strings.EqualFold(k, name) {
			return k, true
		}
	}
	return nearest.Of(name, known)
}

func (m mapping) get(name string) field { return m.child(name, m.value.Get(name)) }

// need is get for a field that must be there.
func (m mapping) need(name string) field {
	f := m.get(name)
	if m.given() && m.value.Kind == syntax.Mapping && !f.given() {
		line := m.value.Line
		if f.value != nil {
			line = f.value.Line
		}
		f.failAt(line, "missing, it is required")
	}
	return f
}

// list reads the elements of a list.
func (f field) list() []field {
	if !f.given() {
		return nil
	}
	if f.value.Kind != syntax.List {
		f.fail("expected a list, found %s", f.value.Kind)
		return nil
	}
	items := make([]field, len(f.value.Items))
	for i := range items {
		items[i] = field{f.reader, &f.value.Items[i], f.name + "[" + strconv.Itoa(i) + "]"}
	}
	return items
}

// text reads a scalar as it is written; numbers keep their digits.
func (f field) text() string {
	if !f.given() {
		return ""
	}
	switch f.value.Kind {
	case syntax.String, syntax.Number:
		return f.value.Text
	}
	f.fail("expected text, found %s", f.value.Kind)
	return ""
}
