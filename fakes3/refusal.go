package fakes3

import (
	"net/http"

	"github.com/irsatz/irsatz/internal/awsapi"
	"github.com/irsatz/irsatz/internal/sigv4"
)

const wantCredential = `the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".`

// parseRefusal words why the authentication material could not be read.
func (x *exchange) parseRefusal(e *sigv4.ParseError) *awsapi.Error {
	if e == nil {
		return internal(nil)
	}
	x.call.Explain(e.Error(), "")
	switch e.Reason {
	case sigv4.SeveralMechanisms:
		return invalidArgument("Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified",
			"Authorization", x.r.Header.Get("Authorization"))
	case sigv4.DuplicateAuthorization:
		return headerNotImplemented("Authorization", "Authorization")
	case sigv4.MissingDate:
		return accessDenied("AWS authentication requires a valid Date or x-amz-date header")
	case sigv4.MalformedQuery, sigv4.TooLarge:
		return invalidURI()
	}
	if e.Presigned && sigv4.Present(x.r) != sigv4.V2Query {
		return queryRefusal(e)
	}
	return x.headerRefusal(e)
}

func (x *exchange) headerRefusal(e *sigv4.ParseError) *awsapi.Error {
	header := func(text string) *awsapi.Error {
		return badRequest("AuthorizationHeaderMalformed", "The authorization header is malformed; "+text)
	}
	switch e.Reason {
	case sigv4.UnsupportedAlgorithm:
		return x.schemeRefusal(e.Value)
	case sigv4.MissingCredential:
		return header("missing Credential.")
	case sigv4.MissingSignedHeaders:
		return header("missing SignedHeaders.")
	case sigv4.MissingSignature:
		return header("missing Signature.")
	case sigv4.MalformedCredential:
		return header(wantCredential)
	case sigv4.MalformedScopeDate:
		return header(`incorrect date format "` + e.Value + `". This date in the credential must be in the format "yyyyMMdd".`)
	case sigv4.DateMismatch:
		return header("Invalid credential date. Date is not the same as X-Amz-Date.")
	case sigv4.MalformedDate:
		return accessDenied("AWS authentication requires a valid Date or x-amz-date header")
	}
	return header("the authorization header requires three components: Credential, SignedHeaders, and Signature.")
}

// schemeRefusal answers signatures of another kind. S3 accepts the old ones
// only for buckets and regions that irsatz does not have.
func (x *exchange) schemeRefusal(scheme string) *awsapi.Error {
	switch sigv4.Present(x.r) {
	case sigv4.V2Header, sigv4.V2Query:
		x.call.Explain("the request is signed with Signature Version 2", "sign with version 4: for the AWS CLI, aws configure set default.s3.signature_version s3v4")
		return invalidRequest("The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.")
	case sigv4.V4A:
		return fail(http.StatusNotImplemented, "NotImplemented", "SigV4A is not implemented by irsatz. Please use AWS4-HMAC-SHA256.")
	}
	return invalidArgument("Unsupported Authorization Type", "Authorization", scheme)
}

func queryRefusal(e *sigv4.ParseError) *awsapi.Error {
	query := func(text string) *awsapi.Error { return badRequest("AuthorizationQueryParametersError", text) }
	switch e.Reason {
	case sigv4.UnsupportedAlgorithm:
		return query(`X-Amz-Algorithm only supports "AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256"`)
	case sigv4.MalformedCredential:
		return query("Error parsing the X-Amz-Credential parameter; " + wantCredential)
	case sigv4.MalformedScopeDate:
		return query(`Error parsing the X-Amz-Credential parameter; incorrect date format "` + e.Value + `". This date in the credential must be in the format "yyyyMMdd".`)
	case sigv4.DateMismatch:
		return query(`Invalid credential date "` + e.Value + `". This date is not the same as X-Amz-Date: "` + e.Other + `".`)
	case sigv4.MalformedDate:
		return query(`X-Amz-Date must be in the ISO8601 Long Format "yyyyMMdd'T'HHmmss'Z'"`)
	case sigv4.ExpiresNotNumber:
		return query("X-Amz-Expires should be a number")
	case sigv4.ExpiresNegative:
		return query("X-Amz-Expires must be non-negative")
	case sigv4.ExpiresTooLong:
		return query("X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds")
	}
	return query("Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.")
}
