package fakes3

import (
	"encoding/xml"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/irsatz/irsatz/internal/awsapi"
	"github.com/irsatz/irsatz/internal/clock"
)

const xmlNamespace = "http://s3.amazonaws.com/doc/2006-03-01/"

// common sets the headers of every answer.
func (x *exchange) common() http.Header {
	h := x.w.Header()
	h["X-Amz-Request-Id"] = []string{x.call.Record.ID}
	h["X-Amz-Id-2"] = []string{x.hostID}
	h["Server"] = []string{"AmazonS3"}
	// SDKs correct their clocks by this header, so it must be of the clock that
	// their dates are compared with.
	h["Date"] = []string{x.config.ClientNow().UTC().Format(http.TimeFormat)}
	x.cors(h)
	if x.op != nil && x.op.name == "HeadBucket" {
		h["X-Amz-Bucket-Region"] = []string{x.config.Region}
	}
	return h
}

// answer writes a whole answer and finishes the call.
func (x *exchange) answer(status int, body []byte) {
	h := x.common()
	if len(body) > 0 {
		if h.Get("Content-Type") == "" {
			h.Set("Content-Type", "application/xml")
		}
		h.Set("Content-Length", itoa(len(body)))
	}
	x.answered = true
	x.w.WriteHeader(status)
	if x.r.Method != http.MethodHead {
		_, _ = x.w.Write(body) // a client that has left is not our error
	}
	x.call.Finish(status, nil)
}

// answerXML writes a value as XML.
func (x *exchange) answerXML(v any) *awsapi.Error {
	body, err := xml.Marshal(v)
	if err != nil {
		return internal(err)
	}
	x.answer(http.StatusOK, append([]byte(xml.Header), body...))
	return nil
}

// done answers without a body.
func (x *exchange) done(status int) *awsapi.Error {
	x.answer(status, nil)
	return nil
}

// explainHeader records which header a refusal is about, where nothing else is
// known of its cause: SDKs do not show it.
func (x *exchange) explainHeader(e *awsapi.Error) {
	for _, d := range e.Details {
		if d.Name == "Header" && e.Status == http.StatusNotImplemented && x.call.Record.Cause == "" {
			x.call.Explain("the header "+d.Value+" asks for something that irsatz does not have", "leave the header out")
		}
	}
}

// refuse writes an error and finishes the call.
func (x *exchange) refuse(e *awsapi.Error) {
	h := x.common()
	x.explainHeader(e)
	for _, d := range e.Headers {
		h.Set(d.Name, d.Value)
	}
	if x.r.ContentLength != 0 && x.r.Body != nil {
		// What is left of the body is read and dropped by net/http; a slow
		// client must not hold the connection meanwhile.
		_ = http.NewResponseController(x.w).SetReadDeadline(clock.Now().Add(parting))
	}
	x.answered = true
	if x.r.Method == http.MethodHead || e.Status == http.StatusNotModified {
		x.w.WriteHeader(e.Status)
		x.call.Finish(e.Status, e)
		return
	}
	var b strings.Builder
	b.WriteString(xml.Header + "<Error>")
	element(&b, "Code", e.Code)
	element(&b, "Message", e.Message)
	for _, d := range e.Details {
		element(&b, d.Name, d.Value)
	}
	element(&b, "RequestId", x.call.Record.ID)
	element(&b, "HostId", x.hostID)
	b.WriteString("</Error>")
	h.Set("Content-Type", "application/xml")
	h.Set("Content-Length", itoa(b.Len()))
	x.w.WriteHeader(e.Status)
	_, _ = x.w.Write([]byte(b.String()))
	x.call.Finish(e.Status, e)
}

func element(b *strings.Builder, name, value string) {
	b.WriteByte('<')
	b.WriteString(name)
	b.WriteByte('>')
	text(b, value)
	b.WriteString("</")
	b.WriteString(name)
	b.WriteByte('>')
}

// optional writes an element that is left out where it would be empty.
func optional(b *strings.Builder, name, value string) {
	if value != "" {
		element(b, name, value)
	}
}

// text writes character data.
func text(b *strings.Builder, value string) {
	if plain(value) {
		b.WriteString(value)
		return
	}
	for i := 0; i < len(value); {
		r, size := utf8.DecodeRuneInString(value[i:])
		switch {
		case r == '&':
			b.WriteString("&amp;")
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '\r':
			b.WriteString("&#13;")
		case r < ' ' && r != '\n' && r != '\t', r == utf8.RuneError && size == 1, r == 0xFFFE, r == 0xFFFF:
			b.WriteRune(utf8.RuneError) // XML has no way to write it
		default:
			b.WriteString(value[i : i+size])
		}
		i += size
	}
}

// plain reports whether a text is ASCII that stands for itself.
func plain(value string) bool {
	for i := range len(value) {
		if c := value[i]; c < ' ' || c >= utf8.RuneSelf || c == '&' || c == '<' || c == '>' {
			return false
		}
	}
	return true
}
