package awsapi

import (
	"bytes"
	"encoding/xml"
	"errors"
	"net/http"
	"reflect"
	"strconv"
)

// response writes the answer to one query request, once, and finishes its
// call.
type response struct {
	w        http.ResponseWriter
	service  *Query
	call     *Call
	extended string
	head     bool
	json     bool
}

// succeed writes the operation's output.
func (a *response) succeed(op *Operation, out any) {
	v := reflect.ValueOf(out).Elem()
	if a.json {
		body := marshalJSON(map[string]any{op.Name + "Response": map[string]any{
			op.Name + "Result": jsonValue(v),
			"ResponseMetadata": map[string]any{"RequestId": a.call.Record.ID},
		}})
		a.write(http.StatusOK, "application/json", body, nil)
		return
	}
	buf := new(bytes.Buffer)
	a.openRoot(buf, op.Name+"Response", a.service.Namespace)
	openTag(buf, op.Name+"Result", 1)
	buf.WriteByte('\n')
	appendXML(buf, v, 2)
	writeIndent(buf, 1)
	closeTag(buf, op.Name+"Result")
	openTag(buf, "ResponseMetadata", 1)
	buf.WriteByte('\n')
	appendElement(buf, "RequestId", reflect.ValueOf(a.call.Record.ID), 2)
	writeIndent(buf, 1)
	closeTag(buf, "ResponseMetadata")
	closeTag(buf, op.Name+"Response")
	a.write(http.StatusOK, "text/xml", buf.Bytes(), nil)
}

// refuse writes an error.
func (a *response) refuse(e *Error, namespace string) {
	if a.json {
		body := marshalJSON(map[string]any{
			"Error":     map[string]any{"Code": e.Code, "Message": e.Message, "Type": e.Fault()},
			"RequestId": a.call.Record.ID,
		})
		a.write(e.Status, "application/json", body, e)
		return
	}
	buf := new(bytes.Buffer)
	a.openRoot(buf, "ErrorResponse", namespace)
	openTag(buf, "Error", 1)
	buf.WriteByte('\n')
	for _, d := range [...]Detail{{"Type", e.Fault()}, {"Code", e.Code}, {"Message", e.Message}} {
		appendElement(buf, d.Name, reflect.ValueOf(d.Value), 2)
	}
	writeIndent(buf, 1)
	closeTag(buf, "Error")
	appendElement(buf, "RequestId", reflect.ValueOf(a.call.Record.ID), 1)
	closeTag(buf, "ErrorResponse")
	a.write(e.Status, "text/xml", buf.Bytes(), e)
}

func (a *response) openRoot(buf *bytes.Buffer, name, namespace string) {
	buf.WriteString("<" + name + ` xmlns="`)
	_ = xml.EscapeText(buf, []byte(namespace))
	buf.WriteString("\">\n")
}

func (a *response) write(status int, kind string, body []byte, e *Error) {
	h := a.w.Header()
	h.Set("X-Amzn-Requestid", a.call.Record.ID)
	if a.service.Name == "sts" {
		h.Set("X-Amz-Sts-Extended-Request-Id", a.extended)
	}
	if kind != "" {
		h.Set("Content-Type", kind)
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	a.w.WriteHeader(status)
	if !a.head {
		_, _ = a.w.Write(body) // a client that has left is not our error
	}
	a.call.Finish(status, e)
}

// empty answers with a status and nothing else.
func (a *response) empty(status int) { a.write(status, "", nil, nil) }

// unknownOperation answers what is not a query request on another path than
// "/", before any signature is looked at (observed).
func (a *response) unknownOperation() {
	a.write(http.StatusNotFound, "", []byte("<UnknownOperationException/>\n"), nil)
}

// redirect answers a request without an Action (observed).
func (a *response) redirect(r *http.Request) {
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
	a.call.Explain("the request body did not arrive: "+err.Error(), "")
	a.empty(http.StatusBadRequest)
}
