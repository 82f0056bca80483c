package oidc

import (
	"encoding/json"
	"strconv"
	"strings"
)

func isNull(raw json.RawMessage) bool { return string(raw) == "null" }

// readString reads a JSON string and nothing else.
func readString(raw json.RawMessage, into *string) bool {
	if len(raw) < 2 || raw[0] != '"' {
		return false
	}
	s, ok := unquote(raw)
	if ok {
		*into = string(s)
	}
	return ok
}

// readSubject reads a string, or a number as its own digits.
func readSubject(raw json.RawMessage, into *string) bool {
	if len(raw) > 0 && (raw[0] == '-' || '0' <= raw[0] && raw[0] <= '9') {
		*into = string(raw)
		return true
	}
	return readString(raw, into)
}

// readStrings reads a string or a list of strings.
func readStrings(raw json.RawMessage, into *[]string) bool {
	var one string
	if readString(raw, &one) {
		*into = []string{one}
		return true
	}
	s := scanner{text: raw}
	if !s.take('[') {
		return false
	}
	values := []string{}
	for !s.take(']') {
		if len(values) > 0 && !s.take(',') {
			return false
		}
		from := s.at
		if !s.str() || !readString(raw[from:s.at], &one) {
			return false
		}
		values = append(values, one)
		s.space()
	}
	*into = values
	return s.end()
}

// readSeconds reads an integer, or a string that holds one: STS takes both.
func readSeconds(raw json.RawMessage, into *int64) bool {
	text := string(raw)
	if len(raw) > 0 && raw[0] == '"' && !readString(raw, &text) {
		return false
	}
	if strings.HasPrefix(text, "+") {
		return false
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return false
	}
	*into = seconds
	return true
}
