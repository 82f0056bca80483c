package emulator

import (
	"bytes"
	"encoding/json"
	"io"
	"log"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"github.com/irsatz/irsatz/internal/clock"
)

// awsRoutes is the whole surface of the AWS port, in the order in which it is
// matched. Paths are taken as they were sent: nothing is cleaned or decoded on
// the way, because "a//b" and "a/../b" are ordinary object keys.
func (e *Emulator) awsRoutes() http.Handler {
	r := mux.NewRouter().SkipClean(true).UseEncodedPath()
	// A bucket in the host name owns every path; elsewhere /id/… and
	// /_irsatz/… cannot be buckets.
	r.MatcherFunc(bucketHost).Handler(e.s3)
	r.Path("/_irsatz/health").Methods(http.MethodGet, http.MethodHead).HandlerFunc(e.health)
	r.Path("/_localstack/health").Methods(http.MethodGet, http.MethodHead).HandlerFunc(e.health)
	r.PathPrefix("/_irsatz/").HandlerFunc(notFoundHandler)
	r.PathPrefix("/_localstack/").HandlerFunc(notFoundHandler)
	r.MatcherFunc(e.issuerRequest).HandlerFunc(e.serveIssuer)
	r.MatcherFunc(addressedTo("sts")).Handler(e.sts)
	r.MatcherFunc(addressedTo("s3")).Handler(e.s3)
	r.MatcherFunc(addressedTo("iam", "eks", "other")).HandlerFunc(unserved)
	r.MatcherFunc(unsignedQuery).HandlerFunc(e.serveUnsignedQuery)
	r.NotFoundHandler = e.s3
	r.MethodNotAllowedHandler = e.s3
	return r
}

// controlRoutes is the whole surface of the control port.
func (e *Emulator) controlRoutes() http.Handler {
	r := mux.NewRouter()
	r.Use(e.guard)
	r.Path("/_irsatz/health").Methods(http.MethodGet, http.MethodHead).HandlerFunc(e.health)
	v1 := r.PathPrefix("/v1").Subrouter()
	v1.Path("/info").Methods(http.MethodGet).HandlerFunc(e.controlInfo)
	v1.Path("/ca").Methods(http.MethodGet).HandlerFunc(e.controlCA)
	v1.Path("/tokens").Methods(http.MethodPost).HandlerFunc(e.controlToken)
	v1.Path("/injection").Methods(http.MethodGet).HandlerFunc(e.controlInjection)
	v1.Path("/trail").Methods(http.MethodGet).HandlerFunc(e.controlTrail)
	v1.Path("/why").Methods(http.MethodGet).HandlerFunc(e.controlWhy)
	v1.Path("/why/{id}").Methods(http.MethodGet).HandlerFunc(e.controlWhy)
	v1.Path("/clock").Methods(http.MethodGet, http.MethodPost).HandlerFunc(e.controlClock)
	v1.Path("/state").Methods(http.MethodPost).HandlerFunc(e.controlLoad)
	v1.Path("/reset").Methods(http.MethodPost).HandlerFunc(e.controlReset)
	// The guard must stand before every answer, those for unknown paths and
	// methods too, which mux keeps middleware away from.
	r.NotFoundHandler = e.guard(http.HandlerFunc(notFoundHandler))
	r.MethodNotAllowedHandler = e.guard(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		writeError(w, http.StatusMethodNotAllowed, "method not allowed", "")
	}))
	return r
}

// hostName is the request's host in lower case, without port and final dot.
func hostName(r *http.Request) string {
	u := url.URL{Host: r.Host}
	return strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
}

// awsBases are the ends of the names that AWS services have, here and there.
var awsBases = []string{".amazonaws.com", ".amazonaws.com.cn", ".api.aws", ".localhost", ".localhost.localstack.cloud"}

// awsLabels returns the host's labels before its AWS base, nil if it has none.
func awsLabels(host string) []string {
	for _, base := range awsBases {
		if name, ok := strings.CutSuffix(host, base); ok && name != "" {
			return strings.Split(name, ".")
		}
	}
	return nil
}

// s3Label reports whether a label is S3's: s3, or s3-eu-west-1 and the like.
func s3Label(label string) bool { return label == "s3" || strings.HasPrefix(label, "s3-") }

// bucketHost matches virtual-hosted requests: a bucket's name, which may have
// dots, before S3's label.
func bucketHost(r *http.Request, _ *mux.RouteMatch) bool {
	labels := awsLabels(hostName(r))
	for i, label := range labels {
		if i > 0 && s3Label(label) {
			return true
		}
	}
	return false
}

// addressedTo matches requests for one of the services, by host name or, where
// that says nothing, by the credential scope that they are signed for.
func addressedTo(services ...string) mux.MatcherFunc {
	return func(r *http.Request, _ *mux.RouteMatch) bool {
		s := service(r)
		for _, want := range services {
			if s == want {
				return true
			}
		}
		return false
	}
}

// service says which service a request is for: sts, s3, iam, eks, "other" for
// one that is not served, or "" if the request does not say.
func service(r *http.Request) string {
	if labels := awsLabels(hostName(r)); labels != nil {
		switch label := labels[0]; {
		case label == "sts", label == "iam", label == "eks":
			return label
		case s3Label(label):
			return "s3"
		case strings.HasPrefix(label, "sts-"):
			return "sts"
		case !strings.HasSuffix(hostName(r), "localhost") && len(labels) > 0:
			return "other" // dynamodb.eu-west-1.amazonaws.com
		}
	}
	switch s := scopeService(r); s {
	case "":
		return ""
	case "sts", "s3", "iam", "eks":
		return s
	default:
		return "other"
	}
}

// scopeService is the service in the credential scope, unverified: it only
// chooses who verifies.
func scopeService(r *http.Request) string {
	credential := ""
	if _, after, ok := strings.Cut(r.Header.Get("Authorization"), "Credential="); ok {
		credential, _, _ = strings.Cut(after, ",")
	} else if strings.Contains(r.URL.RawQuery, "X-Amz-Credential=") {
		credential = r.URL.Query().Get("X-Amz-Credential")
	}
	parts := strings.Split(strings.TrimSpace(credential), "/")
	if len(parts) < 5 {
		return ""
	}
	return parts[len(parts)-2]
}

const (
	queryPeek     = 4 << 10
	queryPeekTime = 30 * time.Second
)

// unsignedQuery matches requests of the query protocol that say neither by
// host nor by scope whom they are for: a form posted to "/", or a GET with an
// Action.
func unsignedQuery(r *http.Request, _ *mux.RouteMatch) bool {
	if r.URL.Path != "/" || service(r) != "" {
		return false
	}
	return postsForm(r) || strings.HasPrefix(r.URL.RawQuery, "Action=") || strings.Contains(r.URL.RawQuery, "&Action=")
}

func postsForm(r *http.Request) bool {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return r.Method == http.MethodPost && kind == "application/x-www-form-urlencoded"
}

// iamVersion is the version of IAM's API, which tells it from STS's.
const iamVersion = "2010-05-08"

// serveUnsignedQuery tells STS and IAM apart by their versions.
func (e *Emulator) serveUnsignedQuery(w http.ResponseWriter, r *http.Request) {
	query := r.URL.RawQuery
	if postsForm(r) {
		deadlineBody(w, queryPeekTime)
		query = peek(r)
	}
	if strings.Contains("&"+query+"&", "&Version="+iamVersion+"&") {
		unserved(w, r)
		return
	}
	e.sts.ServeHTTP(w, r)
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

func (e errorReader) Read([]byte) (int, error) {
	if e.err == nil {
		return 0, io.EOF
	}
	return 0, e.err
}

// issuerRequest matches discovery and keys: below /id/ at any name of ours, or
// at the host of an issuer that lives here.
func (e *Emulator) issuerRequest(r *http.Request, _ *mux.RouteMatch) bool {
	set := e.clusters.set()
	if _, ok := set.byHost[strings.TrimSuffix(strings.ToLower(r.Host), ":443")]; ok {
		return true
	}
	labels := awsLabels(hostName(r))
	eks := len(labels) >= 2 && labels[0] == "oidc" && labels[1] == "eks"
	return eks || labels == nil && strings.HasPrefix(r.URL.Path, "/id/")
}

func (e *Emulator) serveIssuer(w http.ResponseWriter, r *http.Request) {
	set := e.clusters.set()
	for _, k := range set.byHost[strings.TrimSuffix(strings.ToLower(r.Host), ":443")] {
		if u, err := url.Parse(k.issuer.URL()); err == nil && strings.HasPrefix(r.URL.Path, strings.TrimSuffix(u.Path, "/")+"/") {
			k.issuer.ServeHTTP(w, r)
			return
		}
	}
	if rest, ok := strings.CutPrefix(r.URL.Path, "/id/"); ok {
		id, _, _ := strings.Cut(rest, "/")
		if k, ok := set.byID[id]; ok {
			k.handler.ServeHTTP(w, r)
			return
		}
	}
	notFoundHandler(w, r)
}

// unserved answers requests for services that irsatz does not have.
func unserved(w http.ResponseWriter, r *http.Request) {
	name := scopeService(r)
	if labels := awsLabels(hostName(r)); labels != nil {
		name = labels[0]
	}
	message := first(name, "this service") + " is not implemented by irsatz; STS and S3 are."
	w.Header().Set("X-Amzn-Errortype", "NotImplemented")
	if postsForm(r) {
		w.Header().Set("Content-Type", "text/xml")
		w.WriteHeader(http.StatusNotImplemented)
		_, _ = io.WriteString(w, "<ErrorResponse>\n  <Error>\n    <Type>Receiver</Type>\n    <Code>NotImplemented</Code>\n    <Message>"+xmlText(message)+"</Message>\n  </Error>\n</ErrorResponse>\n")
		return
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.WriteHeader(http.StatusNotImplemented)
	_ = json.NewEncoder(w).Encode(map[string]string{"__type": "NotImplemented", "message": message})
}

// health answers probes. Services are named as LocalStack names them.
func (e *Emulator) health(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, map[string]any{
		"status":   "ok",
		"services": map[string]string{"sts": "running", "s3": "running"},
		"edition":  "irsatz",
	})
}

func notFoundHandler(w http.ResponseWriter, _ *http.Request) {
	writeError(w, http.StatusNotFound, "not found", "")
}

// discardHTTPErrors takes net/http's lines about broken connections, which
// are the client's doing.
var discardHTTPErrors = log.New(io.Discard, "", 0)

// deadlineBody bounds how long reading a control body may take.
func deadlineBody(w http.ResponseWriter, d time.Duration) {
	_ = http.NewResponseController(w).SetReadDeadline(clock.Now().Add(d))
}
