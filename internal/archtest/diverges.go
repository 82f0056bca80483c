package archtest

import (
	"fmt"
	"go/ast"
	"go/token"
	"maps"
	"slices"
	"strings"
)

// divergesMark begins the paragraph of a comment that states a difference.
const divergesMark = "DIVERGES:"

// Divergences returns the document that lists each difference from AWS and
// Kubernetes which a comment in the source marks, by package.
func Divergences(m *Module) []byte {
	var out strings.Builder
	out.WriteString("# Where irsatz differs from AWS and Kubernetes\n\n" +
		"Each of these is deliberate. The list is made from the comments marked `" + divergesMark + "` in the source;\n" +
		"after a change to one, `make golden` writes it anew. What else differs, and is not refused as not implemented, is a bug: please report it.\n")
	for _, dir := range slices.Sorted(maps.Keys(m.packages)) {
		title := fmt.Sprintf("\n## %s\n\n", dir)
		for _, f := range m.packages[dir] {
			for _, d := range divergencesOf(f.syntax) {
				fmt.Fprintf(&out, "%s- %s ([`%s`](../%s))\n", title, d.text, d.where, f.path)
				title = ""
			}
		}
	}
	return []byte(out.String())
}

// divergence is one difference and the declaration that makes it.
type divergence struct{ where, text string }

func divergencesOf(file *ast.File) []divergence {
	var found []divergence
	for _, group := range file.Comments {
		for paragraph := range strings.SplitSeq(group.Text(), "\n\n") {
			_, difference, marked := strings.Cut(paragraph, divergesMark)
			if !marked {
				continue
			}
			found = append(found, divergence{
				where: declarationAt(file, group),
				text:  strings.Join(strings.Fields(difference), " "),
			})
		}
	}
	return found
}

// declarationAt names the declaration that a comment documents or stands in,
// or the package.
func declarationAt(file *ast.File, comment *ast.CommentGroup) string {
	for _, d := range file.Decls {
		start, name := d.Pos(), ""
		var doc *ast.CommentGroup
		switch d := d.(type) {
		case *ast.FuncDecl:
			doc, name = d.Doc, d.Name.Name
		case *ast.GenDecl:
			doc, name = d.Doc, specAt(d, comment.End())
		}
		if doc != nil {
			start = doc.Pos()
		}
		if start <= comment.Pos() && comment.End() <= d.End() && name != "" {
			return name
		}
	}
	return file.Name.Name
}

// specAt names the last specification that begins before pos, or the first.
func specAt(d *ast.GenDecl, pos token.Pos) string {
	name := ""
	for _, spec := range d.Specs {
		start, next := spec.Pos(), ""
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			next = spec.Name.Name
			if spec.Doc != nil {
				start = spec.Doc.Pos()
			}
		case *ast.ValueSpec:
			next = spec.Names[0].Name
			if spec.Doc != nil {
				start = spec.Doc.Pos()
			}
		}
		if name == "" || start < pos {
			name = next
		}
	}
	return name
}
