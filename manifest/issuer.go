package manifest

import (
	"fmt"

	"github.com/irsatz/irsatz/internal/syntax"
)

// issuer reads an issuer that is no cluster. Which presets there are is not for
// a manifest to know.
func (c cursor) issuer() Issuer {
	r := c.record("name", "preset", "url", "claims")
	i := Issuer{
		Pos:    c.pos(),
		Name:   r.get("name").checked(checkIssuerName),
		Preset: r.need("preset").checked(checkNotEmpty),
		URL:    r.get("url").checked(checkIssuer),
	}
	if i.Name == "" {
		i.Name = i.Preset
	}
	if claims := r.get("claims"); claims.present() {
		i.Claims = claims.object()
	}
	return i
}

func checkIssuerName(s string) error {
	if !clusterPattern().MatchString(s) {
		return fmt.Errorf("expected a name of up to 100 letters, digits, - and _ that starts with a letter or digit, found %q", s)
	}
	return nil
}

// object returns a mapping as JSON.
func (c cursor) object() []byte {
	if !c.is(syntax.Mapping) {
		c.fail("expected a mapping, found %s", c.value.What())
		return nil
	}
	object, bad := c.value.Compact()
	if bad != nil {
		at := c.pos()
		at.Line = bad.Line
		c.loader.problems.add(at, "%s", bad.Msg)
		return nil
	}
	return object
}
