package emulator

import (
	"crypto/subtle"
	"encoding/json"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// What the control port reads at most: a manifest, or the parameters of a call.
const (
	maxControlBody = 32 << 20
	maxParameters  = 1 << 20
)

// guard stands before everything on the control port, which can mint any
// token. A web page in the user's browser must not reach it: neither under
// another name that resolves to loopback (DNS rebinding) nor from another
// site. Health is for probes, which carry no token.
func (e *Emulator) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !e.hostAllowed(r.Host):
			writeError(w, http.StatusForbidden, "host "+r.Host+" is not a name of the control port", "use 127.0.0.1 or localhost")
		case !sameSite(r):
			writeError(w, http.StatusForbidden, "requests from other sites are refused", "")
		case strings.HasPrefix(r.URL.Path, idTokenPath) && !e.requestTokenAllowed(r):
			w.Header().Set("WWW-Authenticate", "Bearer")
			writeError(w, http.StatusUnauthorized, "the request token is missing or wrong", "set ACTIONS_ID_TOKEN_REQUEST_TOKEN as `irsatz env --issuer` prints it")
		case !e.tokenAllowed(r):
			w.Header().Set("WWW-Authenticate", "Bearer")
			writeError(w, http.StatusUnauthorized, "the control token is missing or wrong", "set IRSATZ_CONTROL_TOKEN")
		case r.ContentLength > maxControlBody:
			refuseBody(w, &http.MaxBytesError{Limit: maxControlBody})
		default:
			deadlineBody(w, 30*time.Second)
			r.Body = http.MaxBytesReader(w, r.Body, maxControlBody)
			next.ServeHTTP(w, r)
		}
	})
}

// hostAllowed takes loopback names. Where a token is demanded any name will
// do: a page that rebound one does not know the token.
func (e *Emulator) hostAllowed(hostport string) bool {
	u := url.URL{Host: hostport}
	host := u.Hostname()
	ip := net.ParseIP(host)
	return e.config.ControlToken != "" || strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// sameSite refuses what a browser says comes from elsewhere.
func sameSite(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
	default:
		return false
	}
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host != "" && strings.EqualFold(u.Host, r.Host)
}

// tokenAllowed asks for the control token, but where there is another guard or
// nothing to guard.
func (e *Emulator) tokenAllowed(r *http.Request) bool {
	want := e.config.ControlToken
	if want == "" || r.URL.Path == "/_irsatz/health" || strings.HasPrefix(r.URL.Path, idTokenPath) {
		return true
	}
	got, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return ok && subtle.ConstantTimeCompare([]byte(got), []byte(want)) == 1
}

// problem is an error of the control port.
type problem struct {
	Error string `json:"error"`
	Hint  string `json:"hint,omitempty"`
}

func writeError(w http.ResponseWriter, status int, message, hint string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(problem{Error: message, Hint: hint})
}

func writeJSON(w http.ResponseWriter, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		writeError(w, http.StatusInternalServerError, err.Error(), "")
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(append(body, '\n'))
}
