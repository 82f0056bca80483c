package emulator

import (
	"bytes"
	"encoding/xml"
	"net/http"
	"strings"

	"github.com/irsatz/irsatz/internal/awsapi"
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
const iamVersion = "Version=2010-05-08"

// serveUnsignedQuery tells STS and IAM apart by their versions, where neither
// host nor scope say whom the request is for.
func (n *world) serveUnsignedQuery(w http.ResponseWriter, r *http.Request) {
	query := []byte(r.URL.RawQuery)
	if postsForm(r) {
		query = awsapi.PeekForm(w, r)
	}
	if hasPair(query, iamVersion) {
		n.iam.ServeHTTP(w, r)
		return
	}
	n.sts.ServeHTTP(w, r)
}

// hasPair reports whether a query has this pair of a name and its value.
func hasPair(query []byte, pair string) bool {
	for {
		at := bytes.Index(query, []byte(pair))
		if at < 0 {
			return false
		}
		end := at + len(pair)
		if (at == 0 || query[at-1] == '&') && (end == len(query) || query[end] == '&') {
			return true
		}
		query = query[end:]
	}
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
