package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var (
	// mention is an id, or the first and the last of several of one group.
	mention = regexp.MustCompile(`\b([A-Z]{1,2}\d+)(?:[–-]([A-Z]{1,2}\d+))?\b`)
	// label is a name of a case: it begins with its ids.
	label = regexp.MustCompile(`^(?:[A-Z]{1,2}\d+(?:[–-][A-Z]{1,2}\d+)?(?:, | and |/|\+)?)+(?:[ :.,;_-]|$)`)
	// word is a part of a test's name.
	word = regexp.MustCompile(`[A-Z]{1,2}\d+`)
)

// divergesMark begins the paragraph of a comment that states a difference.
const divergesMark = "DIVERGES:"

// samples is the file whose ids are examples of ids.
const samples = "internal/checklist/checklist_test.go"

// scanner collects the marks of a tree.
type scanner struct {
	marks  marks
	groups []group
}

// scan looks at every test, corpus file and comment of the tree.
func scan(tree fs.FS, groups []group) (marks, error) {
	s := &scanner{marks: marks{}, groups: groups}
	err := fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if base := d.Name(); name != "." && (strings.HasPrefix(base, ".") || base == "node_modules" || base == "bin") {
				return fs.SkipDir
			}
			return nil
		}
		if name == samples {
			return nil
		}
		return s.file(tree, name)
	})
	return s.marks, err
}

// file looks at one file, by what it is.
func (s *scanner) file(tree fs.FS, name string) error {
	switch ext := path.Ext(name); ext {
	case ".go", ".txtar":
		text, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		if ext == ".go" {
			return s.source(name, text)
		}
		// The comment of an archive is what stands before its first file.
		comment, _, _ := strings.Cut("\n"+string(text), "\n-- ")
		s.mentions(comment, covered)
		s.mentions(strings.ReplaceAll(path.Base(name), "_", " "), covered)
	}
	return nil
}

// source looks at a Go file: at all of a test, and at the divergences of any.
func (s *scanner) source(name string, text []byte) error {
	file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	test := strings.HasSuffix(name, "_test.go")
	for _, group := range file.Comments {
		comment := group.Text()
		if test {
			s.mentions(comment, covered)
			continue
		}
		for paragraph := range strings.SplitSeq(comment, "\n\n") {
			if _, difference, marked := strings.Cut(paragraph, divergesMark); marked {
				s.mentions(difference, diverging)
			}
		}
	}
	if test {
		ast.Inspect(file, s.node)
	}
	return nil
}

// node looks at the names of tests and of their cases.
func (s *scanner) node(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.FuncDecl:
		for part := range strings.SplitSeq(n.Name.Name, "_") {
			if id := word.FindString(part); id != "" && (id == part || "Test"+id == part || "Fuzz"+id == part) {
				s.mark(id, covered)
			}
		}
	case *ast.BasicLit:
		if text, err := strconv.Unquote(n.Value); n.Kind == token.STRING && err == nil {
			s.mentions(label.FindString(text), covered)
		}
	}
	return true
}

// mentions marks every id of a text.
func (s *scanner) mentions(text string, m mark) {
	for _, found := range mention.FindAllStringSubmatch(text, -1) {
		s.mark(found[1], m)
		s.mark(found[2], m)
		for _, g := range s.groups {
			first, last := slices.Index(g.ids, found[1]), slices.Index(g.ids, found[2])
			if first < 0 || last < first {
				continue
			}
			for _, id := range g.ids[first:last] {
				s.mark(id, m)
			}
		}
	}
}

// mark marks an id, if it is one.
func (s *scanner) mark(id string, m mark) {
	for _, g := range s.groups {
		if slices.Contains(g.ids, id) {
			s.marks[id] |= m
		}
	}
}
