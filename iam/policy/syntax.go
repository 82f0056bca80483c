package policy

import (
	"slices"
	"strings"
)

// AWS's answers to a malformed document. What S3 says to a document that is JSON
// but no policy is not known; syntaxS3 stands in for it.
const (
	codeIAM     = "MalformedPolicyDocument"
	codeS3      = "MalformedPolicy"
	syntaxIAM   = "Syntax errors in policy."
	syntaxS3    = "Invalid policy syntax."
	notJSON     = "This policy contains invalid Json"
	legacyFault = "The policy failed legacy parsing"
)

// The two languages that there are. A document without a version speaks the older.
const (
	version2008 = "2008-10-17"
	version2012 = "2012-10-17"
)

// syntax reads the grammar of policies, in the words of IAM or of S3.
// See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html.
type syntax struct {
	kind Kind
}

// s3 reports whether S3 checks the document, not IAM.
func (x syntax) s3() bool { return x.kind == Resource }

// fault is a document that does not follow the grammar.
func (x syntax) fault(pos int, detail string) *MalformedError {
	if x.s3() {
		return &MalformedError{Code: codeS3, Message: syntaxS3, Detail: detail, pos: pos}
	}
	return &MalformedError{Code: codeIAM, Message: syntaxIAM, Detail: detail, pos: pos}
}

// says is a fault for which the checking service has its own message.
func (x syntax) says(pos int, iam, s3 string) *MalformedError {
	if x.s3() {
		return &MalformedError{Code: codeS3, Message: s3, pos: pos}
	}
	return &MalformedError{Code: codeIAM, Message: iam, pos: pos}
}

// document reads the whole of a document.
func (x syntax) document(root node) (*rawDocument, *MalformedError) {
	if root.kind != objectNode {
		return nil, x.fault(root.pos, "a policy is an object")
	}
	d := &rawDocument{pos: root.pos, versionPos: root.pos}
	list := root.member("Statement")
	if list == nil {
		return nil, x.says(root.pos, syntaxIAM, "Missing required field Statement")
	}
	for _, m := range root.members {
		if err := x.top(d, m); err != nil {
			return nil, err
		}
	}
	items := list.items
	switch {
	case list.kind == objectNode:
		items, d.lone = []node{*list}, true
	case list.kind != arrayNode:
		return nil, x.fault(list.pos, "Statement is an object or a list")
	case len(items) == 0:
		return nil, x.says(list.pos, syntaxIAM, "Could not parse the policy: Statement is empty!")
	}
	d.statements = make([]rawStatement, len(items))
	for i := range items {
		if err := x.statement(&d.statements[i], items[i]); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// top reads one element of a document, other than its statements.
func (x syntax) top(d *rawDocument, m member) *MalformedError {
	switch m.key {
	case "Statement":
		return nil
	case "Version":
		d.version, d.versionPos = m.value.text, m.value.pos
		if m.value.kind != stringNode || d.version != version2008 && d.version != version2012 {
			return x.says(m.value.pos, syntaxIAM, "The policy must contain a valid version string")
		}
		return nil
	case "Id":
		if m.value.kind != stringNode {
			return x.fault(m.value.pos, "Id is a string")
		}
		d.id = m.value.text
		return nil
	case "Conditions":
		// IAM lets this one unknown element pass, and ignores it.
		if !x.s3() {
			return nil
		}
	}
	return x.unknown(m)
}

// unknown refuses an element that is not in the grammar.
func (x syntax) unknown(m member) *MalformedError {
	err := x.says(m.pos, syntaxIAM, "Unknown field "+m.key)
	err.Detail = "unknown element " + m.key
	return err
}

// statement reads one statement.
func (x syntax) statement(s *rawStatement, n node) *MalformedError {
	if n.kind != objectNode {
		return x.fault(n.pos, "a statement is an object")
	}
	s.pos = n.pos
	for _, m := range n.members {
		if err := x.element(s, m); err != nil {
			return err
		}
	}
	switch {
	case n.member("Effect") == nil:
		return x.says(n.pos, syntaxIAM, "Missing required field Effect")
	case both(n, "Action", "NotAction"), both(n, "Resource", "NotResource"), both(n, "Principal", "NotPrincipal"):
		return x.fault(n.pos, "an element stands beside its Not form")
	}
	return nil
}

func both(n node, a, b string) bool { return n.member(a) != nil && n.member(b) != nil }

// element reads one element of a statement.
func (x syntax) element(s *rawStatement, m member) (err *MalformedError) {
	n := m.value
	not := strings.HasPrefix(m.key, "Not")
	switch m.key {
	case "Sid":
		if n.kind != stringNode {
			return x.fault(n.pos, "Sid is a string")
		}
		s.sid = text{n.text, n.pos}
	case "Effect":
		s.effect = text{n.text, n.pos}
		if n.kind != stringNode || !strings.EqualFold(n.text, "Allow") && !strings.EqualFold(n.text, "Deny") {
			return x.says(n.pos, syntaxIAM, "Invalid effect: "+n.text)
		}
	case "Action", "NotAction":
		s.action, err = x.list(n, not)
	case "Resource", "NotResource":
		s.resource, err = x.list(n, not)
	case "Principal", "NotPrincipal":
		s.principal, err = x.principal(n, not)
	case "Condition":
		s.conditions, err = x.conditionBlock(n)
	default:
		return x.unknown(m)
	}
	return err
}

// list reads a string or a list of strings.
func (x syntax) list(n node, not bool) (*rawList, *MalformedError) {
	values, err := x.strings(n)
	return &rawList{not: not, pos: n.pos, values: values}, err
}

// strings reads a string or a list of strings. IAM ignores a null in a list.
func (x syntax) strings(n node) ([]text, *MalformedError) {
	items := n.items
	if n.kind != arrayNode {
		items = []node{n}
	}
	values := make([]text, 0, len(items))
	for _, item := range items {
		if item.kind == nullNode && n.kind == arrayNode && !x.s3() {
			continue
		}
		if item.kind != stringNode {
			return nil, x.fault(item.pos, "want a string")
		}
		values = append(values, text{item.text, item.pos})
	}
	return values, nil
}

// principalTypes are the types of principal that exist.
var principalTypes = []string{"AWS", "Federated", "Service", "CanonicalUser"}

// principal reads "*" or a map of types to values.
func (x syntax) principal(n node, not bool) (*rawPrincipal, *MalformedError) {
	p := &rawPrincipal{not: not, pos: n.pos}
	if n.kind == stringNode && n.text == "*" {
		p.everyone = true
		return p, nil
	}
	if n.kind != objectNode {
		return nil, x.says(n.pos, syntaxIAM, invalidPrincipal)
	}
	for _, m := range n.members {
		if !slices.Contains(principalTypes, m.key) {
			return nil, x.says(m.pos, syntaxIAM, invalidPrincipal)
		}
		values, err := x.strings(m.value)
		if err != nil {
			return nil, err
		}
		for _, v := range values {
			p.entries = append(p.entries, rawEntry{kind: m.key, text: v})
		}
	}
	return p, nil
}

// conditionBlock reads operators with their keys and values.
func (x syntax) conditionBlock(n node) ([]rawCondition, *MalformedError) {
	if n.kind != objectNode {
		return nil, x.fault(n.pos, "Condition is an object")
	}
	var conditions []rawCondition
	for _, m := range n.members {
		if m.value.kind != objectNode {
			return nil, x.fault(m.value.pos, "a condition operator has an object of keys")
		}
		op, known := parseOperator(m.key)
		if !known && len(m.value.members) > 0 {
			return nil, x.fault(m.pos, "unknown condition operator "+m.key)
		}
		for _, k := range m.value.members {
			values, err := x.conditionValues(k.value)
			if err != nil {
				return nil, err
			}
			conditions = append(conditions, rawCondition{text{m.key, m.pos}, op, text{k.key, k.pos}, values})
		}
	}
	return conditions, nil
}

// conditionValues reads one value or a list. Numbers and booleans need no quotes.
func (x syntax) conditionValues(n node) ([]text, *MalformedError) {
	items := n.items
	if n.kind != arrayNode {
		items = []node{n}
	}
	values := make([]text, 0, len(items))
	for _, item := range items {
		switch {
		case item.kind == nullNode && n.kind == arrayNode && !x.s3():
		case item.kind == stringNode, item.kind == boolNode, item.kind == numberNode:
			values = append(values, text{item.text, item.pos})
		default:
			return nil, x.fault(item.pos, "want a condition value")
		}
	}
	return values, nil
}
