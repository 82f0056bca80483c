package trail_test

import (
	"testing"
	"time"

	"github.com/irsatz/irsatz/iam/policy"
	"github.com/irsatz/irsatz/internal/golden"
	"github.com/irsatz/irsatz/trail"
)

var at = time.Date(2026, 11, 23, 9, 0, 0, 0, time.FixedZone("", 3600))

const (
	provider = "arn:aws:iam::111122223333:oidc-provider/oidc.example.com/id/ONE"
	roleARN  = "arn:aws:iam::111122223333:role/app"
)

// denial is the record of a token that the trust policy does not let in.
func denial() *trail.Record {
	trust := policy.MustParse(policy.Trust, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Federated":"`+provider+`"},
		"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"oidc.example.com/id/ONE:sub":"system:serviceaccount:prod:app"}}}}`)
	ctx := policy.NewContext()
	ctx.Set("oidc.example.com/id/ONE:sub", "system:serviceaccount:dev:app")
	policies := policy.Policies{Trust: &policy.Policy{Name: "app", Document: trust}}
	decision := policies.Explain(&policy.Request{
		Principal: policy.Principal{Kind: policy.WebIdentity, AccountID: "111122223333", Provider: provider},
		Action:    "sts:AssumeRoleWithWebIdentity", Resource: roleARN, ResourceAccount: "111122223333", Context: ctx,
	})
	return &trail.Record{
		ID: "1490066b-7789-45b0-bb49-25e3db151c5b", Time: at, Service: "sts", Operation: "AssumeRoleWithWebIdentity",
		Caller: "web identity system:serviceaccount:dev:app", Status: 403, Code: "AccessDenied", Message: "Not authorized to perform sts:AssumeRoleWithWebIdentity",
		Token:  &trail.Token{Issuer: "https://oidc.example.com/id/ONE", Subject: "system:serviceaccount:dev:app", Audience: []string{"sts.amazonaws.com"}, Provider: provider, Verified: true},
		Checks: []trail.Check{{Action: "sts:AssumeRoleWithWebIdentity", Resource: roleARN, Decision: decision}},
		Cause:  decision.Explanation.Reason,
	}
}

func TestExplanation(t *testing.T) {
	t.Parallel()
	audited := denial()
	audited.Status, audited.Code, audited.Message, audited.Cause, audited.Checks[0].Audited = 200, "", "", "", true
	for name, r := range map[string]*trail.Record{
		"denied.txt":  denial(),
		"audited.txt": audited,
		"served.txt": {
			ID: "two", Time: at, Service: "s3", Operation: "GetObject", Caller: "arn:aws:sts::111122223333:assumed-role/app/session", Status: 200,
			Checks: []trail.Check{{Action: "s3:GetObject", Resource: "arn:aws:s3:::b/k", Decision: policy.Decision{Outcome: policy.Allow, By: policy.Identity, Policy: "read", Statement: 0}}},
		},
		"token.txt": {
			ID: "three", Time: at, Service: "sts", Operation: "AssumeRoleWithWebIdentity", Status: 400, Code: "InvalidIdentityToken", Message: "The web identity token provided could not be validated.",
			Token: &trail.Token{Issuer: "https://oidc.example.com/id/ONE", Audience: []string{"a", "b"}, Rejected: "wrong-audience"},
			Cause: "the token's aud is not among the client IDs", Fix: "request another", OtherText: "Incorrect token audience", Warnings: []string{"one", "two"},
		},
		"nothing.txt": {ID: "four", Time: at, Service: "sts", Status: 302, Cause: "the request names no Action", Token: &trail.Token{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			golden.Check(t, name, r.Explanation())
		})
	}
}
