package shape

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

const (
	xsi = "http://www.w3.org/2001/XMLSchema-instance"
	// maxElements bounds a document that is small and full of elements.
	maxElements = 100_000
)

// reader reads one document.
type reader struct {
	in        *xml.Decoder
	namespace string
	count     int
}

// Read reads a document of the shape. Its elements are of the namespace, or of
// none. The error says what does not fit, and where.
func (s Shape) Read(document []byte, namespace string) (*Element, error) {
	r := &reader{in: xml.NewDecoder(bytes.NewReader(document)), namespace: namespace}
	start, err := r.start()
	if err != nil {
		return nil, err
	}
	if start.Name.Local != s.root.name {
		return nil, fmt.Errorf("read %s: the document is %s", s.root.name, start.Name.Local)
	}
	e, err := r.element(start, s.root)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", s.root.name, err)
	}
	if _, err := r.start(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read %s: something follows the document", s.root.name)
	}
	return e, nil
}

// start reads up to the root element; at the end it fails with io.EOF.
func (r *reader) start() (xml.StartElement, error) {
	for {
		token, err := r.in.Token()
		if err != nil {
			return xml.StartElement{}, fmt.Errorf("read document: %w", err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			return t, nil
		case xml.CharData:
			if len(bytes.TrimSpace(t)) > 0 {
				return xml.StartElement{}, errors.New("read document: text outside of the document")
			}
		case xml.Directive:
			return xml.StartElement{}, errors.New("read document: a document type is not understood")
		}
	}
}

// element reads what is in an element that was begun.
func (r *reader) element(start xml.StartElement, of *rule) (*Element, error) {
	if r.count++; r.count > maxElements {
		return nil, errors.New("too many elements")
	}
	if ns := start.Name.Space; ns != "" && ns != r.namespace {
		return nil, fmt.Errorf("%s is of the namespace %q", of.name, ns)
	}
	e := &Element{Name: of.name, leaf: of.children == nil}
	if of.typed {
		for _, a := range start.Attr {
			if a.Name.Space == xsi && a.Name.Local == "type" {
				e.Type = a.Value
			}
		}
	}
	var text strings.Builder
	for {
		token, err := r.in.Token()
		if err != nil {
			return nil, err
		}
		switch t := token.(type) {
		case xml.CharData:
			text.Write(t)
		case xml.StartElement:
			child, err := r.child(e, t, of)
			if err != nil {
				return nil, err
			}
			e.Children = append(e.Children, child)
		case xml.EndElement:
			return e, e.finish(text.String(), of)
		}
	}
}

func (r *reader) child(parent *Element, start xml.StartElement, of *rule) (*Element, error) {
	i := slices.IndexFunc(of.children, func(c *rule) bool { return c.name == start.Name.Local })
	if i < 0 {
		return nil, fmt.Errorf("%s has no element %s", of.name, start.Name.Local)
	}
	child := of.children[i]
	if child.max == 1 && parent.Find(child.name) != nil {
		return nil, fmt.Errorf("%s has more than one %s", of.name, child.name)
	}
	return r.element(start, child)
}

// finish checks an element that was read whole.
func (e *Element) finish(text string, of *rule) error {
	if of.children == nil {
		e.Text = strings.TrimSpace(text)
		if of.kind == "" && of.words == nil {
			e.Text = text
		}
		if !of.fits(e.Text) {
			return fmt.Errorf("%s cannot be %q", of.name, e.Text)
		}
		return nil
	}
	if strings.TrimSpace(text) != "" {
		return fmt.Errorf("%s holds text", of.name)
	}
	for _, c := range of.children {
		if c.min > 0 && e.Find(c.name) == nil {
			return fmt.Errorf("%s has no %s", of.name, c.name)
		}
	}
	return nil
}
