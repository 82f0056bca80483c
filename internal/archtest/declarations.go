package archtest

import (
	"go/ast"
	"go/token"
	"strings"
)

// checkPackageDoc wants one package doc, in one file, in the usual form.
func (c *checker) checkPackageDoc(files []*goFile) {
	var with []*goFile
	for _, f := range files {
		if f.syntax.Doc != nil {
			with = append(with, f)
		}
	}
	if len(with) == 0 {
		c.report(files[0].syntax.Package, "package %s has no package doc", files[0].syntax.Name.Name)
		return
	}
	for _, f := range with[1:] {
		c.report(f.syntax.Doc.Pos(), "a second package doc; the first is in %s", with[0].path)
	}
	doc := with[0].syntax.Doc
	if !strings.HasPrefix(doc.Text(), "Package "+files[0].syntax.Name.Name+" ") && files[0].syntax.Name.Name != "main" {
		c.report(doc.Pos(), "a package doc begins with Package %s", files[0].syntax.Name.Name)
	}
}

// checkDeclarations wants a doc comment on what is exported, and no init.
func (c *checker) checkDeclarations(f *goFile) {
	for _, d := range f.syntax.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			c.checkFunc(d)
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				c.checkSpec(d, spec)
			}
		}
	}
}

func (c *checker) checkFunc(d *ast.FuncDecl) {
	if d.Recv == nil && d.Name.Name == "init" {
		c.report(d.Pos(), "an init function")
	}
	if d.Doc == nil && d.Name.IsExported() && (d.Recv == nil || receiverExported(d.Recv)) {
		c.report(d.Pos(), "exported %s has no doc comment", d.Name.Name)
	}
}

// checkSpec accepts one comment for a group of constants or variables.
func (c *checker) checkSpec(d *ast.GenDecl, spec ast.Spec) {
	switch spec := spec.(type) {
	case *ast.TypeSpec:
		if spec.Name.IsExported() && spec.Doc == nil && (d.Doc == nil || d.Lparen.IsValid()) {
			c.report(spec.Pos(), "exported %s has no doc comment", spec.Name.Name)
		}
		c.checkConfig(spec)
	case *ast.ValueSpec:
		for _, name := range spec.Names {
			if name.IsExported() && d.Doc == nil && spec.Doc == nil && spec.Comment == nil {
				c.report(name.Pos(), "exported %s has no doc comment", name.Name)
			}
		}
	}
}

// checkConfig wants every field of a Config documented: each says what its
// zero value means.
func (c *checker) checkConfig(spec *ast.TypeSpec) {
	fields, ok := spec.Type.(*ast.StructType)
	if !ok || !strings.HasSuffix(spec.Name.Name, "Config") || !spec.Name.IsExported() {
		return
	}
	documented := token.NoPos // where the run of fields under one comment ends
	for _, field := range fields.Fields.List {
		if len(field.Names) == 0 {
			continue // embedded: documented where it is declared
		}
		if field.Doc != nil || field.Comment != nil || c.line(field.Pos()) == c.line(documented)+1 {
			documented = field.End()
			continue
		}
		c.report(field.Pos(), "field of %s has no comment", spec.Name.Name)
	}
}

func (c *checker) line(pos token.Pos) int { return c.module.files.Position(pos).Line }

func receiverExported(receiver *ast.FieldList) bool {
	t := receiver.List[0].Type
	for {
		switch x := t.(type) {
		case *ast.StarExpr:
			t = x.X
		case *ast.IndexExpr:
			t = x.X
		case *ast.IndexListExpr:
			t = x.X
		case *ast.Ident:
			return x.IsExported()
		default:
			return false
		}
	}
}
