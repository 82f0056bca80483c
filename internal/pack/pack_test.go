package pack_test

import (
	"archive/zip"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/irsatz/irsatz/internal/pack"
)

// dump is a file with the text, gzipped.
func dump(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "dump.json.gz")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	w := gzip.NewWriter(f)
	_, err = io.WriteString(w, text)
	if err = errors.Join(err, w.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestFile(t *testing.T) {
	t.Parallel()
	out := filepath.Join(t.TempDir(), "out.zip")
	err := pack.File(dump(t, `{"b":2,"a":1}`), out, func(name string, entry int) (pack.Member, error) {
		return pack.Member{Name: "at/" + name, Text: []byte{'0' + byte(entry)}}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	archive, err := zip.OpenReader(out)
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	var got []string
	for _, m := range archive.File {
		r, err := m.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, m.Name+" "+string(text))
	}
	if diff := cmp.Diff([]string{"at/a 1", "at/b 2"}, got); diff != "" {
		t.Error(diff)
	}
}

// TestNoFile: of what cannot be packed there is no archive.
func TestNoFile(t *testing.T) {
	t.Parallel()
	bad := errors.New("bad entry")
	for name, c := range map[string]struct {
		text string
		want error
	}{"an entry that is refused": {`{"a":1}`, bad}, "no JSON": {"{", io.ErrUnexpectedEOF}} {
		out := filepath.Join(t.TempDir(), "out.zip")
		err := pack.File(dump(t, c.text), out, func(string, int) (pack.Member, error) { return pack.Member{}, bad })
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := os.Stat(out); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: there is an archive: %v", name, err)
		}
	}
}
