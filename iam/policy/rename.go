package policy

import (
	"bytes"
	"encoding/json"
	"slices"
)

// Rename returns the document with the names that name gives to the AWS principals
// that it names, and otherwise as it was written; the document itself if they all
// keep theirs. AWS does so to policies of roles and buckets: they follow a user to
// its new name, and have the unique id of what was deleted.
// See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html.
func (d *Document) Rename(name func(principal string) string) (*Document, error) {
	if !d.renames(name) {
		return d, nil
	}
	root, _ := readJSON(d.source) // which it is: it was parsed before
	statements := root.member("Statement")
	items := statements.items
	if statements.kind == objectNode {
		items = []node{*statements}
	}
	var found []*node
	for i := range items {
		for _, element := range []string{"Principal", "NotPrincipal"} {
			if p := items[i].member(element); p != nil {
				found = append(found, p.member("AWS").texts()...)
			}
		}
	}
	slices.SortFunc(found, func(a, b *node) int { return a.pos - b.pos })
	var src bytes.Buffer
	rest := 0
	for _, n := range found {
		to := name(n.text)
		if to == n.text {
			continue
		}
		r := reader{src: string(d.source), pos: n.pos}
		_, _ = r.str()
		text, _ := json.Marshal(to) // as a string always does
		src.Write(d.source[rest:n.pos])
		src.Write(text)
		rest = r.pos
	}
	src.Write(d.source[rest:])
	return ParseStored(d.kind, src.Bytes())
}

// renames reports whether any principal is given another name.
func (d *Document) renames(name func(string) string) bool {
	for i := range d.statements {
		p := d.statements[i].principal
		if p != nil && slices.ContainsFunc(p.names, func(n string) bool { return name(n) != n }) {
			return true
		}
	}
	return false
}

// texts are the strings that a value is: alone, or in a list.
func (n *node) texts() []*node {
	if n == nil {
		return nil
	}
	if n.kind == stringNode {
		return []*node{n}
	}
	var found []*node
	for i := range n.items {
		found = append(found, n.items[i].texts()...)
	}
	return found
}
