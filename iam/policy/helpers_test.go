package policy_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/irsatz/irsatz/iam/policy"
)

const (
	account = "111122223333"
	other   = "444455556666"
	roleARN = "arn:aws:iam::111122223333:role/team/app"
	session = "arn:aws:sts::111122223333:assumed-role/app/s1"
	userARN = "arn:aws:iam::111122223333:user/ci"
	issuer  = "oidc.eks.eu-west-1.amazonaws.com/id/ABC"

	providerARN = "arn:aws:iam::111122223333:oidc-provider/" + issuer
)

// The callers of the tests.
var (
	roleSession = policy.Principal{Kind: policy.RoleSession, AccountID: account, ARN: session, RoleARN: roleARN}
	user        = policy.Principal{Kind: policy.User, AccountID: account, ARN: userARN}
	root        = policy.Principal{Kind: policy.Root, AccountID: account, ARN: "arn:aws:iam::111122223333:root"}
	token       = policy.Principal{Kind: policy.WebIdentity, AccountID: account, Provider: providerARN}
	stranger    = policy.Principal{
		Kind: policy.RoleSession, AccountID: other,
		ARN: "arn:aws:sts::444455556666:assumed-role/x/y", RoleARN: "arn:aws:iam::444455556666:role/x",
	}
	federated = policy.Principal{
		Kind: policy.FederatedUser, AccountID: account,
		ARN: "arn:aws:sts::111122223333:federated-user/fed", RoleARN: userARN,
	}
	service = policy.Principal{Kind: policy.Service, Service: "logging.s3.amazonaws.com"}
)

// doc is a document of version 2012-10-17 with these statements. Single quotes
// stand for double ones.
func doc(statements ...string) string {
	return quotes("{'Version':'2012-10-17','Statement':[" + strings.Join(statements, ",") + "]}")
}

func quotes(s string) string { return strings.ReplaceAll(s, "'", `"`) }

// attached is a policy of this kind with these statements.
func attached(kind policy.Kind, statements ...string) *policy.Policy {
	return &policy.Policy{Name: "test", Document: policy.MustParse(kind, doc(statements...))}
}

// identity is a list with one identity policy.
func identity(statements ...string) []policy.Policy {
	return []policy.Policy{*attached(policy.Identity, statements...)}
}

// get is a request to read an object of the account.
func get(p policy.Principal) *policy.Request {
	return &policy.Request{
		Principal: p, Action: "s3:GetObject", Resource: "arn:aws:s3:::b/k", ResourceAccount: account,
		Context: policy.NewContext(),
	}
}

// decide answers twice, with explanation and without, and wants the same answer.
func decide(t *testing.T, p *policy.Policies, r *policy.Request) policy.Decision {
	t.Helper()
	d := p.Decide(r)
	e := p.Explain(r)
	if e.Explanation == nil || d.Explanation != nil {
		t.Fatal("an explanation belongs to Explain alone")
	}
	full := e
	e.Explanation = nil
	if d != e {
		t.Fatalf("Decide = %+v, Explain = %+v", d, e)
	}
	checkRoundTrip(t, full)
	return d
}

// checkRoundTrip wants a decision to survive JSON.
func checkRoundTrip(t *testing.T, d policy.Decision) {
	t.Helper()
	text, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	var back policy.Decision
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	again, err := json.Marshal(back)
	if err != nil || string(again) != string(text) {
		t.Errorf("through JSON %s becomes %s", text, again)
	}
}
