package fakes3

import (
	"encoding/base64"
	"fmt"
	"mime"
	"strings"
	"unicode/utf8"
)

// decodeMetadata undoes RFC 2047: user-defined metadata is text, however it was
// written in a header.
//
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html
func decodeMetadata(value string) string {
	if !strings.Contains(value, "=?") {
		return value
	}
	var d mime.WordDecoder
	decoded, err := d.DecodeHeader(value)
	if err != nil || !utf8.ValidString(decoded) {
		return value
	}
	return decoded
}

// encodeMetadata writes user-defined metadata as a header: what is not ASCII in
// the Q encoding of RFC 2047, and what cannot be printed in the B encoding.
func encodeMetadata(value string) string {
	printable, ascii := true, true
	for i := range len(value) {
		c := value[i]
		printable = printable && (c >= ' ' && c != 0x7f || c == '\t')
		ascii = ascii && c < utf8.RuneSelf
	}
	switch {
	case printable && ascii:
		return value
	case !printable:
		return "=?UTF-8?B?" + base64.StdEncoding.EncodeToString([]byte(value)) + "?="
	}
	var b strings.Builder
	b.WriteString("=?UTF-8?Q?")
	for i := range len(value) {
		switch c := value[i]; {
		case c == ' ':
			b.WriteByte('_')
		case c >= utf8.RuneSelf, c == '=', c == '?', c == '_', c == '\t':
			fmt.Fprintf(&b, "=%02X", c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String() + "?="
}

// latin1 returns the text in ISO-8859-1, in which headers are; false if it cannot
// be.
func latin1(text string) (string, bool) {
	out := make([]byte, 0, len(text))
	for _, r := range text {
		if r > 0xff {
			return "", false
		}
		out = append(out, byte(r))
	}
	return string(out), true
}
