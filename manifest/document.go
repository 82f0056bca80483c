package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// maxDocument bounds a policy document, far above what IAM takes, whose parser
// will say so better.
const maxDocument = 1 << 20

const fileScheme = "file://"

// document reads a policy document: a mapping, JSON in a string, or the
// file://path of either, relative to the folder of the manifest.
func (c cursor) document() Document {
	d := Document{Pos: c.pos()}
	if !c.present() {
		return d
	}
	if c.node.Kind != yaml.ScalarNode {
		d.JSON = c.documentJSON(c.node)
		return d
	}
	if c.node.ShortTag() != "!!str" {
		c.fail("expected a policy document as a mapping, as JSON text or as file://path, found %s", c.kind())
		return d
	}
	text := c.node.Value
	path, isFile := strings.CutPrefix(text, fileScheme)
	if !isFile {
		d.JSON = c.checkedJSON([]byte(text), "the JSON in this text")
		return d
	}
	if !c.loader.mayReadFiles {
		c.fail("a document that does not come from a file must not refer to one, found %q", text)
		return d
	}
	d.Source = c.loader.relative(path)
	content, err := readFile(d.Source, maxDocument)
	if err != nil {
		c.fail("read %s: %w", d.Source, pathless(err))
		return d
	}
	switch strings.ToLower(filepath.Ext(path)) {
	case ".yaml", ".yml":
		d.JSON = c.yamlFile(d.Source, content)
	default:
		d.JSON = c.checkedJSON(content, d.Source)
	}
	return d
}

// relative returns a path as seen from the folder of the manifest.
func (l *loader) relative(path string) string {
	path = filepath.FromSlash(path)
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(l.dir, path)
}

// checkedJSON returns content if it is one JSON object without duplicate keys,
// where what names it in messages.
func (c cursor) checkedJSON(content []byte, what string) []byte {
	trees, err := parseTrees("document.json", content)
	if err != nil {
		c.failIn(what, err)
		return nil
	}
	if len(trees) != 1 || trees[0].Kind != yaml.MappingNode {
		c.fail("%s: expected one JSON object", what)
		return nil
	}
	return bytes.TrimPrefix(bytes.TrimSpace(content), []byte("\xef\xbb\xbf"))
}

func (c cursor) yamlFile(path string, content []byte) []byte {
	trees, err := parseTrees(path, content)
	if err != nil {
		c.failIn(path, err)
		return nil
	}
	if len(trees) != 1 {
		c.fail("%s: expected one document, found %d", path, len(trees))
		return nil
	}
	return c.documentJSON(trees[0])
}

func (c cursor) failIn(what string, err error) {
	if syntax, ok := errors.AsType[*syntaxError](err); ok && syntax.line > 0 {
		c.fail("%s: line %d: %s", what, syntax.line, syntax.msg)
		return
	}
	c.fail("%s: %s", what, err)
}

func (c cursor) documentJSON(n *yaml.Node) []byte {
	if n.Kind != yaml.MappingNode || n.ShortTag() != "!!map" {
		c.fail("expected a policy document as a mapping, as JSON text or as file://path, found %s", c.kind())
		return nil
	}
	var b bytes.Buffer
	if err := writeJSON(&b, n); err != nil {
		at := c.pos()
		at.Line = err.line
		c.loader.problems.add(at, "%s", err.msg)
		return nil
	}
	return b.Bytes()
}

var (
	jsonNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)
	digits     = regexp.MustCompile(`^[0-9]+$`)
)

// writeJSON writes a tree as JSON with its keys in the order written.
func writeJSON(b *bytes.Buffer, n *yaml.Node) *syntaxError {
	if b.Len() > maxDocument {
		return &syntaxError{n.Line, fmt.Sprintf("the policy document is larger than %d MiB", maxDocument>>20)}
	}
	tag := n.ShortTag()
	switch {
	case n.Kind == yaml.MappingNode && tag == "!!map":
		b.WriteByte('{')
		for i := 0; i+1 < len(n.Content); i += 2 {
			if i > 0 {
				b.WriteByte(',')
			}
			writeString(b, n.Content[i].Value)
			b.WriteByte(':')
			if err := writeJSON(b, n.Content[i+1]); err != nil {
				return err
			}
		}
		b.WriteByte('}')
		return nil
	case n.Kind == yaml.SequenceNode && tag == "!!seq":
		b.WriteByte('[')
		for i, e := range n.Content {
			if i > 0 {
				b.WriteByte(',')
			}
			if err := writeJSON(b, e); err != nil {
				return err
			}
		}
		b.WriteByte(']')
		return nil
	case n.Kind == yaml.ScalarNode:
		return writeScalar(b, n)
	}
	return &syntaxError{n.Line, "the tag " + tag + " cannot be written in JSON"}
}

func writeScalar(b *bytes.Buffer, n *yaml.Node) *syntaxError {
	switch tag := n.ShortTag(); tag {
	case "!!null":
		b.WriteString("null")
	case "!!bool":
		value := strings.ToLower(n.Value)
		if value != "true" && value != "false" {
			return &syntaxError{n.Line, "expected true or false, found " + n.Value}
		}
		b.WriteString(value)
	case "!!int", "!!float":
		switch {
		case jsonNumber.MatchString(n.Value):
			b.WriteString(n.Value)
		case digits.MatchString(n.Value): // 000123456789 can only be meant as an account ID
			writeString(b, n.Value)
		default:
			return &syntaxError{n.Line, "the number " + n.Value + " cannot be written in JSON; put it in quotes if text is meant"}
		}
	case "!!str", "!!timestamp": // Version: 2012-10-17 is a date to YAML
		writeString(b, n.Value)
	default:
		return &syntaxError{n.Line, "the tag " + tag + " cannot be written in JSON"}
	}
	return nil
}

// writeString leaves <, > and & alone: the document is what IAM echoes.
func writeString(b *bytes.Buffer, s string) {
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	if enc.Encode(s) == nil { // a string always encodes
		b.Truncate(b.Len() - 1) // the line end that Encode adds
	}
}
