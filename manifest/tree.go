package manifest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// maxAliased bounds what aliases may add to a file, so that a few lines cannot
// grow into gigabytes ("billion laughs"). It is counted in values; long text
// counts as one value per aliasedText bytes.
const (
	maxAliased  = 100_000
	aliasedText = 16
)

// syntaxError is a document that is not well formed.
type syntaxError struct {
	line int // 0: not known
	msg  string
}

func (e *syntaxError) Error() string { return e.msg }

// parseTrees returns the documents of a file, aliases and merge keys resolved,
// duplicate keys refused. Empty documents are left out.
func parseTrees(name string, content []byte) ([]*yaml.Node, error) {
	content = bytes.TrimPrefix(content, []byte("\xef\xbb\xbf"))
	if !utf8.Valid(content) {
		return nil, &syntaxError{line: firstInvalidLine(content), msg: "not UTF-8 text"}
	}
	trees, err := parseSyntax(name, content)
	if err != nil {
		return nil, err
	}
	kept := trees[:0]
	aliased := 0
	for _, tree := range trees {
		if tree.Kind == yaml.ScalarNode && tree.ShortTag() == "!!null" {
			continue
		}
		if tree.Kind == yaml.AliasNode {
			return nil, &syntaxError{tree.Line, "an alias cannot be a whole document"}
		}
		// Anchors do not outlive their document.
		r := resolver{sizes: map[*yaml.Node]int{}, aliased: aliased}
		if _, err := r.resolve(tree, 0); err != nil {
			return nil, err
		}
		aliased = r.aliased
		kept = append(kept, tree)
	}
	return kept, nil
}

// parseSyntax reads JSON as JSON wherever it is JSON: a YAML reader refuses
// escaped surrogates and documents that just follow each other.
func parseSyntax(name string, content []byte) ([]*yaml.Node, error) {
	isJSON := strings.HasSuffix(strings.ToLower(name), ".json")
	if first := bytes.TrimLeft(content, " \t\r\n"); isJSON || (len(first) > 0 && (first[0] == '{' || first[0] == '[')) {
		trees, err := parseJSON(content)
		if err == nil || isJSON {
			return trees, err
		}
	}
	return parseYAML(content)
}

func parseYAML(content []byte) (trees []*yaml.Node, err error) {
	// The YAML reader reports its own broken invariants by panic. They are
	// faults of the document from where a user stands.
	defer func() {
		if r := recover(); r != nil {
			trees, err = nil, &syntaxError{msg: fmt.Sprintf("not YAML: %v", r)}
		}
	}()
	dec := yaml.NewDecoder(bytes.NewReader(content))
	for {
		var doc yaml.Node
		err := dec.Decode(&doc)
		if errors.Is(err, io.EOF) {
			return trees, nil
		}
		if err != nil {
			return nil, yamlError(err, content)
		}
		if doc.Kind == yaml.DocumentNode && len(doc.Content) == 1 {
			trees = append(trees, doc.Content[0])
		}
	}
}

// yamlError takes the line out of the text of an error of the YAML reader,
// which has no other place for it.
func yamlError(err error, content []byte) error {
	msg := strings.TrimPrefix(err.Error(), "yaml: ")
	line := 1
	if rest, ok := strings.CutPrefix(msg, "line "); ok {
		if number, tail, ok := strings.Cut(rest, ": "); ok {
			if n, err := strconv.Atoi(number); err == nil {
				line, msg = n, tail
			}
		}
		// The YAML reader counts lines from 1 when its scanner fails, and from
		// 0 when its parser does.
		if slices.ContainsFunc(parserFaults, func(fault string) bool { return strings.HasPrefix(msg, fault) }) {
			line++
		}
	}
	if name, ok := strings.CutPrefix(msg, "unknown anchor '"); ok { // comes without a line
		name, _, _ = strings.Cut(name, "'")
		before, _, _ := bytes.Cut(content, []byte("*"+name))
		line = 1 + bytes.Count(before, []byte{'\n'})
	}
	return &syntaxError{line: line, msg: "not YAML: " + msg}
}

// parserFaults is how messages of the YAML reader's parser begin.
var parserFaults = []string{
	"did not find expected node content", "did not find expected ',' or '", "did not find expected '-' indicator",
	"did not find expected key", "did not find expected <", "found duplicate %", "found incompatible YAML document",
	"found undefined tag handle",
}

func firstInvalidLine(content []byte) int {
	line := 1
	for len(content) > 0 {
		r, size := utf8.DecodeRune(content)
		if r == utf8.RuneError && size == 1 {
			break
		}
		if r == '\n' {
			line++
		}
		content = content[size:]
	}
	return line
}

// resolver puts the nodes that aliases stand for in their places. Nodes are
// shared, not copied, so a tree never takes more memory than its text; what is
// bounded is how large it looks to those who walk it.
type resolver struct {
	sizes   map[*yaml.Node]int // of anchored nodes; 0 while being resolved
	aliased int
}

func (r *resolver) resolve(n *yaml.Node, depth int) (size int, err error) {
	if depth > maxDepth {
		return 0, &syntaxError{n.Line, fmt.Sprintf("nested more than %d levels deep", maxDepth)}
	}
	if n.Anchor != "" {
		r.sizes[n] = 0
		defer func() { r.sizes[n] = size }()
	}
	size = 1 + len(n.Value)/aliasedText
	for i, child := range n.Content {
		childSize := 0
		if child.Kind == yaml.AliasNode {
			childSize, err = r.alias(child)
			n.Content[i] = child.Alias
		} else {
			childSize, err = r.resolve(child, depth+1)
		}
		if err != nil {
			return 0, err
		}
		size += childSize
	}
	if n.Kind == yaml.MappingNode {
		return size, r.mapping(n)
	}
	return size, nil
}

func (r *resolver) alias(n *yaml.Node) (int, error) {
	size := r.sizes[n.Alias]
	if size == 0 {
		return 0, &syntaxError{n.Line, fmt.Sprintf("alias *%s stands for something that contains it or is not in this document", n.Value)}
	}
	if r.aliased += size; r.aliased > maxAliased {
		return 0, &syntaxError{n.Line, fmt.Sprintf("aliases make the file larger by more than %d values", maxAliased)}
	}
	return size, nil
}

// mapping checks the keys of n and takes in what its merge key (<<) names.
func (r *resolver) mapping(n *yaml.Node) error {
	seen := make(map[string]int, len(n.Content)/2)
	var merged *yaml.Node
	kept := make([]*yaml.Node, 0, len(n.Content))
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Kind != yaml.ScalarNode {
			return &syntaxError{key.Line, "a key must be text"}
		}
		if first, dup := seen[key.Value]; dup {
			return &syntaxError{key.Line, fmt.Sprintf("key %q is given twice, first in line %d", key.Value, first)}
		}
		seen[key.Value] = key.Line
		if key.ShortTag() == "!!merge" {
			merged = value
			continue
		}
		kept = append(kept, key, value)
	}
	if merged == nil {
		return nil
	}
	sources := []*yaml.Node{merged}
	if merged.Kind == yaml.SequenceNode {
		sources = merged.Content
	}
	for _, source := range sources {
		if source.Kind != yaml.MappingNode {
			return &syntaxError{merged.Line, "<< must name a mapping or a list of mappings"}
		}
		for i := 0; i+1 < len(source.Content); i += 2 {
			if key := source.Content[i]; seen[key.Value] == 0 {
				seen[key.Value] = key.Line
				kept = append(kept, key, source.Content[i+1])
			}
		}
	}
	n.Content = kept
	return nil
}
