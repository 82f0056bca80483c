package syntax

import (
	"bytes"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// FormatYAML writes JSON text as YAML, its members in the order they have.
func FormatYAML(text []byte) ([]byte, error) {
	r := jsonReader{src: string(text), line: 1, column: 1}
	v, failed := r.value()
	if failed == nil && r.blank() {
		failed = r.fail("more than one value")
	}
	if failed != nil {
		return nil, fmt.Errorf("format YAML: %w", failed)
	}
	var out bytes.Buffer
	e := yaml.NewEncoder(&out)
	e.SetIndent(2)
	if err := e.Encode(node(&v)); err != nil {
		return nil, fmt.Errorf("format YAML: %w", err)
	}
	return out.Bytes(), nil
}

// Canonical reports whether JSON text is what comes of it when it was YAML in
// between: without blanks, and with the plainest form of each string.
func Canonical(text []byte) bool {
	r := jsonReader{src: string(text), line: 1, column: 1}
	v, failed := r.value()
	if failed != nil || r.blank() {
		return false
	}
	again, failed := bare(v).Compact()
	return failed == nil && bytes.Equal(again, text)
}

// bare is the value without the text it was read from.
func bare(v Value) *Value {
	v.raw = ""
	items, members := v.Items, v.Members
	v.Items, v.Members = make([]Value, len(items)), make([]Member, len(members))
	for i := range items {
		v.Items[i] = *bare(items[i])
	}
	for i := range members {
		v.Members[i] = members[i]
		v.Members[i].Value = *bare(members[i].Value)
	}
	return &v
}

// node is the value for the YAML writer, which quotes what would not be read as
// it is meant.
func node(v *Value) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode, Value: v.Text}
	switch v.Kind {
	case Mapping:
		n.Kind = yaml.MappingNode
		for i := range v.Members {
			n.Content = append(n.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: v.Members[i].Key}, node(&v.Members[i].Value))
		}
	case List:
		n.Kind = yaml.SequenceNode
		for i := range v.Items {
			n.Content = append(n.Content, node(&v.Items[i]))
		}
	case String:
		n.Tag = "!!str"
	case Number:
		n.Tag = "!!int"
		if strings.ContainsAny(v.Text, ".eE") {
			n.Tag = "!!float"
		}
	case Bool:
		n.Tag = "!!bool"
	default:
		n.Tag, n.Value = "!!null", "null"
	}
	if n.Kind != yaml.ScalarNode && len(n.Content) == 0 {
		n.Style = yaml.FlowStyle
	}
	return n
}
