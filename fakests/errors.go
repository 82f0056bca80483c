package fakests

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/irsatz/irsatz/iam/policy"
	"github.com/irsatz/irsatz/internal/awsapi"
	"github.com/irsatz/irsatz/oidc"
)

// The texts below are AWS's, byte for byte, as recorded from the service and
// from what users pasted. Two blanks after a comma are AWS's too.

const (
	textGeneric = "The web identity token provided could not be validated. See the AssumeRoleWithWebIdentity documentation for requirements."
	textNoKey   = "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements"
	textNotJWT  = "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"

	textThumbprint = "OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint"
)

func invalidToken(message string) *awsapi.Error {
	return &awsapi.Error{Code: "InvalidIdentityToken", Message: message, Status: http.StatusBadRequest}
}

// expiredToken is for tokens. ExpiredToken, without Exception and with 403, is
// for expired credentials: another error.
func expiredToken(message string) *awsapi.Error {
	return &awsapi.Error{Code: "ExpiredTokenException", Message: message, Status: http.StatusBadRequest}
}

func accessDenied(message string) *awsapi.Error {
	return &awsapi.Error{Code: "AccessDenied", Message: message, Status: http.StatusForbidden}
}

func validationError(message string) *awsapi.Error {
	return &awsapi.Error{Code: "ValidationError", Message: message, Status: http.StatusBadRequest}
}

var (
	errNotAuthorized = accessDenied("Not authorized to perform sts:AssumeRoleWithWebIdentity")
	errTagsFormat    = invalidToken("principal_tags passed in claim is not in correct format.")
	errRolesMismatch = invalidToken("The target role ARN is not present in the roles claim of the identity token")
	errRolesEmpty    = invalidToken("The roles claim contains no valid role ARNs")
	errRolesFormat   = invalidToken("The roles claim is not in a supported format")

	errDuplicateTags = &awsapi.Error{
		Code: "InvalidParameterValue", Status: http.StatusBadRequest,
		Message: "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
	}
	errTransitive = &awsapi.Error{
		Code: "InvalidParameterValue", Status: http.StatusBadRequest,
		Message: "The specified transitive tag key must be included in the requested tags.",
	}
	errInheritedTag = &awsapi.Error{
		Code: "InvalidParameterValue", Status: http.StatusBadRequest,
		Message: "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.",
	}
	// The text is not recorded.
	errReservedTag = &awsapi.Error{
		Code: "InvalidParameterValue", Status: http.StatusBadRequest,
		Message: "Tag keys that begin with aws: are reserved.",
	}
	// Nor are these two.
	errTooManyTags = &awsapi.Error{
		Code: "InvalidParameterValue", Status: http.StatusBadRequest,
		Message: "The session would have more than 50 tags, those that it inherits included.",
	}
	errContext = &awsapi.Error{
		Code: "InvalidParameterValue", Status: http.StatusBadRequest,
		Message: "The provided context assertion is not valid.",
	}
	errInvalidMessage = &awsapi.Error{
		Code: "InvalidAuthorizationMessageException", Status: http.StatusBadRequest,
		Message: "Message is not valid",
	}
)

var errTokenTooLarge = &awsapi.Error{
	Code: "PackedPolicyTooLarge", Status: http.StatusBadRequest, Message: "Serialized token too large for session",
}

func packedPolicyTooLarge(percent int) *awsapi.Error {
	return &awsapi.Error{
		Code: "PackedPolicyTooLarge", Status: http.StatusBadRequest,
		Message: fmt.Sprintf("Packed size of session tags consumes %d%% of allotted space.", percent),
	}
}

func malformedPolicy(err error) *awsapi.Error {
	message := err.Error()
	if malformed, ok := errors.AsType[*policy.MalformedError](err); ok {
		message = malformed.Message
	}
	return &awsapi.Error{Code: "MalformedPolicyDocument", Message: message, Status: http.StatusBadRequest}
}

// providerRefusal answers a ProviderId sent with a token: it is for the two
// identity providers from before OIDC, neither of which issued this token.
func providerRefusal(id string) *awsapi.Error {
	switch id {
	case "www.amazon.com":
		return invalidToken("Provided Token is not a Login With Amazon token")
	case "graph.facebook.com":
		return &awsapi.Error{
			Code: "IDPRejectedClaim", Status: http.StatusForbidden,
			Message: `graph.facebook.com rejected OAuth token with response "Bad signature" and code 190`,
		}
	}
	return accessDenied("Unrecognized OAuth provider. Do not include a provider parameter when submitting OpenIDConnect ID tokens")
}

// noProvider answers a token whose issuer is not registered in the role's
// account.
func (s *Server) noProvider(call *awsapi.Call, issuer, accountID string) error {
	call.Record.Token.Rejected = "no-provider"
	call.Explain(s.explainProvider(issuer, accountID))
	return s.inEra(call, textGeneric, "No OpenIDConnect provider found in your account for "+issuer)
}

// inEra returns the text of the era that the server speaks, and records the
// other one.
func (s *Server) inEra(call *awsapi.Call, current, legacy string) *awsapi.Error {
	if s.config.ErrorTexts == Legacy {
		call.Record.OtherText = current
		return invalidToken(legacy)
	}
	call.Record.OtherText = legacy
	return invalidToken(current)
}

// tokenRefusal words the verifier's reason, and records it as it is.
func (s *Server) tokenRefusal(call *awsapi.Call, err error, detail string) error {
	rejected, ok := errors.AsType[*oidc.RejectedError](err)
	if !ok {
		return err
	}
	call.Record.Token.Rejected = rejected.Reason.String()
	cause, fix := explainRejection(rejected)
	if rejected.Reason == oidc.Expired {
		cause += s.explainReuse(call)
	}
	if detail != "" {
		cause += ": " + detail
	}
	call.Explain(cause, fix)
	if rejected.Reason == oidc.WrongAudience {
		return s.inEra(call, textGeneric, "Incorrect token audience")
	}
	return word(rejected)
}

// word is what STS says to a rejection, whatever the era.
func word(r *oidc.RejectedError) *awsapi.Error {
	switch r.Reason {
	case oidc.NotJWT, oidc.UnsupportedAlgorithm, oidc.CriticalHeader:
		return invalidToken(textNotJWT)
	case oidc.MissingClaim:
		return invalidToken("Missing a required claim: " + r.Claim)
	case oidc.EmptyClaim:
		return invalidToken("Claim is not allowed to be empty: " + r.Claim)
	case oidc.NullSubject:
		return &awsapi.Error{Code: "InternalFailure", Message: "Unknown error validating third-party token", Status: http.StatusInternalServerError}
	case oidc.MultipleAudiences:
		return invalidToken("Token audience contains more than one audience while authorized party is not present")
	case oidc.InvalidTimestamp:
		return invalidToken("Invalid timestamp in token claims.")
	case oidc.IssuedInFuture:
		return invalidToken(fmt.Sprintf("Token issued in the future: %d", r.Bound))
	case oidc.NotYetValid:
		return invalidToken(fmt.Sprintf("Token not yet valid: current date/time %d must be after or equal to the not-before date/time %d", r.Now, r.Bound))
	case oidc.Expired:
		return expiredToken(fmt.Sprintf("Token expired: current date/time %d must be before the expiration date/time %d", r.Now, r.Bound))
	case oidc.TooOld:
		return expiredToken(fmt.Sprintf("Token too old: %d", r.Now-r.Bound))
	case oidc.KeyUnavailable:
		return invalidToken(textNoKey)
	case oidc.WrongThumbprint:
		return invalidToken(textThumbprint)
	}
	// The wrong issuer, the wrong signature, and whatever is not understood.
	return invalidToken(textGeneric)
}

// quoted lists strings in quotation marks, so that a blank at an end shows.
func quoted(list []string) string {
	if len(list) == 0 {
		return "none"
	}
	all := make([]string, len(list))
	for i, s := range list {
		all[i] = fmt.Sprintf("%q", s)
	}
	return strings.Join(all, ", ")
}
