// Package arn is an ARN as a comparable value: parse, format, match.
//
// An ARN has six segments divided by five colons; the sixth is the rest and may
// itself hold colons and slashes. See
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html.
package arn

import (
	"fmt"
	"strings"
)

// ARN is an Amazon Resource Name. Two ARNs are the same name exactly if they
// compare equal.
type ARN struct {
	Partition, Service, Region, AccountID, Resource string
}

// segments is how many parts an ARN has, the word "arn" among them.
const segments = 6

// Parse reads an ARN. It wants the word "arn", five colons, and a partition, a
// service and a resource that are not empty.
func Parse(s string) (ARN, error) {
	head, rest, ok := cut(s)
	if !ok || !strings.HasPrefix(s, "arn:") {
		return ARN{}, fmt.Errorf("parse ARN %q: want arn:partition:service:region:account:resource", s)
	}
	a := ARN{Resource: rest}
	head = head[len("arn:"):]
	for _, part := range [...]*string{&a.Partition, &a.Service, &a.Region, &a.AccountID} {
		*part, head, _ = strings.Cut(head, ":")
	}
	if a.Partition == "" || a.Service == "" || a.Resource == "" {
		return ARN{}, fmt.Errorf("parse ARN %q: partition, service and resource must not be empty", s)
	}
	return a, nil
}

// MustParse is Parse for ARNs written in a program; it panics where Parse fails.
func MustParse(s string) ARN {
	a, err := Parse(s)
	if err != nil {
		panic(err)
	}
	return a
}

// String is the ARN as AWS writes it; the zero ARN is the empty string.
func (a ARN) String() string {
	if a == (ARN{}) {
		return ""
	}
	return "arn:" + a.Partition + ":" + a.Service + ":" + a.Region + ":" + a.AccountID + ":" + a.Resource
}

// MarshalText is String.
func (a ARN) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText is Parse; the empty text is the zero ARN.
func (a *ARN) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*a = ARN{}
		return nil
	}
	parsed, err := Parse(string(text))
	if err != nil {
		return err
	}
	*a = parsed
	return nil
}

// cut divides s after its fifth colon; head keeps that colon.
func cut(s string) (head, rest string, ok bool) {
	colons := 0
	for i := range len(s) {
		if s[i] != ':' {
			continue
		}
		if colons++; colons == segments-1 {
			return s[:i+1], s[i+1:], true
		}
	}
	return s, "", false
}
