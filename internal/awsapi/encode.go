package awsapi

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"reflect"
	"strconv"
	"time"
)

// The members of an operation's output are the exported fields of a struct, in
// the order they have on the wire: string, int32, time.Time, pointers to
// these, structs, pointers to structs, and slices of structs. Nil pointers,
// empty strings and empty slices are left out; a field tagged xml:"-" too.

// appendXML writes the fields of v as elements, indented by two blanks a level.
func appendXML(buf *bytes.Buffer, v reflect.Value, indent int) {
	for i := range v.NumField() {
		appendElement(buf, v.Type().Field(i).Name, v.Field(i), indent)
	}
}

func appendElement(buf *bytes.Buffer, name string, v reflect.Value, indent int) {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return
		}
		v = v.Elem()
	}
	if v.Kind() == reflect.Struct && v.Type() != timeType || v.Kind() == reflect.Slice {
		if v.Kind() == reflect.Slice && v.Len() == 0 {
			return
		}
		openTag(buf, name, indent)
		buf.WriteByte('\n')
		if v.Kind() == reflect.Struct {
			appendXML(buf, v, indent+1)
		} else {
			for i := range v.Len() {
				appendElement(buf, "member", v.Index(i), indent+1)
			}
		}
		writeIndent(buf, indent)
		closeTag(buf, name)
		return
	}
	text := scalarText(v)
	if text == "" {
		return
	}
	openTag(buf, name, indent)
	_ = xml.EscapeText(buf, []byte(text)) // a bytes.Buffer does not fail
	closeTag(buf, name)
}

var timeType = reflect.TypeFor[time.Time]()

func scalarText(v reflect.Value) string {
	switch {
	case v.Type() == timeType:
		return v.Interface().(time.Time).UTC().Format(time.RFC3339)
	case v.Kind() == reflect.String:
		return v.String()
	case v.CanInt():
		return strconv.FormatInt(v.Int(), 10)
	}
	panic("awsapi: no encoding for " + v.Type().String())
}

func openTag(buf *bytes.Buffer, name string, indent int) {
	writeIndent(buf, indent)
	buf.WriteByte('<')
	buf.WriteString(name)
	buf.WriteByte('>')
}

func closeTag(buf *bytes.Buffer, name string) {
	buf.WriteString("</")
	buf.WriteString(name)
	buf.WriteString(">\n")
}

func writeIndent(buf *bytes.Buffer, indent int) {
	for range indent {
		buf.WriteString("  ")
	}
}

// jsonValue is v as the JSON variant has it: times are seconds since 1970.
func jsonValue(v reflect.Value) any {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return nil
		}
		v = v.Elem()
	}
	switch {
	case v.Type() == timeType:
		return v.Interface().(time.Time).Unix()
	case v.Kind() == reflect.Struct:
		fields := map[string]any{}
		for i := range v.NumField() {
			if value := jsonValue(v.Field(i)); value != nil && value != "" {
				fields[v.Type().Field(i).Name] = value
			}
		}
		return fields
	case v.Kind() == reflect.Slice:
		list := make([]any, v.Len())
		for i := range list {
			list[i] = jsonValue(v.Index(i))
		}
		return list
	}
	return v.Interface()
}

func marshalJSON(v any) []byte {
	body, err := json.Marshal(v)
	if err != nil {
		panic("awsapi: " + err.Error()) // maps of strings and numbers always marshal
	}
	return body
}
