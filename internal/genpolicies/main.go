// Command genpolicies packs a dump of the AWS managed policies for embedding.
//
//	go run ./internal/genpolicies dump.json.gz iam/aws-managed-policies.zip
//
// The dump is a gzipped JSON object: policy name to {Path, CreateDate,
// UpdateDate, DefaultVersionId, Document}. The archive has one member a policy,
// named by path and name, so that one policy can be read without unpacking the
// others.
package main

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
)

// entry is one policy, in the dump and in the archive alike.
type entry struct {
	Path             string
	CreateDate       string
	UpdateDate       string
	DefaultVersionId string //nolint:revive // the dump's spelling
	Document         json.RawMessage
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: genpolicies DUMP.json.gz OUT.zip")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "genpolicies:", err)
		os.Exit(1)
	}
}

func run(in, out string) error {
	dump, err := readDump(in)
	if err != nil {
		return err
	}
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	w.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) {
		return flate.NewWriter(w, flate.BestCompression)
	})
	names := make([]string, 0, len(dump))
	for name := range dump {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		member, err := w.Create("policy" + dump[name].Path + name)
		if err != nil {
			return err
		}
		if err := json.NewEncoder(member).Encode(dump[name]); err != nil {
			return err
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	return os.WriteFile(out, buf.Bytes(), 0o644)
}

func readDump(path string) (map[string]entry, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	dump := map[string]entry{}
	return dump, json.NewDecoder(r).Decode(&dump)
}
