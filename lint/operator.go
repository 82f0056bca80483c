package lint

import "strings"

// operator is a condition operator taken apart.
type operator struct {
	set      string // ForAllValues, ForAnyValue or empty
	name     string // StringEquals
	ifExists bool
}

// family is the first word of the operator's name: String, Numeric, Date, Bool,
// Binary, IpAddress, Arn or Null.
func (o operator) family() string {
	for _, f := range []string{"String", "Numeric", "Date", "Bool", "Binary", "Arn", "Null"} {
		if strings.HasPrefix(o.name, f) {
			return f
		}
	}
	if strings.HasSuffix(o.name, "IpAddress") {
		return "IpAddress"
	}
	return ""
}

func (o operator) negated() bool { return strings.Contains(o.name, "Not") }

func parseOperator(s string) operator {
	var o operator
	o.name = s
	if set, name, found := strings.Cut(s, ":"); found {
		o.set, o.name = set, name
	}
	o.name, o.ifExists = strings.CutSuffix(o.name, "IfExists")
	return o
}
