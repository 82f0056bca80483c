package sigv4

import (
	"errors"
	"slices"
	"strings"
)

// MaxQuery bounds the query string, and MaxParams the parameters in it.
const (
	MaxQuery  = 64 << 10
	MaxParams = 256
)

// ErrQuery refuses a query string that is too large or has a broken escape.
var ErrQuery = errors.New("malformed query string")

// A Param is one decoded query parameter. "?acl" and "?acl=" are the same to a
// signature, but HasValue keeps them apart.
type Param struct {
	Name, Value string
	HasValue    bool
}

// ParseQuery decodes a raw query in the order sent, keeping repetitions. It is
// what the signature is computed over, so whoever acts on a query should read
// it through this function too: url.ParseQuery drops what it cannot read.
func ParseQuery(raw string) ([]Param, error) {
	if raw == "" {
		return nil, nil
	}
	n := strings.Count(raw, "&") + 1
	if len(raw) > MaxQuery || n > MaxParams {
		return nil, ErrQuery
	}
	params := make([]Param, 0, n)
	for piece := range strings.SplitSeq(raw, "&") {
		if piece == "" {
			continue
		}
		name, value, hasValue := strings.Cut(piece, "=")
		n, ok := unescape(name, true)
		v, ok2 := unescape(value, true)
		if !ok || !ok2 {
			return nil, ErrQuery
		}
		params = append(params, Param{n, v, hasValue})
	}
	return params, nil
}

// appendCanonicalQuery appends the parameters encoded and sorted by encoded
// name, then encoded value. The signature itself cannot be part of it.
func appendCanonicalQuery(dst []byte, params []Param) []byte {
	if len(params) == 0 {
		return dst
	}
	type pair struct{ name, value string }
	pairs := make([]pair, 0, len(params))
	for _, p := range params {
		if p.Name == paramSignature {
			continue
		}
		pairs = append(pairs, pair{escape(p.Name), escape(p.Value)})
	}
	slices.SortFunc(pairs, func(a, b pair) int {
		if c := strings.Compare(a.name, b.name); c != 0 {
			return c
		}
		return strings.Compare(a.value, b.value)
	})
	for i, p := range pairs {
		if i > 0 {
			dst = append(dst, '&')
		}
		dst = append(dst, p.name...)
		dst = append(dst, '=')
		dst = append(dst, p.value...)
	}
	return dst
}

const upperHex = "0123456789ABCDEF"

func unreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' ||
		c == '-' || c == '.' || c == '_' || c == '~'
}

// appendEscaped appends s with everything but unreserved characters escaped.
func appendEscaped(dst []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		if c := s[i]; unreserved(c) {
			dst = append(dst, c)
		} else {
			dst = append(dst, '%', upperHex[c>>4], upperHex[c&15])
		}
	}
	return dst
}

func escape(s string) string {
	for i := 0; i < len(s); i++ {
		if !unreserved(s[i]) {
			return string(appendEscaped(make([]byte, 0, len(s)+12), s))
		}
	}
	return s
}

// unescape decodes percent escapes, and in a query "+" as a blank.
func unescape(s string, plus bool) (string, bool) {
	if strings.IndexByte(s, '%') < 0 && (!plus || strings.IndexByte(s, '+') < 0) {
		return s, true
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '%':
			if i+2 >= len(s) {
				return "", false
			}
			hi, ok := unhex(s[i+1])
			lo, ok2 := unhex(s[i+2])
			if !ok || !ok2 {
				return "", false
			}
			out = append(out, hi<<4|lo)
			i += 2
		case c == '+' && plus:
			out = append(out, ' ')
		default:
			out = append(out, c)
		}
	}
	return string(out), true
}

func unhex(c byte) (byte, bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10, true
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}
