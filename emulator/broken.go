package emulator

import "github.com/irsatz/irsatz/oidc"

// BrokenToken is a fault that a token can be minted with, and what AWS answers
// to it.
type BrokenToken struct {
	Name        string
	Description string
	Answer      string // status, code and message, with today's texts
}

// The answers that several faults share.
const (
	answerGeneric = "400 InvalidIdentityToken: The web identity token provided could not be validated. See the AssumeRoleWithWebIdentity documentation for requirements."
	answerNoKey   = "400 InvalidIdentityToken: Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements"
	answerNotJWT  = "400 InvalidIdentityToken: The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"
	answerMissing = "400 InvalidIdentityToken: Missing a required claim: "
	answerTime    = "400 InvalidIdentityToken: Invalid timestamp in token claims."
)

// brokenAnswers says what AWS answers, for people to read; a test compares it
// with what STS really answers. Three dots stand for what differs from token
// to token.
var brokenAnswers = map[string]string{
	"expired":          "400 ExpiredTokenException: Token expired: current date/time … must be before the expiration date/time …",
	"not-yet-valid":    "400 InvalidIdentityToken: Token not yet valid: current date/time … must be after or equal to the not-before date/time …",
	"issued-in-future": "400 InvalidIdentityToken: Token issued in the future: …",
	"fractional-exp":   answerTime,
	"text-iat":         answerTime,
	"wrong-audience":   answerGeneric,
	"multi-audience":   "400 InvalidIdentityToken: Token audience contains more than one audience while authorized party is not present",
	"wrong-azp":        answerGeneric,
	"empty-aud":        "400 InvalidIdentityToken: Claim is not allowed to be empty: aud",
	"wrong-issuer":     answerGeneric,
	"issuer-slash":     answerGeneric,
	"no-iss":           answerMissing + "iss",
	"no-sub":           answerMissing + "sub",
	"null-sub":         "500 InternalFailure: Unknown error validating third-party token",
	"no-aud":           answerMissing + "aud",
	"no-iat":           answerMissing + "iat",
	"no-exp":           answerMissing + "exp",
	"huge":             "400 ValidationError: 1 validation error detected: Value at 'webIdentityToken' failed to satisfy constraint: Member must have length less than or equal to 20000",
	"unknown-kid":      answerNoKey,
	"bad-signature":    answerGeneric,
	"tampered-payload": answerGeneric,
	"foreign-key":      answerGeneric,
	"alg-none":         answerNotJWT,
	"hmac":             answerNotJWT,
	"crit-header":      answerNotJWT,
	"not-a-jwt":        answerNotJWT,
}

// BrokenTokens lists the faults in the order of oidc.BrokenKinds.
func BrokenTokens() []BrokenToken {
	var all []BrokenToken
	for _, k := range oidc.BrokenKinds() {
		all = append(all, BrokenToken{Name: k.Name, Description: k.Description, Answer: brokenAnswers[k.Name]})
	}
	return all
}
