package emulator

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"io"
	"mime"
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
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return r.Method == http.MethodPost && kind == "application/x-www-form-urlencoded"
}

// iamVersion is the version of IAM's API, which tells it from STS's.
const iamVersion = "2010-05-08"

// serveUnsignedQuery tells STS and IAM apart by their versions, where neither
// host nor scope say whom the request is for.
func (n *world) serveUnsignedQuery(w http.ResponseWriter, r *http.Request) {
	query := r.URL.RawQuery
	if postsForm(r) {
		deadlineBody(w, queryPeekTime)
		query = peek(r)
	}
	if strings.Contains("&"+query+"&", "&Version="+iamVersion+"&") {
		n.iam.ServeHTTP(w, r)
		return
	}
	n.sts.ServeHTTP(w, r)
}

// peek reads the beginning of a body and puts it back.
func peek(r *http.Request) string {
	head, err := io.ReadAll(io.LimitReader(r.Body, queryPeek))
	rest := r.Body
	r.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(head), errorReader{err}, rest), rest}
	return string(head)
}

// errorReader gives an error that was met before, if any.
type errorReader struct{ err error }

// Read returns the error, or the end.
func (e errorReader) Read([]byte) (int, error) {
	if e.err == nil {
		return 0, io.EOF
	}
	return 0, e.err
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
	defer call.Finish(refusal.Status, refusal)
	id := call.Record.ID
	h := w.Header()
	h.Set("X-Amzn-Requestid", id)
	if postsForm(r) || hasAction(r.URL.RawQuery) {
		h.Set("Content-Type", "text/xml")
		w.WriteHeader(refusal.Status)
		_, _ = io.WriteString(w, "<ErrorResponse>\n  <Error>\n    <Type>"+refusal.Fault()+"</Type>\n    <Code>"+refusal.Code+
			"</Code>\n    <Message>"+xmlText(refusal.Message)+"</Message>\n  </Error>\n  <RequestId>"+id+"</RequestId>\n</ErrorResponse>\n")
		return
	}
	h.Set("X-Amzn-Errortype", refusal.Code)
	h.Set("Content-Type", "application/x-amz-json-1.1")
	w.WriteHeader(refusal.Status)
	_ = json.NewEncoder(w).Encode(map[string]string{"__type": refusal.Code, "message": refusal.Message})
}

func xmlText(s string) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(s))
	return b.String()
}
