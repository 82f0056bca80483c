package awsapi

import (
	"errors"
	"net/http"
	"reflect"
	"strconv"
	"sync"
)

// response writes the answer to one query request, once, and finishes its
// call.
type response struct {
	w       http.ResponseWriter
	service *Query
	buffers *sync.Pool
	call    *Call
	head    bool
	json    bool
}

// succeed writes the operation's output.
func (a *response) succeed(op *Operation, out any) {
	buffer := a.buffers.Get().(*[]byte)
	*buffer = (*buffer)[:0]
	v, kind := reflect.ValueOf(out).Elem(), "text/xml"
	if a.json {
		*buffer, kind = a.appendJSON(*buffer, op, v), "application/json"
	} else {
		*buffer = a.appendXML(*buffer, op, v)
	}
	a.write(http.StatusOK, kind, *buffer, nil)
	if cap(*buffer) <= maxAnswer {
		a.buffers.Put(buffer)
	}
}

func (a *response) appendJSON(dst []byte, op *Operation, out reflect.Value) []byte {
	dst = append(dst, `{"`+op.Name+`Response":{`...)
	if !op.silent {
		dst = append(dst, `"`+op.Name+`Result":`...)
		dst = append(appendJSON(dst, op.out, out), ',')
	}
	dst = append(dst, `"ResponseMetadata":{"RequestId":`...)
	return append(appendJSONString(dst, a.call.Record.ID), "}}}"...)
}

func (a *response) appendXML(dst []byte, op *Operation, out reflect.Value) []byte {
	root, result := op.Name+"Response", op.Name+"Result"
	dst = openRoot(dst, root, a.service.Namespace)
	switch {
	case op.silent:
	case len(op.out) == 0:
		dst = emptyTag(dst, result, 1)
	default:
		dst = append(openTag(dst, result, 1), '\n')
		dst = appendXML(dst, op.out, out, 2)
		dst = closeTag(appendIndent(dst, 1), result)
	}
	dst = append(openTag(dst, "ResponseMetadata", 1), '\n')
	dst = appendText(dst, "RequestId", a.call.Record.ID, 2)
	dst = closeTag(appendIndent(dst, 1), "ResponseMetadata")
	return closeTag(dst, root)
}

const (
	// typicalAnswer is room for the credentials of a session.
	typicalAnswer = 3 << 10
	// maxAnswer is how much room is kept for the next answer.
	maxAnswer = 64 << 10
)

// refuse writes an error.
func (a *response) refuse(e *Error, namespace string) {
	if a.json {
		a.refuseJSON(e)
		return
	}
	dst := openRoot(nil, "ErrorResponse", namespace)
	dst = append(openTag(dst, "Error", 1), '\n')
	dst = appendText(dst, "Type", e.Fault(), 2)
	dst = appendText(dst, "Code", e.Code, 2)
	if e.Message != "" {
		dst = appendText(dst, "Message", e.Message, 2)
	}
	dst = closeTag(appendIndent(dst, 1), "Error")
	dst = appendText(dst, "RequestId", a.call.Record.ID, 1)
	a.write(e.Status, "text/xml", closeTag(dst, "ErrorResponse"), e)
}

func (a *response) refuseJSON(e *Error) {
	dst := appendJSONString([]byte(`{"Error":{"Code":`), e.Code)
	if e.Message != "" {
		dst = appendJSONString(append(dst, `,"Message":`...), e.Message)
	}
	dst = appendJSONString(append(dst, `,"Type":`...), e.Fault())
	dst = appendJSONString(append(dst, `},"RequestId":`...), a.call.Record.ID)
	a.write(e.Status, "application/json", append(dst, '}'), e)
}

func openRoot(dst []byte, name, namespace string) []byte {
	return append(dst, "<"+name+` xmlns="`+namespace+"\">\n"...)
}

func (a *response) write(status int, kind string, body []byte, e *Error) {
	h := a.w.Header()
	// The names are canonical, so that nothing is left for Set to do.
	h["X-Amzn-Requestid"] = []string{a.call.Record.ID}
	if a.service.Name == "sts" {
		h["X-Amz-Sts-Extended-Request-Id"] = []string{a.call.config.Opaque(60)}
	}
	if kind != "" {
		h["Content-Type"] = []string{kind}
	}
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	a.w.WriteHeader(status)
	if !a.head {
		_, _ = a.w.Write(body) // a client that has left is not our error
	}
	if e != nil && a.call.Record.Cause == "" {
		a.call.Record.Cause = a.call.cause(e)
	}
	a.call.Finish(status, e)
}

// badRequest answers as the front end does what never reaches the service:
// without a body.
func (a *response) badRequest(cause string) {
	a.call.Explain(cause, "")
	a.empty(http.StatusBadRequest)
}

// empty answers with a status and nothing else.
func (a *response) empty(status int) { a.write(status, "", nil, nil) }

// unknownOperation answers what is not a query request on another path than
// "/", before any signature is looked at (observed).
func (a *response) unknownOperation() {
	a.call.Explain("this is no query request: those are a GET of / or a POSTed form", "check the endpoint's URL, and which service the client thinks it is talking to")
	a.write(http.StatusNotFound, "", []byte("<UnknownOperationException/>\n"), nil)
}

// redirect answers a request without an Action (observed).
func (a *response) redirect(r *http.Request) {
	a.call.Explain("the request names no Action", "send a POST with the content type application/x-www-form-urlencoded")
	location := "https://aws.amazon.com/iam"
	if r.Method == http.MethodGet && r.URL.RawQuery != "" {
		location += "?" + r.URL.RawQuery
	}
	a.w.Header().Set("Location", location)
	a.empty(http.StatusFound)
}

// preflight answers a browser's CORS preflight (observed).
func (a *response) preflight() {
	h := a.w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Allow-Methods", "POST")
	h.Set("Access-Control-Expose-Headers", "x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date,smithy-protocol")
	h.Set("Access-Control-Max-Age", "172800")
	a.empty(http.StatusOK)
}

// bodyError answers a body that could not be read: too large, too slow or cut
// off.
func (a *response) bodyError(err error) {
	a.w.Header().Set("Connection", "close")
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		a.call.Explain("the request body is larger than 10,000,000 bytes", "")
		a.empty(http.StatusRequestEntityTooLarge)
		return
	}
	a.badRequest("the request body did not arrive: " + err.Error())
}
