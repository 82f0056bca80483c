package shape_test

import (
	"strings"
	"testing"

	"github.com/irsatz/irsatz/internal/shape"
)

const namespace = "http://s3.amazonaws.com/doc/2006-03-01/"

var library = shape.MustParse(`Library { Owner@ { Name? } Book+ { Title Pages?:int Lent?:bool Bought?:date Kind:Novel|Essay Tag* } Shelf? {} }`)

const book = "<Book><Title>T</Title><Kind>Novel</Kind></Book>"

func TestRead(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, document, want string }{
		{"least", "<Library><Owner/>" + book + "</Library>", ""},
		{"namespace", `<?xml version="1.0"?><!-- c --><Library xmlns="` + namespace + `"><Owner/>` + book + "</Library>\n", ""},
		{"prefix", `<s:Library xmlns:s="` + namespace + `"><s:Owner/>` + book + "</s:Library>", ""},
		{"everything", "<Library><Shelf/>" + book + `<Owner><Name>N</Name></Owner><Book><Tag/><Kind> Essay </Kind><Title/><Pages>0</Pages><Lent>false</Lent><Bought>2024-02-29</Bought><Tag>a</Tag></Book></Library>`, ""},
		{"date with time", "<Library><Owner/><Book><Title/><Kind>Novel</Kind><Bought>2024-02-29T00:00:00.000Z</Bought></Book></Library>", ""},
		{"nothing", "", "EOF"},
		{"no XML", "Library", "text outside"},
		{"cut", "<Library><Owner/>", "syntax error"},
		{"other root", "<Book/>", "the document is Book"},
		{"other namespace", `<Library xmlns="urn:x"><Owner/>` + book + "</Library>", `namespace "urn:x"`},
		{"unknown", "<Library><Owner/><Cat/>" + book + "</Library>", "Library has no element Cat"},
		{"case", "<Library><owner/>" + book + "</Library>", "has no element owner"},
		{"missing", "<Library>" + book + "</Library>", "Library has no Owner"},
		{"missing of many", "<Library><Owner/></Library>", "Library has no Book"},
		{"twice", "<Library><Owner/><Owner/>" + book + "</Library>", "more than one Owner"},
		{"text", "<Library>x<Owner/>" + book + "</Library>", "Library holds text"},
		{"child of text", "<Library><Owner><Name><b/></Name></Owner>" + book + "</Library>", "Name has no element b"},
		{"in the empty one", "<Library><Owner/>" + book + "<Shelf><x/></Shelf></Library>", "Shelf has no element x"},
		{"int", "<Library><Owner/><Book><Title/><Kind>Novel</Kind><Pages>-1</Pages></Book></Library>", `Pages cannot be "-1"`},
		{"int too large", "<Library><Owner/><Book><Title/><Kind>Novel</Kind><Pages>99999999999999999999</Pages></Book></Library>", "Pages cannot be"},
		{"bool", "<Library><Owner/><Book><Title/><Kind>Novel</Kind><Lent>yes</Lent></Book></Library>", `Lent cannot be "yes"`},
		{"date", "<Library><Owner/><Book><Title/><Kind>Novel</Kind><Bought>2023-02-29</Bought></Book></Library>", "Bought cannot be"},
		{"word", "<Library><Owner/><Book><Title/><Kind>novel</Kind></Book></Library>", `Kind cannot be "novel"`},
		{"two documents", "<Library><Owner/>" + book + "</Library><Library/>", "something follows"},
		{"text after", "<Library><Owner/>" + book + "</Library>x", "something follows"},
		{"doctype", `<!DOCTYPE Library [<!ENTITY a "b">]><Library><Owner/>` + book + "</Library>", "document type"},
		{"entity", "<Library><Owner><Name>&a;</Name></Owner>" + book + "</Library>", "entity"},
		{"too many", "<Library><Owner/><Book><Title/><Kind>Novel</Kind>" + strings.Repeat("<Tag/>", 100_000) + "</Book></Library>", "too many elements"},
	} {
		_, err := library.Read([]byte(tt.document), namespace)
		switch {
		case tt.want == "" && err != nil:
			t.Errorf("%s: %v", tt.name, err)
		case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
			t.Errorf("%s: error %v, want %q in it", tt.name, err, tt.want)
		}
	}
}

func TestElement(t *testing.T) {
	t.Parallel()
	e, err := library.Read([]byte(`<Library><Owner xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:type="Person" x="y"/>`+
		`<Book><Title> a &lt;b&gt; </Title><Kind> Essay </Kind><Tag>x</Tag><Tag>y</Tag></Book>`+book+`<Shelf></Shelf></Library>`), namespace)
	if err != nil {
		t.Fatal(err)
	}
	if got := e.Get("Book", "Title"); got != " a <b> " {
		t.Errorf("text %q", got)
	}
	if got := e.Get("Book", "Kind"); got != "Essay" {
		t.Errorf("word %q", got)
	}
	if got := strings.Join(e.Find("Book").Texts("Tag"), ","); got != "x,y" {
		t.Errorf("texts %q", got)
	}
	if e.Get("Owner", "Name", "x") != "" || e.Find("Cat") != nil || len(e.All("Book")) != 2 {
		t.Error("what is not there was found")
	}
	e.Find("Owner").Set("Name", "n")
	e.Find("Owner").Set("Name", "m")
	const want = `<?xml version="1.0" encoding="UTF-8"?>` + "\n" + `<Library xmlns="` + namespace + `">` +
		`<Owner xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="Person"><Name>m</Name></Owner>` +
		`<Book><Title> a &lt;b&gt; </Title><Kind>Essay</Kind><Tag>x</Tag><Tag>y</Tag></Book><Book><Title>T</Title><Kind>Novel</Kind></Book><Shelf/></Library>`
	if got := string(e.Marshal(namespace)); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	if got := string(e.Find("Shelf").Inner()); got != "<Shelf/>" {
		t.Errorf("inner %s", got)
	}
	again, err := library.Read([]byte(want), namespace)
	if err != nil || string(again.Marshal(namespace)) != want {
		t.Errorf("what was written is read otherwise: %v", err)
	}
}

func TestNotationIsChecked(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("two roots were taken")
		}
	}()
	shape.MustParse("A B")
}

// FuzzRead holds that what was read can be written and read again to the same.
func FuzzRead(f *testing.F) {
	f.Add("<Library><Owner/>" + book + "</Library>")
	f.Fuzz(func(t *testing.T, document string) {
		e, err := library.Read([]byte(document), namespace)
		if err != nil {
			return
		}
		written := e.Marshal(namespace)
		again, err := library.Read(written, namespace)
		if err != nil {
			t.Fatalf("%s: %v", written, err)
		}
		if got := again.Marshal(namespace); string(got) != string(written) {
			t.Fatalf("\n got %s\nwant %s", got, written)
		}
	})
}
