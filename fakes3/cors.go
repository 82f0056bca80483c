package fakes3

import (
	"net/http"
	"slices"
	"strings"

	"github.com/irsatz/irsatz/internal/awsapi"
	"github.com/irsatz/irsatz/internal/shape"
)

// corsRule lets pages of some origins use the bucket.
//
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html
type corsRule struct {
	origins, methods, headers []string // headers in lower case
	expose, maxAge            string
}

func (e *effects) readCORS(d *shape.Element) {
	for _, rule := range d.All("CORSRule") {
		r := corsRule{
			origins: rule.Texts("AllowedOrigin"), methods: rule.Texts("AllowedMethod"),
			expose: strings.Join(rule.Texts("ExposeHeader"), ", "), maxAge: rule.Get("MaxAgeSeconds"),
		}
		for _, h := range rule.Texts("AllowedHeader") {
			r.headers = append(r.headers, strings.ToLower(h))
		}
		e.cors = append(e.cors, r)
	}
}

// fits reports whether a pattern with at most one "*" matches s.
func fits(pattern, s string) bool {
	before, after, wild := strings.Cut(pattern, "*")
	if !wild {
		return pattern == s
	}
	return len(s) >= len(before)+len(after) && strings.HasPrefix(s, before) && strings.HasSuffix(s, after)
}

func fitsAny(patterns []string, s string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return fits(p, s) })
}

// allows reports whether the rule lets the origin use the method with these
// headers.
func (r *corsRule) allows(origin, method string, headers []string) bool {
	if !slices.Contains(r.methods, method) || !fitsAny(r.origins, origin) {
		return false
	}
	return !slices.ContainsFunc(headers, func(h string) bool { return !fitsAny(r.headers, h) })
}

// requestedHeaders are those that a page asks to send, in lower case.
func requestedHeaders(h http.Header) []string {
	var names []string
	for name := range strings.SplitSeq(h.Get("Access-Control-Request-Headers"), ",") {
		if name = strings.ToLower(strings.TrimSpace(name)); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// cors sets the headers that let a page of the request's origin read the answer,
// whatever the answer is, and reports whether there are any. A preflight asks in
// the name of another method.
func (x *exchange) cors(h http.Header) bool {
	origin := x.r.Header.Get("Origin")
	if origin == "" || x.name == "" {
		return false
	}
	b, err := x.store.bucket(x.name)
	if err != nil {
		return false
	}
	method, headers := x.r.Header.Get("Access-Control-Request-Method"), requestedHeaders(x.r.Header)
	if method == "" {
		method = x.r.Method
	}
	rules := b.settings.cors
	i := slices.IndexFunc(rules, func(r corsRule) bool { return r.allows(origin, method, headers) })
	if i < 0 {
		return false
	}
	rule := &rules[i]
	if slices.Contains(rule.origins, "*") {
		origin = "*"
	} else {
		h.Set("Access-Control-Allow-Credentials", "true")
	}
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Access-Control-Allow-Methods", strings.Join(rule.methods, ", "))
	h.Set("Vary", "Origin, Access-Control-Request-Headers, Access-Control-Request-Method")
	for name, value := range map[string]string{
		"Access-Control-Allow-Headers": strings.Join(headers, ", "), "Access-Control-Expose-Headers": rule.expose, "Access-Control-Max-Age": rule.maxAge,
	} {
		if value != "" {
			h.Set(name, value)
		}
	}
	return true
}

// preflight answers a browser that asks whether it may send a request. It comes
// without credentials, and learns nothing but the CORS rules.
func (x *exchange) preflight() *awsapi.Error {
	x.call.Record.Operation, x.call.Record.Caller = "PreflightRequest", "anonymous"
	if err := x.parsePath(); err != nil {
		return err
	}
	if x.r.Header.Get("Origin") == "" {
		return badRequest("BadRequest", "Insufficient information. Origin request header needed.")
	}
	if x.cors(x.w.Header()) {
		return x.done(http.StatusOK)
	}
	method := x.r.Header.Get("Access-Control-Request-Method")
	if method == "" {
		method = http.MethodOptions
	}
	forbidden := func(resource, text string) *awsapi.Error {
		return fail(http.StatusForbidden, "AccessForbidden", "CORSResponse: "+text, detail("Method", method), detail("ResourceType", resource))
	}
	b, err := x.store.bucket(x.name)
	switch {
	case err != nil:
		return forbidden("BUCKET", "Bucket not found")
	case len(b.settings.cors) == 0:
		return forbidden("BUCKET", "CORS is not enabled for this bucket.")
	case x.key == "":
		return forbidden("BUCKET", notWhitelisted)
	}
	return forbidden("OBJECT", notWhitelisted)
}

// notWhitelisted is AWS's text, with its spelling.
const notWhitelisted = "This CORS request is not allowed. This is usually because the evalution of Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec."
