package oidc_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/irsatz/irsatz/oidc"
)

// A52–A55: what STS makes of a key set.
func TestKeySet(t *testing.T) {
	t.Parallel()
	a, b, ec := loadKey(t, "rsa2048-a"), loadKey(t, "rsa2048-b"), loadKey(t, "p256")
	type m = map[string]any
	k := func(key *oidc.Key, changes m) m { return jwk(t, key, changes) }
	many := func(key *oidc.Key, n int) (entries []m) {
		for i := range n {
			entries = append(entries, k(key, m{"kid": fmt.Sprint("k", i)}))
		}
		return entries
	}
	private := func() m {
		entry := k(ec, nil)
		entry["d"] = base64.RawURLEncoding.EncodeToString(make([]byte, 32))
		return entry
	}
	for name, test := range map[string]struct {
		keys   []m
		signer *oidc.Key
		header m
		want   oidc.Reason
	}{
		"the kid matches":                   {[]m{k(a, nil), k(b, nil)}, b, nil, 0},
		"no kid, one key":                   {[]m{k(a, nil)}, a, m{"kid": absent{}}, 0},
		"no kid, one key and one kidless":   {[]m{k(a, nil), k(b, m{"kid": absent{}})}, a, m{"kid": absent{}}, 0},
		"no kid, one key and one for enc":   {[]m{k(a, nil), k(b, m{"use": "enc"})}, a, m{"kid": absent{}}, 0},
		"no kid, several keys":              {[]m{k(a, nil), k(b, nil)}, a, m{"kid": absent{}}, oidc.KeyUnavailable},
		"no kid, keys of two types":         {[]m{k(a, nil), k(ec, nil)}, a, m{"kid": absent{}}, oidc.KeyUnavailable},
		"no kid, key of the other type":     {[]m{k(ec, nil)}, a, m{"kid": absent{}}, oidc.KeyUnavailable},
		"no kid, another key":               {[]m{k(b, nil)}, a, m{"kid": absent{}}, oidc.BadSignature},
		"empty kid, several keys":           {[]m{k(a, nil), k(b, nil)}, a, m{"kid": ""}, oidc.KeyUnavailable},
		"empty kid, one key":                {[]m{k(a, nil)}, a, m{"kid": ""}, oidc.KeyUnavailable},
		"no kid, the key again under none":  {[]m{k(a, nil), k(a, m{"kid": ""})}, a, m{"kid": absent{}}, 0},
		"unknown kid, several keys":         {[]m{k(a, nil), k(b, nil)}, a, m{"kid": "x"}, oidc.KeyUnavailable},
		"unknown kid, one key":              {[]m{k(a, nil)}, a, m{"kid": "x"}, oidc.KeyUnavailable},
		"kid in another case":               {[]m{k(a, m{"kid": "A"})}, a, m{"kid": "a"}, oidc.KeyUnavailable},
		"only key has no kid":               {[]m{k(a, m{"kid": absent{}})}, a, nil, oidc.KeyUnavailable},
		"only key, token: none has a kid":   {[]m{k(a, m{"kid": absent{}})}, a, m{"kid": absent{}}, oidc.KeyUnavailable},
		"kid null":                          {[]m{k(a, m{"kid": nil})}, a, m{"kid": absent{}}, oidc.KeyUnavailable},
		"no keys":                           {[]m{}, a, nil, oidc.KeyUnavailable},
		"kid twice, last one right":         {[]m{k(b, m{"kid": "d"}), k(a, m{"kid": "d"})}, a, m{"kid": "d"}, 0},
		"kid twice, last one wrong":         {[]m{k(a, m{"kid": "d"}), k(b, m{"kid": "d"})}, a, m{"kid": "d"}, oidc.BadSignature},
		"kid twice, last one for enc":       {[]m{k(a, nil), k(a, m{"use": "enc"})}, a, nil, oidc.KeyUnavailable},
		"wrong key under the kid":           {[]m{k(b, m{"kid": a.ID()})}, a, nil, oidc.BadSignature},
		"alg of the key is another":         {[]m{k(a, m{"alg": "RS512"})}, a, nil, 0},
		"alg of the key is nonsense":        {[]m{k(a, m{"alg": "XX"})}, a, nil, 0},
		"no alg, no use":                    {[]m{k(a, m{"alg": absent{}, "use": absent{}})}, a, nil, 0},
		"use enc":                           {[]m{k(a, m{"use": "enc"})}, a, nil, oidc.KeyUnavailable},
		"use unknown":                       {[]m{k(a, m{"use": "tls"})}, a, nil, oidc.KeyUnavailable},
		"key_ops verify":                    {[]m{k(a, m{"key_ops": []string{"verify"}})}, a, nil, oidc.KeyOps},
		"key_ops without kid in the token":  {[]m{k(a, m{"key_ops": []string{"verify"}})}, a, m{"kid": absent{}}, oidc.KeyOps},
		"x5c matches":                       {[]m{k(a, m{"x5c": chain(t, a)})}, a, nil, 0},
		"x5c is of another key":             {[]m{k(a, m{"x5c": chain(t, b)})}, a, nil, oidc.KeyUnavailable},
		"x5c alone":                         {[]m{k(a, m{"x5c": chain(t, a), "n": absent{}, "e": absent{}})}, a, nil, oidc.KeyUnavailable},
		"100 RSA keys":                      {many(a, 100), a, m{"kid": "k99"}, 0},
		"101 RSA keys":                      {many(a, 101), a, m{"kid": "k0"}, oidc.KeyUnavailable},
		"101 RSA keys and an EC key":        {append(many(a, 101), k(ec, nil)), ec, nil, 0},
		"101 EC keys":                       {many(ec, 101), ec, m{"kid": "k0"}, oidc.KeyUnavailable},
		"101 EC keys and an RSA key":        {append(many(ec, 101), k(a, nil)), a, nil, 0},
		"1024 bits":                         {[]m{k(loadKey(t, "rsa1024"), nil)}, loadKey(t, "rsa1024"), nil, 0},
		"4096 bits":                         {[]m{k(loadKey(t, "rsa4096"), nil)}, loadKey(t, "rsa4096"), nil, 0},
		"a broken neighbour":                {[]m{{"kid": "x", "kty": "RSA", "n": "?"}, {"kty": 1}, k(a, nil)}, a, nil, 0},
		"a neighbour of another type":       {[]m{{"kid": "x", "kty": "oct", "k": "AAAA"}, k(a, nil)}, a, nil, 0},
		"a private key":                     {[]m{private()}, ec, nil, oidc.KeyUnavailable},
		"a point that is not on the curve":  {[]m{k(ec, m{"x": k(ec, nil)["y"]})}, ec, nil, oidc.KeyUnavailable},
		"alg none in the key, RSA in token": {[]m{k(a, m{"alg": "none"})}, a, nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newIDP(t)
			p.publish(t, test.keys...)
			token := sign(t, test.signer, p.claims(nil), maps.Clone(test.header))
			claims, err := judge(t, p.verifier(), token, p.provider())
			if got := reason(t, err); got != test.want {
				t.Errorf("got %v, want %v", err, test.want)
			}
			if (claims == nil) != (err != nil) {
				t.Errorf("got claims %v with error %v", claims, err)
			}
		})
	}
}

// An RSA key below 1024 bits is refused, whatever it signs.
func TestKeySetSmallKey(t *testing.T) {
	t.Parallel()
	p := newIDP(t)
	p.publish(t, jwk(t, loadKey(t, "rsa2048-a"), map[string]any{
		"kid": "small", "n": base64.RawURLEncoding.EncodeToString(append([]byte{0xc1}, make([]byte, 63)...)[:63]) + "AQ",
	}))
	_, err := judge(t, p.verifier(), sign(t, loadKey(t, "rsa2048-a"), p.claims(nil), map[string]any{"kid": "small"}), p.provider())
	if reason(t, err) != oidc.KeyUnavailable {
		t.Errorf("got %v, want an unavailable key", err)
	}
}

func TestKeySetDocument(t *testing.T) {
	t.Parallel()
	key := loadKey(t, "p256")
	good, err := json.Marshal(jwk(t, key, nil))
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		document string
		want     oidc.Reason
	}{
		"good":                  {`{"keys":[` + string(good) + `]}`, 0},
		"other members":         {`{"x":1,"keys":[` + string(good) + `]}`, 0},
		"entry not an object":   {`{"keys":[1,null,"x",` + string(good) + `]}`, 0},
		"empty":                 {``, oidc.KeyUnavailable},
		"a page":                {`<html>`, oidc.KeyUnavailable},
		"no keys":               {`{}`, oidc.KeyUnavailable},
		"keys null":             {`{"keys":null}`, oidc.KeyUnavailable},
		"keys an object":        {`{"keys":{}}`, oidc.KeyUnavailable},
		"keys in another case":  {`{"KEYS":[` + string(good) + `]}`, oidc.KeyUnavailable},
		"list without a member": {`[` + string(good) + `]`, oidc.KeyUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newIDP(t)
			p.set(func(p *idp) { p.jwks = test.document })
			_, err := judge(t, p.verifier(), sign(t, key, p.claims(nil), nil), p.provider())
			if got := reason(t, err); got != test.want {
				t.Errorf("got %v, want %v", err, test.want)
			}
		})
	}
}

// Who looks for a kid that is not there is told of those that are, each once.
func TestKeySetNames(t *testing.T) {
	t.Parallel()
	a, b := loadKey(t, "p256"), loadKey(t, "p384")
	p := newIDP(t)
	p.publish(t, jwk(t, a, map[string]any{"kid": "one"}), jwk(t, b, map[string]any{"kid": "two"}), jwk(t, b, map[string]any{"kid": "one"}))
	_, err := judge(t, p.verifier(), sign(t, a, p.claims(nil), map[string]any{"kid": "three"}), p.provider())
	if diff := cmp.Diff([]string{"one", "two"}, rejection(t, err).KIDs); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A key that is kept and must not be used is not asked for again.
func TestUnusableKeyIsNotFetchedAgain(t *testing.T) {
	t.Parallel()
	key := loadKey(t, "p256")
	p := newIDP(t)
	p.set(func(p *idp) { p.cacheControl = "max-age=3600" })
	p.publish(t, jwk(t, key, map[string]any{"key_ops": []string{"verify"}}))
	v, token := p.verifier(), sign(t, key, p.claims(nil), nil)
	for range 3 {
		if _, err := judge(t, v, token, p.provider()); reason(t, err) != oidc.KeyOps {
			t.Errorf("got %v", err)
		}
	}
	if got := p.hits.Load(); got != 1 {
		t.Errorf("got %d fetches, want 1", got)
	}
}
