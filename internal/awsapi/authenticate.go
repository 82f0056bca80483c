package awsapi

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/internal/sigv4"
)

// maxSkew is how far a request's date may be from ours.
const maxSkew = 15 * time.Minute

// authenticate finds out who signed the request, in AWS's order: scope,
// identity, expiry, signature
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html;
// the order is observed).
func (s *QueryServer) authenticate(r *http.Request, call *Call, form *Form) (*iam.Caller, error) {
	auth, err := ParseAuthorization(r)
	if err != nil {
		return nil, parseRefusal(r, err)
	}
	call.Record.AccessKeyID, call.Record.Region = auth.AccessKeyID, auth.Scope.Region
	if err := s.checkScope(r, auth); err != nil {
		call.Explain(s.explainScope(r.Host, auth))
		return nil, err
	}
	caller, secret, err := s.config.Store.Authenticate(auth.AccessKeyID, auth.SessionToken)
	if err != nil {
		call.ExplainCredentials(err)
		return nil, identityRefusal(err)
	}
	if err := s.checkSkew(auth); err != nil {
		call.Explain(fmt.Sprintf("the request was signed at %s, more than 15 minutes from now", auth.Time.UTC().Format(time.RFC3339)), "mend the clock of the client, or sign anew")
		return nil, err
	}
	hash := sha256.Sum256(form.body)
	tokenSigned := auth.SessionToken == "" || auth.Presigned || auth.Signs("x-amz-security-token")
	if err := s.verifier.Verify(r, auth, secret, hex.EncodeToString(hash[:])); err != nil || !auth.Signs("host") || !tokenSigned {
		call.Explain("the signature does not match: wrong secret, or the request was changed after it was signed", "")
		return nil, signatureRefusal("The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.")
	}
	return caller, nil
}

// ParseAuthorization reads the request's authentication material as query services
// do. They do not look at X-Amz-Expires, and SDKs presign without it, where S3
// demands it: for reading, and for that only, it is put in its place.
func ParseAuthorization(r *http.Request) (*sigv4.Authorization, error) {
	auth, err := sigv4.Parse(r)
	parse, ok := errors.AsType[*sigv4.ParseError](err)
	if !ok || parse.Reason != sigv4.MissingParameters || parse.Value != "X-Amz-Expires" {
		return auth, err
	}
	twin, address := *r, *r.URL
	address.RawQuery += "&X-Amz-Expires=900"
	twin.URL = &address
	return sigv4.Parse(&twin)
}

func signatureRefusal(message string) *Error {
	return &Error{Code: "SignatureDoesNotMatch", Message: message, Status: http.StatusForbidden}
}

// checkScope compares the credential scope with the endpoint. The blanks at
// the ends of the texts are AWS's.
func (s *QueryServer) checkScope(r *http.Request, auth *sigv4.Authorization) error {
	message := ""
	if !s.regionFits(r.Host, auth.Scope.Region) {
		message += "Credential should be scoped to a valid region. "
	}
	if auth.Scope.Service != s.service.Name {
		message += "Credential should be scoped to correct service: '" + s.service.Name + "'. "
	}
	if auth.Scope.Terminator != sigv4.Terminator {
		message += "Credential should be scoped with a valid terminator: '" + sigv4.Terminator + "', not '" + auth.Scope.Terminator + "'. "
	}
	if message == "" {
		return nil
	}
	return signatureRefusal(message)
}

// regionFits reports whether the region may sign for the host: that of the host,
// or where the host says nothing, whatever has the shape of one.
func (s *QueryServer) regionFits(host, region string) bool {
	if want := s.endpointRegion(host); want != "" {
		return region == want
	}
	return regionShaped(region)
}

// endpointRegion is the region that one of AWS's own host names is in, the
// global one in us-east-1. Other names are in none.
func (s *QueryServer) endpointRegion(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	labels := strings.Split(strings.ToLower(host), ".")
	aws := len(labels) >= 3 && labels[len(labels)-2] == "amazonaws" && labels[0] == s.service.Name
	switch {
	case aws && len(labels) == 4:
		return labels[1]
	case aws:
		return "us-east-1"
	}
	return ""
}

// explainScope says for which region and service a request was signed, and for
// which it should have been.
func (s *QueryServer) explainScope(host string, auth *sigv4.Authorization) (cause, fix string) {
	cause = fmt.Sprintf("the request to %s was signed for %s", host, auth.Scope)
	want := s.endpointRegion(host)
	switch {
	case auth.Scope.Service != s.service.Name:
		return cause, "give the client this endpoint for " + s.service.Name + " only, or look which service it thinks it is calling"
	case want == "":
		return cause, "set AWS_REGION to a region such as eu-west-1"
	}
	return cause + ", but that endpoint is in " + want,
		"set AWS_REGION=" + want + " where the client runs: without it an SDK signs for the region of its profile, or for us-east-1; or call the endpoint of " + auth.Scope.Region
}

// regionShaped reports whether s looks like eu-west-1 or us-gov-east-1.
func regionShaped(s string) bool {
	parts := strings.Split(s, "-")
	if len(parts) < 3 || len(s) > 32 {
		return false
	}
	for i, part := range parts {
		last := i == len(parts)-1
		for _, c := range []byte(part) {
			if last != (c >= '0' && c <= '9') || !last && (c < 'a' || c > 'z') {
				return false
			}
		}
		if part == "" {
			return false
		}
	}
	return true
}

// identityRefusal words why credentials are not accepted: STS has one text for
// all but expiry.
func identityRefusal(err error) *Error {
	if errors.Is(err, iam.ErrSessionExpired) {
		return &Error{Code: "ExpiredToken", Message: "The security token included in the request is expired", Status: http.StatusForbidden}
	}
	return &Error{Code: "InvalidClientTokenId", Message: "The security token included in the request is invalid.", Status: http.StatusForbidden}
}

// ExplainCredentials records why credentials were refused, an error of
// iam.Store.Authenticate, and what to do about it.
func (c *Call) ExplainCredentials(err error) {
	fix := ""
	switch {
	case errors.Is(err, iam.ErrSessionExpired):
		fix = "let the SDK refresh its credentials; these were kept past their Expiration"
	case errors.Is(err, iam.ErrRoleGone):
		fix = "assume the role again: a role created again under the same name is another role"
	case errors.Is(err, iam.ErrUserGone):
		fix = "make new credentials: a user created again under the same name is another user"
	case errors.Is(err, iam.ErrTokenMissing):
		fix = "send the session token that came with the access key"
	case errors.Is(err, iam.ErrTokenUnexpected):
		fix = "unset AWS_SESSION_TOKEN: it was left over from other credentials"
	case errors.Is(err, iam.ErrInactiveKey):
		fix = "make the key active again, or use another one of the user's"
	case errors.Is(err, iam.ErrUnknownAccessKey):
		fix = "look for AWS_ACCESS_KEY_ID in the environment: it wins over the web identity"
	}
	c.Explain(err.Error(), fix)
}

// checkSkew compares the request's date with the time. STS takes a presigned
// request for as long as any other: X-Amz-Expires is not looked at, which the
// tokens of "aws eks get-token" rely on
// (https://github.com/kubernetes-sigs/aws-iam-authenticator).
func (s *QueryServer) checkSkew(auth *sigv4.Authorization) error {
	const layout = sigv4.TimeFormat
	now, signed := s.config.ClientNow().UTC().Truncate(time.Second), auth.Time.UTC()
	earliest, latest := now.Add(-maxSkew), now.Add(maxSkew)
	switch {
	case signed.Before(earliest):
		return signatureRefusal(fmt.Sprintf("Signature expired: %s is now earlier than %s (%s - 15 min.)", signed.Format(layout), earliest.Format(layout), now.Format(layout)))
	case signed.After(latest):
		return signatureRefusal(fmt.Sprintf("Signature not yet current: %s is still later than %s (%s + 15 min.)", signed.Format(layout), latest.Format(layout), now.Format(layout)))
	}
	return nil
}

// parseRefusal words why the authentication material could not be read.
func parseRefusal(r *http.Request, err error) *Error {
	parse, ok := errors.AsType[*sigv4.ParseError](err)
	if !ok {
		return Internal(err)
	}
	incomplete := func(message string) *Error {
		return &Error{Code: "IncompleteSignature", Message: message, Status: http.StatusBadRequest}
	}
	switch parse.Reason {
	case sigv4.NotSigned:
		return &Error{Code: "MissingAuthenticationToken", Message: "Request is missing Authentication Token", Status: http.StatusForbidden}
	case sigv4.MissingDate, sigv4.MissingCredential, sigv4.MissingSignedHeaders, sigv4.MissingSignature, sigv4.MalformedHeader:
		if message := missingParts(r.Header); message != "" {
			return incomplete(message)
		}
	case sigv4.MalformedCredential:
		return incomplete("Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '" + parse.Value + "'")
	case sigv4.DateMismatch:
		return signatureRefusal(fmt.Sprintf("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '%s' != '%s', from '%s'.", parse.Value, parse.Other, r.Header.Get("X-Amz-Date")))
	}
	return incomplete("The request signature does not conform to AWS standards: " + parse.Error())
}

// missingParts names everything that the Authorization header and the date lack,
// in AWS's words; "" if they are complete.
func missingParts(h http.Header) string {
	header, message := h.Get("Authorization"), ""
	for _, part := range [...]string{"Credential", "Signature", "SignedHeaders"} {
		if !strings.Contains(header, part+"=") {
			message += "Authorization header requires '" + part + "' parameter. "
		}
	}
	if h.Get("X-Amz-Date") == "" && h.Get("Date") == "" {
		message += "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
	}
	if message == "" {
		return ""
	}
	return message + "Authorization=" + redacted(header)
}

// redacted cuts the signature off an Authorization header that is echoed.
func redacted(header string) string {
	before, _, _ := strings.Cut(header, "Signature=")
	return before
}
