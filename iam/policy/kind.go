// Package policy is policy documents: parse, evaluate, explain. Pure: no clock, no I/O, no log.
//
// [Parse] reads a document once, checks it as AWS checks it on write, and
// compiles it. [Policies.Decide] answers a [Request] from the compiled form,
// and [Policies.Explain] is the same evaluation with its steps recorded.
// Whatever is missing, unknown or not understood denies.
package policy

import "fmt"

// Kind is the kind of a policy: what it is attached to, and so what it may say
// and how its silence counts.
type Kind uint8

// The kinds of policy that take part in a decision.
const (
	Identity Kind = iota + 1
	Boundary
	Session
	Resource
	Trust
	ServiceControl
	ResourceControl
)

var kindWords = []string{
	Identity:        "identity-based policy",
	Boundary:        "permissions boundary",
	Session:         "session policy",
	Resource:        "resource-based policy",
	Trust:           "trust policy",
	ServiceControl:  "service control policy",
	ResourceControl: "resource control policy",
}

// String is what AWS calls the kind in its error messages.
func (k Kind) String() string { return word(kindWords, uint8(k)) }

// MarshalText is String.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads what String writes.
func (k *Kind) UnmarshalText(text []byte) error {
	i, err := wordIndex("kind", kindWords, text)
	*k = Kind(i)
	return err
}

// word is the i-th word of a closed set, or empty if there is none.
func word(words []string, i uint8) string {
	if int(i) < len(words) {
		return words[i]
	}
	return ""
}

// wordIndex finds a word in a closed set; the set is called name in the error.
func wordIndex(name string, words []string, text []byte) (uint8, error) {
	for i, w := range words {
		if w == string(text) {
			return uint8(i), nil
		}
	}
	return 0, fmt.Errorf("unknown %s %q", name, text)
}
