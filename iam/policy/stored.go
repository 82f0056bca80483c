package policy

import (
	"bytes"
	"regexp"
	"sync"
)

// ParseStored reads a document that AWS has, as its answers show it. It may be
// older than what AWS demands on writing today: an identity policy of 2008-10-17
// goes on to work. In place of a user or role that was deleted it shows the unique
// id, which nobody has any more. And a user's new name may have made it longer than
// AWS takes one. Its error is a *[MalformedError].
//
// See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html and
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html.
func ParseStored(kind Kind, src []byte) (*Document, error) {
	d := &Document{kind: kind, source: bytes.Clone(src), stored: true}
	if err := d.parse(nil); err != nil {
		return nil, err.at(d.source)
	}
	return d, nil
}

// uniqueID is the id of a user or role, such as AIDAEXAMPLE0000000001, or of a
// session of a role, such as AROAEXAMPLE0000000001:session. It is compiled when
// first asked for, since its bounds make it large.
var uniqueID = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^A[A-Z]{3}[A-Z0-9]{12,124}(:[\w+=,.@-]+)?$`)
})

// markStored marks what AWS would not take on writing.
func (d *rawDocument) markStored() {
	d.stored = true
	for i := range d.statements {
		p := d.statements[i].principal
		if p == nil {
			continue
		}
		for j := range p.entries {
			e := &p.entries[j]
			e.deleted = e.kind == "AWS" && uniqueID().MatchString(e.value)
		}
	}
}
