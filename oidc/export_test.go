package oidc

import "encoding/json"

// Sources is how many issuers the verifier knows.
func (v *Verifier) Sources() int { return len(v.sources) }

// ReadStrings reads a string or a list of strings.
func ReadStrings(raw json.RawMessage) (values []string, ok bool) {
	ok = readStrings(raw, &values)
	return values, ok
}

// ParseObject reads an object as the members of tokens are read, and reports
// whether a name is in it more than once.
func ParseObject(text []byte) (members map[string]json.RawMessage, repeated bool, err error) {
	o, err := parseObject(text)
	if err != nil {
		return nil, false, err
	}
	members = map[string]json.RawMessage{}
	for _, m := range o.members {
		members[string(m.name)], _ = o.get(string(m.name))
	}
	return members, o.repeated, nil
}
