package awsapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"sync"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/internal/sigv4"
)

const (
	// typicalBody is more than a form with the largest token.
	typicalBody = 64 << 10
	// maxRequestTarget stands for the limit on the head of a request, which
	// lets queries of about 15.9 kB through (observed).
	maxRequestTarget = 15_900

	// faultNamespace is the namespace of errors from before the dispatch.
	faultNamespace = "http://webservices.amazon.com/AWSFault/2005-15-09"
)

// Query is a service that speaks the AWS query protocol: forms in, XML out.
type Query struct {
	Name       string // as in the SigV4 scope: sts, iam
	Version    string // 2011-06-15
	Namespace  string // of its XML
	Operations []Operation
	// Planned names the operations AWS has and irsatz has not: they are
	// answered with NotImplemented rather than InvalidAction.
	Planned []string
	// Admits says whose credentials the service takes; the others are refused as
	// if they were not known. Nil means everybody's.
	Admits func(*iam.Caller) bool
}

// Operation is one row of a query service's table.
type Operation struct {
	Name   string
	Signed bool // false only for the operations AWS models as authtype none
	// Grant says what lets a caller through; see the constants.
	Grant Grant

	plan   []member  // of the input
	out    []element // of the output
	silent bool      // the answer has no result element
	run    func(ctx context.Context, call *Call, form *Form) (any, error)
}

// NoResult is the output of an operation whose answer has no result element,
// as most of those that change something.
type NoResult struct{}

// Grant says where an operation's permission is checked.
type Grant uint8

// The grants.
const (
	// GrantNone: AWS asks for no permission (GetCallerIdentity).
	GrantNone Grant = iota + 1
	// GrantTrust: the operation itself asks the role's trust policy, because
	// AWS does so between two of its other checks.
	GrantTrust
	// GrantWithin: the operation itself asks, because the resource follows from
	// its input.
	GrantWithin
	// GrantBefore: what Guarded was given says what to ask, before the operation
	// runs.
	GrantBefore
)

// Op makes a row of the table from a function on values. In and Out are
// structs; see decode.go and encode.go for their tags. An error that is not an
// *Error becomes InternalFailure.
func Op[In, Out any](name string, signed bool, grant Grant, run func(context.Context, *Call, *In) (*Out, error)) Operation {
	plan := planOf(reflect.TypeFor[In]())
	return Operation{
		Name: name, Signed: signed, Grant: grant, plan: plan, out: elementsOf(reflect.TypeFor[Out]()),
		silent: reflect.TypeFor[Out]() == reflect.TypeFor[NoResult](),
		run: func(ctx context.Context, call *Call, form *Form) (any, error) {
			in := new(In)
			if err := decode(form, plan, reflect.ValueOf(in).Elem()); err != nil {
				return nil, err
			}
			out, err := run(ctx, call, in)
			if err != nil {
				return nil, err
			}
			return out, nil
		},
	}
}

// QueryServer serves a query service. It is an http.Handler.
type QueryServer struct {
	service    Query
	config     Config
	operations map[string]*Operation
	planned    map[string]bool
	verifier   sigv4.Verifier
	buffers    sync.Pool // of *[]byte, for answers
}

// NewQueryServer returns the server of the service.
func NewQueryServer(service Query, config Config) (*QueryServer, error) {
	if config.Store == nil {
		return nil, errors.New("awsapi: Config.Store is required")
	}
	s := &QueryServer{
		service: service, config: config.WithDefaults(),
		operations: map[string]*Operation{}, planned: map[string]bool{},
		buffers: sync.Pool{New: func() any { return new(make([]byte, 0, typicalAnswer)) }},
	}
	for i := range service.Operations {
		op := &service.Operations[i]
		if op.Grant == 0 {
			return nil, fmt.Errorf("awsapi: operation %s says nothing about its permission", op.Name)
		}
		s.operations[op.Name] = op
	}
	for _, name := range service.Planned {
		s.planned[name] = true
	}
	return s, nil
}

// ServeHTTP takes a request through all phases.
func (s *QueryServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	call := NewCall(&s.config, s.service.Name, s.config.UUID(), r)
	if region := s.endpointRegion(r.Host); region != "" {
		call.Record.Region = region
	}
	answer := &response{w: w, service: &s.service, buffers: &s.buffers, call: call, head: r.Method == http.MethodHead, json: wantsJSON(r)}
	form, done := s.form(answer, r)
	if done {
		return
	}
	op, refusal := s.dispatch(form)
	if refusal != nil {
		answer.refuse(refusal, faultNamespace)
		return
	}
	call.Record.Operation = op.Name
	out, err := s.perform(r, call, op, form)
	if err != nil {
		answer.refuse(asError(err), s.service.Namespace)
		return
	}
	answer.succeed(op, out)
}

// perform authenticates, decodes and runs the operation, in this order.
func (s *QueryServer) perform(r *http.Request, call *Call, op *Operation, form *Form) (out any, err error) {
	defer func() {
		if p := recover(); p != nil {
			out, err = nil, Internal(fmt.Errorf("panic in %s: %v", op.Name, p))
		}
	}()
	if op.Signed {
		caller, err := s.authenticate(r, call, form)
		if err != nil {
			return nil, err
		}
		if s.service.Admits != nil && !s.service.Admits(caller) {
			call.Explain("credentials of GetSessionToken and GetFederationToken may not call "+s.service.Name, "call with the user's own access key, or assume a role")
			return nil, identityRefusal(nil)
		}
		call.Authenticated(caller)
	}
	out, err = op.run(r.Context(), call, form)
	if err == nil && (op.Grant == GrantTrust || op.Grant == GrantBefore) && len(call.Record.Checks) == 0 {
		// Whatever it did, nobody was asked: its answer goes to nobody.
		return nil, Internal(fmt.Errorf("%s asked no policy", op.Name))
	}
	return out, err
}

// Form is a decoded query request. The first occurrence of a parameter wins.
type Form struct {
	values url.Values
	names  []string // of values, sorted; made when first needed
	body   []byte   // as received; nil for a GET
}

// Get returns the first value of the parameter, "" if there is none.
func (f *Form) Get(name string) string { return f.values.Get(name) }

// form reads the request's parameters. It answers requests that are not
// queries itself, as STS does, and reports that it has.
func (s *QueryServer) form(answer *response, r *http.Request) (*Form, bool) {
	isForm := r.Method == http.MethodPost && IsForm(r)
	switch {
	case r.Method == http.MethodOptions && r.Header.Get("Origin") != "" && r.Header.Get("Access-Control-Request-Method") == http.MethodPost:
		answer.preflight()
		return nil, true
	case !ordinaryMethod(r.Method):
		answer.badRequest("the method " + r.Method + " does not get past AWS's front end")
		return nil, true
	case len(r.RequestURI) > maxRequestTarget:
		answer.badRequest(fmt.Sprintf("the request's head is %d bytes, more than AWS's front end takes: send a POST", len(r.RequestURI)))
		return nil, true
	case !isForm && (r.URL.Path != "/" || r.Method != http.MethodGet && r.Method != http.MethodPost && r.Method != http.MethodHead):
		answer.unknownOperation()
		return nil, true
	}
	form := &Form{}
	query := r.URL.RawQuery
	if isForm {
		body, err := readForm(answer.w, r)
		if err != nil {
			answer.bodyError(err)
			return nil, true
		}
		form.body, query = body, string(body)
	}
	values, err := url.ParseQuery(query)
	if err != nil {
		answer.refuse(&Error{Code: "MalformedQueryString", Message: "The query string contains a syntax error.", Status: http.StatusNotFound}, faultNamespace)
		return nil, true
	}
	if len(query) > typicalBody {
		// What is kept of a parameter must not keep the whole body.
		for _, list := range values {
			for i := range list {
				list[i] = strings.Clone(list[i])
			}
		}
	}
	form.values = values
	if !values.Has("Action") {
		answer.redirect(r)
		return nil, true
	}
	return form, false
}

// ordinaryMethod reports whether AWS's front end lets the method through.
func ordinaryMethod(method string) bool {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodPatch, http.MethodOptions:
		return true
	}
	return false
}

// dispatch finds the operation.
func (s *QueryServer) dispatch(form *Form) (*Operation, *Error) {
	action, version := form.Get("Action"), form.Get("Version")
	if !form.values.Has("Version") {
		version = "NO_VERSION_SPECIFIED"
	}
	if op, ok := s.operations[action]; ok && version == s.service.Version {
		return op, nil
	}
	if s.planned[action] && version == s.service.Version {
		return nil, NotImplemented(s.service.Name + ":" + action)
	}
	return nil, &Error{
		Code: "InvalidAction", Status: http.StatusBadRequest,
		Message: "Could not find operation " + action + " for version " + version,
	}
}

func asError(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return Internal(err)
}

// wantsJSON reports whether the client asked for the JSON variant, which STS
// answers to this Accept header (observed: Envoy and others rely on it).
func wantsJSON(r *http.Request) bool {
	for _, accept := range r.Header["Accept"] {
		for kind := range strings.SplitSeq(accept, ",") {
			kind, _, _ = strings.Cut(kind, ";")
			if strings.EqualFold(strings.TrimSpace(kind), "application/json") {
				return true
			}
		}
	}
	return false
}
