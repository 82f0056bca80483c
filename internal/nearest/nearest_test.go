package nearest_test

import (
	"strings"
	"testing"

	"github.com/irsatz/irsatz/internal/nearest"
)

func TestOf(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		name       string
		candidates []string
		want       string // "" for none
	}{
		"no candidates":       {"role", nil, ""},
		"itself":              {"role", []string{"rule", "role"}, "role"},
		"a letter replaced":   {"rode", []string{"user", "role"}, "role"},
		"a letter too many":   {"rolle", []string{"role"}, "role"},
		"a letter too few":    {"roe", []string{"role"}, "role"},
		"letters swapped":     {"buckets", []string{"bukcets"}, "bukcets"},
		"the nearer one":      {"readers", []string{"header", "reader"}, "reader"},
		"the first of two":    {"bar", []string{"bat", "baz"}, "bat"},
		"a third differs":     {"abc", []string{"abx"}, "abx"},
		"more than a third":   {"ab", []string{"ax"}, ""},
		"nothing in common":   {"role", []string{"user"}, ""},
		"another case counts": {"ROLE", []string{"role"}, ""},
		"empty name":          {"", []string{"role"}, ""},
		"both empty":          {"", []string{""}, ""},
		"far too long":        {strings.Repeat("x", 1<<20), []string{"role", "user"}, ""},
		"a URL's slash":       {"https://oidc.example.com/id/ONE", []string{"https://oidc.example.com/id/TWO", "https://oidc.example.com/id/ONE/"}, "https://oidc.example.com/id/ONE/"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, ok := nearest.Of(test.name, test.candidates); got != test.want || ok != (test.want != "" || name == "both empty") {
				t.Errorf("got %q, %v", got, ok)
			}
		})
	}
}
