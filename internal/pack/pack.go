// Package pack makes archives for embedding of dumps.
package pack

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
)

// Member is a member of an archive, which can be read without unpacking the others.
type Member struct {
	Name string
	Text []byte
}

// File packs the dump in one file, a gzipped JSON object, into an archive in
// another: one member for each entry, in the order of their names.
func File[T any](in, out string, member func(name string, entry T) (Member, error)) error {
	dump, err := read[T](in)
	if err != nil {
		return err
	}
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	w.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) {
		return flate.NewWriter(w, flate.BestCompression)
	})
	for _, name := range slices.Sorted(maps.Keys(dump)) {
		m, err := member(name, dump[name])
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		to, err := w.Create(m.Name)
		if err != nil {
			return err
		}
		if _, err := to.Write(m.Text); err != nil {
			return err
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	return os.WriteFile(out, buf.Bytes(), 0o644)
}

func read[T any](name string) (map[string]T, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	var dump map[string]T
	return dump, json.NewDecoder(r).Decode(&dump)
}
