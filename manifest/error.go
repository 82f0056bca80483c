package manifest

import (
	"errors"
	"fmt"
	"strings"
)

// ErrNotImplemented is matched by the error for a document whose form is known
// but cannot be loaded.
var ErrNotImplemented = errors.New("not implemented")

// Error is one reason why the documents were refused.
type Error struct {
	Pos
	Msg string // what is wrong and what was expected
	err error  // cause, for errors.Is; may be nil
}

// Error returns file:line: field: message.
func (e *Error) Error() string { return e.Pos.String() + ": " + e.Msg }

// Unwrap returns the cause, if there is one.
func (e *Error) Unwrap() error { return e.err }

// Errors is every reason why the documents were refused, in the order found.
type Errors []*Error

// Error returns one line per reason.
func (e Errors) Error() string {
	var b strings.Builder
	for i, one := range e {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(one.Error())
	}
	return b.String()
}

// Unwrap returns the reasons, for errors.Is and errors.AsType.
func (e Errors) Unwrap() []error {
	all := make([]error, len(e))
	for i, one := range e {
		all[i] = one
	}
	return all
}

// maxProblems is how many reasons are collected before loading gives up: past
// that, one mistake is being reported again and again.
const maxProblems = 50

// problems collects what is wrong, so that a user sees all of it at once.
type problems struct{ list Errors }

func (p *problems) add(at Pos, format string, args ...any) {
	if len(p.list) >= maxProblems {
		return
	}
	e := fmt.Errorf(format, args...)
	p.list = append(p.list, &Error{Pos: at, Msg: clip(e.Error()), err: errors.Unwrap(e)})
}

// clip shortens a message that quotes something long.
func clip(msg string) string {
	const longest = 1000
	if len(msg) <= longest {
		return msg
	}
	return strings.ToValidUTF8(msg[:longest], "") + " …"
}

func (p *problems) full() bool { return len(p.list) >= maxProblems }

// err returns nil when there are no problems; an empty Errors must not become
// a non-nil error.
func (p *problems) err() error {
	if len(p.list) == 0 {
		return nil
	}
	return p.list
}
