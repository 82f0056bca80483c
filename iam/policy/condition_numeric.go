package policy

import (
	"cmp"
	"strings"
)

// decimal is a number in base ten, of any length: the digits before the point
// without leading zeros, those after it without trailing zeros.
type decimal struct {
	negative    bool
	whole, part string
}

// parseDecimal reads an optional sign, digits, and an optional point with digits.
func parseDecimal(s string) (decimal, bool) {
	d := decimal{negative: strings.HasPrefix(s, "-")}
	if d.negative || strings.HasPrefix(s, "+") {
		s = s[1:]
	}
	d.whole, d.part, _ = strings.Cut(s, ".")
	if d.whole+d.part == "" || !digits(d.whole) || !digits(d.part) {
		return decimal{}, false
	}
	d.whole, d.part = strings.TrimLeft(d.whole, "0"), strings.TrimRight(d.part, "0")
	if d.whole == "" && d.part == "" {
		d.negative = false
	}
	return d, true
}

// digits reports whether s has no other characters than digits.
func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// compare orders two numbers.
func (d decimal) compare(o decimal) int {
	if d.negative != o.negative {
		if d.negative {
			return -1
		}
		return 1
	}
	order := cmp.Or(cmp.Compare(len(d.whole), len(o.whole)), cmp.Compare(d.whole, o.whole), cmp.Compare(d.part, o.part))
	if d.negative {
		return -order
	}
	return order
}

// newNumeric makes the constructor of one numeric operator. Variables are not
// expanded in numbers.
func newNumeric(holds func(int) bool) func([]string, language) tester {
	return newOrder(parseDecimal, holds)
}
