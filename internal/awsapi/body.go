package awsapi

import (
	"bytes"
	"io"
	"mime"
	"net/http"
	"time"

	"github.com/irsatz/irsatz/internal/clock"
)

const (
	// maxQueryBody is STS's own limit: 10,000,000 bytes are accepted, one
	// more is 413 (observed).
	maxQueryBody = 10_000_000
	// queryBodyTime bounds how long a client may take to send its form.
	queryBodyTime = 30 * time.Second
)

// formType is the content type of query requests, which most spell exactly so.
const formType = "application/x-www-form-urlencoded"

// IsForm reports whether a request says that its body is a form.
func IsForm(r *http.Request) bool {
	kind := r.Header.Get("Content-Type")
	if kind != formType {
		kind, _, _ = mime.ParseMediaType(kind)
	}
	return kind == formType
}

// PeekForm reads the form that a request posts, for who chooses a service by it,
// and leaves it to the service. What is returned must not be changed.
func PeekForm(w http.ResponseWriter, r *http.Request) []byte {
	body, err := readForm(w, r)
	r.Body = &peekedForm{ReadCloser: r.Body, body: body, err: err}
	return body
}

// peekedForm is a body of which readForm alone finds what was read before.
type peekedForm struct {
	io.ReadCloser
	body []byte
	err  error // that ended it
}

// readForm reads a form. A client that dawdles over it is cut off.
func readForm(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if b, ok := r.Body.(*peekedForm); ok {
		return b.body, b.err
	}
	_ = http.NewResponseController(w).SetReadDeadline(clock.Now().Add(queryBodyTime))
	// One more than announced, so that the buffer need not grow to see the end.
	body := bytes.NewBuffer(make([]byte, 0, min(max(r.ContentLength, 0), typicalBody)+bytes.MinRead))
	_, err := body.ReadFrom(http.MaxBytesReader(w, r.Body, maxQueryBody))
	return body.Bytes(), err
}
