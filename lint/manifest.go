package lint

import (
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/irsatz/irsatz/internal/syntax"
	"github.com/irsatz/irsatz/manifest"
)

// IsManifest reports whether a text is one that package manifest loads, and not
// policy documents.
func IsManifest(file string, content []byte) bool {
	for root, bad := range syntax.Documents(file, content) {
		if bad == nil {
			return manifest.Recognises(root)
		}
	}
	return false
}

// Manifest looks at every policy document of a loaded state. texts are the
// files that it was loaded from, by name, so that findings have their places; a
// document whose file is not there has them at its beginning.
func Manifest(state *manifest.State, texts map[string][]byte) []Finding {
	m := &manifests{texts: texts, trees: map[string][]*syntax.Value{}}
	for document, as := range documents(state) {
		m.add(document, as)
	}
	return m.checker.sorted()
}

// Sources are the files that documents of a loaded state were read from by
// reference, each once.
func Sources(state *manifest.State) []string {
	var files []string
	for document := range documents(state) {
		if document.Source != "" && !slices.Contains(files, document.Source) {
			files = append(files, document.Source)
		}
	}
	return files
}

// use is what a document of a manifest is for.
type use struct {
	kind   Kind
	quota  quota
	bucket string
}

// documents yields every policy document of a state.
func documents(state *manifest.State) iter.Seq2[*manifest.Document, use] {
	return func(yield func(*manifest.Document, use) bool) {
		each := func(document *manifest.Document, as use) bool {
			return document == nil || document.JSON == nil || yield(document, as)
		}
		inline := func(policies []manifest.InlinePolicy, q quota) bool {
			for i := range policies {
				if !each(&policies[i].Document, use{kind: Identity, quota: q}) {
					return false
				}
			}
			return true
		}
		for i := range state.Policies {
			p := &state.Policies[i]
			if !each(&p.Document, use{kind: Identity, quota: quotas[Identity]}) {
				return
			}
			for j := range p.Versions {
				if !each(&p.Versions[j].Document, use{kind: Identity, quota: quotas[Identity]}) {
					return
				}
			}
		}
		for i := range state.Roles {
			role := &state.Roles[i]
			if !each(&role.TrustPolicy, use{kind: Trust, quota: quotas[Trust]}) || !inline(role.InlinePolicies, roleQuota) {
				return
			}
		}
		for i := range state.Groups {
			if !inline(state.Groups[i].InlinePolicies, groupQuota) {
				return
			}
		}
		for i := range state.Users {
			if !inline(state.Users[i].InlinePolicies, userQuota) {
				return
			}
		}
		for i := range state.IAMServiceAccounts {
			if !each(state.IAMServiceAccounts[i].Policy, use{kind: Identity, quota: roleQuota}) {
				return
			}
		}
		for i := range state.Buckets {
			if !each(state.Buckets[i].Policy, use{Bucket, quotas[Bucket], state.Buckets[i].Name}) {
				return
			}
		}
	}
}

// manifests looks at the documents of a state, one after the other.
type manifests struct {
	checker checker
	texts   map[string][]byte
	trees   map[string][]*syntax.Value
}

func (m *manifests) add(document *manifest.Document, as use) {
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
	d := newDocument(file, root, as.kind)
	if moved.line > 0 {
		d.shift = moved
		d.statements = nil
		d.read()
	}
	d.field, d.quota = document.Field, as.quota
	if as.bucket != "" {
		d.bucket = as.bucket
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
