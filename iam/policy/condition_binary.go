package policy

import (
	"bytes"
	"encoding/base64"
)

// binaryTester compares bytes that both sides write in base64.
type binaryTester struct {
	values [][]byte
	spoilt bool
}

func newBinary(values []string, _ language) tester {
	var t binaryTester
	for _, v := range values {
		b, err := base64.StdEncoding.DecodeString(v)
		if err != nil {
			t.spoilt = true
			continue
		}
		t.values = append(t.values, b)
	}
	return t
}

func (t binaryTester) test(value string, _ *Context) match {
	b, err := base64.StdEncoding.DecodeString(value)
	if err != nil {
		return bad
	}
	for _, wanted := range t.values {
		if bytes.Equal(wanted, b) {
			return yes
		}
	}
	return noUnless(t.spoilt)
}
