package intercept

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"

	"github.com/elazarl/goproxy"
)

// errScheme refuses a request for an https URL without a tunnel: the proxy would
// have to speak TLS for the client.
var errScheme = errors.New("only http URLs are forwarded: https needs CONNECT")

// handleConnect opens a tunnel, or answers 403 with the reason.
func (p *Proxy) handleConnect(hostport string, ctx *goproxy.ProxyCtx) (*goproxy.ConnectAction, string) {
	to, err := parseTarget(hostport)
	if err == nil {
		err = p.admit(to)
	}
	if err == nil && to.route == routeAWS && to.port != 443 {
		err = errBadPort
	}
	if err != nil {
		ctx.Resp = refusal(ctx.Req, hostport, err)
		ctx.Resp.Close = true
		return &goproxy.ConnectAction{Action: goproxy.ConnectReject}, hostport
	}
	return &goproxy.ConnectAction{Action: goproxy.ConnectAccept}, hostport
}

// handleRequest readies a plain http request for the next hop, or answers 403 with
// the reason. The request keeps its Host, which is part of what SigV4 signs.
func (p *Proxy) handleRequest(r *http.Request, _ *goproxy.ProxyCtx) (*http.Request, *http.Response) {
	hostport := r.URL.Host
	if r.URL.Port() == "" {
		hostport = net.JoinHostPort(r.URL.Hostname(), "80")
	}
	to, err := parseTarget(hostport)
	if err == nil {
		err = p.admit(to)
	}
	switch {
	case err != nil:
	case r.URL.Scheme != "http":
		err = errScheme
	case to.route == routeAWS && to.port != 80:
		err = errBadPort
	}
	if err != nil {
		return r, refusal(r, hostport, err)
	}
	removeHopByHop(r.Header)
	r.Close = false
	if _, ok := r.Header["User-Agent"]; !ok {
		r.Header["User-Agent"] = nil // keeps the transport from adding its own
	}
	return r, nil
}

func handleResponse(resp *http.Response, ctx *goproxy.ProxyCtx) *http.Response {
	if resp != nil {
		removeHopByHop(resp.Header)
		return resp
	}
	reason := "no answer"
	if ctx.Error != nil {
		reason = ctx.Error.Error()
	}
	return goproxy.NewResponse(ctx.Req, goproxy.ContentTypeText, http.StatusBadGateway, reason+"\n")
}

func refusal(r *http.Request, host string, reason error) *http.Response {
	return goproxy.NewResponse(r, goproxy.ContentTypeText, http.StatusForbidden,
		fmt.Sprintf("irsatz: %s %s refused: %v\n", r.Method, host, reason))
}

func notProxied(w http.ResponseWriter, _ *http.Request) {
	http.Error(w, "irsatz: this is a proxy: it takes CONNECT and requests with a whole URL", http.StatusBadRequest)
}

// removeHopByHop removes the headers that are for one connection only: those that
// Connection names, and the ones of RFC 9110 section 7.6.1 and before it.
func removeHopByHop(h http.Header) {
	for _, names := range h["Connection"] {
		for name := range strings.SplitSeq(names, ",") {
			h.Del(strings.TrimSpace(name))
		}
	}
	for _, name := range []string{
		"Connection", "Proxy-Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization",
		"Te", "Trailer", "Transfer-Encoding", "Upgrade",
	} {
		delete(h, name)
	}
}
