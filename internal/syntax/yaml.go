package syntax

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// yamlReader reads a text chunk by chunk.
type yamlReader struct {
	line    int // the first of the chunk
	aliased int // what aliases have added to the text
}

// read reads the documents of one chunk, which has one unless it holds
// directives.
func (r *yamlReader) read(chunk string) (values []Value, failed *Error) {
	// The YAML reader reports its own broken invariants by panic. They are
	// faults of the document from where a user stands.
	defer func() {
		if fault := recover(); fault != nil {
			values, failed = nil, &Error{Line: r.line, Msg: fmt.Sprintf("not YAML: %v", fault)}
		}
	}()
	dec := yaml.NewDecoder(strings.NewReader(chunk))
	for {
		var doc yaml.Node
		err := dec.Decode(&doc)
		if errors.Is(err, io.EOF) {
			return values, nil
		}
		if err != nil {
			return nil, yamlError(err, chunk, r.line)
		}
		if len(doc.Content) != 1 {
			continue
		}
		c := converter{shift: r.line - 1, aliased: r.aliased, open: map[*yaml.Node]bool{}}
		v, failed := c.value(doc.Content[0], 0)
		if failed != nil {
			return nil, failed
		}
		r.aliased = c.aliased
		values = append(values, v)
	}
}

// parserFaults is how messages of the YAML reader's parser begin, which counts
// lines from 0; its scanner counts them from 1.
var parserFaults = []string{
	"did not find expected node content", "did not find expected ',' or '", "did not find expected '-' indicator",
	"did not find expected key", "did not find expected <", "found duplicate %", "found incompatible YAML document",
	"found undefined tag handle",
}

// yamlError takes the line out of the text of an error of the YAML reader,
// which has no other place for it.
func yamlError(err error, chunk string, first int) *Error {
	msg := strings.TrimPrefix(err.Error(), "yaml: ")
	line := 1
	if rest, ok := strings.CutPrefix(msg, "line "); ok {
		if number, tail, ok := strings.Cut(rest, ": "); ok {
			if n, err := strconv.Atoi(number); err == nil {
				line, msg = n, tail
			}
		}
		if slices.ContainsFunc(parserFaults, func(fault string) bool { return strings.HasPrefix(msg, fault) }) {
			line++
		}
	}
	if anchor, ok := strings.CutPrefix(msg, "unknown anchor '"); ok { // comes without a line
		anchor, _, _ = strings.Cut(anchor, "'")
		before, _, _ := strings.Cut(chunk, "*"+anchor)
		line = 1 + strings.Count(before, "\n")
	}
	line = min(max(line, 1), 1+strings.Count(strings.TrimRight(chunk, " \t\r\n"), "\n"))
	return &Error{Line: first + line - 1, Msg: "not YAML: " + msg}
}

// converter makes values of the YAML reader's nodes, with what aliases stand
// for in their places.
type converter struct {
	shift   int                 // the lines before the chunk
	aliased int                 // what aliases have added to the text
	within  int                 // how many aliases lead to the value
	at      *yaml.Node          // the outermost of them
	open    map[*yaml.Node]bool // anchored nodes that are being converted
}

func (c *converter) fail(n *yaml.Node, format string, args ...any) *Error {
	return &Error{n.Line + c.shift, n.Column, fmt.Sprintf(format, args...)}
}

func (c *converter) tooLarge(n *yaml.Node) *Error {
	return c.fail(n, "aliases make the text larger by more than %d values", maxAliased)
}

func (c *converter) value(n *yaml.Node, depth int) (Value, *Error) {
	if c.within > 0 {
		c.aliased += 1 + len(n.Value)/aliasedText
	}
	switch {
	case depth > maxDepth:
		return Value{}, c.fail(n, "%s", tooDeep)
	case c.aliased > maxAliased:
		return Value{}, c.tooLarge(c.at)
	case n.Kind == yaml.AliasNode:
		return c.alias(n, depth)
	case n.Anchor != "":
		c.open[n] = true
		defer delete(c.open, n)
	}
	v := Value{Line: n.Line + c.shift, Column: n.Column}
	var err *Error
	switch tag := n.ShortTag(); {
	case n.Kind == yaml.MappingNode && tag == "!!map":
		v.Kind = Mapping
		v.Members, err = c.mapping(n, depth)
	case n.Kind == yaml.SequenceNode && tag == "!!seq":
		v.Kind = List
		v.Items = make([]Value, len(n.Content))
		for i, item := range n.Content {
			if v.Items[i], err = c.value(item, depth+1); err != nil {
				return v, err
			}
		}
	case n.Kind == yaml.ScalarNode && scalarTags[tag]:
		err = c.scalar(&v, n, tag)
	default:
		err = c.tagged(&v, n, depth)
	}
	return v, err
}

// tagged reads what stands behind a tag as if the tag were not there.
func (c *converter) tagged(v *Value, n *yaml.Node, depth int) *Error {
	bare := *n
	bare.Tag, bare.Anchor = "", ""
	if n.Kind == yaml.ScalarNode {
		bare.Tag = "!!str"
	}
	inner, err := c.value(&bare, depth+1)
	v.Kind, v.Text, v.Items = Tagged, n.ShortTag(), []Value{inner}
	return err
}

func (c *converter) alias(n *yaml.Node, depth int) (Value, *Error) {
	if n.Alias == nil || c.open[n.Alias] {
		return Value{}, c.fail(n, "alias *%s stands for something that contains it", n.Value)
	}
	if c.within++; c.within == 1 {
		c.at = n
	}
	v, err := c.value(n.Alias, depth+1)
	c.within--
	return v, err
}

// scalarTags are what a scalar can be.
var scalarTags = map[string]bool{
	"!!null": true, "!!bool": true, "!!int": true, "!!float": true, "!!str": true,
	"!!timestamp": true, // Version: 2012-10-17 is a date to YAML
}

func (c *converter) scalar(v *Value, n *yaml.Node, tag string) *Error {
	v.Text = n.Value
	switch tag {
	case "!!null":
		v.Kind = Null
	case "!!bool":
		v.Kind, v.Text = Bool, strings.ToLower(n.Value)
		if v.Text != "true" && v.Text != "false" {
			return c.fail(n, "expected true or false, found %s", n.Value)
		}
	case "!!int", "!!float":
		v.Kind = Number
	default:
		v.Kind = String
		v.block = n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0
	}
	return nil
}

// mapping reads the entries of a mapping and takes in what its merge key (<<)
// names.
func (c *converter) mapping(n *yaml.Node, depth int) ([]Member, *Error) {
	var seen names
	var merged *yaml.Node
	members := make([]Member, 0, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if key.Kind != yaml.ScalarNode {
			return nil, c.fail(key, "a key must be text")
		}
		if first := seen.add(key.Value, key.Line+c.shift); first > 0 {
			return nil, c.fail(key, "%s", duplicate(key.Value, first))
		}
		if key.ShortTag() == "!!merge" {
			merged = n.Content[i+1]
			continue
		}
		v, err := c.value(n.Content[i+1], depth+1)
		if err != nil {
			return nil, err
		}
		members = append(members, Member{key.Value, key.Line + c.shift, key.Column, v})
	}
	if merged == nil {
		return members, nil
	}
	return c.merge(members, merged, mergeInto{&seen, depth})
}

// mergeInto is the mapping that others are merged into.
type mergeInto struct {
	seen  *names
	depth int
}

// merge adds the members of other mappings that are not there yet.
func (c *converter) merge(members []Member, from *yaml.Node, into mergeInto) ([]Member, *Error) {
	v, err := c.value(from, into.depth+1)
	if err != nil {
		return nil, err
	}
	sources := []Value{v}
	if v.Kind == List {
		sources = v.Items
	}
	for _, source := range sources {
		if source.Kind != Mapping {
			return nil, c.fail(from, "<< must name a mapping or a list of mappings")
		}
		for _, m := range source.Members {
			if c.aliased++; c.aliased > maxAliased {
				return nil, c.tooLarge(from)
			}
			if into.seen.add(m.Key, m.Line) == 0 {
				members = append(members, m)
			}
		}
	}
	return members, nil
}
