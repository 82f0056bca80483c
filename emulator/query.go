package emulator

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/irsatz/irsatz/internal/awsapi"
)

const (
	queryPeek     = 4 << 10
	queryPeekTime = 30 * time.Second
)

// unsignedQuery matches requests of the query protocol: a form posted to "/",
// or an Action in the query.
func unsignedQuery(r *http.Request) bool {
	return r.URL.Path == "/" && (postsForm(r) || hasAction(r.URL.RawQuery))
}

func hasAction(query string) bool {
	return strings.HasPrefix(query, "Action=") || strings.Contains(query, "&Action=")
}

func postsForm(r *http.Request) bool {
	return r.Method == http.MethodPost && awsapi.IsForm(r)
}

// iamVersion is the version of IAM's API, which tells it from STS's.
const iamVersion = "2010-05-08"

// serveUnsignedQuery tells STS and IAM apart by their versions, where neither
// host nor scope say whom the request is for.
func (n *world) serveUnsignedQuery(w http.ResponseWriter, r *http.Request) {
	query := []byte(r.URL.RawQuery)
	if postsForm(r) {
		deadlineBody(w, queryPeekTime)
		query = peek(r)
	}
	if hasVersion(query, iamVersion) {
		n.iam.ServeHTTP(w, r)
		return
	}
	n.sts.ServeHTTP(w, r)
}

// hasVersion reports whether a query names this version of an API.
func hasVersion(query []byte, version string) bool {
	const name = "Version="
	for {
		at := bytes.Index(query, []byte(name+version))
		if at < 0 {
			return false
		}
		end := at + len(name) + len(version)
		if (at == 0 || query[at-1] == '&') && (end == len(query) || query[end] == '&') {
			return true
		}
		query = query[end:]
	}
}

// peek reads the beginning of a body and puts it back.
func peek(r *http.Request) []byte {
	size := queryPeek
	if r.ContentLength >= 0 {
		size = int(min(r.ContentLength, queryPeek))
	}
	head := make([]byte, size)
	n, err := io.ReadFull(r.Body, head)
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		err = nil // there is no more, which who reads on will find
	}
	r.Body = &peeked{ReadCloser: r.Body, head: head[:n], err: err}
	return head[:n]
}

// peeked is a body whose beginning was read before.
type peeked struct {
	io.ReadCloser
	head []byte
	err  error // that was met behind the head, if any
}

// Read reads the head and then the rest.
func (p *peeked) Read(b []byte) (int, error) {
	if len(p.head) > 0 {
		n := copy(b, p.head)
		p.head = p.head[n:]
		return n, nil
	}
	if p.err != nil {
		return 0, p.err
	}
	return p.ReadCloser.Read(b)
}

// maxServiceName bounds what is repeated of a client's word for a service.
const maxServiceName = 40

// unserved answers requests for services that irsatz does not have, in the form
// that the service's clients read.
func (n *world) unserved(w http.ResponseWriter, r *http.Request, service string) {
	service = service[:min(len(service), maxServiceName)]
	refusal := awsapi.NotImplemented(service)
	call := awsapi.NewCall(&n.api, service, n.api.UUID(), r)
	call.Explain("irsatz has STS, IAM and S3, and no "+service, "")
	answerRefusal(w, r, call, refusal)
}

func xmlText(s string) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(s))
	return b.String()
}
