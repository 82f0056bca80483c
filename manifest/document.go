package manifest

import (
	"bytes"
	"path/filepath"
	"strings"

	"github.com/irsatz/irsatz/internal/syntax"
)

// maxDocument bounds a policy document, far above what IAM takes, whose parser
// will say so better.
const maxDocument = 1 << 20

const fileScheme = "file://"

// notADocument is what is wrong with a value that stands where a policy should.
const notADocument = "expected a policy document as a mapping, as JSON text or as file://path, found %s"

// document reads a policy document: a mapping, JSON in a string, or the
// file://path of either, relative to the folder of the manifest.
func (c cursor) document() Document {
	d := Document{Pos: c.pos()}
	switch {
	case !c.present():
	case c.is(syntax.Mapping):
		d.JSON = c.documentJSON(c.value)
	case !c.is(syntax.String):
		c.fail(notADocument, c.value.What())
	case strings.HasPrefix(c.value.Text, fileScheme):
		d.Source, d.JSON = c.documentFile(strings.TrimPrefix(c.value.Text, fileScheme))
	default:
		d.JSON = c.checkedJSON([]byte(c.value.Text), "the JSON in this text")
	}
	return d
}

// documentFile reads a document from a file of its own.
func (c cursor) documentFile(path string) (source string, document []byte) {
	if !c.loader.mayReadFiles {
		c.fail("a document that does not come from a file must not refer to one, found %q", c.value.Text)
		return "", nil
	}
	source = c.loader.relative(path)
	content, err := readFile(source, maxDocument)
	if err != nil {
		c.fail("read %s: %w", source, pathless(err))
		return source, nil
	}
	switch strings.ToLower(filepath.Ext(path)) {
	case ".yaml", ".yml":
		if root := c.only(source, content, source); root != nil {
			return source, c.documentJSON(root)
		}
		return source, nil
	default:
		return source, c.checkedJSON(content, source)
	}
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
	root := c.only("document.json", content, what)
	if root == nil {
		return nil
	}
	if root.Kind != syntax.Mapping {
		c.fail("%s: expected one JSON object, found %s", what, root.What())
		return nil
	}
	return bytes.TrimPrefix(bytes.TrimSpace(content), []byte("\xef\xbb\xbf"))
}

// only returns the one document in content.
func (c cursor) only(name string, content []byte, what string) *syntax.Value {
	var root *syntax.Value
	n := 0
	for v, bad := range syntax.Documents(name, content) {
		if bad != nil {
			c.fail("%s: %s", what, bad)
			return nil
		}
		root = v
		n++
	}
	if n != 1 {
		c.fail("%s: expected one document, found %d", what, n)
		return nil
	}
	return root
}

func (c cursor) documentJSON(v *syntax.Value) []byte {
	if v.Kind != syntax.Mapping {
		c.fail(notADocument, v.What())
		return nil
	}
	document, bad := v.Compact()
	if bad != nil {
		at := c.pos()
		at.Line = bad.Line
		c.loader.problems.add(at, "%s", bad.Msg)
		return nil
	}
	if len(document) > maxDocument {
		c.fail("the policy document is larger than %d MiB", maxDocument>>20)
		return nil
	}
	return document
}
