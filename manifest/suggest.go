package manifest

import (
	"strings"

	"github.com/irsatz/irsatz/internal/nearest"
)

// suggestion names the known field that name was probably meant to be.
func suggestion(name string, known []string) string {
	for _, k := range known {
		if strings.EqualFold(k, name) {
			return "did you mean " + k + "?"
		}
	}
	const longest = 64 // names longer than any field are far from all of them
	if len(name) <= longest {
		if near, ok := nearest.Of(name, known); ok {
			return "did you mean " + near + "?"
		}
	}
	return "expected one of " + strings.Join(known, ", ")
}
