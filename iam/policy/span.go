package policy

// Span is the part of a document that a statement takes up, as IAM's policy
// simulator tells it: from behind the statement before it, or the bracket that
// opens the list, to behind its own closing brace. Lines and columns count from
// 1 (observed).
type Span struct {
	StartLine, StartColumn int
	EndLine, EndColumn     int
}

// Spans returns the spans of the document's statements.
func (d *Document) Spans() []Span {
	root, _ := readJSON(d.source) // which it is: it was parsed before
	list := root.member("Statement")
	items := list.items
	if list.kind == objectNode {
		items = []node{*list}
	}
	spans := make([]Span, len(items))
	src := string(d.source)
	start := list.pos + 1
	for i := range items {
		r := reader{src: src, pos: items[i].pos}
		_, _ = r.value()
		s := &spans[i]
		s.StartLine, s.StartColumn = lineColumn(src, start)
		s.EndLine, s.EndColumn = lineColumn(src, r.pos)
		start = r.pos
	}
	return spans
}
