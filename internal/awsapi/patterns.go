package awsapi

import (
	"strings"
	"unicode"
)

// pattern is a constraint on a string: the regular expression as AWS prints
// it, and the same as code.
type pattern struct {
	text    string
	empty   bool // the empty string matches
	accepts func(rune) bool
	whole   func(string) bool // in place of the others
	// says is IAM's own sentence about names and paths. It is the whole message,
	// whatever else is wrong (observed).
	says string
}

const (
	nameSays = "It must contain only alphanumeric characters and/or the following: +=,.@_-"
	pathSays = "It must begin and end with / and contain only alphanumeric characters and/or / characters."
)

func (p *pattern) matches(s string) bool {
	if p.whole != nil {
		return p.whole(s)
	}
	if s == "" {
		return p.empty
	}
	for _, r := range s {
		if !p.accepts(r) {
			return false
		}
	}
	return true
}

// patterns are those of the service models, by our names for them.
var patterns = map[string]*pattern{
	"word":       {text: `[\w]*`, empty: true, accepts: wordRune},
	"digits":     {text: `[\d]*`, empty: true, accepts: func(r rune) bool { return r >= '0' && r <= '9' }},
	"serial":     {text: `[\w+=/:,.@-]*`, empty: true, accepts: externalRune},
	"externalid": {text: `[\w+=,.@:\/-]*`, empty: true, accepts: externalRune},
	"arn": {
		text:    `[\u0009\u000A\u000D\u0020-\u007E\u0085\u00A0-\uD7FF\uE000-\uFFFD\u10000-\u10FFFF]+`,
		accepts: arnRune,
	},
	"document": {
		text: `[\u0009\u000A\u000D\u0020-\u00FF]+`,
		accepts: func(r rune) bool {
			return r == '\t' || r == '\n' || r == '\r' || r >= ' ' && r <= 0xff
		},
	},
	"name":       {text: `[\w+=,.@-]*`, empty: true, accepts: nameRune},
	"name+":      {text: `[\w+=,.@-]+`, accepts: nameRune, says: nameSays},
	"word+":      {text: `[\w]+`, accepts: wordRune},
	"path":       {text: `(\u002F)|(\u002F[\u0021-\u007E]+\u002F)`, whole: isPath, says: pathSays},
	"prefix":     {text: `\u002F[\u0021-\u007F]*`, whole: isPathPrefix},
	"marker":     {text: `[\u0020-\u00FF]+`, accepts: func(r rune) bool { return r >= ' ' && r <= 0xff }},
	"version":    {text: `v[1-9][0-9]*(\.[A-Za-z0-9-]*)?`, whole: isVersion},
	"policypath": {text: `((/[A-Za-z0-9\.,\+@=_-]+)*)/`, whole: isPolicyPath, says: pathSays},
	"description": {
		text: `[\u0009\u000A\u000D\u0020-\u007E\u00A1-\u00FF]*`, empty: true,
		accepts: func(r rune) bool {
			return r == '\t' || r == '\n' || r == '\r' || r >= ' ' && r <= '~' || r >= 0xa1 && r <= 0xff
		},
	},
	"alias":    {text: `^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$`, whole: isAlias},
	"tagkey":   {text: `[\p{L}\p{Z}\p{N}_.:/=+\-@]+`, accepts: tagRune},
	"tagvalue": {text: `[\p{L}\p{Z}\p{N}_.:/=+\-@]*`, empty: true, accepts: tagRune},
}

// arnRune leaves out the supplementary planes: the printed pattern reads as if
// it took them, and AWS refuses them (observed).
func arnRune(r rune) bool {
	switch {
	case r == '\t', r == '\n', r == '\r', r == 0x85:
		return true
	}
	return r >= ' ' && r <= '~' || r >= 0xa0 && r <= 0xd7ff || r >= 0xe000 && r <= 0xfffd
}

func wordRune(r rune) bool { return nameRune(r) && !strings.ContainsRune("+=,.@-", r) }

func externalRune(r rune) bool { return nameRune(r) || r == '/' || r == ':' }

// nameRune takes \w as ASCII only (observed).
func nameRune(r rune) bool {
	switch {
	case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
		return true
	}
	switch r {
	case '_', '+', '=', ',', '.', '@', '-':
		return true
	}
	return false
}

// tagRune is a letter, separator or digit of any script, or one of a few signs.
func tagRune(r rune) bool {
	return unicode.In(r, unicode.L, unicode.Z, unicode.N) || strings.ContainsRune("_.:/=+-@", r)
}

func isPath(s string) bool {
	return s == "/" || len(s) > 2 && s[len(s)-1] == '/' && isPathPrefix(s) && !strings.Contains(s, "\x7f")
}

func isPathPrefix(s string) bool {
	rest, ok := strings.CutPrefix(s, "/")
	return ok && !strings.ContainsFunc(rest, func(r rune) bool { return r < '!' || r > 0x7f })
}

func isPolicyPath(s string) bool {
	parts := strings.Split(s, "/")
	if len(parts) < 2 || parts[0] != "" || parts[len(parts)-1] != "" {
		return false
	}
	for _, part := range parts[1 : len(parts)-1] {
		if part == "" || strings.ContainsFunc(part, func(r rune) bool { return !nameRune(r) }) {
			return false
		}
	}
	return true
}

func isAlias(s string) bool {
	foreign := func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' }
	return len(s) >= 3 && len(s) <= 63 && !strings.ContainsFunc(s, foreign) && s[0] != '-' && s[len(s)-1] != '-' && !strings.Contains(s, "--")
}

func isVersion(s string) bool {
	number, suffix, dotted := strings.Cut(s, ".")
	digits, ok := strings.CutPrefix(number, "v")
	if !ok || digits == "" || digits[0] == '0' || strings.Trim(digits, "0123456789") != "" {
		return false
	}
	return !dotted || !strings.ContainsFunc(suffix, func(r rune) bool { return !wordRune(r) && r != '-' || r == '_' })
}
