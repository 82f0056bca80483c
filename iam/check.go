package iam

import (
	"fmt"
	"strings"

	"github.com/irsatz/irsatz/iam/policy"
)

// The checks below keep what is in a store well-formed whoever writes it. AWS's
// own limits, with their texts, are the IAM API's to check.

// maxNameLength is that of users and managed policies; roles have 64.
const maxNameLength = 128

// checkIdentity refuses what no ARN could be made of.
func checkIdentity(accountID, path, name string) error {
	if !validAccount(accountID) {
		return fmt.Errorf("account id %q is not 12 digits: %w", accountID, ErrInvalidInput)
	}
	return checkName(path, name)
}

func checkName(path, name string) error {
	switch {
	case name == "" || len(name) > maxNameLength || strings.ContainsFunc(name, notInName):
		return fmt.Errorf("name %q: %w", name, ErrInvalidInput)
	case path == "" || path[0] != '/' || path[len(path)-1] != '/' || strings.ContainsFunc(path, notInPath):
		return fmt.Errorf("path %q does not begin and end with a slash: %w", path, ErrInvalidInput)
	}
	return nil
}

// validAccount reports whether s is a 12-digit account id.
func validAccount(s string) bool {
	return len(s) == 12 && !strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
}

// notInName reports whether r may not be in a name: [\w+=,.@-].
func notInName(r rune) bool {
	switch {
	case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
		return false
	}
	return !strings.ContainsRune("_+=,.@-", r)
}

// notInPath reports whether r may not be in a path: visible ASCII only.
func notInPath(r rune) bool { return r <= ' ' || r > '~' }

// checkDocuments refuses policies without a document, or with one of another
// kind: a decision could not be made with it.
func checkDocuments(policies []policy.Policy) error {
	for _, p := range policies {
		if p.Document == nil || p.Document.Kind() != policy.Identity {
			return fmt.Errorf("policy %s: no identity policy document: %w", p.Name, ErrInvalidInput)
		}
	}
	return nil
}

func orSlash(path string) string {
	if path == "" {
		return "/"
	}
	return path
}
