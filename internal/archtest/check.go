package archtest

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/token"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Check returns every place that breaks the rules, as "path:line: why", in
// order of package and file.
func Check(m *Module, rules Rules) []string {
	c := &checker{module: m, rules: rules}
	for _, dir := range slices.Sorted(maps.Keys(m.packages)) {
		c.checkPackage(dir, m.packages[dir])
	}
	for _, t := range m.texts {
		c.checkText(t)
	}
	return c.found
}

// checker collects what breaks the rules.
type checker struct {
	module *Module
	rules  Rules
	found  []string
}

func (c *checker) report(pos token.Pos, format string, args ...any) {
	c.found = append(c.found, c.module.at(pos)+": "+fmt.Sprintf(format, args...))
}

func (c *checker) checkPackage(dir string, files []*goFile) {
	if _, ok := c.rules.MayImport[dir]; !ok {
		c.report(files[0].syntax.Package, "package %s is not in the import table", dir)
	}
	c.checkPackageDoc(files)
	for _, f := range files {
		if f.lines > c.rules.MaxLines {
			c.report(f.syntax.Package, "the file has %d lines, %d at most", f.lines, c.rules.MaxLines)
		}
		names := c.checkImports(dir, f)
		c.checkNames(dir, f, names)
		c.checkDeclarations(f)
	}
}

// checkImports judges a file's imports and returns the packages that its
// identifiers name.
func (c *checker) checkImports(dir string, f *goFile) map[string]string {
	names := map[string]string{}
	for _, spec := range f.syntax.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			c.report(spec.Pos(), "import %s: %v", spec.Path.Value, err)
			continue
		}
		names[localName(spec, imported)] = imported
		if spec.Name != nil && spec.Name.Name == "." {
			c.report(spec.Pos(), "import %s with a dot hides where names come from", imported)
		}
		switch own, isOurs := strings.CutPrefix(imported, c.rules.Module+"/"); {
		case isOurs && !c.mayImport(dir, own):
			c.report(spec.Pos(), "%s may not import %s", dir, own)
		case !isOurs && strings.Contains(strings.Split(imported, "/")[0], "."):
			c.checkOwner(dir, spec, imported)
		}
	}
	return names
}

func (c *checker) mayImport(dir, imported string) bool {
	if imported == c.rules.Free {
		return !slices.Contains(c.rules.NotFree, dir)
	}
	return slices.Contains(c.rules.MayImport[dir], imported)
}

func (c *checker) checkOwner(dir string, spec *ast.ImportSpec, imported string) {
	for dependency, owners := range c.rules.Owners {
		if !within(imported, dependency) {
			continue
		}
		if !slices.Contains(owners, dir) {
			c.report(spec.Pos(), "%s may not import %s, which is for %s", dir, dependency, listed(owners))
		}
		return
	}
	c.report(spec.Pos(), "%s imports %s, which has no owner", dir, imported)
}

// checkNames finds the identifiers of other packages that only some folders
// may use. A variable that shadows a package's name would be taken for it.
func (c *checker) checkNames(dir string, f *goFile, names map[string]string) {
	for node := range ast.Preorder(f.syntax) {
		selector, ok := node.(*ast.SelectorExpr)
		if !ok {
			continue
		}
		x, ok := selector.X.(*ast.Ident)
		if !ok {
			continue
		}
		name := names[x.Name] + "." + selector.Sel.Name
		if folders, ok := c.rules.Names[name]; ok && !slices.ContainsFunc(folders, func(f string) bool { return within(dir, f) }) {
			c.report(selector.Pos(), "%s is for %s", name, listed(folders))
		}
		if slices.Contains(c.rules.Hidden[dir], strings.TrimPrefix(name, c.rules.Module+"/")) {
			c.report(selector.Pos(), "%s may not use %s", dir, name)
		}
	}
}

func (c *checker) checkText(t text) {
	for _, pattern := range c.rules.Texts {
		if at := pattern.FindIndex(t.content); at != nil {
			line := 1 + bytes.Count(t.content[:at[0]], []byte("\n"))
			c.found = append(c.found, fmt.Sprintf("%s:%d: %q has no place here", t.path, line, t.content[at[0]:at[1]]))
		}
	}
}

// localName is what a file calls an imported package, which is its last path
// element, or the one before a major version.
func localName(spec *ast.ImportSpec, imported string) string {
	if spec.Name != nil {
		return spec.Name.Name
	}
	base := path.Base(imported)
	if len(base) > 1 && base[0] == 'v' && strings.Trim(base[1:], "0123456789") == "" {
		base = path.Base(path.Dir(imported))
	}
	return base
}

// within tells whether a slash-separated path is a folder or below it.
func within(name, folder string) bool {
	return name == folder || strings.HasPrefix(name, folder+"/")
}

func listed(folders []string) string {
	if len(folders) == 0 {
		return "tests"
	}
	return strings.Join(folders, ", ")
}
