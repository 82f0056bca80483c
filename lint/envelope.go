package lint

import (
	"strings"

	"github.com/irsatz/irsatz/internal/syntax"
)

// envelope finds the document in what the AWS CLI prints of get-policy-version,
// get-role-policy, get-role and get-bucket-policy, and its kind if that is clear.
func envelope(v *syntax.Value) (*syntax.Value, Kind) {
	if v.Get("Statement") != nil {
		return nil, Auto
	}
	for _, outer := range []string{"PolicyVersion", "Role"} {
		if inner := v.Get(outer); inner != nil {
			v = inner
		}
	}
	for _, name := range []string{"Document", "PolicyDocument"} {
		if inner := v.Get(name); inner != nil {
			return inner, Identity
		}
	}
	if inner := v.Get("AssumeRolePolicyDocument"); inner != nil {
		return inner, Trust
	}
	if inner := v.Get("Policy"); inner != nil && inner.Kind == syntax.String {
		return inner, Bucket
	}
	return nil, Auto
}

// unwrap goes on to the document that stands in a string.
func (d *document) unwrap() {
	outer := d.root
	inner := strings.TrimSpace(outer.Text)
	d.shift = shift{line: outer.TextLine(), inOne: outer.TextLine() == outer.Line}
	if before := strings.Index(outer.Text, inner); !d.shift.inOne {
		d.shift.line += strings.Count(outer.Text[:before], "\n")
	}
	for root, bad := range syntax.Documents("document.json", []byte(inner)) {
		if bad == nil {
			d.root = root
		}
		return
	}
}
