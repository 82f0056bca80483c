package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"go.yaml.in/yaml/v3"
)

// maxDepth bounds how deep documents nest.
const maxDepth = 1000

// parseJSON reads JSON values that follow each other into the nodes that a
// YAML reader would make of them. Numbers keep their text.
func parseJSON(content []byte) ([]*yaml.Node, error) {
	p := jsonParser{content: content, dec: json.NewDecoder(bytes.NewReader(content)), line: 1}
	p.dec.UseNumber()
	var trees []*yaml.Node
	for {
		token, err := p.next()
		if errors.Is(err, io.EOF) {
			return trees, nil
		}
		if err != nil {
			return nil, p.fail(err)
		}
		tree, err := p.value(token, 0)
		if err != nil {
			return nil, p.fail(err)
		}
		trees = append(trees, tree)
	}
}

type jsonParser struct {
	content []byte
	dec     *json.Decoder
	counted int // how much of content has been searched for line ends
	line    int
}

// next returns the next token and leaves p.line at the line it ends in. No
// JSON token spans lines.
func (p *jsonParser) next() (json.Token, error) {
	token, err := p.dec.Token()
	p.countTo(int(p.dec.InputOffset()))
	return token, err
}

func (p *jsonParser) countTo(offset int) {
	if offset > p.counted && offset <= len(p.content) {
		p.line += bytes.Count(p.content[p.counted:offset], []byte{'\n'})
		p.counted = offset
	}
}

func (p *jsonParser) fail(err error) error {
	if syntax, ok := errors.AsType[*syntaxError](err); ok {
		return syntax
	}
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		p.countTo(int(syntax.Offset))
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		p.countTo(len(bytes.TrimRight(p.content, " \t\r\n")))
		return &syntaxError{p.line, "not JSON: it ends too early"}
	}
	return &syntaxError{p.line, "not JSON: " + err.Error()}
}

func (p *jsonParser) value(token json.Token, depth int) (*yaml.Node, error) {
	if depth > maxDepth {
		return nil, &syntaxError{p.line, fmt.Sprintf("nested more than %d levels deep", maxDepth)}
	}
	n := &yaml.Node{Kind: yaml.ScalarNode, Line: p.line}
	switch t := token.(type) {
	case nil:
		n.Tag, n.Value = "!!null", "null"
	case bool:
		n.Tag, n.Value = "!!bool", fmt.Sprint(t)
	case json.Number:
		n.Tag, n.Value = "!!int", t.String()
	case string:
		n.Tag, n.Value, n.Style = "!!str", t, yaml.DoubleQuotedStyle
	case json.Delim:
		n.Kind, n.Tag = yaml.SequenceNode, "!!seq"
		if t == '{' {
			n.Kind, n.Tag = yaml.MappingNode, "!!map"
		}
		return n, p.members(n, depth)
	}
	return n, nil
}

// members fills an array or an object up to its closing delimiter. Keys of
// objects arrive as string tokens before their values.
func (p *jsonParser) members(n *yaml.Node, depth int) error {
	for p.dec.More() {
		token, err := p.next()
		if err != nil {
			return err
		}
		child, err := p.value(token, depth+1)
		if err != nil {
			return err
		}
		n.Content = append(n.Content, child)
	}
	_, err := p.next()
	return err
}
