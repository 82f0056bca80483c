package policy

import "strings"

// quantifier is how a condition treats a key with several values.
type quantifier uint8

const (
	single quantifier = iota
	forAllValues
	forAnyValue
)

// match is the outcome of comparing one value of a request with the values of a
// policy. A comparison is bad if a side is not of the operator's type.
type match uint8

const (
	no match = iota
	yes
	bad
)

// tester compares one value of a request with the values of a policy.
type tester interface {
	test(value string, c *Context) match
}

// operator is a condition operator with its prefix and suffix.
type operator struct {
	name       string // without prefix and suffix
	negated    bool
	ifExists   bool
	quantifier quantifier
	compile    func(values []string, lang language) tester
}

// language says what the strings of a document may contain.
type language struct{ variables bool }

// operators are all there are.
// See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html.
var operators = map[string]operator{
	"StringEquals":              {compile: newStringEquals},
	"StringNotEquals":           {compile: newStringEquals, negated: true},
	"StringEqualsIgnoreCase":    {compile: newStringFold},
	"StringNotEqualsIgnoreCase": {compile: newStringFold, negated: true},
	"StringLike":                {compile: newStringLike},
	"StringNotLike":             {compile: newStringLike, negated: true},
	"NumericEquals":             {compile: newNumeric(equal)},
	"NumericNotEquals":          {compile: newNumeric(equal), negated: true},
	"NumericLessThan":           {compile: newNumeric(less)},
	"NumericLessThanEquals":     {compile: newNumeric(lessOrEqual)},
	"NumericGreaterThan":        {compile: newNumeric(greater)},
	"NumericGreaterThanEquals":  {compile: newNumeric(greaterOrEqual)},
	"DateEquals":                {compile: newDate(equal)},
	"DateNotEquals":             {compile: newDate(equal), negated: true},
	"DateLessThan":              {compile: newDate(less)},
	"DateLessThanEquals":        {compile: newDate(lessOrEqual)},
	"DateGreaterThan":           {compile: newDate(greater)},
	"DateGreaterThanEquals":     {compile: newDate(greaterOrEqual)},
	"Bool":                      {compile: newBool},
	"BinaryEquals":              {compile: newBinary},
	"IpAddress":                 {compile: newIP},
	"NotIpAddress":              {compile: newIP, negated: true},
	"ArnEquals":                 {compile: newARN},
	"ArnLike":                   {compile: newARN},
	"ArnNotEquals":              {compile: newARN, negated: true},
	"ArnNotLike":                {compile: newARN, negated: true},
	nullOperator:                {},
}

// nullOperator asks for presence, not for values.
const nullOperator = "Null"

// parseOperator reads an operator's name. Names are case-sensitive.
func parseOperator(name string) (operator, bool) {
	q := single
	if rest, ok := strings.CutPrefix(name, "ForAllValues:"); ok {
		q, name = forAllValues, rest
	} else if rest, ok := strings.CutPrefix(name, "ForAnyValue:"); ok {
		q, name = forAnyValue, rest
	}
	name, ifExists := strings.CutSuffix(name, "IfExists")
	op, ok := operators[name]
	if !ok || ifExists && name == nullOperator {
		return operator{}, false
	}
	op.name, op.quantifier, op.ifExists = name, q, ifExists
	return op, true
}

// The ways of comparing two ordered values, of the request and of the policy.
func equal(order int) bool          { return order == 0 }
func less(order int) bool           { return order < 0 }
func lessOrEqual(order int) bool    { return order <= 0 }
func greater(order int) bool        { return order > 0 }
func greaterOrEqual(order int) bool { return order >= 0 }
