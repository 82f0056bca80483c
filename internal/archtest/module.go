// Package archtest holds the architecture: who may import whom, and the other
// rules of the house that a machine can check.
//
// The rules are data (see Rules); Check reads source text alone, so that it
// sees the files of every platform and needs no build.
package archtest

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// maxText is the size above which a file is data rather than text to read.
const maxText = 1 << 20

// skippedDirs are the folders that hold nothing of the module's own.
var skippedDirs = []string{".cache", ".git", ".venv", "bin", "dist", "node_modules", "target"}

// Module is the source of a Go module.
type Module struct {
	files    *token.FileSet
	packages map[string][]*goFile // by folder, "." for the root; files in order of name
	texts    []text               // every text file, in order of path
}

// goFile is one parsed source file that is not a test.
type goFile struct {
	path   string
	lines  int
	syntax *ast.File
}

// text is a file that is not binary.
type text struct {
	path    string
	content []byte
}

// Load reads the module whose go.mod is at the root of fsys.
func Load(fsys fs.FS) (*Module, error) {
	m := &Module{files: token.NewFileSet(), packages: map[string][]*goFile{}}
	err := fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			if slices.Contains(skippedDirs, entry.Name()) {
				return fs.SkipDir
			}
			return nil
		case !entry.Type().IsRegular():
			return nil
		}
		content, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		return m.add(name, content)
	})
	if err != nil {
		return nil, fmt.Errorf("load module: %w", err)
	}
	return m, nil
}

// add keeps one file as what it is: Go source, other text, or neither.
func (m *Module) add(name string, content []byte) error {
	if len(content) > maxText || bytes.IndexByte(content, 0) >= 0 {
		return nil
	}
	m.texts = append(m.texts, text{name, content})
	if path.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") || ignoredByGo(name) {
		return nil
	}
	syntax, err := parser.ParseFile(m.files, name, content, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	dir := path.Dir(name)
	m.packages[dir] = append(m.packages[dir], &goFile{name, bytes.Count(content, []byte("\n")), syntax})
	return nil
}

// ignoredByGo tells whether the go command finds no package there: see go help
// packages.
func ignoredByGo(name string) bool {
	return slices.ContainsFunc(strings.Split(name, "/"), func(element string) bool {
		return element == "testdata" || element[0] == '.' || element[0] == '_'
	})
}

// at writes a position as path:line.
func (m *Module) at(pos token.Pos) string {
	p := m.files.Position(pos)
	return fmt.Sprintf("%s:%d", p.Filename, p.Line)
}
