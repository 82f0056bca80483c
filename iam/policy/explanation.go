package policy

// Explanation is how a decision came about: every statement of every policy
// that was asked, and where each stopped.
type Explanation struct {
	Request  Request       `json:"request"`
	Outcome  Outcome       `json:"outcome"`
	By       Kind          `json:"by,omitempty"`
	Reason   string        `json:"reason"`
	Policies []PolicyTrace `json:"policies"`
	// Suggestions are what could be changed for the request to be allowed.
	Suggestions []Suggestion `json:"suggestions,omitempty"`
	// Notes are about condition keys that no request of this kind can have.
	Notes []Note `json:"notes,omitempty"`
}

// PolicyTrace is what one policy said.
type PolicyTrace struct {
	Kind Kind `json:"kind"`
	// Level counts the levels of an organization from its root, which is 1.
	Level      int              `json:"level,omitempty"`
	Name       string           `json:"name,omitempty"`
	ARN        string           `json:"arn,omitempty"`
	Outcome    Outcome          `json:"outcome"`
	Statements []StatementTrace `json:"statements"`
}

// StatementTrace is what one statement said. A statement that did not match has
// in Failed the first element that did not, with what the statement wants
// there and what the request has.
type StatementTrace struct {
	Index     int             `json:"index"`
	Sid       string          `json:"sid,omitempty"`
	Effect    string          `json:"effect"`
	Line      int             `json:"line"`
	Column    int             `json:"column"`
	Path      string          `json:"path"`
	Matched   bool            `json:"matched"`
	Deciding  bool            `json:"deciding,omitempty"`
	Failed    Element         `json:"failed,omitempty"`
	Not       bool            `json:"not,omitempty"` // NotPrincipal, NotAction, NotResource
	Wanted    []string        `json:"wanted,omitempty"`
	More      int             `json:"more,omitempty"` // how many of Wanted were left out
	Actual    []string        `json:"actual,omitempty"`
	Condition *ConditionTrace `json:"condition,omitempty"`
	// At is the place of the element that failed.
	At *Place `json:"at,omitempty"`
}

// ConditionTrace is a condition that did not hold.
type ConditionTrace struct {
	Operator string   `json:"operator"`
	Key      string   `json:"key"`
	Line     int      `json:"line"`
	Column   int      `json:"column"`
	Path     string   `json:"path"`
	Wanted   []string `json:"wanted"`
	More     int      `json:"more,omitempty"` // how many of Wanted were left out
	Actual   []string `json:"actual,omitempty"`
	Absent   bool     `json:"absent,omitempty"` // the request has no such key
}

// Element is an element of a statement.
type Element uint8

// The elements a statement can fail on, in the order in which they are asked.
const (
	PrincipalElement Element = iota + 1
	ActionElement
	ResourceElement
	ConditionElement
)

var elementWords = []string{
	PrincipalElement: "principal",
	ActionElement:    "action",
	ResourceElement:  "resource",
	ConditionElement: "condition",
}

// String names the element in lower case.
func (e Element) String() string { return word(elementWords, uint8(e)) }

// MarshalText is String.
func (e Element) MarshalText() ([]byte, error) { return []byte(e.String()), nil }

// UnmarshalText reads what String writes.
func (e *Element) UnmarshalText(text []byte) error {
	i, err := wordIndex("element", elementWords, text)
	*e = Element(i)
	return err
}

// Suggestion is one change after which the request could be allowed.
type Suggestion struct {
	// Code says in one word what is wrong, for programs.
	Code string `json:"code"`
	// Fix says what to change, for people.
	Fix string `json:"fix"`
	// Policy and Statement name where; Statement is -1 for a new statement.
	Policy    string `json:"policy,omitempty"`
	Statement int    `json:"statement"`
	// Edit is the change to the policy's document, where the fix is one.
	Edit *Edit `json:"edit,omitempty"`
}

// Edit is one change to a policy document.
type Edit struct {
	Op EditOp `json:"op"`
	// Path names what is changed, such as "Statement[0].Action".
	Path string `json:"path"`
	// Old is what goes, and New what comes: names for Rename, a value of the
	// document in JSON for Set and Append, strings otherwise.
	Old string `json:"old,omitempty"`
	New string `json:"new"`
}

// EditOp says how a document is changed.
type EditOp string

// The ways of changing a document.
const (
	// AddValue adds a string to a list, or makes a string a list of two.
	AddValue EditOp = "add"
	// ReplaceValue puts a string in the place of another, in a list or alone.
	ReplaceValue EditOp = "replace"
	// Rename gives a member of an object another name; what has that name
	// already takes its members in.
	Rename EditOp = "rename"
	// Move takes the key Old of a condition operator to the operator New.
	Move EditOp = "move"
	// Set puts a value in the place of whatever is there.
	Set EditOp = "set"
	// Append adds a value to the end of a list; what is alone becomes one.
	Append EditOp = "append"
)
