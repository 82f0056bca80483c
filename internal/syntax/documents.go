package syntax

import (
	"iter"
	"strings"
	"unicode/utf8"
)

// Documents yields the documents of a text, one at a time, each as a value or
// as the error that is in its place. Empty documents are left out. YAML and
// JSON may follow each other; a name that ends in .json makes it JSON only.
func Documents(name string, content []byte) iter.Seq2[*Value, *Error] {
	onlyJSON := strings.HasSuffix(strings.ToLower(name), ".json")
	return func(yield func(*Value, *Error) bool) {
		text := strings.TrimPrefix(string(content), "\xef\xbb\xbf")
		if !utf8.ValidString(text) {
			yield(nil, &Error{Line: invalidLine(text), Msg: "not UTF-8 text"})
			return
		}
		if onlyJSON {
			jsonDocuments(text, 1, yield)
			return
		}
		r := yamlReader{line: 1}
		for text != "" {
			chunk, rest := cut(text)
			if !r.chunk(chunk, yield) {
				return
			}
			r.line += strings.Count(chunk, "\n")
			text = rest
		}
	}
}

// cut divides a stream before the first line that marks the begin of a further
// document. Such a line cannot stand within one, so a document that is broken
// does not take the next one with it. The line belongs to what follows it.
// See https://yaml.org/spec/1.2.2/#923-bare-documents.
func cut(text string) (chunk, rest string) {
	directive, content := false, false
	for pos := 0; pos < len(text); {
		end := strings.IndexByte(text[pos:], '\n') + 1
		if end == 0 {
			end = len(text) - pos
		}
		line := text[pos : pos+end]
		switch trimmed := strings.TrimSpace(line); {
		case marker(line):
			if pos > 0 && (content || !directive) {
				return text[:pos], text[pos:]
			}
			content = true
		case trimmed == "" || trimmed[0] == '#':
		case trimmed[0] == '%' && !content:
			directive = true
		default:
			content = true
		}
		pos += end
	}
	return text, ""
}

// marker reports whether the line is that of "---".
func marker(line string) bool {
	rest, ok := strings.CutPrefix(line, "---")
	return ok && (rest == "" || strings.IndexByte(" \t\r\n", rest[0]) >= 0)
}

// chunk yields the documents of a chunk; it is false when no more are wanted.
func (r *yamlReader) chunk(chunk string, yield func(*Value, *Error) bool) bool {
	body, bodyLine := chunk, r.line
	if marker(body) {
		body = body[len("---"):]
	}
	trimmed := strings.TrimLeft(body, " \t\r\n")
	bodyLine += strings.Count(chunk[:len(chunk)-len(trimmed)], "\n")
	if trimmed != "" && (trimmed[0] == '{' || trimmed[0] == '[') {
		first := jsonReader{src: trimmed, line: bodyLine, column: 1}
		_, failed := first.value()
		if failed == nil {
			return jsonDocuments(trimmed, bodyLine, yield)
		}
		aliased := r.aliased
		if _, err := r.read(chunk); err != nil {
			return jsonDocuments(trimmed, bodyLine, yield)
		}
		r.aliased = aliased
	}
	values, err := r.read(chunk)
	if err != nil {
		return yield(nil, err)
	}
	for i := range values {
		if values[i].Kind != Null && !yield(&values[i], nil) {
			return false
		}
	}
	return true
}

// jsonDocuments yields JSON values that follow each other. After one that is
// broken it goes on where a line begins with the bracket of an object.
func jsonDocuments(text string, line int, yield func(*Value, *Error) bool) bool {
	r := jsonReader{src: text, line: line, column: 1}
	for r.blank() {
		v, err := r.value()
		if err != nil {
			if !yield(nil, err) {
				return false
			}
			next := strings.Index(text[r.pos:], "\n{")
			if next < 0 {
				return true
			}
			r.pos += next + 1
			r.depth = 0
			continue
		}
		if v.Kind != Null && !yield(&v, nil) {
			return false
		}
	}
	return true
}

func invalidLine(text string) int {
	line := 1
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		if r == utf8.RuneError && size == 1 {
			break
		}
		if r == '\n' {
			line++
		}
		text = text[size:]
	}
	return line
}
