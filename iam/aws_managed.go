package iam

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base32"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/irsatz/irsatz/iam/arn"
	"github.com/irsatz/irsatz/iam/policy"
)

// AWSAccount stands in the account field of AWS managed policies' ARNs.
const AWSAccount = "aws"

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

// awsEntry is a member of the archive.
type awsEntry struct {
	Path, DefaultVersionID string
	CreateDate, UpdateDate time.Time
	Document               json.RawMessage
}

func readEntry(member *zip.File) (*awsEntry, error) {
	f, err := member.Open()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	entry := new(awsEntry)
	if err := json.NewDecoder(f).Decode(entry); err != nil {
		return nil, fmt.Errorf("%s: %w", member.Name, err)
	}
	return entry, nil
}

// readMember reads a policy with its default version.
//
// DIVERGES: of an AWS managed policy only the default version is there, as it was when the policies were gathered.
func readMember(member *zip.File, a arn.ARN) (*ManagedPolicy, error) {
	entry, err := readEntry(member)
	if err != nil {
		return nil, err
	}
	document, err := policy.Parse(policy.Identity, entry.Document)
	if err != nil {
		return nil, err
	}
	return &ManagedPolicy{
		AccountID: AWSAccount, Name: a.Resource[len("policy"+entry.Path):], Path: entry.Path, ARN: a.String(),
		ID: awsPolicyID(a.String()), Created: entry.CreateDate, Updated: entry.UpdateDate,
		VersionID: entry.DefaultVersionID, Document: document,
		Versions: []PolicyVersion{{ID: entry.DefaultVersionID, Document: document, Created: entry.UpdateDate}},
	}, nil
}

// awsPolicyID stands for the unique id of an AWS managed policy, which AWS does
// not publish: it is the same in every account and at every start.
func awsPolicyID(policyARN string) string {
	sum := sha256.Sum256([]byte(policyARN))
	return "ANPA" + base32.StdEncoding.EncodeToString(sum[:])[:17]
}

// PolicySummary is what a list tells of a managed policy, without its document.
type PolicySummary struct {
	Name, Path, ARN, ID, VersionID string
	Created, Updated               time.Time
}

// AWSPolicies returns all AWS managed policies, in the order of their names.
// The caller must not change the slice.
func AWSPolicies() ([]PolicySummary, error) { return awsSummaries() }

var awsSummaries = sync.OnceValues(func() ([]PolicySummary, error) {
	archive, err := awsArchive()
	if err != nil {
		return nil, fmt.Errorf("embedded AWS managed policies: %w", err)
	}
	list := make([]PolicySummary, 0, len(archive.File))
	for _, member := range archive.File {
		entry, err := readEntry(member)
		if err != nil {
			return nil, err
		}
		policyARN := iamARN(AWSAccount, member.Name)
		list = append(list, PolicySummary{
			Name: member.Name[len("policy"+entry.Path):], Path: entry.Path, ARN: policyARN, ID: awsPolicyID(policyARN),
			VersionID: entry.DefaultVersionID, Created: entry.CreateDate, Updated: entry.UpdateDate,
		})
	}
	slices.SortFunc(list, func(a, b PolicySummary) int { return strings.Compare(a.Name, b.Name) })
	return list, nil
})
