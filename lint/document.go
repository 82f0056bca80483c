package lint

import (
	"strings"

	"github.com/irsatz/irsatz/internal/syntax"
)

// place is a line and a column of the file.
type place struct{ line, column int }

// text is a string of a document with its place.
type text struct {
	value string
	place
}

// document is a policy document as it is written. What does not have the shape
// of a policy is left out: AWS refuses it, and that is the first rule's finding.
type document struct {
	file   string
	field  string
	kind   Kind
	bucket string // whose policy it is; empty: not known
	quota  quota

	place
	root       *syntax.Value
	shift      shift
	version    string
	statements []statement
}

// shift is where a document stands that is text within a text: its first line
// is line, and its columns are not known. The zero shift moves nothing.
type shift struct {
	line  int
	inOne bool // all of the text is in that line
}

func (s shift) place(line, column int) place {
	switch {
	case s.line == 0:
		return place{line, column}
	case s.inOne:
		return place{s.line, 1}
	}
	return place{s.line + line - 1, 1}
}

// statement is one statement.
type statement struct {
	place
	index      int
	sid        text
	effect     text
	principal  *principal
	actions    list
	resources  list
	conditions []condition
}

func (s *statement) allows() bool { return s.effect.value == "Allow" }

// list is Action or Resource, or its Not form.
type list struct {
	given  bool
	not    bool
	place  place
	values []text
}

// principal is Principal or NotPrincipal.
type principal struct {
	place
	not      bool
	everyone bool // the bare "*"
	entries  []entry
}

// entry is one value of a principal, such as AWS and an ARN.
type entry struct {
	kind string
	text
}

// of returns the values of one type.
func (p *principal) of(kind string) []text {
	if p == nil {
		return nil
	}
	var values []text
	for _, e := range p.entries {
		if e.kind == kind {
			values = append(values, e.text)
		}
	}
	return values
}

// condition is one operator with one key.
type condition struct {
	operator text
	op       operator
	key      text
	values   []text
}

// newDocument reads a document out of a value, which may be JSON in a string.
func newDocument(file string, root *syntax.Value, kind Kind) *document {
	d := &document{file: file, root: root, place: place{root.Line, root.Column}}
	if inner, said := envelope(root); inner != nil {
		d.root = inner
		if kind == Auto || kind == "" {
			kind = said
		}
	}
	if d.root.Kind == syntax.String {
		d.unwrap()
	}
	d.read()
	if d.kind = kind; kind == Auto || kind == "" {
		d.kind = d.kindOf()
	}
	d.quota = quotas[d.kind]
	if d.kind == Bucket {
		d.bucket = d.onlyBucket()
	}
	return d
}

func (d *document) at(v *syntax.Value) place { return d.shift.place(v.Line, v.Column) }

func (d *document) read() {
	d.place = d.at(d.root)
	if v := d.root.Get("Version"); v != nil && v.Kind == syntax.String {
		d.version = v.Text
	}
	list := d.root.Get("Statement")
	if list == nil {
		return
	}
	items := list.Items
	if list.Kind == syntax.Mapping {
		items = []syntax.Value{*list}
	}
	for i := range items {
		if items[i].Kind == syntax.Mapping {
			d.statements = append(d.statements, d.statement(&items[i], i))
		}
	}
}

func (d *document) statement(v *syntax.Value, index int) statement {
	s := statement{index: index, place: d.at(v)}
	for i := range v.Members {
		m := &v.Members[i]
		not := strings.HasPrefix(m.Key, "Not")
		switch m.Key {
		case "Sid":
			s.sid = d.text(&m.Value)
		case "Effect":
			s.effect = d.text(&m.Value)
		case "Action", "NotAction":
			s.actions = list{given: true, not: not, place: d.shift.place(m.Line, m.Column), values: d.texts(&m.Value)}
		case "Resource", "NotResource":
			s.resources = list{given: true, not: not, place: d.shift.place(m.Line, m.Column), values: d.texts(&m.Value)}
		case "Principal", "NotPrincipal":
			s.principal = d.principal(m)
		case "Condition":
			s.conditions = d.conditions(&m.Value)
		}
	}
	return s
}

func (d *document) text(v *syntax.Value) text { return text{v.Text, d.at(v)} }

// texts reads a scalar or a list of scalars.
func (d *document) texts(v *syntax.Value) []text {
	items := v.Items
	if v.Kind != syntax.List {
		items = []syntax.Value{*v}
	}
	var values []text
	for i := range items {
		switch items[i].Kind {
		case syntax.String, syntax.Number, syntax.Bool:
			values = append(values, d.text(&items[i]))
		}
	}
	return values
}

func (d *document) principal(m *syntax.Member) *principal {
	p := &principal{place: d.shift.place(m.Line, m.Column), not: m.Key == "NotPrincipal"}
	p.everyone = m.Value.Kind == syntax.String && m.Value.Text == "*"
	for i := range m.Value.Members {
		kind := &m.Value.Members[i]
		for _, t := range d.texts(&kind.Value) {
			p.entries = append(p.entries, entry{kind.Key, t})
		}
	}
	return p
}

func (d *document) conditions(v *syntax.Value) []condition {
	var all []condition
	for i := range v.Members {
		operator := &v.Members[i]
		for j := range operator.Value.Members {
			key := &operator.Value.Members[j]
			all = append(all, condition{
				operator: text{operator.Key, d.shift.place(operator.Line, operator.Column)},
				op:       parseOperator(operator.Key),
				key:      text{key.Key, d.shift.place(key.Line, key.Column)},
				values:   d.texts(&key.Value),
			})
		}
	}
	return all
}

// onlyBucket is the one bucket that all resources name, or empty.
func (d *document) onlyBucket() string {
	only := ""
	for i := range d.statements {
		for _, r := range d.statements[i].resources.values {
			name, ok := strings.CutPrefix(r.value, "arn:aws:s3:::")
			if !ok {
				return ""
			}
			name, _, _ = strings.Cut(name, "/")
			if strings.ContainsAny(name, "*?${}") || only != "" && name != only {
				return ""
			}
			only = name
		}
	}
	return only
}
