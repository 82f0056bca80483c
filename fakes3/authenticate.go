package fakes3

import (
	"encoding/hex"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/internal/awsapi"
	"github.com/irsatz/irsatz/internal/sigv4"
)

// maxSkew is how far a request's date may be from ours.
const maxSkew = 15 * time.Minute

// authenticate finds out who signed the request. The order of the checks is
// S3's, as observed: material, time, scope, coverage, identity, expiry,
// signature.
func (x *exchange) authenticate() *awsapi.Error {
	if x.op.has(form) {
		return x.authenticateForm()
	}
	x.payload = x.header.Get("X-Amz-Content-Sha256")
	auth, err := sigv4.Parse(x.r)
	if err != nil {
		perr, ok := errors.AsType[*sigv4.ParseError](err)
		if ok && perr.Reason == sigv4.NotSigned {
			return x.anonymous()
		}
		return x.parseRefusal(perr)
	}
	x.call.Record.AccessKeyID = auth.AccessKeyID
	for _, check := range [...]func(*sigv4.Authorization) *awsapi.Error{x.checkTime, x.checkScope, x.checkCoverage, x.checkPayload} {
		if err := check(auth); err != nil {
			return err
		}
	}
	return x.identify(auth, func(secret string) error {
		if x.payload == "" {
			return x.verifier.Verify(x.r, auth, secret, sigv4.UnsignedPayload)
		}
		return x.verifier.Verify(x.r, auth, secret, x.payload)
	})
}

// anonymous lets an unsigned request through as nobody, to the few operations
// that a bucket policy can open to everybody.
func (x *exchange) anonymous() *awsapi.Error {
	x.call.Record.Caller = "anonymous"
	switch {
	case x.op.has(open):
	case x.op.name == "ListBuckets":
		e := fail(http.StatusTemporaryRedirect, "WebsiteRedirect", "Request does not contain a bucket name.")
		e.Headers = []awsapi.Detail{detail("Location", "https://aws.amazon.com/s3/")}
		return e
	case x.op.name == "CreateMultipartUpload":
		return accessDenied("Anonymous users cannot initiate multipart uploads.  Please authenticate.")
	case x.op.variant == copying:
		return accessDenied("Anonymous users cannot copy objects.  Please authenticate.")
	case strings.HasSuffix(x.op.name, "BucketOwnershipControls"):
		return accessDenied("s3:" + x.op.name + " does not support Anonymous requests!")
	default:
		return accessDenied("Anonymous users cannot invoke this API. Please authenticate.")
	}
	for _, p := range x.params {
		if strings.HasPrefix(p.name, "response-") {
			return invalidRequest("Request specific response headers cannot be used for anonymous GET requests.")
		}
	}
	if strings.HasPrefix(x.payload, "STREAMING-AWS4-") {
		return invalidRequest("Anonymous requests don't support this x-amz-content-sha256 value. Please use UNSIGNED-PAYLOAD or STREAMING-UNSIGNED-PAYLOAD-TRAILER.")
	}
	if x.payload == "" {
		return nil
	}
	return x.checkPayload(&sigv4.Authorization{})
}

// malformed words a fault of the header, the query or the form.
func (x *exchange) malformed(auth *sigv4.Authorization, text string) *awsapi.Error {
	const query = "Error parsing the X-Amz-Credential parameter; "
	switch {
	case x.form != nil:
		return invalidArgument(query+text, sigv4.FieldCredential, x.form.field(sigv4.FieldCredential))
	case auth.Presigned:
		return badRequest("AuthorizationQueryParametersError", query+text)
	}
	return badRequest("AuthorizationHeaderMalformed", "The authorization header is malformed; "+text)
}

func (x *exchange) checkScope(auth *sigv4.Authorization) *awsapi.Error {
	scope, region := auth.Scope, x.config.Region
	switch {
	case scope.Region != region:
		e := x.malformed(auth, "the region '"+scope.Region+"' is wrong; expecting '"+region+"'")
		e.Details = append(e.Details, detail("Region", region))
		e.Headers = []awsapi.Detail{detail("X-Amz-Bucket-Region", region)}
		return e
	case scope.Service != "s3":
		return x.malformed(auth, `incorrect service "`+scope.Service+`". This endpoint belongs to "s3".`)
	case scope.Terminator != sigv4.Terminator:
		return x.malformed(auth, `incorrect terminal "`+scope.Terminator+`". This endpoint uses "aws4_request".`)
	}
	return nil
}

// checkCoverage refuses headers that anybody on the way could have added.
func (x *exchange) checkCoverage(auth *sigv4.Authorization) *awsapi.Error {
	if unsigned := auth.UnsignedHeaders(x.r); len(unsigned) > 0 {
		x.call.Explain("headers were added after signing, or the client does not sign them: "+strings.Join(unsigned, ", "), "sign them, or leave them out")
		return accessDenied("There were headers present in the request which were not signed", detail("HeadersNotSigned", strings.Join(unsigned, ", ")))
	}
	return nil
}

// checkPayload makes sure that the client said how its body is protected.
func (x *exchange) checkPayload(auth *sigv4.Authorization) *awsapi.Error {
	if auth.Presigned {
		if x.payload == "" {
			params, _ := sigv4.ParseQuery(x.r.URL.RawQuery)
			for _, p := range params {
				if p.Name == "X-Amz-Content-Sha256" {
					x.payload = p.Value
				}
			}
		}
		if x.payload == "" {
			return nil
		}
	}
	switch x.payload {
	case "":
		return invalidRequest("Missing required header for this request: x-amz-content-sha256")
	case sigv4.UnsignedPayload, sigv4.StreamingSigned, sigv4.StreamingSignedTrailer, sigv4.StreamingUnsignedTrailer:
		return nil
	case "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD", "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER":
		return headerNotImplemented("x-amz-content-sha256", x.payload)
	}
	if raw, err := hex.DecodeString(x.payload); err != nil || len(raw) != 32 || strings.ToLower(x.payload) != x.payload {
		return invalidArgument("x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER, STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD, STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER or a valid sha256 value.",
			"x-amz-content-sha256", x.payload)
	}
	return nil
}

const isoTime = "2006-01-02T15:04:05Z"

// checkTime compares the date signed with the clients' clock; but how long a
// presigned URL lives goes by ours, which can be advanced.
func (x *exchange) checkTime(auth *sigv4.Authorization) *awsapi.Error {
	now, clientNow := x.call.Time.UTC().Truncate(time.Second), x.config.ClientNow().UTC().Truncate(time.Second)
	if auth.Presigned {
		end := auth.Time.Add(auth.Expires)
		switch {
		case now.After(end):
			return accessDenied("Request has expired", detail("X-Amz-Expires", itoa(int(auth.Expires/time.Second))),
				detail("Expires", end.Format(isoTime)), detail("ServerTime", now.Format(isoTime)))
		case auth.Time.After(clientNow.Add(maxSkew)):
			return accessDenied("Request is not valid yet")
		}
		return nil
	}
	if auth.Time.Before(clientNow.Add(-maxSkew)) || auth.Time.After(clientNow.Add(maxSkew)) {
		return fail(http.StatusForbidden, "RequestTimeTooSkewed", "The difference between the request time and the current time is too large.",
			detail("RequestTime", auth.SentTime), detail("ServerTime", clientNow.Format(isoTime)), detail("MaxAllowedSkewMilliseconds", "900000"))
	}
	return nil
}

// identify looks the credentials up and has the signature verified.
func (x *exchange) identify(auth *sigv4.Authorization, verify func(secret string) error) *awsapi.Error {
	caller, secret, err := x.config.Store.Authenticate(auth.AccessKeyID, auth.SessionToken)
	unexpected := errors.Is(err, iam.ErrTokenUnexpected)
	if unexpected {
		// A long-term key with a token: told only to who knows the secret.
		caller, secret, err = x.config.Store.Authenticate(auth.AccessKeyID, "")
	}
	if err != nil {
		x.call.ExplainCredentials(err)
		return identityRefusal(auth, err)
	}
	if err := verify(secret); err != nil {
		x.call.Explain("the signature does not match: wrong secret, or the request was changed after it was signed", "")
		mismatch, _ := errors.AsType[*sigv4.MismatchError](err)
		return signatureRefusal(auth, mismatch)
	}
	if unexpected {
		x.call.ExplainCredentials(iam.ErrTokenUnexpected)
		return tokenRefusal("InvalidToken", "The provided token is malformed or otherwise invalid.", auth)
	}
	x.signing = x.verifier.Key(secret, auth.Scope)
	x.call.Authenticated(caller)
	x.auth = auth
	return nil
}

func identityRefusal(auth *sigv4.Authorization, err error) *awsapi.Error {
	switch {
	case errors.Is(err, iam.ErrMalformedToken):
		return tokenRefusal("InvalidToken", "The provided token is malformed or otherwise invalid.", auth)
	case errors.Is(err, iam.ErrSessionExpired):
		return tokenRefusal("ExpiredToken", "The provided token has expired.", auth)
	}
	return fail(http.StatusForbidden, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.",
		detail("AWSAccessKeyId", auth.AccessKeyID))
}

func tokenRefusal(code, message string, auth *sigv4.Authorization) *awsapi.Error {
	e := badRequest(code, message)
	for i, token := range auth.Tokens {
		e.Details = append(e.Details, detail("Token-"+itoa(i), token))
	}
	return e
}

// signatureRefusal shows the caller what was signed, as S3 does.
func signatureRefusal(auth *sigv4.Authorization, m *sigv4.MismatchError) *awsapi.Error {
	e := fail(http.StatusForbidden, "SignatureDoesNotMatch",
		"The request signature we calculated does not match the signature you provided. Check your key and signing method.",
		detail("AWSAccessKeyId", auth.AccessKeyID), detail("StringToSign", m.StringToSign), detail("SignatureProvided", m.Provided),
		detail("StringToSignBytes", spacedHex(m.StringToSign)))
	if m.CanonicalRequest != "" { // a form and a chunk have none
		e.Details = append(e.Details, detail("CanonicalRequest", m.CanonicalRequest), detail("CanonicalRequestBytes", spacedHex(m.CanonicalRequest)))
	}
	return e
}

func spacedHex(s string) string {
	const digits = "0123456789abcdef"
	out := make([]byte, 0, 3*len(s))
	for i := range len(s) {
		if i > 0 {
			out = append(out, ' ')
		}
		out = append(out, digits[s[i]>>4], digits[s[i]&15])
	}
	return string(out)
}
