package policy

import (
	"bytes"
	"encoding/json"
	"slices"
)

// Names reports whether the document names the AWS principal, which is the ARN
// of a user or role.
func (d *Document) Names(principal string) bool {
	for i := range d.statements {
		if p := d.statements[i].principal; p != nil && slices.Contains(p.names, principal) {
			return true
		}
	}
	return false
}

// Rename returns the document with another AWS principal in the place of one
// that it names, and otherwise as it was written. IAM does so to trust policies:
// they follow a user to its new name, and have the unique id of what was deleted.
// See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html.
func (d *Document) Rename(principal, to string) (*Document, error) {
	root, _ := readJSON(d.source) // which it is: it was parsed before
	statements := root.member("Statement")
	items := statements.items
	if statements.kind == objectNode {
		items = []node{*statements}
	}
	var found []int
	for i := range items {
		for _, element := range []string{"Principal", "NotPrincipal"} {
			if p := items[i].member(element); p != nil {
				found = append(found, p.member("AWS").places(principal)...)
			}
		}
	}
	name, _ := json.Marshal(to) // as a string always does
	var src bytes.Buffer
	rest := 0
	slices.Sort(found)
	for _, pos := range found {
		r := reader{src: string(d.source), pos: pos}
		_, _ = r.str()
		src.Write(d.source[rest:pos])
		src.Write(name)
		rest = r.pos
	}
	src.Write(d.source[rest:])
	return ParseStored(d.kind, src.Bytes())
}

// places are the bytes at which a string stands: alone, or in a list.
func (n *node) places(s string) []int {
	if n == nil {
		return nil
	}
	var found []int
	if n.kind == stringNode && n.text == s {
		found = append(found, n.pos)
	}
	for i := range n.items {
		found = append(found, n.items[i].places(s)...)
	}
	return found
}
