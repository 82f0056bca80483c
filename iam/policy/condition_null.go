package policy

import "strings"

// wantsNull reads the values of Null: "true" wants the key absent, "false" wants
// it present. Any other text wants nothing, so it never holds.
func wantsNull(values []string) (present, absent bool) {
	for _, v := range values {
		present = present || strings.EqualFold(v, "false")
		absent = absent || strings.EqualFold(v, "true")
	}
	return present, absent
}

// holdsNull answers Null. A key with an empty list counts as absent.
func (c *condition) holdsNull(values []string) bool {
	if len(values) == 0 {
		return c.absent
	}
	return c.present
}
