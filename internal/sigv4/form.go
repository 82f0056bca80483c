package sigv4

import (
	"crypto/subtle"
	"encoding/hex"
)

// The fields by which the form of a browser upload authenticates, as AWS writes
// them in its errors, in the order in which it misses them.
const (
	FieldPolicy     = "Policy"
	FieldAlgorithm  = paramAlgorithm
	FieldCredential = paramCred
	FieldDate       = paramDate
	FieldSignature  = paramSignature
	FieldToken      = paramToken
)

// ParseForm reads the authentication fields of a form. Their names compare
// without case, so field gets them in AWS's spelling. The error is a *ParseError.
//
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-authentication-HTTPPOST.html
func ParseForm(field func(name string) string) (*Authorization, error) {
	missing, signed := "", false
	for _, name := range [...]string{FieldAlgorithm, FieldCredential, FieldDate, FieldSignature, FieldPolicy} {
		switch value := field(name); {
		case value != "":
			signed = signed || name != FieldPolicy // which alone is no signature
		case missing == "":
			missing = name
		}
	}
	switch {
	case !signed:
		return nil, &ParseError{Reason: NotSigned}
	case missing != "":
		return nil, &ParseError{Reason: MissingParameters, Value: missing}
	}
	a := &Authorization{Signature: field(FieldSignature)}
	if algorithm := field(FieldAlgorithm); algorithm != Algorithm {
		return nil, &ParseError{Reason: UnsupportedAlgorithm, Value: algorithm}
	}
	if perr := a.parseCredential(field(FieldCredential)); perr != nil {
		return nil, perr
	}
	if perr := a.parseDate(field(FieldDate)); perr != nil {
		return nil, perr
	}
	if token := field(FieldToken); token != "" {
		a.setTokens([]string{token})
	}
	return a, nil
}

// VerifyForm checks the signature over the policy of a form, as it was sent. It
// returns nil or a *MismatchError.
func (v *Verifier) VerifyForm(a *Authorization, secret, policy string) error {
	key := v.Key(secret, a.Scope)
	sum := hmacSHA256(key[:], []byte(policy))
	if want := hex.EncodeToString(sum[:]); subtle.ConstantTimeCompare([]byte(want), []byte(a.Signature)) != 1 {
		return &MismatchError{StringToSign: policy, Provided: a.Signature}
	}
	return nil
}
