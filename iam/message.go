package iam

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/irsatz/irsatz/iam/policy"
)

// messagePurpose keeps messages and session tokens, sealed with one key, apart.
const messagePurpose = "authorization-message"

// ErrInvalidMessage says that an encoded authorization message was not made
// here, or is another account's.
var ErrInvalidMessage = errors.New("the authorization message was not made here, or is another account's")

// message is what sts:DecodeAuthorizationMessage shows
// (https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html).
type message struct {
	Allowed           bool              `json:"allowed"`
	ExplicitDeny      bool              `json:"explicitDeny"`
	MatchedStatements list[matchedItem] `json:"matchedStatements"`
	Failures          list[struct{}]    `json:"failures"`
	Context           messageContext    `json:"context"`
}

type list[T any] struct {
	Items []T `json:"items"`
}

type matchedItem struct {
	StatementID string `json:"statementId"`
	Effect      string `json:"effect"`
}

type messageContext struct {
	Principal  messagePrincipal    `json:"principal"`
	Action     string              `json:"action"`
	Resource   string              `json:"resource"`
	Conditions list[conditionItem] `json:"conditions"`
}

type messagePrincipal struct {
	ID  string `json:"id"`
	ARN string `json:"arn"`
}

type conditionItem struct {
	Key    string          `json:"key"`
	Values list[valueItem] `json:"values"`
}

type valueItem struct {
	Value string `json:"value"`
}

// EncodeMessage seals what a denial was decided on, for the services whose
// denials end in "Encoded authorization failure message: ". Only the caller's
// account can open it.
func (s *Store) EncodeMessage(q *Question, decision policy.Decision) (string, error) {
	m := message{
		Allowed: decision.Allowed(), ExplicitDeny: decision.Outcome == policy.ExplicitDeny,
		MatchedStatements: list[matchedItem]{[]matchedItem{}}, Failures: list[struct{}]{[]struct{}{}},
		Context: messageContext{
			Principal: messagePrincipal{ID: q.Caller.UserID, ARN: q.Caller.ARN},
			Action:    q.Action, Resource: q.Resource, Conditions: list[conditionItem]{[]conditionItem{}},
		},
	}
	if decision.Statement >= 0 {
		effect := "DENY"
		if decision.Allowed() {
			effect = "ALLOW"
		}
		m.MatchedStatements.Items = append(m.MatchedStatements.Items, matchedItem{decision.Sid, effect})
	}
	for key, values := range q.Context.All() {
		c := conditionItem{Key: key, Values: list[valueItem]{[]valueItem{}}}
		for _, v := range values {
			c.Values.Items = append(c.Values.Items, valueItem{v})
		}
		m.Context.Conditions.Items = append(m.Context.Conditions.Items, c)
	}
	plain, err := json.Marshal(m)
	if err != nil {
		return "", fmt.Errorf("encode authorization message: %w", err)
	}
	nonce := s.random.bytes(s.seal.aead.NonceSize())
	return base64.RawURLEncoding.EncodeToString(s.seal.aead.Seal(nonce, nonce, plain, []byte(messagePurpose+q.Caller.AccountID))), nil
}

// DecodeMessage opens what EncodeMessage sealed for a caller of the account,
// and returns its JSON. The error is ErrInvalidMessage.
func (s *Store) DecodeMessage(accountID, encoded string) (string, error) {
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(encoded)
	size := s.seal.aead.NonceSize()
	if err != nil || len(sealed) < size || strings.ContainsAny(encoded, "\r\n") {
		return "", ErrInvalidMessage
	}
	plain, err := s.seal.aead.Open(nil, sealed[:size], sealed[size:], []byte(messagePurpose+accountID))
	if err != nil {
		return "", ErrInvalidMessage
	}
	return string(plain), nil
}

// AccountOfKey returns the account that an access key id belongs to: a key that
// is known here, or one in whose id the account is embedded. The key need not
// be live.
func (s *Store) AccountOfKey(accessKeyID string) (string, bool) {
	if r, ok := s.root[accessKeyID]; ok {
		return r.AccountID, true
	}
	if u, ok := s.Snapshot().keys[accessKeyID]; ok {
		return u.AccountID, true
	}
	return AccountOfAccessKey(accessKeyID)
}

// HasRootKey reports whether there are root credentials of the account.
func (s *Store) HasRootKey(accountID string) bool {
	for _, r := range s.root {
		if r.AccountID == accountID {
			return true
		}
	}
	return false
}
