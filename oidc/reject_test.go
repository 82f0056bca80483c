package oidc_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/irsatz/irsatz/oidc"
)

func TestRejectedError(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		err        *oidc.RejectedError
		text, json string
	}{
		"expired": {
			&oidc.RejectedError{Reason: oidc.Expired, Claim: "exp", Now: 20, Bound: 10, Issuer: "https://i"},
			"token rejected: expired: exp: 10 against 20",
			`{"reason":"expired","claim":"exp","now":20,"bound":10,"issuer":"https://i"}`,
		},
		"audience": {
			&oidc.RejectedError{Reason: oidc.WrongAudience, Claim: "aud", Audience: "a", ClientIDs: []string{"b", "c"}},
			`token rejected: wrong audience: aud: "a" is not among ["b" "c"]`,
			`{"reason":"wrong-audience","claim":"aud","audience":"a","clientIds":["b","c"]}`,
		},
		"key": {
			&oidc.RejectedError{
				Reason: oidc.KeyUnavailable, TokenKID: "k", KIDs: []string{"l"}, Algorithm: "RS256",
				URL: "https://i/keys", Status: 500, Err: errors.New("on\ntwo lines"),
			},
			`token rejected: key unavailable: key "k": https://i/keys: status 500: on two lines`,
			`{"reason":"key-unavailable","algorithm":"RS256","tokenKid":"k","kids":["l"],"url":"https://i/keys","status":500,"detail":"on\ntwo lines"}`,
		},
		"issuer": {
			&oidc.RejectedError{Reason: oidc.WrongIssuer, Issuer: "a", ProviderURL: "b"},
			`token rejected: wrong issuer: "a" is not "b"`,
			`{"reason":"wrong-issuer","issuer":"a","providerUrl":"b"}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.text, test.err.Error()); diff != "" {
				t.Errorf("text (-want +got):\n%s", diff)
			}
			// A record holds the error by pointer or inside another value.
			got, err := json.Marshal(struct{ E error }{test.err})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(`{"E":`+test.json+`}`, string(got)); diff != "" {
				t.Errorf("JSON (-want +got):\n%s", diff)
			}
		})
	}
}

func TestReasonNames(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for r := oidc.NotJWT; r <= oidc.BadSignature; r++ {
		if name := r.String(); seen[name] || strings.HasPrefix(name, "reason-") {
			t.Errorf("reason %d has the name %s", r, name)
		} else {
			seen[name] = true
		}
	}
	if got := fmt.Sprint(oidc.Reason(200)); got != "reason-200" {
		t.Errorf("got %s", got)
	}
}
