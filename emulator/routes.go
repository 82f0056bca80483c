package emulator

import (
	"io"
	"log"
	"net/http"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"github.com/irsatz/irsatz/internal/clock"
)

// serveAWS is the whole surface of the AWS port, in the order in which it is
// matched. Paths are taken as they were sent: nothing is cleaned or decoded on
// the way, because "a//b" and "a/../b" are ordinary object keys.
func (e *Emulator) serveAWS(w http.ResponseWriter, r *http.Request) {
	now := e.enter()
	defer func() {
		if err := now.release(); err != nil {
			e.config.Log.Warn("forget the state before a reset", "error", err)
		}
	}()
	clusters, to := now.clusters.Load(), addressee(r)
	if cause := e.fromPage(r, clusters.hosts); cause != "" {
		now.denyPage(w, r, cause)
		return
	}
	switch path := r.URL.Path; {
	// Discovery and keys at the issuer's own host name, be it a bucket's.
	case clusters.atHome(r, to):
		clusters.byDocument[authority(r.Host)+path].home.ServeHTTP(w, r)
	// A bucket in the host name owns every path; elsewhere /id/… and
	// /_irsatz/… cannot be buckets.
	case to.service == "s3" && to.bucket:
		now.s3.ServeHTTP(w, r)
	case path == "/_irsatz/health" || path == "/_localstack/health":
		health(w, r)
	case path == "/_irsatz/mutate" || strings.HasPrefix(path, "/_irsatz/clusters/"):
		clusters.serveWebhook(w, r)
	case strings.HasPrefix(path, "/_irsatz/") || strings.HasPrefix(path, "/_localstack/"):
		notFoundHandler(w, r)
	case to.named && to.service == "oidc":
		notFoundHandler(w, r)
	case !to.named && strings.HasPrefix(path, "/id/"):
		clusters.serveID(w, r)
	case to.service == "sts":
		now.sts.ServeHTTP(w, r)
	case to.service == "iam":
		now.iam.ServeHTTP(w, r)
	case to.service == "s3":
		now.s3.ServeHTTP(w, r)
	case to.service != "":
		now.unserved(w, r, to.service)
	case unsignedQuery(r):
		now.serveUnsignedQuery(w, r)
	// What else is asked of another issuer's host is not meant for S3.
	case !strings.Contains(authority(r.Host), ":") && clusters.hosts[authority(r.Host)]:
		notFoundHandler(w, r)
	default:
		now.s3.ServeHTTP(w, r)
	}
}

// controlRoutes is the whole surface of the control port.
func (e *Emulator) controlRoutes() http.Handler {
	// Nothing is cleaned: mux would answer with a redirect before the guard.
	r := mux.NewRouter().SkipClean(true)
	r.Use(e.guard)
	r.Path("/_irsatz/health").Methods(http.MethodGet, http.MethodHead).HandlerFunc(health)
	r.Path("/v1/info").Methods(http.MethodGet).HandlerFunc(e.controlInfo)
	r.Path("/v1/ca").Methods(http.MethodGet).HandlerFunc(e.controlCA)
	r.Path("/v1/tokens").Methods(http.MethodPost).HandlerFunc(e.controlToken)
	r.Path("/v1/token-endpoint").Methods(http.MethodGet).HandlerFunc(e.controlTokenEndpoint)
	r.Path(idTokenPath + "{issuer}").Methods(http.MethodGet).HandlerFunc(e.controlIDToken)
	r.Path("/v1/signing-key").Methods(http.MethodGet).HandlerFunc(e.controlSigningKey)
	r.Path("/v1/serviceaccounts").Methods(http.MethodGet).HandlerFunc(e.controlServiceAccount)
	r.Path("/v1/inventory").Methods(http.MethodGet).HandlerFunc(e.controlInventory)
	r.Path("/v1/serviceaccounts/{namespace}/{name}").Methods(http.MethodGet).HandlerFunc(e.controlDescribe)
	r.Path("/v1/iamserviceaccounts").Methods(http.MethodPost).HandlerFunc(e.controlCreateIAMServiceAccount)
	r.Path("/v1/iamserviceaccounts").Methods(http.MethodGet).HandlerFunc(e.controlIAMServiceAccounts)
	r.Path("/v1/iamserviceaccounts/{namespace}/{name}").Methods(http.MethodDelete).HandlerFunc(e.controlDeleteIAMServiceAccount)
	r.Path("/v1/trail").Methods(http.MethodGet).HandlerFunc(e.controlTrail)
	r.Path("/v1/why").Methods(http.MethodGet).HandlerFunc(e.controlWhy)
	r.Path("/v1/why/{id}").Methods(http.MethodGet).HandlerFunc(e.controlWhy)
	r.Path("/v1/clock").Methods(http.MethodGet, http.MethodPost).HandlerFunc(e.controlClock)
	r.Path("/v1/state").Methods(http.MethodPost).HandlerFunc(e.controlLoad)
	r.Path("/v1/state").Methods(http.MethodGet).HandlerFunc(e.controlExport)
	r.Path("/v1/reset").Methods(http.MethodPost).HandlerFunc(e.controlReset)
	// The guard must stand before every answer, those for unknown paths and
	// methods too, which mux keeps middleware away from.
	r.NotFoundHandler = e.guard(http.HandlerFunc(notFoundHandler))
	r.MethodNotAllowedHandler = e.guard(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		writeError(w, http.StatusMethodNotAllowed, "method not allowed", "")
	}))
	return r
}

// health answers probes. Services are named as LocalStack names them.
func health(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		writeError(w, http.StatusMethodNotAllowed, "method not allowed", "")
		return
	}
	writeJSON(w, map[string]any{
		"status":   "ok",
		"services": map[string]string{"sts": "running", "iam": "running", "s3": "running"},
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
