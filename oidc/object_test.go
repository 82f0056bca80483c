package oidc_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"github.com/irsatz/irsatz/oidc"
)

// twin reads an object with the standard library.
func twin(text []byte) (map[string]json.RawMessage, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil {
		return nil, err
	}
	if members == nil {
		return nil, errors.New("null")
	}
	return members, nil
}

func compareObject(t *testing.T, text []byte) {
	t.Helper()
	want, wantErr := twin(text)
	got, _, err := oidc.ParseObject(text)
	if (err == nil) != (wantErr == nil) {
		t.Fatalf("%.200q: got error %v, encoding/json %v", text, err, wantErr)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%.200q (-encoding/json +got):\n%s", text, diff)
	}
	for _, raw := range got {
		want, wantOK := twinStrings(raw)
		if got, ok := oidc.ReadStrings(raw); ok != wantOK || !cmp.Equal(got, want) {
			t.Errorf("%s: got %q, %t, encoding/json %q, %t", raw, got, ok, want, wantOK)
		}
	}
}

// twinStrings reads a string or a list of strings with the standard library.
func twinStrings(raw json.RawMessage) ([]string, bool) {
	var value any
	if json.Unmarshal(raw, &value) != nil {
		return nil, false
	}
	switch v := value.(type) {
	case string:
		return []string{v}, true
	case []any:
		values := []string{}
		for _, element := range v {
			s, ok := element.(string)
			if !ok {
				return nil, false
			}
			values = append(values, s)
		}
		return values, true
	}
	return nil, false
}

// objects are texts at the edges of JSON's grammar.
func objects() []string {
	list := []string{
		"", " ", "{", "}", "{}", " {} ", "{}x", "{}{}", "null", "[]", "1", `"a"`, "tru", "{}\x00", "\xef\xbb\xbf{}",
		`{"a"}`, `{"a":}`, `{"a":1,}`, `{,"a":1}`, `{"a":1 "b":2}`, `{"a" : 1 , "b" : 2 }`, `{a:1}`, `{'a':1}`, `{"a":1}}`, "{\"a\"\v:1}", "{\"a\":\f1}",
		`{"a":1,"a":2}`, `{"a":1,"\u0061":2}`, `{"":1}`, `{"\ud800":1,"\udfff":2}`, "{\"\xff\":1,\"\xfe\":2}", `{"é":1,"\u00e9":2}`,
		`{"a":"b\"c"}`, `{"a":"\x"}`, `{"a":"\u12"}`, `{"a":"\u12g4"}`, `{"a":"\uABcd"}`, "{\"a\":\"b\nc\"}", "{\"a\":\"b\x1f\"}", "{\"a\":\"b\x7f\"}", "{\"a\":\"\xff\"}", `{"a":"\`, `{"a":"\"`, `{"a":"`,
		`{"a":[1,{"b":[]},[[]]]}`, `{"a":[] , "b":{ } , "c":[ 1 ] , "d":{"e":[ ] } }`, `{"a":[ "b" , "c\u00e9" ,"\"]" ]}`, `{"a":[ ]}`, `{"a":["b",1]}`, `{"a":[["b"]]}`, `{"a":["b",null]}`, `{"a":[1,]}`, `{"a":[,1]}`, `{"a":[1 2]}`, `{"a":[}`, `{"a":{"b":1,}}`, `{"a":[`, `{"a":{`, `{"a":{"b"`, `{"a":{"b":`,
	}
	for _, number := range strings.Fields("0 -0 1 -1 10 01 -01 00 - + +1 .5 5. 5.0 5.05 1e1 1E+1 1e-10 1e 1e+ 1.e1 0x1 1_0 NaN Infinity -Infinity 0e0 1e400 123456789012345678901234567890") {
		list = append(list, `{"a":`+number+`}`, `{"a":[`+number+`,1]}`)
	}
	for _, word := range strings.Fields("true false null True tru truee nul nulll f t n") {
		list = append(list, `{"a":`+word+`}`)
	}
	for _, n := range []int{31, 32, 33, 500} { // some more than once
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `,"m%d":%d`, i%(n-1), i)
		}
		list = append(list, "{"+b.String()[1:]+"}")
	}
	for _, n := range []int{9_998, 9_999, 10_000, 10_001} {
		list = append(list, `{"a":`+strings.Repeat("[", n)+strings.Repeat("]", n)+`}`, strings.Repeat(`{"a":`, n)+"1"+strings.Repeat("}", n))
	}
	return list
}

// A57: what a token's members are, is what encoding/json takes them for: of two
// with one name the last.
func TestParseObject(t *testing.T) {
	t.Parallel()
	for _, text := range objects() {
		compareObject(t, []byte(text))
	}
	for text, want := range map[string]bool{`{"a":1,"b":2}`: false, `{"a":1,"a":1}`: true, `{"a":1,"\u0061":1}`: true, `{"a":{"b":1,"b":2}}`: false} {
		if _, repeated, err := oidc.ParseObject([]byte(text)); err != nil || repeated != want {
			t.Errorf("%s: repeated %t, %v", text, repeated, err)
		}
	}
}

func FuzzParseObject(f *testing.F) {
	for _, text := range objects() {
		if len(text) < 1000 {
			f.Add([]byte(text))
		}
	}
	f.Fuzz(compareObject)
}

// A signature is good exactly where go-jose says so.
func FuzzSignature(f *testing.F) {
	type signer struct {
		key *oidc.Key
		alg string
	}
	var signers []signer
	for name, algs := range map[string][]string{
		"rsa2048-a": {"RS256", "RS384", "RS512"}, "p256": {"ES256"}, "p384": {"ES384"}, "p521": {"ES512"},
	} {
		text, err := os.ReadFile("testdata/" + name + ".pem")
		if err != nil {
			f.Fatal(err)
		}
		for _, alg := range algs {
			signers = append(signers, signer{oidc.MustParseKey(text), alg})
		}
	}
	p := newIDP(f)
	p.set(func(p *idp) { p.cacheControl = "max-age=3600" })
	var entries []map[string]any
	for _, s := range signers {
		entries = append(entries, jwk(f, s.key, nil))
	}
	p.publish(f, entries...)
	v := p.verifier(func(c *oidc.VerifierConfig) { c.KeyTTL = -1 }) // no second look at each bad one
	for n := range signers {
		for _, change := range []string{"", "A", "AA", "x"} {
			f.Add(byte(n), change, uint16(0))
		}
		f.Add(byte(n), "", uint16(7))
	}
	f.Fuzz(func(t *testing.T, n byte, change string, flip uint16) {
		s := signers[int(n)%len(signers)]
		raw := sign(t, s.key, p.claims(nil), map[string]any{"alg": s.alg})
		cut := strings.LastIndexByte(raw, '.') + 1
		signature := []byte(part(t, raw, 2))
		signature = append(signature, change...)
		if bit := int(flip) - 1; bit >= 0 && bit/8 < len(signature) {
			signature[bit/8] ^= 1 << (bit % 8)
		}
		raw = raw[:cut] + encode(string(signature))
		reference, err := jose.ParseSignedCompact(raw, []jose.SignatureAlgorithm{jose.SignatureAlgorithm(s.alg)})
		if err != nil {
			t.Skip()
		}
		_, want := reference.Verify(privateKey(t, s.key).Public())
		if _, err := judge(t, v, raw, p.provider()); (err == nil) != (want == nil) {
			t.Errorf("%s: got %v, go-jose %v", s.alg, err, want)
		}
	})
}
