package manifest

import (
	"fmt"
	"unicode/utf8"

	"github.com/irsatz/irsatz/internal/syntax"
)

// tags reads tags written as a list of key and value or as a mapping.
func (c cursor) tags(limit int) []Tag {
	var all []Tag
	if c.is(syntax.Mapping) {
		for i := range c.value.Members {
			m := &c.value.Members[i]
			all = append(all, Tag{m.Key, c.member(m).checked(checkTagValue)})
			if err := checkTagKey(m.Key); err != nil {
				c.key(m).fail("%s", err)
			}
		}
	} else {
		for _, e := range c.list() {
			r := e.record("key", "value")
			all = append(all, Tag{r.need("key").checked(checkTagKey), r.get("value").checked(checkTagValue)})
		}
	}
	seen := make(map[string]bool, len(all))
	for _, t := range all {
		if seen[t.Key] {
			c.fail("tag key %q is given twice", t.Key)
		}
		seen[t.Key] = true
	}
	if len(all) > limit {
		c.fail("expected up to %d tags, found %d", limit, len(all))
	}
	return all
}

func checkTagKey(s string) error {
	if n := utf8.RuneCountInString(s); n < 1 || n > 128 || !tagPattern().MatchString(s) {
		return fmt.Errorf("expected a tag key of 1 to 128 letters, digits, spaces and _.:/=+-@, found %q", s)
	}
	if len(s) >= 4 && fold(s[:4]) == "aws:" {
		return fmt.Errorf("tag keys that start with aws: are reserved, found %q", s)
	}
	return nil
}

func checkTagValue(s string) error {
	if utf8.RuneCountInString(s) > 256 || !tagPattern().MatchString(s) {
		return fmt.Errorf("expected a tag value of up to 256 letters, digits, spaces and _.:/=+-@, found %q", s)
	}
	return nil
}
