package emulator

import (
	"encoding/json"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/irsatz/irsatz/internal/awsapi"
	"github.com/irsatz/irsatz/internal/sigv4"
)

// fromPage says why a request may be a web page's that knows root's credentials,
// "" if it is not: while those are the well-known ones, any page in the user's
// browser can sign as root, for an image or under a name that it rebinds to
// loopback. Sessions and keys of users no page can know.
//
// DIVERGES: while root's credentials are test/test, what a browser asks for
// another site's page, or at a host that such a page may have made up, is denied
// to root. A form of S3's, which says in its body whose it is, is then denied to
// everybody, as is what is signed in a way that cannot be read.
func (e *Emulator) fromPage(r *http.Request, ours map[string]bool) string {
	if e.config.Root != "" || e.config.rootKey != defaultRootKey {
		return ""
	}
	cause := ""
	switch {
	case !ownPage(r):
		cause = "a web page of another site asks with the root credentials that everybody knows"
	case !safeHost(r.Host) && !ours[authority(r.Host)]:
		cause = "the host " + r.Host + " may be a web page's that resolves to this machine, and the root credentials are those that everybody knows"
	default:
		return ""
	}
	if r.Method == http.MethodPost && strings.Contains(strings.ToLower(r.Header.Get("Content-Type")), "multipart/form-data") {
		return cause
	}
	if sigv4.Present(r) == sigv4.None {
		return ""
	}
	// Who signs in a way that is not understood here may be root to a service.
	if a, err := awsapi.ParseAuthorization(r); err == nil && a.AccessKeyID != e.config.rootKey {
		return ""
	}
	return cause
}

// ownPage reports whether a request is no browser's, or one for a page from this
// machine. A page cannot choose its Origin. Where a browser sends none it says
// Sec-Fetch-Site, but only to addresses that it deems trustworthy: not to 0.0.0.0
// and names like localhost.localstack.cloud, which are loopback all the same.
//
// https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header
func ownPage(r *http.Request) bool {
	if origin := r.Header.Get("Origin"); origin != "" {
		u, err := url.Parse(origin)
		return err == nil && u.Host != "" && (strings.EqualFold(u.Host, r.Host) || loopbackName(hostname(u.Host)))
	}
	switch r.Header.Get("Sec-Fetch-Site") {
	case "same-origin", "none":
		return true
	case "":
		return !strings.HasPrefix(r.UserAgent(), "Mozilla/")
	}
	return false
}

// safeSuffixes end the names that nobody can rebind: AWS's, and those that no
// public registry gives away (RFC 6761, RFC 9476, and a cluster's own).
var safeSuffixes = []string{
	".amazonaws.com", ".amazonaws.com.cn", ".api.aws", ".localhost.localstack.cloud",
	".localhost", ".internal", ".test", ".svc", ".cluster.local",
}

// safeHost reports whether a host is one that no page of another site can have:
// an address, a name without a dot, or one with a safe suffix.
func safeHost(hostport string) bool {
	host := hostname(hostport)
	if _, err := netip.ParseAddr(host); err == nil || !strings.Contains(host, ".") {
		return true
	}
	for _, suffix := range safeSuffixes {
		if strings.HasSuffix("."+host, suffix) {
			return true
		}
	}
	return false
}

// hostname is the host without its port and final dot, in lower case.
func hostname(hostport string) string {
	u := url.URL{Host: strings.ToLower(hostport)}
	return strings.TrimSuffix(u.Hostname(), ".")
}

func loopbackName(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || err == nil && ip.IsLoopback()
}

// denyPage answers a request that is fromPage.
func (n *world) denyPage(w http.ResponseWriter, r *http.Request, cause string) {
	service := first(addressee(r).service, "s3") // to which go forms that name none
	service = service[:min(len(service), maxServiceName)]
	call := awsapi.NewCall(&n.api, service, n.api.UUID(), r)
	call.Explain(cause, "start irsatz with --root-credentials KEYID:SECRET of your own, or ask with a session or a user's key")
	if a, err := awsapi.ParseAuthorization(r); err == nil {
		call.Record.AccessKeyID = a.AccessKeyID
	}
	answerRefusal(w, r, call, &awsapi.Error{Code: "AccessDenied", Message: "Access Denied", Status: http.StatusForbidden})
}

// answerRefusal writes a refusal that no service made, in the form that the
// service's clients read, and finishes the call.
func answerRefusal(w http.ResponseWriter, r *http.Request, call *awsapi.Call, refusal *awsapi.Error) {
	defer call.Finish(refusal.Status, refusal)
	id := call.Record.ID
	h := w.Header()
	h.Set("X-Amzn-Requestid", id)
	code := "<Code>" + refusal.Code + "</Code>"
	message := "<Message>" + xmlText(refusal.Message) + "</Message>"
	body := ""
	switch {
	case call.Record.Service == "s3":
		h.Set("X-Amz-Request-Id", id)
		h.Set("Content-Type", "application/xml")
		body = `<?xml version="1.0" encoding="UTF-8"?>` + "\n<Error>" + code + message + "<RequestId>" + id + "</RequestId></Error>"
	case postsForm(r) || hasAction(r.URL.RawQuery):
		h.Set("Content-Type", "text/xml")
		body = "<ErrorResponse>\n  <Error>\n    <Type>" + refusal.Fault() + "</Type>\n    " + code + "\n    " + message +
			"\n  </Error>\n  <RequestId>" + id + "</RequestId>\n</ErrorResponse>\n"
	default:
		h.Set("X-Amzn-Errortype", refusal.Code)
		h.Set("Content-Type", "application/x-amz-json-1.1")
		w.WriteHeader(refusal.Status)
		_ = json.NewEncoder(w).Encode(map[string]string{"__type": refusal.Code, "message": refusal.Message})
		return
	}
	w.WriteHeader(refusal.Status)
	_, _ = io.WriteString(w, body)
}
