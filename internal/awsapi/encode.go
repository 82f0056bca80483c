package awsapi

import (
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// The members of an operation's output are the exported fields of a struct, in
// the order they have on the wire: string, int32, bool, time.Time, pointers to
// these, structs, pointers to structs, slices of structs or strings, and maps with
// strings for keys. Nil pointers, empty strings, nil slices and nil maps are left
// out; what a pointer points to is written even if it is empty, and so is an empty
// slice or map. Those of an embedded struct are the struct's own.
type element struct {
	name    string
	index   []int // as reflect.Value.FieldByIndex wants it
	kind    elementKind
	pointer bool
	fields  []element // of a structure
	item    *element  // of a list or map
}

type elementKind uint8

const (
	textElement elementKind = iota
	numberElement
	boolElement
	timeElement
	structElement
	listElement
	mapElement
)

var timeType = reflect.TypeFor[time.Time]()

// elementsOf plans the encoding of a struct type. A type that it does not
// understand is a bug and panics.
func elementsOf(t reflect.Type) []element {
	var plan []element
	for _, f := range flattened(t) {
		e := elementOf(f.Name, f.Type)
		e.index = f.Index
		plan = append(plan, e)
	}
	return plan
}

func elementOf(name string, t reflect.Type) element {
	e := element{name: name, pointer: t.Kind() == reflect.Pointer}
	if e.pointer {
		t = t.Elem()
	}
	switch {
	case t == timeType:
		e.kind = timeElement
	case t.Kind() == reflect.String:
		e.kind = textElement
	case t.Kind() == reflect.Int32:
		e.kind = numberElement
	case t.Kind() == reflect.Bool:
		e.kind = boolElement
	case t.Kind() == reflect.Struct:
		e.kind, e.fields = structElement, elementsOf(t)
	case t.Kind() == reflect.Slice && !e.pointer:
		item := elementOf("member", t.Elem())
		e.kind, e.item = listElement, &item
	case t.Kind() == reflect.Map && t.Key().Kind() == reflect.String:
		item := elementOf("value", t.Elem())
		e.kind, e.item = mapElement, &item
	default:
		panic("awsapi: no encoding for " + t.String())
	}
	return e
}

// value follows a pointer, and reports whether there is something to write.
func (e *element) value(v reflect.Value) (reflect.Value, bool) {
	if e.pointer {
		return v.Elem(), !v.IsNil()
	}
	switch e.kind {
	case textElement:
		return v, v.Len() > 0
	case listElement, mapElement:
		return v, !v.IsNil()
	}
	return v, true
}

// appendXML writes the fields of v as elements, indented by two blanks a level.
func appendXML(dst []byte, fields []element, v reflect.Value, indent int) []byte {
	for i := range fields {
		e := &fields[i]
		if value, ok := e.value(v.FieldByIndex(e.index)); ok {
			dst = e.appendXML(dst, value, indent)
		}
	}
	return dst
}

func (e *element) appendXML(dst []byte, v reflect.Value, indent int) []byte {
	switch e.kind {
	case textElement:
		return appendText(dst, e.name, v.String(), indent)
	case numberElement:
		dst = openTag(dst, e.name, indent)
		return closeTag(strconv.AppendInt(dst, v.Int(), 10), e.name)
	case boolElement:
		dst = openTag(dst, e.name, indent)
		return closeTag(strconv.AppendBool(dst, v.Bool()), e.name)
	case timeElement:
		dst = openTag(dst, e.name, indent)
		return closeTag(v.Interface().(time.Time).UTC().AppendFormat(dst, time.RFC3339), e.name)
	}
	start := len(dst)
	dst = append(openTag(dst, e.name, indent), '\n')
	inside := len(dst)
	switch e.kind {
	case structElement:
		dst = appendXML(dst, e.fields, v, indent+1)
	case mapElement:
		dst = e.appendEntries(dst, v, indent+1)
	default:
		for i := range v.Len() {
			if item, ok := e.item.value(v.Index(i)); ok {
				dst = e.item.appendXML(dst, item, indent+1)
			}
		}
	}
	if len(dst) == inside {
		return emptyTag(dst[:start], e.name, indent)
	}
	return closeTag(appendIndent(dst, indent), e.name)
}

// appendEntries writes a map as the query protocol has it: an element entry for
// each key, here in their order.
func (e *element) appendEntries(dst []byte, v reflect.Value, indent int) []byte {
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
	for _, key := range keys {
		dst = append(openTag(dst, "entry", indent), '\n')
		dst = appendText(dst, "key", key.String(), indent+1)
		dst = e.item.appendXML(dst, v.MapIndex(key), indent+1)
		dst = closeTag(appendIndent(dst, indent), "entry")
	}
	return dst
}

// emptyTag writes an element with nothing in it.
func emptyTag(dst []byte, name string, indent int) []byte {
	dst = append(append(appendIndent(dst, indent), '<'), name...)
	return append(dst, "/>\n"...)
}

// appendText writes an element that holds text only.
func appendText(dst []byte, name, text string, indent int) []byte {
	return closeTag(appendEscaped(openTag(dst, name, indent), text), name)
}

func openTag(dst []byte, name string, indent int) []byte {
	dst = append(appendIndent(dst, indent), '<')
	return append(append(dst, name...), '>')
}

func closeTag(dst []byte, name string) []byte {
	dst = append(dst, "</"...)
	return append(append(dst, name...), ">\n"...)
}

func appendIndent(dst []byte, indent int) []byte {
	for range indent {
		dst = append(dst, "  "...)
	}
	return dst
}

// appendEscaped writes text as XML character data. Quotation marks stand for
// themselves there; what XML cannot hold becomes U+FFFD.
func appendEscaped(dst []byte, text string) []byte {
	if isPlain(text) {
		return append(dst, text...)
	}
	for _, r := range text {
		switch {
		case r == '&':
			dst = append(dst, "&amp;"...)
		case r == '<':
			dst = append(dst, "&lt;"...)
		case r == '>':
			dst = append(dst, "&gt;"...)
		case r == '\r':
			dst = append(dst, "&#xD;"...)
		case !inXML(r):
			dst = utf8.AppendRune(dst, utf8.RuneError)
		default:
			dst = utf8.AppendRune(dst, r)
		}
	}
	return dst
}

// isPlain reports whether s is ASCII that stands for itself in XML, as nearly all
// that is answered is.
func isPlain(s string) bool {
	for i := range len(s) {
		if !plain[s[i]] {
			return false
		}
	}
	return true
}

// plain are the bytes that isPlain takes: session tokens are long.
var plain = func() (set [256]bool) {
	for c := range utf8.RuneSelf {
		set[c] = inXML(rune(c)) && !strings.ContainsRune("&<>\r", rune(c))
	}
	return set
}()

// inXML is https://www.w3.org/TR/xml/#NT-Char.
func inXML(r rune) bool {
	return r == '\t' || r == '\n' || r == '\r' || r >= ' ' && r <= 0xd7ff || r >= 0xe000 && r <= 0xfffd || r >= 0x10000
}

// appendJSON writes v as the JSON variant has it: an object whose times are
// seconds since 1970.
func appendJSON(dst []byte, fields []element, v reflect.Value) []byte {
	dst = append(dst, '{')
	first := true
	for i := range fields {
		e := &fields[i]
		value, ok := e.value(v.FieldByIndex(e.index))
		if !ok {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(appendJSONString(dst, e.name), ':')
		dst = e.appendJSON(dst, value)
	}
	return append(dst, '}')
}

func (e *element) appendJSON(dst []byte, v reflect.Value) []byte {
	switch e.kind {
	case textElement:
		return appendJSONString(dst, v.String())
	case numberElement:
		return strconv.AppendInt(dst, v.Int(), 10)
	case boolElement:
		return strconv.AppendBool(dst, v.Bool())
	case timeElement:
		return strconv.AppendInt(dst, v.Interface().(time.Time).Unix(), 10)
	case structElement:
		return appendJSON(dst, e.fields, v)
	case mapElement:
		text, err := json.Marshal(v.Interface())
		if err != nil {
			panic("awsapi: " + err.Error()) // strings and numbers always marshal
		}
		return append(dst, text...)
	}
	dst = append(dst, '[')
	for i := range v.Len() {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = e.item.appendJSON(dst, v.Index(i))
	}
	return append(dst, ']')
}

func appendJSONString(dst []byte, s string) []byte {
	text, err := json.Marshal(s)
	if err != nil {
		panic("awsapi: " + err.Error()) // strings always marshal
	}
	return append(dst, text...)
}
