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
	"bytes"
	"encoding/json"
	"fmt"
	"os"

	"github.com/irsatz/irsatz/internal/pack"
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
	if err := pack.File(os.Args[1], os.Args[2], member); err != nil {
		fmt.Fprintln(os.Stderr, "genpolicies:", err)
		os.Exit(1)
	}
}

func member(name string, e entry) (pack.Member, error) {
	var text bytes.Buffer
	err := json.NewEncoder(&text).Encode(e)
	return pack.Member{Name: "policy" + e.Path + name, Text: text.Bytes()}, err
}
