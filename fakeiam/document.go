package fakeiam

import (
	"net/url"
	"strings"

	"github.com/irsatz/irsatz/iam/policy"
)

// document reads a policy document as IAM does when it is written.
func document(kind policy.Kind, text string) (*policy.Document, error) {
	d, err := policy.Parse(kind, []byte(text))
	if err != nil {
		return nil, malformedDocument(err)
	}
	return d, nil
}

// encoded is a document as answers have it: percent-encoded as RFC 3986 has it,
// where "+" is no blank
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRolePolicy.html).
func encoded(d *policy.Document) string {
	return strings.ReplaceAll(url.QueryEscape(string(d.Source())), "+", "%20")
}
