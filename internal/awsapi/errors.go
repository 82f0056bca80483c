package awsapi

import "net/http"

// Error is an error as AWS puts it on the wire.
type Error struct {
	Code    string
	Message string
	Status  int      // HTTP status; from 500 on the fault is the receiver's
	Details []Detail // further elements, in order (S3 only)
	Headers []Detail // further response headers (S3 only)

	// Cause is what really went wrong where the caller must not see it: it
	// goes to the log.
	Cause error
}

// Detail is a name and a value.
type Detail struct{ Name, Value string }

// Error returns code and message.
func (e *Error) Error() string { return e.Code + ": " + e.Message }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// Fault returns the Type element of a query error.
func (e *Error) Fault() string {
	if e.Status >= http.StatusInternalServerError {
		return "Receiver"
	}
	return "Sender"
}

// Internal is the error for whatever has no other: the detail is for the log
// only.
func Internal(cause error) *Error {
	return &Error{
		Code: "InternalFailure", Status: http.StatusInternalServerError, Cause: cause,
		Message: "The request processing has failed because of an unknown error, exception or failure.",
	}
}

// NotImplemented is our answer to what AWS has and irsatz has not (yet).
func NotImplemented(what string) *Error {
	return &Error{
		Code: "NotImplemented", Status: http.StatusNotImplemented,
		Message: what + " is not implemented by irsatz.",
	}
}

// validation returns a ValidationError.
func validation(message string) *Error {
	return &Error{Code: "ValidationError", Message: message, Status: http.StatusBadRequest}
}
