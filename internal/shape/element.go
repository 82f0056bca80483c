package shape

import (
	"bytes"
	"encoding/xml"
	"strings"
)

// Element is one element of a document that was read by its shape.
type Element struct {
	Name     string
	Type     string // xsi:type, where the shape keeps it
	Text     string // "" if it has children
	Children []*Element

	leaf bool
}

// Get returns the text below e along the path, which takes the first element of
// each name; "" if there is none.
func (e *Element) Get(path ...string) string {
	if e = e.Find(path...); e == nil {
		return ""
	}
	return e.Text
}

// Find returns the first element along the path, nil if there is none.
func (e *Element) Find(path ...string) *Element {
	for _, name := range path {
		all := e.All(name)
		if len(all) == 0 {
			return nil
		}
		e = all[0]
	}
	return e
}

// All returns the child elements of the name, in their order.
func (e *Element) All(name string) []*Element {
	if e == nil {
		return nil
	}
	var found []*Element
	for _, c := range e.Children {
		if c.Name == name {
			found = append(found, c)
		}
	}
	return found
}

// Texts returns the texts of the child elements of the name.
func (e *Element) Texts(name string) []string {
	var texts []string
	for _, c := range e.All(name) {
		texts = append(texts, c.Text)
	}
	return texts
}

// Set gives the child element of the name this text, and adds it where there is
// none.
func (e *Element) Set(name, text string) {
	if c := e.Find(name); c != nil {
		c.Text = text
		return
	}
	e.Children = append(e.Children, &Element{Name: name, Text: text, leaf: true})
}

// Marshal writes the element as a document of the namespace.
func (e *Element) Marshal(namespace string) []byte {
	var b bytes.Buffer
	b.WriteString(xml.Header)
	e.write(&b, ` xmlns="`+namespace+`"`)
	return b.Bytes()
}

// Inner writes the element as a part of another document.
func (e *Element) Inner() []byte {
	var b bytes.Buffer
	e.write(&b, "")
	return b.Bytes()
}

func (e *Element) write(b *bytes.Buffer, attributes string) {
	if e.Type != "" {
		attributes += ` xmlns:xsi="` + xsi + `" xsi:type="` + escape(e.Type) + `"`
	}
	if !e.leaf && len(e.Children) == 0 {
		b.WriteString("<" + e.Name + attributes + "/>")
		return
	}
	b.WriteString("<" + e.Name + attributes + ">" + escape(e.Text))
	for _, c := range e.Children {
		c.write(b, "")
	}
	b.WriteString("</" + e.Name + ">")
}

func escape(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a Builder takes everything
	return b.String()
}
