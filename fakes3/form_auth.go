package fakes3

import (
	"errors"
	"slices"
	"strings"

	"github.com/irsatz/irsatz/internal/awsapi"
	"github.com/irsatz/irsatz/internal/sigv4"
)

// authenticateForm finds out who signed the policy of a browser upload, and holds
// the form to it.
func (x *exchange) authenticateForm() *awsapi.Error {
	if _, err := boundary(x.r.Header); err != nil {
		return err
	}
	if sigv4.Present(x.r) != sigv4.None {
		return x.parseRefusal(&sigv4.ParseError{Reason: sigv4.SeveralMechanisms})
	}
	if params, err := sigv4.ParseQuery(x.r.URL.RawQuery); err != nil || len(params) > len(x.params) {
		return invalidRequest("A form takes no x-amz- query parameters; they are fields of it.")
	}
	if err := x.checkFormHeaders(); err != nil {
		return err
	}
	if err := x.readForm(); err != nil {
		return err
	}
	if err := x.adopt(); err != nil {
		return err
	}
	auth, err := sigv4.ParseForm(x.form.field)
	if err != nil {
		perr, _ := errors.AsType[*sigv4.ParseError](err)
		return x.formRefusal(perr)
	}
	x.call.Record.AccessKeyID = auth.AccessKeyID
	if err := x.checkScope(auth); err != nil {
		return err
	}
	policy := x.form.field(sigv4.FieldPolicy)
	if err := x.identify(auth, func(secret string) error { return x.verifier.VerifyForm(auth, secret, policy) }); err != nil {
		return err
	}
	var perr *awsapi.Error
	if x.form.policy, perr = parsePostPolicy(policy); perr != nil {
		return perr
	}
	return x.form.policy.check(x.form, x.name, x.call.Time)
}

// checkFormHeaders refuses headers that a form would have as fields: nothing
// signs them.
func (x *exchange) checkFormHeaders() *awsapi.Error {
	var unsigned []string
	for name := range x.r.Header {
		if strings.HasPrefix(name, "X-Amz-") {
			unsigned = append(unsigned, strings.ToLower(name))
		}
	}
	slices.Sort(unsigned)
	switch {
	case slices.Contains(unsigned, "x-amz-security-token"):
		return accessDenied("No AWSAccessKey was presented.")
	case len(unsigned) > 0:
		return accessDenied("There were headers present in the request which were not signed", detail("HeadersNotSigned", strings.Join(unsigned, ", ")))
	}
	return nil
}

// formRefusal words why the fields do not authenticate. A form without any is
// nobody's.
func (x *exchange) formRefusal(e *sigv4.ParseError) *awsapi.Error {
	x.call.Explain(e.Error(), "")
	credential := x.form.field(sigv4.FieldCredential)
	switch e.Reason {
	case sigv4.NotSigned:
		if x.form.field("AWSAccessKeyId") != "" || x.form.field("signature") != "" {
			return invalidRequest("The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.")
		}
		if x.form.field(sigv4.FieldPolicy) != "" {
			return accessDenied("Access Denied")
		}
		x.call.Explain("", "")
		x.call.Record.Caller = "anonymous"
		return nil
	case sigv4.MissingParameters:
		return missingField(e.Value)
	case sigv4.UnsupportedAlgorithm:
		return invalidArgument("X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256\"", sigv4.FieldAlgorithm, e.Value)
	case sigv4.MalformedCredential:
		return invalidArgument("Error parsing the X-Amz-Credential parameter; "+wantCredential, sigv4.FieldCredential, credential)
	case sigv4.MalformedScopeDate:
		return invalidArgument(`Error parsing the X-Amz-Credential parameter; incorrect date format "`+e.Value+`". This date in the credential must be in the format "yyyyMMdd".`, sigv4.FieldCredential, credential)
	case sigv4.DateMismatch:
		return invalidArgument(`Invalid credential date "`+e.Value+`". This date is not the same as X-Amz-Date: "`+e.Other+`".`, sigv4.FieldCredential, credential)
	}
	return invalidArgument(`X-Amz-Date must be in the ISO8601 Long Format "yyyyMMdd'T'HHmmss'Z'"`, sigv4.FieldDate, x.form.field(sigv4.FieldDate))
}
