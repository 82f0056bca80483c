package policy

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
)

// Canonical is the document in one form of writing: without white space, the
// elements in one order, Statement a list, a list of one value that value,
// condition values strings, and conditions sorted. Documents that have the same
// canonical form mean the same. It is parsed as the document was, and is its own
// canonical form.
func (d *Document) Canonical() []byte {
	// What was parsed once is parsed again.
	raw, _ := syntax{d.kind}.read(d.source)
	p := &printer{}
	p.open('{')
	if raw.version != "" {
		p.member("Version", raw.version)
	}
	if raw.id != "" {
		p.member("Id", raw.id)
	}
	p.name("Statement")
	p.open('[')
	for i := range raw.statements {
		p.comma()
		p.statement(&raw.statements[i])
	}
	p.close(']')
	p.close('}')
	return p.out.Bytes()
}

// printer writes compact JSON.
type printer struct {
	out   bytes.Buffer
	first bool // nothing stands yet in the object or list
}

func (p *printer) open(bracket byte) {
	p.out.WriteByte(bracket)
	p.first = true
}

func (p *printer) close(bracket byte) {
	p.out.WriteByte(bracket)
	p.first = false
}

func (p *printer) comma() {
	if !p.first {
		p.out.WriteByte(',')
	}
	p.first = false
}

// text writes a string, which always can be, and takes the line's end away that
// an Encoder puts behind it.
func (p *printer) text(s string) {
	e := json.NewEncoder(&p.out)
	e.SetEscapeHTML(false)
	_ = e.Encode(s)
	p.out.Truncate(p.out.Len() - 1)
}

func (p *printer) name(name string) {
	p.comma()
	p.text(name)
	p.out.WriteByte(':')
}

func (p *printer) member(name, value string) {
	p.name(name)
	p.text(value)
}

// values writes one value alone, and any other number of them as a list.
func (p *printer) values(name string, values []text) {
	p.name(name)
	if len(values) == 1 {
		p.text(values[0].value)
		return
	}
	p.open('[')
	for _, v := range values {
		p.comma()
		p.text(v.value)
	}
	p.close(']')
}

func (p *printer) statement(s *rawStatement) {
	p.open('{')
	if s.sid.value != "" {
		p.member("Sid", s.sid.value)
	}
	p.member("Effect", s.effect.value)
	if s.principal != nil {
		p.principal(s.principal)
	}
	p.values(negatable("Action", s.action.not), s.action.values)
	if s.resource != nil {
		p.values(negatable("Resource", s.resource.not), s.resource.values)
	}
	if len(s.conditions) > 0 {
		p.conditions(s.conditions)
	}
	p.close('}')
}

func (p *printer) principal(r *rawPrincipal) {
	name := negatable("Principal", r.not)
	if r.everyone {
		p.member(name, "*")
		return
	}
	p.name(name)
	p.open('{')
	for _, kind := range principalTypes {
		var values []text
		for _, e := range r.entries {
			if e.kind == kind {
				values = append(values, e.text)
			}
		}
		if values != nil {
			p.values(kind, values)
		}
	}
	p.close('}')
}

func (p *printer) conditions(conditions []rawCondition) {
	sorted := slices.SortedFunc(slices.Values(conditions), func(a, b rawCondition) int {
		return cmp.Or(cmp.Compare(a.operator.value, b.operator.value), cmp.Compare(a.key.value, b.key.value))
	})
	p.name("Condition")
	p.open('{')
	for i, c := range sorted {
		if i == 0 || sorted[i-1].operator.value != c.operator.value {
			if i > 0 {
				p.close('}')
			}
			p.name(c.operator.value)
			p.open('{')
		}
		p.values(c.key.value, c.values)
	}
	p.close('}')
	p.close('}')
}
