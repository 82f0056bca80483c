package policy

// Outcome is what a decision says. The zero value denies.
type Outcome uint8

// The three outcomes.
const (
	ImplicitDeny Outcome = iota
	ExplicitDeny
	Allow
)

var outcomeWords = []string{
	ImplicitDeny: "implicit-deny",
	ExplicitDeny: "explicit-deny",
	Allow:        "allow",
}

// String names the outcome in lower case.
func (o Outcome) String() string { return word(outcomeWords, uint8(o)) }

// MarshalText is String.
func (o Outcome) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// UnmarshalText reads what String writes.
func (o *Outcome) UnmarshalText(text []byte) error {
	i, err := wordIndex("outcome", outcomeWords, text)
	*o = Outcome(i)
	return err
}

// Decision is the answer to a request.
type Decision struct {
	Outcome Outcome `json:"outcome"`
	// By is the kind of policy that decided: the one that allows, the one that
	// denies, or the one that had to allow and does not.
	By Kind `json:"by,omitempty"`
	// Policy, Sid and Statement name the deciding statement. Statement counts
	// from 0 and is -1 where no statement decided.
	Policy    string `json:"policy,omitempty"`
	Sid       string `json:"sid,omitempty"`
	Statement int    `json:"statement"`
	// Explanation is nil unless the decision was made by Explain.
	Explanation *Explanation `json:"explanation,omitempty"`
}

// Allowed reports whether the request may proceed.
func (d Decision) Allowed() bool { return d.Outcome == Allow }
