package iam

import (
	"archive/zip"
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/irsatz/irsatz/iam/arn"
	"github.com/irsatz/irsatz/iam/policy"
)

// awsAccount stands in the account field of AWS managed policies' ARNs.
const awsAccount = "aws"

// awsPolicies holds every AWS managed policy, one archive member each; see
// NOTICE for where they come from and internal/genpolicies for the format.
//
//go:embed aws-managed-policies.zip
var awsPolicies []byte

// awsArchive reads the archive's directory once, and awsCompiled keeps what
// was asked for: AWS managed policies are the same in every emulator and never
// change.
var (
	awsArchive = sync.OnceValues(func() (*zip.Reader, error) {
		return zip.NewReader(bytes.NewReader(awsPolicies), int64(len(awsPolicies)))
	})
	awsCompiled sync.Map // ARN → *ManagedPolicy
)

// awsManagedPolicy returns the AWS managed policy with this ARN.
func awsManagedPolicy(a arn.ARN) (*ManagedPolicy, error) {
	name := a.String()
	if p, ok := awsCompiled.Load(name); ok {
		return p.(*ManagedPolicy), nil
	}
	p, err := readAWSManagedPolicy(a)
	if err != nil {
		return nil, fmt.Errorf("policy %s: %w", name, err)
	}
	awsCompiled.Store(name, p)
	return p, nil
}

func readAWSManagedPolicy(a arn.ARN) (*ManagedPolicy, error) {
	if a.Partition != "aws" || a.Service != "iam" || a.Region != "" {
		return nil, ErrNoSuchEntity
	}
	archive, err := awsArchive()
	if err != nil {
		return nil, fmt.Errorf("embedded AWS managed policies: %w", err)
	}
	for _, member := range archive.File {
		if member.Name == a.Resource {
			return readMember(member, a)
		}
	}
	return nil, ErrNoSuchEntity
}

func readMember(member *zip.File, a arn.ARN) (*ManagedPolicy, error) {
	f, err := member.Open()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var entry struct {
		Path, DefaultVersionID string
		CreateDate             time.Time
		Document               json.RawMessage
	}
	if err := json.NewDecoder(f).Decode(&entry); err != nil {
		return nil, err
	}
	document, err := policy.Parse(policy.Identity, entry.Document)
	if err != nil {
		return nil, err
	}
	return &ManagedPolicy{
		AccountID: awsAccount, Name: a.Resource[len("policy"+entry.Path):], Path: entry.Path, ARN: a.String(),
		Created: entry.CreateDate, VersionID: entry.DefaultVersionID, Document: document,
	}, nil
}
