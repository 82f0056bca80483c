package lint

import (
	"strconv"
	"strings"

	"github.com/irsatz/irsatz/lint/syntax"
	"github.com/irsatz/irsatz/manifest"
)

// IsManifest reports whether a text is one that package manifest loads, and not
// policy documents: its documents say which API they belong to.
func IsManifest(file string, content []byte) bool {
	for root, bad := range syntax.Documents(file, content) {
		if bad == nil {
			return root.Get("apiVersion") != nil
		}
	}
	return false
}

// Manifest looks at every policy document of a loaded state. texts are the
// files that it was loaded from, by name, so that findings have their places; a
// document whose file is not there has them at its beginning.
func Manifest(state *manifest.State, texts map[string][]byte) []Finding {
	m := &manifests{texts: texts, trees: map[string][]*syntax.Value{}}
	for i := range state.Policies {
		m.add(&state.Policies[i].Document, Identity, quotas[Identity])
	}
	for i := range state.Roles {
		role := &state.Roles[i]
		m.add(&role.TrustPolicy, Trust, quotas[Trust])
		for j := range role.InlinePolicies {
			m.add(&role.InlinePolicies[j].Document, Identity, roleQuota)
		}
	}
	for i := range state.Users {
		for j := range state.Users[i].InlinePolicies {
			m.add(&state.Users[i].InlinePolicies[j].Document, Identity, userQuota)
		}
	}
	for i := range state.Buckets {
		if bucket := &state.Buckets[i]; bucket.Policy != nil {
			m.bucket = bucket.Name
			m.add(bucket.Policy, Bucket, quotas[Bucket])
			m.bucket = ""
		}
	}
	return m.checker.sorted()
}

// manifests looks at the documents of a state, one after the other.
type manifests struct {
	checker checker
	texts   map[string][]byte
	trees   map[string][]*syntax.Value
	bucket  string
}

func (m *manifests) add(document *manifest.Document, kind Kind, q quota) {
	if document.JSON == nil {
		return
	}
	file := document.File
	root := m.find(document)
	if document.Source != "" {
		file = document.Source
		root = m.whole(document.Source)
	}
	moved := shift{}
	if root == nil {
		moved = shift{line: max(document.Line, 1), inOne: true}
		for v := range syntax.Documents("document.json", document.JSON) {
			root = v
		}
	}
	if root == nil {
		return
	}
	d := newDocument(file, root, kind)
	if moved.line > 0 {
		d.shift = moved
		d.statements = nil
		d.read()
	}
	d.field, d.quota = document.Field, q
	if m.bucket != "" {
		d.bucket = m.bucket
	}
	m.checker.check(d)
}

// values are the documents of a file.
func (m *manifests) values(file string) []*syntax.Value {
	trees, read := m.trees[file]
	if !read {
		for root, bad := range syntax.Documents(file, m.texts[file]) {
			if bad == nil {
				trees = append(trees, root)
			}
		}
		m.trees[file] = trees
	}
	return trees
}

// whole is the one document of a file that a manifest refers to.
func (m *manifests) whole(file string) *syntax.Value {
	if trees := m.values(file); len(trees) == 1 {
		return trees[0]
	}
	return nil
}

// find is the value of the manifest that the document was read from.
func (m *manifests) find(document *manifest.Document) *syntax.Value {
	for _, root := range m.values(document.File) {
		if v := follow(root, document.Field); v != nil && v.Line == document.Line {
			return v
		}
	}
	return nil
}

// follow goes along a field such as roles[0].policies[1].policyDocument.
func follow(v *syntax.Value, field string) *syntax.Value {
	for name := range strings.SplitSeq(field, ".") {
		name, indexes, _ := strings.Cut(name, "[")
		if v = v.Get(name); v == nil {
			return nil
		}
		for indexes != "" {
			number, rest, _ := strings.Cut(indexes, "]")
			i, err := strconv.Atoi(number)
			if err != nil || i < 0 || i >= len(v.Items) {
				return nil
			}
			v, indexes = &v.Items[i], strings.TrimPrefix(rest, "[")
		}
	}
	return v
}
