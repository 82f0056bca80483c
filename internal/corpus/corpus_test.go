package corpus_test

import (
	"testing"

	"github.com/irsatz/irsatz/internal/corpus"
)

const (
	request  = "-- request.json --\n{}\n"
	document = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`
)

func TestParse(t *testing.T) {
	t.Parallel()
	c, err := corpus.Parse([]byte("What it is.\n" + request + "-- decision --\nallow by identity-based policy a[0]\n-- identity-a.json --\n" + document +
		"\n-- scp-2-b.json --\n" + document + "\n-- fixes --\none\ntwo\n"))
	if err != nil {
		t.Fatal(err)
	}
	if c.About != "What it is." || len(c.Documents) != 2 || len(c.Fixes) != 2 || c.Decision != "allow by identity-based policy a[0]" {
		t.Errorf("got %+v", c)
	}
	ps, err := c.Policies(nil)
	if err != nil || len(ps.Identity) != 1 || ps.Identity[0].Name != "a" || len(ps.ServiceControl) != 2 || len(ps.ServiceControl[1]) != 1 {
		t.Errorf("got %+v, %v", ps, err)
	}
}

// TestParseIsStrict shows that a mistake in a case does not pass unseen.
func TestParseIsStrict(t *testing.T) {
	t.Parallel()
	const decided = request + "-- decision --\nallow\n"
	for name, src := range map[string]string{
		"no decision":        request,
		"no request":         "-- decision --\nallow\n",
		"section twice":      decided + "-- decision --\nallow\n",
		"unknown section":    decided + "-- explanations --\nx\n",
		"unknown document":   decided + "-- identities.json --\n{}\n",
		"malformed document": decided + "-- identity.json --\n{}\n",
		"no level":           decided + "-- scp.json --\n" + document + "\n",
		"level too deep":     decided + "-- scp-6.json --\n" + document + "\n",
		"unknown field":      "-- request.json --\n{\"Nonsense\": 1}\n-- decision --\nallow\n",
	} {
		if _, err := corpus.Parse([]byte(src)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
