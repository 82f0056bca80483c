package syntax

import (
	"bytes"
	"encoding/json"
	"math"
	"regexp"
	"strings"
)

// JSON returns the value as JSON: as it is written if it is JSON, else made
// anew, each line of which is that line of the text, counted from the value's
// own. It fails for a number that JSON cannot write.
func (v *Value) JSON() ([]byte, *Error) {
	if v.raw != "" {
		return []byte(v.raw), nil
	}
	w := writer{line: v.Line}
	if err := w.value(v); err != nil {
		return nil, err
	}
	return w.out.Bytes(), nil
}

// Compact returns the value as JSON without a blank that means nothing, its
// members in the order they are written. It fails as JSON does.
func (v *Value) Compact() ([]byte, *Error) {
	w := writer{line: math.MaxInt} // no line is still to come
	if v.raw != "" {
		if err := json.Compact(&w.out, []byte(v.raw)); err != nil {
			return nil, &Error{v.Line, v.Column, "not JSON: " + err.Error()}
		}
		return w.out.Bytes(), nil
	}
	if err := w.value(v); err != nil {
		return nil, err
	}
	return w.out.Bytes(), nil
}

type writer struct {
	out  bytes.Buffer
	line int
}

// toLine goes on to a line of the text. Lines of what an alias stands for may
// be behind it.
func (w *writer) toLine(line int) {
	for ; w.line < line; w.line++ {
		w.out.WriteByte('\n')
	}
}

func (w *writer) value(v *Value) *Error {
	switch v.Kind {
	case Mapping:
		return w.mapping(v)
	case List:
		w.out.WriteByte('[')
		for i := range v.Items {
			if i > 0 {
				w.out.WriteByte(',')
			}
			w.toLine(v.Items[i].Line)
			if err := w.value(&v.Items[i]); err != nil {
				return err
			}
		}
		w.out.WriteByte(']')
	case String:
		w.str(v.Text)
	case Number:
		return w.number(v)
	case Bool:
		w.out.WriteString(v.Text)
	case Tagged:
		return &Error{v.Line, v.Column, "the tag " + quote(v.Text) + " cannot be written in JSON"}
	default:
		w.out.WriteString("null")
	}
	return nil
}

func (w *writer) mapping(v *Value) *Error {
	w.out.WriteByte('{')
	for i := range v.Members {
		m := &v.Members[i]
		if i > 0 {
			w.out.WriteByte(',')
		}
		w.toLine(m.Line)
		w.str(m.Key)
		w.out.WriteByte(':')
		w.toLine(m.Value.Line)
		if err := w.value(&m.Value); err != nil {
			return err
		}
	}
	w.out.WriteByte('}')
	return nil
}

var jsonNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)

func (w *writer) number(v *Value) *Error {
	switch {
	case jsonNumber.MatchString(v.Text):
		w.out.WriteString(v.Text)
	case strings.Trim(v.Text, "0123456789") == "": // 000123456789 can only be meant as an account ID
		w.str(v.Text)
	default:
		return &Error{v.Line, v.Column, "the number " + quote(v.Text) + " cannot be written in JSON; put it in quotes if text is meant"}
	}
	return nil
}

func (w *writer) str(s string) {
	if plain(s) {
		w.out.WriteByte('"')
		w.out.WriteString(s)
		w.out.WriteByte('"')
		return
	}
	enc := json.NewEncoder(&w.out)
	enc.SetEscapeHTML(false)
	if enc.Encode(s) == nil { // a string always encodes
		w.out.Truncate(w.out.Len() - 1) // the line end that Encode adds
	}
}

// plain reports whether a string needs no escapes.
func plain(s string) bool {
	for i := range len(s) {
		if b := s[i]; b < ' ' || b == '"' || b == '\\' || b >= 0x7F {
			return false
		}
	}
	return true
}

// Verbatim reports whether JSON returns the value as it is written, so that
// columns of the one are columns of the other.
func (v *Value) Verbatim() bool { return v.raw != "" }
