package syntax

import (
	"bytes"
	"fmt"

	"go.yaml.in/yaml/v3"
)

// FormatYAML writes JSON text as YAML, its members in the order they have.
func FormatYAML(text []byte) ([]byte, error) {
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		return nil, fmt.Errorf("format YAML: %w", err)
	}
	unfold(&document)
	var out bytes.Buffer
	e := yaml.NewEncoder(&out)
	e.SetIndent(2)
	if err := e.Encode(&document); err != nil {
		return nil, fmt.Errorf("format YAML: %w", err)
	}
	return out.Bytes(), nil
}

// unfold takes JSON's brackets and quotes off, where YAML needs none; what is
// empty keeps its brackets.
func unfold(n *yaml.Node) {
	switch {
	case n.Kind == yaml.ScalarNode && n.Tag == "!!str":
		// The encoder quotes what would not be read as text.
		n.Style = 0
	case len(n.Content) > 0:
		n.Style = 0
	}
	for _, child := range n.Content {
		unfold(child)
	}
}
