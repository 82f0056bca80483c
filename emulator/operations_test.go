package emulator_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/irsatz/irsatz/fakeiam"
	"github.com/irsatz/irsatz/fakes3"
	"github.com/irsatz/irsatz/fakests"
	"github.com/irsatz/irsatz/internal/golden"
)

// TestOperations: docs/OPERATIONS.md says what the tables say that requests are
// understood by.
func TestOperations(t *testing.T) {
	t.Parallel()
	golden.Check(t, "../../docs/OPERATIONS.md", operationsDocument(t))
}

func operationsDocument(t *testing.T) string {
	t.Helper()
	var out strings.Builder
	out.WriteString(`# What irsatz answers

This list is made from the tables by which the services understand requests; after a change to one, ` + "`make golden`" + ` writes it anew.
An operation that is not served is answered with status 501 and the code NotImplemented, never with something that looks like success.
EKS and all other services of AWS are not served either, and answered in the same way.
`)
	sts, s3 := fakests.Operations(), fakes3.Operations()
	slices.SortStableFunc(sts, func(a, b fakests.Operation) int { return strings.Compare(a.Name, b.Name) })
	slices.SortStableFunc(s3, func(a, b fakes3.Operation) int { return strings.Compare(a.Name, b.Name) })

	served := 0
	var rows strings.Builder
	for _, o := range sts {
		credentials := ""
		if o.Served {
			served++
			credentials = map[bool]string{true: "signed", false: "none needed"}[o.Signed]
		}
		fmt.Fprintf(&rows, "| %s | %s | %s |\n", o.Name, yes(o.Served), credentials)
	}
	fmt.Fprintf(&out, "\n## STS: %d of %d\n\n| operation | served | credentials |\n|---|---|---|\n%s", served, len(sts), &rows)
	if served == 0 || served == len(sts) {
		t.Errorf("STS serves %d of %d", served, len(sts))
	}

	served = 0
	rows.Reset()
	operations := fakeiam.Operations()
	slices.SortStableFunc(operations, func(a, b fakeiam.Operation) int { return strings.Compare(a.Name, b.Name) })
	for _, o := range operations {
		if o.Served {
			served++
		}
		fmt.Fprintf(&rows, "| %s | %s |\n", o.Name, yes(o.Served))
	}
	fmt.Fprintf(&out, `
## IAM: %d of %d

The action that a policy must allow is iam: and the operation's name; what passes a role on needs iam:PassRole too.

| operation | served |
|---|---|
%s`, served, len(operations), &rows)
	if served == 0 || served == len(operations) {
		t.Errorf("IAM serves %d of %d", served, len(operations))
	}

	served = 0
	rows.Reset()
	for _, o := range s3 {
		if o.Served {
			served++
		}
		fmt.Fprintf(&rows, "| %s | %s | %s |\n", o.Name, yes(o.Served), o.Action)
	}
	fmt.Fprintf(&out, `
## S3: %d of %d

The action is what a policy must allow; where the request names a version of an object, its twin with Version in the name takes its place.
Some headers need further actions, such as s3:PutObjectTagging for x-amz-tagging.
What is not served must be allowed first all the same. Older operations that share method and path with a newer one are answered as the newer one.

| operation | served | action |
|---|---|---|
%s`, served, len(s3), &rows)
	if served < 20 || len(s3) != 111 {
		t.Errorf("S3 serves %d of %d", served, len(s3))
	}
	return out.String()
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
